"""eBay: thin notifications under eBay's own key; the order is what `getOrder` answers."""

from __future__ import annotations

import copy
import json
from typing import Any

from local.standins.shops.ebay import SELLER, TOKEN, key_id, public_key
from oms.channels.model import ChannelAccount
from tests.contracts.channels.case import SECRET, ChannelCase


def _usd(value: str) -> dict[str, str]:
    return {"value": value, "currency": "USD"}


def _line(number: int, sku: str, title: str, quantity: int, cost: str, tax: str) -> dict[str, Any]:
    return {
        "lineItemId": f"1007001000{number:04}",
        "sku": sku,
        "title": title,
        "quantity": quantity,
        "lineItemCost": _usd(cost),
        "lineItemFulfillmentStatus": "NOT_STARTED",
        "soldFormat": "FIXED_PRICE",
        "taxes": [{"amount": _usd(tax), "taxType": "STATE_SALES_TAX"}],
    }


ORDER: dict[str, Any] = {
    "orderId": "14-04711-11726",
    "legacyOrderId": "14-04711-11726",
    "creationDate": "2026-11-21T19:27:40.000Z",
    "lastModifiedDate": "2026-11-21T19:27:45.000Z",
    "orderFulfillmentStatus": "NOT_STARTED",
    "orderPaymentStatus": "PAID",
    "sellerId": SELLER,
    "buyer": {
        "username": "otis_m",
        "buyerRegistrationAddress": {
            "fullName": "Otis Marlow",
            "email": "4f7alias@members.ebay.example",
        },
    },
    "pricingSummary": {
        "priceSubtotal": _usd("40.73"),
        "priceDiscount": _usd("-2.0"),
        "deliveryCost": _usd("5.0"),
        "tax": _usd("3.12"),
        "total": _usd("46.85"),
    },
    "cancelStatus": {"cancelState": "NONE_REQUESTED", "cancelRequests": []},
    "paymentSummary": {
        # The payout: eBay's fee is off, and it is in the seller's own currency.
        "totalDueSeller": {"value": "31.07", "currency": "GBP"},
        "payments": [{"amount": {"value": "31.07", "currency": "GBP"}, "paymentStatus": "PAID"}],
        "refunds": [],
    },
    "fulfillmentStartInstructions": [
        {
            "fulfillmentInstructionsType": "SHIP_TO",
            "shippingStep": {
                "shipTo": {
                    "fullName": "Otis Marlow",
                    "contactAddress": {
                        "addressLine1": "18 Juniper Road",
                        "city": "Portland",
                        "stateOrProvince": "OR",
                        "postalCode": "97205",
                        "countryCode": "US",
                    },
                    "primaryPhone": {"phoneNumber": "503-555-0142"},
                },
                "shippingCarrierCode": "USPS",
            },
        }
    ],
    "lineItems": [
        {
            **_line(1, "MUG-BLUE", "Mug, blue", 2, "25.98", "1.92"),
            "discountedLineItemCost": _usd("23.98"),
        },
        _line(2, "CUP-RED", "Cup, red", 1, "14.75", "1.2"),
    ],
}


def document() -> dict[str, Any]:
    return copy.deepcopy(ORDER)


def notification(topic: str = "ORDER_CONFIRMATION", **data: Any) -> dict[str, Any]:
    told = {
        "user": {"userId": SELLER, "username": "demo_shop"},
        "order": {
            "orderId": ORDER["orderId"],
            "orderLineItems": [{"orderLineItemId": "10070010000001", "quantity": 2}],
        },
        **data,
    }
    return {
        "metadata": {"topic": topic, "schemaVersion": "1.0", "deprecated": False},
        "notification": {
            "notificationId": "8d1c0001-0000-4000-8000-000000000001_sample",
            "eventDate": "2026-11-21T19:27:45.000Z",
            "publishDate": "2026-11-21T19:27:46.000Z",
            "publishAttemptCount": 1,
            "data": told,
        },
    }


def message(**changes: Any) -> bytes:
    return json.dumps(notification(**changes), separators=(",", ":")).encode()


# The key stands in the settings, so that verifying asks nobody.
ACCOUNT = ChannelAccount(
    "ebay", "demo", (SECRET,), SELLER, settings={"public_keys": {key_id(): public_key()}}
)
SETTINGS = {
    "client_id": "local-client",
    "client_secret": TOKEN,
    "refresh_token": TOKEN,
    "marketplace_id": "EBAY_US",
}
_SHIP_TO = ("fulfillmentStartInstructions", 0, "shippingStep", "shipTo")


def _renumbered(order: Any, number: int) -> Any:
    order["orderId"] = order["legacyOrderId"] = f"14-04711-{number:05}"
    return order


CASE = ChannelCase(
    account=ACCOUNT,
    document=document,
    message=message,
    # eBay signs with a key of its own, and no secret of the account's: see the tests of eBay alone.
    sign=None,
    signature="",
    where={
        "external_id": ("orderId",),
        "currency": ("pricingSummary", "total", "currency"),
        "lines": ("lineItems",),
        "quantity": ("lineItems", 0, "quantity"),
        "sku": ("lineItems", 0, "sku"),
        "line_id": ("lineItems", 0, "lineItemId"),
        "price": ("lineItems", 0, "lineItemCost", "value"),
        "city": (*_SHIP_TO, "contactAddress", "city"),
    },
    settings=SETTINGS,
    totals=(("pricingSummary", "total", "value"),),
    foreign=(({}, message(topic="MARKETPLACE_ACCOUNT_DELETION")), ({}, b"{}")),
    one_at_a_time=frozenset({"tell_refunded"}),
    renumbered=_renumbered,
)
