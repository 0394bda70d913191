"""A stand-in for Amazon's Selling Partner API: one seller in one store.

Orders are kept in the shape of 2026-01-01 and also told as version 0 tells them. A cancelling feed
is worked off at once. Each operation has the usage plan that Amazon publishes.
"""

from __future__ import annotations

import copy
import hashlib
import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, unquote

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
SELLER = "A1LOCALSELLER"
STORE = "ATVPDKIKX0DER"
_ORDERS, _V0, _FEEDS = "/orders/2026-01-01/orders", "/orders/v0/orders", "/feeds/2021-06-30"
_LISTINGS = f"/listings/2021-08-01/items/{SELLER}"
# Operation: method, path, requests a second, burst.
_PLANS: tuple[tuple[str, str, str, float, int], ...] = (
    ("token", "POST", r"/auth/o2/token", 10, 100),
    ("search", "GET", _ORDERS, 0.0056, 20),
    ("order", "GET", rf"{_ORDERS}/([^/]+)", 0.5, 30),
    ("search_v0", "GET", _V0, 0.0167, 20),
    ("order_v0", "GET", rf"{_V0}/([^/]+)", 0.5, 30),
    ("items_v0", "GET", rf"{_V0}/([^/]+)/orderItems", 0.5, 30),
    ("address_v0", "GET", rf"{_V0}/([^/]+)/address", 0.5, 30),
    ("buyer_v0", "GET", rf"{_V0}/([^/]+)/buyerInfo", 0.5, 30),
    ("restricted", "POST", r"/tokens/2021-03-01/restrictedDataToken", 1, 10),
    ("confirm", "POST", rf"{_V0}/([^/]+)/shipmentConfirmation", 2, 10),
    ("listings", "GET", _LISTINGS, 5, 5),
    ("one_listing", "GET", rf"{_LISTINGS}/([^/]+)", 5, 10),
    ("patch", "PATCH", rf"{_LISTINGS}/([^/]+)", 5, 5),
    ("document", "POST", rf"{_FEEDS}/documents", 0.5, 15),
    ("upload", "PUT", r"/feed-documents/([^/]+)", 100, 100),
    ("feed", "POST", rf"{_FEEDS}/feeds", 0.0083, 15),
)
_OPEN_TO_ALL = frozenset({"token", "upload"})
_RESTRICTED = frozenset({"address_v0", "buyer_v0"})
_DATA = {"buyer": "BUYER", "recipient": "RECIPIENT", "proceeds": "PROCEEDS", "tax": "TAX",
         "fulfillment": "FULFILLMENT", "packages": "PACKAGES", "payment": "PAYMENT"}  # fmt: skip
_STATUSES_V0 = {"PENDING": "Pending", "UNSHIPPED": "Unshipped", "SHIPPED": "Shipped",
                "PARTIALLY_SHIPPED": "PartiallyShipped", "CANCELLED": "Canceled"}  # fmt: skip


class Amazon:
    """`by_amazon` are the SKUs that Amazon's own warehouses send."""

    name = "amazon"

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.books = Books()
        self.by_amazon: set[str] = set()
        self.reveals_people = True
        self._now, self._numbers = now, numbers()
        self._feeds: dict[str, bytes] = {}
        self._plans = {name: RateLimit(rate, burst, now) for name, _, _, rate, burst in _PLANS}

    def answer(self, asked: Asked) -> Answered:
        for name, method, pattern, rate, _ in _PLANS:
            found = re.fullmatch(pattern, asked.path)
            if found is None or method != asked.method:
                continue
            if not self._plans[name].takes():
                return _too_fast(rate)
            if not self._may(name, asked.headers.get("x-amz-access-token", "")):
                return _errors(403, "Unauthorized", "Access to requested resource is denied.")
            return getattr(self, f"_{name}")(asked, *map(unquote, found.groups()))  # type: ignore[no-any-return]
        return _errors(404, "NotFound", "The resource does not exist.")

    def too_fast(self, asked: Asked) -> Answered:
        return _too_fast(0.5)

    def take_order(self, document: Json) -> str:
        order = copy.deepcopy(document.get("order", document))
        external_id = order["orderId"]
        known = self.books.orders.setdefault(
            external_id, ShopOrder(external_id, order, self._now())
        )
        known.document, known.changed_at = order, self._now()
        for item in order["orderItems"]:
            self.books.stock.setdefault(item["product"].get("sellerSku", ""), 0)
        return str(external_id)

    def cancel(self, external_id: str) -> None:
        order = self.books.orders[external_id]
        order.state = State.CANCELLED
        order.document["fulfillment"]["fulfillmentStatus"] = "CANCELLED"
        self._touch(order)

    def message(self, external_id: str, topic: str = "") -> Message | None:
        """What lies in the merchant's queue: there are no headers, and nothing is signed."""
        order = self.books.orders[external_id].document
        changed = order["lastUpdatedTime"]
        told_as = hashlib.sha256(f"{external_id} {changed}".encode()).hexdigest()[:32]
        change = {
            "NotificationLevel": "OrderLevel",
            "SellerId": SELLER,
            "AmazonOrderId": external_id,
            "OrderChangeType": "OrderStatusChange",
            "OrderChangeTrigger": {"TimeOfOrderChange": changed, "ChangeReason": topic or "Order"},
        }
        body = {
            "NotificationVersion": "1.0",
            "NotificationType": "ORDER_CHANGE",
            "PayloadVersion": "1.0",
            "EventTime": changed,
            "Payload": {"OrderChangeNotification": change},
            "NotificationMetadata": {"NotificationId": told_as, "PublishTime": changed},
        }
        return Message({}, json.dumps(body).encode())

    # --- who asks --------------------------------------------------------------------

    def _may(self, operation: str, token: str) -> bool:
        wanted = f"Atz.sprdt|{TOKEN}" if operation in _RESTRICTED else f"Atza|{TOKEN}"
        return operation in _OPEN_TO_ALL or token == wanted

    def _token(self, asked: Asked) -> Answered:
        form = dict(parse_qsl(asked.body.decode()))
        if form.get("grant_type") != "refresh_token" or form.get("refresh_token") != TOKEN:
            problem = {
                "error": "invalid_grant",
                "error_description": "The request has an invalid grant",
            }
            return Answered(400, problem)
        given = {"access_token": f"Atza|{TOKEN}", "token_type": "bearer", "expires_in": 3600}
        return Answered(200, {**given, "refresh_token": TOKEN})

    def _restricted(self, asked: Asked) -> Answered:
        if not self.reveals_people:
            return _errors(403, "Unauthorized", "Application does not have access to this data.")
        token = {"restrictedDataToken": f"Atz.sprdt|{TOKEN}", "expiresIn": 3600}
        return Answered(200, token)

    # --- orders ----------------------------------------------------------------------

    def _search(self, asked: Asked) -> Answered:
        page, following = self._page(
            asked, "lastUpdatedAfter", "paginationToken", int(asked.query["maxResultsPerPage"])
        )
        orders = [_with(asked, order.document) for order in page]
        return Answered(200, {"orders": orders, "pagination": {"nextToken": following or None}})

    def _page(self, asked: Asked, since: str, token: str, size: int) -> tuple[list[ShopOrder], str]:
        after, start = asked.query[since], int(asked.query.get(token, 0))
        newer = [o for o in self.books.orders.values() if _iso(o.changed_at) >= after]
        end = start + size
        return newer[start:end], str(end) if end < len(newer) else ""

    def _order(self, asked: Asked, external_id: str) -> Answered:
        order = self.books.orders.get(external_id)
        if order is None:
            return _errors(404, "NotFound", "Order not found.")
        return Answered(200, {"order": _with(asked, order.document)})

    def _search_v0(self, asked: Asked) -> Answered:
        page, following = self._page(asked, "LastUpdatedAfter", "NextToken", 100)
        orders = [_told_v0(order.document) for order in page]
        return Answered(200, {"payload": {"Orders": orders, "NextToken": following or None}})

    def _order_v0(self, asked: Asked, external_id: str) -> Answered:
        return self._payload(external_id, _told_v0)

    def _items_v0(self, asked: Asked, external_id: str) -> Answered:
        """One item a page, so that whoever reads the first page only is found out."""
        at = int(asked.query.get("NextToken", 0))
        return self._payload(external_id, lambda order: _told_items_v0(order, at))

    def _address_v0(self, asked: Asked, external_id: str) -> Answered:
        def address(order: Json) -> Json:
            place = order["recipient"]["deliveryAddress"]
            return {"ShippingAddress": {k[0].upper() + k[1:]: v for k, v in place.items()}}

        return self._payload(external_id, address)

    def _buyer_v0(self, asked: Asked, external_id: str) -> Answered:
        return self._payload(
            external_id,
            lambda o: {
                "BuyerName": o["buyer"]["buyerName"],
                "BuyerEmail": o["buyer"]["buyerEmail"],
            },
        )

    def _payload(self, external_id: str, shape: Callable[[Json], Json]) -> Answered:
        order = self.books.orders.get(external_id)
        if order is None:
            return _errors(404, "NotFound", "Order not found.")
        named = {"AmazonOrderId": external_id, **shape(order.document)}
        return Answered(200, {"payload": named})

    # --- what sellers tell -----------------------------------------------------------

    def _confirm(self, asked: Asked, external_id: str) -> Answered:
        """A package that is confirmed again, by its number, is corrected."""
        order, package = self.books.orders.get(external_id), asked.json["packageDetail"]
        if order is None:
            return _errors(404, "NotFound", "Order not found.")
        reference = package["packageReferenceId"]
        lines = {item["orderItemId"]: item["quantity"] for item in package["orderItems"]}
        others = [each for each in order.fulfilments if each["reference"] != reference]
        if problem := _problem(order, package, lines, others):
            return _errors(400, "InvalidInput", problem)
        entry = {
            "reference": reference,
            "tracking": package["trackingNumber"],
            "carrier": package["carrierName"],
            "lines": lines,
        }
        order.fulfilments = [*others, entry]
        self._note_shipped(order)
        return Answered(204)

    def _note_shipped(self, order: ShopOrder) -> None:
        order.shipped.clear()
        for entry in order.fulfilments:
            order.shipped.update(entry["lines"])
        for item in order.document["orderItems"]:
            sent = order.shipped[item["orderItemId"]]
            left = item["quantityOrdered"] - sent
            item["fulfillment"] = {"quantityFulfilled": sent, "quantityUnfulfilled": left}
        is_all = all(
            i["fulfillment"]["quantityUnfulfilled"] == 0 for i in order.document["orderItems"]
        )
        order.state = State.FULFILLED if is_all else State.OPEN
        status = "SHIPPED" if is_all else "PARTIALLY_SHIPPED"
        order.document["fulfillment"]["fulfillmentStatus"] = status
        order.document["packages"] = [
            {"packageReferenceId": each["reference"], "trackingNumber": each["tracking"]}
            for each in order.fulfilments
        ]
        self._touch(order)

    def _touch(self, order: ShopOrder) -> None:
        order.changed_at = self._now()
        order.document["lastUpdatedTime"] = _iso(order.changed_at)

    def _listings(self, asked: Asked) -> Answered:
        skus = asked.query["identifiers"].split(",")
        if len(skus) > 20:
            return _errors(400, "InvalidInput", "identifiers: at most 20.")
        items = [self._listing(sku) for sku in skus if sku in self.books.stock]
        return Answered(200, {"numberOfResults": len(items), "items": items})

    def _one_listing(self, asked: Asked, sku: str) -> Answered:
        if sku not in self.books.stock:
            return _errors(404, "NOT_FOUND", f"SKU '{sku}' not found in marketplace.")
        return Answered(200, self._listing(sku))

    def _listing(self, sku: str) -> Json:
        if sku in self.by_amazon:
            return {
                "sku": sku,
                "fulfillmentAvailability": [{"fulfillmentChannelCode": "AMAZON_NA"}],
            }
        place = {"fulfillmentChannelCode": "DEFAULT", "quantity": self.books.stock[sku]}
        return {"sku": sku, "fulfillmentAvailability": [place]}

    def _patch(self, asked: Asked, sku: str) -> Answered:
        if sku not in self.books.stock:
            return _errors(404, "NOT_FOUND", f"SKU '{sku}' not found in marketplace.")
        (change,) = asked.json["patches"]
        (place,) = change["value"]
        status = "ACCEPTED" if place["quantity"] <= 10_000_000 else "INVALID"
        if status == "ACCEPTED":
            self.by_amazon.discard(sku)
            self.books.stock[sku] = place["quantity"]
            self.books.stock_writes += 1
        return Answered(200, {"sku": sku, "status": status, "submissionId": "1", "issues": []})

    # --- feeds -----------------------------------------------------------------------

    def _document(self, asked: Asked) -> Answered:
        name = f"amzn1.tortuga.{next(self._numbers)}"
        url = f"https://tortuga-prod-na.s3.us-east-1.amazonaws.com/feed-documents/{name}?X-Amz-Signature=1"
        return Answered(201, {"feedDocumentId": name, "url": url})

    def _upload(self, asked: Asked, name: str) -> Answered:
        if "x-amz-access-token" in asked.headers:
            return Answered(403)  # a token for one host was shown to another
        self._feeds[name] = asked.body
        return Answered(200)

    def _feed(self, asked: Asked) -> Answered:
        content = self._feeds.get(asked.json["inputFeedDocumentId"], b"").decode()
        found = re.search(r"<AmazonOrderID>([^<]+)</AmazonOrderID><StatusCode>Failure<", content)
        order = self.books.orders.get(found[1]) if found else None
        if order and order.state is State.OPEN and not order.fulfilments:
            order.cancellations += 1
            self.cancel(order.external_id)
        return Answered(202, {"feedId": str(next(self._numbers))})


def make(shop: str, now: Callable[[], datetime]) -> Shopfront:
    """Each operation has its own limit (see `_PLANS`), so there is none for all."""
    return Shopfront(Amazon(now), now)


def _problem(order: ShopOrder, package: Json, lines: Mapping[str, int], others: list[Json]) -> str:
    if not re.fullmatch(r"[1-9][0-9]{0,9}", package["packageReferenceId"]):
        return "packageReferenceId must be a positive number."
    if order.state is State.CANCELLED:
        return "The order is cancelled."
    ordered = {i["orderItemId"]: i["quantityOrdered"] for i in order.document["orderItems"]}
    for item, units in lines.items():
        sent = sum(entry["lines"].get(item, 0) for entry in others)
        if sent + units > ordered.get(item, 0):
            return f"Quantity for order item {item} exceeds what is left."
    return ""


def _with(asked: Asked, order: Json) -> Json:
    """The parts of the order that `includedData` names."""
    wanted = asked.query.get("includedData", "").split(",")
    return {key: part for key, part in order.items() if _DATA.get(key, wanted[0]) in wanted}


def _told_v0(order: Json) -> Json:
    total = order.get("proceeds", {}).get("grandTotal")
    fulfilment = order["fulfillment"]
    return {
        "AmazonOrderId": order["orderId"],
        "PurchaseDate": order["createdTime"],
        "LastUpdateDate": order["lastUpdatedTime"],
        "OrderStatus": _STATUSES_V0[fulfilment["fulfillmentStatus"]],
        "FulfillmentChannel": "AFN" if fulfilment["fulfilledBy"] == "AMAZON" else "MFN",
        "MarketplaceId": STORE,
        **({"OrderTotal": _money_v0(total)} if total else {}),
    }


def _told_items_v0(order: Json, at: int) -> Json:
    items = order["orderItems"]
    following = {"NextToken": str(at + 1)} if at + 1 < len(items) else {}
    return {"OrderItems": [_item_v0(items[at])], **following}


def _item_v0(item: Json) -> Json:
    parts = {part["type"]: part for part in item["proceeds"]["breakdowns"]}
    names = {"ITEM": "ItemPrice", "SHIPPING": "ShippingPrice", "TAX": "ItemTax",
             "DISCOUNT": "PromotionDiscount"}  # fmt: skip
    amounts = {names[kind]: _money_v0(parts[kind]["subtotal"]) for kind in names if kind in parts}
    return {
        "ASIN": item["product"]["asin"],
        "OrderItemId": item["orderItemId"],
        "SellerSKU": item["product"]["sellerSku"],
        "Title": item["product"]["title"],
        "QuantityOrdered": item["quantityOrdered"],
        "QuantityShipped": item.get("fulfillment", {}).get("quantityFulfilled", 0),
        **amounts,
    }


def _money_v0(amount: Json) -> Json:
    return {"CurrencyCode": amount["currencyCode"], "Amount": amount["amount"]}


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def _errors(status: int, code: str, message: str) -> Answered:
    return Answered(status, {"errors": [{"code": code, "message": message, "details": ""}]})


def _too_fast(rate: float) -> Answered:
    problem: dict[str, Any] = {
        "errors": [{"code": "QuotaExceeded", "message": "You exceeded your quota.", "details": ""}]
    }
    return Answered(429, problem, {"x-amzn-RateLimit-Limit": str(rate)})
