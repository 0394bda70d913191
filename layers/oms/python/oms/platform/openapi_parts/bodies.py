"""Request bodies: those that contracts check, and those that handlers read field by field."""

from __future__ import annotations

from typing import Any

from oms.platform.openapi_parts.shapes import COUNT, TEXT, Schema, listed, record, ref

_REASON: Schema = {"type": "string", "maxLength": 500}

BY_HAND: dict[str, Schema] = {
    "OrderAction": record(also={"reason": _REASON}),
    "ShipmentAction": record(
        "Without `lines`: all that can be picked or packed. Without `parcel`: every labelled one.",
        also={
            "lines": listed(record(line_id=TEXT, quantity=COUNT)),
            "parcel": COUNT,
            "reason": _REASON,
        },
    ),
    "TaskAction": record(
        "The fields that the task's `allowed_actions` name.",
        also={
            "sku": TEXT,
            "shipping_address": ref("Address"),
            "customer": ref("Customer"),
            "reason": _REASON,
            "owner": _REASON,
        },
    ),
    "ChannelMessage": {
        "type": "object",
        "description": "An order in the channel's own format; the signature covers its bytes.",
    },
}

EXAMPLES: dict[str, Any] = {
    "OrderBody": {
        "external_id": "PO-7",
        "currency": "USD",
        "customer": {"name": "Ada Park", "email": "ada@example.com", "phone": "+12025550100"},
        "shipping_address": {
            "name": "Ada Park",
            "lines": ["12 Elm Street"],
            "city": "New York",
            "region": "NY",
            "postal_code": "10001",
            "country": "US",
        },
        "lines": [
            {
                "sku": "MUG-BLUE",
                "quantity": 2,
                "unit_price": {"amount_minor": 1299, "currency": "USD"},
            }
        ],
        "payment": {"method": "card", "payment_method": "pm_card_visa"},
    },
    "ReceiptBody": {
        "reference": "PO-9",
        "node": "WH-EAST",
        "lines": [{"sku": "MUG-BLUE", "quantity": 100}],
    },
    "AdjustmentBody": {
        "reason": "DAMAGED",
        "node": "WH-EAST",
        "lines": [{"sku": "MUG-BLUE", "quantity": -3}],
    },
    "OfflineCarrierEvents": {
        "events": [
            {
                "id": "scan-1",
                "tracking_number": "OC123456789",
                "status": "IN_TRANSIT",
                "at": "2026-11-21T19:28:00Z",
                "place": "Chicago",
            }
        ]
    },
    "OrderAction": {"reason": "the customer changed her mind"},
    "ShipmentAction": {"lines": [{"line_id": "L1", "quantity": 2}]},
    "TaskAction": {"sku": "MUG-BLUE"},
    "Stock": {
        "sku": "MUG-BLUE",
        "title": "Blue mug",
        "nodes": [
            {
                "node": "WH-EAST",
                "on_hand": 100,
                "reserved": 2,
                "safety": 0,
                "damaged": 0,
                "incoming": 0,
                "available": 98,
            }
        ],
        "total": {
            "on_hand": 100,
            "reserved": 2,
            "safety": 0,
            "damaged": 0,
            "incoming": 0,
            "available": 98,
        },
    },
    "Problem": {
        "type": "/problems/unknown-sku",
        "title": "Invalid",
        "status": 422,
        "detail": "the order names unknown SKUs",
        "request_id": "JKJaXmPLvHcESHA=",
        "errors": [
            {"pointer": "/lines/0/sku", "code": "unknown-sku", "detail": "not in the catalogue"}
        ],
    },
}


def contract_schemas() -> dict[str, Schema]:
    """The JSON Schemas of the contracts, by class name. Imports pydantic."""
    from pydantic.json_schema import models_json_schema

    from oms.inventory.contracts import AdjustmentBody, ReceiptBody
    from oms.inventory.setup_contracts import NodeBody, ProductBody
    from oms.orders.contracts import OrderBody
    from oms.payments.contracts import StripeEvent
    from oms.tracking.contracts import OfflineCarrierEvents

    contracts = (
        OrderBody,
        ReceiptBody,
        AdjustmentBody,
        NodeBody,
        ProductBody,
        OfflineCarrierEvents,
        StripeEvent,
    )
    _, schema = models_json_schema(
        [(each, "validation") for each in contracts],
        ref_template="#/components/schemas/{model}",
    )
    made: dict[str, Schema] = schema["$defs"]
    return made
