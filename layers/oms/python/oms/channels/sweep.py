"""What waited for its time: news that was put off, figures that a shop did not take, what it could
not be told, polls."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from oms.channels.follow import FollowNews, Looked
from oms.channels.model import ChannelAccount
from oms.channels.news import NewsDesk
from oms.channels.poll import PollAll
from oms.channels.push_stock import PushStock
from oms.kernel.clock import Clock

BUDGET = timedelta(seconds=10)  # for news, again for stock, again for what is to be told
_AT_ONCE = 200


class DueBacklog(Protocol):
    def due(self, now: datetime, limit: int) -> Iterator[tuple[str, str]]:
        """Channel and account of those who are to be told by now."""


@dataclass(frozen=True, slots=True)
class SweepChannels:
    desk: NewsDesk
    follow: FollowNews
    backlog: DueBacklog
    push: PushStock
    account_of: Callable[[str, str], ChannelAccount | None]
    tell: Callable[[datetime], int]
    poll: PollAll
    clock: Clock

    def __call__(self) -> dict[str, int]:
        """How much of each was done. What fails stops nothing else; its error is raised at last."""
        done, failures = dict[str, int](), list[Exception]()
        for work in (self._news, self._stock, self._tellings, self._polls):
            try:
                done |= work()
            except Exception as error:
                failures.append(error)
        if failures:
            raise ExceptionGroup("channels that could not be swept", failures)
        return done

    def _news(self) -> dict[str, int]:
        until, looked = self.clock.now() + BUDGET, 0
        for each in list(self.desk.due(self.clock.now(), _AT_ONCE)):
            if self.clock.now() > until:
                break
            looked += self.follow(each) is not Looked.WAITS
        return {"followed": looked}

    def _stock(self) -> dict[str, int]:
        told, until = 0, self.clock.now() + BUDGET
        for channel, name in list(self.backlog.due(self.clock.now(), _AT_ONCE)):
            if account := self.account_of(channel, name):
                told += self.push.drain(account, until)
        return {"told": told}

    def _tellings(self) -> dict[str, int]:
        return {"heard": self.tell(self.clock.now() + BUDGET)}

    def _polls(self) -> dict[str, int]:
        return self.poll()
