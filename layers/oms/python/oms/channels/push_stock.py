"""Tell shops what they can sell: the newest figure of each SKU, once, in the batches they take.

A figure that changed stands in the account's backlog, one row a SKU, and a newer one takes its
place. So a flash sale is one call and not a thousand, and after an outage the shop hears what is
true now and not the history.

One drain at a time works on an account, under a lease: two at once could tell an old figure after
a new one. Who finds the lease taken leaves a mark, and the holder goes round once more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from oms.channels.gaps import Notices
from oms.channels.model import ChannelAccount
from oms.channels.ports import Shop
from oms.channels.push import PushRefused, RateLimited, StockLevel
from oms.kernel.clock import Clock
from oms.kernel.errors import Unavailable

LEASE = timedelta(seconds=60)
_RETRY = timedelta(seconds=30)
_LONGEST_WAIT = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Figure:
    """What `channel` may sell of `sku` (ours). `since` is when it became news."""

    channel: str
    sku: str
    units: int
    version: int
    since: datetime


@dataclass(frozen=True, slots=True)
class Drain:
    """The right to tell one shop, until `ends_at`. `tries` counts rounds that came to nothing."""

    channel: str
    account: str
    token: str
    ends_at: datetime
    tries: int = 0


@dataclass(frozen=True, slots=True)
class Backlog:
    """How much is not told yet, and since when the oldest of it is news."""

    waiting: int
    oldest: datetime | None
    problem: str = ""
    due_at: datetime | None = None


class StockBacklog(Protocol):
    """What is still to be told, by account."""

    def add(self, channel: str, account: str, figures: Sequence[Figure]) -> None:
        """An older version than the one that waits, or was told, changes nothing."""

    def lease(self, channel: str, account: str, until: datetime) -> Drain | None:
        """The right to drain; None, and a mark for its holder, while another has it."""

    def renew(self, drain: Drain, until: datetime) -> bool:
        """False when the lease was lost."""

    def waiting(self, channel: str, account: str, limit: int) -> list[Figure]: ...

    def told(self, channel: str, account: str, figures: Sequence[Figure]) -> None:
        """Take off the list what is no newer than what was told."""

    def release(self, drain: Drain) -> bool:
        """Give the lease back; False when somebody left a mark meanwhile: go round once more."""

    def pause(self, drain: Drain, until: datetime, problem: str) -> None:
        """Give the lease back, with nobody to take it before `until`."""


@dataclass(frozen=True, slots=True)
class PushStock:
    accounts: Callable[[], list[ChannelAccount]]
    shop_of: Callable[[ChannelAccount], Shop]
    backlog: StockBacklog
    notices: Notices
    clock: Clock

    def __call__(self, figures: Sequence[Figure], deadline: datetime) -> Mapping[str, int]:
        """Note `figures` for every account of their channels, then tell the shops.

        Answers how many figures were told, by `channel/account`.
        """
        by_channel = newest(figures)
        concerned = [each for each in self.accounts() if each.channel in by_channel]
        for account in concerned:
            self.backlog.add(account.channel, account.account, by_channel[account.channel])
        return {f"{each.channel}/{each.account}": self.drain(each, deadline) for each in concerned}

    def drain(self, account: ChannelAccount, deadline: datetime) -> int:
        """Tell the shop whatever waits. Gives up its turn at the `deadline`, or when the shop
        wants a pause; the sweep goes on from there."""
        told = 0
        while self.clock.now() < deadline:
            drain = self.backlog.lease(account.channel, account.account, self.clock.now() + LEASE)
            if drain is None:
                return told
            more, is_empty = self._rounds(account, drain, deadline)
            told += more
            if not is_empty or self.backlog.release(drain):
                return told
        return told

    def _rounds(
        self, account: ChannelAccount, drain: Drain, deadline: datetime
    ) -> tuple[int, bool]:
        """How many figures were told, and whether none is left."""
        shop, told = self.shop_of(account), 0
        while True:
            now = self.clock.now()
            figures = self.backlog.waiting(account.channel, account.account, shop.stock_batch)
            if not figures:
                return told, True
            if now >= deadline:
                self.backlog.pause(drain, now, "")
                return told, False
            if not self.backlog.renew(drain, now + LEASE):
                return told, False
            try:
                settled = self._tell(account, shop, figures)
            except (Unavailable, PushRefused) as fault:
                self._pause(account, drain, fault)
                return told, False
            self.backlog.told(account.channel, account.account, settled)
            told += len(settled)
            if not settled:  # the shop answered and took nothing: no sense in asking at once
                self._pause(account, drain, Unavailable("the shop took none of it"))
                return told, False

    def _tell(self, account: ChannelAccount, shop: Shop, figures: Sequence[Figure]) -> list[Figure]:
        """Those that the shop has now, or will never list."""
        named = {account.their_sku(each.sku): each for each in figures}
        levels = [
            StockLevel(name, max(0, each.units), each.version, each.since)
            for name, each in named.items()
        ]
        answered = shop.set_stock(levels)
        return [named[name] for name in answered if name in named]

    def _pause(
        self, account: ChannelAccount, drain: Drain, fault: Unavailable | PushRefused
    ) -> None:
        wait = min(_RETRY * (1 << min(drain.tries, 5)), _LONGEST_WAIT)
        if isinstance(fault, RateLimited):
            wait = timedelta(seconds=fault.wait_seconds)
        if isinstance(fault, PushRefused):
            self._complain(account, fault)
            wait = _LONGEST_WAIT
        self.backlog.pause(drain, self.clock.now() + wait, str(fault))

    def _complain(self, account: ChannelAccount, refusal: PushRefused) -> None:
        day = self.clock.now().date().isoformat()
        self.notices.raise_notice(
            f"stock#{account.channel}#{account.account}#{refusal.code}#{day}",
            "CHANNEL_STOCK",
            f"{account.channel}/{account.account} does not take stock figures: {refusal}",
            {"channel": account.channel, "account": account.account, "code": refusal.code},
        )


def newest(figures: Sequence[Figure]) -> dict[str, list[Figure]]:
    """By channel, the newest figure of each SKU."""
    best: dict[tuple[str, str], Figure] = {}
    for each in figures:
        known = best.get((each.channel, each.sku))
        if known is None or each.version > known.version:
            best[each.channel, each.sku] = each
    by_channel: dict[str, list[Figure]] = {}
    for each in best.values():
        by_channel.setdefault(each.channel, []).append(each)
    return by_channel
