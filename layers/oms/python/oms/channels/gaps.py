"""Gaps: what a poll found that no message had told. It is repaired; here it is written down."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from oms.kernel.clock import Clock

# A message about a change that is younger than this may still be on its way.
ON_ITS_WAY = timedelta(minutes=5)


class Cause(StrEnum):
    """Why a poll found what no message had told."""

    NEVER_TOLD = "NEVER_TOLD"  # no message about the order ever came
    CHANGE_NOT_TOLD = "CHANGE_NOT_TOLD"  # the order is known, its last change was not told


@dataclass(frozen=True, slots=True)
class Gap:
    """`order_id` is empty while the order is still to be fetched."""

    channel: str
    account: str
    external_id: str
    cause: Cause
    found_at: datetime
    changed_at: datetime | None = None
    order_id: str = ""


class Notices(Protocol):
    """Tells a person of what no order can tell."""

    def raise_notice(self, key: str, kind: str, reason: str, subject: dict[str, str]) -> bool:
        """One notice for each `key`, however often it is raised."""


class Gaps(Protocol):
    def add_gap(self, gap: Gap) -> None: ...


@dataclass(frozen=True, slots=True)
class WriteDownGap:
    gaps: Gaps
    notices: Notices
    clock: Clock

    def __call__(
        self,
        where: tuple[str, str],
        external_id: str,
        cause: Cause,
        changed_at: datetime | None,
        order_id: str = "",
    ) -> None:
        """`where` is channel and account."""
        now, (channel, account) = self.clock.now(), where
        self.gaps.add_gap(Gap(channel, account, external_id, cause, now, changed_at, order_id))
        # One notice a day: a webhook that is switched off would make one for every order.
        self.notices.raise_notice(
            f"gap#{channel}#{account}#{now.date().isoformat()}",
            "CHANNEL_GAP",
            f"{channel}/{account} did not tell us of an order ({cause.lower()}); it was fetched. "
            "Look at the webhook in the channel.",
            {"channel": channel, "account": account, "external_id": external_id},
        )

    def is_young(self, changed_at: datetime | None) -> bool:
        """Whether a message may still be on its way."""
        return changed_at is not None and self.clock.now() - changed_at < ON_ITS_WAY
