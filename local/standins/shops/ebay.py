"""A stand-in for eBay's REST APIs: one seller, whose listings were made by the Inventory API.

Its notifications are signed as eBay signs them: with an elliptic curve key, here made from the
local secret, so that it is the same in every process.
"""

from __future__ import annotations

import base64
import copy
import hashlib
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, unquote

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from local.standins.platform import (
    Answered,
    Asked,
    Books,
    Json,
    Message,
    RateLimit,
    Shopfront,
    ShopOrder,
    State,
    numbers,
)

TOKEN = "local-shop-token"
SECRET = "local-secret"
SELLER = "demo-seller"
_USER, _APPLICATION = f"v^1.1#user#{TOKEN}", f"v^1.1#application#{TOKEN}"
_ORDERS, _INVENTORY = "/sell/fulfillment/v1/order", "/sell/inventory/v1"
_CANCELLATION = "/post-order/v2/cancellation"
# Method, path, whose token, and the method below that answers.
_ROUTES: tuple[tuple[str, str, str, str], ...] = (
    ("POST", r"/identity/v1/oauth2/token", "", "token"),
    ("GET", r"/commerce/notification/v1/public_key/([^/]+)", f"Bearer {_APPLICATION}", "key"),
    ("GET", _ORDERS, f"Bearer {_USER}", "search"),
    ("GET", rf"{_ORDERS}/([^/]+)", f"Bearer {_USER}", "order"),
    ("GET", rf"{_ORDERS}/([^/]+)/shipping_fulfillment", f"Bearer {_USER}", "fulfilments"),
    ("POST", rf"{_ORDERS}/([^/]+)/shipping_fulfillment", f"Bearer {_USER}", "ship"),
    ("POST", rf"{_ORDERS}/([^/]+)/issue_refund", f"Bearer {_USER}", "refund"),
    ("GET", rf"{_INVENTORY}/offer", f"Bearer {_USER}", "offers"),
    ("POST", rf"{_INVENTORY}/bulk_get_inventory_item", f"Bearer {_USER}", "items"),
    ("POST", rf"{_INVENTORY}/bulk_update_price_quantity", f"Bearer {_USER}", "update"),
    ("POST", _CANCELLATION, f"IAF {_USER}", "create_cancellation"),
    ("POST", rf"{_CANCELLATION}/([^/]+)/approve", f"IAF {_USER}", "approve_cancellation"),
)
_CURVE_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def _private_key(secret: str) -> ec.EllipticCurvePrivateKey:
    number = int.from_bytes(hashlib.sha256(secret.encode()).digest(), "big")
    return ec.derive_private_key(number % (_CURVE_ORDER - 1) + 1, ec.SECP256R1())


def key_id(secret: str = SECRET) -> str:
    digits = hashlib.sha256(f"kid {secret}".encode()).hexdigest()
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:32]))


def public_key(secret: str = SECRET) -> Json:
    """As `getPublicKey` answers: the PEM on one line."""
    pem = _private_key(secret).public_key().public_bytes(
        Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
    )  # fmt: skip
    return {"key": pem.decode().replace("\n", ""), "algorithm": "ECDSA", "digest": "SHA1"}


def signed(body: bytes, secret: str = SECRET) -> dict[str, str]:
    """The headers of a notification."""
    signature = _private_key(secret).sign(body, ec.ECDSA(hashes.SHA1()))
    said = {
        "alg": "ecdsa",
        "kid": key_id(secret),
        "signature": base64.b64encode(signature).decode(),
        "digest": "SHA1",
    }
    written = json.dumps(said, separators=(",", ":")).encode()
    return {"x-ebay-signature": base64.b64encode(written).decode()}


class Ebay:
    """`books.stock` is what an item has for all marketplaces, `offered` what its offer has where
    that is another figure. `unpublished` are SKUs that have an item and no live listing."""

    name = "ebay"

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.books = Books()
        self.offered: dict[str, int] = {}
        self.unpublished: set[str] = set()
        self._now, self._numbers = now, numbers()
        self._cancellations: dict[str, str] = {}

    def answer(self, asked: Asked) -> Answered:
        for method, pattern, wanted, name in _ROUTES:
            found = re.fullmatch(pattern, asked.path)
            if found is None or method != asked.method:
                continue
            if wanted and asked.headers.get("authorization") != wanted:
                return _errors(401, 1001, "Invalid access token")
            return getattr(self, f"_{name}")(asked, *map(unquote, found.groups()))  # type: ignore[no-any-return]
        return _errors(404, 2002, "Resource not found")

    def too_fast(self, asked: Asked) -> Answered:
        return _errors(429, 2001, "The request limit has been reached for the resource.")

    def take_order(self, document: Json) -> str:
        order = copy.deepcopy(document)
        external_id = str(order["orderId"])
        known = self.books.orders.setdefault(
            external_id, ShopOrder(external_id, order, self._now())
        )
        known.document, known.changed_at = order, self._now()
        for line in order["lineItems"]:
            self.books.stock.setdefault(line.get("sku", ""), 0)
        return external_id

    def ask_to_cancel(self, external_id: str) -> None:
        """The buyer wishes to cancel: the seller has to agree."""
        request = {"cancelRequestId": "5000000001", "cancelRequestState": "REQUESTED"}
        self._cancellations["5000000001"] = external_id
        order = self.books.orders[external_id]
        order.document["cancelStatus"] = {
            "cancelState": "IN_PROGRESS",
            "cancelRequests": [{**request, "cancelInitiator": "BUYER"}],
        }
        self._touch(order)

    def cancel(self, external_id: str) -> None:
        order = self.books.orders[external_id]
        order.state = State.CANCELLED
        order.document["cancelStatus"] = {"cancelState": "CANCELED", "cancelRequests": []}
        self._touch(order)

    def message(self, external_id: str, topic: str = "") -> Message | None:
        order = self.books.orders[external_id].document
        changed = order["lastModifiedDate"]
        lines = [
            {"orderLineItemId": line["lineItemId"], "quantity": line["quantity"]}
            for line in order["lineItems"]
        ]
        told_as = hashlib.sha256(f"{external_id} {changed}".encode()).hexdigest()[:32]
        body = {
            "metadata": {
                "topic": "ORDER_CONFIRMATION",
                "schemaVersion": "1.0",
                "deprecated": False,
            },
            "notification": {
                "notificationId": told_as,
                "eventDate": changed,
                "publishDate": changed,
                "publishAttemptCount": 1,
                "data": {
                    "user": {"userId": SELLER, "username": SELLER},
                    "order": {"orderId": external_id, "orderLineItems": lines},
                },
            },
        }
        raw = json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()
        return Message(signed(raw), raw)

    # --- who asks --------------------------------------------------------------------

    def _token(self, asked: Asked) -> Answered:
        secret = base64.b64decode(asked.headers["authorization"].removeprefix("Basic ")).decode()
        if secret.partition(":")[2] != TOKEN:
            return Answered(401, {"error": "invalid_client"})
        form = dict(parse_qsl(asked.body.decode()))
        if form.get("grant_type") == "client_credentials":
            return Answered(200, {"access_token": _APPLICATION, "expires_in": 7200})
        if form.get("refresh_token") != TOKEN:
            return Answered(400, {"error": "invalid_grant"})
        return Answered(200, {"access_token": _USER, "expires_in": 7200})

    def _key(self, asked: Asked, kid: str) -> Answered:
        if kid != key_id():
            return _errors(404, 195004, "The public key was not found.")
        return Answered(200, public_key())

    # --- orders ----------------------------------------------------------------------

    def _search(self, asked: Asked) -> Answered:
        since = asked.query["filter"].removeprefix("lastmodifieddate:[").partition("..")[0]
        offset, limit = int(asked.query["offset"]), int(asked.query["limit"])
        if limit > 200:
            return _errors(400, 31100, "Invalid limit")
        newer = [o for o in self.books.orders.values() if _iso(o.changed_at) >= since]
        newer.reverse()  # the newest order first
        page = [order.document for order in newer[offset : offset + limit]]
        more = {"next": f"https://api.ebay.com{_ORDERS}?offset={offset + limit}"}
        is_more = offset + limit < len(newer)
        return Answered(200, {"orders": page, "total": len(newer), **(more if is_more else {})})

    def _order(self, asked: Asked, external_id: str) -> Answered:
        order = self.books.orders.get(external_id)
        return Answered(200, order.document) if order else _no_order()

    def _fulfilments(self, asked: Asked, external_id: str) -> Answered:
        order = self.books.orders.get(external_id)
        if order is None:
            return _no_order()
        told = [
            {"fulfillmentId": each["tracking"], "shipmentTrackingNumber": each["tracking"]}
            for each in order.fulfilments
        ]
        return Answered(200, {"fulfillments": told, "total": len(told)})

    def _ship(self, asked: Asked, external_id: str) -> Answered:
        order, given = self.books.orders.get(external_id), asked.json
        if order is None:
            return _no_order()
        lines = {line["lineItemId"]: line["quantity"] for line in given["lineItems"]}
        if problem := _problem(order, given["trackingNumber"], lines):
            return problem
        order.shipped.update(lines)
        entry = {"tracking": given["trackingNumber"], "carrier": given["shippingCarrierCode"]}
        order.fulfilments.append({**entry, "lines": lines})
        self._note_shipped(order)
        where = f"https://api.ebay.com{_ORDERS}/{external_id}/shipping_fulfillment/1"
        return Answered(201, None, {"Location": where})

    def _note_shipped(self, order: ShopOrder) -> None:
        lines = order.document["lineItems"]
        for line in lines:
            if order.shipped[line["lineItemId"]] == line["quantity"]:
                line["lineItemFulfillmentStatus"] = "FULFILLED"
        is_all = all(line["lineItemFulfillmentStatus"] == "FULFILLED" for line in lines)
        order.document["orderFulfillmentStatus"] = "FULFILLED" if is_all else "IN_PROGRESS"
        order.state = State.FULFILLED if is_all else State.OPEN
        self._touch(order)

    def _touch(self, order: ShopOrder) -> None:
        order.changed_at = self._now()
        order.document["lastModifiedDate"] = _iso(order.changed_at)

    def _refund(self, asked: Asked, external_id: str) -> Answered:
        order, given = self.books.orders.get(external_id), asked.json
        if order is None:
            return _no_order()
        amount = given["orderLevelRefundAmount"]
        if not re.fullmatch(r"\d+(\.\d{1,2})?", amount["value"]) or len(given["comment"]) > 100:
            return _errors(400, 34907, "The amount value must be positive and within two decimals.")
        order.refunds.append(
            {"amount": amount["value"], "currency": amount["currency"], "lines": {}}
        )
        told = {"refundId": f"5{next(self._numbers):09}", "refundStatus": "PENDING"}
        summary = order.document.setdefault("paymentSummary", {})
        summary.setdefault("refunds", []).append({**told, "amount": amount})
        order.document["orderPaymentStatus"] = "PARTIALLY_REFUNDED"
        self._touch(order)
        return Answered(200, told)

    # --- cancellations ---------------------------------------------------------------

    def _create_cancellation(self, asked: Asked) -> Answered:
        wanted = asked.json["legacyOrderId"]
        order = next((o for o in self.books.orders.values() if wanted in _names(o)), None)
        if order is None or order.state is not State.OPEN or order.shipped:
            return _errors(409, 1500, "The order is not eligible for cancellation.")
        return self._cancelled(order)

    def _approve_cancellation(self, asked: Asked, cancel_id: str) -> Answered:
        external_id = self._cancellations.get(cancel_id)
        if external_id is None or self.books.orders[external_id].state is not State.OPEN:
            return _errors(409, 1501, "The cancellation request is closed.")
        return self._cancelled(self.books.orders[external_id])

    def _cancelled(self, order: ShopOrder) -> Answered:
        order.cancellations += 1
        self.cancel(order.external_id)
        return Answered(201, {"cancelId": f"6{next(self._numbers):09}"})

    # --- stock -----------------------------------------------------------------------

    def _offers(self, asked: Asked) -> Answered:
        sku = asked.query["sku"]
        if sku not in self.books.stock:
            return _errors(404, 25713, "This Offer is not available.")
        status = "UNPUBLISHED" if sku in self.unpublished else "PUBLISHED"
        offer = {"offerId": f"offer-{sku}", "sku": sku, "status": status}
        units = self.offered.get(sku, self.books.stock[sku])
        return Answered(200, {"offers": [{**offer, "availableQuantity": units}]})

    def _items(self, asked: Asked) -> Answered:
        requests = asked.json["requests"]
        if len(requests) > 25:
            return _errors(400, 25725, "Too many inventory items.")
        return Answered(200, {"responses": [self._item(each["sku"]) for each in requests]})

    def _item(self, sku: str) -> Json:
        if sku not in self.books.stock:
            return {"sku": sku, "statusCode": 404, "errors": [_error(25702, "SKU not found")]}
        quantity = {"quantity": self.books.stock[sku]}
        item = {"availability": {"shipToLocationAvailability": quantity}}
        return {"sku": sku, "statusCode": 200, "inventoryItem": item}

    def _update(self, asked: Asked) -> Answered:
        requests = asked.json["requests"]
        if len(requests) > 25:
            return _errors(400, 25725, "Too many inventory items.")
        return Answered(207, {"responses": [self._updated(each) for each in requests]})

    def _updated(self, wanted: Json) -> Json:
        sku, (offer,) = wanted["sku"], wanted["offers"]
        told = {"sku": sku, "offerId": offer["offerId"]}
        if not 0 <= offer["availableQuantity"] < 1_000_000:
            return {**told, "statusCode": 400, "errors": [_error(25002, "Invalid quantity")]}
        self.books.stock[sku] = wanted["shipToLocationAvailability"]["quantity"]
        self.offered[sku] = offer["availableQuantity"]
        self.books.stock_writes += 1
        return {**told, "statusCode": 200}


def make(shop: str, now: Callable[[], datetime]) -> Shopfront:
    """eBay counts by the day: 100,000 calls of the Fulfillment API."""
    return Shopfront(Ebay(now), now, RateLimit(100_000 / 86_400, 100_000, now))


def _names(order: ShopOrder) -> tuple[str, str]:
    return order.external_id, order.document.get("legacyOrderId", "")


def _problem(order: ShopOrder, tracking: str, lines: dict[str, int]) -> Answered | None:
    if not re.fullmatch("[A-Za-z0-9]+", tracking):
        return _errors(400, 32810, "The tracking number has characters that are not allowed.")
    ordered = {line["lineItemId"]: line["quantity"] for line in order.document["lineItems"]}
    too_many = any(order.shipped[i] + n > ordered.get(i, 0) for i, n in lines.items())
    if too_many or order.state is State.CANCELLED:
        return _errors(400, 32500, "Invalid line items or quantities.")
    return None


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def _no_order() -> Answered:
    return _errors(404, 32100, "Invalid order ID")


def _errors(status: int, number: int, message: str) -> Answered:
    return Answered(status, {"errors": [_error(number, message)]})


def _error(number: int, message: str) -> dict[str, Any]:
    return {"errorId": number, "domain": "API", "category": "REQUEST", "message": message}
