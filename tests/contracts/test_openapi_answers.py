"""Every answer of a run is as the OpenAPI document says, and the run meets every route."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from oms.platform.openapi_parts.problem_types import PROBLEM_TYPES
from tests.contracts.openapi_reading import operations, strict_validator
from tests.workflow import world as worlds
from tests.workflow.world import START, World, api_order, handler

ROOT = Path(__file__).parents[2]
CARD = {"method": "card", "payment_method": "pm_card_visa"}


class Recorder:
    """Stands between the world and its handlers, and keeps every HTTP answer."""

    def __init__(self) -> None:
        self.answers: dict[tuple[str, int], list[dict[str, Any]]] = defaultdict(list)

    def handler(self, name: str) -> Any:
        real = handler(name)

        def recorded(event: Any, context: Any) -> Any:
            reply = real(event, context)
            if "routeKey" in event:
                self.answers[event["routeKey"], reply["statusCode"]].append(reply)
            return reply

        return recorded


@pytest.fixture(scope="module")
def answers() -> Iterator[dict[tuple[str, int], list[dict[str, Any]]]]:
    recorder = Recorder()
    with worlds.world() as oms, pytest.MonkeyPatch.context() as patched:
        patched.setattr(worlds, "handler", recorder.handler)
        a_life(oms)
        a_look_round(oms)
        what_waits_for_people(oms)
        what_is_refused(oms)
    yield recorder.answers


def a_life(oms: World) -> None:
    """From goods in to the closed order, paid by card, with every look on the way."""
    oms.call("GET /health")
    oms.stock_up("MUG-BLUE", 100)
    oms.stock_up("TEE-RED", 50)
    status, order = oms.call("POST /orders", body=api_order(payment=CARD))
    assert status == 201
    assert oms.call("POST /orders", body=api_order(payment=CARD))[0] == 200
    oms.run()
    oms.order(order["order_id"])
    oms.deliver_all(order["order_id"])
    token = {"token": order["tracking_url"].rpartition("/")[2]}
    oms.call("GET /track/{token}", token, headers={"accept": "application/json"})
    oms.call("GET /track/{token}", token)
    oms.call("GET /orders/{order_id}/executions", {"order_id": order["order_id"]})
    shipment = oms.order(order["order_id"])["shipments"][0]["shipment_id"]
    oms.call("GET /shipments/{shipment_id}/label", {"shipment_id": shipment})
    stripe_says(oms, oms.order(order["order_id"])["payments"][0]["provider_id"])
    oms.pass_time(timedelta(seconds=40))
    assert oms.order(order["order_id"])["status"] == "CLOSED"


def stripe_says(oms: World, provider_id: str) -> None:
    from local.standins.stripe_webhooks import signature

    subject = {"id": provider_id, "object": "payment_intent", "metadata": {}}
    event = {
        "id": "evt_1",
        "type": "payment_intent.succeeded",
        "created": int(START.timestamp()),
        "data": {"object": subject},
    }
    raw = json.dumps(event).encode()
    signed = signature(raw, "whsec_local", int(oms.clock.now().timestamp()))
    headers = {"stripe-signature": signed}
    status, reply = oms.call(
        "POST /webhooks/payments/stripe", body=raw, headers=headers, caller=None
    )
    assert status == 200, reply


def a_look_round(oms: World) -> None:
    oms.call("GET /openapi.json")
    oms.call("GET /orders", query={"limit": "1"})
    oms.call("GET /orders/counts")
    oms.call("GET /nodes")
    oms.call("GET /stock", query={"limit": "1"})
    oms.stock("MUG-BLUE")
    oms.call("GET /stock/{sku}/movements", {"sku": "MUG-BLUE"}, query={"limit": "1"})
    node = {"kind": "STORE", "name": "Soho", "lines": ["9 Rose Lane"], "city": "New York"}
    place = {"country": "US", "region": "NY", "postal_code": "10012"}
    oms.call("PUT /nodes/{node_id}", {"node_id": "ST-SOHO"}, {**node, **place})
    oms.call("PUT /products/{sku}", {"sku": "CAP-NAVY"}, {"title": "Navy cap"})
    damaged = {"sku": "MUG-BLUE", "quantity": -3}
    body = {"reason": "DAMAGED", "node": "WH-EAST", "lines": [damaged]}
    oms.call("POST /stock/adjustments", body=body)


def what_waits_for_people(oms: World) -> None:
    recorded = ROOT / "local/demo/orders/01-shopify.json"
    shopify = json.loads(recorded.read_text())["body"]
    shopify["line_items"][0]["sku"] = ""
    assert oms.shopify(json.dumps(shopify).encode())[0] == 202
    assert oms.shopify(json.dumps({**shopify, "id": 8, "line_items": "?"}).encode())[0] == 202
    assert oms.woocommerce(b"webhook_id=7")[0] == 200
    oms.run()
    oms.call("POST /orders", body=api_order(external_id="PO-8", shipping_address=None))
    oms.run()
    _, tasks = oms.call("GET /tasks", query={"limit": "50"})
    assert {each["kind"] for each in tasks["items"]} >= {"ADDRESS", "SKU", "QUARANTINE"}
    for task in tasks["items"]:
        action, body = _WAYS[task["kind"]]
        path = {"task_id": task["task_id"], "action": action}
        assert oms.call("POST /tasks/{task_id}/{action}", path, body)[0] == 200
    oms.run()
    for status in ("CONFIRMED", "CANCELLED"):
        oms.call("GET /orders", query={"status": status})


_WAYS: dict[str, tuple[str, dict[str, Any]]] = {
    "ADDRESS": ("fix-address", {"shipping_address": api_order()["shipping_address"]}),
    "SKU": ("choose-sku", {"sku": "TEE-RED"}),
    "QUARANTINE": ("discard", {"reason": "no order"}),
}


def what_is_refused(oms: World) -> None:
    _, order = oms.call("POST /orders", body=api_order(external_id="PO-9"))
    oms.run()
    assert oms.act(order["order_id"], "hold", "wait")[0] == 200
    assert oms.act(order["order_id"], "release-hold")[0] == 200
    assert oms.act(order["order_id"], "cancel", "changed her mind")[0] == 200
    assert oms.act(order["order_id"], "hold")[0] == 409
    assert oms.call("POST /orders", body=b"{")[0] == 400
    assert oms.call("POST /orders", body={"lines": []})[0] == 422
    assert oms.call("POST /orders", body=b" " * 300_000)[0] == 413
    assert oms.call("GET /orders", caller={"name": "x", "scopes": ""})[0] == 403
    assert oms.call("GET /orders", query={"cursor": "x"})[0] == 422
    assert oms.call("GET /orders/{order_id}", {"order_id": "nonsense"})[0] == 404
    assert oms.shopify(b"{}", secret="wrong")[0] == 401
    too_many = {"sku": "TEE-RED", "quantity": -5000}
    body = {"reason": "LOST", "node": "WH-EAST", "lines": [too_many]}
    assert oms.call("POST /stock/adjustments", body=body)[0] == 409


def test_the_run_saw_every_answer_that_is_no_refusal(answers: Any) -> None:
    told = {
        (key, int(status))
        for key, operation in operations()
        for status in operation["responses"]
        if int(status) < 400
    }
    assert told == {(key, status) for key, status in answers if status < 400}


def test_every_answer_of_a_run_is_as_the_document_says(answers: Any) -> None:
    for (key, status), replies in answers.items():
        told = dict(operations())[key]["responses"]
        assert str(status) in told, f"{key} answered {status}"
        for reply in replies:
            check(f"{key} {status}", told[str(status)], reply)


def test_the_tracking_page_says_that_it_is_html(answers: Any) -> None:
    _, page = answers["GET /track/{token}", 200]
    headers = {name.lower(): value for name, value in page["headers"].items()}
    assert headers["content-type"].startswith("text/html")


def test_every_problem_of_a_run_has_a_listed_type(answers: Any) -> None:
    problems = [
        json.loads(reply["body"])
        for (_, status), replies in answers.items()
        for reply in replies
        if status >= 400 and "json" in reply["headers"].get("content-type", "")
    ]
    assert problems
    for problem in problems:
        status, _ = PROBLEM_TYPES[problem["type"].removeprefix("/problems/")]
        assert status == problem["status"]


def check(what: str, told: dict[str, Any], reply: dict[str, Any]) -> None:
    headers = {name.lower(): value for name, value in reply["headers"].items()}
    kind = headers.get("content-type", "").partition(";")[0]
    if "content" not in told:
        assert not reply["body"], what
        assert set(told["headers"]) <= set(headers), what
        return
    if kind or not reply["body"].startswith("<!"):  # a page is looked at by itself, below
        assert kind in told["content"], what
    if "json" in kind:
        schema = told["content"][kind]["schema"]
        errors = list(strict_validator(schema).iter_errors(json.loads(reply["body"])))
        assert not errors, f"{what}: {errors[0].json_path} {errors[0].message}"
