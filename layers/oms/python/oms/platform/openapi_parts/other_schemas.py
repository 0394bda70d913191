"""Answers about stock, tasks, tracking, webhooks and the service itself; and problems."""

from __future__ import annotations

from oms.inventory.model import AVAILABLE, BUCKETS, NodeKind
from oms.orders.model import HoldKind
from oms.platform.openapi_parts.order_schemas import STATUSES
from oms.platform.openapi_parts.shapes import (
    ANYTHING,
    COUNT,
    DAY,
    TEXT,
    TIME,
    WHOLE,
    YES_NO,
    Schema,
    figures,
    listed,
    nullable,
    one_of,
    page,
    record,
    ref,
)
from oms.tracking.model import ScanStatus

_FIGURES = (*BUCKETS, AVAILABLE)
_ACTION = record(
    name=TEXT,
    fields=listed(
        record(
            name=TEXT,
            type=one_of(("text", "sku", "address", "customer")),
            required=YES_NO,
        )
    ),
)

STOCK: dict[str, Schema] = {
    "Node": record(
        node_id=TEXT, kind=one_of(NodeKind), name=TEXT, country=TEXT, city=TEXT, postal_code=TEXT
    ),
    "Nodes": record(items=listed(ref("Node"))),
    "Stock": record(
        "One SKU: every node's figures, and their sums.",
        sku=TEXT,
        title=TEXT,
        nodes=listed(figures(_FIGURES, node=TEXT)),
        total=figures(_FIGURES),
    ),
    "Movement": record(
        movement_id=TEXT,
        at=TIME,
        node=TEXT,
        reason=TEXT,
        reference=TEXT,
        actor=TEXT,
        changes=figures(BUCKETS),
    ),
    "Posted": record(
        posted=YES_NO,
        levels=listed(figures(_FIGURES, sku=TEXT, node=TEXT)),
    ),
}

TASKS: dict[str, Schema] = {
    "Task": record(
        "What waits for a person: a hold of an order, or a delivery in quarantine.",
        task_id=TEXT,
        kind=one_of((*(kind.value for kind in HoldKind), "QUARANTINE")),
        reason=TEXT,
        order_id=nullable(TEXT),
        number=TEXT,
        channel=TEXT,
        status=one_of((*STATUSES, "QUARANTINED")),
        since=TIME,
        age_seconds=COUNT,
        owner=TEXT,
        subject=ANYTHING,
        detail=ANYTHING,
        allowed_actions=listed(_ACTION),
    ),
    "TaskResolved": record(
        task_id=TEXT,
        resolved=YES_NO,
        order_id=nullable(TEXT),
        also={"status": one_of(STATUSES)},
    ),
}

TRACKING: dict[str, Schema] = {
    "Tracking": record(
        "The customer's view: no name, no street, no price.",
        number=TEXT,
        status=one_of(
            "RECEIVED PREPARING BACKORDERED PARTIALLY_SHIPPED SHIPPED DELIVERED CANCELLED".split()
        ),
        status_text=TEXT,
        placed_on=TIME,
        expected=nullable(record(**{"from": DAY, "to": DAY})),
        progress=listed(record(step=TEXT, at=nullable(TIME), done=YES_NO)),
        parcels=listed(
            record(
                carrier=TEXT,
                tracking_number=TEXT,
                state=one_of(("PACKED", *(status.value for status in ScanStatus))),
                shipped_at=nullable(TIME),
                expected_on=nullable(DAY),
                items=listed(record(title=TEXT, quantity=COUNT)),
                scans=listed(record(at=TIME, status=one_of(ScanStatus), text=TEXT, place=TEXT)),
            )
        ),
    ),
}

SERVICE: dict[str, Schema] = {
    "Health": record(status=TEXT, nodes=COUNT),
    "OpenApi": ANYTHING,
    "Captured": {
        "description": "Durable. A verified message that is no order we can map is kept as a task.",
        "anyOf": [
            record(order_id=TEXT, tracking_url=TEXT, duplicate=YES_NO),
            record(quarantined=YES_NO),
        ],
    },
    "NothingToDo": {
        "description": "A ping, or a message about nothing that we capture.",
        "anyOf": [record(ping=YES_NO), record(ignored=YES_NO)],
    },
    "ScansReceived": record(
        "`unknown` counts the scans of parcels that are not ours.", received=COUNT, unknown=COUNT
    ),
    "PaymentEventReceived": record(received=YES_NO),
    "FieldError": record(
        "One bad field; `pointer` is a JSON pointer into the body (RFC 6901).",
        pointer=TEXT,
        code=TEXT,
        detail=TEXT,
    ),
    "Problem": record(
        "A problem document (RFC 9457). `type` is stable and names the cause.",
        type={"type": "string", "pattern": "^/problems/[a-z0-9-]+$"},
        title=TEXT,
        status={"type": "integer", "minimum": 400, "maximum": 599},
        detail=TEXT,
        request_id=TEXT,
        also={
            "errors": listed(ref("FieldError")),
            "sku": TEXT,
            "node": TEXT,
            "requested": WHOLE,
            "available": WHOLE,
        },
    ),
}

PAGES: dict[str, Schema] = {
    "OrderPage": page(ref("OrderCard")),
    "TaskPage": page(ref("Task")),
    "StockPage": page(ref("Stock")),
    "MovementPage": page(ref("Movement")),
}

OTHERS: dict[str, Schema] = {**STOCK, **TASKS, **TRACKING, **SERVICE, **PAGES}
