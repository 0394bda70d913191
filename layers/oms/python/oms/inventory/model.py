"""Stock as a merchant counts it: what lies where, in which state, and every change of it.

One law covers every change: no bucket, and not what is available, may fall below zero. A
change is a `Movement`; levels are the sums of their movements and can be made again from them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from oms.inventory.calendar import NodeCalendar
from oms.inventory.shelves import GENERAL, OVERSOLD, UNTRACKED, Shelf, row_of
from oms.kernel.address import Address
from oms.kernel.errors import OmsError, Refused
from oms.kernel.ids import NodeId, Sku, new_ulid

# What is counted. `available` is not among them: it always follows from these.
BUCKETS = (
    "on_hand",
    "reserved",
    "safety",
    "damaged",
    "quality",
    "incoming",
    "oversold",
)
AVAILABLE = "available"
# In the building, and not for sale.
WITHHELD = ("safety", "damaged", "quality")


class NodeKind(StrEnum):
    WAREHOUSE = "WAREHOUSE"
    STORE = "STORE"
    THIRD_PARTY = "THIRD_PARTY"


@dataclass(frozen=True, slots=True)
class Node:
    """A place that holds stock. `latitude` and `longitude` are degrees, WGS 84.

    They are measurements, hence floats. `ships` is False for a place that holds stock but
    sends no parcels: it is counted and never chosen. Without a `calendar` no day is promised.
    """

    node_id: NodeId
    kind: NodeKind
    name: str
    address: Address
    latitude: float
    longitude: float
    ships: bool = True
    calendar: NodeCalendar | None = None


@dataclass(frozen=True, slots=True)
class Product:
    """One row of the catalogue. A weight or a length of 0 means: not known."""

    sku: Sku
    title: str
    weight_g: int = 0
    length_mm: int = 0
    width_mm: int = 0
    height_mm: int = 0


class Reason(StrEnum):
    """Why the flow of orders and goods moved stock."""

    RECEIPT = "RECEIPT"
    RESERVATION = "RESERVATION"
    RELEASE = "RELEASE"
    SHIPMENT = "SHIPMENT"
    COUNTER_SALE = "COUNTER_SALE"  # a customer took it out of the store
    BACKING = "BACKING"  # units arrived for a promise that was made beyond stock
    ORDERED = "ORDERED"  # bought, and on its way
    SENT = "SENT"  # left for another node of ours
    SHELVED = "SHELVED"  # moved between shelves of one node
    RECALL = "RECALL"
    RECONCILED = "RECONCILED"  # the counters were repaired to what movements say


class AdjustmentReason(StrEnum):
    """Why a person changed stock. `adjust.py` tells which bucket each one moves."""

    DAMAGED = "DAMAGED"
    LOST = "LOST"
    FOUND = "FOUND"
    COUNT = "COUNT"
    CORRECTION = "CORRECTION"
    RETURN_TO_VENDOR = "RETURN_TO_VENDOR"
    QUALITY = "QUALITY"
    SAFETY = "SAFETY"


Changes = Mapping[str, int]
Place = tuple[Sku, NodeId, Shelf]


@dataclass(frozen=True, slots=True)
class Movement:
    """One change of one SKU at one node; never altered once written.

    `changes` maps buckets to what was added (negative: taken). `reason` is a `Reason` or an
    `AdjustmentReason`, `reference` what caused it: an order, a purchase order, a count.
    `unit_cost_minor` is what one received unit cost, in minor units of the merchant's currency;
    None where nobody said.
    """

    movement_id: str
    sku: Sku
    node: NodeId
    changes: Changes
    reason: str
    reference: str
    actor: str
    at: datetime
    shelf: Shelf = GENERAL
    unit_cost_minor: int | None = None

    @property
    def place(self) -> Place:
        return self.sku, self.node, self.shelf

    def undone(self, reason: Reason) -> Movement:
        """The movement that takes this one back."""
        changes = {bucket: -change for bucket, change in self.changes.items()}
        return replace(self, movement_id=new_ulid(self.at), changes=changes, reason=reason)


@dataclass(frozen=True, slots=True)
class Level:
    """The units of one SKU on one shelf of one node, by state.

    `available` is stored beside the others, because a condition of the database cannot
    subtract: available = on hand + oversold - reserved - safety - damaged - quality.
    `oversold` are the units promised beyond what is there. `expires_on` (a day, ISO) and
    `blocked` (recalled) are for the shelves of lots.
    """

    sku: Sku
    node: NodeId
    on_hand: int = 0
    reserved: int = 0
    safety: int = 0
    damaged: int = 0
    quality: int = 0
    incoming: int = 0
    oversold: int = 0
    available: int = 0
    shelf: Shelf = GENERAL
    expires_on: str = ""
    blocked: bool = False

    @property
    def place(self) -> Place:
        return self.sku, self.node, self.shelf

    def keeps_past(self, day: str) -> bool:
        """Whether it expires after `day` (ISO), or never."""
        return not self.expires_on or self.expires_on > day

    def may_leave(self, day: str) -> bool:
        """Whether its units may be promised, picked and shipped on `day`: it is no lot that was
        recalled or has expired."""
        return not self.blocked and self.keeps_past(day)

    @property
    def is_sound(self) -> bool:
        """Whether the figures agree with one another."""
        figures = {bucket: getattr(self, bucket) for bucket in BUCKETS}
        return self.available == available_change(figures) and min(figures.values()) >= 0

    def after(self, changes: Changes) -> Level:
        moved = {bucket: getattr(self, bucket) + changes.get(bucket, 0) for bucket in BUCKETS}
        return replace(self, **moved, available=self.available + available_change(changes))


@dataclass(frozen=True, slots=True)
class Posting:
    """Movements that a person or another system orders once, whatever is repeated.

    `key` and `kind` name it; `digest` tells a repeat from something else under the same name.
    """

    key: str
    kind: str
    digest: str
    movements: tuple[Movement, ...]
    new_products: tuple[Product, ...] = ()

    @property
    def at(self) -> datetime:
        return self.movements[0].at


class Claim(Protocol):
    """Units of a SKU on a shelf of a node, for instance a leg of an order."""

    @property
    def sku(self) -> Sku: ...
    @property
    def node(self) -> NodeId: ...
    @property
    def quantity(self) -> int: ...
    @property
    def shelf(self) -> Shelf: ...


@dataclass(frozen=True, slots=True)
class Units:
    """The plain `Claim`."""

    sku: Sku
    node: NodeId
    quantity: int
    shelf: Shelf = GENERAL


@dataclass(frozen=True, slots=True)
class Terms:
    """On what terms units are taken, beyond "they are there".

    `keep`: units that have to stay available at a place (a channel's buffer). `oversell`: how
    many units of a SKU may stand promised beyond stock at one node. `on`: the day (ISO) by
    which a lot must not have expired; empty asks nothing.
    """

    keep: Mapping[Place, int] = field(default_factory=dict)
    oversell: Mapping[Sku, int] = field(default_factory=dict)
    on: str = ""


PLAIN = Terms()


class _Shortfall(Refused):
    """`requested` units of `sku` at `node` were wanted and only `available` were there."""

    def __init__(self, sku: str, node: str, requested: int, available: int) -> None:
        super().__init__(f"{sku} at {node}: {requested} wanted, {available} available")
        self.sku, self.node = sku, node
        self.requested, self.available = requested, available


class OutOfStock(_Shortfall):
    """A reservation found less than it wants: plan again on fresh figures."""

    code = "out-of-stock"


class InsufficientStock(_Shortfall):
    """An adjustment would take more than there is."""

    code = "insufficient-stock"


class LotBlocked(Refused):
    """The lot is recalled, or expires too early: it is not promised and does not leave."""

    code = "lot-blocked"


class LevelsDisagree(OmsError):
    """A release or a hand-over found fewer units reserved than the order holds: a fault."""

    code = "levels-disagree"


def available_change(changes: Changes) -> int:
    """What `changes` do to the available units."""
    taken = sum(changes.get(bucket, 0) for bucket in ("reserved", *WITHHELD))
    return changes.get("on_hand", 0) + changes.get("oversold", 0) - taken


def demand(legs: Iterable[Claim]) -> dict[Place, int]:
    """Units per place, summed and in a fixed order. Claims that nobody counts are left out.

    Summed, because two conditions on one level would both hold while their sum does not.
    ValueError for a quantity below 1: it would turn taking into giving.
    """
    sums: dict[Place, int] = {}
    for leg in legs:
        if leg.quantity < 1:
            raise ValueError(f"{leg.quantity} units of {leg.sku}")
        if leg.shelf != UNTRACKED:
            place = leg.sku, leg.node, leg.shelf
            sums[place] = sums.get(place, 0) + leg.quantity
    return dict(sorted(sums.items()))


# What one unit of a leg does to the buckets when the order takes it, gives it back, ships it.
UNIT_CHANGES: Mapping[Reason, Changes] = {
    Reason.RESERVATION: {"reserved": 1},
    Reason.RELEASE: {"reserved": -1},
    Reason.SHIPMENT: {"on_hand": -1, "reserved": -1},
}
# The same for a unit that was promised beyond stock: what ships was never on the books.
OVERSOLD_CHANGES: Mapping[Reason, Changes] = {
    Reason.RESERVATION: {"reserved": 1, "oversold": 1},
    Reason.RELEASE: {"reserved": -1, "oversold": -1},
    Reason.SHIPMENT: {"reserved": -1, "oversold": -1},
    Reason.BACKING: {"oversold": -1},
}


def movements_of(
    legs: Iterable[Claim], reason: Reason, reference: str, actor: str, at: datetime
) -> list[Movement]:
    """The movements that reserve, release, ship or back `legs`, one for each row of the books."""
    rows: dict[Place, dict[str, int]] = {}
    for (sku, node, shelf), units in demand(legs).items():
        each_unit = (OVERSOLD_CHANGES if shelf == OVERSOLD else UNIT_CHANGES)[reason]
        changes = rows.setdefault((sku, node, row_of(shelf)), {})
        for bucket, each in each_unit.items():
            changes[bucket] = changes.get(bucket, 0) + each * units
    return [
        Movement(new_ulid(at), sku, node, changes, reason, reference, actor, at, shelf)
        for (sku, node, shelf), changes in rows.items()
    ]


def rebuilt(movements: Iterable[Movement]) -> dict[Place, Level]:
    """The levels that follow from `movements` alone."""
    levels: dict[Place, Level] = {}
    for each in movements:
        level = levels.get(each.place, Level(each.sku, each.node, shelf=each.shelf))
        levels[each.place] = level.after(each.changes)
    return levels
