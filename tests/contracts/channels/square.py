"""Square: an order to be sent as the shop fetches it, and the thin message about it."""

from __future__ import annotations

import copy
import json
from typing import Any

from local.standins.shops.square import LOCATION, TOKEN, notification_url, signed
from oms.channels.model import ChannelAccount
from tests.contracts.channels.case import SECRET, ChannelCase

NUMBER = "Qd7LocalOrder0001mugAndCup"


def dollars(cents: int) -> dict[str, Any]:
    return {"amount": cents, "currency": "USD"}


def line(
    uid: str, variation: str, name: str, units: str, price: int, **more: int
) -> dict[str, Any]:
    """`more` are discount and tax of the whole line."""
    gross, off, tax = price * int(units), more.get("off", 0), more.get("tax", 0)
    return {
        "uid": uid,
        "catalog_object_id": variation,
        "item_type": "ITEM",
        "name": name,
        "quantity": units,
        "base_price_money": dollars(price),
        "gross_sales_money": dollars(gross),
        "total_discount_money": dollars(off),
        "total_tax_money": dollars(tax),
        "applied_taxes": [
            {"uid": f"{uid}-tax", "tax_uid": "sales-tax", "applied_money": dollars(tax)}
        ],
        "total_money": dollars(gross - off + tax),
    }


RECIPIENT = {
    "display_name": "Edda Lind",
    "email_address": "edda.lind@example.com",
    "phone_number": "+12025550143",
    "address": {
        "address_line_1": "14 Chestnut Street",
        "address_line_2": "Apt 3",
        "locality": "Bentonville",
        "administrative_district_level_1": "AR",
        "postal_code": "72712",
        "country": "US",
    },
}

_ORDER: dict[str, Any] = {
    "id": NUMBER,
    "location_id": LOCATION,
    "reference_id": "WEB-2017",
    "state": "OPEN",
    "version": 4,
    "created_at": "2026-11-21T19:27:40.000Z",
    "updated_at": "2026-11-21T19:27:42.000Z",
    "line_items": [
        line("line-mug", "VARMUGBLUE", "Mug, blue", "3", 1290, off=380, tax=279),
        line("line-cup", "VARCUPRED", "Cup, red", "1", 1910, tax=153),
    ],
    "taxes": [{"uid": "sales-tax", "type": "ADDITIVE", "percentage": "8", "scope": "ORDER"}],
    "service_charges": [
        {
            "uid": "shipping",
            "name": "Shipping",
            "applied_money": dollars(490),
            "total_tax_money": dollars(39),
            "total_money": dollars(529),
        }
    ],
    "fulfillments": [
        {
            "uid": "parcel-1",
            "type": "SHIPMENT",
            "state": "PROPOSED",
            "shipment_details": {"recipient": RECIPIENT},
        }
    ],
    "tenders": [
        {"id": "PAY1", "type": "CARD", "payment_id": "PAY1", "amount_money": dollars(6361)}
    ],
    "total_money": dollars(6361),
    "total_tip_money": dollars(0),
    "net_amount_due_money": dollars(0),
}


def document() -> dict[str, Any]:
    return copy.deepcopy(
        {
            "order": _ORDER,
            "skus": {"VARCUPRED": "CUP-RED", "VARMUGBLUE": "MUG-BLUE"},
            "payments": [{"id": "PAY1", "status": "COMPLETED", "total_money": dollars(6361)}],
        }
    )


def renumbered(given: dict[str, Any], number: int) -> dict[str, Any]:
    """As another order, with a payment of its own."""
    payment = f"PAY1-{number}"
    given["order"]["id"] = f"{NUMBER}{number:04}"
    given["order"]["tenders"][0].update(id=payment, payment_id=payment)
    given["payments"][0]["id"] = payment
    return given


def message(event: str = "order.created", holder: str = "order_created", **about: Any) -> bytes:
    told = {
        "created_at": "2026-11-21T19:27:40.000Z",
        "updated_at": "2026-11-21T19:27:42.000Z",
        "location_id": LOCATION,
        "order_id": NUMBER,
        "state": "OPEN",
        "version": 4,
        **about,
    }
    body = {
        "merchant_id": "LOCALMERCHANT",
        "type": event,
        "event_id": "0c7d3a52-0000-4000-8000-000000000002",
        "created_at": "2026-11-21T19:27:43.000Z",
        "data": {"type": holder, "id": NUMBER, "object": {holder: told}},
    }
    return json.dumps(body).encode()


URL = notification_url("demo")
SETTINGS = {"access_token": TOKEN, "location_id": LOCATION}
_LINE = ("order", "line_items", 0)
_SHIPMENT = ("order", "fulfillments", 0, "shipment_details")

CASE = ChannelCase(
    account=ChannelAccount(
        "square", "demo", (SECRET,), "", {"notification_url": URL}, {LOCATION: "STORE-1"}
    ),
    document=document,
    message=message,
    sign=lambda body, secret: signed(body, URL, secret),
    signature="x-square-hmacsha256-signature",
    where={
        "external_id": ("order", "id"),
        "currency": ("order", "total_money", "currency"),
        "lines": ("order", "line_items"),
        "quantity": (*_LINE, "quantity"),
        "sku": ("skus", "VARMUGBLUE"),
        "line_id": (*_LINE, "uid"),
        "price": (*_LINE, "base_price_money", "amount"),
        "city": (*_SHIPMENT, "recipient", "address", "locality"),
    },
    settings=SETTINGS,
    totals=(("order", "total_money", "amount"),),
    one=100,
    fits={"quantity": ("1",)},
    foreign=(
        ({}, message("inventory.count.updated", "inventory_counts")),
        ({}, message("dispute.created", "dispute")),
        ({}, b"{}"),
    ),
    recorded="square/*OrderResponse.json",
    # Square leaves empty lists out: an answer without any field says that there is nothing.
    unchecked=frozenset({"changed", "stock_of", "set_stock"}),
    renumbered=renumbered,
)
