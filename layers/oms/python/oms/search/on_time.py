"""Promises kept: orders captured in a span of days, by what became of their promised day.

A promise is judged by the first day that was promised; a later one moves no goalpost, and is
shown beside it. Days are UTC, of the delivery scan and of the promise alike. Cancelled orders,
and orders that nobody could promise a day, are counted apart and judge nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from oms.kernel.clock import Clock
from oms.kernel.errors import Invalid
from oms.kernel.ids import ulid_time
from oms.orders.model import Order, Stage
from oms.search.ports import OrderIndex, OrderReader

LONGEST_SPAN = timedelta(days=92)
USUAL_SPAN = timedelta(days=29)


class Verdict(StrEnum):
    ON_TIME = "ON_TIME"
    LATE = "LATE"  # delivered after the day, or not delivered and the day is over
    DUE = "DUE"  # not delivered, and there is time
    UNPROMISED = "UNPROMISED"
    ENDED = "ENDED"  # cancelled or rejected


@dataclass(frozen=True, slots=True)
class Kept:
    """One order's promise. Days are ISO; empty where there is none."""

    order: Order
    first_promise: str
    delivered_on: str
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class KeptPage:
    items: tuple[Kept, ...]
    after: str = ""

    def counts(self, start: Mapping[str, int]) -> dict[str, int]:
        """Orders per verdict, on top of those of the pages before."""
        found = Counter(each.verdict.value for each in self.items)
        return {v.value: start.get(v.value, 0) + found[v.value] for v in Verdict}


def judged(order: Order, today: str) -> Kept:
    first = first_promise(order)
    delivered = order.delivered_at.date().isoformat() if order.delivered_at else ""
    return Kept(order, first, delivered, _verdict(order, first, delivered, today))


def first_promise(order: Order) -> str:
    """The first day that the timeline says was promised; the present one if it tells none."""
    told = (str(entry.detail.get("promised_on", "")) for entry in order.timeline)
    return next((day for day in told if day), order.promised_on)


def _verdict(order: Order, first: str, delivered: str, today: str) -> Verdict:
    if order.stage in (Stage.CANCELLED, Stage.REJECTED):
        return Verdict.ENDED
    if not first:
        return Verdict.UNPROMISED
    if delivered:
        return Verdict.ON_TIME if delivered <= first else Verdict.LATE
    return Verdict.DUE if today <= first else Verdict.LATE


def span(first: str, last: str, today: date) -> tuple[date, date]:
    """The days asked for. Raises Invalid `malformed-day` or `span-too-long`."""
    end = _day(last) if last else today
    start = _day(first) if first else end - USUAL_SPAN
    if not timedelta(0) <= end - start <= LONGEST_SPAN:
        raise Invalid("from at most 92 days before to, and not after it", code="span-too-long")
    return start, end


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Invalid("a day is written yyyy-mm-dd", code="malformed-day") from None


@dataclass(frozen=True, slots=True)
class ReportOnTime:
    orders: OrderReader
    index: OrderIndex
    clock: Clock

    def __call__(self, first: date, last: date, limit: int, after: str = "") -> KeptPage:
        """A page of the orders captured from `first` to `last`, the newest first; `after` is the
        order that the page before ended with."""
        ids = list[str]()
        for order_id in self._ids(first, last, after):
            ids.append(order_id)
            if len(ids) == limit:
                break
        today = self.clock.now().date().isoformat()
        read = self.orders.load_many(ids)
        items = tuple(judged(read[each][0], today) for each in ids if each in read)
        return KeptPage(items, ids[-1] if len(ids) == limit else "")

    def _ids(self, first: date, last: date, after: str) -> Iterator[str]:
        day = min(last, ulid_time(after).date()) if after else last
        while day >= first:
            before = after if after and ulid_time(after).date() == day else ""
            while keys := self.index.page(f"day#{day.isoformat()}", before=before, limit=200):
                yield from keys
                before = keys[-1]
            day -= timedelta(days=1)
