"""The waiting line of a SKU: orders that were promised what is not there yet.

The order of service is stated: higher priority first, then who has waited longest. Stock that
comes in belongs to the line before it belongs to anybody new, whoever is quicker: every
allocation leaves alone what those ahead of it would take. An order that ships complete takes
what it lacks or nothing, and lets those behind it pass while there is not enough for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from oms.kernel.clock import iso
from oms.kernel.ids import OrderId, Sku

HIGHEST_PRIORITY = 9
NORMAL_PRIORITY = 5


class Need(StrEnum):
    """Why an order stands in line."""

    SHORT = "SHORT"  # units that it has not been promised from stock
    OVERSOLD = "OVERSOLD"  # promised beyond stock: real units reach it before anybody new


@dataclass(frozen=True, slots=True)
class Waiting:
    """One order's place in the line of one SKU. `units` is what it still lacks."""

    sku: Sku
    order_id: OrderId
    units: int
    since: datetime
    priority: int = NORMAL_PRIORITY
    ship_complete: bool = False
    need: Need = Need.SHORT

    @property
    def place(self) -> str:
        """Sorts as the line is served."""
        return f"{HIGHEST_PRIORITY - self.priority}#{iso(self.since)}#{self.order_id}#{self.need}"


def ahead_of(
    line: Iterable[Waiting],
    order_id: OrderId | None,
    available: int,
    priority: int = NORMAL_PRIORITY,
) -> int:
    """Units that go to those before `order_id` while `available` are there.

    Who does not stand in line yet comes after everybody of the same `priority`.
    """
    taken = 0
    for each in _before(line, order_id, priority):
        left = available - taken
        if each.units <= left or not each.ship_complete:
            taken += min(each.units, left)
    return taken


def demand_before(
    line: Iterable[Waiting], order_id: OrderId | None, priority: int = NORMAL_PRIORITY
) -> int:
    """Units that those before `order_id` lack, however many are there."""
    return sum(each.units for each in _before(line, order_id, priority))


def _before(line: Iterable[Waiting], order_id: OrderId | None, priority: int) -> Iterator[Waiting]:
    for each in line:
        if each.order_id == order_id or each.priority < priority:
            return
        yield each
