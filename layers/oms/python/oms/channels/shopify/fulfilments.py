"""A shipment into Shopify (`fulfillmentCreate`).

One call covers units that Shopify keeps at one location; it refuses a mixture.

There is no key to send along, so it looks first: a fulfilment of the order that carries our
tracking number is this very shipment. Two tellers at once cannot both succeed, as Shopify
fulfils no unit twice; the loser looks again.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from oms.channels.push import PushOutcome, PushRefused, ShipmentFacts
from oms.channels.reading import Reading
from oms.channels.shopify.admin import Admin, units_by_line

_PAGE = 100

_LOOK = """query ShipmentsOfOrder($id: ID!) { order(id: $id) {
  fulfillments(first: 100) { id status trackingInfo(first: 10) { number } }
  fulfillmentOrders(first: 50) { nodes { id status } } } }"""
_LINES = """query LinesToFulfil($id: ID!, $first: Int!, $after: String) {
  fulfillmentOrder(id: $id) { lineItems(first: $first, after: $after) {
    nodes { id remainingQuantity lineItem { id } }
    pageInfo { hasNextPage endCursor } } } }"""
_CREATE = """mutation CreateFulfilment($fulfillment: FulfillmentInput!) {
  fulfillmentCreate(fulfillment: $fulfillment) {
    fulfillment { id } userErrors { field message } } }"""

_FULFILLABLE = frozenset({"OPEN", "IN_PROGRESS"})
_VOID = frozenset({"CANCELLED", "ERROR", "FAILURE"})


def tell(admin: Admin, shipment: ShipmentFacts) -> PushOutcome:
    """Raises PushRefused, Unavailable, Unmappable."""
    order = admin.order(_LOOK, shipment.external_id)
    if _is_known(order, shipment.tracking_number):
        return PushOutcome.ALREADY
    try:
        _create(admin, order, shipment)
    except PushRefused:
        # Another teller of the same shipment may have been faster than our look.
        if _is_known(admin.order(_LOOK, shipment.external_id), shipment.tracking_number):
            return PushOutcome.ALREADY
        raise
    return PushOutcome.TOLD


def _create(admin: Admin, order: Reading, shipment: ShipmentFacts) -> None:
    wanted = _wanted(shipment, _picked(admin, order, shipment))
    admin.tell(_CREATE, "fulfillmentCreate", fulfillment=wanted)


def _is_known(order: Reading, tracking_number: str) -> bool:
    return any(
        info.text("number") == tracking_number
        for fulfilment in order.each("fulfillments")
        if fulfilment.text("status") not in _VOID
        for info in fulfilment.each("trackingInfo")
    )


def _picked(
    admin: Admin, order: Reading, shipment: ShipmentFacts
) -> dict[str, list[dict[str, Any]]]:
    """Per fulfilment order, which of its lines and how many. Raises PushRefused if short."""
    left = units_by_line(shipment.lines)
    picked: dict[str, list[dict[str, Any]]] = {}
    for fulfilment_order in _open_orders(order):
        for line in _lines(admin, fulfilment_order):
            name = line.at("lineItem").text("id")
            units = min(left.get(name, 0), line.units("remainingQuantity", least=0))
            if units:
                left[name] -= units
                item = {"id": line.text("id"), "quantity": units}
                picked.setdefault(fulfilment_order, []).append(item)
    if any(left.values()):
        raise PushRefused("Shopify has fewer units to fulfil", "not-fulfillable")
    return picked


def _open_orders(order: Reading) -> Iterator[str]:
    for each in order.at("fulfillmentOrders").each("nodes"):
        if each.text("status") in _FULFILLABLE:
            yield each.text("id")


def _lines(admin: Admin, fulfilment_order: str) -> Iterator[Reading]:
    where = ("fulfillmentOrder", "lineItems")
    return admin.pages(_LINES, *where, id=fulfilment_order, first=_PAGE)


def _wanted(shipment: ShipmentFacts, by_order: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    tracking = {
        "number": shipment.tracking_number,
        "company": shipment.carrier,
        "url": shipment.tracking_url or None,
    }
    return {
        "lineItemsByFulfillmentOrder": [
            {"fulfillmentOrderId": order, "fulfillmentOrderLineItems": items}
            for order, items in by_order.items()
        ],
        "trackingInfo": tracking,
        "notifyCustomer": False,  # we write to the customer ourselves
    }
