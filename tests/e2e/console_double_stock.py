"""The stock answers of the double: levels, what can be sold, alerts, and books to check."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.e2e.console_double_data import NODES, PRODUCTS, Json, Sale, stamp

BUCKETS = ("on_hand", "reserved", "safety", "damaged", "quality", "incoming", "oversold")
# Shelves with a name, by SKU and node; what else the node has lies on its general shelf.
SHELVES: dict[tuple[str, str], list[Json]] = {
    ("MUG-BLUE", "WH-WEST"): [
        {"shelf": "HOT#1", "on_hand": 400, "reserved": 31},
        {"shelf": "HOT#2", "on_hand": 400, "reserved": 28},
    ],
    ("HONEY-500G", "WH-EU"): [
        {"shelf": "LOT#H-07", "on_hand": 12, "quality": 12, "expires_on": "2031-02-01",
         "recalled": True},
        {"shelf": "LOT#H-08", "on_hand": 40, "reserved": 3, "expires_on": "2031-09-01",
         "recalled": False},
        {"shelf": "POOL#b2b", "on_hand": 25},
    ],
}  # fmt: skip
# What differs from the formula at one place.
SPECIAL = {
    ("LAMP-OAK", "WH-EAST"): {"damaged": 4, "quality": 2, "incoming": 60},
    ("POSTER-A2", "ST-NYC"): {"safety": 3, "oversold": 2},
}
WAITING = {"LAMP-OAK": 5}
REORDER_POINTS = {"LAMP-OAK": 400}
POLICY: Json = {
    "version": 2,
    "channels": [{"channel": "*", "mode": "ON_CART", "when_short": "BACKORDER",
                  "hold_seconds": 900, "most_hold_seconds": 3600}],
    "buffers": [{"units": 5, "sku": None, "channel": "shopify", "node": "WH-EAST"}],
    "pools": [{"name": "b2b", "channels": ["b2b"], "release_on": None}],
}  # fmt: skip
KEPT_BACK = "5 kept back for channel shopify and node WH-EAST"

Received = dict[tuple[str, str], int]


def stock(sku: str, received: Received) -> Json:
    """`GET /stock/{sku}`: levels follow from the SKU's place in the list, plus receipts."""
    levels = [_node(sku, at, received) for at in range(len(NODES))]
    total = {name: sum(each[name] for each in levels) for name in (*BUCKETS, "available")}
    selling = {
        "components": [], "oversell_limit": 0, "backorders": True, "available_from": None,
        "lead_days": 0, "reorder_point": REORDER_POINTS.get(sku, 0),
        "waiting": WAITING.get(sku, 0),
    }  # fmt: skip
    return {
        "sku": sku,
        "title": PRODUCTS.get(sku, ""),
        "nodes": levels,
        "total": total,
        "selling": selling,
    }


def _node(sku: str, at: int, received: Received) -> Json:
    node, known = NODES[at][0], sku in PRODUCTS
    place = list(PRODUCTS).index(sku) if known else 0
    on_hand = ((place * 37 + at * 53) % 140 if known else 0) + received.get((sku, node), 0)
    general: Json = {"on_hand": on_hand, "reserved": min(on_hand, (place + at) % 4)}
    general |= SPECIAL.get((sku, node), {})
    shelves = [{**each, **_figures(each)} for each in SHELVES.get((sku, node), [])]
    parts = [_figures(general), *shelves]
    sums = {name: sum(each[name] for each in parts) for name in (*BUCKETS, "available")}
    return {"node": node, **sums, "shelves": shelves}


def _figures(of: Json) -> Json:
    figures = {name: of.get(name, 0) for name in BUCKETS}
    taken = sum(figures[name] for name in ("reserved", "safety", "damaged", "quality"))
    return figures | {"available": figures["on_hand"] + figures["oversold"] - taken}


def availability(sku: str, channel: str, received: Received) -> Json:
    """`GET /stock/{sku}/availability` of one unit."""
    by_node = [_offer(level, channel) for level in stock(sku, received)["nodes"]]
    waiting = WAITING.get(sku, 0)
    units = max(0, sum(each["units"] for each in by_node) - waiting)
    today = datetime.now(UTC)
    schedule = [{"date": today.date().isoformat(), "units": units}]
    if sku == "LAMP-OAK":
        schedule.append({"date": "2031-03-04", "units": units + 60})
    rules = [f"{sku} at {each['node']}: {each['rule']}" for each in by_node if each["rule"]]
    return {
        "sku": sku, "channel": channel, "sellable": units, "beyond_stock": 0, "no_limit": False,
        "by_node": by_node, "waiting": waiting, "schedule": schedule, "components": [],
        "promise": {"quantity": 1, "outcome": "ALLOCATED", "date": schedule[0]["date"],
                    "nodes": []},
        "explanation": [*rules, "WH-EAST is the nearest that can send everything"],
    }  # fmt: skip


def _offer(level: Json, channel: str) -> Json:
    closed = [
        each["available"]
        for each in level["shelves"]
        if each.get("recalled") or (each["shelf"] == "POOL#b2b" and channel != "b2b")
    ]
    buffered = channel == "shopify" and level["node"] == "WH-EAST"
    kept = 5 if buffered else 0
    units = max(0, level["available"] - sum(closed) - kept)
    rule = KEPT_BACK if buffered else ""
    return {"node": level["node"], "units": units, "kept_back": kept, "rule": rule}


def alerts(received: Received) -> list[Json]:
    since = stamp(datetime.now(UTC) - timedelta(hours=3))
    left = {
        sku: stock(sku, received)["total"]["available"] - WAITING.get(sku, 0)
        for sku in REORDER_POINTS
    }
    return [
        {"sku": sku, "available": left[sku], "reorder_point": point, "since": since}
        for sku, point in REORDER_POINTS.items()
        if left[sku] < point
    ]


def movement(sku: str, node: str, reason: str, reference: str, **more: Any) -> Json:
    """The buckets it changes, and `shelf`, in `more`."""
    changes = {name: more.get(name, 0) for name in BUCKETS}
    return {
        "at": stamp(datetime.now(UTC)), "node": node, "shelf": more.get("shelf", ""),
        "reason": reason, "reference": reference, "actor": "ops", "changes": changes, "sku": sku,
    }  # fmt: skip


def first_movements(sale: Sale) -> list[Json]:
    """Newest first: honey of a lot that `sale` took, and how it came in."""
    place = ("HONEY-500G", "WH-EU")
    return [
        movement(*place, "RESERVATION", sale.order_id, shelf="LOT#H-08", reserved=3),
        movement(*place, "RECEIPT", "PO-HONEY", shelf="LOT#H-08", on_hand=40),
    ]


class StockBooks:
    """The books of T-shirts are wrong: a cancelled order still has two of them."""

    def __init__(self, sale: Sale) -> None:
        self.cancelled = sale.order_id
        self.wrong = {"TEE-M-BLACK"}

    def reconcile(self, sku: str, repair: bool, movements: list[Json]) -> Json:
        found = [self._finding(repair), self._for_a_person()] if sku in self.wrong else []
        if found and repair:
            self.wrong.discard(sku)
            movements.insert(0, movement(sku, "WH-EAST", "RECONCILED", self.cancelled, reserved=-2))
        return {
            "sku": sku, "at": stamp(datetime.now(UTC)), "findings": found, "unsettled": 0,
            "movements_read": 41, "checkpoint_differed": False,
        }  # fmt: skip

    def _finding(self, repaired: bool) -> Json:
        return {
            "id": "f1", "kind": "CLAIM", "node": "WH-EAST", "shelf": "",
            "reference": self.cancelled, "holds": {"reserved": 2}, "should": {"reserved": 0},
            "why": f"order {self.cancelled} is CANCELLED: it holds 0 here, and the books keep 2",
            "proposal": "give back what nobody holds", "repaired": repaired, "note": "",
        }  # fmt: skip

    def _for_a_person(self) -> Json:
        why = "the movements themselves make a figure below zero: one is missing or wrong"
        return {
            "id": "f2", "kind": "LEDGER", "node": "ST-NYC", "shelf": "", "reference": "",
            "holds": {"on_hand": 0}, "should": {"on_hand": -1}, "why": why,
            "proposal": "count the shelf and post what was found", "repaired": False,
            "note": "needs a person",
        }  # fmt: skip
