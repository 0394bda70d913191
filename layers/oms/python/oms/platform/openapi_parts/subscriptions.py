"""Webhooks to subscribers: routes and answers."""

from __future__ import annotations

from oms.notifications.delivery import DeliveryState
from oms.notifications.subscription import Cause, SubscriptionState
from oms.platform.openapi_parts.operations import PAGED, Operation
from oms.platform.openapi_parts.shapes import (
    COUNT,
    TEXT,
    TIME,
    Schema,
    listed,
    nullable,
    one_of,
    page,
    record,
    ref,
)

_TAG = "webhook subscriptions"
_ONE = "/webhook-subscriptions/{subscription_id}"
_READ = (401, 403, 404)
_ACT = (400, 401, 403, 404, 409, 413, 422, 503)

SUBSCRIPTION_OPERATIONS: dict[str, Operation] = {
    "GET /webhook-subscriptions": Operation(
        "listWebhookSubscriptions",
        _TAG,
        "All subscriptions, with how their deliveries fare",
        {200: "WebhookSubscriptions"},
        "ops",
        refusals=(401, 403),
    ),
    "POST /webhook-subscriptions": Operation(
        "createWebhookSubscription",
        _TAG,
        "Be told of events, signed in the Standard Webhooks scheme; the secret is shown here only",
        {201: "WebhookSubscription", 200: "WebhookSubscription"},
        "ops",
        body="WebhookBody",
        parameters=("idempotencyKey",),
        refusals=(400, 401, 403, 409, 413, 422, 503),
        headers={201: ("location",), 200: ("location",)},
    ),
    f"GET {_ONE}": Operation(
        "showWebhookSubscription",
        _TAG,
        "One subscription, with how its deliveries fare",
        {200: "WebhookSubscription"},
        "ops",
        refusals=_READ,
    ),
    f"GET {_ONE}/deliveries": Operation(
        "listWebhookDeliveries",
        _TAG,
        "What was sent to it in the last 30 days, by the time of the event, newest first",
        {200: "WebhookDeliveryPage"},
        "ops",
        parameters=("deliveryStatus", *PAGED),
        refusals=(401, 403, 404, 422),
    ),
    f"POST {_ONE}/rotate": Operation(
        "rotateWebhookSecret",
        _TAG,
        "A new secret, shown here only; the old one signs along for 24 hours",
        {200: "WebhookSubscription"},
        "ops",
        refusals=(401, 403, 404, 409, 503),
    ),
    f"POST {_ONE}/test": Operation(
        "testWebhook",
        _TAG,
        "Send a ping, once, and say what came of it",
        {200: "WebhookDelivery"},
        "ops",
        refusals=(401, 403, 404, 409, 503),
    ),
    f"POST {_ONE}/replay": Operation(
        "replayWebhooks",
        _TAG,
        "Send stored deliveries again, under the ids that they had",
        {200: "WebhookReplay"},
        "ops",
        body="WebhookReplayBody",
        refusals=_ACT,
    ),
    f"POST {_ONE}/{{action}}": Operation(
        "actOnWebhookSubscription",
        _TAG,
        "Pause it, let it go on, or end it",
        {200: "WebhookSubscription"},
        "ops",
        parameters=("subscriptionAction",),
        refusals=(401, 403, 404, 409, 503),
    ),
}

SUBSCRIPTION_SCHEMAS: dict[str, Schema] = {
    "WebhookSubscription": record(
        "`secret` is there when it was just made. `signing_secrets` are more than one while an "
        "older one signs along. `backlog` counts up to 1000; `lag_seconds` is the age of the "
        "oldest event in it.",
        also={"secret": TEXT},
        subscription_id=TEXT,
        url=TEXT,
        events=listed(TEXT),
        description=TEXT,
        status=one_of(SubscriptionState),
        cause=one_of(Cause),
        disabled_at=nullable(TIME),
        disabled_by=TEXT,
        created_at=TIME,
        signing_secrets=COUNT,
        health=record(
            last_success_at=nullable(TIME),
            failing_since=nullable(TIME),
            failures=COUNT,
            last_error=TEXT,
            backlog=COUNT,
            lag_seconds=COUNT,
        ),
    ),
    "WebhookSubscriptions": record(items=listed(ref("WebhookSubscription"))),
    "WebhookDelivery": record(
        "`delivery_id` is the `webhook-id` of every attempt; `event_id` is the `id` of the body.",
        delivery_id=TEXT,
        event_id=TEXT,
        event_type=TEXT,
        status=one_of(DeliveryState),
        attempts=COUNT,
        replays=COUNT,
        created_at=TIME,
        last_attempt_at=nullable(TIME),
        last_status=nullable(COUNT),
        last_error=TEXT,
        delivered_at=nullable(TIME),
        next_attempt_at=nullable(TIME),
    ),
    "WebhookDeliveryPage": page(ref("WebhookDelivery")),
    "WebhookReplay": record(
        "A long span is replayed page by page: ask again with `rest` until it is null.",
        replayed=COUNT,
        rest=nullable(TEXT),
    ),
}
