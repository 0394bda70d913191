"""Bring the units of a SKU that was hot back to the general shelf, as far as they are free."""

from __future__ import annotations

from dataclasses import dataclass

from oms.inventory.selling import Position
from oms.inventory.spread import Mover, NotSpread, Spread, SpreadBooks, SpreadStock
from oms.kernel.clock import Clock
from oms.kernel.ids import NodeId, Sku


@dataclass(frozen=True, slots=True)
class GatherStock:
    books: SpreadBooks
    clock: Clock

    def __call__(self, sku: Sku, actor: str, *, calm: bool = True) -> Position:
        """Every available unit back on the general shelf, and parts that are empty forgotten.

        What is reserved on a part stays there and keeps the part; the sweep takes it on.
        """
        if calm:
            self.books.calm(sku, self.clock.now())
        for node, parts in self.books.position(sku).selling.spread.items():
            place = NodeId(node)
            try:
                Mover(self.books, self.clock).move(sku, place, parts, actor, back=True)
            except NotSpread:
                continue  # somebody else gathered it
            self.books.forget_parts(sku, place, parts)
        return self.books.position(sku)


@dataclass(frozen=True, slots=True)
class SweepSpread:
    """Gather what is calm; share out among the parts what came in while it is hot."""

    books: SpreadBooks
    gather: GatherStock
    more: SpreadStock
    clock: Clock
    actor: str = "sweeper"

    def __call__(self) -> dict[str, int]:
        """How many SKUs were gathered whole. One that fails stops no other."""
        gathered, failures = 0, list[Exception]()
        for each in list(self.books.spread()):
            try:
                gathered += self._take_on(each)
            except Exception as error:
                error.add_note(f"spread SKU {each.sku}")
                failures.append(error)
        if failures:
            raise ExceptionGroup("spread stock that could not be swept", failures)
        return {"gathered": gathered}

    def _take_on(self, each: Spread) -> bool:
        if not each.is_calm(self.clock.now()):
            for node, parts in self.books.position(each.sku).selling.spread.items():
                self.more(each.sku, parts, [NodeId(node)], self.actor, each.hot_until)
            return False
        left = self.gather(each.sku, self.actor, calm=False)
        if left.selling.spread:
            return False
        self.books.forget(each)
        return True
