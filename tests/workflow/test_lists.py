"""Lists and search: what the question asks for, in pages that stay put, with true counts."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.workflow.invariants import check
from tests.workflow.plays import arrived, packed, parcels, placed, posted, released, shipped
from tests.workflow.world import World, api_order, world


@pytest.fixture(scope="module")
def oms() -> Iterator[World]:
    with world() as made:
        made.stock_up("MUG-BLUE", 1000)
        made.stock_up("TEE-RED", 1000, "WH-WEST")
        yield made


def found(oms: World, **query: str) -> list[str]:
    status, page = oms.call("GET /orders", query={"limit": "200", **query})
    assert status == 200, page
    return [item["order_id"] for item in page["items"]]


@pytest.mark.parametrize(
    ("typed", "kind"),
    [
        ("PO-FIND-ME", "number"),
        ("po-find-me", "number, other case"),
        ("zoe.lindqvist@example.se", "e-mail"),
        ("ZOE.LINDQVIST@EXAMPLE.SE", "e-mail, other case"),
        ("+46 70 123 45 67", "phone"),
        ("46701234567", "phone, digits only"),
        ("070 123 45 67", "phone, as dialled at home"),
        ("TEE-RED", "SKU"),
        ("zoe", "first word of the name"),
        ("lind", "prefix of a later word"),
        ("Zoë Lindqvist", "whole name with its accent"),
        ("bergström zoë", ""),
    ],
)
def test_an_order_is_found_by_each_word_it_is_known_by(oms: World, typed: str, kind: str) -> None:
    customer = {
        "name": "Zoë Lindqvist Bergström",
        "email": "zoe.lindqvist@example.se",
        "phone": "+46 70 123 45 67",
    }
    line = {**api_order()["lines"][0], "sku": "TEE-RED"}
    body = api_order(external_id="PO-FIND-ME", customer=customer, lines=[line])
    status, page = oms.call("POST /orders", body=body)
    assert status in (200, 201)
    oms.run()
    assert (page["order_id"] in found(oms, q=typed)) is bool(kind)
    for other in ("tracking_number",):
        assert other not in found(oms, q=other)


def test_a_name_in_another_script_is_found_by_its_beginning(oms: World) -> None:
    order_id = placed(oms, customer={"name": "王小明", "email": "wang@example.com"})
    assert found(oms, q="王") == [order_id]
    assert found(oms, q="王小") == [order_id]
    assert found(oms, q="小") == []


def test_an_order_is_found_by_its_parcel_s_number(oms: World) -> None:
    order_id, _ = shipped(oms)
    oms.run()
    (box,) = parcels(oms, order_id)
    assert found(oms, q=box["tracking_number"].lower()) == [order_id]


def test_any_mix_of_filters_narrows_to_what_answers_all_of_them(oms: World) -> None:
    orders = [placed(oms, customer=_customer(n), lines=_lines(n)) for n in range(8)]
    for order_id in orders[:3]:
        assert oms.act(order_id, "hold")[0] == 200
    assert oms.act(orders[3], "cancel")[0] == 200
    oms.run()
    everything = {each: oms.order(each) for each in found(oms)}
    claims: dict[str, dict[str, Any]] = {
        "status": {s: lambda o, s=s: o["status"] == s for s in ("ON_HOLD", "CANCELLED")},
        "sku": {s: lambda o, s=s: any(x["sku"] == s for x in o["lines"]) for s in ("TEE-RED",)},
        "node": {n: lambda o, n=n: n in o["nodes"] for n in ("WH-WEST", "WH-EAST")},
        "channel": {c: lambda o, c=c: o["channel"] == c for c in ("api", "shopify")},
        "hold": {"MANUAL": lambda o: any(h["kind"] == "MANUAL" for h in o["holds"])},
        "customer": {"Kim 1": lambda o: o["customer"]["name"].startswith("Kim 1")},
        "day": {d: lambda o, d=d: o["captured_at"][:10] == d for d in ("2026-11-21",)},
    }
    dice = random.Random(5)
    for _ in range(40):
        names = dice.sample(sorted(claims), dice.choice((1, 2, 3)))
        asked = {name: dice.choice(sorted(claims[name])) for name in names}
        wanted = {
            order_id
            for order_id, order in everything.items()
            if all(claims[name][value](order) for name, value in asked.items())
        }
        assert set(found(oms, **asked)) == wanted, asked


def _customer(number: int) -> dict[str, str]:
    return {"name": f"Kim {number}", "email": f"kim{number}@example.com"}


def _lines(number: int) -> list[Any]:
    return [{**api_order()["lines"][0], "sku": ("MUG-BLUE", "TEE-RED")[number % 2]}]


def test_pages_stay_put_while_orders_arrive_and_change(oms: World) -> None:
    for _ in range(6):
        oms.clock.advance(timedelta(hours=5))
        posted(oms)
        posted(oms)
    oms.run()
    expected, seen, cursor = found(oms), [], ""
    assert expected == sorted(expected, reverse=True), "newest first, over the days"
    while True:
        query = {"limit": "5", **({"cursor": cursor} if cursor else {})}
        status, page = oms.call("GET /orders", query=query)
        assert status == 200
        seen += [item["order_id"] for item in page["items"]]
        posted(oms)
        oms.act(expected[-1], "hold")
        oms.run()
        cursor = page["next_cursor"]
        if not cursor:
            break
    assert seen == expected


def test_a_cursor_answers_only_the_question_it_came_from(oms: World) -> None:
    _, page = oms.call("GET /orders", query={"limit": "1", "channel": "api"})
    cursor = page["next_cursor"]
    assert oms.call("GET /orders", query={"channel": "api", "cursor": cursor})[0] == 200
    for query in ({}, {"channel": "shopify"}, {"channel": "api", "status": "CONFIRMED"}):
        status, reply = oms.call("GET /orders", query={**query, "cursor": cursor})
        assert (status, reply["type"]) == (422, "/problems/malformed-cursor")
    forged = ("A" if cursor[0] != "A" else "B") + cursor[1:]
    assert oms.call("GET /orders", query={"channel": "api", "cursor": forged})[0] == 422


def test_the_counts_are_true_however_often_and_in_whatever_order_the_stream_tells(
    oms: World,
) -> None:
    dice = random.Random(3)
    batches = [list(batch) for batch in oms.batches]
    dice.shuffle(batches)
    for batch in batches[:25]:
        dice.shuffle(batch)
        oms.feed(batch)
    oms.bus.entries.clear()
    status, reply = oms.call("GET /orders/counts")
    assert status == 200
    truth = Counter(oms.order(each)["status"] for each in found(oms))
    assert reply == {"counts": dict(sorted(truth.items())), "total": sum(truth.values())}
    check(oms)


def test_every_status_lists_exactly_the_orders_that_have_it(oms: World) -> None:
    order_id, shipment = released(oms)
    packed(oms, shipment)
    assert order_id in found(oms, status="RELEASED")
    done, _ = shipped(oms)
    arrived(oms, done)
    oms.pass_time(timedelta(seconds=40))
    everything = {each: oms.order(each)["status"] for each in found(oms)}
    assert everything[done] == "CLOSED"
    for status in sorted(set(everything.values())):
        wanted = {each for each, its in everything.items() if its == status}
        assert set(found(oms, status=status)) == wanted


def test_a_parcel_still_to_be_told_of_is_listed_under_its_status(oms: World) -> None:
    """A carrier can be faster than our message to the channel."""
    order_id, shipment = released(oms)
    oms.fault = _channel_is_away
    packed(oms, shipment)
    oms.fault = lambda step, when: None
    (box,) = parcels(oms, order_id)
    oms.act(order_id, "release-hold")
    oms.scan(box["tracking_number"], "DELIVERED")
    oms.vanish = lambda name: True
    oms.run()
    assert oms.order(order_id)["status"] == "DELIVERED"
    assert order_id in found(oms, status="DELIVERED")
    oms.vanish = lambda name: False


def _channel_is_away(step: str, when: str) -> None:
    if step == "notify_channel":
        raise TimeoutError
