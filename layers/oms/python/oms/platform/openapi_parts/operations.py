"""Every route: who may call it, what it takes and what it answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

JSON = "application/json"
HTML = "text/html"
CSV = "text/csv"

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
    also_csv: bool = False
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
    "POST /reservations": _O(
        "reserveStock",
        "reservations",
        "Hold stock for a cart: all of it, or a 409 that says what is left of each SKU",
        {201: "Reservation", 200: "Reservation"},
        "orders:write",
        body="ReservationBody",
        parameters=("idempotencyKey",),
        refusals=(*_POST, 409),
        headers={201: ("location",), 200: ("location",)},
    ),
    "GET /reservations/{reservation_id}": _O(
        "showReservation",
        "reservations",
        "A reservation, for the caller that made it",
        {200: "Reservation"},
        "orders:write",
        refusals=_READ,
    ),
    "POST /reservations/{reservation_id}/extend": _O(
        "extendReservation",
        "reservations",
        "Move its end; 409 when it has ended",
        {200: "Reservation"},
        "orders:write",
        body="ExtensionBody",
        body_required=False,
        refusals=_ACT,
    ),
    "POST /reservations/{reservation_id}/release": _O(
        "releaseReservation",
        "reservations",
        "Give the units back; repeating it is harmless, 409 when an order has them",
        {200: "Reservation"},
        "orders:write",
        refusals=_ACT,
    ),
    "GET /policies/selling": _O(
        "showSellingPolicy",
        "policies",
        "How each channel sells, what is kept back, which pools there are",
        {200: "SellingPolicyBody"},
        "ops",
        refusals=(401, 403),
    ),
    "PUT /policies/selling": _O(
        "putSellingPolicy",
        "policies",
        "Replace the selling rules; 409 when they are no longer those of `version`",
        {200: "SellingPolicyBody"},
        "ops",
        body="SellingPolicyBody",
        refusals=(*_POST, 409),
    ),
    "GET /policies/routing": _O(
        "showRoutingPolicy",
        "policies",
        "How nodes are chosen",
        {200: "RoutingPolicyBody"},
        "ops",
        refusals=(401, 403),
    ),
    "PUT /policies/routing": _O(
        "putRoutingPolicy",
        "policies",
        "Change how nodes are chosen; 409 when the rules are no longer those of `version`",
        {200: "RoutingPolicyBody"},
        "ops",
        body="RoutingPolicyBody",
        refusals=(*_POST, 409),
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
        "A page of the catalogue with its stock; with `channel` what that one can sell",
        {200: "StockPage"},
        "stock:read",
        parameters=("q", "sellingChannel", *PAGED),
        refusals=_LIST,
    ),
    "GET /stock/alerts": _O(
        "listAlerts",
        "stock",
        "SKUs below their reorder point, each once until it is at or above it again",
        {200: "AlertPage"},
        "stock:read",
        parameters=PAGED,
        refusals=_LIST,
    ),
    "GET /stock/{sku}": _O(
        "showStock", "stock", "One SKU per node", {200: "Stock"}, "stock:read", refusals=_READ
    ),
    "GET /stock/{sku}/availability": _O(
        "checkAvailability",
        "stock",
        "What can be promised now, by date, and to who asks; the nodes are those of routing",
        {200: "Availability"},
        "stock:read",
        parameters=("sellingChannel", "quantity", "country", "postalCode"),
        refusals=(*_READ, 422),
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
    "POST /stock/{sku}/spread": _O(
        "spreadStock",
        "stock",
        "Spread a SKU that sells fast over several rows; repeating it tops them up",
        {200: "SpreadStock"},
        "ops",
        body="SpreadBody",
        refusals=_ACT,
    ),
    "POST /stock/{sku}/gather": _O(
        "gatherStock",
        "stock",
        "Bring back what is free; rows with reserved units stay until those leave",
        {200: "SpreadStock"},
        "ops",
        refusals=(401, 403, 404, 409, 503),
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
    "POST /stock/transfers": _O(
        "sendTransfer",
        "stock work",
        "Available units leave a node for another one; the same reference counts once",
        {201: "Transfer"},
        "ops",
        body="TransferBody",
        refusals=(*_POST, 409),
    ),
    "GET /stock/transfers/{reference}": _O(
        "showTransfer", "stock work", "A transfer", {200: "Transfer"}, "ops", refusals=_READ
    ),
    "POST /stock/transfers/{reference}/receive": _O(
        "receiveTransfer",
        "stock work",
        "Units of a transfer arrive: those named, or all that is outstanding",
        {200: "Transfer"},
        "ops",
        body="TransferArrivalBody",
        body_required=False,
        parameters=("idempotencyKey",),
        refusals=_ACT,
    ),
    "POST /stock/transfers/{reference}/close": _O(
        "closeTransfer",
        "stock work",
        "What has not come is written off as lost",
        {200: "Transfer"},
        "ops",
        refusals=(401, 403, 404, 409, 503),
    ),
    "POST /stock/counts": _O(
        "openCount",
        "stock work",
        "Begin a cycle count",
        {201: "Count"},
        "ops",
        body="CountBody",
        parameters=("idempotencyKey",),
        refusals=(*_POST, 409),
    ),
    "GET /stock/counts/{count_id}": _O(
        "showCount", "stock work", "A cycle count", {200: "Count"}, "ops", refusals=_READ
    ),
    "POST /stock/counts/{count_id}/submit": _O(
        "submitCount",
        "stock work",
        "Post the difference to what was counted, or leave it for approval",
        {200: "Count"},
        "ops",
        body="CountedBody",
        refusals=_ACT,
    ),
    "POST /stock/counts/{count_id}/approve": _O(
        "approveCount",
        "stock work",
        "Post a count that waits; by somebody else than the counter",
        {200: "Count"},
        "ops",
        refusals=(401, 403, 404, 409, 503),
    ),
    "GET /stock/lots/{sku}/{lot}": _O(
        "showLot",
        "stock work",
        "A lot, and who holds units of it",
        {200: "Lot"},
        "ops",
        refusals=_READ,
    ),
    "POST /stock/lots/{sku}/{lot}/{action}": _O(
        "actOnLot",
        "stock work",
        "Recall a lot: nothing of it is promised, picked or shipped any more; or clear it",
        {200: "Lot"},
        "ops",
        body="LotAction",
        body_required=False,
        parameters=("lotAction",),
        refusals=_ACT,
    ),
    "POST /stock/pools": _O(
        "fillPool",
        "stock work",
        "Move available units between the general shelf and a pool",
        {201: "Posted"},
        "ops",
        body="PoolMoveBody",
        parameters=("idempotencyKey",),
        refusals=(*_POST, 409),
    ),
    "POST /purchase-orders": _O(
        "orderGoods",
        "stock work",
        "Expect what was bought; the same reference counts once",
        {201: "PurchaseOrder"},
        "ops",
        body="PurchaseOrderBody",
        refusals=(*_POST, 409),
    ),
    "GET /purchase-orders/{reference}": _O(
        "showPurchase",
        "stock work",
        "A purchase order, and what has come of it",
        {200: "PurchaseOrder"},
        "ops",
        refusals=_READ,
    ),
    "POST /purchase-orders/{reference}/{action}": _O(
        "actOnPurchase",
        "stock work",
        "Expect no more of it, or on another day",
        {200: "PurchaseOrder"},
        "ops",
        body="PurchaseOrderAction",
        body_required=False,
        parameters=("purchaseAction",),
        refusals=_ACT,
    ),
    "POST /stock/{sku}/reconcile": _O(
        "reconcileStock",
        "stock",
        "Check the books of a SKU against its movements and whoever holds units; repair if asked",
        {200: "ReconcileReport"},
        "ops",
        body="ReconcileBody",
        body_required=False,
        refusals=(400, 401, 403, 404, 413, 422, 503),
    ),
    "GET /reports/{name}": _O(
        "showReport",
        "reports",
        "A page of a report. `so_far` runs on from page to page: the last one has all of it",
        {200: "ReportPage"},
        "ops",
        parameters=("reportName", "node", "from", "to", *PAGED),
        refusals=(401, 403, 404, 422),
        also_csv=True,
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
