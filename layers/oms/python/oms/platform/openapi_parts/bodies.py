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
            "lines": listed(record(line_id=TEXT, quantity=COUNT, also={"serials": listed(TEXT)})),
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
    "DraftBody": {
        "currency": "USD",
        "customer": {"name": "Ada Park", "phone": "+12025550100"},
        "lines": [
            {
                "sku": "MUG-BLUE",
                "quantity": 2,
                "unit_price": {"amount_minor": 1299, "currency": "USD"},
                "price_override": {
                    "amount_minor": 999,
                    "currency": "USD",
                    "reason": "the handle was chipped last time",
                },
            }
        ],
    },
    "DraftChanges": {"version": 1, "note": "ring before noon"},
    "BuyerBody": {
        "name": "Harbor Cafe",
        "terms": "NET30",
        "currency": "USD",
        "price_list": {"MUG-BLUE": 899},
        "credit_limit_minor": 250000,
    },
    "ImportBody": {
        "channel": "api",
        "format": "oms",
        "orders": [
            {
                "external_id": "LEGACY-1",
                "status": "closed",
                "placed_at": "2023-02-03T04:05:06Z",
                "currency": "USD",
                "customer": {"name": "Ada Park", "email": "ada@example.com"},
                "lines": [
                    {
                        "sku": "MUG-BLUE",
                        "quantity": 2,
                        "unit_price": {"amount_minor": 1299, "currency": "USD"},
                    }
                ],
            }
        ],
    },
    "ReceiptBody": {
        "reference": "PO-9",
        "node": "WH-EAST",
        "lines": [{"sku": "MUG-BLUE", "quantity": 100}],
    },
    "PurchaseOrderBody": {
        "reference": "PO-2041",
        "node": "WH-EAST",
        "supplier": "Kiln & Co",
        "expected_on": "2026-12-01",
        "tolerance_percent": 5,
        "lines": [
            {
                "sku": "MUG-BLUE",
                "quantity": 100,
                "unit_cost": {"amount_minor": 410, "currency": "USD"},
            }
        ],
    },
    "PurchaseOrderAction": {"expected_on": "2026-12-08"},
    "TransferBody": {
        "reference": "TR-77",
        "from": "WH-EAST",
        "to": "WH-WEST",
        "lines": [{"sku": "MUG-BLUE", "quantity": 20}],
    },
    "TransferArrivalBody": {
        "delivery": "pallet-1",
        "lines": [{"sku": "MUG-BLUE", "quantity": 12}],
    },
    "CountBody": {"node": "WH-EAST", "skus": ["MUG-BLUE", "TEE-RED"]},
    "CountedBody": {
        "lines": [{"sku": "MUG-BLUE", "counted": 98, "counted_at": "2026-11-21T09:30:00Z"}]
    },
    "PoolMoveBody": {
        "pool": "wholesale",
        "node": "WH-EAST",
        "lines": [{"sku": "MUG-BLUE", "quantity": 30}],
    },
    "LotAction": {"reason": "glass in the jar"},
    "AdjustmentBody": {
        "reason": "DAMAGED",
        "node": "WH-EAST",
        "lines": [{"sku": "MUG-BLUE", "quantity": -3}],
    },
    "ReservationBody": {
        "lines": [{"sku": "MUG-BLUE", "quantity": 2}],
        "ttl_seconds": 900,
        "channel": "web",
        "country": "US",
        "postal_code": "10001",
    },
    "ExtensionBody": {"ttl_seconds": 600},
    "ProductBody": {
        "title": "Two blue mugs and a teapot",
        "components": [{"sku": "MUG-BLUE", "quantity": 2}, {"sku": "POT-BLUE", "quantity": 1}],
    },
    "SellingPolicyBody": {
        "version": 0,
        "channels": [{"channel": "web", "mode": "ON_CART", "hold_seconds": 600}],
        "buffers": [{"units": 5, "channel": "web"}, {"units": 2, "sku": "MUG-BLUE"}],
        "pools": [{"name": "b2b", "channels": ["b2b"], "release_on": "2026-12-20"}],
    },
    "RoutingPolicyBody": {"version": 1, "criteria": ["fewest_nodes", "distance"]},
    "ReconcileBody": {"repair": False},
    "WebhookBody": {
        "url": "https://hooks.example.com/oms",
        "events": ["OrderConfirmed", "ShipmentShipped"],
        "description": "the warehouse dashboard",
    },
    "WebhookReplayBody": {"from": "2026-11-21T00:00:00Z", "to": "2026-11-22T00:00:00Z"},
    "SpreadBody": {"parts": 25, "node": "WH-EAST", "hot_until": "2026-11-28T00:00:00Z"},
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
                "quality": 0,
                "incoming": 0,
                "oversold": 0,
                "available": 98,
                "shelves": [],
            }
        ],
        "selling": {
            "components": [],
            "oversell_limit": 0,
            "backorders": True,
            "available_from": None,
            "lead_days": 14,
            "reorder_point": 20,
            "waiting": 0,
        },
        "total": {
            "on_hand": 100,
            "reserved": 2,
            "safety": 0,
            "damaged": 0,
            "quality": 0,
            "incoming": 0,
            "oversold": 0,
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

    from oms.channels.setup_contracts import SetupBody
    from oms.inventory.contracts import AdjustmentBody, ReceiptBody
    from oms.inventory.policy_contracts import RoutingPolicyBody, SellingPolicyBody
    from oms.inventory.reconcile_contracts import ReconcileBody
    from oms.inventory.reservation_contracts import ExtensionBody, ReservationBody
    from oms.inventory.setup_contracts import NodeBody, ProductBody
    from oms.inventory.spread_contracts import SpreadBody
    from oms.inventory.stock_work_contracts import (
        CountBody,
        CountedBody,
        LotAction,
        PoolMoveBody,
        PurchaseOrderAction,
        PurchaseOrderBody,
        TransferArrivalBody,
        TransferBody,
    )
    from oms.notifications.refund_contracts import ChannelRefundBody
    from oms.notifications.webhook_contracts import WebhookBody, WebhookReplayBody
    from oms.orders.buyer_contracts import BuyerBody
    from oms.orders.contracts import OrderBody
    from oms.orders.draft_contracts import DraftBody, DraftChanges, DraftConfirmation
    from oms.orders.import_contracts import ImportBody
    from oms.payments.contracts import StripeEvent
    from oms.tracking.contracts import OfflineCarrierEvents

    contracts = (
        OrderBody,
        ImportBody,
        DraftBody,
        DraftChanges,
        DraftConfirmation,
        BuyerBody,
        ReceiptBody,
        AdjustmentBody,
        NodeBody,
        ProductBody,
        PurchaseOrderBody,
        PurchaseOrderAction,
        TransferBody,
        TransferArrivalBody,
        CountBody,
        CountedBody,
        PoolMoveBody,
        LotAction,
        ReservationBody,
        ExtensionBody,
        SellingPolicyBody,
        RoutingPolicyBody,
        OfflineCarrierEvents,
        StripeEvent,
        SpreadBody,
        ReconcileBody,
        WebhookBody,
        WebhookReplayBody,
        SetupBody,
        ChannelRefundBody,
    )
    _, schema = models_json_schema(
        [(each, "validation") for each in contracts],
        ref_template="#/components/schemas/{model}",
    )
    made: dict[str, Schema] = schema["$defs"]
    return made
