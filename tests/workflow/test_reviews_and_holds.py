"""A review keeps the stock and promises nothing; a hold stops an order where it stands."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.workflow.invariants import check
from tests.workflow.plays import (
    CARD,
    events,
    live_shipment,
    packed,
    placed,
    posted,
    released,
    resolve,
    resolve_only,
    shipped,
    tasks_of,
)
from tests.workflow.world import World, api_order, world

SUSPECT = {"name": "Eve", "email": "eve@mailinator.com"}


@pytest.fixture(scope="module")
def oms() -> Iterator[World]:
    with world() as made:
        made.stock_up("MUG-BLUE", 1000)
        yield made


def test_a_review_keeps_its_stock_sends_no_confirmation_and_cannot_be_released(
    oms: World,
) -> None:
    free, mails = oms.stock("MUG-BLUE")["available"], len(oms.mail.sent)
    order_id = placed(oms, customer=SUSPECT)
    order = oms.order(order_id)
    assert (order["status"], order["stage"]) == ("IN_REVIEW", "ALLOCATED")
    assert order["screening"]["reasons"] == ["disposable-mail"]
    assert oms.stock("MUG-BLUE")["available"] == free - 2
    oms.heal(2)
    assert oms.order(order_id)["status"] == "IN_REVIEW"
    assert "OrderConfirmed" not in events(oms.order(order_id))
    assert (order["payments"], len(oms.mail.sent)) == ([], mails)
    status, reply = oms.act(order_id, "release-hold")
    assert (status, reply["type"]) == (409, "/problems/in-review")
    assert [each["name"] for each in order["allowed_actions"]] == [
        "cancel",
        "hold",
        "approve",
        "reject",
    ]
    check(oms)


def test_approved_by_a_named_person_it_goes_on(oms: World) -> None:
    order_id = placed(oms, customer=SUSPECT)
    resolve_only(oms, order_id, "approve")
    order = oms.order(order_id)
    assert (order["status"], order["screening"]["cleared_by"]) == ("CONFIRMED", "ops")
    assert oms.act(order_id, "approve")[0] == 409
    check(oms)


def test_rejected_it_frees_its_stock_and_never_touched_money(oms: World) -> None:
    free = oms.stock("MUG-BLUE")["available"]
    order_id = placed(oms, customer=SUSPECT)
    assert oms.act(order_id, "reject", "no such person")[0] == 200
    oms.run()
    order = oms.order(order_id)
    assert (order["status"], order["payments"]) == ("REJECTED", [])
    assert oms.stock("MUG-BLUE")["available"] == free
    check(oms)


def test_a_review_that_nobody_decides_lapses_into_a_rejection(oms: World) -> None:
    order_id = placed(oms, customer=SUSPECT)
    oms.pass_time(timedelta(hours=47))
    assert oms.order(order_id)["status"] == "IN_REVIEW"
    oms.pass_time(timedelta(hours=2))
    order = oms.order(order_id)
    assert order["status"] == "REJECTED"
    assert order["timeline"][-1]["detail"]["reason"] == "review lapsed"
    check(oms)


def test_a_score_over_the_limit_rejects_at_once_and_holds_nothing(oms: World) -> None:
    free = oms.stock("MUG-BLUE")["available"]
    line = {**api_order()["lines"][0], "unit_price": {"amount_minor": 200_000, "currency": "USD"}}
    customer = {"name": "Max", "email": "max@mailinator.com"}
    order_id = placed(oms, customer=customer, lines=[line])
    order = oms.order(order_id)
    assert (order["status"], order["screening"]["verdict"]) == ("REJECTED", "REJECT")
    assert oms.stock("MUG-BLUE")["available"] == free
    assert order["payments"] == []
    check(oms)


def test_the_fifth_order_of_a_day_from_one_address_is_looked_at(oms: World) -> None:
    customer = {"name": "Flo", "email": "flo@example.com"}
    body = {"lines": [{**api_order()["lines"][0], "unit_price": _usd(60_000)}]}
    orders = [placed(oms, customer=customer, **body) for _ in range(5)]
    screenings = [oms.order(each)["screening"] for each in orders]
    assert all("many-orders-in-a-day" not in each["reasons"] for each in screenings[:4])
    assert "many-orders-in-a-day" in screenings[4]["reasons"]


def _usd(minor: int) -> dict[str, object]:
    return {"amount_minor": minor, "currency": "USD"}


# --- holds ---------------------------------------------------------------------------------


def test_a_hold_stops_an_order_in_intake_and_its_release_goes_on_from_there(oms: World) -> None:
    order_id = posted(oms)
    assert oms.act(order_id, "hold", "call the customer")[0] == 200
    oms.run()
    order = oms.order(order_id)
    assert (order["status"], order["stage"]) == ("ON_HOLD", "CAPTURED")
    (task,) = tasks_of(oms, order_id)
    assert (task["kind"], task["reason"]) == ("MANUAL", "call the customer")
    assert oms.act(order_id, "hold")[0] == 200
    assert len(tasks_of(oms, order_id)) == 1
    assert oms.act(order_id, "release-hold")[0] == 200
    oms.run()
    assert oms.order(order_id)["status"] == "CONFIRMED"
    assert oms.act(order_id, "release-hold")[0] == 409
    check(oms)


def test_a_hold_on_a_confirmed_order_keeps_it_from_its_node(oms: World) -> None:
    order_id = placed(oms, payment=CARD)
    assert oms.act(order_id, "hold")[0] == 200
    oms.heal(1)
    assert oms.order(order_id)["stage"] == "CONFIRMED"
    assert oms.act(order_id, "release-hold")[0] == 200
    oms.heal(1)
    assert oms.order(order_id)["status"] == "RELEASED"
    check(oms)


def test_a_hold_at_the_node_stops_the_work_and_its_release_restarts_it(oms: World) -> None:
    order_id, shipment = released(oms)
    assert oms.ship(shipment, "pick")[0] == 200
    assert oms.act(order_id, "hold")[0] == 200
    status, reply = oms.ship(shipment, "pack")
    assert (status, reply["type"]) == (409, "/problems/order-on-hold")
    assert oms.order(order_id)["shipments"][0]["allowed_actions"] == []
    resolve_only(oms, order_id, "release-hold")
    assert oms.ship(shipment, "pack")[0] == 200
    assert oms.act(order_id, "hold")[0] == 200  # before the label is bought
    oms.run()
    assert oms.order(order_id)["shipments"][0]["parcels"][0]["state"] == "PACKED"
    assert oms.act(order_id, "release-hold")[0] == 200
    oms.heal(2)
    assert oms.order(order_id)["shipments"][0]["parcels"][0]["state"] == "LABELLED"
    check(oms)


def test_nobody_holds_what_has_left(oms: World) -> None:
    order_id, _ = shipped(oms)
    for action in ("hold", "release-hold", "approve", "reject"):
        status, reply = oms.act(order_id, action)
        assert status == 409, (action, reply)
    check(oms)


def test_a_task_can_be_taken_and_a_resolved_one_is_gone(oms: World) -> None:
    order_id = placed(oms, shipping_address=None)
    (task,) = tasks_of(oms, order_id)
    assert resolve(oms, task["task_id"], "take-owner", {"owner": "Kim"})[0] == 200
    (task,) = tasks_of(oms, order_id)
    assert task["owner"] == "Kim"
    assert resolve(oms, task["task_id"], "approve")[0] == 409, "does not go with the task"
    assert resolve(oms, task["task_id"], "cancel")[0] == 200
    assert tasks_of(oms, order_id) == []
    assert resolve(oms, task["task_id"], "cancel")[0] == 409
    assert oms.order(order_id)["status"] == "CANCELLED"


def test_two_holds_are_two_tasks_and_the_last_one_to_fall_resumes(oms: World) -> None:
    order_id = placed(oms, shipping_address=None)
    assert oms.act(order_id, "hold")[0] == 200
    address, manual = tasks_of(oms, order_id)
    body = {"shipping_address": api_order()["shipping_address"]}
    assert resolve(oms, address["task_id"], "fix-address", body)[0] == 200
    assert oms.order(order_id)["stage"] == "CAPTURED"
    assert resolve(oms, manual["task_id"], "release-hold")[0] == 200
    assert oms.order(order_id)["status"] == "CONFIRMED"
    oms.pass_time(timedelta(seconds=10))
    packed(oms, live_shipment(oms.order(order_id)))
    check(oms)
