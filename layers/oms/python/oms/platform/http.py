"""The HTTP entry: API Gateway's event in, JSON or a problem document (RFC 9457) out.

Routes are matched by the `routeKey` that API Gateway already decided on, so there is no second
router to disagree with it. Every exception becomes an answer here and nowhere else.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from oms.kernel.errors import (
    Forbidden,
    Invalid,
    Malformed,
    NotFound,
    OmsError,
    Refused,
    TooLarge,
    Unauthenticated,
    Unavailable,
    VersionConflict,
)
from oms.platform.gate import LIMIT, body_bytes, parse
from oms.platform.observability import count, flush, start

OPS = "ops"  # the scope that may do everything an operator does

_STATUS: tuple[tuple[type[OmsError], int], ...] = (
    (Malformed, 400),
    (Unauthenticated, 401),
    (Forbidden, 403),
    (NotFound, 404),
    (Refused, 409),
    (VersionConflict, 409),
    (TooLarge, 413),
    (Invalid, 422),
    (Unavailable, 503),
)
_TITLES = {
    400: "Bad request",
    401: "Not authenticated",
    403: "Forbidden",
    404: "Not found",
    409: "Not possible now",
    413: "Too large",
    422: "Invalid",
    500: "Internal error",
    503: "Try again",
}
_SAFE_HEADERS = {
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
}


@dataclass(frozen=True, slots=True)
class Caller:
    """Who the authorizer found. `name` goes into timelines and movements as the actor."""

    name: str
    scopes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Request:
    """One request. `path`, `query` and `headers` are plain strings, header names lower-case."""

    path: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    caller: Caller
    request_id: str
    event: Mapping[str, Any] = field(repr=False)

    def body(self, limit: int = LIMIT) -> bytes:
        """The raw bytes. Raises Malformed or TooLarge."""
        return body_bytes(self.event, limit)

    def json_object(self) -> dict[str, Any]:
        """The body as an object; no body at all is an empty one. Raises Malformed."""
        raw = self.body()
        value = parse(raw) if raw.strip() else {}
        if not isinstance(value, dict):
            raise Malformed("the body must be a JSON object")
        return value

    def idempotency_key(self) -> str:
        """The caller's own name for its request; empty when it gave none."""
        key = self.headers.get("idempotency-key", "")
        if len(key) > 200 or not key.isprintable():
            raise Invalid("Idempotency-Key is at most 200 printable characters", code="invalid-key")
        return key

    def limit(self, default: int = 50, most: int = 200) -> int:
        text = self.query.get("limit", str(default))
        if not (text.isascii() and text.isdigit() and len(text) < 6 and int(text) > 0):
            raise Invalid("limit must be a positive number", code="invalid-limit")
        return min(int(text), most)


@dataclass(frozen=True, slots=True)
class Reply:
    """`body` is JSON-able, or text with its own content type."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    log: Mapping[str, Any] = field(default_factory=dict)


Endpoint = Callable[[Request], Reply]


class Api:
    """The routes of one function: `api.route("GET /orders", scope="ops")(endpoint)`."""

    def __init__(self) -> None:
        self._routes: dict[str, tuple[str, Endpoint]] = {}

    def route(self, key: str, scope: str = "") -> Callable[[Endpoint], Endpoint]:
        """`scope` empty: anyone may call, and the endpoint asks for proof if it needs any."""

        def register(endpoint: Endpoint) -> Endpoint:
            self._routes[key] = (scope, endpoint)
            return endpoint

        return register

    @property
    def keys(self) -> frozenset[str]:
        return frozenset(self._routes)

    def __call__(self, event: Mapping[str, Any], context: Any) -> dict[str, Any]:
        request_id = event.get("requestContext", {}).get("requestId", "")
        log = start(context, route=event.get("routeKey", ""))
        began = time.perf_counter()
        try:
            reply = self._answer(event, request_id)
        except OmsError as error:
            reply = problem(error, request_id)
        except Exception:
            log.exception("unhandled")
            count("UnhandledError")
            reply = _problem(500, "internal-error", "Something went wrong on our side.", request_id)
        elapsed = round((time.perf_counter() - began) * 1000, 1)
        log.info("answered", extra={"status": reply.status, "ms": elapsed, **reply.log})
        flush()
        return _to_gateway(reply)

    def _answer(self, event: Mapping[str, Any], request_id: str) -> Reply:
        known = self._routes.get(event.get("routeKey", ""))
        if known is None:
            raise NotFound("no such route")
        scope, endpoint = known
        request = _request(event, request_id)
        if scope and not {scope, OPS} & request.caller.scopes:
            raise Forbidden(f"this needs the scope {scope}")
        return endpoint(request)


def _request(event: Mapping[str, Any], request_id: str) -> Request:
    found = (event.get("requestContext", {}).get("authorizer") or {}).get("lambda") or {}
    return Request(
        path=event.get("pathParameters") or {},
        query=event.get("queryStringParameters") or {},
        headers={name.lower(): value for name, value in (event.get("headers") or {}).items()},
        caller=Caller(found.get("name", ""), frozenset(found.get("scopes", "").split())),
        request_id=request_id,
        event=event,
    )


def problem(error: OmsError, request_id: str = "") -> Reply:
    """The problem document of one of our errors."""
    status = next((code for kind, code in _STATUS if isinstance(error, kind)), 500)
    if status == 500:
        return _problem(500, "internal-error", "Something went wrong on our side.", request_id)
    extra: dict[str, Any] = {}
    if isinstance(error, Invalid):
        extra["errors"] = [
            {"pointer": each.pointer, "code": each.code, "detail": each.detail}
            for each in error.errors
        ]
    for name in ("sku", "node", "requested", "available", "lines"):
        if hasattr(error, name):
            extra[name] = getattr(error, name)
    return _problem(status, error.code, str(error), request_id, extra)


def _problem(
    status: int, code: str, detail: str, request_id: str, extra: Mapping[str, Any] | None = None
) -> Reply:
    document = {
        "type": f"/problems/{code}",
        "title": _TITLES[status],
        "status": status,
        "detail": detail,
        "request_id": request_id,
        **(extra or {}),
    }
    headers = {"content-type": "application/problem+json"}
    if status == 503:
        headers["retry-after"] = "2"
    return Reply(status, document, headers, {"problem": code})


def _to_gateway(reply: Reply) -> dict[str, Any]:
    given = {name.lower(): value for name, value in reply.headers.items()}
    headers = {**_SAFE_HEADERS, **given}
    if isinstance(reply.body, str):
        body = reply.body
    else:
        headers.setdefault("content-type", "application/json")
        body = "" if reply.body is None else json.dumps(reply.body, ensure_ascii=False)
    encoded = body.encode("utf-8", "backslashreplace").decode()
    return {"statusCode": reply.status, "headers": headers, "body": encoded}
