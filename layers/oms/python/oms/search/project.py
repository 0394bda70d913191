"""Keep the order index and the live counts in step with the orders.

The stream only tells *which* orders changed. What the index should say is computed from the
order as it stands now, and compared with what the index says: so records that come twice,
late or out of order change nothing, and a lost index can be made again.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from oms.kernel.unchanged import until_unchanged
from oms.orders.content import Content
from oms.orders.model import Order
from oms.search.model import Row, rows_of

COUNT_SHARDS = 8  # so that batches of several shards of the stream do not queue for one item
_TOGETHER = 40  # orders whose states share one transaction with the counts


@dataclass(frozen=True, slots=True)
class State:
    """What the index says of one order: at which version, counted as what, under which rows."""

    order_id: str
    version: int
    status: str
    rows: frozenset[Row]


class Orders(Protocol):
    def load_many(self, order_ids: Iterable[str]) -> Mapping[str, tuple[Order, Content]]: ...


class Index(Protocol):
    def states(self, order_ids: Collection[str]) -> Mapping[str, State]: ...
    def write_rows(self, added: Iterable[Row], removed: Iterable[Row]) -> None: ...
    def count(
        self,
        changed: Sequence[tuple[State | None, State]],
        changes: Mapping[str, int],
        shard: int,
    ) -> None:
        """Replace each old state by its new one and add `changes` to the counts, together.

        Raises VersionConflict when a state is no longer the old one given.
        """


@dataclass(frozen=True, slots=True)
class IndexOrders:
    orders: Orders
    index: Index

    def __call__(self, order_ids: Collection[str]) -> int:
        """Bring the index up to date for `order_ids`. Answers how many had changed."""
        ids = sorted(set(order_ids))
        parts = [ids[start : start + _TOGETHER] for start in range(0, len(ids), _TOGETHER)]
        return sum(until_unchanged(lambda part=part: self._update(part)) for part in parts)  # type: ignore[misc]

    def _update(self, order_ids: Sequence[str]) -> int:
        truth, known = self.orders.load_many(order_ids), self.index.states(order_ids)
        wanted = [
            State(order.order_id, order.version, order.status, rows_of(order, content))
            for order, content in truth.values()
        ]
        changed = [
            (known.get(state.order_id), state)
            for state in wanted
            if _differs(known.get(state.order_id), state)
        ]
        if not changed:
            return 0
        # New rows first, old ones last: in between an order is found twice rather than never.
        self.index.write_rows(_added(changed), ())
        self.index.count(changed, _changes(changed), random.randrange(COUNT_SHARDS))
        self.index.write_rows((), _removed(changed))
        return len(changed)


def _differs(known: State | None, state: State) -> bool:
    """Newer, and saying something else. A state read before a rival's write is older."""
    if known is None:
        return True
    same = (known.status, known.rows) == (state.status, state.rows)
    return state.version > known.version and not same


def _changes(changed: Iterable[tuple[State | None, State]]) -> Mapping[str, int]:
    counts: Counter[str] = Counter()
    for before, after in changed:
        counts[after.status] += 1
        if before:
            counts[before.status] -= 1
    return {status: change for status, change in counts.items() if change}


def _added(changed: Iterable[tuple[State | None, State]]) -> list[Row]:
    return [row for old, new in changed for row in new.rows - (old.rows if old else frozenset())]


def _removed(changed: Iterable[tuple[State | None, State]]) -> list[Row]:
    return [row for old, new in changed if old for row in old.rows - new.rows]
