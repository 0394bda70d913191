"""Walmart Marketplace: the order as its API answers it, and the thin message about it."""

from __future__ import annotations

import copy
import json
from decimal import Decimal
from typing import Any

from local.standins.shops.walmart import CLIENT_ID, CLIENT_SECRET, signed
from oms.channels.model import ChannelAccount
from tests.contracts.channels.case import SECRET, ChannelCase

NUMBER = "1796277083022"
PLACED, CHANGED = 1795289260000, 1795289262000  # 2026-11-21 19:27:40 and 19:27:42 UTC


def _money(amount: str) -> dict[str, Any]:
    return {"currency": "USD", "amount": Decimal(amount)}


def _charge(kind: str, name: str, amount: str, tax: str = "") -> dict[str, Any]:
    taxed = {"taxName": f"{name} Tax", "taxAmount": _money(tax)} if tax else None
    return {"chargeType": kind, "chargeName": name, "chargeAmount": _money(amount), "tax": taxed}


def _line(number: str, sku: str, name: str, units: str, *charges: dict[str, Any]) -> dict[str, Any]:
    quantity = {"unitOfMeasurement": "EACH", "amount": units}
    created = {"status": "Created", "statusQuantity": dict(quantity), "trackingInfo": None}
    return {
        "lineNumber": number,
        "item": {"productName": name, "sku": sku},
        "charges": {"charge": list(charges)},
        "orderLineQuantity": quantity,
        "statusDate": CHANGED,
        "orderLineStatuses": {"orderLineStatus": [created]},
        "refund": None,
    }


_ORDER: dict[str, Any] = {
    "purchaseOrderId": NUMBER,
    "customerOrderId": "5281956426648",
    "customerEmailId": "0A1B2C3D4E5F@relay.example.com",
    "orderType": "REGULAR",
    "orderDate": PLACED,
    "shippingInfo": {
        "phone": "2025550143",
        "estimatedDeliveryDate": 1795737600000,
        "estimatedShipDate": 1795478400000,
        "methodCode": "Standard",
        "postalAddress": {
            "name": "Edda Lind",
            "address1": "14 Chestnut Street",
            "address2": "Apt 3",
            "city": "Bentonville",
            "state": "AR",
            "postalCode": "72712",
            "country": "USA",
            "addressType": "RESIDENTIAL",
        },
    },
    "orderSummary": {
        "totalAmount": {"currencyAmount": Decimal("63.95"), "currencyUnit": "USD"},
    },
    "orderLines": {
        "orderLine": [
            _line(
                "1",
                "MUG-BLUE",
                "Mug, blue",
                "3",
                _charge("PRODUCT", "ItemPrice", "38.70", "2.79"),
                _charge("DISCOUNT", "Discount", "-3.80"),
            ),
            _line(
                "4",
                "CUP-RED",
                "Cup, red",
                "1",
                _charge("PRODUCT", "ItemPrice", "19.10", "1.53"),
                _charge("SHIPPING", "Shipping", "4.90", "0.39"),
                _charge("FEE", "Recycling fee", "0.34"),
            ),
        ]
    },
    "shipNode": {"type": "SellerFulfilled", "name": "Main"},
}


def document() -> dict[str, Any]:
    return {"order": copy.deepcopy(_ORDER)}


def message(event: str = "PO_CREATED") -> bytes:
    source = {
        "eventType": event,
        "eventTime": "2026-11-21T19:27:43.000Z",
        "eventId": "0c7d3a52-0000-4000-8000-000000000001",
    }
    payload = {
        "partnerId": "10000000001",
        "purchaseOrderId": NUMBER,
        "customerOrderId": "5281956426648",
        "orderDate": "2026-11-21T19:27:40.000Z",
    }
    return json.dumps({"source": source, "payload": payload}).encode()


SETTINGS = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
_LINE = ("order", "orderLines", "orderLine", 0)
_PRICE = (*_LINE, "charges", "charge", 0, "chargeAmount")

CASE = ChannelCase(
    account=ChannelAccount("walmart", "demo", (SECRET,), "", {"webhook_auth": "hmac"}),
    document=document,
    message=message,
    sign=signed,
    signature="authorization",
    where={
        "external_id": ("order", "purchaseOrderId"),
        "currency": (*_PRICE, "currency"),
        "lines": ("order", "orderLines", "orderLine"),
        "quantity": (*_LINE, "orderLineQuantity", "amount"),
        "sku": (*_LINE, "item", "sku"),
        "line_id": (*_LINE, "lineNumber"),
        "price": (*_PRICE, "amount"),
        "city": ("order", "shippingInfo", "postalAddress", "city"),
    },
    settings=SETTINGS,
    totals=(("order", "orderSummary", "totalAmount", "currencyAmount"),),
    fits={"quantity": ("1",)},
    foreign=(({}, message("INVENTORY_OOS")), ({}, message("OFFER_UNPUBLISHED")), ({}, b"{}")),
    one_at_a_time=frozenset({"tell_refunded"}),
    page=200,
)
