"""How the goods of a Square order reach the customer: over the counter, or sent."""

from __future__ import annotations

from dataclasses import dataclass

from oms.channels.reading import Reading

_DETAILS = {
    "SHIPMENT": "shipment_details",
    "DELIVERY": "delivery_details",
    "PICKUP": "pickup_details",
    "IN_STORE": "in_store_details",
}
_SENT = frozenset({"SHIPMENT", "DELIVERY"})
_OFF = frozenset({"CANCELED", "FAILED"})


@dataclass(frozen=True, slots=True)
class Way:
    """`exists`: the order names a fulfilment at all. `is_off`: each that it names was called off.
    `is_sent`: to an address. `is_done`: those that stand are completed."""

    exists: bool
    is_off: bool
    is_sent: bool
    is_done: bool
    recipient: Reading


def way_of(order: Reading) -> Way:
    """Raises Unmappable."""
    every = order.each("fulfillments")
    standing = [each for each in every if not is_off(each)]
    sent = [each for each in standing if kind(each) in _SENT]
    # What is sent decides where some is sent and some handed over.
    decisive = sent or standing
    return Way(
        exists=bool(every),
        is_off=bool(every) and not standing,
        is_sent=bool(sent),
        is_done=bool(decisive) and all(is_done(each) for each in decisive),
        recipient=_recipient((decisive or list(every))[0]) if every else Reading(None),
    )


def shipments(order: Reading) -> list[Reading]:
    """Those to be sent by parcel that stand."""
    every = order.each("fulfillments")
    return [each for each in every if kind(each) == "SHIPMENT" and not is_off(each)]


def kind(fulfilment: Reading) -> str:
    return fulfilment.text("type", 40)


def is_off(fulfilment: Reading) -> bool:
    return fulfilment.text("state", 40) in _OFF


def is_done(fulfilment: Reading) -> bool:
    return fulfilment.text("state", 40) == "COMPLETED"


def _recipient(fulfilment: Reading) -> Reading:
    return fulfilment.at(_DETAILS.get(kind(fulfilment), "")).at("recipient")
