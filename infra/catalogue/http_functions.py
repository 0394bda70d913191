"""The functions behind the HTTP API."""

from __future__ import annotations

from infra.catalogue import grants as may
from infra.catalogue.function_row import AUTH, PAYMENTS, FunctionRow, Kind

_KEEPS_RAW = may.ObjectGrant(may.RAW, (may.PUT,))
_REPLAYS_RAW = may.ObjectGrant(may.RAW, (may.GET, may.PUT))

HTTP = (
    FunctionRow(
        "authorize_request",
        Kind.AUTHORIZER,
        "who is calling, and may they; denies by default",
        secrets=("api-keys",),
        layers=AUTH,
        timeout=10,
    ),
    FunctionRow(
        "receive_webhook",
        Kind.HTTP,
        "capture what a sales channel sends",
        tables=(may.CHANGES_ORDERS, may.CAPTURES),
        secrets=("channels", "tracking"),
        objects=(_KEEPS_RAW,),
        # The first thing that a merchant's traffic meets, cold: a larger share of processor.
        memory=1024,
    ),
    FunctionRow(
        "receive_payment_event",
        Kind.HTTP,
        "take in what Stripe tells about a payment",
        tables=(may.CHANGES_ORDERS,),
        secrets=("stripe",),
        layers=PAYMENTS,
    ),
    FunctionRow(
        "receive_carrier_event",
        Kind.HTTP,
        "take in a carrier's scans",
        # A first scan may stand for a hand-over that nobody recorded, which consumes stock.
        tables=(may.CHANGES_ORDERS, may.CHANGES_STOCK),
        secrets=("carriers",),
    ),
    FunctionRow(
        "manage_orders",
        Kind.HTTP,
        "orders of the own shop, lists, and what people do to an order",
        tables=(may.RUNS_ORDERS, may.CAPTURES, may.CHANGES_STOCK, may.SEARCHES),
        secrets=("tracking",),
        objects=(_KEEPS_RAW,),
        memory=1024,
    ),
    FunctionRow(
        "manage_tasks",
        Kind.HTTP,
        "what waits for a person",
        tables=(may.RUNS_ORDERS, may.CLEARS_INBOUND, may.CHANGES_STOCK),
        # A quarantined delivery is mapped again under its channel account's settings.
        secrets=("channels", "tracking"),
        objects=(_REPLAYS_RAW,),
    ),
    FunctionRow(
        "manage_shipments",
        Kind.HTTP,
        "what a node does with a shipment, and its labels",
        tables=(may.CHANGES_ORDERS, may.CHANGES_STOCK),
        objects=(may.ObjectGrant(may.LABELS, (may.GET,)),),
    ),
    FunctionRow(
        "manage_stock",
        Kind.HTTP,
        "nodes, levels, movements, receipts and adjustments",
        tables=(may.CHANGES_STOCK,),
        # Cursors of lists are signed with the same key as tracking links.
        secrets=("tracking",),
    ),
    FunctionRow(
        "show_tracking",
        Kind.HTTP,
        "the customer's view of an order",
        tables=(may.SEES_ORDERS,),
        timeout=10,
        memory=1024,
    ),
    FunctionRow(
        "show_service",
        Kind.HTTP,
        "health, and the list of routes",
        tables=(may.TableGrant(may.Table.STOCK, may.READ),),
        timeout=10,
    ),
)
