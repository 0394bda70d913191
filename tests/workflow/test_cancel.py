"""Cancel: at every stage what the table says; racing a shipment it has one winner."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.workflow.invariants import check
from tests.workflow.plays import (
    arrived,
    packed,
    placed,
    posted,
    released,
    shipped,
)
from tests.workflow.world import World, api_order, world


@pytest.fixture(scope="module")
def oms() -> Iterator[World]:
    with world() as made:
        made.stock_up("MUG-BLUE", 1000)
        yield made


def in_review(oms: World) -> str:
    return placed(oms, customer={"name": "Eve", "email": "eve@mailinator.com"})


def backordered(oms: World) -> str:
    line = {**api_order()["lines"][0], "quantity": 9000}
    return placed(oms, lines=[line])


def labelled(oms: World) -> str:
    order_id, shipment = released(oms)
    packed(oms, shipment)
    return order_id


def picked(oms: World) -> str:
    order_id, shipment = released(oms)
    assert oms.ship(shipment, "pick")[0] == 200
    return order_id


def delivered(oms: World) -> str:
    order_id, _ = shipped(oms)
    arrived(oms, order_id)
    return order_id


def over(oms: World) -> str:
    order_id = delivered(oms)
    oms.pass_time(timedelta(seconds=40))
    return order_id


STAGES: dict[str, tuple[Callable[[World], str], bool]] = {
    "CAPTURED": (posted, True),
    "held": (lambda oms: placed(oms, shipping_address=None), True),
    "BACKORDERED": (backordered, True),
    "IN_REVIEW": (in_review, True),
    "CONFIRMED": (placed, True),
    "RELEASED": (lambda oms: released(oms)[0], True),
    "picked": (picked, True),
    "labelled and paid": (labelled, False),
    "SHIPPED": (lambda oms: shipped(oms)[0], False),
    "DELIVERED": (delivered, False),
    "CLOSED": (over, False),
}


@pytest.mark.parametrize("stage", STAGES)
def test_an_order_is_cancelled_until_a_label_is_bought(oms: World, stage: str) -> None:
    reach, possible = STAGES[stage]
    free = oms.stock("MUG-BLUE")["available"]
    order_id = reach(oms)
    offered = [each["name"] for each in oms.order(order_id)["allowed_actions"]]
    status, reply = oms.act(order_id, "cancel", "changed my mind")
    oms.run()
    assert status == (200 if possible else 409), reply
    assert ("cancel" in offered) is possible
    if possible:
        order = oms.order(order_id)
        assert order["status"] == "CANCELLED"
        assert order["payment_status"] in ("VOIDED", "UNPAID")
        assert oms.stock("MUG-BLUE")["available"] == free
        assert oms.act(order_id, "cancel")[0] == 200, "again: it is cancelled already"
        assert oms.act(order_id, "hold")[0] == 409
    check(oms)


def test_a_cancellation_during_authorisation_lets_the_money_go(oms: World) -> None:
    order_id = posted(oms)

    def cancel(step: str, when: str) -> None:
        if (step, when) == ("authorize_payment", "after"):
            oms.fault = lambda step, when: None
            assert oms.act(order_id, "cancel")[0] == 200

    oms.fault = cancel
    oms.run()
    oms.heal(1)
    order = oms.order(order_id)
    assert (order["status"], order["payment_status"]) == ("CANCELLED", "VOIDED")
    check(oms)


def between_writes(oms: World, nth: int, rival: Callable[[], Any]) -> Callable[[str, Any], str]:
    """Let `rival` in just before the `nth` write from now: after its reads, before it saves."""
    first = oms.network.writes

    def cut(operation: str, request: Any) -> str:
        if oms.network.writes == first + nth:
            oms.network.cut = lambda operation, request: ""
            rival()
        return ""

    return cut


@pytest.mark.parametrize("nth", range(1, 9))
def test_a_cancellation_racing_the_label_and_the_capture_has_one_winner(
    oms: World, nth: int
) -> None:
    order_id, shipment = released(oms)
    assert oms.ship(shipment, "pick")[0] == 200
    answers: list[int] = []
    oms.network.cut = between_writes(
        oms, nth, lambda: answers.append(oms.act(order_id, "cancel")[0])
    )
    status, _ = oms.ship(shipment, "pack")
    oms.run()
    oms.network.cut = lambda operation, request: ""
    oms.heal(1)
    order = oms.order(order_id)
    won = order["status"] == "CANCELLED"
    if answers:
        assert (answers == [200]) is won
    if won:
        assert (order["payment_status"], oms.ship(shipment, "ship")[0]) == ("VOIDED", 409)
    else:
        assert status == 200
        assert oms.ship(shipment, "ship")[0] == 200
        oms.run()
        assert oms.order(order_id)["payment_status"] == "PAID"
    check(oms)


def test_some_of_those_races_are_won_and_some_are_lost(oms: World) -> None:
    """Or the test above would prove nothing: before the claim wins, after it loses."""
    for nth, won in ((1, True), (3, False)):
        order_id, shipment = released(oms)
        assert oms.ship(shipment, "pick")[0] == 200
        oms.network.cut = between_writes(oms, nth, lambda o=order_id: oms.act(o, "cancel"))
        oms.ship(shipment, "pack")
        oms.run()
        oms.network.cut = lambda operation, request: ""
        assert (oms.order(order_id)["status"] == "CANCELLED") is won


@pytest.mark.parametrize("nth", range(1, 12, 2))
def test_a_cancellation_racing_intake_leaves_no_money_and_no_stock_behind(
    oms: World, nth: int
) -> None:
    free = oms.stock("MUG-BLUE")["available"]
    order_id = posted(oms)
    oms.network.cut = between_writes(oms, nth, lambda: oms.act(order_id, "cancel"))
    oms.run()
    oms.network.cut = lambda operation, request: ""
    oms.heal(1)
    if oms.order(order_id)["status"] != "CANCELLED":
        assert oms.act(order_id, "cancel")[0] == 200
        oms.run()
    assert oms.stock("MUG-BLUE")["available"] == free
    check(oms)


@pytest.mark.parametrize("action", ["hold", "release-hold", "approve", "reject", "cancel"])
def test_two_people_who_click_the_same_button_do_it_once(oms: World, action: str) -> None:
    order_id = in_review(oms) if action in ("approve", "reject") else placed(oms)
    if action == "release-hold":
        assert oms.act(order_id, "hold")[0] == 200
    before = len(oms.order(order_id)["timeline"])
    second: list[int] = []
    oms.network.cut = between_writes(oms, 1, lambda: second.append(oms.act(order_id, action)[0]))
    first, _ = oms.act(order_id, action)
    assert second == [200]
    assert first in (200, 409)
    entries = oms.order(order_id)["timeline"][before:]
    assert len([each for each in entries if each["actor"] == "ops"]) <= 2
    names = [each["event"] for each in entries]
    assert len(set(names)) == len(names), names
    oms.run()
    check(oms)
