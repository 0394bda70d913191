"""The accounts that sell for us: secrets from Secrets Manager, the rest from a document that
operations may change.

What is no secret (which of the shop's places is which node, its SKUs, a mapping) can be in both;
the document wins.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from oms.channels.model import ChannelAccount

KEPT_SECONDS = 60
Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Setup:
    """What operations say of an account. `version` counts the changes."""

    nodes: dict[str, str] = field(default_factory=dict)
    skus: dict[str, str] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    version: int = 0


class Setups(Protocol):
    def setup(self, channel: str, account: str) -> Setup: ...


class ChannelAccounts:
    """`secrets` gives the document `channels`: `{channel: {account: {"secrets": [...], ...}}}`.

    `stand_in` is where all shops are on a local stack; empty elsewhere.
    """

    def __init__(
        self,
        secrets: Callable[[], Document],
        setups: Setups,
        stand_in: str = "",
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._secrets, self._setups, self._stand_in, self._now = secrets, setups, stand_in, now
        self._kept: dict[tuple[str, str], tuple[float, Setup]] = {}

    def get(self, channel: str, account: str) -> ChannelAccount | None:
        """The account that a path names, or None."""
        known = self._secrets().get(channel, {}).get(account)
        if known is None:
            return None
        setup = self._setup(channel, account)
        settings = {**known.get("settings", {}), **setup.settings}
        if self._stand_in:
            settings["base_url"] = f"{self._stand_in}/{channel}/{account}"
        return ChannelAccount(
            channel=channel,
            account=account,
            secrets=tuple(known.get("secrets", ())),
            domain=known.get("domain") or known.get("source", ""),
            settings=settings,
            nodes={**known.get("nodes", {}), **setup.nodes},
            skus={**known.get("skus", {}), **setup.skus},
        )

    def all(self) -> list[ChannelAccount]:
        """Every account, by channel and name."""
        found = (
            self.get(channel, account)
            for channel, accounts in sorted(self._secrets().items())
            for account in sorted(accounts)
        )
        return [each for each in found if each]

    def _setup(self, channel: str, account: str) -> Setup:
        kept = self._kept.get((channel, account))
        if kept and kept[0] > self._now():
            return kept[1]
        setup = self._setups.setup(channel, account)
        self._kept[channel, account] = (self._now() + KEPT_SECONDS, setup)
        return setup
