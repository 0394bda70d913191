"""Answers about orders, shipments and executions, as `oms.orders.view` makes them."""

from __future__ import annotations

from oms.fulfilment.model import ParcelState, ShipmentState
from oms.orders.content import PaymentTerms, Verdict
from oms.orders.model import HoldKind, Stage
from oms.orders.view import ACTIONS
from oms.payments.model import PaymentStatus, RecordKind, RecordState
from oms.platform.openapi_parts.shapes import (
    ANYTHING,
    COUNT,
    DAY,
    TEXT,
    TIME,
    WHOLE,
    YES_NO,
    Schema,
    listed,
    nullable,
    one_of,
    record,
    ref,
)
from oms.tracking.model import ScanStatus

STATUSES = (*(stage.value for stage in Stage), "IN_REVIEW", "ON_HOLD", "NEEDS_ATTENTION")
_MONEY = ref("Amount")

_CARD: dict[str, Schema] = {
    "order_id": TEXT,
    "number": TEXT,
    "channel": TEXT,
    "account": TEXT,
    "external_id": TEXT,
    "status": one_of(STATUSES),
    "stage": one_of(Stage),
    "payment_status": one_of(PaymentStatus),
    "fulfilment_status": one_of(
        ("UNFULFILLED", "IN_PROGRESS", *(state.value for state in ShipmentState))
    ),
    "total": _MONEY,
    "customer_name": TEXT,
    "nodes": listed(TEXT),
    "line_count": COUNT,
    "captured_at": TIME,
    "due_at": nullable(TIME),
}
_STATES = (
    "ordered open backordered reserved released picked packed shipped delivered cancelled".split()
)

ORDERS: dict[str, Schema] = {
    "Amount": record("Integer minor units of `currency`.", amount_minor=WHOLE, currency=TEXT),
    "Person": record(name=TEXT, email=TEXT, phone=TEXT),
    "PostalAddress": record(
        name=TEXT,
        company=TEXT,
        lines=listed(TEXT),
        city=TEXT,
        region=TEXT,
        postal_code=TEXT,
        country=TEXT,
        phone=TEXT,
    ),
    "OrderCard": record(
        "One row of the order list.",
        **_CARD,
        holds=listed(record(kind=one_of(HoldKind), reason=TEXT)),
    ),
    "OrderTotals": record(
        items=_MONEY,
        discount=_MONEY,
        shipping=_MONEY,
        tax=_MONEY,
        total=_MONEY,
        channel_total=_MONEY,
    ),
    "OrderedLine": record(
        "`states` counts each unit once, and they add up to `ordered`.",
        line_id=TEXT,
        external_id=TEXT,
        sku=TEXT,
        title=TEXT,
        quantity=WHOLE,
        unit_price=_MONEY,
        discount=_MONEY,
        tax=_MONEY,
        needs_shipping=YES_NO,
        reserve_after=nullable(DAY),
        states=record(**dict.fromkeys(_STATES, COUNT)),
    ),
    "Hold": record(
        number=COUNT,
        task_id=TEXT,
        kind=one_of(HoldKind),
        reason=TEXT,
        since=TIME,
        until=nullable(TIME),
        owner=TEXT,
        subject=TEXT,
    ),
    "PaymentEntry": record(
        kind=one_of(RecordKind),
        intent=TEXT,
        amount=_MONEY,
        at=TIME,
        state=one_of(RecordState),
        provider_id=TEXT,
        code=TEXT,
        final=YES_NO,
    ),
    "Screening": record(
        score=WHOLE, verdict=one_of(Verdict), reasons=listed(TEXT), cleared_by=TEXT
    ),
    "TimelineEntry": record(
        "`seq` starts at 1 and has no gaps.",
        seq=COUNT,
        at=TIME,
        actor=TEXT,
        event=TEXT,
        detail=ANYTHING,
    ),
    "Parcel": record(
        number=COUNT,
        state=one_of(ParcelState),
        carrier=TEXT,
        service=TEXT,
        tracking_number=TEXT,
        weight_g=COUNT,
        label_url=nullable(TEXT),
        shipped_at=nullable(TIME),
        lines=listed(record(line_id=TEXT, sku=TEXT, quantity=COUNT)),
        scans=listed(record(at=TIME, status=one_of(ScanStatus), place=TEXT, detail=TEXT)),
    ),
    "Shipment": record(
        shipment_id=TEXT,
        number=COUNT,
        node=TEXT,
        state=one_of(ShipmentState),
        released_at=TIME,
        lines=listed(record(line_id=TEXT, sku=TEXT, quantity=COUNT, picked=COUNT, packed=COUNT)),
        parcels=listed(ref("Parcel")),
        allowed_actions=listed(one_of(("pick", "pack", "ship", "reject"))),
    ),
    "Order": record(
        "The whole order. ON_HOLD, IN_REVIEW and NEEDS_ATTENTION show over the stage it keeps.",
        **_CARD,
        currency=TEXT,
        worklist=nullable(TEXT),
        tracking_url=TEXT,
        totals=ref("OrderTotals"),
        variance=_MONEY,
        ship_complete=YES_NO,
        priority=COUNT,
        promised_on=nullable(DAY),
        expected_on=nullable(DAY),
        payment_terms=one_of(PaymentTerms),
        handed_over_at=nullable(TEXT),
        buyer_id=nullable(TEXT),
        po_number=nullable(TEXT),
        invoice_terms=nullable(TEXT),
        requested_ship_date=nullable(DAY),
        cost_centre=nullable(TEXT),
        note=nullable(TEXT),
        customer=ref("Person"),
        shipping_address=nullable(ref("PostalAddress")),
        billing_address=nullable(ref("PostalAddress")),
        lines=listed(ref("OrderedLine")),
        reservations=listed(
            record(line_id=TEXT, sku=TEXT, node=TEXT, quantity=COUNT, shelf=TEXT, delivers_on=TEXT)
        ),
        shipments=listed(ref("Shipment")),
        payments=listed(ref("PaymentEntry")),
        screening=nullable(ref("Screening")),
        holds=listed(ref("Hold")),
        timeline=listed(ref("TimelineEntry")),
        allowed_actions=listed(record(name=one_of(ACTIONS), href=TEXT)),
        blocked_by=listed(TEXT),
    ),
    "OrderCounts": record(
        counts={"type": "object", "additionalProperties": COUNT},
        total=COUNT,
    ),
    "Executions": record(items=listed(ref("Execution"))),
    "Execution": record(
        "One run of a workflow, drawn from what its steps left in the order's timeline.",
        name=TEXT,
        workflow=one_of(("order_intake", "shipment")),
        status=one_of(("RUNNING", "SUCCEEDED", "STOPPED", "FAILED")),
        started_at=TIME,
        console_url=nullable(TEXT),
        steps=listed(
            record(
                state=TEXT,
                event=TEXT,
                outcome=TEXT,
                at=TIME,
                milliseconds=nullable(COUNT),
            )
        ),
    ),
    "ShipmentChanged": record(
        order_id=TEXT, status=one_of(STATUSES), shipment=nullable(ref("Shipment"))
    ),
}
