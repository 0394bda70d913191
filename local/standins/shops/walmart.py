"""One seller's account at Walmart Marketplace: Orders and Inventory v3, with tokens that expire.

The client is `local-client` with the secret `local-shop-token`. Webhooks prove themselves by the
scheme `hmac`. Ship nodes are not told apart.
"""

from __future__ import annotations

import base64
import copy
import json
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

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

CLIENT_ID, CLIENT_SECRET, WEBHOOK_SECRET = "local-client", "local-shop-token", "local-secret"
_TOKEN_LIFE = timedelta(seconds=900)
_MOST = 200


def make(shop: str, now: Callable[[], datetime]) -> Shopfront:
    """Walmart's limits differ by call, from 60 to some thousands a minute: one bucket stands for
    them."""
    return Shopfront(WalmartStandIn(now), now, RateLimit(rate=20, burst=300, now=now))


class WalmartStandIn:
    name = "walmart"

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.books = Books()
        self.tokens_left = 99  # what X-Current-Token-Count says
        # As the real one does. Off at first: one may then refund without playing a whole order.
        self.refunds_only_shipped = False
        self._now = now
        self._tokens: dict[str, datetime] = {}
        self._messages = 0

    def expire_tokens(self) -> None:
        self._tokens.clear()

    # --- what happens in the shop ----------------------------------------------------

    def take_order(self, document: Json) -> str:
        given = copy.deepcopy(document.get("order", document))
        external_id = str(given["purchaseOrderId"])
        kept = self.books.orders.setdefault(external_id, ShopOrder(external_id, given, self._now()))
        kept.document, kept.changed_at = given, self._now()
        for line in _lines(given):
            self.books.stock.setdefault(line["item"]["sku"], 0)
        return external_id

    def cancel(self, external_id: str) -> None:
        order = self.books.orders[external_id]
        for line in _lines(order.document):
            _move(line, _open_units(line), {"status": "Cancelled"})
        self._changed(order, cancelled=True)

    def message(self, external_id: str, topic: str = "") -> Message | None:
        order, now = self.books.orders[external_id], self._now()
        self._messages += 1
        source = {
            "eventType": "ORDER_UPDATES" if topic else "PO_CREATED",
            "eventTime": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "eventId": f"event-{self._messages}",
        }
        payload = {
            "partnerId": "10000000001",
            "purchaseOrderId": external_id,
            "customerOrderId": order.document.get("customerOrderId"),
            **({"subEventType": "PO_LINE_AUTOCANCELLED"} if topic else {}),
        }
        body = json.dumps({"source": source, "payload": payload}).encode()
        return Message(signed(body), body)

    # --- what is asked of it ---------------------------------------------------------

    def too_fast(self, asked: Asked) -> Answered:
        again = int((self._now() + timedelta(seconds=60)).timestamp() * 1000)
        headers = {"X-Current-Token-Count": "0", "X-Next-Replenishment-Time": str(again)}
        return Answered(429, _error("REQUEST_THRESHOLD_VIOLATED.GMP_GATEWAY_API"), headers)

    def answer(self, asked: Asked) -> Answered:
        if trouble := self._trouble(asked):
            return trouble
        if "json" not in asked.headers.get("accept", ""):
            return Answered(200, b'<?xml version="1.0"?><order/>')
        answered = self._routed(asked)
        headers = {**answered.headers, "X-Current-Token-Count": str(self.tokens_left)}
        return Answered(answered.status, answered.body, headers)

    def _trouble(self, asked: Asked) -> Answered | None:
        for name in ("wm_qos.correlation_id", "wm_svc.name"):
            if not asked.headers.get(name):
                return Answered(400, _error("INVALID_REQUEST_HEADER.GMP_GATEWAY_API"))
        if asked.path == "/v3/token":
            return None
        until = self._tokens.get(asked.headers.get("wm_sec.access_token", ""))
        if until is None or until <= self._now():
            return Answered(401, _error("UNAUTHORIZED.GMP_GATEWAY_API"))
        return None

    def _routed(self, asked: Asked) -> Answered:
        match [asked.method, *asked.path.strip("/").split("/")[1:]]:
            case ["POST", "token"]:
                return self._token(asked)
            case ["GET", "orders"]:
                return self._listed(asked)
            case [_, "orders", number, *what]:
                return self._order(number, "".join(what), asked)
            case ["GET" | "PUT", "inventory"]:
                return self._inventory(asked)
            case ["GET" | "PUT", "inventories", sku]:
                return self._nodes(sku, asked)
        return Answered(404, _error("URI_NOT_FOUND.GMP_GATEWAY_API"))

    def _token(self, asked: Asked) -> Answered:
        basic = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        if asked.headers.get("authorization") != f"Basic {basic}":
            return Answered(401, _error("UNAUTHORIZED.GMP_GATEWAY_API"))
        if asked.body != b"grant_type=client_credentials":
            return Answered(400, _error("INVALID_REQUEST.GMP_GATEWAY_API"))
        token = f"token-{id(self):x}-{self.books.calls.total()}"
        self._tokens[token] = self._now() + _TOKEN_LIFE
        granted = {"access_token": token, "token_type": "Bearer", "expires_in": 900}
        return Answered(200, granted)

    def _listed(self, asked: Asked) -> Answered:
        """The cursor names the last order of its page, so that none is passed over."""
        limit = int(asked.query.get("limit", 100))
        if limit > _MOST:
            return Answered(400, _error("INVALID_REQUEST_PARAM.GMP_ORDER_API"))
        since = datetime.fromisoformat(asked.query["lastModifiedStartDate"])
        changed = [each for each in self.books.orders.values() if each.changed_at >= since]
        changed.sort(key=_position)
        after = asked.query.get("poIndex", "")
        rest = [each for each in changed if _position(each) > after]
        page = rest[:limit]
        more = {
            "lastModifiedStartDate": asked.query["lastModifiedStartDate"],
            "limit": limit,
            "hasMoreElements": "true",
            "poIndex": _position(page[-1]) if page else "",
        }
        meta = {
            "totalCount": len(changed),
            "limit": limit,
            "nextCursor": f"?{urlencode(more)}" if len(rest) > limit else None,
        }
        orders = [each.document for each in page]
        return Answered(200, {"list": {"meta": meta, "elements": {"order": orders}}})

    def _order(self, number: str, what: str, asked: Asked) -> Answered:
        order = self.books.orders.get(number)
        if order is None:
            return Answered(404, _error("CONTENT_NOT_FOUND.GMP_ORDER_API"))
        match [asked.method, what]:
            case ["GET", ""]:
                return Answered(200, {"order": order.document})
            case ["POST", "acknowledge"]:
                return self._acknowledged(order)
            case ["POST", "shipping"]:
                return self._shipped(order, asked.json["orderShipment"])
            case ["POST", "cancel"]:
                return self._cancelled(order, asked.json["orderCancellation"])
            case ["POST", "refund"]:
                return self._refunded(order, asked.json["orderRefund"])
        return Answered(405, _error("METHOD_NOT_ALLOWED.GMP_ORDER_API"))

    # --- orders ----------------------------------------------------------------------

    def _acknowledged(self, order: ShopOrder) -> Answered:
        lines = _lines(order.document)
        if any(_units(line, "Shipped", "Cancelled") for line in lines):
            return _refused("an order with shipped or cancelled lines")
        for line in lines:
            for status in _statuses(line):
                status["status"] = "Acknowledged"
        order.acknowledged += 1
        return self._changed(order)

    def _shipped(self, order: ShopOrder, told: Json) -> Answered:
        """A parcel that is known is an update of its tracking; otherwise no unit twice."""
        parcels = list(_told(order, told))
        for line, status in parcels:
            if _units(line, "Created"):
                return _refused("an order that is not acknowledged")
            if not _has_parcel(line, status) and _open_units(line) < _amount(status):
                return _refused("more units than are open")
        units = Counter[str]()
        for line, status in parcels:
            if not _has_parcel(line, status):
                _move(line, _amount(status), {**status, "statusQuantity": None})
                units[line["lineNumber"]] += _amount(status)
        if not units:
            return self._changed(order)
        order.shipped.update(units)
        tracking = parcels[0][1]["trackingInfo"]
        order.fulfilments.append(
            {
                "tracking": tracking["trackingNumber"],
                "carrier": next(iter(tracking["carrierName"].values())),
                "lines": dict(units),
            }
        )
        return self._changed(order)

    def _cancelled(self, order: ShopOrder, told: Json) -> Answered:
        units = list(_told(order, told))
        if any(_open_units(line) < _amount(status) for line, status in units):
            return _refused("more units than are open")
        for line, status in units:
            _move(line, _amount(status), {**status, "statusQuantity": None})
        order.cancellations += 1
        return self._changed(order)

    def _refunded(self, order: ShopOrder, told: Json) -> Answered:
        """Only of what was shipped, and no charge below nothing."""
        by_number = {line["lineNumber"]: line for line in _lines(order.document)}
        given = [
            (by_number[each["lineNumber"]], refund)
            for each in told["orderLines"]["orderLine"]
            for refund in each["refunds"]["refund"]
        ]
        for line, refund in given:
            if self.refunds_only_shipped and not _units(line, "Shipped", "Delivered"):
                return _refused("a line that was not shipped")
            if any(_overdraws(line, each["charge"]) for each in _charges_of(refund)):
                return _refused("more than the line cost")
        back = Decimal(0)
        for line, refund in given:
            line["refund"] = [*(line.get("refund") or []), refund]
            back += sum(_worth(each["charge"]) for each in _charges_of(refund))
        lines = {line["lineNumber"]: 0 for line, _ in given}
        order.refunds.append({"amount": str(-back), "currency": "USD", "lines": lines})
        return self._changed(order)

    def _changed(self, order: ShopOrder, cancelled: bool = False) -> Answered:
        order.changed_at = self._now()
        lines = _lines(order.document)
        for line in lines:
            line["statusDate"] = int(self._now().timestamp() * 1000)
        if all(not _open_units(line) for line in lines):
            sent = any(_units(line, "Shipped", "Delivered") for line in lines)
            order.state = State.FULFILLED if sent and not cancelled else State.CANCELLED
        return Answered(200, {"order": order.document})

    # --- stock -----------------------------------------------------------------------

    def _inventory(self, asked: Asked) -> Answered:
        sku = asked.query.get("sku", "")
        if sku not in self.books.stock:
            return Answered(404, _error("CONTENT_NOT_FOUND.GMP_INVENTORY_API"))
        if asked.method == "PUT":
            self._write(sku, asked.json["quantity"]["amount"])
        quantity = {"unit": "EACH", "amount": self.books.stock[sku]}
        return Answered(200, {"sku": sku, "quantity": quantity})

    def _nodes(self, sku: str, asked: Asked) -> Answered:
        if sku not in self.books.stock:
            return Answered(404, _error("CONTENT_NOT_FOUND.GMP_INVENTORY_API"))
        if asked.method == "GET":
            left = {"unit": "EACH", "amount": self.books.stock[sku]}
            node = {"shipNode": "721407", "inputQty": left, "availToSellQty": left}
            return Answered(200, {"sku": sku, "nodes": [node]})
        (node,) = asked.json["inventories"]["nodes"]
        self._write(sku, node["inputQty"]["amount"])
        done = {"shipNode": node["shipNode"], "status": "Success", "errors": []}
        return Answered(200, {"sku": sku, "nodes": [done]})

    def _write(self, sku: str, units: int) -> None:
        self.books.stock[sku] = units
        self.books.stock_writes += 1


def signed(body: bytes, secret: str = WEBHOOK_SECRET) -> dict[str, str]:
    """The headers of a webhook."""
    return {"authorization": sign(body, secret).decode()}


def _position(order: ShopOrder) -> str:
    return f"{order.changed_at.timestamp():.6f} {order.external_id}"


def _error(code: str, description: str = "") -> Json:
    error = {
        "code": code,
        "description": description or code.partition(".")[0],
        "severity": "ERROR",
        "category": "DATA",
        "causes": [],
    }
    return {"error": [error]}


def _refused(description: str) -> Answered:
    return Answered(400, _error("INVALID_REQUEST_CONTENT.GMP_ORDER_API", description))


# --- lines and their statuses --------------------------------------------------------


def _lines(order: Json) -> list[Json]:
    lines = order["orderLines"]["orderLine"]
    return lines if isinstance(lines, list) else [lines]


def _statuses(line: Json) -> list[Json]:
    holder = line["orderLineStatuses"]
    if isinstance(holder["orderLineStatus"], dict):
        holder["orderLineStatus"] = [holder["orderLineStatus"]]
    return holder["orderLineStatus"]  # type: ignore[no-any-return]


def _amount(status: Json) -> int:
    return int(status["statusQuantity"]["amount"])


def _units(line: Json, *names: str) -> int:
    return sum(_amount(each) for each in _statuses(line) if each["status"] in names)


def _open_units(line: Json) -> int:
    return _units(line, "Created", "Acknowledged")


def _has_parcel(line: Json, status: Json) -> bool:
    number = status["trackingInfo"]["trackingNumber"]
    known = ((each.get("trackingInfo") or {}).get("trackingNumber") for each in _statuses(line))
    return number in known


def _told(order: ShopOrder, told: Json) -> Iterator[tuple[Json, Json]]:
    by_number = {line["lineNumber"]: line for line in _lines(order.document)}
    for each in told["orderLines"]["orderLine"]:
        for status in each["orderLineStatuses"]["orderLineStatus"]:
            yield by_number[each["lineNumber"]], status


def _move(line: Json, units: int, to: Json) -> None:
    """Take `units` that are open out of their statuses, and give them the status `to`."""
    left, kept = units, []
    for status in _statuses(line):
        taken = min(left, _amount(status)) if status["status"] in _OPEN else 0
        left -= taken
        if _amount(status) > taken:
            status["statusQuantity"]["amount"] = str(_amount(status) - taken)
            kept.append(status)
    if units:
        quantity = {"unitOfMeasurement": "EACH", "amount": str(units)}
        kept.append({**to, "statusQuantity": quantity})
    line["orderLineStatuses"]["orderLineStatus"] = kept


_OPEN = ("Created", "Acknowledged")


# --- refunds -------------------------------------------------------------------------


def _charges_of(refund: Json) -> list[Json]:
    return refund["refundCharges"]["refundCharge"]  # type: ignore[no-any-return]


def _worth(charge: Json) -> Decimal:
    tax = (charge.get("tax") or {}).get("taxAmount", {}).get("amount", 0)
    return _decimal(charge["chargeAmount"]["amount"]) + _decimal(tax)


def _overdraws(line: Json, charge: Json) -> bool:
    kind = charge["chargeType"]
    given = line["charges"]["charge"]
    sold = sum(_worth(each) for each in given if each["chargeType"] == kind)
    back = [each["charge"] for refund in line.get("refund") or [] for each in _charges_of(refund)]
    gone = sum(_worth(each) for each in back if each["chargeType"] == kind)
    return sold + gone + _worth(charge) < 0


def _decimal(amount: Any) -> Decimal:
    return Decimal(str(amount))
