"""A WooCommerce shop: webhooks, and its REST API v3.

The platform has no rate limit of its own; whoever hosts it may answer 429 on a bad day. Its
errors are `{"code", "message", "data": {"status"}}`, with 500 for a refund that it refuses.
"""

from __future__ import annotations

import base64
import copy
import json
import re
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

from local.standins.platform import (
    Answered,
    Asked,
    Books,
    Json,
    Message,
    Shopfront,
    ShopOrder,
    State,
    numbers,
)
from local.standins.shops.woocommerce_products import Products
from oms.channels.signing import sign
from oms.kernel.clock import from_iso

TOKEN, SECRET = "local-shop-token", "local-secret"
_BASIC = "Basic " + base64.b64encode(f"{TOKEN}:{TOKEN}".encode()).decode()
_API = "/wp-json/wc/v3"
_ORDER = re.compile(_API + r"/orders/(\d+)(/refunds)?")
_GATEWAYS = {"stripe": ["products", "refunds"], "bacs": ["products"], "cod": ["products"]}
_STATES = {
    "completed": State.FULFILLED,
    **dict.fromkeys(("cancelled", "refunded", "trash"), State.CANCELLED),
}
_OUR_SHIPMENTS = "_oms_shipment_"
_LARGEST_PAGE = 100


class WooCommerce:
    name = "woocommerce"

    def __init__(self, shop: str, now: Callable[[], datetime]) -> None:
        self._shop, self._now = shop, now
        self.books = Books()
        self._numbers, self._products = numbers(50_001), Products(self.books)

    def answer(self, asked: Asked) -> Answered:
        if asked.headers.get("authorization") != _BASIC:
            return refusal(401, "authentication_error", "Consumer key is invalid.")
        path = asked.path.removeprefix(_API)
        if path.startswith("/products"):
            return self._products.answer(asked.method, path, asked.query, asked.json)
        if path.startswith("/payment_gateways/"):
            return _gateway(path.rpartition("/")[2])
        if path == "/orders" and asked.method == "GET":
            return self._changed(asked)
        if found := _ORDER.fullmatch(asked.path):
            return self._one(asked, found[1], is_refund=bool(found[2]))
        return refusal(404, "no_route", "No route was found matching the URL and request method.")

    def too_fast(self, asked: Asked) -> Answered:
        return Answered(429, b"<html><h1>Too Many Requests</h1></html>", {"Retry-After": "30"})

    def take_order(self, document: Json) -> str:
        external_id = str(document["id"])
        if (known := self.books.orders.get(external_id)) is None:
            changed = document.get("date_modified_gmt")
            at = from_iso(f"{changed}Z") if changed else self._now()
            known = self.books.orders[external_id] = ShopOrder(external_id, {}, at)
        elif known.document != document:
            known.changed_at = self._now()
        meta = known.document.get("meta_data", ())
        known.document = copy.deepcopy(document)
        given = known.document.setdefault("meta_data", [])
        given += [row for row in meta if row["key"] not in {each["key"] for each in given}]
        known.state = _STATES.get(document["status"], State.OPEN)
        for line in document.get("line_items", ()):
            if line.get("sku"):
                self.books.stock.setdefault(line["sku"], 0)
        return external_id

    def cancel(self, external_id: str) -> None:
        self._set_status(self.books.orders[external_id], "cancelled")

    def message(self, external_id: str, topic: str = "") -> Message:
        """`topic` as WooCommerce's own, or its last word; `cancelled` is an update there."""
        word = (topic or "created").removeprefix("order.").replace("cancelled", "updated")
        order = self.books.orders[external_id].document
        body = json.dumps({"id": order["id"]} if word == "deleted" else order, default=str).encode()
        return Message(
            {
                "X-WC-Webhook-Topic": f"order.{word}",
                "X-WC-Webhook-Source": f"https://{self._shop}.example/",
                "X-WC-Webhook-Signature": sign(body, SECRET).decode(),
            },
            body,
        )

    # Orders

    def _one(self, asked: Asked, external_id: str, *, is_refund: bool) -> Answered:
        order = self.books.orders.get(external_id)
        if order is None:
            return refusal(404, "shop_order_invalid_id", "Invalid ID.")
        match asked.method, is_refund:
            case "GET", False:
                return Answered(200, order.document)
            case "PUT", False:
                return self._update(order, asked.json)
            case "POST", True:
                return self._refund(order, asked.json)
        return refusal(404, "no_route", "No route was found matching the URL and request method.")

    def _changed(self, asked: Asked) -> Answered:
        given = asked.query
        if (size := int(given.get("per_page", 10))) > _LARGEST_PAGE:
            return refusal(400, "invalid_param", "Invalid parameter(s): per_page")
        after = from_iso(given["modified_after"] + "Z")
        # The parameter is exclusive, and its seconds have no parts.
        found = sorted(
            (order.changed_at.replace(microsecond=0), int(order.external_id), order.document)
            for order in self.books.orders.values()
            if order.changed_at.replace(microsecond=0) > after
            and order.document["status"] != "trash"
        )
        start = int(given.get("offset", 0))
        fields = given["_fields"].split(",")
        rows = [
            {**{field: document.get(field) for field in fields}, "date_modified_gmt": _wp(at)}
            for at, _, document in found[start : start + size]
        ]
        return Answered(200, rows)

    def _update(self, order: ShopOrder, wanted: Json) -> Answered:
        for meta in wanted.get("meta_data", ()):
            self._set_meta(order, meta)
        self._set_status(order, wanted.get("status") or order.document["status"], by_us=True)
        return Answered(200, order.document)

    def _set_meta(self, order: ShopOrder, meta: Json) -> None:
        """As `update_meta_data()` does without an id: the row of that key, or a new one."""
        rows = order.document["meta_data"]
        if kept := next((row for row in rows if row["key"] == meta["key"]), None):
            kept["value"] = meta["value"]
            return
        rows.append({"id": next(self._numbers), **meta})
        if meta["key"].startswith(_OUR_SHIPMENTS):
            told = json.loads(meta["value"])
            entry = {"tracking": told["tracking_number"], "carrier": told["carrier"]}
            order.fulfilments.append({**entry, "lines": told["lines"]})
            order.shipped.update(told["lines"])

    def _set_status(self, order: ShopOrder, status: str, *, by_us: bool = False) -> None:
        if by_us and status == "cancelled" != order.document["status"]:
            order.cancellations += 1
        order.document["status"] = status
        order.state = _STATES.get(status, State.OPEN)
        self._touch(order)

    def _refund(self, order: ShopOrder, wanted: Json) -> Answered:
        amount, code = Decimal(wanted["amount"]), "cannot_create_order_refund"
        if not 0 < amount <= _left(order):
            return refusal(500, code, "Invalid refund amount.")
        gateway = order.document.get("payment_method", "")
        if wanted.get("api_refund", True) and "refunds" not in _GATEWAYS.get(gateway, ()):
            return refusal(500, code, "The payment gateway does not support automatic refunds.")
        made = {"id": next(self._numbers), "reason": wanted["reason"], "total": f"-{amount}"}
        order.document.setdefault("refunds", []).append(made)
        entry = {"amount": f"{amount}", "currency": order.document["currency"], "lines": {}}
        order.refunds.append(entry)
        if not _left(order):
            order.document["status"] = "refunded"
            order.state = State.CANCELLED
        self._touch(order)
        return Answered(201, {"id": made["id"], "amount": f"{amount}", "reason": wanted["reason"]})

    def _touch(self, order: ShopOrder) -> None:
        order.changed_at = self._now()
        order.document["date_modified_gmt"] = _wp(order.changed_at)


def refusal(status: int, code: str, message: str) -> Answered:
    told = {"code": f"woocommerce_rest_{code}", "message": message, "data": {"status": status}}
    return Answered(status, told)


def _gateway(name: str) -> Answered:
    if name not in _GATEWAYS:
        return refusal(404, "payment_gateway_invalid", "Resource does not exist.")
    return Answered(200, {"id": name, "enabled": True, "method_supports": _GATEWAYS[name]})


def _left(order: ShopOrder) -> Decimal:
    refunds: Any = order.document.get("refunds", ())
    back = sum((Decimal(each["total"]) for each in refunds), Decimal(0))
    return Decimal(order.document["total"]) + back


def _wp(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S")


def make(shop: str, now: Callable[[], datetime]) -> Shopfront:
    return Shopfront(WooCommerce(shop, now), now)
