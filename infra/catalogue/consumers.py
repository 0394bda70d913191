"""The functions that streams, queues and the clock start."""

from __future__ import annotations

from infra.catalogue import grants as may
from infra.catalogue.function_row import PAYMENTS, FunctionRow, Kind

_RAW = may.ObjectGrant(may.RAW, (may.GET, may.PUT))

CONSUMERS = (
    FunctionRow(
        "publish_events",
        Kind.STREAM,
        "put the new entries of each order's timeline on the bus",
        publishes=True,
        timeout=30,
    ),
    FunctionRow(
        "index_orders",
        Kind.STREAM,
        "keep lists, search and counts",
        tables=(may.LOADS_ORDERS, may.INDEXES),
        timeout=60,
    ),
    FunctionRow(
        "start_intake",
        Kind.QUEUE,
        "start the intake workflow that an order asks for",
        starts=("order_intake",),
        timeout=30,
    ),
    FunctionRow(
        "start_shipment",
        Kind.QUEUE,
        "start the workflow of a packed parcel",
        starts=("shipment",),
        timeout=30,
    ),
    FunctionRow(
        "settle_payment",
        Kind.QUEUE,
        "give back the money that an ended order still holds",
        tables=(may.CHANGES_ORDERS,),
        secrets=("stripe",),
        layers=PAYMENTS,
        timeout=30,
    ),
    FunctionRow(
        "follow_channels",
        Kind.STREAM,
        "bring orders up to date with what their channels told of them",
        # A cancellation gives stock back, a change gives it up first.
        tables=(may.CHANGES_ORDERS, may.CHANGES_STOCK, may.CAPTURES, may.SERVES_CHANNELS),
        secrets=("channels", "tracking"),
        objects=(_RAW,),
        timeout=60,
    ),
    FunctionRow(
        "sweep_channels",
        Kind.SCHEDULE,
        "ask channels what changed, and see to what was put off",
        tables=(may.CHANGES_ORDERS, may.CHANGES_STOCK, may.CAPTURES, may.SERVES_CHANNELS),
        secrets=("channels", "tracking"),
        objects=(_RAW,),
        timeout=55,
    ),
    FunctionRow(
        "push_stock",
        Kind.QUEUE,
        "tell shops what they can sell",
        tables=(may.SERVES_CHANNELS,),
        secrets=("channels",),
        timeout=60,
    ),
    FunctionRow(
        "tell_channel",
        Kind.QUEUE,
        "tell the channel how an order went on",
        tables=(may.CHANGES_ORDERS, may.SERVES_CHANNELS),
        secrets=("channels",),
        objects=(may.ObjectGrant(may.EDI_OUT, (may.PUT,)),),
        timeout=30,
    ),
    FunctionRow(
        "receive_notifications",
        Kind.QUEUE,
        "take in what channels send to a queue",
        tables=(may.CHANGES_ORDERS, may.CAPTURES, may.NOTES_NEWS),
        secrets=("channels", "tracking"),
        objects=(_RAW,),
        timeout=30,
    ),
    FunctionRow(
        "receive_files",
        Kind.QUEUE,
        "take in the files of trading partners",
        tables=(may.CHANGES_ORDERS, may.CAPTURES, may.NOTES_NEWS),
        secrets=("channels", "tracking"),
        objects=(
            _RAW,
            may.ObjectGrant(may.EDI_IN, (may.GET, may.GET_VERSION)),
            may.ObjectGrant(may.EDI_OUT, (may.PUT,)),
        ),
        timeout=120,
    ),
    FunctionRow(
        "sweep_orders",
        Kind.SCHEDULE,
        "take on every order whose time has come or whose work got lost",
        # A review that lapses ends the order, which gives its stock back.
        tables=(may.RUNS_ORDERS, may.CHANGES_STOCK),
        timeout=55,
    ),
    FunctionRow(
        "serve_waiting",
        Kind.STREAM,
        "offer stock that came in to those who wait for it, and carry out large postings",
        tables=(may.CHANGES_ORDERS, may.CHANGES_STOCK),
        timeout=60,
    ),
    FunctionRow(
        "publish_stock",
        Kind.STREAM,
        "tell every channel what it can sell, and raise and end alerts of low stock",
        tables=(may.CHANGES_STOCK,),
        # Which channels there are accounts of.
        secrets=("channels",),
        publishes=True,
        timeout=60,
    ),
    FunctionRow(
        "sweep_stock",
        Kind.SCHEDULE,
        "end holds whose time is over, finish large postings, serve the waiting lines, gather "
        "what was hot",
        tables=(may.CHANGES_ORDERS, may.SWEEPS_STOCK),
        secrets=("channels",),
        timeout=55,
    ),
    FunctionRow(
        "send_webhooks",
        Kind.QUEUE,
        "tell the subscribers of an event",
        tables=(may.SENDS_WEBHOOKS,),
        publishes=True,
        timeout=60,
    ),
    FunctionRow(
        "sweep_webhooks",
        Kind.SCHEDULE,
        "try again what could not be told to subscribers",
        tables=(may.SWEEPS_WEBHOOKS,),
        publishes=True,
        switches=("send_webhooks",),
        timeout=55,
    ),
    FunctionRow(
        "reconcile_stock",
        Kind.SCHEDULE,
        "check all of the stock books once a day, a piece at each tick",
        tables=(may.WALKS_ORDERS, may.REPAIRS_STOCK, may.SEARCHES),
        publishes=True,
        timeout=600,
        memory=1024,
    ),
)
