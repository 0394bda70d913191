"""Canned answers in the API's exact shapes: a small shop with orders in every state.

Order 1001 moves one stage further with every `STEP_SECONDS`, so that the console has
something to follow. Times are real, so that ages look like ages.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

Json = dict[str, Any]
STEP_SECONDS = 3.0
NAMES = ("Ada Lovelace", "Grace Hopper", "Katherine Johnson", "Alan Turing", "Edsger Dijkstra")
NODES = (
    ("WH-EAST", "WAREHOUSE", "Newark warehouse", "US", "Newark", "07114"),
    ("WH-WEST", "WAREHOUSE", "Reno warehouse", "US", "Reno", "89506"),
    ("WH-EU", "WAREHOUSE", "Venlo warehouse", "NL", "Venlo", "5928"),
    ("ST-NYC", "STORE", "Soho store", "US", "New York", "10012"),
)
PRODUCTS = {
    "MUG-BLUE": "Blue mug",
    "MUG-RED": "Red mug",
    "TEE-M-BLACK": "T-shirt, black, M",
    "LAMP-OAK": "Oak desk lamp",
    "POSTER-A2": "Poster A2",
    "HONEY-500G": "Heather honey, 500 g",
}
# (stage, its event in the timeline, the step of a workflow that led there and its outcome)
JOURNEY = (
    ("CAPTURED", "OrderCaptured", "", ""),
    ("VALIDATED", "OrderValidated", "ValidateOrder", "VALID"),
    ("ALLOCATED", "StockReserved", "AllocateStock", "ALLOCATED"),
    ("ALLOCATED", "FraudScreened", "ScreenFraud", "ACCEPTED"),
    ("AUTHORIZED", "PaymentAuthorized", "AuthorizePayment", "AUTHORIZED"),
    ("CONFIRMED", "OrderConfirmed", "ConfirmOrder", "CONFIRMED"),
    ("RELEASED", "OrderReleased", "", ""),
    ("RELEASED", "LabelPurchased", "BuyLabel", "LABELLED"),
    ("RELEASED", "PaymentCaptured", "CapturePayment", "CAPTURED"),
    ("SHIPPED", "ShipmentShipped", "NotifyCustomer", "TOLD"),
    ("SHIPPED", "ChannelTold", "NotifyChannel", "TOLD"),
    ("DELIVERED", "OrderDelivered", "", ""),
    ("CLOSED", "OrderClosed", "", ""),
)
STATUS_OF_HOLD = {"REVIEW": "IN_REVIEW", "ATTENTION": "NEEDS_ATTENTION"}


@dataclass
class Sale:
    """One order of the double: how far it came on `JOURNEY`, and what stands over it."""

    number: int
    captured: datetime
    step: int
    channel: str = "shopify"
    sku: str = "MUG-BLUE"
    hold: tuple[str, str] | None = None
    owner: str = ""
    ended: str = ""
    moving: bool = False
    extra: list[str] = field(default_factory=list)

    @property
    def order_id(self) -> str:
        return f"01JD{self.number:022d}"

    @property
    def task_id(self) -> str:
        return f"{self.order_id}-1"

    @property
    def reached(self) -> int:
        if not self.moving:
            return self.step
        age = (datetime.now(UTC) - self.captured).total_seconds()
        return min(self.step + int(age / STEP_SECONDS), len(JOURNEY) - 1)

    @property
    def stage(self) -> str:
        return self.ended or JOURNEY[self.reached][0]

    @property
    def status(self) -> str:
        return STATUS_OF_HOLD.get(self.hold[0], "ON_HOLD") if self.hold else self.stage

    @property
    def customer(self) -> Json:
        name = NAMES[self.number % len(NAMES)]
        email = f"{name.split()[0].lower()}@example.com"
        return {"name": name, "email": email, "phone": "+12125550142"}

    def at(self, step: int) -> str:
        return stamp(self.captured + timedelta(seconds=STEP_SECONDS * step))


def stamp(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def usd(minor: int) -> Json:
    return {"amount_minor": minor, "currency": "USD"}


def first_sales() -> list[Sale]:
    """Newest first: one moving order, one of each kind of trouble, then quiet old ones."""
    now = datetime.now(UTC)
    last = len(JOURNEY) - 1

    def sale(number: int, minutes: float, step: int, **more: Any) -> Sale:
        return Sale(number, now - timedelta(minutes=minutes), step, **more)

    troubles = [
        sale(1001, 0, 0, moving=True),
        sale(1002, 4, 0, channel="woocommerce", sku="", hold=("SKU", "A line names no product")),
        sale(1003, 9, 0, hold=("ADDRESS", "The order has no shipping address")),
        sale(1004, 31, 3, hold=("REVIEW", "Score 72: first order of high value")),
        sale(
            1005,
            44,
            1,
            ended="BACKORDERED",
            sku="LAMP-OAK",
            extra=["OrderBackordered", "BackorderChanged"],
        ),
        sale(1006, 75, 8, hold=("ATTENTION", "The refund of a failed capture was refused")),
        sale(1007, 90, 2, ended="CANCELLED", channel="api"),
        sale(1008, 120, 6, extra=["HoldCommitted", "StockBacked", "LotRefused"]),
        sale(1009, 150, 10, channel="woocommerce", sku="TEE-M-BLACK", extra=["HoldLapsed"]),
        sale(1010, 300, 11, channel="api", sku="POSTER-A2"),
    ]
    skus = list(PRODUCTS)
    old = [sale(1011 + n, 400 + 37 * n, last, sku=skus[n % len(skus)]) for n in range(58)]
    return troubles + old


def totals() -> Json:
    return {
        "items": usd(5196), "discount": usd(520), "shipping": usd(600),
        "tax": usd(415), "total": usd(5691), "channel_total": usd(5691),
    }  # fmt: skip


def actions(sale: Sale) -> list[Json]:
    if sale.stage in ("CLOSED", "CANCELLED", "REJECTED", "SHIPPED", "DELIVERED"):
        return []
    names = ["approve", "reject"] if sale.status == "IN_REVIEW" else []
    names += ["release-hold"] if sale.hold else ["hold"]
    base = f"/orders/{sale.order_id}"
    return [{"name": name, "href": f"{base}/{name}"} for name in [*names, "cancel"]]


def item(sale: Sale) -> Json:
    """A row of `GET /orders`."""
    final = sale.stage in ("CLOSED", "CANCELLED")
    paid = sale.reached >= 8
    return {
        "order_id": sale.order_id, "number": f"#{sale.number}", "channel": sale.channel,
        "account": "demo", "external_id": f"EXT-{sale.number}", "status": sale.status,
        "stage": sale.stage, "payment_status": "PAID" if paid else "UNPAID",
        "fulfilment_status": "SHIPPED" if sale.reached >= 9 else "UNFULFILLED",
        "total": usd(5691), "customer_name": sale.customer["name"],
        "nodes": ["WH-EAST"] if sale.reached >= 2 else [], "line_count": 2,
        "captured_at": stamp(sale.captured),
        "due_at": None if final else stamp(sale.captured + timedelta(hours=2)),
        "holds": [{"kind": sale.hold[0], "reason": sale.hold[1]}] if sale.hold else [],
    }  # fmt: skip


def wanted(sale: Sale, query: dict[str, str]) -> bool:
    """Whether the filters of `GET /orders` leave `sale` in the list."""
    row = item(sale)
    tokens = [row["number"], row["external_id"], sale.sku, sale.customer["email"]]
    tokens += sale.customer["name"].split()
    known = [str(token).lower().lstrip("#") for token in tokens]
    says = {
        "status": lambda v: v == sale.status,
        "channel": lambda v: v == sale.channel,
        "node": lambda v: v in row["nodes"],
        "sku": lambda v: v == sale.sku,
        "customer": lambda v: v.lower() in (row["customer_name"].lower(), sale.customer["email"]),
        "day": row["captured_at"].startswith,
        "hold": lambda v: bool(sale.hold and sale.hold[0] == v),
        "q": lambda v: any(token.startswith(v.lower().lstrip("#")) for token in known),
    }
    return all(says[name](value) for name, value in query.items() if name in says)


def task(sale: Sale) -> Json:
    assert sale.hold
    kind, reason = sale.hold
    fields: dict[str, list[tuple[str, list[Json]]]] = {
        "SKU": [("choose-sku", [{"name": "sku", "type": "sku", "required": True}])],
        "ADDRESS": [
            ("fix-address", [{"name": "shipping_address", "type": "address", "required": True}])
        ],
        "REVIEW": [("approve", []), ("reject", [{"name": "reason", "type": "text"}])],
        "ATTENTION": [("retry", [])],
        "MANUAL": [("release-hold", [])],
    }
    offered = [*fields[kind], ("cancel", [{"name": "reason", "type": "text", "required": True}])]
    owner_field = [{"name": "owner", "type": "text", "required": True}]
    since = sale.captured + timedelta(seconds=2)
    return {
        "task_id": sale.task_id, "kind": kind, "reason": reason, "order_id": sale.order_id,
        "number": f"#{sale.number}", "channel": sale.channel, "status": sale.status,
        "since": stamp(since), "age_seconds": int(time.time() - since.timestamp()),
        "owner": sale.owner, "detail": {},
        "subject": {"line_id": "L1", "title": "Hand-made mug, blue glaze", "sku": ""}
        if kind == "SKU" else None,
        "allowed_actions": [
            {"name": name, "fields": each} for name, each in [*offered, ("take-owner", owner_field)]
        ],
    }  # fmt: skip


def page(items: list[Json], query: dict[str, str]) -> Json:
    """One page of a list; the cursor is where the next one begins."""
    start, limit = int(query.get("cursor", 0)), int(query.get("limit", 50))
    more = start + limit < len(items)
    cursor = str(start + limit) if more else None
    return {"items": items[start : start + limit], "next_cursor": cursor}
