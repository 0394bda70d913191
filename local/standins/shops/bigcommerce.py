"""One BigCommerce store: V2 orders and shipments, V3 stock and refunds, webhooks that only name
an order. An empty V2 list is a 204, and stock is written without saying what came of it."""

from __future__ import annotations

import hashlib
import itertools
import json
import re
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any

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
)
from oms.channels.standard_webhooks import signed_headers, text_key

TOKEN, SECRET = "local-shop-token", "local-secret"
QUOTA, WINDOW_SECONDS = 150, 30.0  # of the Standard and Plus plans
_MOST_ADJUSTMENTS = 2_000
_CANCELLED, _REFUNDED, _SHIPPED, _PART_SHIPPED = 5, 4, 2, 3


def make(shop: str, now: Callable[[], datetime]) -> Shopfront:
    limit = RateLimit(QUOTA / WINDOW_SECONDS, QUOTA, now)
    return Shopfront(BigCommerce(shop, now, limit), now, limit)


class BigCommerce:
    """`declines`: the payment provider takes no refund, which the shop lists nevertheless."""

    name = "bigcommerce"
    declines = False

    def __init__(self, shop: str, now: Callable[[], datetime], limit: RateLimit) -> None:
        self.shop, self.books = shop, Books()
        self._now, self._limit, self._next = now, limit, itertools.count(1)

    # --- what the shop lives through -------------------------------------------------

    def take_order(self, document: Json) -> str:
        external_id = str(document["order"]["id"])
        for line in document["products"]:
            self.books.stock.setdefault(line["sku"], 0)
        known = self.books.orders.get(external_id)
        if known:
            known.document = document
            self._set_status(known, document["order"]["status_id"])
        else:
            at = parsedate_to_datetime(document["order"]["date_modified"])
            self.books.orders[external_id] = ShopOrder(external_id, document, at)
        return external_id

    def cancel(self, external_id: str) -> None:
        self._set_status(self.books.orders[external_id], _CANCELLED)

    def message(self, external_id: str, topic: str = "") -> Message:
        happened = "statusUpdated" if topic == "cancelled" else topic or "created"
        about = {"type": "order", "id": int(external_id)}
        at, number = self._now(), next(self._next)
        body: Json = {
            "scope": f"store/order/{happened}",
            "store_id": "1001",
            "data": about,
            "created_at": int(at.timestamp()),
            "producer": f"stores/{self.shop}",
        }
        body["hash"] = hashlib.sha1(json.dumps(body).encode()).hexdigest()
        raw = json.dumps(body).encode()
        return Message(signed_headers(f"msg_{number}", at, raw, [text_key(SECRET)]), raw)

    # --- the API ---------------------------------------------------------------------

    def too_fast(self, asked: Asked) -> Answered:
        wait = max(1.0, self._limit.wait_seconds)
        headers = {
            "X-Rate-Limit-Requests-Left": "0",
            "X-Rate-Limit-Requests-Quota": str(QUOTA),
            "X-Rate-Limit-Time-Window-Ms": str(int(WINDOW_SECONDS * 1000)),
            "X-Rate-Limit-Time-Reset-Ms": str(int(wait * 1000)),
        }
        return Answered(429, {"status": 429, "title": "Too Many Requests"}, headers)

    def answer(self, asked: Asked) -> Answered:
        if asked.headers.get("x-auth-token") != TOKEN:
            return Answered(401, {"status": 401, "title": "Unauthorized"})
        store, _, path = asked.path.removeprefix("/stores/").partition("/")
        if store != self.shop:
            return Answered(404, {"status": 404, "title": "Not Found"})
        for method, pattern, work in _ROUTES:
            if method == asked.method and (found := re.fullmatch(pattern, path)):
                return self._about(work, asked, found.groups())
        return _missing()

    def _about(self, work: str, asked: Asked, names: tuple[str, ...]) -> Answered:
        if not names:
            return getattr(self, work)(asked)  # type: ignore[no-any-return]
        order = self.books.orders.get(names[0])
        return getattr(self, work)(order, asked) if order else _missing()

    def _orders(self, asked: Asked) -> Answered:
        least = datetime.fromisoformat(asked.query["min_date_modified"])
        found = [each for each in self.books.orders.values() if each.changed_at > least]
        found.sort(key=lambda each: each.changed_at)
        return _page(asked, [each.document["order"] for each in found])

    def _order(self, order: ShopOrder, asked: Asked) -> Answered:
        return Answered(200, order.document["order"])

    def _change(self, order: ShopOrder, asked: Asked) -> Answered:
        self._set_status(order, asked.json["status_id"])
        return Answered(200, order.document["order"])

    def _products(self, order: ShopOrder, asked: Asked) -> Answered:
        return _page(asked, order.document["products"])

    def _addresses(self, order: ShopOrder, asked: Asked) -> Answered:
        return _page(asked, order.document["shipping_addresses"])

    def _shipments(self, order: ShopOrder, asked: Asked) -> Answered:
        return _page(asked, [each["shipment"] for each in order.fulfilments])

    def _ship(self, order: ShopOrder, asked: Asked) -> Answered:
        """Refuses units that it has not, or not any more."""
        given, lines = asked.json, {line["id"]: line for line in order.document["products"]}
        for item in given["items"]:
            line = lines.get(item["order_product_id"])
            left = line and line["quantity"] - order.shipped[str(line["id"])]
            if not line or item["quantity"] > left:
                return _refused(400, "The number of items to ship is over the number left.")
        units = {str(item["order_product_id"]): item["quantity"] for item in given["items"]}
        order.shipped.update(units)
        shipment = {"id": next(self._next), "order_id": int(order.external_id), **given}
        order.fulfilments.append(
            {
                "tracking": given["tracking_number"],
                "carrier": given["shipping_method"],
                "lines": units,
                "shipment": shipment,
            }
        )
        for line in lines.values():
            line["quantity_shipped"] = order.shipped[str(line["id"])]
        is_last = all(line["quantity_shipped"] == line["quantity"] for line in lines.values())
        self._set_status(order, _SHIPPED if is_last else _PART_SHIPPED)
        return Answered(201, shipment)

    # --- refunds ---------------------------------------------------------------------

    def _quote(self, order: ShopOrder, asked: Asked) -> Answered:
        amount = _asked_for(order, asked.json["items"])
        if amount > _left_to_refund(order):
            return _refused(422, "The amount is over what remains to be refunded.")
        way = {"provider_id": "card", "amount": float(amount), "offline": False}
        quote = {"total_refund_amount": float(amount), "refund_methods": [[way]]}
        return Answered(200, {"data": {"order_id": int(order.external_id), **quote}, "meta": {}})

    def _refund(self, order: ShopOrder, asked: Asked) -> Answered:
        given, amount = asked.json, _asked_for(order, asked.json["items"])
        if (
            amount > _left_to_refund(order)
            or sum(Decimal(str(way["amount"])) for way in given["payments"]) != amount
        ):
            return _refused(422, "The payments do not add up to the refund.")
        entry = {"id": next(self._next), "reason": given["reason"], "items": given["items"]}
        entry["payments"] = [{**way, "is_declined": self.declines} for way in given["payments"]]
        entry["total_amount"] = float(amount)
        currency = order.document["order"]["default_currency_code"]
        lines = {str(item["item_id"]): item.get("quantity", 0) for item in given["items"]}
        order.refunds.append(
            {"amount": str(amount), "currency": currency, "lines": lines, "refund": entry}
        )
        if self.declines:
            return Answered(201, {"data": entry, "meta": {}})
        shown = order.document["order"]
        shown["refunded_amount"] = str(Decimal(shown.get("refunded_amount", "0")) + amount)
        is_whole = not _left_to_refund(order)
        shown["payment_status"] = "refunded" if is_whole else "partially refunded"
        self._set_status(order, _REFUNDED if is_whole else shown["status_id"])
        return Answered(201, {"data": entry, "meta": {}})

    def _refunds(self, order: ShopOrder, asked: Asked) -> Answered:
        return Answered(200, {"data": [each["refund"] for each in order.refunds], "meta": {}})

    def _void(self, order: ShopOrder, asked: Asked) -> Answered:
        if order.document["order"]["payment_status"] != "authorized":
            return _refused(422, "There is no authorized payment.")
        order.document["order"]["payment_status"] = "void pending"
        return Answered(201, {})

    # --- stock -----------------------------------------------------------------------

    def _set_stock(self, asked: Asked) -> Answered:
        """All of a batch, or nothing."""
        items = asked.json["items"]
        if len(items) > _MOST_ADJUSTMENTS:
            return _refused(422, f"More than {_MOST_ADJUSTMENTS} items.")
        unknown = [n for n, item in enumerate(items) if item["sku"] not in self.books.stock]
        if unknown:
            errors = {f"items.{n}": "Sku was not found." for n in unknown}
            return Answered(422, {"status": 422, "title": "Invalid items", "errors": errors})
        self.books.stock_writes += len(items)
        self.books.stock.update({item["sku"]: item["quantity"] for item in items})
        return Answered(200, {"transaction_id": f"transaction-{next(self._next)}"})

    def _stock(self, asked: Asked) -> Answered:
        wanted = asked.query["sku:in"].split(",")
        data = [
            {"identity": {"sku": sku}, "available_to_sell": self.books.stock[sku]}
            for sku in wanted
            if sku in self.books.stock
        ]
        return Answered(200, {"data": data, "meta": {}})

    def _set_status(self, order: ShopOrder, status: int) -> None:
        if status == _CANCELLED and order.state is not State.CANCELLED:
            order.state, order.cancellations = State.CANCELLED, order.cancellations + 1
        if status == _SHIPPED:
            order.state = State.FULFILLED
        order.changed_at, shown = self._now(), order.document["order"]
        shown["status_id"], shown["date_modified"] = status, format_datetime(order.changed_at)


_ROUTES = (
    ("GET", r"v2/orders", "_orders"),
    ("GET", r"v2/orders/(\d+)", "_order"),
    ("PUT", r"v2/orders/(\d+)", "_change"),
    ("GET", r"v2/orders/(\d+)/products", "_products"),
    ("GET", r"v2/orders/(\d+)/shipping_addresses", "_addresses"),
    ("GET", r"v2/orders/(\d+)/shipments", "_shipments"),
    ("POST", r"v2/orders/(\d+)/shipments", "_ship"),
    ("POST", r"v3/orders/(\d+)/payment_actions/refund_quotes", "_quote"),
    ("GET", r"v3/orders/(\d+)/payment_actions/refunds", "_refunds"),
    ("POST", r"v3/orders/(\d+)/payment_actions/refunds", "_refund"),
    ("POST", r"v3/orders/(\d+)/payment_actions/void", "_void"),
    ("PUT", r"v3/inventory/adjustments/absolute", "_set_stock"),
    ("GET", r"v3/inventory/locations/\d+/items", "_stock"),
)


def _page(asked: Asked, rows: list[Any]) -> Answered:
    limit, number = int(asked.query.get("limit", "50")), int(asked.query.get("page", "1"))
    page = rows[(number - 1) * limit : number * limit]
    return Answered(200, page) if page else Answered(204)


def _asked_for(order: ShopOrder, items: list[Json]) -> Decimal:
    lines = {line["id"]: line for line in order.document["products"]}
    amounts = []
    for item in items:
        if item["item_type"] == "ORDER":
            amounts.append(Decimal(str(item["amount"])))
            continue
        line = lines[item["item_id"]]
        off = sum((Decimal(each["amount"]) for each in line["applied_discounts"]), Decimal(0))
        whole = Decimal(line["total_inc_tax"]) - off
        amounts.append(whole * item["quantity"] / line["quantity"])
    return sum(amounts, Decimal(0)).quantize(Decimal("0.01"))


def _left_to_refund(order: ShopOrder) -> Decimal:
    shown = order.document["order"]
    return Decimal(shown["total_inc_tax"]) - Decimal(shown.get("refunded_amount") or "0")


def _refused(status: int, message: str) -> Answered:
    if status == 400:  # V2 lists its errors, V3 has one
        return Answered(400, [{"status": 400, "message": message}])
    return Answered(status, {"status": status, "title": message})


def _missing() -> Answered:
    return Answered(404, [{"status": 404, "message": "The requested resource was not found."}])
