"""Which lines of an order's timeline the world hears of, and what it hears.

An event says what happened by ids; bodies and people are fetched by who needs them. Its id is
the order and the place in the order's timeline, so a repeat is known as one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from oms.kernel.clock import iso
from oms.orders.model import Entry

VERSION = 1

# Event -> the package it speaks for. What is missing here stays in the timeline: each event on
# the bus costs as much as a write, and nobody outside needs every step.
PUBLISHED: dict[str, str] = {
    "OrderCaptured": "orders",
    "IntakeRequested": "orders",
    "OrderConfirmed": "orders",
    "OrderHeld": "orders",
    "OrderEdited": "orders",
    "RefundedInChannel": "orders",
    "ChannelRefundRequested": "orders",
    "OrderBackordered": "orders",
    "BackorderChanged": "orders",
    "StockBacked": "orders",
    "HoldCommitted": "orders",
    "HoldLapsed": "orders",
    "OrderCancelled": "orders",
    "OrderRejected": "orders",
    "OrderReleased": "fulfilment",
    "OrderRerouted": "orders",
    "OrderDelivered": "orders",
    "OrderClosed": "orders",
    "AttentionNeeded": "orders",
    "ParcelPacked": "fulfilment",
    "LabelPurchased": "fulfilment",
    "ShipmentShipped": "fulfilment",
    "ShipmentDelivered": "tracking",
    "PaymentCaptured": "payments",
    "PaymentRefunded": "payments",
    "PaymentVoided": "payments",
    "SettlementRequested": "payments",
}


@dataclass(frozen=True, slots=True)
class BusEvent:
    source: str
    detail_type: str
    detail: dict[str, Any]


def bus_events(
    order_id: str, channel: str, correlation_id: str, entries: Iterable[Entry]
) -> Iterator[BusEvent]:
    """The events for `entries`, those that are published."""
    for entry in entries:
        if package := PUBLISHED.get(entry.event):
            detail = {
                "id": f"{order_id}#{entry.seq}",
                "version": VERSION,
                "occurred_at": iso(entry.at),
                "order_id": order_id,
                "sequence": entry.seq,
                "channel": channel,
                "correlation_id": correlation_id,
                "data": entry.detail,
            }
            yield BusEvent(f"oms.{package}", entry.event, detail)
