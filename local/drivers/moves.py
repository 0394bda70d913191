"""What the people at demo nodes and the carrier's drivers do next, given an order as the API
shows it. Pure decisions: nothing is remembered, so a restart goes on where it was."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

Json = dict[str, Any]

# Scans of a parcel: status, where, and how many seconds after the hand-over.
ROUTE = (
    ("PICKED_UP", "origin", 1.0),
    ("IN_TRANSIT", "sorting centre", 3.0),
    ("OUT_FOR_DELIVERY", "destination", 6.0),
    ("DELIVERED", "destination", 9.0),
)
_NODE_ACTIONS = ("ship", "pack", "pick")  # the furthest one that is allowed


@dataclass(frozen=True, slots=True)
class NodeMove:
    """`POST /shipments/{shipment_id}/{action}`."""

    shipment_id: str
    action: str


def node_moves(order: Json) -> list[NodeMove]:
    """One move for each shipment that its node can go on with."""
    return [
        NodeMove(shipment["shipment_id"], action)
        for shipment in order["shipments"]
        if (action := _next_action(shipment))
    ]


def _next_action(shipment: Json) -> str:
    allowed = {_name(each) for each in shipment.get("allowed_actions", ())}
    return next((action for action in _NODE_ACTIONS if action in allowed), "")


def _name(action: Any) -> str:
    """Actions are listed as `{"name": ...}` or as plain words."""
    return str(action["name"] if isinstance(action, dict) else action)


def scans_due(order: Json, now: datetime) -> list[Json]:
    """The carrier's events that `order`'s parcels would have by `now` and do not have yet."""
    return [
        event
        for shipment in order["shipments"]
        for parcel in shipment["parcels"]
        for event in _scans(parcel, order, now)
    ]


def _scans(parcel: Json, order: Json, now: datetime) -> Iterator[Json]:
    if parcel.get("carrier") != "offline" or not parcel.get("shipped_at"):
        return
    seen = {scan["status"] for scan in parcel["scans"]}
    shipped_at = datetime.fromisoformat(parcel["shipped_at"])
    for status, place, after in ROUTE:
        if status not in seen and (now - shipped_at).total_seconds() >= after:
            yield {
                "id": f"{parcel['tracking_number']}-{status}",
                "tracking_number": parcel["tracking_number"],
                "status": status,
                "at": now.isoformat(timespec="milliseconds"),
                "place": _place(place, order),
                "detail": "local stand-in",
            }


def _place(place: str, order: Json) -> str:
    """A city at most, as customers see it."""
    address = order.get("shipping_address") or {}
    return str(address.get("city") or place) if place == "destination" else place
