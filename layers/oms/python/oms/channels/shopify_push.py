"""A shipment into Shopify, by its GraphQL Admin API (`fulfillmentCreate`).

One call covers units that Shopify keeps at one location; it refuses a mixture.

There is no key to send along, so it looks first: a fulfilment of the order that carries our
tracking number is this very shipment. Two tellers at once cannot both succeed, as Shopify
fulfils no unit twice; the loser looks again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from oms.channels.model import ChannelAccount, Unmappable
from oms.channels.push import PushOutcome, PushRefused, ShipmentFacts
from oms.channels.reading import Reading
from oms.channels.shop_client import ShopClient
from oms.kernel.errors import Unavailable

API_VERSION = "2026-07"
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


def connect(account: ChannelAccount) -> ShopifyPush | None:
    """None without an `access_token` among the account's settings."""
    token = account.settings.get("access_token")
    if not token:
        return None
    base_url = account.settings.get("base_url") or f"https://{account.domain}"
    version = account.settings.get("api_version") or API_VERSION
    client = ShopClient(base_url.rstrip("/"), {"X-Shopify-Access-Token": token})
    return ShopifyPush(client, f"/admin/api/{version}/graphql.json")


@dataclass(frozen=True, slots=True)
class ShopifyPush:
    client: ShopClient
    path: str

    def tell(self, shipment: ShipmentFacts) -> PushOutcome:
        """Raises PushRefused, Unavailable."""
        if not any(line.external_id for line in shipment.lines):
            return PushOutcome.UNSUPPORTED
        try:
            return self._tell(shipment)
        except Unmappable as unreadable:
            raise Unavailable(f"an answer of another shape {unreadable.pointer}") from None

    def _tell(self, shipment: ShipmentFacts) -> PushOutcome:
        order = self._look(shipment)
        if _is_known(order, shipment.tracking_number):
            return PushOutcome.ALREADY
        try:
            self._create(order, shipment)
        except PushRefused:
            # Another teller of the same shipment may have been faster than our look.
            if _is_known(self._look(shipment), shipment.tracking_number):
                return PushOutcome.ALREADY
            raise
        return PushOutcome.TOLD

    def _create(self, order: Reading, shipment: ShipmentFacts) -> None:
        wanted = _wanted(shipment, self._picked(order, shipment))
        answer = self._ask(_CREATE, fulfillment=wanted).at("fulfillmentCreate")
        if errors := answer.each("userErrors"):
            raise PushRefused(f"Shopify: {errors[0].text('message')}")

    def _look(self, shipment: ShipmentFacts) -> Reading:
        order = self._ask(_LOOK, id=_gid("Order", shipment.external_id)).at("order")
        if not order:
            raise PushRefused("Shopify does not know the order", "not-in-shop")
        return order

    def _picked(self, order: Reading, shipment: ShipmentFacts) -> dict[str, list[dict[str, Any]]]:
        """Per fulfilment order, which of its lines and how many. Raises PushRefused if short."""
        left: dict[str, int] = {}
        for shipped in filter(lambda each: each.external_id, shipment.lines):
            name = _gid("LineItem", shipped.external_id)
            left[name] = left.get(name, 0) + shipped.quantity
        picked: dict[str, list[dict[str, Any]]] = {}
        for fulfilment_order in _open_orders(order):
            for line in self._lines(fulfilment_order):
                name = line.at("lineItem").text("id")
                units = min(left.get(name, 0), line.units("remainingQuantity", least=0))
                if units:
                    left[name] -= units
                    item = {"id": line.text("id"), "quantity": units}
                    picked.setdefault(fulfilment_order, []).append(item)
        if any(left.values()):
            raise PushRefused("Shopify has fewer units to fulfil", "not-fulfillable")
        return picked

    def _lines(self, fulfilment_order: str) -> Iterator[Reading]:
        after: str | None = None
        while True:
            answer = self._ask(_LINES, id=fulfilment_order, first=_PAGE, after=after)
            page = answer.at("fulfillmentOrder", "lineItems")
            yield from page.each("nodes")
            after = page.at("pageInfo").text("endCursor", 1000)
            if not page.at("pageInfo").flag("hasNextPage") or not after:
                return

    def _ask(self, query: str, **variables: Any) -> Reading:
        """The answer's `data`. GraphQL tells of throttling and faults with 200 and `errors`."""
        body = {"query": query, "variables": variables}
        answer = Reading(self.client.call("POST", self.path, body))
        errors = answer.each("errors")
        if any(error.at("extensions").text("code") == "ACCESS_DENIED" for error in errors):
            raise PushRefused("Shopify denies access", "shop-credentials")
        if errors:
            raise Unavailable(f"Shopify: {errors[0].text('message')}")
        return answer.at("data").required()


def _gid(kind: str, number: str) -> str:
    return f"gid://shopify/{kind}/{number}"


def _is_known(order: Reading, tracking_number: str) -> bool:
    return any(
        info.text("number") == tracking_number
        for fulfilment in order.each("fulfillments")
        if fulfilment.text("status") not in _VOID
        for info in fulfilment.each("trackingInfo")
    )


def _open_orders(order: Reading) -> Iterator[str]:
    for each in order.at("fulfillmentOrders").each("nodes"):
        if each.text("status") in _FULFILLABLE:
            yield each.text("id")


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
