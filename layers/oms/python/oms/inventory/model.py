"""Stock as a merchant counts it: what lies where, in which state, and every change of it.

One law covers every change: no bucket, and not what is available, may fall below zero. A
change is a `Movement`; levels are the sums of their movements and can be made again from them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from oms.kernel.address import Address
from oms.kernel.errors import OmsError, Refused
from oms.kernel.ids import NodeId, Sku, new_ulid

# What is counted. `available` is not among them: it always follows from these.
BUCKETS = ("on_hand", "reserved", "safety", "damaged", "incoming")
AVAILABLE = "available"


class NodeKind(StrEnum):
    WAREHOUSE = "WAREHOUSE"
    STORE = "STORE"
    THIRD_PARTY = "THIRD_PARTY"


@dataclass(frozen=True, slots=True)
class Node:
    """A place that holds stock. `latitude` and `longitude` are degrees, WGS 84.

    They are measurements, hence floats. `ships` is False for a place that holds stock but
    sends no parcels: it is counted and never chosen.
    """

    node_id: NodeId
    kind: NodeKind
    name: str
    address: Address
    latitude: float
    longitude: float
    ships: bool = True


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


class AdjustmentReason(StrEnum):
    """Why a person changed stock. `adjust.py` tells which bucket each one moves."""

    DAMAGED = "DAMAGED"
    LOST = "LOST"
    FOUND = "FOUND"
    COUNT = "COUNT"
    CORRECTION = "CORRECTION"
    RETURN_TO_VENDOR = "RETURN_TO_VENDOR"


Changes = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Movement:
    """One change of one SKU at one node; never altered once written.

    `changes` maps buckets to what was added (negative: taken). `reason` is a `Reason` or an
    `AdjustmentReason`, `reference` what caused it: an order, a purchase order, a count.
    """

    movement_id: str
    sku: Sku
    node: NodeId
    changes: Changes
    reason: str
    reference: str
    actor: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Level:
    """The units of one SKU at one node, by state.

    `available` is stored beside the others, because a condition of the database cannot
    subtract: available = on hand - reserved - safety - damaged.
    """

    sku: Sku
    node: NodeId
    on_hand: int = 0
    reserved: int = 0
    safety: int = 0
    damaged: int = 0
    incoming: int = 0
    available: int = 0

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


class Claim(Protocol):
    """Units of a SKU at a node, for instance a leg of an order."""

    @property
    def sku(self) -> Sku: ...
    @property
    def node(self) -> NodeId: ...
    @property
    def quantity(self) -> int: ...


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


class TooManyLegs(Refused):
    """More pairs of SKU and node than one transaction can hold."""

    code = "too-many-legs"


class LevelsDisagree(OmsError):
    """A release or a hand-over found fewer units reserved than the order holds: a fault."""

    code = "levels-disagree"


def available_change(changes: Changes) -> int:
    """What `changes` do to the available units."""
    taken = sum(changes.get(bucket, 0) for bucket in ("reserved", "safety", "damaged"))
    return changes.get("on_hand", 0) - taken


def demand(legs: Iterable[Claim]) -> dict[tuple[Sku, NodeId], int]:
    """Units per (SKU, node), summed and in a fixed order.

    Summed, because two conditions on one level would both hold while their sum does not.
    ValueError for a quantity below 1: it would turn taking into giving.
    """
    sums: dict[tuple[Sku, NodeId], int] = {}
    for leg in legs:
        if leg.quantity < 1:
            raise ValueError(f"{leg.quantity} units of {leg.sku}")
        sums[leg.sku, leg.node] = sums.get((leg.sku, leg.node), 0) + leg.quantity
    return dict(sorted(sums.items()))


# What one unit of a leg does to the buckets when the order takes it, gives it back, ships it.
UNIT_CHANGES: Mapping[Reason, Changes] = {
    Reason.RESERVATION: {"reserved": 1},
    Reason.RELEASE: {"reserved": -1},
    Reason.SHIPMENT: {"on_hand": -1, "reserved": -1},
}


def movements_of(
    legs: Iterable[Claim], reason: Reason, reference: str, actor: str, at: datetime
) -> list[Movement]:
    """The movements that reserve, release or ship `legs`, one per SKU and node."""
    return [
        Movement(
            new_ulid(at),
            sku,
            node,
            {bucket: each * units for bucket, each in UNIT_CHANGES[reason].items()},
            reason,
            reference,
            actor,
            at,
        )
        for (sku, node), units in demand(legs).items()
    ]


def rebuilt(movements: Iterable[Movement]) -> dict[tuple[Sku, NodeId], Level]:
    """The levels that follow from `movements` alone."""
    levels: dict[tuple[Sku, NodeId], Level] = {}
    for each in movements:
        level = levels.get((each.sku, each.node), Level(each.sku, each.node))
        levels[each.sku, each.node] = level.after(each.changes)
    return levels
