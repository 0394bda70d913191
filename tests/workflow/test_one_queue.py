"""One queue: the same basket through every way in is one list in one schema.

A further channel is one row of `WAYS_IN`: its name, and how the basket is sent through it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.contracts.openapi_reading import strict_validator
from tests.unit.channels.samples import encode, sample
from tests.workflow.invariants import check
from tests.workflow.world import World, api_order, world

SKU, UNITS, PRICE = "MUG-BLUE", 2, 1299
BUYER = "CAFE-HARBOR"
# What the way in is known by: nothing else of a row may differ.
_OF_THE_CHANNEL = ("order_id", "channel", "account", "external_id", "number", "captured_at")
# What follows from it: who took the money, and whether the customer has the goods already.
_OF_ITS_STATE = ("status", "stage", "payment_status", "fulfilment_status", "nodes", "due_at")

Sent = tuple[int, Any]


def own(channel: str, **changes: Any) -> Callable[[World], Sent]:
    body = api_order(external_id=f"{channel}-1", channel=channel, **changes)
    return lambda oms: oms.call("POST /orders", body=body)


def by_phone(oms: World) -> Sent:
    body = {name: value for name, value in api_order().items() if name != "external_id"}
    _, draft = oms.call("POST /drafts", body=body)
    return oms.call("POST /drafts/{draft_id}/confirm", {"draft_id": draft["draft_id"]})


def by_purchase_order(oms: World) -> Sent:
    prices = {
        "name": "Harbor Cafe",
        "terms": "NET30",
        "currency": "USD",
        "price_list": {SKU: PRICE},
    }
    assert oms.call("PUT /buyers/{buyer_id}", {"buyer_id": BUYER}, prices)[0] == 200
    body = api_order(channel="b2b", buyer_id=BUYER, po_number="PO-4711")
    del body["external_id"]
    body["lines"] = [{"sku": SKU, "quantity": UNITS}]
    return oms.call("POST /orders", body=body)


def by_shopify(oms: World) -> Sent:
    order = sample("shopify")
    line = {**order["line_items"][0], "sku": SKU, "quantity": UNITS, "price": "12.99"}
    line |= {"total_discount": "0.00", "discount_allocations": [], "tax_lines": []}
    line.pop("current_quantity", None)
    line.pop("fulfillable_quantity", None)
    line.pop("price_set", None)
    total = "25.98"
    order |= {
        "line_items": [line],
        "shipping_lines": [],
        "tax_lines": [],
        "discount_codes": [],
        "discount_applications": [],
        "total_discounts": "0.00",
        "total_tax": "0.00",
        "subtotal_price": total,
        "total_line_items_price": total,
        "total_price": total,
        "current_total_price": total,
        "current_subtotal_price": total,
        "current_total_tax": "0.00",
        "current_total_discounts": "0.00",
    }
    return oms.shopify(encode(_ada(order, "shipping_address")))


def by_woocommerce(oms: World) -> Sent:
    order = sample("woocommerce")
    line = {**order["line_items"][0], "sku": SKU, "quantity": UNITS, "price": 12.99}
    line |= {"subtotal": "25.98", "total": "25.98", "subtotal_tax": "0.00", "total_tax": "0.00"}
    line["taxes"] = []
    order |= {
        "line_items": [line],
        "shipping_lines": [],
        "fee_lines": [],
        "coupon_lines": [],
        "tax_lines": [],
        "discount_total": "0.00",
        "shipping_total": "0.00",
        "shipping_tax": "0.00",
        "total_tax": "0.00",
        "cart_tax": "0.00",
        "total": "25.98",
    }
    return oms.woocommerce(encode(_ada(order, "shipping")))


def _ada(order: dict[str, Any], address: str) -> dict[str, Any]:
    """As if Ada Park had bought it there, in dollars."""
    name = {"first_name": "Ada", "last_name": "Park"}
    order = json.loads(json.dumps(order, default=str).replace('"EUR"', '"USD"'))
    for part in (address, "billing_address", "billing", "customer"):
        if isinstance(order.get(part), dict):
            order[part] |= name | ({"name": "Ada Park"} if "name" in order[part] else {})
    return order


WAYS_IN: dict[str, Callable[[World], Sent]] = {
    "api": own("api"),
    "web": own("web"),
    "phone": by_phone,
    "b2b": by_purchase_order,
    "pos": own("pos"),
    "shopify": by_shopify,
    "woocommerce": by_woocommerce,
}


@pytest.fixture(scope="module")
def oms() -> Iterator[World]:
    with world() as made:
        made.stock_up(SKU, 1_000)
        yield made


@pytest.fixture(scope="module")
def rows(oms: World) -> dict[str, Any]:
    """The list's row of each way in, after intake."""
    for channel, send in WAYS_IN.items():
        status, reply = send(oms)
        assert status in (201, 202), (channel, reply)
    oms.run()
    _, page = oms.call("GET /orders", query={"limit": "100"})
    return {each["channel"]: each for each in page["items"]}


def test_one_list_call_has_an_order_of_every_channel(rows: dict[str, Any], oms: World) -> None:
    assert rows.keys() == WAYS_IN.keys()
    check(oms)


@pytest.mark.parametrize("channel", WAYS_IN)
def test_its_row_and_its_page_are_of_the_one_schema(
    rows: dict[str, Any], oms: World, channel: str
) -> None:
    row = rows[channel]
    strict_validator({"$ref": "#/components/schemas/OrderCard"}).validate(row)
    page = oms.order(row["order_id"])
    strict_validator({"$ref": "#/components/schemas/Order"}).validate(page)
    assert rows[channel].keys() == rows["api"].keys()


@pytest.mark.parametrize("channel", WAYS_IN)
def test_the_basket_differs_in_channel_and_external_ids_only(
    rows: dict[str, Any], oms: World, channel: str
) -> None:
    row = {n: v for n, v in rows[channel].items() if n not in (*_OF_THE_CHANNEL, *_OF_ITS_STATE)}
    like = {n: v for n, v in rows["api"].items() if n not in (*_OF_THE_CHANNEL, *_OF_ITS_STATE)}
    assert row == like
    assert rows[channel]["stage"] == "CONFIRMED"
    (line,) = oms.order(rows[channel]["order_id"])["lines"]
    assert (line["sku"], line["quantity"]) == (SKU, UNITS)
    assert line["unit_price"] == {"amount_minor": PRICE, "currency": "USD"}


@pytest.mark.parametrize("channel", WAYS_IN)
def test_the_list_finds_the_orders_of_one_channel(
    rows: dict[str, Any], oms: World, channel: str
) -> None:
    _, page = oms.call("GET /orders", query={"channel": channel})
    assert [each["order_id"] for each in page["items"]] == [rows[channel]["order_id"]]
