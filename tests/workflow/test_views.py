"""What the API shows: of an order to operations, and of a parcel to whoever has the link."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator

import pytest

from tests.workflow.plays import arrived, placed, posted, released, shipped
from tests.workflow.world import World, api_order, world

PRIVATE = ("Ada", "Park", "Elm Street", "10001", "example.com", "2598", "25.98", "12.99")


@pytest.fixture(scope="module")
def oms() -> Iterator[World]:
    with world() as made:
        made.stock_up("MUG-BLUE", 1000)
        yield made


def test_the_executions_are_drawn_from_the_timeline_alone(oms: World) -> None:
    order_id, shipment = shipped(oms)
    path = {"order_id": order_id}
    status, page = oms.call("GET /orders/{order_id}/executions", path)
    assert status == 200
    intake, parcel = page["items"]
    assert (intake["workflow"], intake["status"]) == ("order_intake", "SUCCEEDED")
    assert (parcel["workflow"], parcel["status"]) == ("shipment", "SUCCEEDED")
    assert intake["name"] == f"{order_id}-1"
    assert parcel["name"].startswith(f"{shipment}-1-")
    assert {intake["name"], parcel["name"]} <= oms.executions.keys()
    assert [(step["state"], step["outcome"]) for step in intake["steps"]] == [
        ("ValidateOrder", "VALID"),
        ("AllocateStock", "ALLOCATED"),
        ("ScreenFraud", "ACCEPTED"),
        ("AuthorizePayment", "AUTHORIZED"),
        ("ConfirmOrder", "CONFIRMED"),
    ]
    for run in (intake, parcel):
        tasks = [each for each in oms.executions[run["name"]].states if not each.startswith("Is")]
        assert [step["state"] for step in run["steps"]] == [t for t in tasks if t != "Confirmed"]


def test_a_run_that_stops_or_fails_says_so(oms: World) -> None:
    held = placed(oms, shipping_address=None)
    _, page = oms.call("GET /orders/{order_id}/executions", {"order_id": held})
    assert [run["status"] for run in page["items"]] == ["STOPPED"]


def test_the_allowed_actions_are_exactly_those_the_api_then_accepts(oms: World) -> None:
    def states() -> Iterator[str]:
        suspect = {"name": "Eve", "email": "eve@mailinator.com"}
        yield posted(oms)
        yield placed(oms)
        yield placed(oms, customer=suspect)
        yield placed(oms, shipping_address=None)
        yield released(oms)[0]
        yield shipped(oms)[0]

    for action in ("cancel", "hold", "release-hold", "approve", "reject"):
        for order_id in states():
            order = oms.order(order_id)
            offered = {each["name"]: each["href"] for each in order["allowed_actions"]}
            status, _ = oms.act(order_id, action)
            assert (status == 200) is (action in offered), (action, order["status"])
            assert offered.get(action, f"/orders/{order_id}/{action}").endswith(action)


def test_every_change_says_who_made_it_and_when(oms: World) -> None:
    order_id, _ = shipped(oms)
    for entry in oms.order(order_id)["timeline"]:
        assert re.fullmatch(r"(channel|workflow|carrier):\S+|ops|sweeper", entry["actor"])
        assert entry["at"].endswith("Z")


def test_the_customer_s_view_tells_where_and_neither_who_nor_how_much(oms: World) -> None:
    order_id, _ = shipped(oms)
    arrived(oms, order_id)
    order = oms.order(order_id)
    token = order["tracking_url"].removeprefix("/track/")
    accept = {"accept": "application/json"}
    status, view = oms.call("GET /track/{token}", {"token": token}, headers=accept, caller=None)
    assert (status, view["status"]) == (200, "DELIVERED")
    assert view["parcels"][0]["scans"][0]["status"] == "DELIVERED"
    status, html = oms.call("GET /track/{token}", {"token": token}, caller=None)
    assert status == 200
    for shown in (json.dumps(view), str(html)):
        for secret in (
            "Ada",
            "Park",
            "Elm Street",
            "10001",
            "example.com",
            "2598",
            "25.98",
            "12.99",
        ):
            assert secret not in shown, secret


def test_the_token_has_128_bits_stays_the_same_and_is_stored_only_as_a_hash(oms: World) -> None:
    body = api_order(external_id="PO-TOKEN")
    _, first = oms.call("POST /orders", body=body)
    _, again = oms.call("POST /orders", body=body)
    assert first["tracking_url"] == again["tracking_url"]
    token = first["tracking_url"].removeprefix("/track/")
    assert re.fullmatch(r"[a-z2-7]{26}", token)
    rows = json.dumps(oms.rows(oms.tables.orders), default=str)
    assert token not in rows
    assert f"T#{hashlib.sha256(token.encode()).hexdigest()}" in rows
    wrong = ("b" if token[0] != "b" else "c") + token[1:]
    assert oms.call("GET /track/{token}", {"token": wrong}, caller=None)[0] == 404
