"""What Walmart is told of parcels and of cancelled units, per line and quantity."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from oms.channels.push import ShipmentFacts, ToldLine
from oms.channels.reading import Reading
from oms.channels.walmart.lines import order_lines, progress, statuses

# Walmart's own spelling; it refuses any other, except as `otherCarrier`.
_CARRIERS = {
    name.casefold(): name
    for name in (
        "UPS USPS FedEx Airborne OnTrac DHL LaserShip UDS LSO Purolator Estafette FastUS "
        "Hercules".split()
    )
}
_DEFAULT_METHOD = "Standard"
_BY_SELLER, _BY_CUSTOMER = "CANCEL_BY_SELLER", "CUSTOMER_REQUESTED_SELLER_TO_CANCEL"


def units_by_line(lines: Iterable[ToldLine]) -> Mapping[str, int]:
    """One of Walmart's lines may be several of ours. Lines that it does not know are left out."""
    units = Counter[str]()
    for line in lines:
        if line.external_id:
            units[line.external_id] += line.quantity
    return units


def found(order: Reading) -> Mapping[str, Reading]:
    """The order's lines by their numbers."""
    return {line.identifier("lineNumber"): line for line in order_lines(order)}


def is_known(order: Reading, number: str, tracking_number: str) -> bool:
    """Whether line `number` was told to be in that parcel."""
    line = found(order).get(number)
    return line is not None and any(
        status.at("trackingInfo").text("trackingNumber") == tracking_number
        for status in statuses(line)
        if status.at("trackingInfo")
    )


def shipped(
    order: Reading, units: Mapping[str, int], shipment: ShipmentFacts, now: datetime
) -> dict[str, Any]:
    """The body of `POST /v3/orders/{id}/shipping`."""
    at = shipment.shipped_at or now
    tracking = {
        "shipDateTime": int(at.timestamp()) * 1000,
        "carrierName": _carrier(shipment.carrier),
        "methodCode": order.at("shippingInfo").text("methodCode", 40) or _DEFAULT_METHOD,
        "trackingNumber": shipment.tracking_number,
        **({"trackingURL": shipment.tracking_url} if shipment.tracking_url else {}),
    }
    status = {"status": "Shipped", "trackingInfo": tracking}
    return {"orderShipment": _with_lines(units, status)}


def _carrier(name: str) -> dict[str, str]:
    known = _CARRIERS.get(name.casefold())
    return {"carrier": known} if known else {"otherCarrier": name}


def cancelled(units: Mapping[str, int], reason: str) -> dict[str, Any]:
    """The body of `POST /v3/orders/{id}/cancel`. Walmart counts who wanted it."""
    whose = _BY_CUSTOMER if "customer" in reason.casefold() else _BY_SELLER
    status = {"status": "Cancelled", "cancellationReason": whose}
    return {"orderCancellation": _with_lines(units, status)}


def to_cancel(order: Reading, units: Mapping[str, int]) -> Mapping[str, int]:
    """What is still to be cancelled, so that `units` are in all; none named means every one."""
    left = {}
    for number, line in found(order).items():
        step = progress(line)
        wanted = units.get(number, 0) if units else step.ordered
        if more := min(step.open, wanted - step.cancelled):
            left[number] = more
    return {number: more for number, more in left.items() if more > 0}


def is_too_late(order: Reading, units: Mapping[str, int]) -> bool:
    """Whether any of these units is neither cancelled nor open: it was sent, or never there."""
    lines = found(order)
    return any(
        number not in lines or _out_of_reach(lines[number], wanted)
        for number, wanted in units.items()
    )


def _out_of_reach(line: Reading, wanted: int) -> bool:
    step = progress(line)
    return step.cancelled + step.open < wanted


def _with_lines(units: Mapping[str, int], status: Mapping[str, Any]) -> dict[str, Any]:
    lines = [
        {
            "lineNumber": number,
            "orderLineStatuses": {
                "orderLineStatus": [{**status, "statusQuantity": _quantity(count)}]
            },
        }
        for number, count in units.items()
    ]
    return {"orderLines": {"orderLine": lines}}


def _quantity(units: int) -> dict[str, str]:
    return {"unitOfMeasurement": "EACH", "amount": str(units)}
