"""The part of Shopify's GraphQL Admin API that an order system calls, by operation name.

It answers whole objects whatever was selected, and charges points for each operation.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

from local.standins.platform import Books, Json, RateLimit, ShopOrder, State, numbers
from local.standins.shops import shopify_orders as orders
from oms.kernel.clock import from_iso, iso

_LOCATION = "gid://shopify/Location/7001"
_OPERATION = re.compile(r"\s*(query|mutation)\s+(\w+)")
_LAST_NUMBER = re.compile(r"(\d+)$")
_SINCE = re.compile(r"updated_at:>='([^']+)'")
_SKU = re.compile(r'sku:("(?:[^"\\]|\\.)*")')
_LARGEST_BATCH, _LARGEST_PAGE = 250, 250
_KEY_NEEDED = "The @idempotent directive is required for this mutation but was not provided."


class AdminGraphql:
    def __init__(self, books: Books, now: Callable[[], datetime], points: RateLimit) -> None:
        self._books, self._now, self._points = books, now, points
        self._numbers, self._items = numbers(1), dict[str, int]()
        self._replies: dict[str, tuple[str, Json]] = {}

    def answer(self, asked: Json) -> Json:
        operation, given = _OPERATION.match(asked["query"]), asked["variables"]
        operations = {
            "ShipmentsOfOrder": self._shipments,
            "LinesToFulfil": self._lines,
            "CreateFulfilment": self._fulfil,
            "ChangedOrders": self._changed,
            "FirstLocation": lambda _: {"locations": {"nodes": [{"id": _LOCATION}]}},
            "StockOfSkus": self._stock,
            "SetAvailable": self._once("inventorySetQuantities", self._set_available),
            "CancelledOrNot": self._cancelled,
            "CancelOrder": self._cancel,
            "MoneyOfOrder": self._money,
            "CreateRefund": self._once("refundCreate", self._refund),
        }
        if operation is None or operation[2] not in operations:
            return {"errors": [{"message": "an operation that this stand-in does not know"}]}
        cost = 10 if operation[1] == "mutation" else 2 + given.get("first", 10)
        if not self._points.takes(cost):
            return self.throttled(cost, available=int(self._points.left))
        return {"data": operations[operation[2]](given)}

    def throttled(self, cost: int, available: int) -> Json:
        status = {"maximumAvailable": 2000, "currentlyAvailable": available, "restoreRate": 100}
        told = {"requestedQueryCost": cost, "actualQueryCost": None, "throttleStatus": status}
        error = {"message": "Throttled", "extensions": {"code": "THROTTLED"}}
        return {"errors": [error], "extensions": {"cost": told}}

    def _once(self, name: str, work: Callable[[Json], Json]) -> Callable[[Json], Json]:
        """`work` under the idempotency key of the request."""

        def answer(given: Json) -> Json:
            asked = json.dumps(given["input"], sort_keys=True)
            if not (key := given.get("key")):
                return _refused(name, _KEY_NEEDED)
            if key not in self._replies:
                self._replies[key] = (asked, work(given["input"]))
            before, reply = self._replies[key]
            if before != asked:
                return _refused(name, "other parameters", "IDEMPOTENCY_KEY_PARAMETER_MISMATCH")
            return reply

        return answer

    def _order(self, name: str) -> ShopOrder | None:
        return self._books.orders.get(_number(name))

    # Orders and shipments

    def _changed(self, given: Json) -> Json:
        since = _SINCE.search(given["query"])
        assert since and given["first"] <= _LARGEST_PAGE
        every = sorted(
            (order.changed_at, int(order.external_id))
            for order in self._books.orders.values()
            if order.changed_at >= from_iso(since[1])
        )
        names = [f"{iso(at)} {number}" for at, number in every]
        start = sum(name <= given["after"] for name in names) if given["after"] else 0
        nodes = [
            {"legacyResourceId": str(number), "updatedAt": iso(at)} for at, number in every[start:]
        ]
        return {"orders": _page(nodes, names[start:], given["first"])}

    def _shipments(self, given: Json) -> Json:
        if (order := self._order(given["id"])) is None:
            return {"order": None}
        state = "OPEN" if any(orders.remaining(order).values()) else "CLOSED"
        told = [
            {"id": f"gid://shopify/Fulfillment/{n}", "status": "SUCCESS",
             "trackingInfo": [{"number": each["tracking"]}]}
            for n, each in enumerate(order.fulfilments)
        ]  # fmt: skip
        node = {"id": f"gid://shopify/FulfillmentOrder/{order.external_id}", "status": state}
        return {"order": {"fulfillments": told, "fulfillmentOrders": {"nodes": [node]}}}

    def _lines(self, given: Json) -> Json:
        if (order := self._order(given["id"])) is None:
            return {"fulfillmentOrder": None}
        nodes = [
            {
                "id": f"gid://shopify/FulfillmentOrderLineItem/{line}",
                "remainingQuantity": units,
                "lineItem": {"id": f"gid://shopify/LineItem/{line}"},
            }
            for line, units in orders.remaining(order).items()
        ]
        start = int(given.get("after") or 0)
        names = [str(n + 1) for n in range(len(nodes))]
        page = _page(nodes[start:], names[start:], given["first"])
        return {"fulfillmentOrder": {"lineItems": page}}

    def _fulfil(self, given: Json) -> Json:
        """All or nothing, and no unit twice."""
        wanted = given["fulfillment"]
        (part,) = wanted["lineItemsByFulfillmentOrder"]
        order = self._books.orders[_number(part["fulfillmentOrderId"])]
        units = {_number(e["id"]): e["quantity"] for e in part["fulfillmentOrderLineItems"]}
        open_units = orders.remaining(order)
        if any(open_units.get(line, 0) < count for line, count in units.items()):
            return _refused("fulfillmentCreate", "Invalid fulfillment order line item quantity.")
        number = next(self._numbers)
        orders.fulfil(order, units, wanted["trackingInfo"], number, self._now())
        done = {"id": f"gid://shopify/Fulfillment/{number}"}
        return {"fulfillmentCreate": {"fulfillment": done, "userErrors": []}}

    # Cancelling and money

    def _cancelled(self, given: Json) -> Json:
        if (order := self._order(given["id"])) is None:
            return {"order": None}
        return {"order": {"cancelledAt": order.document.get("cancelled_at")}}

    def _cancel(self, given: Json) -> Json:
        order = self._order(given["id"])
        if order is None or order.state is not State.OPEN:
            error = {"code": "INVALID", "field": ["orderId"], "message": "Cannot be cancelled."}
            return {"orderCancel": {"job": None, "orderCancelUserErrors": [error]}}
        refunds = given["refund"]["originalPaymentMethodsRefund"]
        if given["restock"]:
            for line in order.document["line_items"]:
                self._books.stock[line["sku"]] += line["quantity"]
        orders.cancel(order, given["reason"].lower(), self._now(), refunds=refunds)
        order.cancellations += 1
        job = {"id": f"gid://shopify/Job/{next(self._numbers)}"}
        return {"orderCancel": {"job": job, "orderCancelUserErrors": []}}

    def _money(self, given: Json) -> Json:
        if (order := self._order(given["id"])) is None:
            return {"order": None}
        document = order.document
        sale = f"gid://shopify/OrderTransaction/{order.external_id}"
        taken = [_transaction("SALE", sale, str(orders.paid(order)), document)]
        back = [
            _transaction("REFUND", f"{sale}-{n}", money["amount"], document, parent=sale)
            for n, refund in enumerate(document.get("refunds", ()))
            for money in refund["transactions"]
        ]
        return {
            "order": {
                "currencyCode": document["currency"],
                "presentmentCurrencyCode": _shown(document),
                "refunds": [{"note": each["note"]} for each in document.get("refunds", ())],
                "transactions": [*(taken if orders.paid(order) else ()), *back],
            }
        }

    def _refund(self, given: Json) -> Json:
        order = self._books.orders[_number(given["orderId"])]
        amount = sum((Decimal(each["amount"]) for each in given["transactions"]), Decimal(0))
        if amount > orders.left(order):
            return _refused("refundCreate", "Refund amount cannot exceed what was paid.")
        lines = {_number(e["lineItemId"]): e["quantity"] for e in given["refundLineItems"]}
        number = next(self._numbers)
        orders.give_back(order, amount, lines, given["note"], number, self._now())
        for goods, asked in zip(
            order.document["refunds"][-1]["refund_line_items"],
            given["refundLineItems"],
            strict=True,
        ):
            goods["restock_type"] = asked["restockType"].lower()
        done = {"id": f"gid://shopify/Refund/{number}"}
        return {"refundCreate": {"refund": done, "userErrors": []}}

    # Stock

    def _stock(self, given: Json) -> Json:
        """Its search finds words that begin alike, too, in any case."""
        words = [json.loads(word).casefold() for word in _SKU.findall(given["query"])]
        found = [
            sku
            for sku in sorted(self._books.stock)
            if any(sku.casefold().startswith(word) for word in words)
        ]
        after = given["after"] or ""
        left = [sku for sku in found if sku > after]
        nodes = [{"sku": sku, "inventoryItem": self._item(sku)} for sku in left]
        return {"productVariants": _page(nodes, left, given["first"])}

    def _item(self, sku: str) -> Json:
        number = self._items.setdefault(sku, 9000 + len(self._items))
        level = {"quantities": [{"name": "available", "quantity": self._books.stock[sku]}]}
        name = f"gid://shopify/InventoryItem/{number}"
        return {"id": name, "tracked": True, "inventoryLevel": level}

    def _set_available(self, given: Json) -> Json:
        name, quantities = "inventorySetQuantities", given["quantities"]
        if len(quantities) > _LARGEST_BATCH:
            return _refused(name, "The input array size is greater than the maximum allowed.")
        if any("changeFromQuantity" not in each for each in quantities):
            return _refused(name, "changeFromQuantity is required.")
        skus = {number: sku for sku, number in self._items.items()}
        for each in quantities:
            sku = skus[int(_number(each["inventoryItemId"]))]
            self._books.stock[sku] = each["quantity"]
            self._books.stock_writes += 1
        return {name: {"userErrors": []}}


def _number(name: str) -> str:
    found = _LAST_NUMBER.search(name)
    return found[1] if found else ""


def _page(nodes: list[Json], names: list[str], first: int) -> Json:
    """`names` are the cursors of the nodes."""
    end = names[:first][-1] if names else None
    return {
        "nodes": nodes[:first],
        "pageInfo": {"hasNextPage": len(nodes) > first, "endCursor": end},
    }


def _refused(name: str, message: str, code: str = "INVALID") -> Json:
    error = {"field": ["input"], "message": message, "code": code}
    return {name: {"userErrors": [error]}}


def _shown(document: Json) -> str:
    return str(document.get("presentment_currency") or document["currency"])


def _transaction(kind: str, name: str, amount: str, document: Json, parent: str = "") -> Json:
    """In the customer's currency it is the whole, as this shop refunds such an order at once."""
    both: Any = document.get("total_price_set") or {}
    shown = both.get("presentment_money", {}).get("amount", amount)
    return {
        "id": name,
        "kind": kind,
        "status": "SUCCESS",
        "gateway": "shopify_payments",
        "parentTransaction": {"id": parent} if parent else None,
        "amountSet": {
            "shopMoney": {"amount": amount, "currencyCode": document["currency"]},
            "presentmentMoney": {
                "amount": amount if _shown(document) == document["currency"] else shown,
                "currencyCode": _shown(document),
            },
        },
    }
