"""Stock came in: it is offered to those who wait for it, in the order of their line.

Nobody is given anything here. Each order that could get something is asked to look again; the
allocation that follows leaves alone what those ahead of it would take, so the line keeps its
order however many of them look at the same time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from oms.inventory.expire import SweepStock
from oms.inventory.selling import Position
from oms.inventory.waiting import Need, Waiting
from oms.kernel.clock import Clock
from oms.kernel.errors import OmsError
from oms.kernel.ids import OrderId, Sku

# Orders that may get nothing of what is there (another channel's pool, a node they avoid) cost
# a look each; from then on it is left to their own timers.
MOST_LOOKS = 50


class Books(Protocol):
    """Stock, and who waits for it."""

    def positions(self, skus: Collection[Sku]) -> Mapping[Sku, Position]: ...

    def line(self, sku: Sku, limit: int = 1_000) -> list[Waiting]: ...

    def waited_for(self) -> Iterator[Sku]:
        """The SKUs that somebody waits for. From an index: may be behind."""

    def nobody_waits(self, sku: Sku) -> None:
        """Take `sku` out of that index, unless somebody waits for it."""


class Waiters(Protocol):
    """The orders in line."""

    def resume(self, order_id: OrderId) -> Mapping[Sku, int]:
        """Let an order look for stock again if it would get some: the units, by SKU."""

    def back(self, order_id: OrderId, sku: Sku) -> int:
        """Put real units behind what was promised beyond stock: how many."""


@dataclass(frozen=True, slots=True)
class ServeWaiting:
    books: Books
    waiters: Waiters
    clock: Clock

    def __call__(self, skus: Iterable[Sku]) -> int:
        """Offer what there is of `skus` to their lines; how many orders were served."""
        batch = _Batch(self.waiters)
        for sku in dict.fromkeys(skus):
            self._serve(sku, batch)
        return batch.served

    def _serve(self, sku: Sku, batch: _Batch) -> None:
        position, today = self.books.positions([sku])[sku], self.clock.now().date().isoformat()
        left = position.free(today)
        if position.selling.waiting <= 0 or left <= 0 or position.selling.available_from > today:
            return
        looks = 0
        for place in self.books.line(sku):
            if left <= 0 or looks >= MOST_LOOKS:
                return
            if place.ship_complete and place.need is Need.SHORT and place.units > left:
                continue  # it takes all it lacks or nothing: those behind may pass
            taken = batch.offer(place)
            left -= taken
            looks += not taken


@dataclass(slots=True)
class _Batch:
    """What was offered so far: an order that waits for several SKUs is asked once."""

    waiters: Waiters
    served: int = 0
    resumed: dict[OrderId, Mapping[Sku, int]] = field(default_factory=dict)

    def offer(self, place: Waiting) -> int:
        if place.need is Need.OVERSOLD:
            units = self.waiters.back(place.order_id, place.sku)
            self.served += bool(units)
            return units
        if place.order_id not in self.resumed:
            taken = self.resumed[place.order_id] = self.waiters.resume(place.order_id)
            self.served += bool(taken)
        return self.resumed[place.order_id].get(place.sku, 0)


@dataclass(frozen=True, slots=True)
class SweepWaiting:
    """The line is served by the minute too: whoever entered it while stock came in is found."""

    books: Books
    serve: ServeWaiting
    sweep: SweepStock

    def __call__(self) -> dict[str, int]:
        """What `SweepStock` did, and how many orders were served. One failure stops no other."""
        failures: list[Exception] = []
        done: dict[str, int] = {}
        try:
            done |= self.sweep()
        except ExceptionGroup as failed:
            failures.append(failed)
        for sku in list(self.books.waited_for()):
            try:
                done["served"] = done.get("served", 0) + self.serve([sku])
                self.books.nobody_waits(sku)
            except OmsError as error:
                error.add_note(f"SKU {sku}")
                failures.append(error)
        if failures:
            raise ExceptionGroup("stock that could not be swept", failures)
        return done
