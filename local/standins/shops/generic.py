"""A social shop: a small JSON API of its own, spoken to by `docs/samples/social.json` alone.

Nobody's real API. It has what such APIs have: bearer tokens, an idempotency header that is kept,
a stock version that refuses older figures, pages with a cursor, webhooks in Standard Webhooks form.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import uuid4

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
from oms.kernel.clock import from_iso, iso

TOKEN, SECRET = "local-shop-token", "local-secret"
SELLER = "@kiln-and-co"
PAGE = 20
_NOT_FOUND = Answered(404, {"error": "not_found"})


class SocialShop:
    def __init__(self, name: str, now: Callable[[], datetime]) -> None:
        self.name, self.now = name, now
        self.books = Books()
        self._versions: dict[str, int] = {}
        self._done: dict[str, tuple[Any, Answered]] = {}

    # --- the API ---------------------------------------------------------------------

    def answer(self, asked: Asked) -> Answered:
        if asked.headers.get("authorization") != f"Bearer {TOKEN}":
            return Answered(401, {"error": "invalid_token"})
        match asked.method, *asked.path.strip("/").split("/"):
            case "GET", "v1", "orders":
                return self._changed(asked)
            case "GET", "v1", "stock":
                return self._stock(asked)
            case "PUT", "v1", "stock", sku:
                return self._set_stock(sku, asked.json)
            case method, "v1", "orders", external_id, *rest:
                order = self.books.orders.get(external_id)
                return self._of_order(order, method, rest, asked) if order else _NOT_FOUND
        return _NOT_FOUND

    def too_fast(self, asked: Asked) -> Answered:
        return Answered(429, {"error": "slow_down"}, {"Retry-After": "2"})

    def _of_order(self, order: ShopOrder, method: str, rest: list[str], asked: Asked) -> Answered:
        match method, *rest:
            case ("GET",):
                return Answered(200, {"order": order.document["order"]})
            case "PUT", "cancellation":
                return self._cancelled(order)
            case "POST", "shipments":
                return self._once(asked, lambda: self._ship(order, asked.json))
            case "POST", "refunds":
                return self._once(asked, lambda: self._refund(order, asked.json))
        return _NOT_FOUND

    def _once(self, asked: Asked, act: Callable[[], Answered]) -> Answered:
        """The same key answers the same; with another body it is a mistake."""
        key, body = asked.headers.get("idempotency-key", ""), asked.json
        if not key:
            return Answered(400, {"error": "idempotency_key_missing"})
        if key in self._done:
            known, answered = self._done[key]
            return answered if known == body else Answered(422, {"error": "key_reused"})
        answered = act()
        if answered.status < 300:
            self._done[key] = (body, answered)
        return answered

    def _ship(self, order: ShopOrder, body: Json) -> Answered:
        if order.state is not State.OPEN:
            return Answered(409, {"error": f"order_{order.state.lower()}"})
        ordered = {each["ref"]: each["count"] for each in order.document["order"]["items"]}
        sent = {each["ref"]: each["count"] for each in body["items"]}
        if any(order.shipped[ref] + n > ordered.get(ref, 0) for ref, n in sent.items()):
            return Answered(422, {"error": "more_than_ordered"})
        order.shipped.update(sent)
        tracking = body["tracking"]
        told = {"tracking": tracking["number"], "carrier": tracking["carrier"], "lines": sent}
        order.fulfilments.append(told)
        if order.shipped.total() == sum(ordered.values()):
            self._ended(order, State.FULFILLED, "sent")
        return Answered(201, {"shipment": {"id": f"sh-{len(order.fulfilments)}"}})

    def _refund(self, order: ShopOrder, body: Json) -> Answered:
        back = sum(each["amount"] for each in order.refunds) + body["amount"]
        if back > order.document["order"]["to_pay"]:
            return Answered(422, {"error": "more_than_paid"})
        told = {"amount": body["amount"], "currency": body["currency"], "lines": body["items"]}
        order.refunds.append(told)
        order.document["order"]["refunds"] = [{"amount": r["amount"]} for r in order.refunds]
        self._touched(order)
        return Answered(201, {"refund": {"id": f"re-{len(order.refunds)}"}})

    def _cancelled(self, order: ShopOrder) -> Answered:
        if order.state is State.FULFILLED:
            return Answered(409, {"error": "order_fulfilled"})
        if order.state is State.OPEN:
            order.cancellations += 1
            self._ended(order, State.CANCELLED, "cancelled")
        return Answered(200, {"order": order.document["order"]})

    def _changed(self, asked: Asked) -> Answered:
        """By time of change, after the last one that was seen: a change in between moves an order
        to the end and hides no other."""
        since, cursor = from_iso(asked.query["changed_since"]), asked.query.get("cursor", "")
        changed = {
            f"{iso(order.changed_at)}~{order.external_id}": order.document["order"]
            for order in self.books.orders.values()
            if order.changed_at >= since
        }
        left = sorted(place for place in changed if place > cursor)
        following = left[PAGE - 1] if len(left) > PAGE else None
        orders = [changed[place] for place in left[:PAGE]]
        return Answered(200, {"orders": orders, "next": following})

    def _stock(self, asked: Asked) -> Answered:
        wanted = asked.query.get("skus", "").split(",")
        rows = [(sku, self.books.stock[sku]) for sku in wanted if sku in self.books.stock]
        return Answered(200, {"stock": [{"sku": sku, "units": units} for sku, units in rows]})

    def _set_stock(self, sku: str, body: Json) -> Answered:
        if sku not in self.books.stock:
            return _NOT_FOUND
        if body["version"] >= self._versions.get(sku, 0):  # older news changes nothing
            self.books.stock[sku], self._versions[sku] = body["units"], body["version"]
            self.books.stock_writes += 1
        return Answered(200, {"sku": sku, "units": self.books.stock[sku]})

    # --- what happens in the shop ----------------------------------------------------

    def take_order(self, document: Json) -> str:
        external_id = str(document["order"]["id"])
        known = self.books.orders.get(external_id)
        if known:
            known.document = document
            self._touched(known)
        else:
            self.books.orders[external_id] = ShopOrder(external_id, document, self.now())
        return external_id

    def cancel(self, external_id: str) -> None:
        order = self.books.orders[external_id]
        order.cancellations += 1
        self._ended(order, State.CANCELLED, "cancelled")

    def message(self, external_id: str, topic: str = "") -> Message | None:
        body = json.dumps(self.books.orders[external_id].document).encode()
        event = {"": "order.placed"}.get(topic, f"order.{topic}")
        keys = [text_key(SECRET)]
        signed = signed_headers(f"msg_{uuid4().hex}", self.now(), body, keys)
        return Message({**signed, "x-social-shop": SELLER, "x-social-event": event}, body)

    def _ended(self, order: ShopOrder, state: State, status: str) -> None:
        order.state = state
        order.document["order"]["status"] = status
        self._touched(order)

    def _touched(self, order: ShopOrder) -> None:
        order.changed_at = self.now()
        order.document["order"]["changed"] = iso(order.changed_at)


def make(shop: str, now: Callable[[], datetime]) -> Shopfront:
    """20 requests a second, 40 at once."""
    return Shopfront(SocialShop(shop, now), now, RateLimit(20, 40, now))
