"""Answers about stock, tasks, tracking, webhooks and the service itself; and problems."""

from __future__ import annotations

from oms.inventory.availability import Ending
from oms.inventory.consignment import State
from oms.inventory.count import CountState
from oms.inventory.findings import Kind
from oms.inventory.model import AVAILABLE, BUCKETS, NodeKind
from oms.inventory.report_view import COUNT_COLUMNS, KEPT_COLUMNS, SUMMED, VALUE_COLUMNS
from oms.inventory.reservation import HoldState
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
from oms.search.on_time import Verdict
from oms.tasks.notices import NoticeKind
from oms.tracking.model import ScanStatus

_FIGURES = (*BUCKETS, AVAILABLE)
_UNITS = record(sku=TEXT, quantity=COUNT)
_AT_NODE = record(node=TEXT, quantity=COUNT)
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
        "One SKU: every node's figures, their sums, and on what terms it is sold. `shelves` are "
        "the units that are kept apart: lots, pools, parts of a spread SKU. `sellable` is there "
        "when a channel was named.",
        also={"sellable": COUNT},
        sku=TEXT,
        title=TEXT,
        nodes=listed(
            {
                **(_node := figures(_FIGURES, node=TEXT)),
                "properties": {**_node["properties"], "shelves": listed(ref("Shelf"))},
            }
        ),
        total=figures(_FIGURES),
        selling=record(
            components=listed(_UNITS),
            oversell_limit=COUNT,
            backorders=YES_NO,
            available_from=nullable(DAY),
            lead_days=nullable(COUNT),
            reorder_point=COUNT,
            waiting=COUNT,
        ),
    ),
    "Shelf": {
        **(_shelf := figures(_FIGURES, shelf=TEXT)),
        "properties": {**_shelf["properties"], "expires_on": TEXT, "recalled": YES_NO},
    },
    "Availability": record(
        "What can be promised. `sellable` is what is left of `by_node` when those in the waiting "
        "line have theirs; `schedule` says how much can be promised in all from each day on. "
        "`promise.nodes` are what an order would take now, `promise.date` when it has it all.",
        sku=TEXT,
        channel=TEXT,
        sellable=COUNT,
        beyond_stock=COUNT,
        no_limit=YES_NO,
        by_node=listed(record(node=TEXT, units=COUNT, kept_back=COUNT, rule=TEXT)),
        waiting=COUNT,
        schedule=listed(record(date=DAY, units=COUNT)),
        promise=record(
            quantity=COUNT,
            outcome=one_of(Ending),
            date=nullable(DAY),
            nodes=listed(
                record(
                    node=TEXT,
                    sku=TEXT,
                    quantity=COUNT,
                    ships_on=nullable(DAY),
                    delivers_on=nullable(DAY),
                )
            ),
        ),
        components=listed(record(sku=TEXT, sellable=COUNT)),
        explanation=listed(TEXT),
    ),
    "Reservation": record(
        "Stock that a cart holds. `nodes` tell where the units of a line are; of a kit, those of "
        "each of its `parts`.",
        reservation_id=TEXT,
        state=one_of(HoldState),
        channel=TEXT,
        expires_at=TIME,
        order_id=nullable(TEXT),
        lines=listed(
            record(
                sku=TEXT,
                quantity=COUNT,
                nodes=listed(_AT_NODE),
                parts=listed(record(sku=TEXT, quantity=COUNT, nodes=listed(_AT_NODE))),
            )
        ),
    ),
    "Movement": record(
        movement_id=TEXT,
        at=TIME,
        node=TEXT,
        shelf=TEXT,
        reason=TEXT,
        reference=TEXT,
        actor=TEXT,
        changes=figures(BUCKETS),
    ),
    "Alert": record(
        "`available` were left when the SKU fell below its reorder point.",
        sku=TEXT,
        available=COUNT,
        reorder_point=COUNT,
        since=TIME,
    ),
    "SpreadStock": record(
        "Where a SKU is spread: on how many parts, and the units that lie there.",
        sku=TEXT,
        nodes=listed(record(node=TEXT, parts=COUNT, on_parts=COUNT, reserved=COUNT)),
    ),
    "Posted": record(
        posted=YES_NO,
        levels=listed(figures(_FIGURES, sku=TEXT, node=TEXT, shelf=TEXT)),
    ),
}

_CAME = {
    "sku": TEXT,
    "quantity": COUNT,
    "received": COUNT,
    "dropped": COUNT,
    "outstanding": COUNT,
}

STOCK_WORK: dict[str, Schema] = {
    "PurchaseOrder": record(
        "What was bought. `dropped` units were given up.",
        reference=TEXT,
        state=one_of(State),
        node=TEXT,
        supplier=TEXT,
        expected_on=nullable(DAY),
        tolerance_percent=COUNT,
        ordered_at=TIME,
        ordered_by=TEXT,
        lines=listed(
            record(unit_cost=nullable(record(amount_minor=COUNT, currency=TEXT)), **_CAME)
        ),
    ),
    "Transfer": record(
        "Units on their way between two nodes. `dropped` units were written off.",
        reference=TEXT,
        state=one_of(State),
        **{"from": TEXT},
        to=TEXT,
        expected_on=nullable(DAY),
        sent_at=TIME,
        sent_by=TEXT,
        lines=listed(record(lot=TEXT, **_CAME)),
    ),
    "Count": record(
        "A cycle count. `expected` is what the books said at the moment of counting.",
        count_id=TEXT,
        state=one_of(CountState),
        node=TEXT,
        opened_at=TIME,
        opened_by=TEXT,
        counted_by=nullable(TEXT),
        approved_by=nullable(TEXT),
        lines=listed(
            record(
                sku=TEXT,
                lot=TEXT,
                on_hand=COUNT,
                counted=nullable(COUNT),
                expected=nullable(WHOLE),
                variance=nullable(WHOLE),
                needs_approval=YES_NO,
            )
        ),
    ),
    "Lot": record(
        "A lot, where it lies, and which orders and reservations hold units of it.",
        sku=TEXT,
        lot=TEXT,
        expires_on=nullable(DAY),
        recalled=YES_NO,
        reason=TEXT,
        levels=listed(figures(_FIGURES, sku=TEXT, node=TEXT, shelf=TEXT)),
        holders=listed(record(kind=one_of(("ORDER", "RESERVATION")), id=TEXT, units=COUNT)),
    ),
}

TASKS: dict[str, Schema] = {
    "Task": record(
        "What waits for a person: a hold of an order, a delivery in quarantine, or a notice.",
        task_id=TEXT,
        kind=one_of((*(kind.value for kind in (*HoldKind, *NoticeKind)), "QUARANTINE")),
        reason=TEXT,
        order_id=nullable(TEXT),
        number=TEXT,
        channel=TEXT,
        status=one_of((*STATUSES, "QUARANTINED", "NOTICE")),
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
            record("It will be fetched from the channel.", noted=YES_NO),
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
            "lines": listed(record(sku=TEXT, requested=COUNT, available=COUNT)),
        },
    ),
}

PAGES: dict[str, Schema] = {
    "OrderPage": page(ref("OrderCard")),
    "TaskPage": page(ref("Task")),
    "StockPage": page(ref("Stock")),
    "MovementPage": page(ref("Movement")),
    "AlertPage": page(ref("Alert")),
}

_SIGNED_FIGURES: Schema = {"type": "object", "additionalProperties": WHOLE}
_VALUE_SUMS = record(
    **dict.fromkeys(SUMMED, COUNT),
)

REPORTS: dict[str, Schema] = {
    "ReconcileReport": record(
        "`unsettled` are disagreements that changed while they were looked at: no verdict.",
        sku=TEXT,
        at=TIME,
        findings=listed(ref("Discrepancy")),
        unsettled=COUNT,
        movements_read=COUNT,
        checkpoint_differed=YES_NO,
    ),
    "Discrepancy": record(
        "Figures of the books as they are (`holds`) and as they ought to be (`should`).",
        id=TEXT,
        kind=one_of(Kind),
        node=TEXT,
        shelf=TEXT,
        reference=TEXT,
        why=TEXT,
        holds=_SIGNED_FIGURES,
        should=_SIGNED_FIGURES,
        proposal=TEXT,
        repaired=YES_NO,
        note=TEXT,
    ),
    "ReportPage": {
        "description": "Amounts are minor units of the merchant's currency.",
        "anyOf": [
            record(
                report=one_of(("stock-valuation",)),
                items=listed(
                    record(
                        **dict.fromkeys(VALUE_COLUMNS, COUNT)
                        | {"sku": TEXT, "title": TEXT, "ties": YES_NO}
                    )
                ),
                page=_VALUE_SUMS,
                so_far=_VALUE_SUMS,
                next_cursor=nullable(TEXT),
            ),
            record(
                report=one_of(("stock-accuracy",)),
                items=listed(
                    record(
                        **dict.fromkeys(COUNT_COLUMNS, COUNT)
                        | dict.fromkeys(("node", "sku", "lot", "count_id"), TEXT)
                        | {"counted_at": TIME, "system": WHOLE, "difference": WHOLE}
                    )
                ),
                so_far=record(counted=COUNT, exact=COUNT, exact_percent=nullable(TEXT)),
                next_cursor=nullable(TEXT),
            ),
            record(
                report=one_of(("on-time",)),
                items=listed(
                    record(
                        **dict.fromkeys(KEPT_COLUMNS, TEXT)
                        | {"captured_on": DAY, "verdict": one_of(Verdict)}
                    )
                ),
                so_far=record(
                    **{each.value.lower(): COUNT for each in Verdict},
                    on_time_percent=nullable(TEXT),
                ),
                next_cursor=nullable(TEXT),
                **{"from": DAY, "to": DAY},
            ),
        ],
    },
}

OTHERS: dict[str, Schema] = {
    **STOCK,
    **STOCK_WORK,
    **TASKS,
    **TRACKING,
    **SERVICE,
    **PAGES,
    **REPORTS,
}
