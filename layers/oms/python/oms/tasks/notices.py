"""Notices: what a person should know of that hangs on no order, until somebody acknowledges it.

A part of the system raises a notice under a key of its own choosing; raised again under the
same key it stays the one that it is. When its cause goes away by itself, whoever raised it
settles it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from oms.kernel.ids import digest
from oms.platform.unit import Write


class NoticeKind(StrEnum):
    """All that there are; who raises one names it in plain text."""

    CHANNEL = "CHANNEL"  # a message of a channel that we, or of ours that it, cannot follow
    CHANNEL_GAP = "CHANNEL_GAP"  # an order of which the channel did not tell us
    CHANNEL_STOCK = "CHANNEL_STOCK"  # a channel does not take our figures
    WEBHOOK_DISABLED = "WEBHOOK_DISABLED"  # a subscriber is not told of events any more


@dataclass(frozen=True, slots=True)
class Notice:
    """`subject` names what it is about, by ids; `channel` and `account` go under these names."""

    key: str
    kind: str
    reason: str
    since: datetime
    subject: dict[str, str] = field(default_factory=dict)

    @property
    def notice_id(self) -> str:
        return digest(self.key)


class Notices(Protocol):
    def raise_notice(self, key: str, kind: str, reason: str, subject: Mapping[str, str]) -> bool:
        """Whether it is new. `kind` is one of `NoticeKind`."""

    def raised(self, notice: Notice) -> Write:
        """The same as a part of a transaction; the later one stands."""

    def listed(self, limit: int) -> list[Notice]:
        """In no particular order."""

    def settle(self, key: str, actor: str) -> bool:
        """Its cause is gone. Whether there was such a notice."""

    def acknowledge(self, notice_id: str, actor: str) -> Notice:
        """A person has seen it. Raises NotFound."""
