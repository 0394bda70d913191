"""The order list: any mix of filters, in pages that stay put.

One filter drives: the one whose rows are fewest. The others are checked on the orders
themselves, read fresh, so a page never shows an order by what an index once said. A cursor
names the last row looked at: orders that arrive meanwhile come before the first page and move
nothing on the later ones.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice

from oms.kernel.errors import Invalid
from oms.kernel.ids import ulid_time
from oms.orders.agenda import Worklist
from oms.orders.content import Content
from oms.orders.model import Order, Stage
from oms.search.cursor import Cursors
from oms.search.model import DAYS, Filters, exact_tokens, fold, matches
from oms.search.ports import OrderIndex, OrderReader

MAX_LIMIT = 200
_LONGEST_FILTER = 300  # a key of the table ends at 2,048 bytes
_ROWS_A_PAGE = 1_000  # looked at before a page is given back short, with a cursor
_CHUNK = 50

# The worklists that hold the orders of each status that is not final.
_WORKLISTS: Mapping[str, tuple[Worklist, ...]] = {
    **dict.fromkeys(("CAPTURED", "VALIDATED", "ALLOCATED", "AUTHORIZED"), (Worklist.INTAKE,)),
    "BACKORDERED": (Worklist.BACKORDER,),
    "CONFIRMED": (Worklist.GRACE,),
    "RELEASED": (Worklist.NODE, Worklist.PARCEL, Worklist.LATE),
    "PARTIALLY_SHIPPED": (Worklist.NODE, Worklist.PARCEL, Worklist.LATE),
    "SHIPPED": (Worklist.TRANSIT, Worklist.PARCEL, Worklist.LATE),
    "DELIVERED": (Worklist.DELIVERED, Worklist.PARCEL),
    "IN_REVIEW": (Worklist.REVIEW,),
    "ON_HOLD": (Worklist.HOLD,),
    "NEEDS_ATTENTION": (Worklist.ATTENTION,),
}
# Where orders with a hold are: those that block, and those that only tell (LATE).
WITH_TASKS = (
    Worklist.REVIEW,
    Worklist.HOLD,
    Worklist.ATTENTION,
    Worklist.LATE,
)
_FINAL = frozenset({Stage.CLOSED.value, Stage.CANCELLED.value, Stage.REJECTED.value})

# A source gives (position, order id) in its own order, from after a position on.
Source = Callable[[str], Iterator[tuple[str, str]]]


@dataclass(frozen=True, slots=True)
class OrderPage:
    items: tuple[tuple[Order, Content], ...]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class ListOrders:
    orders: OrderReader
    index: OrderIndex
    cursors: Cursors

    def __call__(self, filters: Filters, limit: int = 50, cursor: str = "") -> OrderPage:
        """Raises Invalid for an unknown status, a malformed day or a foreign cursor."""
        if any(len(text) > _LONGEST_FILTER for text in filters.given().values()):
            raise Invalid("nothing is named so long", code="filter-too-long")
        limit = max(1, min(limit, MAX_LIMIT))
        start = self.cursors.open(cursor, filters.given()) if cursor else ""
        found: list[tuple[Order, Content]] = []
        position, looked_at, source = start, 0, self._source(filters)(start)
        while chunk := list(islice(source, _CHUNK)):
            orders = self.orders.load_many([order_id for _, order_id in chunk])
            for position, order_id in chunk:
                looked_at += 1
                if order_id in orders and matches(filters, *orders[order_id]):
                    found.append(orders[order_id])
                if len(found) == limit or looked_at >= _ROWS_A_PAGE:
                    return OrderPage(tuple(found), self.cursors.seal(position, filters.given()))
        return OrderPage(tuple(found), None)

    def _source(self, filters: Filters) -> Source:
        """The narrowest way in that the filters offer."""
        if text := filters.q or filters.customer:
            return self._by_text(text)
        if filters.status in _WORKLISTS:
            return self._by_worklist(_WORKLISTS[filters.status])
        if filters.hold:
            return self._by_worklist(WITH_TASKS)
        if filters.status in _FINAL:
            return self._by_token(f"final#{filters.status}")
        if filters.status:
            raise Invalid(f"no status {filters.status}", code="unknown-status")
        if filters.sku:
            return self._by_token(f"sku#{fold(filters.sku)}")
        if filters.day:
            return self._by_token(f"day#{_day(filters.day).isoformat()}")
        if filters.node:
            return self._by_token(f"node#{filters.node}")
        if filters.channel:
            return self._by_token(f"channel#{filters.channel}")
        return self._by_days()

    def _by_token(self, token: str) -> Source:
        def source(after: str) -> Iterator[tuple[str, str]]:
            return ((key, key) for key in self._rows(token, after))

        return source

    def _by_days(self) -> Source:
        """Every order, day by day from the newest, over the days that have any."""

        def source(after: str) -> Iterator[tuple[str, str]]:
            resumed_on = _day_of(after) if after else ""
            if resumed_on:
                yield from ((key, key) for key in self._rows(f"day#{resumed_on}", after))
            for day in self._rows(DAYS, resumed_on):
                yield from ((key, key) for key in self._rows(f"day#{day}", ""))

        return source

    def _by_text(self, text: str) -> Source:
        """Orders under any token the text may be, and names that begin with it; newest first."""

        def source(after: str) -> Iterator[tuple[str, str]]:
            folded = fold(text)
            tokens = [self._rows(token, after) for token in exact_tokens(text)]
            named = self._named(folded) if folded else []
            older = (key for key in named if not after or key < after)
            merged = heapq.merge(*tokens, older, reverse=True)
            return ((key, key) for key in _distinct(merged))

        return source

    def _named(self, folded: str) -> list[str]:
        """Orders of people whose name begins so. Bounded: too many is too short a prefix."""
        keys = self.index.page(f"name#{folded[0]}", before="", prefix=folded, limit=_ROWS_A_PAGE)
        return sorted({key.rpartition("#")[2] for key in keys}, reverse=True)

    def _by_worklist(self, worklists: Iterable[Worklist]) -> Source:
        """The shards of the worklists as one, most urgent first."""

        return lambda after: merged_worklists(self.orders, worklists, after)

    def _rows(self, token: str, before: str) -> Iterator[str]:
        while keys := self.index.page(token, before=before, limit=_CHUNK):
            yield from keys
            before = keys[-1]


def _day_of(order_id: str) -> str:
    return ulid_time(order_id).date().isoformat()


def merged_worklists(
    orders: OrderReader, worklists: Iterable[Worklist], after: str
) -> Iterator[tuple[str, str]]:
    """(due key, order id) over the shards of several worklists, after the key `after`."""
    parts = [
        orders.worklist(worklist.value, shard, after)
        for worklist in worklists
        for shard in range(orders.shards)
    ]
    return heapq.merge(*parts)


def _distinct(keys: Iterable[str]) -> Iterator[str]:
    last = ""
    for key in keys:
        if key != last:
            yield key
        last = key


def _day(text: str) -> date:
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()
    except ValueError:
        raise Invalid("a day is written yyyy-mm-dd", code="malformed-day") from None
