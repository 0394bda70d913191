"""Orders through the deployed templates: gateway, streams, bus, queues, workflows, Lambdas.

What is proved here is that the parts fit. Every combination of faults is played in
`tests/workflow`, where it costs milliseconds.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest

from local.client import Answer, ApiClient, shop_client, shopify_message, woocommerce_message
from local.stack import Stack
from tests.recorded import PAYLOADS
from tests.workflow.world import api_order

pytestmark = pytest.mark.stack
RECORDED = PAYLOADS / "shopify" / "order_discount_code_no_tax.json"
PATIENCE = 120
CARD = {"method": "card", "payment_method": "pm_card_visa"}
STEPS = ("allocate_stock", "authorize_payment", "confirm_order", "buy_label", "capture_payment")


@pytest.fixture
def api(local_stack: Stack) -> ApiClient:
    return ApiClient(local_stack.url, local_stack.ops_token)


@dataclass(frozen=True)
class Sent:
    """What was sent at once, so that the orders' long ways are gone side by side."""

    twice: list[Answer]
    fifty: list[Answer]
    without_sku: Answer


@pytest.fixture(scope="module")
def sent(local_stack: Stack) -> Sent:
    api, shop = ApiClient(local_stack.url), shop_client(local_stack.url)
    body, raw = api_order(external_id="FIFTY-1", payment=CARD), recorded(730001)
    with ThreadPoolExecutor(16) as pool:
        fifty = list(pool.map(lambda _: order(shop, body), range(50)))
    twice = [shopify(api, raw) for _ in range(2)]
    source = PAYLOADS / "woocommerce" / "order_727_processing_tax_variation_emptysku.json"
    strange = source.read_bytes()
    return Sent(twice, fifty, api.send(*_in_order(strange, woocommerce_message(strange))))


def recorded(number: int) -> bytes:
    """The recorded Shopify order under an id of this test's own."""
    body = json.loads(RECORDED.read_bytes())
    body["id"], body["name"] = number, f"#{number}"
    return json.dumps(body).encode()


def shopify(api: ApiClient, raw: bytes) -> Answer:
    return api.send(*_in_order(raw, shopify_message(raw)))


def _in_order(raw: bytes, message: tuple[str, dict[str, str]]) -> tuple[str, bytes, dict[str, str]]:
    path, headers = message
    return path, raw, headers


def order(api: ApiClient, body: dict[str, Any] | bytes) -> Answer:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return api.ask("POST", "/orders", raw, {"Content-Type": "application/json"})


def header(answer: Answer, name: str) -> str:
    return {key.lower(): value for key, value in answer.headers.items()}[name]


def arrived(api: ApiClient, order_id: str, *statuses: str) -> dict[str, Any]:
    """The order once it has one of `statuses`."""
    deadline = time.monotonic() + PATIENCE
    while True:
        found: dict[str, Any] = api.get(f"/orders/{order_id}")
        if found["status"] in statuses:
            return found
        assert time.monotonic() < deadline, (found["status"], found["timeline"][-3:])
        time.sleep(0.2)


def test_a_line_without_a_sku_waits_for_a_person_and_goes_on(sent: Sent, api: ApiClient) -> None:
    assert sent.without_sku.status == 202, sent.without_sku.body
    waiting = arrived(api, sent.without_sku.json["order_id"], "ON_HOLD")
    (hold,) = waiting["holds"]
    assert hold["kind"] == "SKU"
    api.post(f"/tasks/{hold['task_id']}/choose-sku", {"sku": "MUG-BLUE"})
    arrived(api, waiting["order_id"], "CLOSED")


def test_a_recorded_order_is_captured_once_and_arrives(
    sent: Sent, local_stack: Stack, api: ApiClient
) -> None:
    first, again = sent.twice
    assert first.status == 202, first.body
    order_id = first.json["order_id"]
    assert (again.status, again.json["order_id"], again.json["duplicate"]) == (202, order_id, True)
    closed = arrived(api, order_id, "CLOSED")
    events = [entry["event"] for entry in closed["timeline"]]
    assert events.count("StockReserved") == events.count("ShipmentShipped") == 1
    (parcel,) = closed["shipments"][0]["parcels"]
    assert [scan["status"] for scan in parcel["scans"]][-1] == "DELIVERED"
    label = api.ask("GET", parcel["label_url"])
    assert label.status == 303
    document = ApiClient(local_stack.url, "").ask("GET", header(label, "location"))
    assert document.body.startswith(b"%PDF")


def test_a_wrong_signature_gets_401_and_leaves_nothing(api: ApiClient) -> None:
    path, headers = shopify_message(b"another body")
    answer = api.send(path, recorded(730002), headers)
    assert answer.status == 401
    assert api.get("/orders?q=730002")["items"] == []


def test_fifty_at_once_make_one_order_and_one_charge(sent: Sent, local_stack: Stack) -> None:
    assert {answer.status for answer in sent.fifty} <= {200, 201}
    assert sum(answer.status == 201 for answer in sent.fifty) == 1
    (order_id,) = {answer.json["order_id"] for answer in sent.fifty}
    arrived(ApiClient(local_stack.url), order_id, "CLOSED")
    assert received(local_stack, order_id) == [2598]


def kill_for(stack: Stack, seconds: float) -> int:
    """Kill whatever worker of a step there is, again and again."""
    deadline, killed = time.monotonic() + seconds, 0
    while time.monotonic() < deadline:
        killed += sum(stack.kill_worker(step) for step in STEPS)
        time.sleep(0.7)
    return killed


def received(stack: Stack, order_id: str) -> list[int]:
    """What Stripe's books say was taken for an order, by payment."""
    return [
        intent["captured"]
        for intent in stack.books()["payment_intents"].values()
        if intent["metadata"].get("oms_order") == order_id
    ]


def test_an_order_survives_the_death_of_its_workers(local_stack: Stack, api: ApiClient) -> None:
    shop = shop_client(local_stack.url)
    order_ids = [
        order(shop, api_order(external_id=f"KILL-{number}", payment=CARD)).json["order_id"]
        for number in range(4)
    ]
    killed = kill_for(local_stack, seconds=8)
    assert killed, "no worker was caught at work"
    for order_id in order_ids:
        timeline = arrived(api, order_id, "CLOSED")["timeline"]
        events = [entry["event"] for entry in timeline]
        assert [entry["seq"] for entry in timeline] == list(range(1, len(events) + 1))
        assert events.count("OrderConfirmed") == events.count("PaymentCaptured") == 1
        assert sum(received(local_stack, order_id)) == 2598


def hostile() -> Iterator[bytes]:
    """A few of the bodies that `tests/workflow/test_hostile.py` has all of."""
    yield b"\xff\xfe\x00"
    yield b'{"a":' * 3000
    yield b'{"currency": 1e400}'
    yield json.dumps(api_order(lines=[])).encode()
    yield json.dumps(api_order(currency="XXX")).encode()
    yield b"[" + b"9" * 6000 + b"]"


def test_hostile_bodies_get_a_problem_and_never_a_500(local_stack: Stack) -> None:
    shop = shop_client(local_stack.url)
    statuses = [order(shop, raw).status for raw in hostile()]
    assert all(400 <= status < 500 for status in statuses), statuses


def test_nobody_gets_in_without_a_key(local_stack: Stack) -> None:
    stranger = ApiClient(local_stack.url, "not-a-token")
    assert stranger.ask("GET", "/orders").status in (401, 403)
    shop = shop_client(local_stack.url)
    assert shop.ask("GET", "/orders").status == 403


def test_the_customer_follows_the_parcel_without_a_login(
    local_stack: Stack, api: ApiClient
) -> None:
    answer = shopify(api, recorded(730003))
    shipped = arrived(api, answer.json["order_id"], "SHIPPED", "DELIVERED", "CLOSED")
    page = api.ask("GET", answer.json["tracking_url"], signed_in=False)
    assert (page.status, header(page, "content-type")) == (200, "text/html; charset=utf-8")
    text = page.body.decode()
    assert shipped["shipments"][0]["parcels"][0]["tracking_number"] in text
    assert "Jane" not in text and "Fake Street" not in text and "181.09" not in text


def test_the_shop_hears_of_its_parcel_once(local_stack: Stack, api: ApiClient) -> None:
    answer = shopify(api, recorded(730004))
    shipped = arrived(api, answer.json["order_id"], "SHIPPED", "DELIVERED", "CLOSED")
    (parcel,) = shipped["shipments"][0]["parcels"]
    deadline = time.monotonic() + PATIENCE
    while parcel["tracking_number"] not in (told := tracking_numbers(local_stack)):
        assert time.monotonic() < deadline, "the shop was never told"
        time.sleep(0.2)
    assert told.count(parcel["tracking_number"]) == 1


def tracking_numbers(stack: Stack) -> list[str]:
    """Those of every parcel that a shop was told of, one for each time in effect."""
    return [
        told["tracking"]
        for books in stack.books("shop").values()
        for order in books["orders"].values()
        for told in order["fulfilments"]
    ]
