"""What happens to an order in a Shopify shop, in the shop's own document of it."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from local.standins.platform import Json, ShopOrder, State
from oms.kernel.clock import iso

_PAID = ("paid", "partially_refunded", "refunded")


def copied(document: Json) -> Json:
    return copy.deepcopy(document)


def take(order: ShopOrder, document: Json) -> None:
    """`document` as the order stands, but what was told of it stays told."""
    order.document = document
    for line in document.get("line_items", ()):
        open_units = line["quantity"] - order.shipped[str(line["id"])]
        line["fulfillable_quantity"] = min(line.get("fulfillable_quantity", open_units), open_units)
    if document.get("cancelled_at"):
        order.state = State.CANCELLED
    elif document.get("fulfillment_status") == "fulfilled":
        order.state = State.FULFILLED


def remaining(order: ShopOrder) -> dict[str, int]:
    """Units to send, by line."""
    if order.state is State.CANCELLED:
        return {}
    lines = order.document.get("line_items", ())
    return {str(line["id"]): line["fulfillable_quantity"] for line in lines}


def fulfil(
    order: ShopOrder, units: Mapping[str, int], tracking: Json, number: int, at: datetime
) -> None:
    for line in order.document["line_items"]:
        if count := units.get(str(line["id"]), 0):
            line["fulfillable_quantity"] -= count
            line["fulfillment_status"] = "partial" if line["fulfillable_quantity"] else "fulfilled"
    order.shipped.update(units)
    is_all = not any(remaining(order).values())
    told = {"id": number, "status": "success", "tracking_number": tracking["number"]}
    order.document.setdefault("fulfillments", []).append(told)
    order.document["fulfillment_status"] = "fulfilled" if is_all else "partial"
    order.state = State.FULFILLED if is_all else order.state
    entry = {"tracking": tracking["number"], "carrier": tracking["company"], "lines": dict(units)}
    order.fulfilments.append(entry)
    touch(order, at)


def cancel(order: ShopOrder, reason: str, at: datetime, *, refunds: bool) -> None:
    order.state = State.CANCELLED
    order.document |= {"cancelled_at": iso(at), "cancel_reason": reason}
    if refunds and left(order):
        give_back(order, left(order), {}, "", 0, at)
    touch(order, at)


def give_back(
    order: ShopOrder, amount: Decimal, lines: Mapping[str, int], note: str, number: int,
    at: datetime,
) -> None:  # fmt: skip
    currency = order.document["currency"]
    money = {"kind": "refund", "status": "success", "amount": f"{amount}", "currency": currency}
    goods = [
        {"line_item_id": int(line), "quantity": units, "restock_type": "no_restock"}
        for line, units in lines.items()
    ]
    given = {"id": number, "note": note, "transactions": [money], "refund_line_items": goods}
    order.document.setdefault("refunds", []).append(given)
    order.refunds.append({"amount": f"{amount}", "currency": currency, "lines": dict(lines)})
    for line in order.document.get("line_items", ()):
        bought = line.get("current_quantity", line["quantity"])
        line["current_quantity"] = bought - lines.get(str(line["id"]), 0)
    status = "partially_refunded" if left(order) else "refunded"
    order.document["financial_status"] = status
    touch(order, at)


def paid(order: ShopOrder) -> Decimal:
    is_paid = order.document.get("financial_status") in _PAID
    return Decimal(order.document["total_price"]) if is_paid else Decimal(0)


def left(order: ShopOrder) -> Decimal:
    """What was paid and not given back."""
    back = (
        Decimal(money["amount"])
        for refund in order.document.get("refunds", ())
        for money in refund["transactions"]
    )
    return paid(order) - sum(back, Decimal(0))


def touch(order: ShopOrder, at: datetime) -> None:
    order.changed_at = at
    order.document["updated_at"] = iso(at)
