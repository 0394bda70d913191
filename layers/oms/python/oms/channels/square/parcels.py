"""What Square is told of parcels: changes of an order's fulfilments.

A fulfilment has one tracking number, so each parcel also stands in its metadata, under a name
made from our key: that is how a parcel is found again when another followed it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from oms.channels.push import PushOutcome, PushRefused, ShipmentFacts
from oms.channels.reading import Reading
from oms.channels.square.fulfilments import is_done, is_off, shipments
from oms.channels.square.lines import identifier
from oms.kernel.ids import digest

Change = dict[str, Any] | PushOutcome


def shipped(order: Reading, shipment: ShipmentFacts) -> Change:
    """The fields of the order that change, or why none does. Raises PushRefused."""
    if order.text("state", 40) == "CANCELED":
        raise PushRefused("the order is cancelled at Square", "over-in-shop")
    standing = shipments(order)
    if not standing:
        return PushOutcome.UNSUPPORTED  # sold over the counter, or fetched by the customer
    is_told = any(_is_known(each, shipment) for each in standing)
    to_end = [each for each in standing if shipment.is_last and not is_done(each)]
    if is_told and not to_end:
        return PushOutcome.ALREADY
    changes = {identifier(each, "uid"): _ended(each) for each in to_end}
    if not is_told:
        holder = _holder(standing, shipment)
        uid = identifier(holder, "uid")
        changes[uid] = {**changes.get(uid, {"uid": uid}), **_parcel(holder, shipment)}
    return {"fulfillments": list(changes.values())}


def cancelled(order: Reading) -> Change:
    """As `shipped`. A completed order stays what it is: only its money can go back."""
    state = order.text("state", 40)
    if state in ("CANCELED", "COMPLETED"):
        return PushOutcome.ALREADY
    open_ones = [e for e in order.each("fulfillments") if not is_off(e) and not is_done(e)]
    ended = [{"uid": identifier(each, "uid"), "state": "CANCELED"} for each in open_ones]
    return {"state": "CANCELED", "fulfillments": ended}


def _holder(standing: Sequence[Reading], shipment: ShipmentFacts) -> Reading:
    """The fulfilment of these lines: one that names them, or else the first that is open."""
    lines = {line.external_id for line in shipment.lines}
    named = [each for each in standing if lines & _entries(each)]
    still_open = [each for each in standing if not is_done(each)]
    return (named or still_open or list(standing))[0]


def _entries(fulfilment: Reading) -> set[str]:
    return {entry.text("line_item_uid", 192) for entry in fulfilment.each("entries")}


def _ended(fulfilment: Reading) -> dict[str, Any]:
    return {"uid": identifier(fulfilment, "uid"), "state": "COMPLETED"}


def _parcel(fulfilment: Reading, shipment: ShipmentFacts) -> dict[str, Any]:
    details = {
        "carrier": shipment.carrier[:50],
        "tracking_number": shipment.tracking_number[:100],
        **({"tracking_url": shipment.tracking_url[:2000]} if shipment.tracking_url else {}),
    }
    known = fulfilment.at("metadata").value or {}
    metadata = {**known, _name(shipment): shipment.tracking_number[:255] or "-"}
    return {"shipment_details": details, "metadata": metadata}


def _is_known(fulfilment: Reading, shipment: ShipmentFacts) -> bool:
    """From us, or because somebody typed its number in."""
    number = fulfilment.at("shipment_details").text("tracking_number")
    is_typed_in = bool(number) and number == shipment.tracking_number
    return is_typed_in or fulfilment.at("metadata").has(_name(shipment))


def _name(shipment: ShipmentFacts) -> str:
    return f"oms_{digest(shipment.key)[:16]}"
