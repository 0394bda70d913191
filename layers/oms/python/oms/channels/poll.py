"""Poll: ask a shop what changed, because every channel loses a message now and then.

The time to ask from is kept, less an overlap: clocks differ, and an order that was being written
while we asked shows up late. What the shop knows and we do not is a gap: it is repaired here,
and written down with its cause, so that somebody can look at the webhook that did not come.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol

from oms.channels.gaps import Cause, WriteDownGap
from oms.channels.model import LONGEST_BODY, ChannelAccount, Delivery, Kind
from oms.channels.ports import Inbound as Speaks
from oms.channels.ports import Shop
from oms.channels.push import ChangedOrder, PushRefused, RateLimited
from oms.channels.take import TakeDelivery
from oms.kernel.clock import Clock
from oms.kernel.errors import Unavailable
from oms.kernel.ids import OrderId
from oms.orders.ports import OrderStore
from oms.platform.gate import parse

OVERLAP = timedelta(minutes=10)
FIRST_LOOK_BACK = timedelta(hours=24)
EVERY = timedelta(minutes=5)
_LEASE = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far an account was polled. `since` moves when a round is whole; `page` and `until` are
    those of the round under way. `version` counts the writes."""

    channel: str
    account: str
    since: datetime
    page: str = ""
    until: datetime | None = None
    polled_at: datetime | None = None
    next_at: datetime | None = None
    seen: int = 0
    gaps: int = 0
    problem: str = ""
    version: int = 0


class Polls(Protocol):
    """How far each account was polled."""

    def cursor(self, channel: str, account: str) -> Cursor | None: ...

    def save(self, cursor: Cursor) -> bool:
        """False when somebody else wrote first."""


class News(Protocol):
    """Where an order's news is noted."""

    def note(self, channel: str, account: str, external_id: str, *, untold: bool) -> None:
        """The shop has changed the order. `untold`: it should have told us by now."""


class Known(Protocol):
    def order_of(self, channel: str, account: str, external_id: str) -> OrderId | None: ...


@dataclass(frozen=True, slots=True)
class PollChannel:
    speaks: Callable[[str], Speaks]
    shop_of: Callable[[ChannelAccount], Shop]
    take: TakeDelivery
    news: News
    known: Known
    orders: OrderStore
    polls: Polls
    write_down: WriteDownGap
    clock: Clock

    def __call__(self, account: ChannelAccount, deadline: datetime, *, told: bool = True) -> Cursor:
        """One round, or as much of it as the shop and the `deadline` allow; the next call goes on.

        `told`: the channel sends messages by itself, so what it did not tell is a gap.
        """
        cursor = self._begun(account)
        if cursor is None:  # another round of this account is under way
            return self._cursor(account)
        try:
            while cursor.until and self.clock.now() < deadline:
                cursor = self._page(account, cursor, told)
            problem, wait = "", timedelta(0)
        except RateLimited as busy:
            problem, wait = str(busy), timedelta(seconds=busy.wait_seconds)
        except (Unavailable, PushRefused) as fault:
            problem, wait = str(fault), timedelta(0)
        return self._ended(account, cursor, problem, wait)

    def is_due(self, account: ChannelAccount) -> bool:
        at = self._cursor(account).next_at
        return at is None or at <= self.clock.now()

    def _cursor(self, account: ChannelAccount) -> Cursor:
        found = self.polls.cursor(account.channel, account.account)
        start = self.clock.now() - FIRST_LOOK_BACK
        return found or Cursor(account.channel, account.account, start)

    def _begun(self, account: ChannelAccount) -> Cursor | None:
        """The cursor, claimed for this round; a crashed round's claim ends by itself."""
        now, cursor = self.clock.now(), self._cursor(account)
        begun = replace(cursor, until=cursor.until or now, next_at=now + _LEASE)
        return self._saved(begun)

    def _saved(self, cursor: Cursor) -> Cursor | None:
        saved = self.polls.save(cursor)
        return replace(cursor, version=cursor.version + 1) if saved else None

    def _page(self, account: ChannelAccount, cursor: Cursor, told: bool) -> Cursor:
        page = self.shop_of(account).changed(cursor.since - OVERLAP, cursor.page)
        gaps = sum(self._look(account, each, told) for each in page.items)
        after = replace(
            cursor,
            page=page.next_cursor,
            seen=cursor.seen + len(page.items),
            gaps=cursor.gaps + gaps,
        )
        if not page.next_cursor and cursor.until:
            after = replace(after, since=cursor.until, until=None)
        saved = self._saved(after)
        if saved is None:
            raise Unavailable("another round of this channel has taken over")
        return saved

    def _look(self, account: ChannelAccount, found: ChangedOrder, told: bool) -> bool:
        """Whether `found` is a gap. What we do not know is taken in, or will be fetched.

        A newer version of a known order may be the echo of what we told: whether it is a gap shows
        when the order is followed.
        """
        where = (account.channel, account.account)
        untold = told and not self.write_down.is_young(found.version_at)
        order_id = self.known.order_of(*where, found.external_id)
        if order_id:
            if self._is_newer(order_id, found):
                self.news.note(*where, found.external_id, untold=untold)
            return False
        taken = self._taken(account, found)
        if untold:
            cause = Cause.NEVER_TOLD
            self.write_down(where, found.external_id, cause, found.version_at, taken or "")
        return untold

    def _is_newer(self, order_id: OrderId, found: ChangedOrder) -> bool:
        known = self.orders.load(order_id).channel_version
        return bool(found.version_at and (known is None or found.version_at > known))

    def _taken(self, account: ChannelAccount, found: ChangedOrder) -> OrderId | None:
        """The order that it became; None when it must be fetched first."""
        if not found.document:
            self.news.note(account.channel, account.account, found.external_id, untold=False)
            return None
        raw = found.document
        delivery = Delivery(Kind.ORDER, found.external_id, "", "poll", found.version_at)
        parsed = parse(raw, LONGEST_BODY * 4)
        return self.take(account, self.speaks(account.channel), parsed, raw, delivery).order_id

    def _ended(
        self, account: ChannelAccount, cursor: Cursor, problem: str, wait: timedelta
    ) -> Cursor:
        now = self.clock.now()
        pause = timedelta(0) if cursor.until and not problem else max(EVERY, wait)
        ended = replace(cursor, polled_at=now, next_at=now + pause, problem=problem)
        return self._saved(ended) or self._cursor(account)


@dataclass(frozen=True, slots=True)
class PollAll:
    """Every account whose time has come, one after the other. One that fails stops no other."""

    poll: PollChannel
    accounts: Callable[[], list[ChannelAccount]]
    tells: Callable[[ChannelAccount], bool]
    clock: Clock
    budget: timedelta = field(default=timedelta(seconds=15))

    def __call__(self) -> dict[str, int]:
        deadline, polled, gaps = self.clock.now() + self.budget, 0, 0
        failures = list[Exception]()
        for account in self.accounts():
            if self.clock.now() >= deadline:
                break
            try:
                if self.poll.is_due(account):
                    before = self.poll.polls.cursor(account.channel, account.account)
                    after = self.poll(account, deadline, told=self.tells(account))
                    polled += 1
                    gaps += after.gaps - (before.gaps if before else 0)
            except Exception as error:
                error.add_note(f"channel {account.channel}/{account.account}")
                failures.append(error)
        if failures:
            raise ExceptionGroup("channels that could not be polled", failures)
        return {"polled": polled, "gaps": gaps}
