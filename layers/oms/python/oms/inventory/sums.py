"""What a SKU's movements add up to: levels, who units are kept for, and what they are worth."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from oms.inventory.model import Level, Movement, Place
from oms.inventory.valuation import Value, after
from oms.kernel.ids import order_of


@dataclass(frozen=True, slots=True)
class Held:
    """Units that the books keep for a reference at a place; `last` is its newest movement."""

    reserved: int = 0
    oversold: int = 0
    last: str = ""

    def plus(self, reserved: int, oversold: int, last: str = "") -> Held:
        newest = max(self.last, last)
        return Held(self.reserved + reserved, self.oversold + oversold, newest)

    @property
    def units(self) -> tuple[int, int]:
        return self.reserved, self.oversold


NOTHING = Held()
Holding = Mapping[tuple[str, Place], Held]


@dataclass(frozen=True, slots=True)
class Sums:
    """What the movements of a SKU make, up to and with the movement `upto`.

    `claims` are the references for which units are kept: order or reservation, and place.
    `parts` is the most hot shelves that the SKU was ever seen spread over at a node.
    """

    upto: str = ""
    levels: Mapping[Place, Level] = field(default_factory=dict)
    claims: Holding = field(default_factory=dict)
    value: Value = field(default_factory=Value)
    parts: int = 0

    @property
    def references(self) -> frozenset[str]:
        return frozenset(reference for reference, _ in self.claims)


def owner_name(reference: str) -> str:
    """The order behind a shipment's id; any other reference is its own name."""
    try:
        return str(order_of(reference)[0])
    except ValueError:
        return reference


def summed(start: Sums, movements: Iterable[Movement]) -> Sums:
    """`start` with `movements`, which come in the order of their ids."""
    levels, claims = dict(start.levels), dict(start.claims)
    upto, value = start.upto, start.value
    for each in movements:
        level = levels.get(each.place) or Level(each.sku, each.node, shelf=each.shelf)
        levels[each.place] = level.after(each.changes)
        reserved, oversold = each.changes.get("reserved", 0), each.changes.get("oversold", 0)
        if reserved or oversold:
            key = owner_name(each.reference), each.place
            held = claims.pop(key, NOTHING).plus(reserved, oversold, each.movement_id)
            if held.units != (0, 0):
                claims[key] = held
        value, upto = after(value, each), max(upto, each.movement_id)
    return replace(start, upto=upto, levels=levels, claims=claims, value=value)
