"""Stand-ins for the shops that orders come from, with books of their own: no network, no threads.

One `ShopBooks` holds any number of shops of both kinds. They know the part of the two APIs
that an order system calls to say what was shipped, keep what they were told, and misbehave
on demand: do the work and lose the reply, answer 429 or 500, say no.
"""

from __future__ import annotations

import itertools
import json
import re
import threading
from collections import deque
from collections.abc import Callable
from enum import StrEnum
from typing import Any

Json = dict[str, Any]
Reply = tuple[int, Json]

_SHOPIFY = re.compile(r"/shopify/([^/]+)/admin/api/[0-9a-z-]+/graphql\.json")
_WOO = re.compile(r"/woocommerce/([^/]+)/wp-json/wc/v3/orders/(\d+)")
_OPERATION = re.compile(r"\s*(?:query|mutation)\s+(\w+)")
_NUMBER = re.compile(r"(\d+)$")


class Misbehaviour(StrEnum):
    LOSE_REPLY = "lose_reply"  # the work is done, the caller never hears
    FAIL = "fail"  # 500, nothing done
    RATE_LIMIT = "rate_limit"  # 429, nothing done


class ReplyLost(Exception):
    """The front must break the connection: the work is done, the reply is gone."""


class ShopBooks:
    """`handle` is both APIs: `/shopify/{shop}/admin/...` and `/woocommerce/{shop}/wp-json/...`.

    Misbehaviour spoils the next requests that write; reading goes on.
    """

    def __init__(self) -> None:
        self._orders: dict[tuple[str, str, str], Json] = {}
        self._misdeeds: deque[Misbehaviour] = deque()
        self._numbers = itertools.count(1)
        self._lock = threading.RLock()

    def pages(self) -> Json:
        """See `kept_books`: every shop's orders with what was told of them."""
        with self._lock:
            return {"orders": self._orders, "next": next(self._numbers)}

    def reopen(self, pages: Json) -> None:
        with self._lock:
            self._orders.update(pages["orders"])
            self._numbers = itertools.count(pages["next"])

    def misbehave(self, *next_writes: Misbehaviour) -> None:
        self._misdeeds.extend(next_writes)

    def take_order(self, platform: str, shop: str, order: Json) -> None:
        """Know `order`, given as the platform's own webhook body."""
        taken = _shopify_order(order) if platform == "shopify" else _woo_order(order)
        with self._lock:
            self._orders.setdefault((platform, shop, str(order["id"])), taken)

    def books(self) -> Json:
        """Every order with what was told of it."""
        with self._lock:
            return {"/".join(key): json.loads(json.dumps(o)) for key, o in self._orders.items()}

    def order(self, platform: str, shop: str, order_id: str) -> Json:
        return self._orders[platform, shop, order_id]

    def handle(self, method: str, path: str, body: bytes) -> Reply:
        """One request. Raises ReplyLost when its work is done and nobody shall hear."""
        with self._lock:
            if graphql := _SHOPIFY.fullmatch(path):
                return self._graphql(graphql[1], json.loads(body))
            if rest := _WOO.fullmatch(path):
                return self._rest(method, rest[1], rest[2], body)
        return 404, {"errors": "Not Found"}

    def _spoilt(self, work: Callable[[], Reply]) -> Reply:
        misdeed = self._misdeeds.popleft() if self._misdeeds else None
        if misdeed is Misbehaviour.FAIL:
            return 500, {"errors": "Internal Server Error"}
        if misdeed is Misbehaviour.RATE_LIMIT:
            return 429, {"errors": "Too Many Requests"}
        reply = work()
        if misdeed is Misbehaviour.LOSE_REPLY:
            raise ReplyLost
        return reply

    # Shopify

    def _graphql(self, shop: str, asked: Json) -> Reply:
        operation, given = _OPERATION.match(asked["query"]), asked["variables"]
        match operation and operation[1]:
            case "ShipmentsOfOrder":
                return 200, {"data": {"order": self._seen(shop, _number(given["id"]))}}
            case "LinesToFulfil":
                return 200, {"data": {"fulfillmentOrder": self._lines(shop, given)}}
            case "CreateFulfilment":
                return self._spoilt(lambda: self._create(shop, given["fulfillment"]))
        return 200, {"errors": [{"message": "an operation that this stand-in does not know"}]}

    def _seen(self, shop: str, number: str) -> Json | None:
        order = self._orders.get(("shopify", shop, number))
        if order is None:
            return None
        state = "OPEN" if any(order["remaining"].values()) else "CLOSED"
        told = [
            {"id": each["id"], "status": each["status"], "trackingInfo": [each["tracking"]]}
            for each in order["fulfilments"]
        ]
        nodes = [{"id": f"gid://shopify/FulfillmentOrder/{number}", "status": state}]
        return {"fulfillments": told, "fulfillmentOrders": {"nodes": nodes}}

    def _lines(self, shop: str, given: Json) -> Json | None:
        order = self._orders.get(("shopify", shop, _number(given["id"])))
        if order is None:
            return None
        every = [
            {
                "id": f"gid://shopify/FulfillmentOrderLineItem/{line}",
                "remainingQuantity": left,
                "lineItem": {"id": f"gid://shopify/LineItem/{line}"},
            }
            for line, left in order["remaining"].items()
        ]
        start = int(given.get("after") or 0)
        end = start + given["first"]
        more = {"hasNextPage": end < len(every), "endCursor": str(end)}
        return {"lineItems": {"nodes": every[start:end], "pageInfo": more}}

    def _create(self, shop: str, wanted: Json) -> Reply:
        """All or nothing, and no unit twice."""
        (part,) = wanted["lineItemsByFulfillmentOrder"]
        order = self._orders["shopify", shop, _number(part["fulfillmentOrderId"])]
        units = {_number(e["id"]): e["quantity"] for e in part["fulfillmentOrderLineItems"]}
        if any(order["remaining"].get(line, 0) < count for line, count in units.items()):
            return _created(None, "Invalid fulfillment order line item quantity requested.")
        for line, count in units.items():
            order["remaining"][line] -= count
        name = f"gid://shopify/Fulfillment/{next(self._numbers)}"
        told = {
            "id": name,
            "status": "SUCCESS",
            "tracking": wanted["trackingInfo"],
            "lines": units,
        }
        order["fulfilments"].append(told)
        return _created(name, None)

    # WooCommerce

    def _rest(self, method: str, shop: str, number: str, body: bytes) -> Reply:
        order = self._orders.get(("woocommerce", shop, number))
        if order is None:
            return 404, {"code": "woocommerce_rest_shop_order_invalid_id"}
        if method == "PUT":
            return self._spoilt(lambda: self._update(order, json.loads(body)))
        return 200, order

    def _update(self, order: Json, wanted: Json) -> Reply:
        order["writes"] += 1
        order["status"] = wanted.get("status", order["status"])
        for meta in wanted.get("meta_data", ()):
            # As update_meta_data() does without an id: the row of that key, or a new one.
            kept = next((e for e in order["meta_data"] if e["key"] == meta["key"]), None)
            if kept:
                kept["value"] = meta["value"]
            else:
                order["meta_data"].append({"id": next(self._numbers), **meta})
        return 200, order


def _number(gid: str) -> str:
    found = _NUMBER.search(gid)
    return found[1] if found else ""


def _created(name: str | None, trouble: str | None) -> Reply:
    errors = [{"field": ["fulfillment"], "message": trouble}] if trouble else []
    done = {"id": name} if name else None
    return 200, {"data": {"fulfillmentCreate": {"fulfillment": done, "userErrors": errors}}}


def _shopify_order(order: Json) -> Json:
    remaining = {
        str(line["id"]): line.get("fulfillable_quantity", line["quantity"])
        for line in order["line_items"]
    }
    return {"id": str(order["id"]), "remaining": remaining, "fulfilments": []}


def _woo_order(order: Json) -> Json:
    meta = [dict(each) for each in order.get("meta_data", ())]
    return {"id": order["id"], "status": order["status"], "meta_data": meta, "writes": 0}
