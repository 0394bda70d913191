"""Our own Magento order: prices with tax, a discount with tax in it, and rows of which half are
parts of others (a variant, a bundle's parts) or are not sent at all."""

from __future__ import annotations

import json
from typing import Any

from oms.channels.model import ChannelAccount
from oms.platform import gate
from tests.contracts.channels.case import SECRET, ChannelCase

_PLACE = {
    "firstname": "Edda",
    "lastname": "Lind",
    "company": None,
    "street": ["Kastanienallee 7", "Hinterhaus"],
    "city": "Berlin",
    "postcode": "10435",
    "region": "Berlin",
    "region_code": "BER",
    "country_id": "DE",
    "telephone": "+49301234567",
    "email": "edda.lind@example.com",
}


def row(number: int, sku: str, quantity: int, net: Any, tax: Any, **more: Any) -> dict[str, Any]:
    return {
        "item_id": number,
        "product_id": number + 500,
        "product_type": "simple",
        "sku": sku,
        "name": sku.replace("-", " ").capitalize(),
        "qty_ordered": quantity,
        "qty_canceled": 0,
        "qty_invoiced": quantity,
        "qty_refunded": 0,
        "qty_shipped": 0,
        "is_virtual": 0,
        "price": 0 if not net else net / quantity,
        "row_total": net,
        "tax_amount": tax,
        "discount_amount": 0,
        "discount_tax_compensation_amount": 0,
        "amount_refunded": 0,
        **more,
    }


def rows() -> list[dict[str, Any]]:
    discount = {"discount_amount": 2.4, "discount_tax_compensation_amount": 0.4}
    return [
        row(11, "MUG-BLUE", 2, 20, 3.6, **discount),
        row(12, "CUP-RED", 1, 25, 5, product_type="configurable"),
        row(13, "CUP-RED", 1, 0, 0, parent_item_id=12),
        row(14, "SET-PLATE-GREEN-BOWL-GREEN", 1, 15, 3, product_type="bundle"),
        row(15, "PLATE-GREEN", 2, 10, 2, parent_item_id=14),
        row(16, "BOWL-GREEN", 1, 5, 1, parent_item_id=14),
        row(17, "GIFT-NOTE", 1, 5, 1, product_type="virtual", is_virtual=1),
    ]


def document() -> Any:
    shipping = {"address": {**_PLACE, "address_type": "shipping"}, "method": "flatrate_flatrate"}
    whole = {
        "entity_id": 42,
        "increment_id": "000000042",
        "state": "processing",
        "status": "in_the_workshop",
        "store_name": "Main Website\nMain Store\n",
        "created_at": "2026-11-21 19:27:40",
        "updated_at": "2026-11-21 19:27:45",
        "order_currency_code": "EUR",
        "base_currency_code": "EUR",
        "customer_email": "edda.lind@example.com",
        "customer_firstname": "Edda",
        "customer_lastname": "Lind",
        "subtotal": 65,
        "discount_amount": -2.4,
        "discount_tax_compensation_amount": 0.4,
        "tax_amount": 13.6,
        "shipping_amount": 5,
        "shipping_tax_amount": 1,
        "shipping_discount_amount": 0,
        "grand_total": 81.6,
        "total_paid": 81.6,
        "total_refunded": 0,
        "total_due": 0,
        "total_item_count": 4,
        "items": rows(),
        "billing_address": {**_PLACE, "address_type": "billing"},
        "payment": {"method": "checkmo"},
        "extension_attributes": {"shipping_assignments": [{"shipping": shipping}]},
    }
    return gate.parse(json.dumps(whole).encode())  # with decimals, as it comes


def message(happened: str = "sales_order_save_commit_after", **value: Any) -> bytes:
    body = {
        "event_id": "event-1",
        "type": f"com.adobe.commerce.observer.{happened}",
        "recipient_client_id": "local-client",
        "data": {"value": value or {"entity_id": 42, "state": "processing"}},
    }
    return json.dumps(body).encode()


CASE = ChannelCase(
    account=ChannelAccount("magento", "demo", (SECRET,), "https://demo.example/"),
    document=document,
    message=message,
    sign=None,  # by keys of Adobe's, not by a secret: see the channel's own tests
    signature="x-adobe-digital-signature-1",
    where={
        "external_id": ("entity_id",),
        "currency": ("order_currency_code",),
        "lines": ("items",),
        "quantity": ("items", 0, "qty_ordered"),
        "sku": ("items", 0, "sku"),
        "line_id": ("items", 0, "item_id"),
        "price": ("items", 0, "row_total"),
        "city": ("extension_attributes", "shipping_assignments", 0, "shipping", "address", "city"),
    },
    settings={"access_token": "local-shop-token", "client_id": "local-client"},
    totals=(("grand_total",),),
    one=1,
    foreign=(
        ({}, message("cataloginventory_stock_item_save_commit_after", entity_id=42)),
        ({}, message("catalog_product_save_commit_after", entity_id=42)),
        ({}, message("sales_order_address_save_commit_after", entity_id=42)),
        ({}, b'{"id": 1}'),
    ),
    recorded="magento/order_*.json",
    one_at_a_time=frozenset({"tell_refunded"}),
    unchecked=frozenset({"stock_of"}),  # a bare number is its answer
    page=50,
)
