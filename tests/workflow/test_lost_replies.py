"""The work was done and nobody heard; or it was not, and nobody knows which."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from local.standins.stripe_books import Misbehaviour
from tests.workflow.invariants import check
from tests.workflow.plays import (
    closed,
    live_shipment,
    packed,
    parcels,
    placed,
    posted,
    released,
    shipped,
    tasks_of,
)
from tests.workflow.world import World, world

AWAY = [
    Misbehaviour.LOSE_REPLY,
    Misbehaviour.FAIL_BEFORE,
    Misbehaviour.FAIL_AFTER,
    Misbehaviour.RATE_LIMIT,
]


@pytest.fixture(scope="module")
def oms() -> Iterator[World]:
    with world() as made:
        made.stock_up("MUG-BLUE", 1000)
        yield made


@pytest.fixture(autouse=True)
def calm(oms: World) -> Iterator[None]:
    yield
    oms.network.cut = lambda operation, request: ""
    oms.vanish = lambda name: False
    oms.bus.refuse = 0
    oms.stripe._misdeeds.clear()


# --- the payment provider ------------------------------------------------------------------


@pytest.mark.parametrize("times", [1, 5])
@pytest.mark.parametrize("misdeed", AWAY)
def test_the_provider_misbehaves_at_authorise_and_holds_the_money_once(
    oms: World, misdeed: Misbehaviour, times: int
) -> None:
    oms.stripe.misbehave(*[misdeed] * times)
    order_id = placed(oms)
    oms.heal(4)
    assert oms.order(order_id)["status"] == "RELEASED"
    check(oms)


@pytest.mark.parametrize("times", [1, 5])
@pytest.mark.parametrize("misdeed", AWAY)
def test_the_provider_misbehaves_at_capture_and_takes_the_money_once(
    oms: World, misdeed: Misbehaviour, times: int
) -> None:
    order_id, shipment = released(oms)
    oms.stripe.misbehave(*[misdeed] * times)
    packed(oms, shipment)
    oms.heal(4)
    order = closed(oms, order_id, shipment)
    assert (order["status"], order["payment_status"]) == ("CLOSED", "PAID")
    check(oms)


@pytest.mark.parametrize("times", [1, 6])
@pytest.mark.parametrize("misdeed", [Misbehaviour.LOSE_REPLY, Misbehaviour.RATE_LIMIT])
def test_the_provider_misbehaves_at_void_and_lets_the_money_go(
    oms: World, misdeed: Misbehaviour, times: int
) -> None:
    order_id = placed(oms)
    oms.stripe.misbehave(*[misdeed] * times)
    assert oms.act(order_id, "cancel")[0] == 200
    oms.run()
    oms.heal(3)
    order = oms.order(order_id)
    assert (order["status"], order["payment_status"]) == ("CANCELLED", "VOIDED")
    check(oms)


def test_an_ended_order_whose_money_will_not_go_back_becomes_a_task(oms: World) -> None:
    order_id = placed(oms)
    oms.stripe.misbehave(*[Misbehaviour.RATE_LIMIT] * 35)
    assert oms.act(order_id, "cancel")[0] == 200
    oms.run()
    oms.heal(8)
    (task,) = tasks_of(oms, order_id)
    assert task["reason"] == "the money cannot be given back"
    assert task["status"] == "CANCELLED"
    path = {"task_id": task["task_id"], "action": "retry"}
    assert oms.call("POST /tasks/{task_id}/{action}", path, {})[0] == 200
    oms.run()
    oms.heal(4)
    assert tasks_of(oms, order_id) == []
    assert oms.order(order_id)["payment_status"] == "VOIDED"
    check(oms)


# --- the database -----------------------------------------------------------------------


@pytest.mark.parametrize("fate", ["lost", "resent", "down"])
def test_any_one_write_of_an_order_s_life_meets_a_bad_network(oms: World, fate: str) -> None:
    """Each of its writes: the three fates share them, a third each."""
    for nth in range({"lost": 1, "resent": 2, "down": 3}[fate], 30, 3):
        order_id = _posted_after_all(oms)
        oms.network.cut = _nth(oms, nth, fate)
        oms.run()
        oms.heal(2)
        shipment = live_shipment(oms.order(order_id))
        for action in ("pick", "pack", "ship"):
            _until_accepted(oms, shipment, action)
        oms.network.cut = lambda operation, request: ""
        (box,) = parcels(oms, order_id)
        oms.scan(box["tracking_number"], "DELIVERED")
        oms.run()
        order = oms.order(order_id)
        assert (order["status"], order["payment_status"]) == ("DELIVERED", "PAID"), nth
        check(oms)


def _posted_after_all(oms: World) -> str:
    oms.network.cut = lambda operation, request: ""
    return posted(oms)


def _nth(oms: World, nth: int, fate: str) -> Callable[[str, object], str]:
    first = oms.network.writes
    return lambda operation, request: fate if oms.network.writes == first + nth else ""


def _until_accepted(oms: World, shipment: str, action: str) -> None:
    """As a scanner does it: 503 means again, 409 that it had been heard."""
    status, reply = oms.ship(shipment, action)
    if status == 503:
        status, reply = oms.ship(shipment, action)
        assert status in (200, 409), reply
    else:
        assert status == 200, reply
    oms.run()
    oms.heal(2)


# --- the bus, the queues, the executions ---------------------------------------------------


@pytest.mark.parametrize("refused", [1, 3, 9])
def test_the_bus_takes_only_a_part_and_gets_the_rest_again(oms: World, refused: int) -> None:
    order_id = posted(oms)
    oms.bus.refuse = refused
    oms.run()
    assert oms.order(order_id)["status"] == "CONFIRMED"
    check(oms)


def test_an_execution_that_never_runs_is_replaced_by_the_sweeper(oms: World) -> None:
    order_id = posted(oms)
    oms.vanish = lambda name: name == f"{order_id}-1"
    oms.run()
    assert oms.order(order_id)["status"] == "CAPTURED"
    oms.heal(2)
    shipment = live_shipment(oms.order(order_id))
    oms.vanish = lambda name: name.startswith(f"{shipment}-1-")
    packed(oms, shipment)
    assert parcels(oms, order_id)[0]["state"] == "PACKED"
    oms.vanish = lambda name: False
    oms.heal(2)
    assert parcels(oms, order_id)[0]["state"] == "LABELLED"
    check(oms)


def test_everything_delivered_again_much_later_changes_nothing(oms: World) -> None:
    order_id, _ = shipped(oms)
    oms.run()
    before, index = _orders(oms), oms.rows(oms.tables.order_index)
    for batch in reversed(oms.batches[-30:]):
        oms.feed(list(reversed(batch)))
    repeated = list(oms.bus.entries)
    oms.run()
    for function, entry in oms.messages[-40:]:
        oms.consume(function, entry)
    oms.run()
    assert repeated, "a repeated batch is published again"
    assert _orders(oms) == before
    assert sorted(map(str, oms.rows(oms.tables.order_index))) == sorted(map(str, index))
    assert oms.order(order_id)["status"] == "SHIPPED"
    check(oms)


def test_a_run_of_a_phase_that_comes_late_finds_every_step_done(oms: World) -> None:
    order_id, _ = shipped(oms)
    before = _orders(oms)
    for machine, name, given in [
        (each.machine, name, each.input)
        for name, each in oms.executions.items()
        if name.startswith(order_id)
    ]:
        oms.started.append((machine, f"{name}-again", given))
    oms.run()
    assert _orders(oms) == before
    assert oms.mail.told(parcels(oms, order_id)[0]["tracking_number"]) == 1
    check(oms)


def _orders(oms: World) -> dict[str, object]:
    return {row["pk"] + row["sk"]: row.get("doc") for row in oms.rows(oms.tables.orders)}
