"""What waited for its time: news that was put off, figures that a shop did not take, what it could
not be told, polls. One that fails stops no other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar

from oms.channels.follow import FollowNews, Looked
from oms.channels.model import ChannelAccount
from oms.channels.news import News, NewsDesk
from oms.channels.poll import PollAll
from oms.channels.push_stock import PushStock
from oms.kernel.clock import Clock

BUDGET = timedelta(seconds=10)  # for each kind of work
_AT_ONCE = 200

T = TypeVar("T")
Due = Callable[[datetime, int], Iterator[T]]


class DueBacklog(Protocol):
    def due(self, now: datetime, limit: int) -> Iterator[tuple[str, str]]:
        """Channel and account of those who are to be told by now."""


@dataclass(frozen=True, slots=True)
class SweepChannels:
    """`untold` gives what shops could not be told yet, and `tell` tells it."""

    desk: NewsDesk
    follow: FollowNews
    backlog: DueBacklog
    push: PushStock
    account_of: Callable[[str, str], ChannelAccount | None]
    untold: Due[Any]
    tell: Callable[[Any], int]
    poll: PollAll
    clock: Clock

    def __call__(self) -> dict[str, int]:
        """How much of each was done. What failed is raised at last, so that somebody hears."""
        failures = list[Exception]()

        def each(due: Due[T], work: Callable[[T], int]) -> int:
            return self._each(due, work, failures)

        done = {
            "followed": each(self.desk.due, self._follow),
            "told": each(self.backlog.due, self._drain),
            "heard": each(self.untold, self.tell),
        }
        try:
            done |= self.poll()
        except ExceptionGroup as unpolled:
            failures += unpolled.exceptions
        if failures:
            raise ExceptionGroup("channels that could not be swept", failures)
        return done

    def _each(self, due: Due[T], work: Callable[[T], int], failures: list[Exception]) -> int:
        until, done = self.clock.now() + BUDGET, 0
        for one in list(due(self.clock.now(), _AT_ONCE)):
            if self.clock.now() > until:
                break
            try:
                done += work(one)
            except Exception as error:
                error.add_note(str(one)[:200])
                failures.append(error)
        return done

    def _follow(self, news: News) -> int:
        return self.follow(news) is not Looked.WAITS

    def _drain(self, where: tuple[str, str]) -> int:
        account = self.account_of(*where)
        return self.push.drain(account, self.clock.now() + BUDGET) if account else 0
