"""Drafts: orders that an agent takes down on the phone."""

from typing import Any

from oms.kernel.errors import NotFound
from oms.orders.draft_contracts import parse_changes, parse_confirmation, parse_draft
from oms.orders.draft_view import card, page
from oms.orders.drafts import Draft, DraftState
from oms.orders.view import page as order_page
from oms.platform.http import OPS, Api, Reply, Request
from oms.wiring import confirm_draft, cursors, draft_store, drafts, orders, tracking_url

handler = Api()
_LIST = {"list": "drafts"}


@handler.route("POST /drafts", scope=OPS)
def begin(request: Request) -> Reply:
    fields = parse_draft(request.json_object())
    draft, known = drafts().begin(fields, request.caller.name, request.idempotency_key())
    return _shown(draft, 200 if known else 201, {"location": f"/drafts/{draft.draft_id}"})


@handler.route("GET /drafts", scope=OPS)
def show_list(request: Request) -> Reply:
    cursor = request.query.get("cursor", "")
    after = cursors().open(cursor, _LIST) if cursor else ""
    found, more = draft_store().page(request.limit(), after)
    items = [card(each) for each in found]
    return Reply(
        200, {"items": items, "next_cursor": cursors().seal(more, _LIST) if more else None}
    )


@handler.route("GET /drafts/{draft_id}", scope=OPS)
def show(request: Request) -> Reply:
    return _shown(draft_store().load(_id(request)))


@handler.route("PATCH /drafts/{draft_id}", scope=OPS)
def change(request: Request) -> Reply:
    changes, version = parse_changes(request.json_object())
    return _shown(drafts().change(_id(request), changes, version, request.caller.name))


@handler.route("POST /drafts/{draft_id}/discard", scope=OPS)
def discard(request: Request) -> Reply:
    return _shown(drafts().discard(_id(request), request.caller.name))


@handler.route("POST /drafts/{draft_id}/confirm", scope=OPS)
def confirm(request: Request) -> Reply:
    order_id, known = confirm_draft()(
        _id(request),
        parse_confirmation(request.json_object()),
        request.caller.name,
        request.request_id,
    )
    order, content = orders().load_with_content(order_id)
    shown = order_page(order, content, tracking_url(order_id))
    location = {"location": f"/orders/{order_id}"}
    return Reply(200 if known else 201, shown, location, {"order_id": order_id})


def _id(request: Request) -> str:
    name = request.path["draft_id"]
    if len(name) > 40:
        raise NotFound("no draft has so long an id")
    return name


def _shown(draft: Draft, status: int = 200, headers: dict[str, str] | None = None) -> Reply:
    missing = confirm_draft().missing(draft) if draft.state is DraftState.OPEN else ()
    body: dict[str, Any] = page(draft, missing)
    return Reply(status, body, headers or {}, {"draft_id": draft.draft_id})
