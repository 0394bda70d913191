"""Record scans: what the carrier saw moves the parcel, and the last parcel moves the order."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from oms.fulfilment.at_node import gone_from_stock, handed_over
from oms.fulfilment.model import Parcel, ParcelState
from oms.kernel.clock import Clock
from oms.kernel.errors import NotFound
from oms.kernel.ids import OrderId
from oms.kernel.unchanged import until_unchanged
from oms.orders.model import Leg, Order
from oms.orders.ports import OrderStore, Stock
from oms.orders.transitions import may, moved
from oms.tracking.model import Scan, ScanStatus, add_scan, status_of

_STILL_WITH_US = (ScanStatus.LABEL_CREATED, ScanStatus.EXCEPTION)


@dataclass(frozen=True, slots=True)
class RecordScan:
    orders: OrderStore
    stock: Stock
    clock: Clock

    def __call__(self, carrier: str, tracking_number: str, scan: Scan) -> bool:
        """False for a number we never issued: kept out, and no reason to fail the delivery."""
        try:
            place = self.orders.by_parcel(tracking_number, carrier)
        except NotFound:
            return False
        until_unchanged(lambda: self._record(carrier, *place, scan))
        return True

    def _record(
        self, carrier: str, order_id: OrderId, shipment: int, parcel: int, scan: Scan
    ) -> None:
        order = self.orders.load(order_id)
        _, box = order.parcel(shipment, parcel)
        scans = add_scan(box.scans, scan)
        if scans == box.scans:
            return
        actor, now = f"carrier:{carrier}", self.clock.now()
        after, legs = self._seen(order, shipment, replace(box, scans=scans), actor, now)
        after = delivered_if_all(_told(after, box, scans, shipment, actor, now), actor, now)
        gone = gone_from_stock(self.stock, order, after, legs, shipment, actor, now)
        self.orders.save(order, after, also=gone)

    def _seen(
        self, order: Order, shipment: int, box: Parcel, actor: str, at: datetime
    ) -> tuple[Order, tuple[Leg, ...]]:
        """Put the scanned parcel in its place. A carrier that has it in hand proves the
        hand-over, whether or not the node has clicked."""
        there, _ = order.parcel(shipment, box.number)
        legs: tuple[Leg, ...] = ()
        after = order.with_shipment(there.with_parcel(box))
        if box.state is ParcelState.LABELLED and status_of(box.scans) not in _STILL_WITH_US:
            after, legs = handed_over(after, shipment, (box,), actor, at)
        there, box = after.parcel(shipment, box.number)
        arrived = status_of(box.scans) is ScanStatus.DELIVERED
        if arrived and box.state is ParcelState.SHIPPED:
            box = replace(box, state=ParcelState.DELIVERED)
        return after.with_shipment(there.with_parcel(box)), legs


def _told(
    order: Order, before: Parcel, scans: tuple[Scan, ...], shipment: int, actor: str, at: datetime
) -> Order:
    """A line in the timeline when the parcel's status changed; not for every sighting."""
    status = status_of(scans)
    if before.scans and status is status_of(before.scans):
        return order
    arrived = status is ScanStatus.DELIVERED
    return order.noted(
        "ShipmentDelivered" if arrived else "ParcelScanned",
        actor,
        at,
        shipment=shipment,
        parcel=before.number,
        status=status.value,
    )


def delivered_if_all(order: Order, actor: str, at: datetime) -> Order:
    """DELIVERED when the last parcel arrived; the return window and the closing start there."""
    if not may(order, "deliver"):
        return order
    arrivals = [
        scan.at
        for shipment in order.shipments
        for parcel in shipment.parcels
        for scan in parcel.scans
        if scan.status is ScanStatus.DELIVERED
    ]
    arrived = replace(order.on_time(), delivered_at=max(arrivals, default=at))
    return moved(arrived, "deliver", actor, at)
