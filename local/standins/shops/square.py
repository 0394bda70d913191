"""One seller's account at Square: orders with versions, a catalogue, payments, refunds and counts.

The access token is `local-shop-token`. Webhooks are signed for the address `notification_url`.
There is one location, `LOCAL-STORE`. Idempotency keys are kept as Square keeps them: the same
key with the same request is answered as before, with another request it is an error.
"""

from __future__ import annotations

import copy
import json
from collections import Counter
from collections.abc import Callable
from datetime import datetime
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
from oms.channels.signing import sign

TOKEN, WEBHOOK_SECRET, LOCATION = "local-shop-token", "local-secret", "LOCAL-STORE"
_MOST_CHANGES, _MOST_SKUS, _MOST_IDS = 100, 250, 1000
_LONG_AGO = "2020-01-01T00:00:00.000Z"
_STATES = {"CANCELED": State.CANCELLED, "COMPLETED": State.FULFILLED}


def notification_url(shop: str) -> str:
    """What the stand-in signs for, and what the account's setting of that name must say."""
    return f"https://oms.example/webhooks/square/{shop}"


def make(shop: str, now: Callable[[], datetime]) -> Shopfront:
    """Square publishes no figure; sellers have measured about ten requests a second."""
    return Shopfront(SquareStandIn(shop, now), now, RateLimit(rate=10, burst=300, now=now))


class SquareStandIn:
    name = "square"

    def __init__(self, shop: str, now: Callable[[], datetime]) -> None:
        self.books = Books()
        self.notification_url = notification_url(shop)
        self.payments: dict[str, Json] = {}
        self.refunds: dict[str, Json] = {}
        self._now = now
        self._variations: dict[str, str] = {}  # SKU by variation, where an order named it
        self._counted_at: dict[str, str] = {}
        self._keys: dict[str, tuple[bytes, Answered]] = {}
        self._messages = 0

    # --- what happens in the shop ----------------------------------------------------

    def take_order(self, document: Json) -> str:
        given = copy.deepcopy(document.get("order", document))
        external_id = str(given["id"])
        for variation, sku in document.get("skus", {}).items():
            self._variations[variation] = sku
            self.books.stock.setdefault(sku, 0)
        for payment in document.get("payments", ()):
            self.payments[payment["id"]] = {"order_id": external_id, **copy.deepcopy(payment)}
        given.setdefault("version", 1)
        given.setdefault("location_id", LOCATION)
        kept = self.books.orders.get(external_id)
        if kept is None:
            kept = self.books.orders[external_id] = ShopOrder(external_id, given, self._now())
        else:
            given["version"] = max(given["version"], kept.document["version"] + 1)
            kept.document = given
        for tender in given.get("tenders", ()):
            self._pay(external_id, tender)
        self._touch(kept)
        return external_id

    def cancel(self, external_id: str) -> None:
        order = self.books.orders[external_id]
        for fulfilment in order.document.get("fulfillments", ()):
            fulfilment["state"] = "CANCELED"
        order.document["state"] = "CANCELED"
        self._raise_version(order)

    def message(self, external_id: str, topic: str = "") -> Message | None:
        order, event = self.books.orders[external_id], "updated" if topic else "created"
        self._messages += 1
        about = {
            "created_at": order.document.get("created_at"),
            "location_id": order.document["location_id"],
            "order_id": external_id,
            "state": order.document.get("state", "OPEN"),
            "updated_at": order.document["updated_at"],
            "version": order.document["version"],
        }
        body = {
            "merchant_id": "LOCALMERCHANT",
            "type": f"order.{event}",
            "event_id": f"event-{self._messages}",
            "created_at": _stamp(self._now()),
            "data": {
                "type": f"order_{event}",
                "id": external_id,
                "object": {f"order_{event}": about},
            },
        }
        raw = json.dumps(body).encode()
        return Message(signed(raw, self.notification_url), raw)

    # --- what is asked of it ---------------------------------------------------------

    def too_fast(self, asked: Asked) -> Answered:
        return Answered(429, _errors("RATE_LIMITED", "RATE_LIMIT_ERROR"))

    def answer(self, asked: Asked) -> Answered:
        if asked.headers.get("authorization") != f"Bearer {TOKEN}":
            return Answered(401, _errors("UNAUTHORIZED", "AUTHENTICATION_ERROR"))
        body = asked.json if asked.body else {}
        key = body.get("idempotency_key", "")
        if not key:
            return self._routed(asked, body)
        kept, place = self._keys.get(key), f"{asked.path}\n".encode() + asked.body
        if kept and kept[0] != place:
            return _refused("IDEMPOTENCY_KEY_REUSED")
        answered = kept[1] if kept else self._routed(asked, body)
        if answered.status < 400:
            self._keys[key] = (place, copy.deepcopy(answered))
        return answered

    def _routed(self, asked: Asked, body: Json) -> Answered:
        match [asked.method, *asked.path.strip("/").split("/")[1:]]:
            case ["POST", "orders", "search"]:
                return self._searched(body)
            case ["GET", "orders", number]:
                return self._order(number)
            case ["PUT", "orders", number]:
                return self._updated(number, body)
            case ["POST", "catalog", "batch-retrieve"]:
                return self._objects(body)
            case ["POST", "catalog", "search"]:
                return self._with_skus(body)
            case ["GET", "payments", number]:
                return _one("payment", self.payments.get(number))
            case ["POST", "payments", number, "cancel"]:
                return self._let_go(number)
            case ["GET", "refunds", number]:
                return _one("refund", self.refunds.get(number))
            case ["POST", "refunds"]:
                return self._refunded(body)
            case ["POST", "inventory", "changes", "batch-create"]:
                return self._counted(body)
            case ["POST", "inventory", "counts", "batch-retrieve"]:
                return self._counts(body)
        return Answered(404, _errors("NOT_FOUND"))

    # --- orders ----------------------------------------------------------------------

    def _order(self, number: str) -> Answered:
        order = self.books.orders.get(number)
        return _one("order", order.document if order else None)

    def _searched(self, body: Json) -> Answered:
        locations = body.get("location_ids", [])
        if not 0 < len(locations) <= 10:
            return _refused("INVALID_ARRAY_LENGTH")
        since = body["query"]["filter"]["date_time_filter"]["updated_at"]["start_at"]
        found = sorted(
            (
                order.document
                for order in self.books.orders.values()
                if order.document["location_id"] in locations
                and _instant(order.document["updated_at"]) >= _instant(since)
            ),
            key=_position,
        )
        rest = [each for each in found if _position(each) > body.get("cursor", "")]
        limit = body.get("limit", 500)
        page = rest[:limit]
        more = {"cursor": _position(page[-1])} if len(rest) > limit else {}
        return Answered(200, {"orders": page, **more} if page else {})

    def _updated(self, number: str, body: Json) -> Answered:
        """Sparse: named fields only, fulfilments by their uid."""
        order = self.books.orders.get(number)
        if order is None:
            return Answered(404, _errors("NOT_FOUND"))
        wanted, document = body["order"], order.document
        if wanted.get("version") != document["version"]:
            return _refused("VERSION_MISMATCH")
        if document.get("state") in ("CANCELED", "COMPLETED") and "state" in wanted:
            return _refused("BAD_REQUEST")
        known = {each["uid"]: each for each in document.get("fulfillments", ())}
        if any(each["uid"] not in known for each in wanted.get("fulfillments", ())):
            return _refused("NOT_FOUND")
        if any(
            known[each["uid"]]["state"] in ("COMPLETED", "CANCELED", "FAILED") and "state" in each
            for each in wanted.get("fulfillments", ())
        ):
            return _refused("BAD_REQUEST")
        for each in wanted.get("fulfillments", ()):
            self._fulfil(order, known[each["uid"]], each)
        if wanted.get("state") == "CANCELED":
            order.cancellations += 1
        if "state" in wanted:
            document["state"] = wanted["state"]
        self._raise_version(order)
        return Answered(200, {"order": document})

    def _fulfil(self, order: ShopOrder, fulfilment: Json, change: Json) -> None:
        details = change.get("shipment_details", {})
        if details.get("tracking_number"):
            lines = {line["uid"]: 0 for line in order.document["line_items"]}
            order.fulfilments.append(
                {
                    "tracking": details["tracking_number"],
                    "carrier": details.get("carrier", ""),
                    "lines": lines,
                }
            )
        fulfilment.setdefault("shipment_details", {}).update(details)
        fulfilment.setdefault("metadata", {}).update(change.get("metadata", {}))
        fulfilment["state"] = change.get("state", fulfilment["state"])
        states = {each["state"] for each in order.document["fulfillments"]}
        if states <= {"COMPLETED", "CANCELED"} and "COMPLETED" in states:
            order.document["state"] = "COMPLETED"
            order.shipped = Counter(
                {each["uid"]: int(each["quantity"]) for each in order.document["line_items"]}
            )

    def _raise_version(self, order: ShopOrder) -> None:
        order.document["version"] += 1
        order.document["updated_at"] = _stamp(self._now())
        self._touch(order)

    def _touch(self, order: ShopOrder) -> None:
        order.changed_at = self._now()
        order.document.setdefault("updated_at", _stamp(self._now()))
        order.state = _STATES.get(order.document.get("state", ""), State.OPEN)

    # --- catalogue -------------------------------------------------------------------

    def _catalogue(self) -> dict[str, str]:
        """SKU by variation: every SKU that the shop has stock of, be it none, is listed."""
        named = set(self._variations.values())
        rest = {f"VAR-{sku}": sku for sku in self.books.stock if sku not in named}
        return {**self._variations, **rest}

    def _objects(self, body: Json) -> Answered:
        if not 0 < len(body["object_ids"]) <= _MOST_IDS:
            return _refused("INVALID_ARRAY_LENGTH")
        listed = self._catalogue()
        return Answered(
            200, {"objects": [_variation(e, listed[e]) for e in body["object_ids"] if e in listed]}
        )

    def _with_skus(self, body: Json) -> Answered:
        wanted = body["query"]["set_query"]["attribute_values"]
        if not 0 < len(wanted) <= _MOST_SKUS:
            return _refused("INVALID_ARRAY_LENGTH")
        lower = {sku.lower() for sku in wanted}  # it does not mind the case
        found = [
            _variation(*each) for each in self._catalogue().items() if each[1].lower() in lower
        ]
        return Answered(200, {"objects": found} if found else {})

    # --- money -----------------------------------------------------------------------

    def _pay(self, external_id: str, tender: Json) -> None:
        number = tender.get("payment_id", "")
        if number and number not in self.payments:
            self.payments[number] = {
                "id": number,
                "order_id": external_id,
                "status": "COMPLETED",
                "total_money": dict(tender["amount_money"]),
            }

    def _let_go(self, number: str) -> Answered:
        payment = self.payments.get(number)
        if payment is None or payment["status"] != "APPROVED":
            return _refused("BAD_REQUEST")
        payment["status"] = "CANCELED"
        return Answered(200, {"payment": payment})

    def _refunded(self, body: Json) -> Answered:
        payment, given = self.payments.get(body["payment_id"]), body["amount_money"]
        if payment is None:
            return Answered(404, _errors("NOT_FOUND"))
        if payment["status"] != "COMPLETED":
            return _refused("PAYMENT_NOT_REFUNDABLE", "REFUND_ERROR")
        back = payment.setdefault("refunded_money", {"amount": 0, "currency": given["currency"]})
        if not 0 < given["amount"] <= payment["total_money"]["amount"] - back["amount"]:
            return _refused("REFUND_AMOUNT_INVALID", "REFUND_ERROR")
        back["amount"] += given["amount"]
        number = f"{payment['id']}_refund{len(self.refunds) + 1}"
        payment.setdefault("refund_ids", []).append(number)
        refund = {
            "id": number,
            "status": "PENDING",
            "amount_money": given,
            "payment_id": payment["id"],
            "order_id": payment["order_id"],
            "reason": body.get("reason", ""),
        }
        self.refunds[number] = refund
        self.books.orders[payment["order_id"]].refunds.append(
            {"amount": str(given["amount"]), "currency": given["currency"], "lines": {}}
        )
        return Answered(200, {"refund": refund})

    # --- stock -----------------------------------------------------------------------

    def _counted(self, body: Json) -> Answered:
        """A count that is older than the newest is taken and ignored."""
        counts, listed = [each["physical_count"] for each in body["changes"]], self._catalogue()
        if not 0 < len(counts) <= _MOST_CHANGES:
            return _refused("INVALID_ARRAY_LENGTH")
        if any(each["catalog_object_id"] not in listed for each in counts):
            return Answered(404, _errors("NOT_FOUND"))
        for each in counts:
            sku = listed[each["catalog_object_id"]]
            self.books.stock_writes += 1
            if each["occurred_at"] >= self._counted_at.get(sku, ""):
                self._counted_at[sku] = each["occurred_at"]
                self.books.stock[sku] = int(each["quantity"])
        return Answered(200, {"counts": [self._count(e["catalog_object_id"]) for e in counts]})

    def _counts(self, body: Json) -> Answered:
        known = [each for each in body["catalog_object_ids"] if each in self._catalogue()]
        return Answered(200, {"counts": [self._count(each) for each in known]})

    def _count(self, variation: str) -> Json:
        return {
            "catalog_object_id": variation,
            "catalog_object_type": "ITEM_VARIATION",
            "location_id": LOCATION,
            "state": "IN_STOCK",
            "quantity": str(self.books.stock[self._catalogue()[variation]]),
            "calculated_at": self._counted_at.get(self._catalogue()[variation], _LONG_AGO),
        }


def signed(body: bytes, url: str, secret: str = WEBHOOK_SECRET) -> dict[str, str]:
    """The headers of a webhook."""
    return {"x-square-hmacsha256-signature": sign(url.encode() + body, secret).decode()}


def _one(name: str, found: Json | None) -> Answered:
    return Answered(200, {name: found}) if found else Answered(404, _errors("NOT_FOUND"))


def _refused(code: str, category: str = "INVALID_REQUEST_ERROR") -> Answered:
    return Answered(400, _errors(code, category))


def _errors(code: str, category: str = "INVALID_REQUEST_ERROR") -> Json:
    return {"errors": [{"category": category, "code": code, "detail": code.capitalize()}]}


def _variation(variation: str, sku: str) -> Json:
    data = {"item_id": f"ITEM-{sku}", "name": sku, "sku": sku}
    return {"type": "ITEM_VARIATION", "id": variation, "item_variation_data": data}


def _position(order: Json) -> str:
    return f"{order['updated_at']} {order['id']}"


def _stamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def _instant(text: str) -> Any:
    return datetime.fromisoformat(text)
