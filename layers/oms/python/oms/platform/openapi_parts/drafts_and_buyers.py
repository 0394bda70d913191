"""Drafts of orders by phone, and business buyers: routes and answers."""

from __future__ import annotations

from oms.orders.drafts import DraftState
from oms.platform.openapi_parts.operations import PAGED, Operation
from oms.platform.openapi_parts.shapes import (
    COUNT,
    TEXT,
    TIME,
    WHOLE,
    YES_NO,
    Schema,
    listed,
    nullable,
    one_of,
    page,
    record,
    ref,
)

_READ = (401, 403, 404)
_LIST = (401, 403, 422)
_CHANGE = (400, 401, 403, 404, 409, 413, 422, 503)

DESK_OPERATIONS: dict[str, Operation] = {
    "GET /drafts": Operation(
        "listDrafts",
        "drafts",
        "Drafts that are open, the newest first",
        {200: "DraftPage"},
        "ops",
        parameters=PAGED,
        refusals=_LIST,
    ),
    "POST /drafts": Operation(
        "beginDraft",
        "drafts",
        "Take down an order by phone; anything may be missing still",
        {201: "Draft", 200: "Draft"},
        "ops",
        body="DraftBody",
        parameters=("idempotencyKey",),
        refusals=(400, 401, 403, 413, 422, 503),
        headers={201: ("location",), 200: ("location",)},
    ),
    "GET /drafts/{draft_id}": Operation(
        "showDraft", "drafts", "A draft, and what it lacks", {200: "Draft"}, "ops", refusals=_READ
    ),
    "PATCH /drafts/{draft_id}": Operation(
        "changeDraft",
        "drafts",
        "Replace fields; 409 when the draft is no longer at `version`",
        {200: "Draft"},
        "ops",
        body="DraftChanges",
        refusals=_CHANGE,
    ),
    "POST /drafts/{draft_id}/confirm": Operation(
        "confirmDraft",
        "drafts",
        "Make the order, once: 201, or 200 with the same order when it is repeated",
        {201: "Order", 200: "Order"},
        "ops",
        body="DraftConfirmation",
        body_required=False,
        refusals=_CHANGE,
        headers={201: ("location",), 200: ("location",)},
    ),
    "POST /drafts/{draft_id}/discard": Operation(
        "discardDraft",
        "drafts",
        "The customer does not want it",
        {200: "Draft"},
        "ops",
        refusals=(401, 403, 404, 409, 503),
    ),
    "GET /buyers": Operation(
        "listBuyers",
        "buyers",
        "Business buyers, by id",
        {200: "BuyerPage"},
        "ops",
        parameters=PAGED,
        refusals=_LIST,
    ),
    "PUT /buyers/{buyer_id}": Operation(
        "putBuyer",
        "buyers",
        "Set up a business buyer, or change its account",
        {200: "BuyerAccount"},
        "ops",
        body="BuyerBody",
        refusals=(400, 401, 403, 409, 413, 422, 503),
    ),
    "GET /buyers/{buyer_id}": Operation(
        "showBuyer",
        "buyers",
        "A business buyer, and what its open orders are worth",
        {200: "BuyerAccount"},
        "ops",
        refusals=_READ,
    ),
}

_DRAFT: dict[str, Schema] = {
    "draft_id": TEXT,
    "state": one_of(DraftState),
    "version": COUNT,
    "customer_name": TEXT,
    "line_count": COUNT,
    "created_by": TEXT,
    "created_at": TIME,
    "changed_by": TEXT,
    "changed_at": TIME,
    "order_id": nullable(TEXT),
}
_BUYER: dict[str, Schema] = {
    "buyer_id": TEXT,
    "name": TEXT,
    "terms": TEXT,
    "currency": TEXT,
    "price_list": {"type": "object", "additionalProperties": COUNT},
    "credit_limit_minor": nullable(COUNT),
    "billing_address": nullable(ref("PostalAddress")),
    "blocked": YES_NO,
    "version": COUNT,
}

DESK_SCHEMAS: dict[str, Schema] = {
    "DraftPage": page(record(**_DRAFT)),
    "Draft": record(
        "`order` is what is known of the body of `POST /orders`, `missing` what it lacks; who set "
        "a price and when stands in its `price_override`.",
        **_DRAFT,
        order={"type": "object"},
        missing=listed(record(pointer=TEXT, code=TEXT, detail=TEXT)),
    ),
    "BuyerPage": page(record(**_BUYER)),
    "BuyerAccount": record(
        "`exposure_minor` is what its open orders that were let pass are worth; "
        "`credit_left_minor` is below 0 when a person let one pass beyond the limit.",
        **_BUYER,
        exposure_minor=COUNT,
        open_orders=COUNT,
        credit_left_minor=nullable(WHOLE),
    ),
}
