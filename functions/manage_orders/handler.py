"""Orders: new ones of the own shop, lists, and what people do to one."""

import hashlib
from typing import Any

from oms.inventory.refusals import unknown_skus
from oms.kernel.errors import FieldError, Invalid, NotFound
from oms.kernel.ids import OrderId, is_ulid
from oms.notifications.refund_contracts import ChannelRefundBody
from oms.orders.capture import HeldCart, IdempotencyKey, NewOrder
from oms.orders.content import Content
from oms.orders.contracts import parse_order
from oms.orders.executions import view as executions_view
from oms.orders.ports import RawDelivery
from oms.orders.view import ACTIONS, card, page
from oms.platform.gate import parse
from oms.platform.http import OPS, Api, Reply, Request
from oms.platform.validation import read
from oms.search.model import Filters
from oms.wiring import (
    approve_review,
    buyers,
    cancel_order,
    hold_order,
    index,
    list_orders,
    orders,
    place_order,
    reject_order,
    release_hold,
    stock,
    tracking_url,
    workflow_link,
)
from oms.wiring_channels import ask_refund

handler = Api()


@handler.route("GET /orders", scope=OPS)
def show_list(request: Request) -> Reply:
    query = dict(request.query)
    filters = Filters(**{name: query.get(name, "") for name in Filters.__slots__})
    found = list_orders()(filters, request.limit(), query.get("cursor", ""))
    items = [card(order, content) for order, content in found.items]
    return Reply(200, {"items": items, "next_cursor": found.next_cursor})


@handler.route("GET /orders/counts", scope=OPS)
def show_counts(request: Request) -> Reply:
    counts = index().counts()
    return Reply(200, {"counts": counts, "total": sum(counts.values())})


@handler.route("POST /orders", scope="orders:write")
def create(request: Request) -> Reply:
    raw = request.body()
    new = parse_order(parse(raw), lambda buyer_id: buyers().load(buyer_id))
    _refuse_unknown(new.content)
    captured = place_order()(
        NewOrder(new.channel, new.account, new.external_id, "", new.currency, new.content),
        RawDelivery(raw, hashlib.sha256(raw).hexdigest()),
        correlation_id=request.request_id,
        key=_idempotency_key(request),
        hold=HeldCart(new.reservation_id, request.caller.name) if new.reservation_id else None,
    )
    reply = _page(captured.order_id, 200 if captured.duplicate else 201)
    return Reply(reply.status, reply.body, {"location": f"/orders/{captured.order_id}"})


def _refuse_unknown(content: Content) -> None:
    """Our own API knows catalogue and nodes: what is not there is a mistake of the caller."""
    skus = [line.sku for line in content.lines]
    if errors := unknown_skus(skus, stock().products(set(skus))):
        raise Invalid("the order names unknown SKUs", errors, "unknown-sku")
    node = content.handed_over_at
    if node and node not in {each.node_id for each in stock().nodes()}:
        unknown = FieldError("/handed_over_at", "unknown-node", "no node has this id")
        raise Invalid("the order names an unknown node", [unknown], "unknown-node")


def _idempotency_key(request: Request) -> IdempotencyKey | None:
    key = request.idempotency_key()
    return IdempotencyKey(request.caller.name, key) if key else None


@handler.route("GET /orders/{order_id}", scope=OPS)
def show(request: Request) -> Reply:
    return _page(_order_id(request), 200)


@handler.route("GET /orders/{order_id}/executions", scope=OPS)
def show_executions(request: Request) -> Reply:
    order = orders().load(_order_id(request))
    return Reply(200, {"items": executions_view(order, workflow_link)})


@handler.route("POST /orders/{order_id}/{action}", scope=OPS)
def act(request: Request) -> Reply:
    action, order_id = request.path["action"], _order_id(request)
    if action not in ACTIONS:
        raise NotFound(f"no action {action[:40]}")
    reason = request.json_object().get("reason", "")
    if not isinstance(reason, str) or len(reason) > 500:
        raise Invalid("reason is text of at most 500 characters", code="invalid-reason")
    _USE_CASES[action]()(order_id, request.caller.name, reason)
    return _page(order_id, 200)


@handler.route("POST /orders/{order_id}/channel-refund", scope=OPS)
def refund_in_channel(request: Request) -> Reply:
    """Have the channel give money back that it holds."""
    asked, order_id = read(ChannelRefundBody, request.body()), _order_id(request)
    key, caller = request.idempotency_key(), request.caller.name
    ask_refund()(order_id, asked.amount_minor, asked.reason, caller, key)
    return _page(order_id, 202)


_USE_CASES: dict[str, Any] = {
    "cancel": cancel_order,
    "hold": hold_order,
    "release-hold": release_hold,
    "approve": approve_review,
    "reject": reject_order,
}


def _order_id(request: Request) -> OrderId:
    text = request.path["order_id"]
    if not is_ulid(text):
        raise NotFound("no such order")
    return OrderId(text)


def _page(order_id: OrderId, status: int) -> Reply:
    order, content = orders().load_with_content(order_id)
    return Reply(status, page(order, content, tracking_url(order_id)), log={"order_id": order_id})
