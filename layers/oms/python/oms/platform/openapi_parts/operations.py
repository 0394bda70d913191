"""Every route: who may call it, what it takes and what it answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

JSON = "application/json"
HTML = "text/html"

# Names of parameters in `components.parameters`.
PAGED = ("limit", "cursor")
LISTS = ("status", "channel", "node", "sku", "customer", "day", "hold", "q", *PAGED)


@dataclass(frozen=True, slots=True)
class Operation:
    """`answers` maps a status to a schema, empty for no body. `scope` is what the caller needs
    ("ops" may do everything); `signed` names the schemes of routes whose sender signs instead.
    `refusals` are the statuses of problem documents besides 500."""

    name: str
    tag: str
    summary: str
    answers: Mapping[int, str]
    scope: str = ""
    signed: tuple[str, ...] = ()
    body: str = ""
    body_required: bool = True
    parameters: tuple[str, ...] = ()
    refusals: tuple[int, ...] = ()
    also_html: bool = False
    headers: Mapping[int, tuple[str, ...]] = field(default_factory=dict)


_O = Operation
_READ = (401, 403, 404)
_LIST = (401, 403, 422)
_POST = (400, 401, 403, 413, 422, 503)
_ACT = (400, 401, 403, 404, 409, 413, 422, 503)

OPERATIONS: dict[str, Operation] = {
    "GET /health": _O(
        "showHealth",
        "service",
        "Ready when the tables answer and there is a node to ship from",
        {200: "Health", 503: "Health"},
    ),
    "GET /openapi.json": _O("showOpenApi", "service", "This document", {200: "OpenApi"}),
    "POST /webhooks/{channel}/{account}": _O(
        "receiveWebhook",
        "webhooks",
        "Capture what a sales channel sends; 202 once it is durable, and again for a repeat",
        {202: "Captured", 200: "NothingToDo"},
        signed=("shopify", "woocommerce"),
        body="ChannelMessage",
        refusals=(400, 401, 404, 413, 422, 503),
    ),
    "POST /webhooks/payments/stripe": _O(
        "receivePaymentEvent",
        "webhooks",
        "Take in what Stripe tells about a payment; a hint, never believed",
        {200: "PaymentEventReceived"},
        signed=("stripe",),
        body="StripeEvent",
        refusals=(400, 401, 413, 422, 503),
    ),
    "POST /webhooks/carriers/{carrier}": _O(
        "receiveCarrierEvent",
        "webhooks",
        "Take in a carrier's scans",
        {200: "ScansReceived"},
        signed=("carrier",),
        body="OfflineCarrierEvents",
        refusals=(400, 401, 404, 409, 413, 422, 503),
    ),
    "GET /orders": _O(
        "listOrders",
        "orders",
        "A page of orders, newest first; all filters that are given must hold",
        {200: "OrderPage"},
        scope="ops",
        parameters=LISTS,
        refusals=_LIST,
    ),
    "POST /orders": _O(
        "createOrder",
        "orders",
        "A new order: 201, or 200 with the same order for a repeated key or external_id",
        {201: "Order", 200: "Order"},
        scope="orders:write",
        body="OrderBody",
        parameters=("idempotencyKey",),
        refusals=_POST,
        headers={201: ("location",), 200: ("location",)},
    ),
    "GET /orders/counts": _O(
        "countOrders", "orders", "Orders per status", {200: "OrderCounts"}, "ops", refusals=_LIST
    ),
    "GET /orders/{order_id}": _O(
        "showOrder", "orders", "The whole order", {200: "Order"}, "ops", refusals=_READ
    ),
    "GET /orders/{order_id}/executions": _O(
        "showExecutions",
        "orders",
        "Its workflow executions, step by step",
        {200: "Executions"},
        "ops",
        refusals=_READ,
    ),
    "POST /orders/{order_id}/{action}": _O(
        "actOnOrder",
        "orders",
        "What people do to an order; 409 when the transition table forbids it",
        {200: "Order"},
        "ops",
        body="OrderAction",
        body_required=False,
        parameters=("orderAction",),
        refusals=_ACT,
    ),
    "GET /tasks": _O(
        "listTasks",
        "tasks",
        "What waits for a person, the most urgent first",
        {200: "TaskPage"},
        "ops",
        parameters=PAGED,
        refusals=_LIST,
    ),
    "POST /tasks/{task_id}/{action}": _O(
        "resolveTask",
        "tasks",
        "Do what a task's `allowed_actions` offer",
        {200: "TaskResolved"},
        "ops",
        body="TaskAction",
        body_required=False,
        refusals=_ACT,
    ),
    "GET /shipments/{shipment_id}/label": _O(
        "showLabel",
        "shipments",
        "A link to the label's file that lives minutes",
        {303: ""},
        "node",
        parameters=("parcel", "format"),
        refusals=(401, 403, 404, 422),
        headers={303: ("location",)},
    ),
    "POST /shipments/{shipment_id}/{action}": _O(
        "actOnShipment",
        "shipments",
        "What a node does with a shipment; each may be partial",
        {200: "ShipmentChanged"},
        "node",
        body="ShipmentAction",
        body_required=False,
        parameters=("shipmentAction",),
        refusals=_ACT,
    ),
    "GET /nodes": _O(
        "listNodes", "stock", "The places that hold stock", {200: "Nodes"}, "node", refusals=_LIST
    ),
    "PUT /nodes/{node_id}": _O(
        "putNode",
        "stock",
        "Set up a node, or change what it is",
        {200: "Node"},
        "ops",
        body="NodeBody",
        refusals=_POST,
    ),
    "PUT /products/{sku}": _O(
        "putProduct",
        "stock",
        "Set up a product, or change what it is",
        {200: "Stock"},
        "ops",
        body="ProductBody",
        refusals=_POST,
    ),
    "GET /stock": _O(
        "listStock",
        "stock",
        "A page of the catalogue with its stock",
        {200: "StockPage"},
        "stock:read",
        parameters=("q", *PAGED),
        refusals=_LIST,
    ),
    "GET /stock/{sku}": _O(
        "showStock", "stock", "One SKU per node", {200: "Stock"}, "stock:read", refusals=_READ
    ),
    "GET /stock/{sku}/movements": _O(
        "listMovements",
        "stock",
        "Every change of a SKU's stock, newest first",
        {200: "MovementPage"},
        "ops",
        parameters=PAGED,
        refusals=(*_READ, 422),
    ),
    "POST /stock/adjustments": _O(
        "adjustStock",
        "stock",
        "Put the books right",
        {201: "Posted"},
        "ops",
        body="AdjustmentBody",
        parameters=("idempotencyKey",),
        refusals=(*_POST, 409),
    ),
    "POST /stock/receipts": _O(
        "receiveGoods",
        "stock",
        "Goods came in; the same reference counts once",
        {201: "Posted"},
        "ops",
        body="ReceiptBody",
        refusals=(*_POST, 409),
    ),
    "GET /track/{token}": _O(
        "trackOrder",
        "tracking",
        "Where an order is, for whoever holds the link; a page for a browser",
        {200: "Tracking"},
        refusals=(404,),
        also_html=True,
    ),
}
