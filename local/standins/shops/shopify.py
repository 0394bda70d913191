"""A Shopify shop: webhooks, one order by REST, and the door to its GraphQL API.

Limits as published: GraphQL costs points of a bucket of 2,000 that fills by 100 a second and
says no with 200; REST takes 2 requests a second after a burst of 40 and says no with 429.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from datetime import datetime

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
from local.standins.shops.shopify_graphql import AdminGraphql
from local.standins.shops.shopify_orders import cancel, copied, take
from oms.channels.signing import sign
from oms.kernel.clock import from_iso

TOKEN, SECRET = "local-shop-token", "local-secret"
_GRAPHQL = re.compile(r"/admin/api/[0-9a-z-]+/graphql\.json")
_ORDER = re.compile(r"/admin/api/[0-9a-z-]+/orders/(\d+)\.json")
_NO_TOKEN = "[API] Invalid API key or access token (unrecognized login or wrong password)"
_FACTS: dict[str, Callable[[Json], Json]] = {  # topics whose body is no order
    "refunds/create": lambda order: {**order["refunds"][-1], "order_id": order["id"]},
    "orders/edited": lambda order: {"order_edit": {"id": 1, "order_id": order["id"]}},
    "orders/delete": lambda order: {"id": order["id"]},
    "fulfillments/create": lambda order: {**order["fulfillments"][-1], "order_id": order["id"]},
}


class Shopify:
    name = "shopify"

    def __init__(self, shop: str, now: Callable[[], datetime]) -> None:
        self._shop, self._now = shop, now
        self.books = Books()
        self._rest = RateLimit(2, 40, now)
        self._graphql = AdminGraphql(self.books, now, RateLimit(100, 2000, now))

    def answer(self, asked: Asked) -> Answered:
        if asked.headers.get("x-shopify-access-token") != TOKEN:
            return Answered(401, {"errors": _NO_TOKEN})
        if asked.method == "POST" and _GRAPHQL.fullmatch(asked.path):
            return Answered(200, self._graphql.answer(asked.json))
        if not self._rest.takes():
            return self.too_fast(asked)
        found = _ORDER.fullmatch(asked.path) if asked.method == "GET" else None
        order = self.books.orders.get(found[1]) if found else None
        if order is None:
            return Answered(404, {"errors": "Not Found"})
        return Answered(200, {"order": order.document})

    def too_fast(self, asked: Asked) -> Answered:
        if _GRAPHQL.fullmatch(asked.path):
            return Answered(200, self._graphql.throttled(10, available=0))
        said = "Exceeded 2 calls per second for api client. Reduce request rates to resume."
        return Answered(429, {"errors": said}, {"Retry-After": "2.0"})

    def take_order(self, document: Json) -> str:
        external_id = str(document["id"])
        known = self.books.orders.get(external_id)
        if known is None:
            updated = document.get("updated_at")
            at = from_iso(updated) if updated else self._now()
            known = ShopOrder(external_id, {}, at)
            self.books.orders[external_id] = known
        elif known.document == document:
            return external_id
        else:
            known.changed_at = self._now()
        take(known, copied(document))
        for line in document.get("line_items", ()):
            if line.get("sku"):
                self.books.stock.setdefault(line["sku"], 0)
        return external_id

    def cancel(self, external_id: str) -> None:
        order = self.books.orders[external_id]
        if order.state is State.OPEN:
            cancel(order, "customer", self._now(), refunds=True)

    def message(self, external_id: str, topic: str = "") -> Message:
        """`topic` as Shopify's own, or its last word for one of an order."""
        topic = topic or "create"
        topic = topic if "/" in topic else f"orders/{topic}"
        order = self.books.orders[external_id].document
        facts = _FACTS.get(topic)
        body = json.dumps(facts(order) if facts else order, default=str).encode()
        return Message(
            {
                "X-Shopify-Topic": topic,
                "X-Shopify-Shop-Domain": f"{self._shop}.myshopify.com",
                "X-Shopify-Webhook-Id": hashlib.sha256(topic.encode() + body).hexdigest()[:32],
                "X-Shopify-Hmac-Sha256": sign(body, SECRET).decode(),
            },
            body,
        )


def writes(asked: Asked) -> bool:
    """GraphQL reads by POST as well."""
    return b'"mutation ' in asked.body if _GRAPHQL.fullmatch(asked.path) else asked.writes


def make(shop: str, now: Callable[[], datetime]) -> Shopfront:
    return Shopfront(Shopify(shop, now), now, writes=writes)
