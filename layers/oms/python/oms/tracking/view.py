"""The customer's view of an order: where it is, not what it cost or where it goes."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from oms.fulfilment.model import Parcel, ParcelState
from oms.kernel.clock import iso
from oms.orders.content import Content, kit_line
from oms.orders.model import Order, Stage
from oms.tracking.model import ScanStatus, status_of

_TRANSIT = (timedelta(days=2), timedelta(days=6))

# What a customer reads, by what we know. Holds are our business: to them it is being prepared.
_TEXTS = {
    "RECEIVED": "We have your order.",
    "PREPARING": "We are preparing your order.",
    "BACKORDERED": "Part of your order is on its way to us. We will send it as soon as it is here.",
    "PARTIALLY_SHIPPED": "Part of your order is on its way.",
    "SHIPPED": "Your order is on its way.",
    "DELIVERED": "Your order has been delivered.",
    "CANCELLED": "This order was cancelled.",
}
_PUBLIC = {
    **dict.fromkeys((Stage.CAPTURED, Stage.VALIDATED, Stage.ALLOCATED), "RECEIVED"),
    **dict.fromkeys((Stage.AUTHORIZED, Stage.CONFIRMED, Stage.RELEASED), "PREPARING"),
    **dict.fromkeys((Stage.DELIVERED, Stage.CLOSED), "DELIVERED"),
    **dict.fromkeys((Stage.CANCELLED, Stage.REJECTED), "CANCELLED"),
    Stage.BACKORDERED: "BACKORDERED",
    Stage.PARTIALLY_SHIPPED: "PARTIALLY_SHIPPED",
    Stage.SHIPPED: "SHIPPED",
}
_SCAN_TEXTS = {
    ScanStatus.LABEL_CREATED: "Label created",
    ScanStatus.PICKED_UP: "Picked up by the carrier",
    ScanStatus.IN_TRANSIT: "In transit",
    ScanStatus.OUT_FOR_DELIVERY: "Out for delivery",
    ScanStatus.AVAILABLE_FOR_PICKUP: "Ready to be collected",
    ScanStatus.EXCEPTION: "Delayed",
    ScanStatus.RETURNED: "On its way back to us",
    ScanStatus.DELIVERED: "Delivered",
}
_STEPS = (
    ("Ordered", "OrderCaptured"),
    ("Confirmed", "OrderConfirmed"),
    ("Packed", "ParcelPacked"),
    ("On its way", "ShipmentShipped"),
    ("Delivered", "OrderDelivered"),
)


def customer_view(order: Order, content: Content) -> dict[str, Any]:
    """`GET /track/{token}` as JSON. No name, no street, no price."""
    status = _PUBLIC[order.stage]
    return {
        "number": order.number,
        "status": status,
        "status_text": _TEXTS[status],
        "placed_on": iso(content.placed_at or order.captured_at),
        "expected": _expected(order),
        "progress": _progress(order),
        "parcels": [
            _parcel(parcel, content)
            for shipment in order.shipments
            if shipment.is_live
            for parcel in shipment.parcels
        ],
    }


def _progress(order: Order) -> list[dict[str, Any]]:
    times: dict[str, datetime] = {}
    for entry in order.timeline:
        times.setdefault(entry.event, entry.at)
    return [
        {"step": step, "at": iso(times[event]) if event in times else None, "done": event in times}
        for step, event in _STEPS
    ]


def _expected(order: Order) -> dict[str, str] | None:
    """The usual time in transit from the newest hand-over; nothing is promised before."""
    shipped = [p.shipped_at for s in order.shipments for p in s.parcels if p.shipped_at]
    if not shipped or order.delivered_at or order.is_final:
        return None
    earliest, latest = (max(shipped) + days for days in _TRANSIT)
    return {"from": earliest.date().isoformat(), "to": latest.date().isoformat()}


def _parcel(parcel: Parcel, content: Content) -> dict[str, Any]:
    waiting = parcel.state in (ParcelState.PACKED, ParcelState.LABELLING)
    return {
        "carrier": parcel.carrier,
        "tracking_number": parcel.tracking_number,
        "state": "PACKED" if waiting else status_of(parcel.scans).value,
        "shipped_at": iso(parcel.shipped_at) if parcel.shipped_at else None,
        "expected_on": _expected_on(parcel),
        "items": _items(parcel, content),
        "scans": [
            {
                "at": iso(scan.at),
                "status": scan.status.value,
                "text": _SCAN_TEXTS[scan.status],
                "place": scan.place,
            }
            for scan in reversed(parcel.scans)
        ],
    }


def _items(parcel: Parcel, content: Content) -> list[dict[str, Any]]:
    """What is in the box, as it was bought: a kit once, whatever it consists of."""
    units: dict[str, int] = {}
    for each in parcel.lines:
        whole, _ = kit_line(each.line_id)
        units[whole] = units.get(whole, 0) + each.units
    lines = [(line, units[line.line_id]) for line in content.lines if line.line_id in units]
    return [
        {"title": line.title or line.sku, "quantity": quantity}
        if quantity
        else {"title": f"{line.title or line.sku} (a part of it)", "quantity": 1}
        for line, quantity in lines
    ]


def _expected_on(parcel: Parcel) -> str | None:
    if parcel.shipped_at is None or parcel.state is ParcelState.DELIVERED:
        return None
    return (parcel.shipped_at + _TRANSIT[1]).date().isoformat()
