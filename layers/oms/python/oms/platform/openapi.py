"""The API as an OpenAPI 3.1 document: `GET /openapi.json`.

Request bodies come from the contracts that check them; answers are written down beside it and
compared with real ones by `tests/contracts/test_openapi.py`. Built once a process, and only
when asked for, because the contracts load pydantic.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from oms.notifications.delivery import DeliveryState
from oms.orders.view import ACTIONS
from oms.platform.openapi_parts.bodies import BY_HAND, EXAMPLES, contract_schemas
from oms.platform.openapi_parts.channels import CHANNEL_OPERATIONS, CHANNEL_SCHEMAS
from oms.platform.openapi_parts.drafts_and_buyers import DESK_OPERATIONS, DESK_SCHEMAS
from oms.platform.openapi_parts.imports import IMPORT_OPERATIONS, IMPORT_SCHEMAS
from oms.platform.openapi_parts.operations import CSV, HTML, JSON, OPERATIONS, Operation
from oms.platform.openapi_parts.order_schemas import ORDERS, STATUSES
from oms.platform.openapi_parts.other_schemas import OTHERS
from oms.platform.openapi_parts.problem_types import PROBLEM_TYPES
from oms.platform.openapi_parts.shapes import DAY, TEXT, Schema, one_of, ref
from oms.platform.openapi_parts.subscriptions import SUBSCRIPTION_OPERATIONS, SUBSCRIPTION_SCHEMAS

PROBLEM_JSON = "application/problem+json"
_ALL = {
    **OPERATIONS,
    **CHANNEL_OPERATIONS,
    **SUBSCRIPTION_OPERATIONS,
    **DESK_OPERATIONS,
    **IMPORT_OPERATIONS,
}
_PATH_PARAMETER = re.compile(r"{(\w+)}")
_WORDS = {
    200: "As asked",
    201: "Made",
    202: "Taken in, durably",
    303: "Go there",
    400: "Not what the format demands",
    401: "Not authenticated",
    403: "Forbidden",
    404: "Not found",
    409: "Not possible now",
    413: "Too large",
    422: "Invalid",
    500: "Internal error",
    503: "Try again",
}


@cache
def document() -> dict[str, Any]:
    """The whole document. Shared: callers do not change it."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Serverless OMS",
            "version": "1",
            "description": "Orders, stock, shipments and tracking. Problem documents follow "
            "RFC 9457; URLs in answers are relative to this API.",
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": tag} for tag in dict.fromkeys(o.tag for o in _ALL.values())],
        "paths": _paths(_ALL),
        "components": {
            "schemas": _schemas(),
            "parameters": _PARAMETERS,
            "headers": {"location": {"description": "Where to go, relative", "schema": TEXT}},
            "securitySchemes": _SECURITY,
        },
        "x-problem-types": {
            f"/problems/{code}": {"status": status, "meaning": meaning}
            for code, (status, meaning) in PROBLEM_TYPES.items()
        },
    }


def _schemas() -> dict[str, Schema]:
    made: dict[str, Schema] = {}
    parts = (
        ORDERS,
        OTHERS,
        SUBSCRIPTION_SCHEMAS,
        DESK_SCHEMAS,
        CHANNEL_SCHEMAS,
        IMPORT_SCHEMAS,
        BY_HAND,
    )
    for part in (*parts, contract_schemas()):
        if both := made.keys() & part.keys():
            raise ValueError(f"two schemas are named {sorted(both)}")
        made |= part
    for name, example in EXAMPLES.items():
        made[name] = {**made[name], "examples": [example]}
    return made


def _paths(operations: Mapping[str, Operation]) -> dict[str, Any]:
    paths: dict[str, Any] = {}
    for key, operation in operations.items():
        method, path = key.split(" ")
        paths.setdefault(path, {})[method.lower()] = _operation(path, operation)
    return paths


def _operation(path: str, operation: Operation) -> dict[str, Any]:
    named = {_PARAMETERS[name]["name"] for name in operation.parameters}
    in_path = [_path_parameter(name) for name in _PATH_PARAMETER.findall(path) if name not in named]
    described: dict[str, Any] = {
        "operationId": operation.name,
        "tags": [operation.tag],
        "summary": operation.summary,
        "security": _security(operation),
        "responses": _responses(operation),
    }
    asked = [{"$ref": f"#/components/parameters/{name}"} for name in operation.parameters]
    if in_path or asked:
        described["parameters"] = in_path + asked
    if operation.body:
        described["requestBody"] = {
            "required": operation.body_required,
            "content": {JSON: {"schema": ref(operation.body)}},
        }
    return described


def _path_parameter(name: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": TEXT}


def _security(operation: Operation) -> list[dict[str, list[str]]]:
    if operation.scope:
        return [{"bearer": [operation.scope]}]
    return [{name: []} for name in operation.signed]


def _responses(operation: Operation) -> dict[str, Any]:
    told = {
        str(status): _answer(status, name, operation) for status, name in operation.answers.items()
    }
    refusals = {str(status): _problem(status) for status in (*operation.refusals, 500)}
    if operation.also_html:
        refusals["404"]["content"][HTML] = {"schema": TEXT}
    return {**told, **{status: each for status, each in refusals.items() if status not in told}}


def _answer(status: int, name: str, operation: Operation) -> dict[str, Any]:
    made: dict[str, Any] = {"description": _WORDS[status]}
    if name:
        made["content"] = {JSON: {"schema": ref(name)}}
    if name and operation.also_html:
        made["content"][HTML] = {"schema": TEXT}
    if name and operation.also_csv:
        made["content"][CSV] = {"schema": TEXT}
    if headers := operation.headers.get(status):
        made["headers"] = {each: {"$ref": f"#/components/headers/{each}"} for each in headers}
    return made


def _problem(status: int) -> dict[str, Any]:
    return {
        "description": _WORDS[status],
        "content": {PROBLEM_JSON: {"schema": ref("Problem")}},
    }


def _query(name: str, description: str, schema: Schema = TEXT) -> dict[str, Any]:
    return {"name": name, "in": "query", "description": description, "schema": schema}


def _action(values: Iterable[str]) -> dict[str, Any]:
    return {"name": "action", "in": "path", "required": True, "schema": one_of(values)}


_PARAMETERS: dict[str, dict[str, Any]] = {
    "limit": _query(
        "limit",
        "How many at most",
        {"type": "integer", "minimum": 1, "maximum": 200, "default": 50},
    ),
    "cursor": _query("cursor", "`next_cursor` of the page before; opaque, and bound to its list"),
    "status": _query("status", "Orders of this status", one_of(STATUSES)),
    "deliveryStatus": _query("status", "Deliveries of this status", one_of(DeliveryState)),
    "channel": _query("channel", "Orders of this channel"),
    "node": _query("node", "Orders with units at this node"),
    "sku": _query("sku", "Orders with this SKU"),
    "customer": _query("customer", "E-mail, phone or beginning of a name"),
    "day": _query("day", "Captured on this day (UTC)", DAY),
    "from": _query("from", "The first day (UTC); of `on-time`, 29 days before `to`", DAY),
    "to": _query("to", "The last day (UTC); of `on-time`, today", DAY),
    "reportName": {
        "name": "name",
        "in": "path",
        "required": True,
        "schema": one_of(("stock-valuation", "stock-accuracy", "on-time")),
    },
    "hold": _query("hold", "Orders with a hold of this kind"),
    "sellingChannel": _query("channel", "The channel that sells"),
    "quantity": _query("quantity", "Units wanted", {"type": "integer", "minimum": 1, "default": 1}),
    "country": _query("country", "Where it would go: ISO 3166-1 alpha-2"),
    "postalCode": _query("postal_code", "Where it would go"),
    "q": _query("q", "Number, external id, e-mail, phone, tracking number, SKU, name"),
    "parcel": _query("parcel", "Which parcel", {"type": "integer", "default": 1}),
    "format": _query("format", "Which file", one_of(("pdf", "zpl"))),
    "orderAction": _action(ACTIONS),
    "lotAction": _action(("recall", "clear")),
    "purchaseAction": _action(("cancel", "reschedule")),
    "subscriptionAction": _action(("disable", "enable", "remove")),
    "shipmentAction": _action(("pick", "pack", "ship", "reject")),
    "idempotencyKey": {
        "name": "Idempotency-Key",
        "in": "header",
        "description": "The same key answers the same; with another body it is a 422",
        "schema": {"type": "string", "maxLength": 200},
    },
}


def _signature(header: str, how: str) -> dict[str, str]:
    return {"type": "apiKey", "in": "header", "name": header, "description": how}


_SECURITY: dict[str, dict[str, str]] = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "An API key, or an access token of the user pool; `ops` may do everything",
    },
    "shopify": _signature("X-Shopify-Hmac-Sha256", "base64 HMAC-SHA256 of the raw body"),
    "woocommerce": _signature("X-WC-Webhook-Signature", "base64 HMAC-SHA256 of the raw body"),
    "stripe": _signature("Stripe-Signature", "Stripe's t=,v1= over the raw body"),
    "carrier": _signature("X-Carrier-Signature", "t=,v1= over time and raw body"),
}
