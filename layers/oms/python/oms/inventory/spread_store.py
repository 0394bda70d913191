"""Spread SKUs in the stock table, and how carts look at them without reading all of them.

`SPREAD` / `{sku}` says until when a SKU is hot; the parts themselves are levels (`items.py`).
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime
from typing import Any, TypeVar, cast

from oms.inventory import items, writes
from oms.inventory.model import Level, Movement, Node, Product
from oms.inventory.selling import Position, SellingPolicy
from oms.inventory.shelves import hot, hot_number
from oms.inventory.spread import PARTS_READ, NotSpread, Spread
from oms.inventory.store import DynamoStock
from oms.kernel.clock import Clock, from_iso, iso
from oms.kernel.errors import VersionConflict
from oms.kernel.ids import NodeId, Sku
from oms.platform.dynamo import Dynamo
from oms.platform.unit import Action, Write

T = TypeVar("T")


class DynamoSpread:
    """`SpreadBooks` over the stock table."""

    def __init__(self, dynamo: Dynamo, table: str) -> None:
        self._dynamo, self._table = dynamo, table
        self._stock = DynamoStock(dynamo, table)

    def position(self, sku: Sku) -> Position:
        return self._stock.positions([sku])[sku]

    def name_parts(self, sku: Sku, node: NodeId, parts: int, hot_until: datetime) -> None:
        """See `SpreadBooks`. The map of nodes first: a path into nothing cannot be written."""
        self._dynamo.commit([self._terms(sku, "SET #spread = if_not_exists(#spread, :none)")])
        self._dynamo.commit([self._ever(sku, parts)])
        hot = Write(
            Action.UPDATE,
            self._table,
            {"pk": items.SPREAD, "sk": sku},
            update="SET hot_until = :until ADD #turn :one",
            names={"#turn": "turn"},
            values={":until": iso(hot_until), ":one": 1},
        )
        self._dynamo.commit([hot, self._named(sku, node, parts)])

    def _terms(self, sku: Sku, update: str) -> Write:
        return Write(
            Action.UPDATE,
            self._table,
            items.selling_key(sku),
            update=update,
            names={"#spread": "spread"},
            values={":none": {}},
        )

    def _ever(self, sku: Sku, parts: int) -> Write:
        """So many parts may have movements, from before the first one on and for good."""
        return Write(
            Action.UPDATE,
            self._table,
            items.selling_key(sku),
            update="SET parts_ever = :parts",
            # True when it has never been on that many.
            condition="attribute_not_exists(parts_ever) OR parts_ever < :parts",
            values={":parts": parts},
            refused=lambda old: None,
        )

    def _named(self, sku: Sku, node: NodeId, parts: int) -> Write:
        return Write(
            Action.UPDATE,
            self._table,
            items.selling_key(sku),
            update="SET #spread.#node = :parts",
            # True when it is not on more parts by now: none may be lost from sight.
            condition="attribute_not_exists(#spread.#node) OR #spread.#node <= :parts",
            names={"#spread": "spread", "#node": node},
            values={":parts": parts},
            refused=lambda old: VersionConflict(f"{sku} was spread wider meanwhile"),
        )

    def calm(self, sku: Sku, now: datetime) -> None:
        write = Write(
            Action.UPDATE,
            self._table,
            {"pk": items.SPREAD, "sk": sku},
            update="SET hot_until = :now ADD #turn :one",
            names={"#turn": "turn"},
            values={":now": iso(now), ":one": 1},
        )
        self._dynamo.commit([write])

    def move(self, movements: Sequence[Movement], parts: int) -> None:
        first = movements[0]
        there = self._guarded(
            Action.CHECK,
            first.sku,
            first.node,
            # True while readers know of the parts.
            condition="#spread.#node >= :parts",
            values={":parts": parts},
            error=NotSpread(f"{first.sku} is not spread at {first.node}"),
        )
        made = [w for each in movements for w in writes.of_movement(self._table, each)]
        self._dynamo.commit([there, *made])

    def forget_parts(self, sku: Sku, node: NodeId, parts: int) -> bool:
        gone = self._guarded(
            Action.UPDATE,
            sku,
            node,
            update="REMOVE #spread.#node",
            # True when no parts were added.
            condition="#spread.#node = :parts",
            values={":parts": parts},
            error=VersionConflict(f"{sku} was spread again"),
        )
        empty = [self._empty(sku, node, number) for number in range(parts)]
        try:
            self._dynamo.commit([gone, *empty])
        except VersionConflict:
            return False
        return True

    def _guarded(
        self, action: Action, sku: Sku, node: NodeId, *, error: Exception, **fields: Any
    ) -> Write:
        return Write(
            action,
            self._table,
            items.selling_key(sku),
            names={"#spread": "spread", "#node": node},
            refused=lambda old: error,
            **fields,
        )

    def _empty(self, sku: Sku, node: NodeId, number: int) -> Write:
        """True when nothing lies on the part: what is reserved is on hand as well."""
        return Write(
            Action.CHECK,
            self._table,
            items.level_key(sku, node, hot(number)),
            condition="attribute_not_exists(pk) OR (on_hand = :none AND reserved = :none)",
            values={":none": 0},
            refused=lambda old: VersionConflict(f"part {number} of {sku} is not empty"),
        )

    def spread(self) -> Iterator[Spread]:
        for item in self._dynamo.query_all(self._table, "pk = :pk", {":pk": items.SPREAD}):
            yield Spread(Sku(item["sk"]), from_iso(item["hot_until"]), item["turn"])

    def forget(self, spread: Spread) -> None:
        write = Write(
            Action.DELETE,
            self._table,
            {"pk": items.SPREAD, "sk": spread.sku},
            # True while nobody named it again.
            condition="#turn = :turn",
            names={"#turn": "turn"},
            values={":turn": spread.turn},
            refused=lambda old: None,
        )
        self._dynamo.commit([write])


class GlancingStock(DynamoStock):
    """The books as carts read them: a few parts of a hot SKU, and remembered for a second what
    every cart of a hot SKU reads. Whatever is taken is checked by the write that takes it.

    A plan that finds too little by a glance has to be made again on everything.
    """

    def __init__(
        self,
        dynamo: Dynamo,
        table: str,
        clock: Clock | None = None,
        passed: Callable[[], float] = time.monotonic,
        choose: Callable[[Sequence[int], int], list[int]] = random.sample,
    ) -> None:
        super().__init__(dynamo, table, clock)
        self._passed, self._choose = passed, choose
        self._kept: dict[Sku | str, tuple[float, Any]] = {}
        self._hot_until = 0.0

    def nodes(self) -> list[Node]:
        return self._shared("nodes\n", super().nodes)

    def policy(self) -> SellingPolicy:
        return self._shared("policy\n", super().policy)

    def products(self, skus: Collection[Sku]) -> dict[Sku, Product]:
        """A hot SKU's is kept for the second too: the catalogue lies in one partition."""
        known = {sku: kept for sku in skus if (kept := self._fresh(f"product\n{sku}"))}
        found = super().products([sku for sku in skus if sku not in known])
        for sku in filter(self._fresh, found):
            self._keep(f"product\n{sku}", found[sku])
        return known | found

    def positions(
        self, skus: Collection[Sku], nodes: Collection[NodeId] | None = None
    ) -> dict[Sku, Position]:
        known = {sku: hot for sku in skus if (hot := self._fresh(sku))}
        cold = [sku for sku in skus if sku not in known]
        found = super().positions(cold, nodes) if cold else {}
        for sku, position in found.items():
            if position.selling.spread:
                self._keep(sku, position)
                self._hot_until = self._passed() + 60
        return found | {sku: self._glanced(each, nodes) for sku, each in known.items()}

    def _glanced(self, position: Position, nodes: Collection[NodeId] | None) -> Position:
        """`position` with the levels of a few parts as they are now, and no others."""
        sku, spread = position.selling.sku, position.selling.spread
        keys = [
            items.level_key(sku, NodeId(node), hot(number))
            for node, parts in spread.items()
            if nodes is None or node in nodes
            for number in self._choose(range(parts), min(PARTS_READ, parts))
        ]
        levels = map(items.level_of, self._dynamo.get_many(self._table, keys))
        return Position(position.selling, (*_unspread(position, nodes), *levels))

    def _fresh(self, name: Sku | str) -> Any:
        """What was kept under `name` less than a second ago."""
        until, kept = self._kept.get(name, (0.0, None))
        return kept if until > self._passed() else None

    def _keep(self, name: Sku | str, value: T) -> T:
        self._kept[name] = self._passed() + 1, value
        return value

    def _shared(self, name: str, read: Callable[[], T]) -> T:
        """What `read` gives; remembered for a second while something is hot, and not otherwise."""
        kept = self._fresh(name) if self._passed() < self._hot_until else None
        return self._keep(name, read()) if kept is None else cast(T, kept)


def _unspread(position: Position, nodes: Collection[NodeId] | None) -> Iterator[Level]:
    """The levels of nodes where the SKU is not spread: without them a plan would miss a node."""
    for level in position.levels:
        if hot_number(level.shelf) is None and (nodes is None or level.node in nodes):
            yield level
