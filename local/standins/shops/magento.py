"""One Magento shop, as Adobe Commerce sells it: REST with an integration's token, multi-source
inventory, and events signed with RSA.

What an order takes is reserved, and leaves the source when it is shipped; `books.stock` is what
buyers see. A page after the last is the last once more. Cancelling says no by `false`.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from urllib.parse import unquote

from local.standins.platform import (
    Answered,
    Asked,
    Books,
    Json,
    Message,
    Shopfront,
    ShopOrder,
    State,
)
from local.standins.shops.magento_events import EventKeys
from local.standins.shops.magento_rows import (
    by_id,
    invoices,
    is_shelved,
    memo_amount,
    page,
    says,
    shelved,
)

TOKEN = "local-shop-token"
_FILTER = "searchCriteria[filter_groups][0][filters][0]"


def make(shop: str, now: Callable[[], datetime]) -> Shopfront:
    """Magento itself has no limit of requests."""
    return Shopfront(Magento(now), now)


class Magento:
    """`ships_together` are the ids of bundles that are shipped as a whole. Of SKUs that are
    `switched_off` at the source buyers see none of its units."""

    name = "magento"

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.books = Books()
        self.ships_together, self.switched_off = set[int](), set[str]()
        self._now, self._next, self._keys = now, itertools.count(1), EventKeys()
        self._reserved: Counter[str] = Counter()

    # --- what the shop lives through -------------------------------------------------

    def take_order(self, document: Json) -> str:
        external_id = str(document["entity_id"])
        if known := self.books.orders.get(external_id):
            known.document = document
            self._touch(known)
            return external_id
        at = datetime.fromisoformat(f"{document['updated_at']}Z")
        self.books.orders[external_id] = ShopOrder(external_id, document, at)
        for sku, units in shelved(document).items():
            self.books.stock[sku] = self.books.stock.get(sku, 0) - units
            self._reserved[sku] += units
        return external_id

    def cancel(self, external_id: str) -> None:
        self._end(self.books.orders[external_id], "canceled")

    def message(self, external_id: str, topic: str = "") -> Message:
        order = self.books.orders[external_id].document
        value = {"entity_id": int(external_id), "state": order["state"]}
        return self._keys.event(f"event-{next(self._next)}", "sales_order_save_commit_after", value)

    # --- the API ---------------------------------------------------------------------

    def too_fast(self, asked: Asked) -> Answered:
        return Answered(429, {"message": "Too Many Requests"}, {"Retry-After": "2"})

    def answer(self, asked: Asked) -> Answered:
        if asked.path.startswith(self._keys.PATH):
            return Answered(200, self._keys.public)
        if asked.headers.get("authorization") != f"Bearer {TOKEN}":
            return says(401, "The consumer isn't authorized to access %resources.")
        path = asked.path.removeprefix("/rest/V1/")
        for method, pattern, work in _ROUTES:
            if method == asked.method and (found := re.fullmatch(pattern, path)):
                return self._about(work, asked, found.groups())
        return says(404, "Request does not match any route.")

    def _about(self, work: str, asked: Asked, names: tuple[str, ...]) -> Answered:
        if not work.startswith("_order_"):
            return getattr(self, work)(asked, *map(unquote, names))  # type: ignore[no-any-return]
        order = self.books.orders.get(names[0])
        if order is None:
            return says(404, "The entity that was requested doesn't exist. Verify the entity.")
        return getattr(self, work)(asked, order)  # type: ignore[no-any-return]

    def _orders(self, asked: Asked) -> Answered:
        least = asked.query[f"{_FILTER}[value]"]
        orders = [each.document for each in self.books.orders.values()]
        found = [each for each in orders if each["updated_at"] >= least]
        return page(asked, sorted(found, key=lambda each: (each["updated_at"], each["entity_id"])))

    def _order_shown(self, asked: Asked, order: ShopOrder) -> Answered:
        return Answered(200, order.document)

    def _order_cancel(self, asked: Asked, order: ShopOrder) -> Answered:
        document = order.document
        can = document["state"] in ("new", "processing", "holded") and not document["total_paid"]
        if can:
            self._end(order, "canceled")
        return Answered(200, can)

    def _end(self, order: ShopOrder, state: str) -> None:
        order.document["state"] = order.document["status"] = state
        order.state, order.cancellations = State.CANCELLED, order.cancellations + 1
        for sku, units in shelved(order.document).items():
            self.books.stock[sku] += units
            self._reserved[sku] -= units
        self._touch(order)

    def _touch(self, order: ShopOrder) -> None:
        order.changed_at = self._now()
        order.document["updated_at"] = order.changed_at.strftime("%Y-%m-%d %H:%M:%S")

    # --- shipments -------------------------------------------------------------------

    def _shipments(self, asked: Asked) -> Answered:
        return self._of_order(asked, lambda order: [e["shipment"] for e in order.fulfilments])

    def _order_ship(self, asked: Asked, order: ShopOrder) -> Answered:
        given, rows = asked.json, by_id(order.document)
        for item in given["items"]:
            row = rows.get(item["order_item_id"])
            if row is None or not self._can_ship(row, rows):
                return says(400, "The shipment contains product that is not part of the order.")
            if item["qty"] > row["qty_ordered"] - order.shipped[str(row["item_id"])]:
                return says(400, "The quantity to ship must not be greater than the unshipped.")
        units = {str(item["order_item_id"]): item["qty"] for item in given["items"]}
        order.shipped.update(units)
        self._leave(order.document, units)
        shipment = {
            "entity_id": next(self._next),
            "order_id": int(order.external_id),
            "items": given["items"],
            "tracks": given["tracks"],
            "comments": [given["comment"]] if given.get("appendComment") else [],
        }
        tracks = given["tracks"] or [{"track_number": "", "title": ""}]
        order.fulfilments.append(
            {
                "tracking": tracks[0]["track_number"],
                "carrier": tracks[0]["title"],
                "lines": units,
                "source": given["arguments"].get("extension_attributes", {}).get("source_code"),
                "shipment": shipment,
            }
        )
        self._completes(order)
        self._touch(order)
        return Answered(200, str(shipment["entity_id"]))

    def _can_ship(self, row: Json, rows: dict[int, Json]) -> bool:
        """Of a bundle its parts, or itself; of a variant's rows the upper one."""
        if row["is_virtual"]:
            return False
        bundle = rows.get(row.get("parent_item_id") or 0, row)
        together = bundle["product_id"] in self.ships_together
        if bundle["product_type"] == "bundle":
            return together is (bundle is row)
        return bundle is row

    def _leave(self, document: Json, units: dict[str, int]) -> None:
        """Off the shelf and off the reservations: buyers see no difference."""
        rows = by_id(document)
        for row in rows.values():
            whole = rows.get(row.get("parent_item_id") or 0)
            count = units.get(str(row["item_id"]), 0)
            if whole and not count:
                wholes = units.get(str(whole["item_id"]), 0)
                count = wholes * row["qty_ordered"] // whole["qty_ordered"]
            row["qty_shipped"] = row.get("qty_shipped", 0) + count
            if is_shelved(row):
                self._reserved[row["sku"]] -= count

    def _completes(self, order: ShopOrder) -> None:
        if not shelved(order.document).total() and order.document["total_paid"]:
            order.state = State.FULFILLED
            order.document["state"] = order.document["status"] = "complete"

    # --- invoices and credit memos ---------------------------------------------------

    def _invoices(self, asked: Asked) -> Answered:
        return self._of_order(asked, lambda order: list(invoices(order)))

    def _creditmemos(self, asked: Asked) -> Answered:
        return self._of_order(asked, lambda order: [each["memo"] for each in order.refunds])

    def _invoice_refund(self, asked: Asked, invoice: str) -> Answered:
        order = self.books.orders.get(invoice.removeprefix("9"))
        if order is None or not asked.json.get("isOnline"):
            return says(404, "The invoice that was requested doesn't exist.")
        return self._order_refund(asked, order)

    def _order_refund(self, asked: Asked, order: ShopOrder) -> Answered:
        given, document = asked.json, order.document
        amount = memo_amount(given, by_id(document))
        left = Decimal(str(document["total_paid"])) - Decimal(str(document["total_refunded"]))
        if amount > left:
            return says(400, f"The most money available to refund is {left}.")
        memo = {
            "entity_id": next(self._next),
            "order_id": int(order.external_id),
            "comments": [given["comment"]] if given.get("appendComment") else [],
        }
        lines = {str(each["order_item_id"]): each["qty"] for each in given["items"] if each["qty"]}
        order.refunds.append(
            {
                "amount": str(amount),
                "currency": document["order_currency_code"],
                "lines": lines,
                "online": given.get("isOnline", False),
                "memo": memo,
            }
        )
        document["total_refunded"] = float(Decimal(str(document["total_refunded"])) + amount)
        if amount == left:
            self._end(order, "closed")
        self._touch(order)
        return Answered(200, str(memo["entity_id"]))

    def _of_order(self, asked: Asked, rows: Callable[[ShopOrder], list[Json]]) -> Answered:
        order = self.books.orders.get(asked.query[f"{_FILTER}[value]"])
        return page(asked, rows(order) if order else [])

    # --- products and stock ----------------------------------------------------------

    def _products(self, asked: Asked) -> Answered:
        number = int(asked.query[f"{_FILTER}[value]"])
        kind = "0" if number in self.ships_together else "1"
        attributes = [{"attribute_code": "shipment_type", "value": kind}]
        return page(asked, [{"id": number, "custom_attributes": attributes}])

    def _salable(self, asked: Asked, sku: str, stock_id: str) -> Answered:
        if sku not in self.books.stock:
            return says(404, "The product that was requested doesn't exist.")
        off = sku in self.switched_off
        return Answered(200, -self._reserved[sku] if off else self.books.stock[sku])

    def _source_items(self, asked: Asked) -> Answered:
        sku = asked.query[f"{_FILTER}[value]"]
        units = self.books.stock[sku] + self._reserved[sku]
        status = int(units > 0 and sku not in self.switched_off)
        item = {"sku": sku, "source_code": "default", "quantity": units, "status": status}
        return page(asked, [item])

    def _set_source_items(self, asked: Asked) -> Answered:
        for item in asked.json["sourceItems"]:
            self.books.stock[item["sku"]] = item["quantity"] - self._reserved[item["sku"]]
            self.books.stock_writes += 1
            self.switched_off.discard(item["sku"])
        return Answered(200, [])

    def _stock_item(self, asked: Asked, sku: str) -> Answered:
        if sku not in self.books.stock:
            return says(404, "The product that was requested doesn't exist.")
        return Answered(200, {"item_id": 5, "qty": self.books.stock[sku], "is_in_stock": True})

    def _set_stock_item(self, asked: Asked, sku: str) -> Answered:
        self.books.stock[sku] = asked.json["stockItem"]["qty"]
        self.books.stock_writes += 1
        return Answered(200, "5")


_ROUTES = (
    ("GET", r"orders", "_orders"),
    ("GET", r"orders/(\d+)", "_order_shown"),
    ("POST", r"orders/(\d+)/cancel", "_order_cancel"),
    ("POST", r"order/(\d+)/ship", "_order_ship"),
    ("POST", r"order/(\d+)/refund", "_order_refund"),
    ("POST", r"invoice/(\d+)/refund", "_invoice_refund"),
    ("GET", r"shipments", "_shipments"),
    ("GET", r"invoices", "_invoices"),
    ("GET", r"creditmemos", "_creditmemos"),
    ("GET", r"products", "_products"),
    ("GET", r"inventory/get-product-salable-quantity/([^/]+)/(\d+)", "_salable"),
    ("GET", r"inventory/source-items", "_source_items"),
    ("POST", r"inventory/source-items", "_set_source_items"),
    ("GET", r"stockItems/([^/]+)", "_stock_item"),
    ("PUT", r"products/([^/]+)/stockItems/5", "_set_stock_item"),
)
