"""What the stand-ins of the sales platforms share: books, a rate limit, and bad behaviour.

A platform's stand-in (`local/standins/shops/<name>.py`) is one shop of that platform: it knows
the part of the API that an order system calls, answers in the platform's own words and with
its own errors, keeps books that tests hold ours against, and signs the webhooks it would send.
No network, no threads: `shop_http` puts it on a port.
"""

from __future__ import annotations

import copy
import itertools
import json
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlsplit

Json = dict[str, Any]


class Misbehaviour(StrEnum):
    LOSE_REPLY = "lose_reply"  # the work is done, the caller never hears
    FAIL = "fail"  # 500, nothing done
    RATE_LIMIT = "rate_limit"  # 429, nothing done


class ReplyLost(Exception):
    """The front must break the connection: the work is done, the reply is gone."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One request. `path` begins after `/{platform}/{shop}`; header names are in lower case."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @classmethod
    def of(cls, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Asked:
        parts = urlsplit(url)
        given = dict(parse_qsl(parts.query, keep_blank_values=True))
        lower = {name.lower(): value for name, value in headers.items()}
        return cls(method, parts.path, given, lower, body)

    @property
    def json(self) -> Any:
        return json.loads(self.body) if self.body else None

    @property
    def writes(self) -> bool:
        return self.method not in ("GET", "HEAD")


@dataclass(frozen=True, slots=True)
class Answered:
    """`body` None is an empty one; what is no JSON goes out as bytes."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Message:
    """A webhook as the platform would send it to `/webhooks/{platform}/{shop}`."""

    headers: Mapping[str, str]
    body: bytes


class State(StrEnum):
    OPEN = "OPEN"
    CANCELLED = "CANCELLED"
    FULFILLED = "FULFILLED"


@dataclass(slots=True)
class ShopOrder:
    """One order in the shop's books.

    `document` is the platform's own representation. `shipped` counts units by the platform's
    line id. `fulfilments` are `{"tracking", "carrier", "lines": {line: units}}`, `refunds` are
    `{"amount", "currency", "lines"}`; each entry is one effect.
    """

    external_id: str
    document: Json
    changed_at: datetime
    state: State = State.OPEN
    shipped: Counter[str] = field(default_factory=Counter)
    fulfilments: list[Json] = field(default_factory=list)
    refunds: list[Json] = field(default_factory=list)
    cancellations: int = 0
    acknowledged: int = 0


@dataclass(slots=True)
class Books:
    """`stock` is by the platform's SKU; `stock_writes` counts the writes that changed or repeated
    a figure, `calls` every request by method and first parts of its path."""

    orders: dict[str, ShopOrder] = field(default_factory=dict)
    stock: dict[str, int] = field(default_factory=dict)
    stock_writes: int = 0
    calls: Counter[str] = field(default_factory=Counter)


class RateLimit:
    """A bucket of `burst` requests that fills by `rate` a second. None in, none out: no limit."""

    def __init__(self, rate: float, burst: int, now: Callable[[], datetime]) -> None:
        self._rate, self._burst, self._now = rate, burst, now
        self._left, self._at = float(burst), now()

    def takes(self, cost: float = 1.0) -> bool:
        now = self._now()
        filled = self._left + (now - self._at).total_seconds() * self._rate
        self._left, self._at = min(float(self._burst), filled), now
        if self._left < cost:
            return False
        self._left -= cost
        return True

    @property
    def left(self) -> float:
        return self._left

    @property
    def wait_seconds(self) -> float:
        return max(0.0, (1 - self._left) / self._rate)


class Platform(Protocol):
    """One shop. Made by `make(shop, now)` of its module."""

    name: str
    books: Books

    def answer(self, asked: Asked) -> Answered:
        """One request of the API, by a shop that is up and in a good mood."""

    def too_fast(self, asked: Asked) -> Answered:
        """What the platform says to one who asks too often."""

    def take_order(self, document: Json) -> str:
        """Know an order, as the platform's own document; gives its external id. A repeat with a
        changed document changes it."""

    def cancel(self, external_id: str) -> None:
        """The customer, or the merchant, cancels it in the shop."""

    def message(self, external_id: str, topic: str = "") -> Message | None:
        """The signed webhook about the order as it stands; None for platforms that send none."""


def by_method(asked: Asked) -> bool:
    return asked.writes


class Shopfront:
    """A platform with its moods: what the network and the platform's bad days do to requests.

    `writes` says which requests do, for platforms that also read by POST.
    """

    def __init__(
        self,
        platform: Platform,
        now: Callable[[], datetime],
        limit: RateLimit | None = None,
        writes: Callable[[Asked], bool] = by_method,
    ) -> None:
        self.platform, self.now, self.limit = platform, now, limit
        self._writes = writes
        self.is_down = False
        self._misdeeds: deque[Misbehaviour] = deque()

    def misbehave(self, *next_writes: Misbehaviour) -> None:
        """Spoil the next requests that write; reading goes on."""
        self._misdeeds.extend(next_writes)

    def handle(self, asked: Asked) -> Answered:
        """Raises ReplyLost when the work is done and nobody shall hear."""
        self.platform.books.calls[f"{asked.method} {'/'.join(asked.path.split('/')[:5])}"] += 1
        if self.is_down:
            return Answered(503, {"error": "Service Unavailable"})
        if self.limit and not self.limit.takes():
            return self.platform.too_fast(asked)
        misdeed = self._misdeeds.popleft() if self._misdeeds and self._writes(asked) else None
        if misdeed is Misbehaviour.FAIL:
            return Answered(500, {"error": "Internal Server Error"})
        if misdeed is Misbehaviour.RATE_LIMIT:
            return self.platform.too_fast(asked)
        answered = self.platform.answer(asked)
        if misdeed is Misbehaviour.LOSE_REPLY:
            raise ReplyLost
        return copy.deepcopy(answered)


def numbers(start: int = 1) -> Iterator[int]:
    return itertools.count(start)


def utc_now() -> datetime:
    return datetime.now(UTC)
