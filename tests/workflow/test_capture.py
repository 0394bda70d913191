"""Capture: whatever is sent, however often, each order is there once and its bytes are kept."""

from __future__ import annotations

import random
import threading
import zlib
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from oms import wiring
from oms.platform.unit import Action, Write
from tests.unit.channels.samples import encode, sample
from tests.workflow.invariants import check
from tests.workflow.plays import CARD, resolve
from tests.workflow.world import World, api_order, world

SENT = sample("shopify")
ANYBODY = {"channel": "shopify", "account": "demo"}
WEBHOOK = "POST /webhooks/{channel}/{account}"


@pytest.fixture(scope="module")
def oms() -> Iterator[World]:
    with world() as made:
        for sku in ("MUG-BLUE", *_skus(SENT)):
            made.stock_up(sku, 500)
        yield made


def shopify_order(number: int, **changes: Any) -> bytes:
    return encode({**SENT, "id": number, **changes})


def _skus(order: dict[str, Any]) -> list[str]:
    return [line["sku"] for line in order["line_items"] if line["sku"]]


def test_one_webhook_sent_fifty_times_at_once_is_one_order(oms: World) -> None:
    before = oms.row_counts()[oms.tables.orders]
    raw = shopify_order(50_001)
    replies: list[tuple[int, Any]] = []
    threads = [threading.Thread(target=lambda: replies.append(oms.shopify(raw))) for _ in range(50)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert {status for status, _ in replies} == {202}
    assert len({reply["order_id"] for _, reply in replies}) == 1
    assert len({reply["tracking_url"] for _, reply in replies}) == 1
    assert [reply["duplicate"] for _, reply in replies].count(False) == 1
    assert oms.row_counts()[oms.tables.orders] == before + 3  # order, content, tracking link
    oms.run()
    oms.clock.advance(timedelta(days=1))
    status, again = oms.shopify(raw)
    oms.run()
    assert (status, again["order_id"], again["duplicate"]) == (202, replies[0][1]["order_id"], True)
    check(oms)


def test_a_later_delivery_with_other_content_is_kept_and_changes_nothing(oms: World) -> None:
    _, first = oms.shopify(shopify_order(50_002))
    oms.run()
    before = oms.order(first["order_id"])
    other = shopify_order(50_002, note="changed my mind")
    status, reply = oms.shopify(other)
    oms.run()
    assert (status, reply["order_id"]) == (202, first["order_id"])
    assert oms.order(first["order_id"]) == before
    kept = [row for row in oms.rows(oms.tables.inbound) if row["pk"].endswith("#50002")]
    assert sorted(wiring.inbound().raw_body(row) == other for row in kept) == [False, True]
    oms.shopify(other)
    again = [row for row in oms.rows(oms.tables.inbound) if row["pk"].endswith("#50002")]
    assert len(again) == 2


def test_the_bytes_are_kept_exactly_and_large_ones_in_the_bucket(oms: World) -> None:
    noise = random.Random(7)
    note = "".join(chr(noise.randrange(0x4E00, 0x9FFF)) for _ in range(30_000))
    large = shopify_order(50_003, note=note)
    strange = b"\n  " + shopify_order(50_004).replace(b", ", b" ,  ") + b"\n "
    for number, raw in ((50_003, large), (50_004, strange)):
        assert oms.shopify(raw)[0] == 202
        (row,) = [r for r in oms.rows(oms.tables.inbound) if r["pk"].endswith(f"#{number}")]
        assert wiring.inbound().raw_body(row) == raw
        assert ("body_key" in row) == (number == 50_003)


def test_an_idempotency_key_answers_its_order_and_refuses_another_body(oms: World) -> None:
    key = {"idempotency-key": "basket-9"}
    body = api_order(payment=CARD)
    del body["external_id"]
    status, first = oms.call("POST /orders", body=body, headers=key)
    assert status == 201
    status, again = oms.call("POST /orders", body=body, headers=key)
    assert (status, again["order_id"]) == (200, first["order_id"])
    before = oms.row_counts()
    status, reply = oms.call("POST /orders", body={**body, "note": "x"}, headers=key)
    assert (status, reply["type"]) == (422, "/problems/idempotency-key-reused")
    assert oms.row_counts() == before
    other = {"name": "another", "scopes": "orders:write"}
    status, theirs = oms.call("POST /orders", body=body, headers=key, caller=other)
    assert status == 201, "the key belongs to its caller"
    assert theirs["order_id"] != first["order_id"]


def test_the_same_external_id_posted_again_answers_200_with_the_same_order(oms: World) -> None:
    status, first = oms.call("POST /orders", body=api_order(external_id="PO-AGAIN"))
    assert status == 201
    status, again = oms.call("POST /orders", body=api_order(external_id="PO-AGAIN", note="hi"))
    assert (status, again["order_id"]) == (200, first["order_id"])


@pytest.mark.parametrize("fate", ["lost", "resent", "down"])
def test_a_capture_whose_reply_is_lost_is_one_order_after_the_retry(oms: World, fate: str) -> None:
    number = {"lost": 60_001, "resent": 60_002, "down": 60_003}[fate]
    raw = shopify_order(number)
    first = oms.network.writes
    oms.network.cut = lambda op, request: fate if oms.network.writes == first + 1 else ""
    status, _ = oms.shopify(raw)
    assert status == (202 if fate == "resent" else 503)
    status, reply = oms.shopify(raw)
    assert (status, reply["duplicate"]) == (202, fate != "down")
    orders = [r for r in oms.rows(oms.tables.inbound) if r["pk"].endswith(f"#{number}")]
    assert len(orders) == 1
    oms.run()
    assert oms.order(reply["order_id"])["status"] != "CAPTURED"


def test_what_is_genuine_but_no_order_is_kept_as_a_task_and_replayed_later(oms: World) -> None:
    raw = shopify_order(50_010, currency="XXX")
    status, reply = oms.shopify(raw)
    assert (status, reply) == (202, {"quarantined": True})
    assert oms.shopify(raw)[0] == 202
    _, page = oms.call("GET /tasks")
    (task,) = [each for each in page["items"] if each["kind"] == "QUARANTINE"]
    status, refused = resolve(oms, task["task_id"], "replay")
    assert status == 409, refused
    _repair(oms, task["task_id"], shopify_order(50_010))
    status, done = resolve(oms, task["task_id"], "replay")
    assert (status, done["resolved"]) == (200, True)
    assert oms.order(done["order_id"])["external_id"] == "50010"
    assert resolve(oms, task["task_id"], "replay")[0] == 404
    _, page = oms.call("GET /tasks")
    assert not [each for each in page["items"] if each["kind"] == "QUARANTINE"]


def _repair(oms: World, task_id: str, raw: bytes) -> None:
    """As if the mapping had learned to read it: the same row, with bytes that map."""
    digest = task_id.partition(".")[2]
    item = wiring.inbound().quarantined_one(digest)
    keys = {name: item.pop(name) for name in ("pk", "sk")}
    item["body"] = zlib.compress(raw)
    wiring.dynamo().commit([Write(Action.PUT, oms.tables.inbound, keys, item)])


def test_a_delivery_in_quarantine_can_be_discarded_with_a_reason(oms: World) -> None:
    assert oms.shopify(shopify_order(50_011, currency="YYY"))[1] == {"quarantined": True}
    _, page = oms.call("GET /tasks")
    (task,) = [each for each in page["items"] if each["kind"] == "QUARANTINE"]
    assert resolve(oms, task["task_id"], "discard", {"reason": "a test"})[0] == 200
    done = [r for r in oms.rows(oms.tables.inbound) if r["pk"] == "QUARANTINE#DONE"]
    assert any(row["outcome"] == "discarded" and row["actor"] == "ops" for row in done)


@pytest.mark.parametrize(
    ("raw", "secret", "path", "status"),
    [
        (shopify_order(1), "wrong", ANYBODY, 401),
        (shopify_order(1), "", ANYBODY, 401),
        (shopify_order(1), "local-secret", {"channel": "shopify", "account": "nobody"}, 401),
        (b'{"id": 1', "local-secret", ANYBODY, 400),
        (b"\xff\xfe", "local-secret", ANYBODY, 400),
        (b" " * (1024 * 1024 + 1), "local-secret", ANYBODY, 413),
    ],
    ids=["wrong secret", "no secret", "unknown account", "not JSON", "not UTF-8", "too large"],
)
def test_what_is_not_genuine_or_not_readable_is_refused_and_writes_nothing(
    oms: World, raw: bytes, secret: str, path: dict[str, str], status: int
) -> None:
    before = oms.row_counts()
    assert oms.shopify(raw, secret, path)[0] == status
    assert oms.row_counts() == before


def test_a_ping_of_woocommerce_is_answered_and_makes_nothing(oms: World) -> None:
    before = oms.row_counts()
    headers = {"content-type": "application/x-www-form-urlencoded"}
    path = {"channel": "woocommerce", "account": "demo"}
    status, reply = oms.call(WEBHOOK, path, b"webhook_id=3", headers=headers, caller=None)
    assert (status, reply) == (200, {"ping": True})
    assert oms.row_counts() == before
