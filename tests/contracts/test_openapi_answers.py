"""Every answer of a run is as the OpenAPI document says, and the run meets every route."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from oms import wiring
from oms.platform.openapi_parts.problem_types import PROBLEM_TYPES
from tests.contracts.openapi_reading import operations, strict_validator
from tests.unit.channels.samples import encode, sample
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
    channels = ("shopify", "woocommerce", "ebay")
    with worlds.world(shops=channels) as oms, pytest.MonkeyPatch.context() as patched:
        patched.setattr(worlds, "handler", recorder.handler)
        oms.silent = frozenset({"push_stock", "tell_channel"})
        a_life(oms)
        a_look_round(oms)
        a_cart(oms)
        the_rules(oms)
        work_with_stock(oms)
        at_the_desk(oms)
        what_waits_for_people(oms)
        subscribers(oms)
        connections(oms)
        orders_of_the_past(oms)
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
    oms.call("POST /stock/{sku}/reconcile", {"sku": "MUG-BLUE"}, {"repair": True})
    for name in ("stock-valuation", "stock-accuracy", "on-time"):
        oms.call("GET /reports/{name}", {"name": name})


def a_cart(oms: World) -> None:
    """Held, extended, given back, ordered, used up, sold out."""
    body = {"lines": [{"sku": "MUG-BLUE", "quantity": 2}], "channel": "web"}
    key = {"idempotency-key": "cart-1"}
    status, cart = oms.call("POST /reservations", body=body, headers=key)
    assert status == 201
    assert oms.call("POST /reservations", body=body, headers=key)[0] == 200
    path = {"reservation_id": cart["reservation_id"]}
    for route in ("GET /reservations/{reservation_id}", *_ON_A_CART):
        assert oms.call(route, path)[0] == 200
    assert oms.call(_ON_A_CART[0], path)[0] == 409
    for lines in ([{"sku": "MUG-BLUE", "quantity": 9_999}], [{"sku": "NO-SUCH", "quantity": 1}]):
        assert oms.call("POST /reservations", body={"lines": lines})[0] in (409, 422)
    _, cart = oms.call("POST /reservations", body=body)
    order = api_order(external_id="PO-CART", reservation_id=cart["reservation_id"])
    assert oms.call("POST /orders", body=order)[0] == 201
    assert oms.call("POST /orders", body={**order, "external_id": "PO-CART-2"})[0] == 422
    oms.run()


_ON_A_CART = (
    "POST /reservations/{reservation_id}/extend",
    "POST /reservations/{reservation_id}/release",
)


def the_rules(oms: World) -> None:
    parts = [{"sku": "MUG-BLUE", "quantity": 2}, {"sku": "TEE-RED", "quantity": 1}]
    kit = {"title": "Gift set", "components": parts, "lead_days": 5}
    assert oms.call("PUT /products/{sku}", {"sku": "SET-GIFT"}, kit)[0] == 200
    rules = {"version": 0, "buffers": [{"units": 2, "channel": "web"}]}
    assert oms.call("PUT /policies/selling", body=rules)[0] == 200
    assert oms.call("PUT /policies/selling", body={**rules, "buffers": []})[0] == 409
    assert oms.call("PUT /policies/selling", body={"version": -1})[0] == 422
    assert oms.call("GET /policies/selling")[0] == 200
    routing = {"version": 1, "criteria": ["distance"]}
    assert oms.call("PUT /policies/routing", body=routing)[0] == 200
    assert oms.call("GET /policies/routing")[0] == 200
    oms.call("GET /stock", query={"channel": "web"})
    for sku, query in (("MUG-BLUE", {"quantity": "500"}), ("SET-GIFT", {"country": "US"})):
        path = {"sku": sku}
        assert oms.call("GET /stock/{sku}/availability", path, query=query)[0] == 200
        assert oms.call("GET /stock/{sku}/availability", path, query={"quantity": "x"})[0] == 422


def work_with_stock(oms: World) -> None:
    """Goods are bought, moved, counted, recalled and pooled."""
    plum = [{"sku": "JAM-PLUM", "quantity": 9}]
    order = {"reference": "PO-JAM", "node": "WH-EAST", "lines": plum}
    assert oms.call("POST /purchase-orders", body=order)[0] == 201
    named = {"reference": "PO-JAM", "action": "cancel"}
    oms.call("GET /purchase-orders/{reference}", named)
    lot = [{**plum[0], "quantity": 6, "lot": "L-7", "expires_on": "2027-05-01"}]
    assert oms.call("POST /stock/receipts", body={**order, "lines": lot})[0] == 201
    assert oms.call("POST /purchase-orders/{reference}/{action}", named)[0] == 200
    line = [{"sku": "JAM-PLUM", "quantity": 2, "lot": "L-7"}]
    transfer = {"reference": "TR-JAM", "from": "WH-EAST", "to": "WH-WEST", "lines": line}
    assert oms.call("POST /stock/transfers", body=transfer)[0] == 201
    named = {"reference": "TR-JAM"}
    oms.call("GET /stock/transfers/{reference}", named)
    assert oms.call("POST /stock/transfers/{reference}/receive", named)[0] == 200
    assert oms.call("POST /stock/transfers/{reference}/close", named)[0] == 200
    _, count = oms.call("POST /stock/counts", body={"node": "WH-EAST", "skus": ["JAM-PLUM"]})
    counted = {"lines": [{"sku": "JAM-PLUM", "lot": "L-7", "counted": 40}]}
    oms.call("POST /stock/counts/{count_id}/submit", count, counted)
    oms.call("GET /stock/counts/{count_id}", count)
    assert oms.call("POST /stock/counts/{count_id}/approve", count)[0] == 409
    lead = {"name": "lead", "scopes": "ops"}
    assert oms.call("POST /stock/counts/{count_id}/approve", count, caller=lead)[0] == 200
    named = {"sku": "JAM-PLUM", "lot": "L-7", "action": "recall"}
    assert oms.call("POST /stock/lots/{sku}/{lot}/{action}", named)[0] == 200
    oms.call("GET /stock/lots/{sku}/{lot}", named)
    _, policy = oms.call("GET /policies/selling")
    pools = {"pools": [{"name": "wholesale", "channels": ["b2b"]}], "version": policy["version"]}
    assert oms.call("PUT /policies/selling", body=pools)[0] == 200
    pooled = {"pool": "wholesale", "node": "WH-EAST", "lines": [{"sku": "TEE-RED", "quantity": 1}]}
    assert oms.call("POST /stock/pools", body=pooled)[0] == 201
    hot = {"sku": "MUG-BLUE"}
    assert oms.call("POST /stock/{sku}/spread", hot, {"parts": 4})[0] == 200
    assert oms.call("POST /stock/{sku}/gather", hot)[0] == 200
    assert oms.call("GET /stock/alerts")[0] == 200


def at_the_desk(oms: World) -> None:
    """An order by phone, a business buyer's, and a sale over the counter."""
    key, body = {"idempotency-key": "call-1"}, {"currency": "USD", "lines": [{"sku": "MUG-BLUE"}]}
    for status in (201, 200):
        assert oms.call("POST /drafts", body=body, headers=key)[0] == status
    _, page = oms.call("GET /drafts")
    draft = {"draft_id": page["items"][0]["draft_id"]}
    assert oms.call("POST /drafts/{draft_id}/confirm", draft)[0] == 422
    rest = {name: value for name, value in api_order().items() if name != "external_id"}
    assert oms.call("PATCH /drafts/{draft_id}", draft, {"version": 1, **rest})[0] == 200
    assert oms.call("PATCH /drafts/{draft_id}", draft, {"version": 1})[0] == 409
    assert oms.call("GET /drafts/{draft_id}", draft)[0] == 200
    for status in (201, 200):
        assert oms.call("POST /drafts/{draft_id}/confirm", draft)[0] == status
    assert oms.call("POST /drafts/{draft_id}/discard", draft)[0] == 409
    _, other = oms.call("POST /drafts", body={})
    assert oms.call("POST /drafts/{draft_id}/discard", other)[0] == 200
    cafe, account = {"buyer_id": "CAFE"}, {"name": "Cafe", "terms": "NET30", "currency": "USD"}
    assert oms.call("PUT /buyers/{buyer_id}", cafe, {**account, "credit_limit_minor": 1})[0] == 200
    order = api_order(channel="b2b", buyer_id="CAFE", po_number="PO-CAFE")
    del order["external_id"]
    assert oms.call("POST /orders", body=order)[0] == 201
    assert oms.call("POST /orders", body={**order, "buyer_id": "NOBODY"})[0] == 422
    assert oms.call("GET /buyers")[0] == oms.call("GET /buyers/{buyer_id}", cafe)[0] == 200
    sale = api_order(channel="pos", handed_over_at="WH-EAST", external_id="TILL-1")
    _, made = oms.call("POST /orders", body=sale)
    oms.run()
    assert oms.order(made["order_id"])["status"] == "CLOSED"


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
    "CREDIT": ("accept", {}),
    "QUARANTINE": ("discard", {"reason": "no order"}),
}


def subscribers(oms: World) -> None:
    """Somebody asks to be told, of whom nobody is at home."""
    route, body = "/webhook-subscriptions", {"url": "http://127.0.0.1:9/", "events": ["*"]}
    key = {"idempotency-key": "hook-1"}
    status, made = oms.call(f"POST {route}", body=body, headers=key)
    assert status == 201
    assert oms.call(f"POST {route}", body=body, headers=key)[0] == 200
    assert oms.call(f"POST {route}", body={**body, "url": "ftp://x/"})[0] == 422
    assert oms.call(f"GET {route}")[0] == 200
    one = route + "/{subscription_id}"
    for each in (f"GET {one}", f"POST {one}/rotate", f"POST {one}/test", f"GET {one}/deliveries"):
        assert oms.call(each, made)[0] == 200
    span = {"from": "2026-01-01T00:00:00Z", "to": "2027-01-01T00:00:00Z"}
    assert oms.call(f"POST {one}/replay", made, span)[0] == 200
    for action in ("disable", "remove"):
        assert oms.call(f"POST {one}/{{action}}", {**made, "action": action})[0] == 200
    wiring.notices().raise_notice("hook", "WEBHOOK_DISABLED", "it fails", {"url": body["url"]})
    _, tasks = oms.call("GET /tasks")
    (task,) = (each for each in tasks["items"] if each["kind"] == "WEBHOOK_DISABLED")
    path = {"task_id": task["task_id"], "action": "acknowledge"}
    assert oms.call("POST /tasks/{task_id}/{action}", path)[0] == 200


def connections(oms: World) -> None:
    """The shops that sell for us."""
    one, shop = "/channels/{channel}/{account}", {"channel": "shopify", "account": "demo"}
    setup = {"skus": {"THEIR-MUG": "MUG-BLUE"}, "nodes": {}, "settings": {}, "version": 0}
    assert oms.call("GET /channels")[0] == 200
    assert oms.call(f"PUT {one}", shop, setup)[0] == 200
    assert oms.call(f"PUT {one}", shop, setup)[0] == 409, "somebody else was faster"
    for call in (f"GET {one}", f"POST {one}/poll", f"POST {one}/reconcile"):
        assert oms.call(call, shop)[0] == 200
    assert oms.call(f"POST {one}/reconcile", shop, {"since": "yesterday"})[0] == 422
    assert oms.call(f"POST {one}/push-stock", shop, {})[0] == 202
    assert oms.call(f"POST {one}/try", shop, encode(sample("shopify")))[0] == 200
    assert oms.call(f"GET {one}", {"channel": "shopify", "account": "nobody"})[0] == 404
    asked, ebay = {"challenge_code": "x"}, {"channel": "ebay", "account": "demo"}
    webhook = "GET /webhooks/{channel}/{account}"
    assert oms.call(webhook, ebay, query=asked, caller=None)[0] == 200
    assert oms.call(webhook, shop, query=asked, caller=None)[0] == 404
    status, reply = oms.shopify(encode({**sample("shopify"), "id": 77_001}))
    assert status == 202
    oms.run()
    refund = "POST /orders/{order_id}/channel-refund"
    body, key = {"amount_minor": 100, "reason": "a scratch"}, {"idempotency-key": "refund-1"}
    for _ in range(2):
        assert oms.call(refund, reply, body, headers=key)[0] == 202
    assert oms.call(refund, reply, {"amount_minor": 10**9})[0] == 422


def orders_of_the_past(oms: World) -> None:
    """One that is over, one that is not, one that is no order."""
    over = {
        "external_id": "LEGACY-1",
        "status": "closed",
        "placed_at": "2023-02-03T04:05:06Z",
        "currency": "USD",
        "customer": {"name": "Ada Park"},
        "lines": [
            {"quantity": 1, "unit_price": {"amount_minor": 1299, "currency": "USD"}},
        ],
    }
    orders = [over, {**over, "status": "open"}, {}]
    oms.call("POST /imports", body={"channel": "api", "format": "oms", "orders": orders})


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
