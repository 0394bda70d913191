"""Connections to sales channels: routes and answers."""

from __future__ import annotations

from oms.channels.compare import About
from oms.channels.gaps import Cause
from oms.platform.openapi_parts.operations import Operation
from oms.platform.openapi_parts.shapes import (
    ANYTHING,
    COUNT,
    TEXT,
    TIME,
    YES_NO,
    Schema,
    listed,
    nullable,
    one_of,
    record,
    ref,
)

_TAG = "channels"
_ONE = "/channels/{channel}/{account}"
_READ = (401, 403, 404)
_ACT = (400, 401, 403, 404, 413, 422, 503)

CHANNEL_OPERATIONS: dict[str, Operation] = {
    "GET /channels": Operation(
        "listChannels",
        _TAG,
        "Every account that sells for us: what waits, how late it is, what went wrong last",
        {200: "Channels"},
        "ops",
        refusals=(401, 403),
    ),
    f"GET {_ONE}": Operation(
        "showChannel",
        _TAG,
        "One account, with its set-up, what it waits for, and the gaps that polls found",
        {200: "Channel"},
        "ops",
        refusals=_READ,
    ),
    f"PUT {_ONE}": Operation(
        "setUpChannel",
        _TAG,
        "Say which place there is which node here, which SKU is which, and settings that are no "
        "secrets; works within a minute",
        {200: "Channel"},
        "ops",
        body="SetupBody",
        refusals=(*_ACT, 409),
    ),
    f"POST {_ONE}/poll": Operation(
        "pollChannel",
        _TAG,
        "Ask the shop now what changed, as far as 20 seconds reach",
        {200: "Channel"},
        "ops",
        refusals=_READ,
    ),
    f"POST {_ONE}/push-stock": Operation(
        "pushStock",
        _TAG,
        "Tell the shop every figure again; ask again with `after` until it is null",
        {202: "StockListed"},
        "ops",
        body="PushStockBody",
        refusals=_ACT,
    ),
    f"POST {_ONE}/reconcile": Operation(
        "reconcileChannel",
        _TAG,
        "Hold our orders, money, customers and stock against the shop's",
        {200: "ChannelReport"},
        "ops",
        body="CompareBody",
        refusals=_ACT,
    ),
    f"POST {_ONE}/try": Operation(
        "tryDocument",
        _TAG,
        "What a document of the channel would become; nothing is stored",
        {200: "Tried"},
        "ops",
        body="ChannelMessage",
        refusals=_ACT,
    ),
    "POST /orders/{order_id}/channel-refund": Operation(
        "refundInChannel",
        _TAG,
        "Have the channel give back money that it holds; it is told in the background",
        {202: "Order"},
        "ops",
        body="ChannelRefundBody",
        parameters=("idempotencyKey",),
        refusals=(*_ACT, 409),
    ),
    "GET /webhooks/{channel}/{account}": Operation(
        "answerChallenge",
        "webhooks",
        "Some channels ask whether the address is ours before they send to it",
        {200: "Challenge"},
        refusals=(404,),
    ),
}

_CARD: dict[str, Schema] = {
    "channel": TEXT,
    "account": TEXT,
    "domain": TEXT,
    "arrives": one_of(("webhook", "queue", "file", "")),
    "secrets": COUNT,
    "orders": record(waiting=COUNT, lag_seconds=COUNT, problem=TEXT),
    "stock": record(waiting=COUNT, lag_seconds=COUNT, problem=TEXT, next_try_at=nullable(TIME)),
    "poll": nullable(
        record(
            up_to=TIME,
            lag_seconds=COUNT,
            polled_at=nullable(TIME),
            next_at=nullable(TIME),
            seen=COUNT,
            gaps=COUNT,
            problem=TEXT,
        )
    ),
}

CHANNEL_SCHEMAS: dict[str, Schema] = {
    "ChannelCard": record(**_CARD),
    "Channels": record(items=listed(ref("ChannelCard"))),
    "Channel": record(
        **_CARD,
        setup=record(nodes=ANYTHING, skus=ANYTHING, settings=ANYTHING, version=COUNT),
        news=listed(
            record(
                external_id=TEXT,
                since=TIME,
                tries=COUNT,
                next_try_at=nullable(TIME),
                problem=TEXT,
            )
        ),
        gaps=listed(
            record(
                external_id=TEXT,
                cause=one_of(Cause),
                found_at=TIME,
                changed_at=nullable(TIME),
                order_id=nullable(TEXT),
            )
        ),
    ),
    "PushStockBody": record(also={"after": TEXT}),
    "StockListed": record(listed=COUNT, after=nullable(TEXT)),
    "CompareBody": record(also={"since": TIME}),
    "ChannelReport": record(
        "`whole` is false when the time was not enough: ask for a later `since`.",
        since=TIME,
        orders=COUNT,
        skus=COUNT,
        whole=YES_NO,
        differences=listed(record(about=one_of(About), subject=TEXT, ours=TEXT, theirs=TEXT)),
    ),
    "Tried": ANYTHING,
    "Challenge": ANYTHING,
}
