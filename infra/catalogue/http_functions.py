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
        "take in what a sales channel sends",
        tables=(may.CHANGES_ORDERS, may.CAPTURES, may.NOTES_NEWS),
        secrets=("channels", "tracking"),
        objects=(_KEEPS_RAW,),
        # Some channels sign with a key pair.
        layers=AUTH,
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
        tables=(
            may.RUNS_ORDERS,
            may.CAPTURES,
            may.CHANGES_STOCK,
            may.SEARCHES,
            may.SEES_BUYERS,
        ),
        secrets=("tracking",),
        objects=(_KEEPS_RAW,),
        memory=1024,
    ),
    FunctionRow(
        "import_orders",
        Kind.HTTP,
        "take over orders of the past, as history",
        tables=(may.CHANGES_ORDERS, may.CAPTURES, may.SEES_CHANNELS),
        # The mapping of a channel's documents stands in its account's settings.
        secrets=("channels", "tracking"),
        objects=(_KEEPS_RAW,),
        # Five hundred orders in one call.
        timeout=28,
        memory=1024,
    ),
    FunctionRow(
        "manage_tasks",
        Kind.HTTP,
        "what waits for a person",
        tables=(may.RUNS_ORDERS, may.CLEARS_INBOUND, may.CHANGES_STOCK, may.SETTLES_NOTICES),
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
        "manage_reservations",
        Kind.HTTP,
        "stock that a cart holds until it is an order",
        # Who lacks units ends the holds whose time is over.
        tables=(may.SWEEPS_STOCK,),
        # In a flash sale everybody holds a cart in the same second.
        memory=1024,
    ),
    FunctionRow(
        "manage_channels",
        Kind.HTTP,
        "the connections to sales channels",
        tables=(
            may.RUNS_ORDERS,
            may.CAPTURES,
            may.SERVES_CHANNELS,
            may.SEES_STOCK,
            may.SEARCHES,
        ),
        secrets=("channels", "tracking"),
        objects=(_REPLAYS_RAW,),
        # A comparison of books asks the shop for page after page.
        timeout=28,
        memory=1024,
    ),
    FunctionRow(
        "manage_policies",
        Kind.HTTP,
        "how channels sell, and how nodes are chosen",
        tables=(may.TableGrant(may.Table.STOCK, (*may.READ_MANY, "PutItem")),),
    ),
    FunctionRow(
        "manage_stock",
        Kind.HTTP,
        "nodes, levels, movements, receipts and adjustments",
        tables=(may.SETS_UP_STOCK,),
        # Cursors of lists are signed with the same key as tracking links.
        secrets=("tracking",),
    ),
    FunctionRow(
        "manage_stock_work",
        Kind.HTTP,
        "purchase orders, transfers, cycle counts, lots and pools",
        tables=(may.CHANGES_STOCK,),
        # A recall reads all movements of a SKU.
        timeout=28,
    ),
    FunctionRow(
        "reconcile_sku",
        Kind.HTTP,
        "check the stock books of one SKU, and repair them if asked to",
        tables=(may.CHECKS_ORDERS, may.REPAIRS_STOCK, may.SEARCHES),
        publishes=True,
        timeout=28,
        memory=1024,
    ),
    FunctionRow(
        "show_reports",
        Kind.HTTP,
        "reports, as JSON or as CSV",
        tables=(may.LOADS_ORDERS, may.SEES_STOCK, may.SEARCHES),
        # Cursors are signed with the same key as tracking links.
        secrets=("tracking",),
        timeout=28,
        memory=1024,
    ),
    FunctionRow(
        "manage_hot_stock",
        Kind.HTTP,
        "spread what sells fast over several rows and gather it again; alerts of low stock",
        tables=(may.CHANGES_STOCK,),
        secrets=("tracking",),
    ),
    FunctionRow(
        "manage_subscriptions",
        Kind.HTTP,
        "who is told of events by webhook, and what became of it",
        tables=(may.KEEPS_WEBHOOKS,),
        # Cursors are signed with the same key as tracking links.
        secrets=("tracking",),
        # A ping that fails may be the one that ends the subscription.
        publishes=True,
        switches=("send_webhooks",),
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
    FunctionRow(
        "manage_drafts",
        Kind.HTTP,
        "orders that an agent takes down on the phone",
        # What is confirmed is captured like any other order.
        tables=(may.CHANGES_ORDERS, may.CAPTURES, may.SEES_STOCK, may.KEEPS_DRAFTS),
        # Cursors are signed with the same key as tracking links.
        secrets=("tracking",),
        objects=(_KEEPS_RAW,),
    ),
    FunctionRow(
        "manage_buyers",
        Kind.HTTP,
        "business buyers: prices, terms, credit",
        tables=(may.LOADS_ORDERS, may.KEEPS_BUYERS),
        secrets=("tracking",),
    ),
)
