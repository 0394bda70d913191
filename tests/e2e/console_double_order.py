"""The order page's answers of the double: `GET /orders/{id}` and its executions."""

from __future__ import annotations

from datetime import timedelta

from tests.e2e.console_double_data import (
    JOURNEY,
    PRODUCTS,
    Json,
    Sale,
    actions,
    item,
    stamp,
    totals,
    usd,
)

ADDRESS = {
    "name": "Ada Lovelace", "lines": ["12 Analytical Way", "Flat 3"], "city": "New York",
    "region": "NY", "postal_code": "10012", "country": "US",
}  # fmt: skip

DETAILS: dict[str, Json] = {
    "StockReserved": {"nodes": ["WH-EAST"]},
    "OrderBackordered": {"run": "r1", "outcome": "BACKORDERED", "short": {"LAMP-OAK": 5},
                         "expected_on": ""},
    "BackorderChanged": {"run": "r2", "outcome": "BACKORDERED", "short": {"LAMP-OAK": 3},
                         "expected_on": "2031-03-04"},
    "HoldCommitted": {"reservation": "cart-77"}, "HoldLapsed": {"reservation": "cart-78"},
    "StockBacked": {"sku": "POSTER-A2", "units": 1, "node": "WH-EAST"},
    "LotRefused": {"shipment": 1, "attempt": "a1", "lots": ["H-07"], "skus": ["HONEY-500G"]},
}  # fmt: skip


def order(sale: Sale) -> Json:
    row = item(sale)
    reached = sale.reached
    return row | {
        "currency": "USD", "worklist": None if row["due_at"] is None else "GRACE",
        "tracking_url": f"/track/{sale.order_id}", "totals": totals(), "variance": usd(0),
        "customer": sale.customer, "billing_address": ADDRESS,
        "shipping_address": None if sale.hold and sale.hold[0] == "ADDRESS" else ADDRESS,
        "lines": [_line(sale, "L1", sale.sku, 3), _line(sale, "L2", "POSTER-A2", 1)],
        "ship_complete": sale.stage == "BACKORDERED", "priority": 5,
        "expected_on": "2031-03-04" if sale.stage == "BACKORDERED" else None,
        "promised_on": "2031-01-15" if reached >= 2 and not sale.ended else None,
        "reservations": _reservations(sale) if 2 <= reached < 9 and not sale.ended else [],
        "shipments": [_shipment(sale)] if reached >= 6 and not sale.ended else [],
        "payments": _payments(sale), "screening": _screening(sale),
        "holds": _holds(sale), "timeline": _timeline(sale), "allowed_actions": actions(sale),
        "blocked_by": [sale.hold[0]] if sale.hold else [],
    }  # fmt: skip


def executions(sale: Sale) -> Json:
    intake = _execution(sale, "order_intake", f"{sale.order_id}-1", range(1, 6))
    shipment = _execution(sale, "shipment", f"{sale.order_id}-s1-1", range(7, 11))
    shown = [intake, shipment] if sale.reached >= 7 else [intake]
    return {"items": [each for each in shown if each["steps"]]}


def tracking(sale: Sale) -> Json:
    """What the customer sees: `GET /track/{token}`."""
    steps = (("ORDERED", 0), ("CONFIRMED", 5), ("PACKED", 7), ("SHIPPED", 9), ("DELIVERED", 11))
    parcel = _parcel(sale)
    seen = [each | {"text": each["detail"]} for each in parcel["scans"]]
    items = [
        {"title": line["title"], "quantity": line["quantity"]} for line in order(sale)["lines"]
    ]
    days = {"from": sale.at(0)[:10], "to": stamp(sale.captured + timedelta(days=3))[:10]}
    return {
        "number": f"#{sale.number}", "status": sale.stage, "placed_on": sale.at(0)[:10],
        "status_text": "On its way" if sale.reached >= 9 else "We are on it", "expected": days,
        "progress": [
            {"step": name, "done": done, "at": sale.at(n) if done else None}
            for name, n in steps
            for done in [sale.reached >= n]
        ],
        "parcels": [parcel | {"expected_on": days["to"], "items": items, "scans": seen}]
        if sale.reached >= 7 else [],
    }  # fmt: skip


def _execution(sale: Sale, workflow: str, name: str, places: range) -> Json:
    steps = [
        {"state": JOURNEY[n][2], "outcome": JOURNEY[n][3], "at": sale.at(n), "milliseconds": 40 * n}
        for n in places
        if n <= sale.reached
    ]
    if sale.hold and sale.hold[0] == "SKU":
        steps = [
            {"state": "ValidateOrder", "outcome": "ON_HOLD", "at": sale.at(1), "milliseconds": 61}
        ]
    if sale.hold and sale.hold[0] == "ATTENTION" and workflow == "shipment":
        steps += [
            {"state": "RefundCapture", "outcome": "FAILED", "at": sale.at(9), "milliseconds": 3200},
            {"state": "FlagAttention", "outcome": "FLAGGED", "at": sale.at(9), "milliseconds": 35},
        ]
    whole = len(steps) == len(places) or sale.hold
    link = f"https://us-east-1.console.aws.amazon.com/states/home#/executions/details/{name}"
    return {
        "name": name, "workflow": workflow, "started_at": sale.at(places.start), "steps": steps,
        "status": "SUCCEEDED" if whole else "RUNNING", "console_url": link,
    }  # fmt: skip


def _line(sale: Sale, line_id: str, sku: str, quantity: int) -> Json:
    states = dict.fromkeys(
        ("backordered", "reserved", "released", "picked", "packed", "shipped", "delivered",
         "cancelled"), 0,
    )  # fmt: skip
    reached = sale.reached
    place = "reserved" if reached >= 2 else "backordered" if sale.stage == "BACKORDERED" else ""
    for step, name in ((6, "released"), (7, "packed"), (9, "shipped"), (11, "delivered")):
        place = name if reached >= step else place
    if place:
        states[place] = quantity
    return {
        "line_id": line_id, "sku": sku, "title": PRODUCTS.get(sku, "Hand-made mug, blue glaze"),
        "quantity": quantity, "unit_price": usd(1299), "needs_shipping": True,
        "discount": usd(390 if line_id == "L1" else 130), "tax": usd(0),
        "states": {"ordered": quantity} | states,
    }  # fmt: skip


def _reservations(sale: Sale) -> list[Json]:
    return [
        {"line_id": "L1", "sku": sale.sku, "node": "WH-EAST", "quantity": 3, "shelf": "HOT#2"},
        {"line_id": "L2", "sku": "POSTER-A2", "node": "WH-EAST", "quantity": 1, "shelf": ""},
    ]


def _shipment(sale: Sale) -> Json:
    reached = sale.reached
    packed = reached >= 7
    lines = [
        {"line_id": name, "sku": sku, "quantity": quantity,
         "picked": quantity if packed else 0, "packed": quantity if packed else 0}
        for name, sku, quantity in (("L1", sale.sku, 3), ("L2", "POSTER-A2", 1))
    ]  # fmt: skip
    states = {6: "RELEASED", 7: "PACKED", 8: "PACKED", 9: "SHIPPED", 10: "SHIPPED"}
    return {
        "shipment_id": f"{sale.order_id}-1", "number": 1, "node": "WH-EAST", "lines": lines,
        "state": states.get(reached, "DELIVERED"), "parcels": [_parcel(sale)] if packed else [],
        "allowed_actions": ["pick", "reject"] if reached == 6 else [],
    }  # fmt: skip


def _parcel(sale: Sale) -> Json:
    reached = sale.reached
    seen = [
        (9, "PICKED_UP", "Newark", "Collected from the warehouse"),
        (10, "IN_TRANSIT", "Newark", ""),
        (11, "DELIVERED", "New York", "Left with a neighbour"),
    ]
    return {
        "number": 1, "carrier": "offline", "service": "GROUND",
        "state": "DELIVERED" if reached >= 11 else "SHIPPED" if reached >= 9 else "LABELLED",
        "tracking_number": f"OF{sale.number:010d}US",
        "label_url": f"/shipments/{sale.order_id}-1/label?parcel=1",
        "shipped_at": sale.at(9) if reached >= 9 else None,
        "scans": [
            {"at": sale.at(step), "status": status, "place": place, "detail": detail}
            for step, status, place, detail in seen
            if reached >= step
        ],
    }  # fmt: skip


def _payments(sale: Sale) -> list[Json]:
    kinds = (("AUTHORIZATION", 4), ("CAPTURE", 8))
    return [
        {"kind": kind, "intent": f"{sale.order_id}#{kind.lower()}#1", "state": "DONE",
         "amount": usd(5691), "at": sale.at(step), "provider_id": f"pi_{sale.number}", "code": ""}
        for kind, step in kinds
        if sale.reached >= step
    ]  # fmt: skip


def _screening(sale: Sale) -> Json | None:
    if sale.reached < 3:
        return None
    review = bool(sale.hold and sale.hold[0] == "REVIEW")
    reasons = ["first order of high value", "card country differs from address"] if review else []
    score, verdict = (72, "REVIEW") if review else (8, "ACCEPT")
    return {"score": score, "verdict": verdict, "reasons": reasons, "cleared_by": ""}


def _holds(sale: Sale) -> list[Json]:
    if not sale.hold:
        return []
    kind, reason = sale.hold
    return [
        {"number": 1, "task_id": sale.task_id, "kind": kind, "reason": reason, "owner": sale.owner,
         "since": stamp(sale.captured), "until": None, "subject": ""}
    ]  # fmt: skip


def _timeline(sale: Sale) -> list[Json]:
    events = [(JOURNEY[n][1], sale.at(n), "intake") for n in range(sale.reached + 1)]
    events += [(name, sale.at(sale.reached), "ops") for name in sale.extra]
    return [
        {"seq": seq, "at": at, "actor": actor, "event": event,
         "detail": {} if not isinstance(event, str) else DETAILS.get(event, {})}
        for seq, (event, at, actor) in enumerate(events, 1)
    ]  # fmt: skip
