"""Kill the worker at every step boundary: the order still arrives, each effect once.

Before the effect, after it (the reply is lost with the process), once, and until the workflow
has no retries left. The sweeper does the rest.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.workflow.invariants import check
from tests.workflow.plays import (
    INTAKE,
    SHIPMENT,
    closed,
    kill,
    kill_each,
    live_shipment,
    packed,
    placed,
    released,
    resolve,
)
from tests.workflow.world import World, world


@pytest.fixture(scope="module")
def oms() -> Iterator[World]:
    """One world for all kills of this module: orders do not know of each other."""
    with world() as made:
        made.stock_up("MUG-BLUE", 1000)
        yield made


@pytest.mark.parametrize("times", [1, 5])
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("step", INTAKE)
def test_an_intake_step_dies_and_the_order_is_confirmed_all_the_same(
    oms: World, step: str, when: str, times: int
) -> None:
    kill(oms, step, when, times)
    order_id = placed(oms)
    check(oms, healed=times == 1)
    oms.heal(3)
    order = oms.order(order_id)
    assert order["status"] == "RELEASED", order["timeline"]
    assert order["payment_status"] == "AUTHORIZED"
    check(oms)
    shipment = order["shipments"][0]["shipment_id"]
    packed(oms, shipment)
    assert closed(oms, order_id, shipment)["status"] == "CLOSED"
    check(oms)


@pytest.mark.parametrize("times", [1, 5])
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("step", SHIPMENT)
def test_a_parcel_step_dies_and_the_parcel_leaves_once_paid_and_told_once(
    oms: World, step: str, when: str, times: int
) -> None:
    order_id, shipment = released(oms)
    kill(oms, step, when, times)
    packed(oms, shipment)
    oms.heal(3)
    order = oms.order(order_id)
    if order["status"] == "NEEDS_ATTENTION":  # only what cannot be undone waits for a person
        assert step in ("notify_customer", "notify_channel")
        assert times > 1
        (hold,) = order["holds"]
        assert hold["reason"] == "a message could not be sent"
        assert resolve(oms, hold["task_id"], "retry")[0] == 200
    check(oms)
    (parcel,) = oms.order(order_id)["shipments"][0]["parcels"]
    assert parcel["state"] == "LABELLED"
    assert oms.mail.told(parcel["tracking_number"]) == 1
    order = closed(oms, order_id, shipment)
    assert (order["status"], order["payment_status"]) == ("CLOSED", "PAID")
    check(oms)


STEPS = [(step, when) for step in (*INTAKE, *SHIPMENT[:2]) for when in ("before", "after")]
PAIRS = [(a, b) for at, a in enumerate(STEPS) for b in STEPS[at + 1 :]]


@pytest.mark.parametrize(("first", "second"), PAIRS[::7])
def test_two_steps_die_and_the_order_is_closed_with_everything_done_once(
    oms: World, first: tuple[str, str], second: tuple[str, str]
) -> None:
    kill_each(oms, {first: 5, second: 6})
    order_id = placed(oms)
    oms.heal(7)
    shipment = live_shipment(oms.order(order_id))
    packed(oms, shipment)
    oms.heal(7)
    order = closed(oms, order_id, shipment)
    assert (order["status"], order["payment_status"]) == ("CLOSED", "PAID")
    check(oms)
