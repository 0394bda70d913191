"""Subscriptions to events by webhook: who is told, how it goes, and sending again."""

from typing import Any

from oms.kernel.errors import Invalid, NotFound
from oms.notifications.delivery import DeliveryState
from oms.notifications.subscription import Subscription
from oms.notifications.webhook_contracts import WebhookBody, WebhookReplayBody
from oms.notifications.webhook_view import of_delivery
from oms.platform.http import OPS, Api, Reply, Request
from oms.platform.validation import read
from oms.wiring import (
    change_subscription,
    clock,
    cursors,
    deliveries,
    listen_for_webhooks,
    ping_subscription,
    replay_deliveries,
    show_subscription,
    subscribe,
    subscriptions,
)

handler = Api()
_ONE = "/webhook-subscriptions/{subscription_id}"
_MOST_PAGES = 10


@handler.route("POST /webhook-subscriptions", scope=OPS)
def create(request: Request) -> Reply:
    new = read(WebhookBody, request.body()).to_domain()
    made, known = subscribe()(new, request.caller.name, request.idempotency_key())
    listen_for_webhooks()()
    page = _page(made, subscribe().shown_secret(made))
    location = {"location": f"/webhook-subscriptions/{made.subscription_id}"}
    return Reply(200 if known else 201, page, location, _log(made))


@handler.route("GET /webhook-subscriptions", scope=OPS)
def show_list(request: Request) -> Reply:
    return Reply(200, {"items": [_page(each) for each in subscriptions().all()]})


@handler.route(f"GET {_ONE}", scope=OPS)
def show(request: Request) -> Reply:
    return Reply(200, _page(subscriptions().get(_id(request))))


@handler.route(f"POST {_ONE}/rotate", scope=OPS)
def rotate(request: Request) -> Reply:
    after = change_subscription().rotate(_id(request))
    return Reply(200, _page(after, after.secrets[0].value), log=_log(after))


@handler.route(f"POST {_ONE}/test", scope=OPS)
def test(request: Request) -> Reply:
    return Reply(200, of_delivery(ping_subscription()(_id(request))))


@handler.route(f"POST {_ONE}/{{action}}", scope=OPS)
def act(request: Request) -> Reply:
    change, actor = change_subscription(), request.caller.name
    ways = {"disable": change.disable, "enable": change.enable, "remove": change.remove}
    way = ways.get(request.path["action"])
    if way is None:
        raise NotFound(f"no action {request.path['action'][:40]}")
    after = way(_id(request), actor)
    listen_for_webhooks()()
    return Reply(200, _page(after), log=_log(after))


@handler.route(f"GET {_ONE}/deliveries", scope=OPS)
def show_deliveries(request: Request) -> Reply:
    to, status = subscriptions().get(_id(request)), _status(request.query.get("status", ""))
    question = {"list": "webhook-deliveries", "of": to.subscription_id, "status": status or ""}
    cursor, limit = request.query.get("cursor", ""), request.limit()
    after = cursors().open(cursor, question) if cursor else ""
    items: list[dict[str, Any]] = []
    # Of the few that have failed there may be none on many pages: the reader comes back then.
    for _ in range(_MOST_PAGES):
        page, after = deliveries().newest(to.subscription_id, limit - len(items), after)
        items += [of_delivery(each) for each in page if status in (None, each.state)]
        if not after or len(items) == limit:
            break
    return Reply(
        200, {"items": items, "next_cursor": cursors().seal(after, question) if after else None}
    )


@handler.route(f"POST {_ONE}/replay", scope=OPS)
def replay(request: Request) -> Reply:
    body, name = read(WebhookReplayBody, request.body()), _id(request)
    if body.delivery_id is not None:
        return Reply(
            200, {"replayed": replay_deliveries().one(name, body.delivery_id), "rest": None}
        )
    question = {"list": "webhook-replay", "of": name}
    after = cursors().open(body.rest, question) if body.rest else ""
    replayed, after = replay_deliveries().span(name, body.span(), after)
    rest = cursors().seal(after, question) if after else None
    return Reply(200, {"replayed": replayed, "rest": rest})


def _page(subscription: Subscription, secret: str = "") -> dict[str, Any]:
    return show_subscription()(subscription, clock().now(), secret)


def _status(text: str) -> DeliveryState | None:
    if text and text not in DeliveryState.__members__:
        raise Invalid("deliveries have no such status", code="unknown-status")
    return DeliveryState(text) if text else None


def _id(request: Request) -> str:
    return request.path["subscription_id"][:40]


def _log(subscription: Subscription) -> dict[str, str]:
    return {"subscription_id": subscription.subscription_id}
