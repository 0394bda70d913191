"""The sweeper: whatever stands still is taken on, once, and a person hears when that fails."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest

from oms.orders.store import order_key
from oms.platform.unit import Action, Write
from tests.workflow.invariants import check
from tests.workflow.plays import (
    closed,
    events,
    kill,
    packed,
    placed,
    posted,
    released,
    resolve_only,
    shipped,
    tasks_of,
)
from tests.workflow.world import CONTEXT, World, handler, world


@pytest.fixture
def oms() -> Iterator[World]:
    with world() as made:
        made.stock_up("MUG-BLUE", 100)
        yield made


def test_two_sweepers_at_once_take_each_order_once(oms: World) -> None:
    orders = [placed(oms) for _ in range(4)]
    oms.clock.advance(timedelta(seconds=10))
    sweep = handler("sweep_orders")
    threads = [threading.Thread(target=lambda: sweep({}, CONTEXT)) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    oms.run()
    for order_id in orders:
        assert events(oms.order(order_id)).count("OrderReleased") == 1
        assert len(oms.order(order_id)["shipments"]) == 1
    check(oms)


def test_intake_that_keeps_failing_is_given_up_with_a_task_and_can_be_retried(oms: World) -> None:
    kill(oms, "validate_order", "before", 10_000)
    order_id = posted(oms)
    oms.run()
    oms.heal(7)
    order = oms.order(order_id)
    assert order["status"] == "NEEDS_ATTENTION"
    (task,) = tasks_of(oms, order_id)
    assert task["reason"] == "intake keeps failing"
    runs = sum(name.startswith(order_id) for name in oms.executions)
    assert runs == 6, "the first and five more"
    oms.heal(2)
    assert sum(name.startswith(order_id) for name in oms.executions) == runs
    oms.fault = lambda step, when: None
    resolve_only(oms, order_id, "retry")
    assert oms.order(order_id)["status"] == "CONFIRMED"
    check(oms)


def test_a_parcel_that_keeps_failing_is_given_up_with_a_task(oms: World) -> None:
    order_id, shipment = released(oms)
    kill(oms, "buy_label", "before", 10_000)
    packed(oms, shipment)
    oms.heal(7)
    (task,) = tasks_of(oms, order_id)
    assert task["reason"] == "a parcel's workflow keeps failing"
    oms.fault = lambda step, when: None
    resolve_only(oms, order_id, "retry")
    assert closed(oms, order_id, shipment)["status"] == "CLOSED"
    check(oms)


def test_a_late_node_and_a_late_parcel_tell_somebody_and_stop_nothing(oms: World) -> None:
    order_id, shipment = released(oms)
    oms.pass_time(timedelta(hours=25))
    order = oms.order(order_id)
    assert (order["status"], [hold["kind"] for hold in order["holds"]]) == ("RELEASED", ["LATE"])
    (task,) = tasks_of(oms, order_id)
    assert task["kind"] == "LATE"
    packed(oms, shipment)
    assert oms.ship(shipment, "ship")[0] == 200
    oms.run()
    assert oms.order(order_id)["holds"] == [], "it has left: no longer late"
    oms.pass_time(timedelta(days=11))
    order = oms.order(order_id)
    assert (order["status"], [hold["kind"] for hold in order["holds"]]) == ("SHIPPED", ["LATE"])
    resolve_only(oms, order_id, "acknowledge")
    assert tasks_of(oms, order_id) == []
    check(oms)


def test_an_order_that_cannot_be_read_keeps_no_other_from_its_time(oms: World) -> None:
    from oms import wiring

    poison, healthy = placed(oms), [placed(oms) for _ in range(6)]
    row = next(r for r in oms.rows(oms.tables.orders) if r["pk"] == f"O#{poison}")
    broken = {**{k: v for k, v in row.items() if k not in ("pk", "sk")}, "doc": "{"}
    wiring.dynamo().commit([Write(Action.PUT, oms.tables.orders, order_key(poison), broken)])
    oms.clock.advance(timedelta(seconds=10))
    oms.sweep()
    (alarm,) = oms.alarms
    assert isinstance(alarm, ExceptionGroup)
    assert alarm.exceptions[0].__notes__ == [f"order {poison}"]
    stages = {wiring.orders().load(each).stage for each in healthy}  # type: ignore[arg-type]
    assert stages == {"RELEASED"}


def test_the_same_time_comes_again_and_nothing_more_happens(oms: World) -> None:
    order_id, _ = shipped(oms)
    before = oms.order(order_id)
    for _ in range(3):
        oms.sweep()
        oms.run()
    assert oms.order(order_id) == before
