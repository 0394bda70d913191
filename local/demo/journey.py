"""An order's journey as its timeline tells it, and whether it arrived where it should."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from local.demo.samples import Sample

Json = dict[str, Any]
FINAL = ("CLOSED", "CANCELLED", "REJECTED")

# Which status a timeline event brings. Events that are not here change no status.
_STATUS_OF = {
    "OrderCaptured": "CAPTURED",
    "OrderValidated": "VALIDATED",
    "OrderBackordered": "BACKORDERED",
    "StockReserved": "ALLOCATED",
    "OrderHeld": "ON_HOLD",
    "PaymentDeclined": "ON_HOLD",
    "PaymentAuthorized": "AUTHORIZED",
    "OrderConfirmed": "CONFIRMED",
    "OrderReleased": "RELEASED",
    "ShipmentShipped": "SHIPPED",
    "OrderDelivered": "DELIVERED",
    "OrderClosed": "CLOSED",
    "OrderHandedOver": "CLOSED",
    "OrderCancelled": "CANCELLED",
    "OrderRejected": "REJECTED",
    "AttentionNeeded": "NEEDS_ATTENTION",
}


@dataclass(frozen=True, slots=True)
class Stop:
    """A status and the seconds from capture until it was reached."""

    status: str
    seconds: float


def stops(order: Json) -> list[Stop]:
    """The statuses that `order` has been in, as its timeline tells."""
    timeline = order["timeline"]
    start = datetime.fromisoformat(timeline[0]["at"])
    been: list[Stop] = []
    for entry in timeline:
        status = _status_of(entry)
        if status and (not been or been[-1].status != status):
            been.append(Stop(status, _since(start, entry["at"])))
    return been


def _status_of(entry: Json) -> str:
    if entry["event"] == "FraudScreened":
        return "IN_REVIEW" if entry["detail"].get("outcome") == "IN_REVIEW" else ""
    return _STATUS_OF.get(entry["event"], "")


def _since(start: datetime, at: str) -> float:
    return (datetime.fromisoformat(at) - start).total_seconds()


def complaints(sample: Sample, order: Json, been: Iterable[Stop], countries: Json) -> list[str]:
    """How `order` differs from what `sample` promises; empty when it arrived as it should.

    `countries` maps nodes to their countries.
    """
    found = []
    reached = {stop.status for stop in been}
    if order["status"] != sample.arrives:
        waits = [f"{hold['kind']}: {hold['reason']}" for hold in order.get("holds", ())]
        why = f" ({', '.join(waits)})" if waits else ""
        found.append(f"is {order['status']}, should be {sample.arrives}{why}")
    found += [f"was never {status}" for status in sample.passes if status not in reached]
    origins = [each["node"] for each in order["shipments"] if each["state"] not in _ENDED]
    if sample.shipments and len(origins) != sample.shipments:
        found.append(f"left from {origins}, should be {sample.shipments} nodes")
    if sample.from_country and not any(
        countries.get(node) in sample.from_country for node in origins
    ):
        found.append(f"left from {origins}, should be in {'/'.join(sample.from_country)}")
    return found + _gaps(order["timeline"])


_ENDED = ("CANCELLED", "REJECTED")


def _gaps(timeline: list[Json]) -> list[str]:
    numbers = [entry["seq"] for entry in timeline]
    return [] if numbers == list(range(1, len(numbers) + 1)) else [f"timeline has gaps: {numbers}"]


def line(sample: Sample, been: Iterable[Stop], problems: list[str]) -> str:
    """One line for people."""
    way = " > ".join(f"{stop.status} {stop.seconds:.0f}s" for stop in been)
    mark = "ok  " if not problems else "FAIL"
    ending = f"  [{'; '.join(problems)}]" if problems else ""
    return f"{mark} {sample.title:34} {way}{ending}"
