"""What can be promised, as the API shows it (`GET /stock/{sku}/availability`)."""

from __future__ import annotations

from typing import Any

from oms.inventory.availability import Availability, Parcel, Promise


def of_availability(found: Availability) -> dict[str, Any]:
    """A day that nobody knows is null."""
    asked = found.question
    return {
        "sku": asked.sku,
        "channel": asked.channel,
        "sellable": found.sellable,
        "beyond_stock": 0 if found.limitless else found.beyond,
        "no_limit": found.limitless,
        "by_node": [
            {"node": each.node, "units": each.units, "kept_back": each.kept, "rule": each.rule}
            for each in found.by_node
        ],
        "waiting": found.waiting,
        "schedule": [{"date": each.date, "units": each.units} for each in found.schedule],
        "promise": _promise(found.promise),
        "components": [{"sku": sku, "sellable": units} for sku, units in found.parts.items()],
        "explanation": list(found.reasons),
    }


def _promise(promise: Promise) -> dict[str, Any]:
    return {
        "quantity": promise.quantity,
        "outcome": promise.ending.value,
        "date": promise.date or None,
        "nodes": [_parcel(each) for each in promise.parcels],
    }


def _parcel(each: Parcel) -> dict[str, Any]:
    return {
        "node": each.node,
        "sku": each.sku,
        "quantity": each.quantity,
        "ships_on": each.ships_on or None,
        "delivers_on": each.delivers_on or None,
    }
