"""News of an order in its channel: something happened there that is not taken over here yet.

A message about an order that is known, and every message of a thin channel, becomes news in the
write that keeps it. However many messages arrive before anybody looks, it is one look: `wanted`
counts the messages, `done` is what it was when the order was last brought up to date.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

_FIRST_WAIT, _LONGEST_WAIT = timedelta(seconds=15), timedelta(hours=1)
GIVES_UP_AFTER = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class News:
    """`since` is when the first message came that nobody has looked at. `fetch`: a message was
    thin, or a poll saw it; `untold`: no message came. `problem` is why the last try came to
    nothing; until `due_at` nobody tries again."""

    channel: str
    account: str
    external_id: str
    wanted: int
    since: datetime
    due_at: datetime | None = None
    done: int = 0
    fetch: bool = False
    untold: bool = False
    tries: int = 0
    problem: str = ""

    @property
    def is_open(self) -> bool:
        return self.done < self.wanted

    @property
    def name(self) -> str:
        return f"{self.channel}#{self.account}#{self.external_id}"

    def next_try(self, now: datetime, asked_for: float = 0.0) -> datetime:
        """When to try again: each time twice as late, and no earlier than the shop asks for."""
        wait = min(_FIRST_WAIT * (1 << min(self.tries, 10)), _LONGEST_WAIT)
        return now + max(wait, timedelta(seconds=asked_for))


class NewsDesk(Protocol):
    def due(self, now: datetime, limit: int) -> Iterator[News]:
        """News whose time has come, the oldest first."""

    def settle(self, news: News) -> bool:
        """The order is up to date as of `news`; False when more came meanwhile."""

    def postpone(self, news: News, until: datetime, problem: str) -> None:
        """Try again then."""
