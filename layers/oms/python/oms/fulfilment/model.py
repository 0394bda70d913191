"""Shipments: what one node owes an order, in which parcels it left, and who saw them.

Nothing stores a shipment's state: it follows from the quantities picked and packed and from
the state of its parcels, so the two can never disagree.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from oms.kernel.ids import LineId, NodeId, Sku
from oms.tracking.model import Scan


class ParcelState(StrEnum):
    PACKED = "PACKED"
    LABELLING = "LABELLING"  # the label is being bought: from here nobody cancels
    LABELLED = "LABELLED"
    SHIPPED = "SHIPPED"
    DELIVERED = "DELIVERED"


class ShipmentState(StrEnum):
    RELEASED = "RELEASED"
    PICKING = "PICKING"
    PICKED = "PICKED"
    PACKING = "PACKING"
    PACKED = "PACKED"
    PARTIALLY_SHIPPED = "PARTIALLY_SHIPPED"
    SHIPPED = "SHIPPED"
    DELIVERED = "DELIVERED"
    CANCELLED = "CANCELLED"
    REJECTED = "REJECTED"


@dataclass(frozen=True, slots=True)
class ShipmentLine:
    line_id: LineId
    sku: Sku
    quantity: int
    picked: int = 0
    packed: int = 0


@dataclass(frozen=True, slots=True)
class ParcelLine:
    """Units of a line, or of a part of a kit, in one box.

    `whole` are the kits that a box completes by their first part, fixed when it is packed: so
    each kit counts in one box, whatever is packed or told later. None where the line is no kit.
    `serials` name the units, where somebody does.
    """

    line_id: LineId
    sku: Sku
    quantity: int
    whole: int | None = None
    serials: tuple[str, ...] = ()

    @property
    def units(self) -> int:
        """Units of the order's own line, as the customer bought them."""
        return self.quantity if self.whole is None else self.whole


@dataclass(frozen=True, slots=True)
class Parcel:
    """One box. `label_key` names the label's object in the bucket; `paid` means that whoever
    collects the money has it; `*_told` that the message went out or there is nobody to tell."""

    number: int
    lines: tuple[ParcelLine, ...]
    weight_g: int
    state: ParcelState = ParcelState.PACKED
    carrier: str = ""
    service: str = ""
    tracking_number: str = ""
    label_key: str = ""
    shipped_at: datetime | None = None
    scans: tuple[Scan, ...] = ()
    paid: bool = False
    customer_told: bool = False
    channel_told: bool = False

    @property
    def finished(self) -> bool:
        """Its `shipment` workflow has nothing left to do."""
        labelled = self.state not in (ParcelState.PACKED, ParcelState.LABELLING)
        return labelled and self.paid and self.customer_told and self.channel_told


@dataclass(frozen=True, slots=True)
class Shipment:
    """`ended` is CANCELLED or REJECTED, or None while the shipment lives."""

    number: int
    node: NodeId
    lines: tuple[ShipmentLine, ...]
    released_at: datetime
    parcels: tuple[Parcel, ...] = ()
    ended: ShipmentState | None = None

    @property
    def state(self) -> ShipmentState:
        if self.ended:
            return self.ended
        if self.parcels and self._all_packed:
            return self._parcel_state
        if self._shipped:
            return ShipmentState.PARTIALLY_SHIPPED
        if self.parcels:
            return ShipmentState.PACKING
        if all(line.picked == line.quantity for line in self.lines):
            return ShipmentState.PICKED
        picked = any(line.picked for line in self.lines)
        return ShipmentState.PICKING if picked else ShipmentState.RELEASED

    @property
    def _all_packed(self) -> bool:
        return all(line.packed == line.quantity for line in self.lines)

    @property
    def _shipped(self) -> tuple[Parcel, ...]:
        left = (ParcelState.SHIPPED, ParcelState.DELIVERED)
        return tuple(parcel for parcel in self.parcels if parcel.state in left)

    @property
    def _parcel_state(self) -> ShipmentState:
        if all(parcel.state is ParcelState.DELIVERED for parcel in self.parcels):
            return ShipmentState.DELIVERED
        if len(self._shipped) == len(self.parcels):
            return ShipmentState.SHIPPED
        return ShipmentState.PARTIALLY_SHIPPED if self._shipped else ShipmentState.PACKED

    @property
    def is_live(self) -> bool:
        return self.ended is None

    @property
    def untouchable(self) -> bool:
        """A label is being bought or was: cancelling has lost the race."""
        return any(parcel.state is not ParcelState.PACKED for parcel in self.parcels)

    @property
    def unfinished(self) -> tuple[Parcel, ...]:
        """Parcels whose `shipment` workflow still has something to do."""
        return tuple(each for each in self.parcels if self.is_live and not each.finished)

    def parcel(self, number: int) -> Parcel | None:
        return next((each for each in self.parcels if each.number == number), None)

    def with_parcel(self, changed: Parcel) -> Shipment:
        others = (each for each in self.parcels if each.number != changed.number)
        ordered = sorted((*others, changed), key=lambda each: each.number)
        return replace(self, parcels=tuple(ordered))
