"""Our own BigCommerce order, with the traps of the platform's arithmetic in it: amounts of four
decimals, discounts on lines and on the order, a fee outside the total, credit that paid a part."""

from __future__ import annotations

import copy
import json
from typing import Any

from oms.channels.model import ChannelAccount
from oms.channels.standard_webhooks import signed_headers, text_key
from tests.contracts.channels.case import NOW, SECRET, ChannelCase

_PLACE = {
    "first_name": "Otis",
    "last_name": "Marlow",
    "company": "",
    "street_1": "18 Juniper Road",
    "street_2": "Flat 2",
    "city": "Portland",
    "state": "Oregon",
    "zip": "97205",
    "country": "United States",
    "country_iso2": "US",
    "email": "otis@example.com",
    "phone": "503-555-0142",
}
_ORDER = {
    "id": 118,
    "customer_id": 7,
    "date_created": "Sat, 21 Nov 2026 19:27:40 +0000",
    "date_modified": "Sat, 21 Nov 2026 19:27:45 +0000",
    "date_shipped": "",
    "status_id": 11,
    "status": "Awaiting Fulfillment",
    "custom_status": "To be packed",
    "subtotal_ex_tax": "51.2623",
    "subtotal_inc_tax": "55.9800",
    "subtotal_tax": "4.7177",
    "shipping_cost_ex_tax": "10.9890",
    "shipping_cost_inc_tax": "12.0000",
    "shipping_cost_tax": "1.0110",
    "handling_cost_inc_tax": "0.0000",
    "handling_cost_tax": "0.0000",
    "wrapping_cost_inc_tax": "0.0000",
    "wrapping_cost_tax": "0.0000",
    "total_ex_tax": "56.2513",
    "total_inc_tax": "61.9800",
    "total_tax": "5.7287",
    "items_total": 5,
    "items_shipped": 0,
    "payment_method": "Card",
    "payment_status": "",
    "refunded_amount": "0.0000",
    "store_credit_amount": "10.0000",
    "gift_certificate_amount": "5.0000",
    "currency_code": "EUR",
    "currency_exchange_rate": "0.9100000000",
    "default_currency_code": "USD",
    "discount_amount": "1.0000",
    "coupon_discount": "5.0000",
    "is_deleted": False,
    "billing_address": _PLACE,
    "fees": [
        {
            "id": 1,
            "display_name": "Season fee",
            "cost_inc_tax": "12.30",
            "cost_ex_tax": "11.20",
        }
    ],
}
_PRODUCTS = [
    {
        "id": 31,
        "product_id": 90,
        "variant_id": 901,
        "order_address_id": 12,
        "name": "Mug, blue",
        "sku": "MUG-BLUE",
        "type": "physical",
        "quantity": 2,
        "quantity_shipped": 0,
        "quantity_refunded": 0,
        "total_ex_tax": "23.7898",
        "total_inc_tax": "25.9800",
        "total_tax": "2.1902",
        "applied_discounts": [
            {"id": "coupon", "amount": "2.32", "code": "FIVE", "target": "order"}
        ],
    },
    {
        "id": 32,
        "product_id": 91,
        "variant_id": 911,
        "order_address_id": 12,
        "name": "Cup, red",
        "sku": "CUP-RED",
        "type": "physical",
        "quantity": 3,
        "quantity_shipped": 0,
        "quantity_refunded": 0,
        "total_ex_tax": "27.4725",
        "total_inc_tax": "30.0000",
        "total_tax": "2.5275",
        "applied_discounts": [
            {"id": "coupon", "amount": "2.68", "code": "FIVE", "target": "order"}
        ],
    },
]
_ADDRESSES = [{"id": 12, "order_id": 118, "shipping_method": "Parcel post", **_PLACE}]


def document() -> dict[str, Any]:
    whole = {"order": _ORDER, "products": _PRODUCTS, "shipping_addresses": _ADDRESSES}
    return copy.deepcopy(whole)


def message(scope: str = "store/order/created", **changes: Any) -> bytes:
    body = {
        "scope": scope,
        "store_id": "1001",
        "data": {"type": "order", "id": 118},
        "hash": "3f9ea420af83450d7ef9f78b08c8af25b2213637",
        "created_at": 1795289265,
        "producer": "stores/demo",
    }
    return json.dumps({**body, **changes}).encode()


def sign(body: bytes, secret: str) -> dict[str, str]:
    return signed_headers("msg_118", NOW, body, [text_key(secret)])


CASE = ChannelCase(
    account=ChannelAccount("bigcommerce", "demo", (SECRET,), "demo"),
    document=document,
    message=message,
    sign=sign,
    signature="webhook-signature",
    where={
        "external_id": ("order", "id"),
        "currency": ("order", "default_currency_code"),
        "lines": ("products",),
        "quantity": ("products", 0, "quantity"),
        "sku": ("products", 0, "sku"),
        "line_id": ("products", 0, "id"),
        "price": ("products", 0, "total_inc_tax"),
        "city": ("shipping_addresses", 0, "city"),
    },
    settings={"access_token": "local-shop-token", "location_id": 1},
    totals=(("order", "total_inc_tax"),),
    foreign=(
        ({}, message("store/sku/inventory/updated")),
        ({}, message("store/product/inventory/updated")),
        ({}, message("store/order/message/created")),
        ({}, b'{"id": 1}'),
    ),
    one_at_a_time=frozenset({"tell_refunded"}),
    page=250,
)
