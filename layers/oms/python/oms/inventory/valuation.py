"""What the stock is worth: the moving average of a SKU over all nodes, from its movements.

Whole minor units only. What a division leaves over stays in the value that remains, so that
at any time

    value of receipts == value of issues + value that remains + value on its way between nodes

holds to the last unit of money. Goods whose cost nobody said come in at the average of what is
there (or was there last), so they move no average.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from oms.inventory.model import AdjustmentReason, Movement, Reason
from oms.kernel.ids import Sku


@dataclass(frozen=True, slots=True)
class Value:
    """One SKU's worth. Amounts are minor units of the merchant's currency.

    `units` and `value_minor` are what remains. `transit` are units and amount that left one node
    of ours for another, by the transfer's reference. `uncosted_units` came in without a cost.
    `short` are units that left before the movement that brought them: the next receipt pays for
    them first. `last_*` is the average as a fraction, from when there last was any.
    """

    units: int = 0
    value_minor: int = 0
    received_units: int = 0
    received_minor: int = 0
    issued_units: int = 0
    issued_minor: int = 0
    transit: dict[str, tuple[int, ...]] = field(default_factory=dict)
    uncosted_units: int = 0
    short: int = 0
    last_units: int = 0
    last_minor: int = 0

    @property
    def transit_units(self) -> int:
        return sum(units for units, _ in self.transit.values())

    @property
    def transit_minor(self) -> int:
        return sum(minor for _, minor in self.transit.values())

    @property
    def balances(self) -> bool:
        """The law at the top of this file."""
        kept = self.value_minor + self.transit_minor
        return self.received_minor == self.issued_minor + kept

    @property
    def average_minor(self) -> int:
        """What one unit is worth, rounded down; 0 when nothing ever was there."""
        return self.at_average(1)

    def at_average(self, units: int) -> int:
        return self.last_minor * units // self.last_units if self.last_units else 0


@dataclass(frozen=True, slots=True)
class Valued:
    """A SKU's worth beside what its levels say is there."""

    sku: Sku
    title: str
    value: Value
    on_hand: int

    @property
    def ties(self) -> bool:
        """Whether the worth is of the units that are there, and nothing of it got lost."""
        return self.value.balances and self.value.units - self.value.short == self.on_hand


def valued(movements: Iterable[Movement], start: Value | None = None) -> Value:
    """The worth after `movements`, in the order of their ids whatever order they come in."""
    value = start or Value()
    for each in sorted(movements, key=lambda movement: movement.movement_id):
        value = after(value, each)
    return value


def after(value: Value, movement: Movement) -> Value:
    """The worth after one movement. What changes on hand changes it, and what is lost on the
    way from node to node."""
    units, reference = movement.changes.get("on_hand", 0), movement.reference
    if movement.reason == AdjustmentReason.LOST and not units:
        return _lost(value, -movement.changes.get("incoming", 0), reference)
    if not units or movement.reason == Reason.SHELVED:
        return value  # from one shelf to another of the same node
    if movement.reason == Reason.SENT:
        return _sent(value, -units, reference)
    if units < 0:
        return _issued(value, -units)
    if movement.reason == Reason.RECEIPT and reference in value.transit:
        return _arrived(value, units, movement)
    return _received(value, units, movement.unit_cost_minor)


def _received(value: Value, units: int, cost: int | None) -> Value:
    minor = value.at_average(units) if cost is None else units * cost
    grown = replace(
        value,
        received_units=value.received_units + units,
        received_minor=value.received_minor + minor,
        uncosted_units=value.uncosted_units + (units if cost is None else 0),
    )
    return _taken_in(grown, units, minor)


def _taken_in(value: Value, units: int, minor: int) -> Value:
    """Units that left too early are paid first; the rest is there from now on."""
    early = min(units, value.short)
    spent = minor * early // units
    return _averaged(
        replace(
            value,
            units=value.units + units - early,
            value_minor=value.value_minor + minor - spent,
            issued_minor=value.issued_minor + spent,
            short=value.short - early,
        )
    )


def _issued(value: Value, units: int) -> Value:
    there, minor = _share(value, units)
    left = replace(value, units=value.units - there, value_minor=value.value_minor - minor)
    return _averaged(
        replace(
            left,
            issued_units=value.issued_units + units,
            issued_minor=value.issued_minor + minor,
            short=value.short + units - there,
        )
    )


def _sent(value: Value, units: int, reference: str) -> Value:
    """On its way to another node it is still ours, and worth what it was."""
    there, minor = _share(value, units)
    known_units, known_minor = value.transit.get(reference, (0, 0))
    under_way = {reference: (known_units + there, known_minor + minor)} if there else {}
    return _averaged(
        replace(
            value,
            units=value.units - there,
            value_minor=value.value_minor - minor,
            transit={**value.transit, **under_way},
            short=value.short + units - there,
            issued_units=value.issued_units + units - there,
        )
    )


def _arrived(value: Value, units: int, movement: Movement) -> Value:
    """What is on its way comes in at its own worth; what comes beyond that was received."""
    there, minor, rest = _off_the_road(value, units, movement.reference)
    come = _taken_in(rest, there, minor)
    more = units - there
    return _received(come, more, movement.unit_cost_minor) if more else come


def _lost(value: Value, units: int, reference: str) -> Value:
    if reference not in value.transit or units < 1:
        return value
    there, minor, rest = _off_the_road(value, units, reference)
    return replace(
        rest,
        issued_units=rest.issued_units + there,
        issued_minor=rest.issued_minor + minor,
    )


def _off_the_road(value: Value, units: int, reference: str) -> tuple[int, int, Value]:
    known, worth = value.transit[reference]
    there = min(units, known)
    minor = worth * there // known
    others = {name: each for name, each in value.transit.items() if name != reference}
    left = {reference: (known - there, worth - minor)} if known > there else {}
    return there, minor, replace(value, transit={**others, **left})


def _share(value: Value, units: int) -> tuple[int, int]:
    """How many of `units` are there, and their worth; the last unit takes what is left."""
    there = min(units, value.units)
    return there, value.value_minor * there // value.units if there else 0


def _averaged(value: Value) -> Value:
    if not value.units:
        return value
    return replace(value, last_units=value.units, last_minor=value.value_minor)
