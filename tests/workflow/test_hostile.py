"""Hostile bodies on every JSON route: refused with a reason, nothing written, never a 500."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from infra.catalogue.routes import ROUTES
from tests.workflow.plays import placed, released, tasks_of
from tests.workflow.world import World, api_order, world


@pytest.fixture(scope="module")
def oms() -> Iterator[World]:
    with world() as made:
        made.stock_up("MUG-BLUE", 100)
        yield made


def _with(path: str, value: Any) -> bytes:
    body: Any = copy.deepcopy(api_order(external_id="HOSTILE"))
    *way, last = path.split("/")
    at = body
    for step in way:
        at = at[int(step)] if step.isdigit() else at[step]
    at[int(last) if last.isdigit() else last] = value
    return json.dumps(body).encode()


def _raw(change: Callable[[str], str]) -> bytes:
    return change(json.dumps(api_order(external_id="HOSTILE"))).encode("utf-8", "surrogatepass")


QUANTITY, PRICE = "lines/0/quantity", "lines/0/unit_price/amount_minor"
BODIES: dict[str, bytes] = {
    **{
        f"quantity {value!r}"[:40]: _with(QUANTITY, value)
        for value in (0, -1, 2**63, True, 1.5, "1", " 1 ", "1_000", None, [], {}, 10**30, 10_001)
    },
    **{
        f"price {value!r}"[:40]: _with(PRICE, value)
        for value in (-5, 1.999, "12.99", True, 10**39, 10**11, None)
    },
    **{
        f"currency {value!r}": _with("currency", value)
        for value in ("usd", "XXX", "", "US", "💶", 840, "USD\u0000")
    },
    **{
        f"sku {value!r}"[:40]: _with("lines/0/sku", value)
        for value in ("", " ", "A" * 3000, "=HYPERLINK(1)", "a\u0000b", "a\u202eb", 7, "\ud800")
    },
    **{
        f"id {value!r}"[:40]: _with("external_id", value)
        for value in ("", "x" * 3000, "a\nb", "\u202e", 4242424242424242, "4242 4242 4242 4242")
    },
    "5,000 digits": _raw(lambda text: text.replace("1299", "9" * 5000)),
    "1e200": _raw(lambda text: text.replace("1299", "1e200")),
    "NaN": _raw(lambda text: text.replace("1299", "NaN")),
    "Infinity": _raw(lambda text: text.replace("1299", "-Infinity")),
    "a key twice": _raw(lambda text: text.replace('"currency"', '"currency": "EUR", "currency"')),
    "depth 2,000": b"[" * 2000 + b"]" * 2000,
    "depth 100,000": b'{"a":' * 100_000,
    "half a surrogate": _raw(lambda text: text.replace("Elm", "\\ud83d")),
    "raw surrogate": _raw(lambda text: text.replace("Elm", "\ud800")),
    "not UTF-8": b'{"external_id": "\xff"}',
    "UTF-16": json.dumps(api_order()).encode("utf-16"),
    "a BOM": b"\xef\xbb\xbf" + json.dumps(api_order()).encode(),
    "empty": b"",
    "a list": b"[]",
    "null": b"null",
    "a number": b"1",
    "cut off": json.dumps(api_order()).encode()[:-5],
    "no lines": _with("lines", []),
    "20,000 lines": _with("lines", [{"sku": "MUG-BLUE"}] * 9000),
    "300 KB": _with("note", "x" * 300_000),
    "a field too many": _with("total_price", 0),
    "a card number": _with("note", "pay with 4242 4242 4242 4242"),
    "a card in the address": _with("shipping_address/lines/0", "5555555555554444"),
    "discount over price": _with("lines/0/discount", {"amount_minor": 10**6, "currency": "USD"}),
    "another currency": _with("lines/0/unit_price/currency", "EUR"),
    "country nowhere": _with("shipping_address/country", "ZZ"),
    "reservation": _with("reservation_id", "R-1"),
}


def test_there_are_more_than_fifty_of_them() -> None:
    assert len(BODIES) >= 60


@pytest.mark.parametrize("name", BODIES)
def test_post_orders_refuses_it_and_writes_nothing(oms: World, name: str) -> None:
    before = oms.row_counts()
    status, reply = oms.call("POST /orders", body=BODIES[name])
    assert 400 <= status < 500, (status, reply)
    assert reply["type"].startswith("/problems/")
    assert oms.row_counts() == before


def test_the_other_json_routes_answer_no_500_and_change_nothing(oms: World) -> None:
    order_id, shipment = released(oms)
    held = placed(oms, shipping_address=None)
    (task,) = tasks_of(oms, held)
    ways = [
        ("POST /orders/{order_id}/{action}", {"order_id": order_id, "action": "approve"}),
        ("POST /tasks/{task_id}/{action}", {"task_id": task["task_id"], "action": "fix-address"}),
        ("POST /shipments/{shipment_id}/{action}", {"shipment_id": shipment, "action": "pack"}),
        ("POST /stock/receipts", {}),
        ("POST /stock/adjustments", {}),
        ("PUT /nodes/{node_id}", {"node_id": "X"}),
        ("PUT /products/{sku}", {"sku": "X"}),
        ("POST /webhooks/{channel}/{account}", {"channel": "shopify", "account": "demo"}),
        ("POST /webhooks/payments/stripe", {}),
        ("POST /webhooks/carriers/{carrier}", {"carrier": "offline"}),
    ]
    wrong = [
        *(body for name, body in BODIES.items() if b"external_id" not in body or b"xff" in body),
        b'{"reason": 7}',
        b'{"lines": 7}',
        b'{"lines": [7]}',
        b'{"lines": [{"line_id": "L1", "quantity": -1}]}',
        b'{"lines": [{"line_id": "L1", "quantity": 99999}]}',
        b'{"lines": [{"line_id": "L1", "quantity": true}]}',
        b'{"lines": [{"line_id": "nope", "quantity": 1}]}',
        b'{"shipping_address": null}',
        b'{"shipping_address": {"lines": "x", "city": 1, "country": "US"}}',
    ]
    before = oms.row_counts()
    for route, path in ways:
        for raw in wrong:
            if raw in (b"", b"{}") or (b"shipping_address" in raw and "shipments" in route):
                continue  # no body is a body to some; a field too many is nothing to a scanner
            status, reply = oms.call(route, path, raw)
            assert 400 <= status < 500, (route, raw[:60], status, reply)
    assert oms.order(order_id)["status"] == "RELEASED"
    assert oms.row_counts() == before


@pytest.mark.parametrize(
    ("route", "path"),
    [
        ("GET /orders/{order_id}", {"order_id": "nope"}),
        ("GET /orders/{order_id}", {"order_id": "7" + "Z" * 25}),
        ("GET /orders/{order_id}/executions", {"order_id": "é" * 26}),
        ("GET /shipments/{shipment_id}/label", {"shipment_id": "x-1"}),
        ("GET /shipments/{shipment_id}/label", {"shipment_id": "7" + "Z" * 25 + "-99999999"}),
        ("GET /track/{token}", {"token": "a" * 26}),
        ("GET /track/{token}", {"token": "x" * 5000}),
        ("POST /tasks/{task_id}/{action}", {"task_id": "quarantine.zz", "action": "replay"}),
        ("POST /tasks/{task_id}/{action}", {"task_id": "1.1", "action": "retry"}),
        ("POST /orders/{order_id}/{action}", {"order_id": "7" + "Z" * 25, "action": "fly"}),
    ],
)
def test_a_name_of_nothing_is_404(oms: World, route: str, path: dict[str, str]) -> None:
    assert oms.call(route, path)[0] == 404


@pytest.mark.parametrize(
    "query",
    [
        {"limit": "0"},
        {"limit": "-1"},
        {"limit": "9" * 40},
        {"limit": "٣"},
        {"cursor": "nonsense"},
        {"cursor": "é"},
        {"cursor": "A" * 2000},
        {"status": "NO_SUCH"},
        {"day": "yesterday"},
        {"node": "N" * 4000},
        {"q": "x" * 4000},
    ],
)
def test_a_question_that_makes_no_sense_is_422(oms: World, query: dict[str, str]) -> None:
    status, reply = oms.call("GET /orders", query=query)
    assert status == 422, reply


@pytest.mark.parametrize("text", ["\u0000", " ", "%", "#", "'; DROP", "*", "\U0001f600", "~~", "-"])
def test_any_search_text_is_answered(oms: World, text: str) -> None:
    for field in ("q", "customer", "sku", "node", "channel", "hold"):
        assert oms.call("GET /orders", query={field: text})[0] == 200


def test_without_the_scope_there_is_403_on_every_route_that_needs_one(oms: World) -> None:
    for route in ROUTES:
        if not route.open_because:
            path = dict.fromkeys(("order_id", "action", "task_id", "shipment_id", "sku"), "x")
            status, _ = oms.call(route.key, {**path, "node_id": "x"}, caller={"name": "x"})
            assert status == 403, route.key
