"""Amazon: no webhooks, so nothing is signed; the order is what `fetch` gives."""

from __future__ import annotations

import copy
import json
from typing import Any

from local.standins.shops.amazon import SELLER, STORE, TOKEN
from oms.channels.model import ChannelAccount
from tests.contracts.channels.case import SECRET, ChannelCase


def _usd(amount: str) -> dict[str, str]:
    return {"amount": amount, "currencyCode": "USD"}


ORDER: dict[str, Any] = {
    "orderId": "113-4711000-1172640",
    "orderAliases": [],
    "createdTime": "2026-11-21T19:27:40Z",
    "lastUpdatedTime": "2026-11-21T19:27:45Z",
    "programs": [],
    "salesChannel": {
        "channelName": "AMAZON",
        "marketplaceId": STORE,
        "marketplaceName": "Amazon.com",
    },
    "buyer": {
        "buyerName": "Otis Marlow",
        "buyerEmail": "otis.relay@marketplace.amazon.example",
    },
    "recipient": {
        "deliveryAddress": {
            "name": "Otis Marlow",
            "addressLine1": "18 Juniper Road",
            "city": "Portland",
            "stateOrRegion": "OR",
            "postalCode": "97205",
            "countryCode": "US",
            "phone": "+1 503-555-0142",
            "addressType": "RESIDENTIAL",
        }
    },
    "proceeds": {"grandTotal": _usd("46.85"), "breakdowns": []},
    "fulfillment": {
        "fulfillmentStatus": "UNSHIPPED",
        "fulfilledBy": "MERCHANT",
        "fulfillmentServiceLevel": "STANDARD",
    },
    "orderItems": [
        {
            "orderItemId": "90210000000101",
            "quantityOrdered": 2,
            "product": {
                "asin": "B0LOCAL001",
                "title": "Mug, blue",
                "sellerSku": "MUG-BLUE",
                "price": {"unitPrice": _usd("12.99")},
            },
            "proceeds": {
                "proceedsTotal": _usd("30.90"),
                "breakdowns": [
                    {"type": "ITEM", "subtotal": _usd("25.98")},
                    {"type": "SHIPPING", "subtotal": _usd("5.00")},
                    {"type": "DISCOUNT", "subtotal": _usd("2.00")},
                    {"type": "TAX", "subtotal": _usd("1.92")},
                ],
            },
            "fulfillment": {"quantityFulfilled": 0, "quantityUnfulfilled": 2},
        },
        {
            "orderItemId": "90210000000102",
            "quantityOrdered": 1,
            "product": {
                "asin": "B0LOCAL002",
                "title": "Cup, red",
                "sellerSku": "CUP-RED",
                "price": {"unitPrice": _usd("14.75")},
            },
            "proceeds": {
                "proceedsTotal": _usd("15.95"),
                "breakdowns": [
                    {"type": "ITEM", "subtotal": _usd("14.75")},
                    {"type": "TAX", "subtotal": _usd("1.20")},
                ],
            },
            "fulfillment": {"quantityFulfilled": 0, "quantityUnfulfilled": 1},
        },
    ],
}


def document() -> dict[str, Any]:
    return {"api": "2026-01-01", "order": copy.deepcopy(ORDER)}


def notification(**change: Any) -> dict[str, Any]:
    """The ORDER_CHANGE about the sample order; `change` replaces parts of its inside."""
    return {
        "NotificationVersion": "1.0",
        "NotificationType": "ORDER_CHANGE",
        "PayloadVersion": "1.0",
        "EventTime": "2026-11-21T19:27:46.000Z",
        "Payload": {
            "OrderChangeNotification": {
                "NotificationLevel": "OrderLevel",
                "SellerId": SELLER,
                "AmazonOrderId": ORDER["orderId"],
                "OrderChangeType": "OrderStatusChange",
                "OrderChangeTrigger": {
                    "TimeOfOrderChange": "2026-11-21T19:27:45.000Z",
                    "ChangeReason": "Order Status Change",
                },
                **change,
            }
        },
        "NotificationMetadata": {
            "ApplicationId": "local-application",
            "SubscriptionId": "local-subscription",
            "PublishTime": "2026-11-21T19:27:47.000Z",
            "NotificationId": "6c0f7d8e-0001-4b7a-9b1e-000000000001",
        },
    }


ACCOUNT = ChannelAccount("amazon", "demo", (SECRET,), SELLER)
SETTINGS = {
    "client_id": "local-client",
    "client_secret": TOKEN,
    "refresh_token": TOKEN,
    "marketplace_id": STORE,
}
_ECHO = json.dumps(
    {
        "NotificationType": "LISTINGS_ITEM_MFN_QUANTITY_CHANGE",
        "Payload": {"SellerId": SELLER, "Sku": "MUG-BLUE", "Quantity": 99},
    }
).encode()


def _renumbered(order: Any, number: int) -> Any:
    order["order"]["orderId"] = f"113-4711000-{number:07}"
    return order


_ITEM = ("order", "orderItems", 0)
CASE = ChannelCase(
    account=ACCOUNT,
    document=document,
    message=lambda: json.dumps(notification()).encode(),
    sign=None,
    signature="",
    where={
        "external_id": ("order", "orderId"),
        "currency": ("order", "proceeds", "grandTotal", "currencyCode"),
        "lines": ("order", "orderItems"),
        "quantity": (*_ITEM, "quantityOrdered"),
        "sku": (*_ITEM, "product", "sellerSku"),
        "line_id": (*_ITEM, "orderItemId"),
        "price": (*_ITEM, "proceeds", "breakdowns", 0, "subtotal", "amount"),
        "city": ("order", "recipient", "deliveryAddress", "city"),
    },
    settings=SETTINGS,
    totals=(("order", "proceeds", "grandTotal", "amount"),),
    fits={"quantity": (0,)},  # an item that was cancelled; the other one is still wanted
    foreign=(({}, _ECHO), ({}, b"{}")),
    cannot=frozenset({"tell_refunded"}),
    renumbered=_renumbered,
)
