"""Backorders: who waits, in which order they are served, and what wakes them (B18, B15, L23)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from oms import wiring
from oms.inventory.selling import ChannelPolicy, Mode, SellingPolicy, WhenShort
from oms.kernel.ids import Sku
from tests.workflow.invariants import check
from tests.workflow.plays import events, live_shipment, packed
from tests.workflow.stock_plays import (
    in_line,
    known,
    line_faults,
    line_of,
    ordered,
    units_held,
    waits,
)
from tests.workflow.world import World

LAMP = "LAMP-BRASS"


@pytest.fixture(autouse=True)
def catalogue(oms: World) -> None:
    oms.stock_up(LAMP, 1)
    gone = {"reason": "LOST", "node": "WH-EAST", "lines": [{"sku": LAMP, "quantity": -1}]}
    assert oms.call("POST /stock/adjustments", body=gone)[0] == 201
    oms.run()


def status(oms: World, order_id: str) -> str:
    return str(oms.order(order_id)["status"])


# --- the line is served ------------------------------------------------------------------


def test_seven_lamps_arrive_for_two_that_wait_for_five_each(oms: World) -> None:
    first, second = waits(oms, line_of(LAMP, 5)), waits(oms, line_of(LAMP, 5))
    oms.stock_up(LAMP, 7)
    oms.run()
    assert (units_held(first), units_held(second)) == (5, 2)
    assert (status(oms, first), status(oms, second)) == ("CONFIRMED", "BACKORDERED")
    assert [(each.order_id, each.units) for each in in_line(LAMP)] == [(second, 3)]
    oms.stock_up(LAMP, 3)
    oms.run()
    assert (units_held(second), status(oms, second), in_line(LAMP)) == (5, "CONFIRMED", [])
    assert not line_faults(oms)
    check(oms)


def test_who_wants_one_parcel_takes_none_of_the_two_that_are_left(oms: World) -> None:
    first = waits(oms, line_of(LAMP, 5))
    second = waits(oms, line_of(LAMP, 5), ship_complete=True)
    oms.stock_up(LAMP, 7)
    oms.run()
    assert (units_held(first), units_held(second)) == (5, 0)
    assert oms.stock(LAMP)["available"] == 2
    oms.stock_up(LAMP, 3)
    oms.run()
    assert (units_held(second), status(oms, second)) == (5, "CONFIRMED")
    check(oms)


def test_those_behind_pass_who_ships_complete_while_there_is_not_enough_for_it(oms: World) -> None:
    large = waits(oms, line_of(LAMP, 9), ship_complete=True)
    small = waits(oms, line_of(LAMP, 2))
    oms.stock_up(LAMP, 3)
    oms.run()
    assert (units_held(large), units_held(small)) == (0, 2)
    check(oms)


def test_the_greater_priority_is_served_before_the_longer_wait(oms: World) -> None:
    early = waits(oms, line_of(LAMP, 2))
    urgent = waits(oms, line_of(LAMP, 2), priority=9)
    oms.stock_up(LAMP, 2)
    oms.run()
    assert (units_held(early), units_held(urgent)) == (0, 2)
    check(oms)


def test_a_newcomer_does_not_get_what_the_line_still_needs(oms: World) -> None:
    """The receipt is booked, and its news not yet carried, when somebody new orders."""
    first = waits(oms, line_of(LAMP, 4))
    oms.stock_stream.deaf = True
    oms.stock_up(LAMP, 5)
    newcomer = waits(oms, line_of(LAMP, 4))
    assert (units_held(first), units_held(newcomer)) == (0, 1)
    oms.stock_stream.deaf = False
    oms.pass_time(timedelta(minutes=1))
    assert (units_held(first), status(oms, first)) == (4, "CONFIRMED")
    check(oms)


def test_an_order_is_asked_once_for_all_that_came_with_one_delivery(oms: World) -> None:
    order_id = waits(oms, line_of(LAMP, 2), line_of("MUG-BLUE", 120, price=10))
    before = known(order_id).intake
    lines = [{"sku": LAMP, "quantity": 2}, {"sku": "MUG-BLUE", "quantity": 20}]
    body = {"reference": "PO-BOTH", "node": "WH-EAST", "lines": lines}
    assert oms.call("POST /stock/receipts", body=body)[0] == 201
    oms.run()
    assert (known(order_id).intake, status(oms, order_id)) == (before + 1, "CONFIRMED")


def test_a_cancelled_neighbour_s_units_go_to_the_line(oms: World) -> None:
    oms.stock_up(LAMP, 3)
    holder, waiter = waits(oms, line_of(LAMP, 3)), waits(oms, line_of(LAMP, 2))
    assert status(oms, waiter) == "BACKORDERED"
    assert oms.act(holder, "cancel")[0] == 200
    oms.run()
    assert (units_held(waiter), status(oms, waiter)) == (2, "CONFIRMED")
    check(oms)


def test_who_cancels_leaves_the_line_and_frees_what_was_kept_for_it(oms: World) -> None:
    first, second = waits(oms, line_of(LAMP, 5)), waits(oms, line_of(LAMP, 2))
    oms.stock_up(LAMP, 3)
    oms.run()
    assert (units_held(first), units_held(second)) == (3, 0)
    assert oms.act(first, "cancel")[0] == 200
    assert first not in {each.order_id for each in in_line(LAMP)}
    oms.run()
    assert (units_held(second), status(oms, second)) == (2, "CONFIRMED")
    assert oms.stock(LAMP)["available"] == 1
    assert not line_faults(oms)
    check(oms)


# --- nothing is left stuck ---------------------------------------------------------------


def test_stock_whose_news_got_lost_is_found_by_the_sweep(oms: World) -> None:
    order_id = waits(oms, line_of(LAMP, 2))
    oms.stock_stream.deaf = True
    oms.stock_up(LAMP, 2)
    oms.run()
    assert status(oms, order_id) == "BACKORDERED"
    oms.pass_time(timedelta(seconds=60))
    assert status(oms, order_id) == "CONFIRMED"


def test_who_enters_the_line_while_stock_comes_in_is_served_at_once(oms: World) -> None:
    """The receipt was booked, and its news found nobody, between its look and its place in line."""
    order_id = ordered(oms, line_of(LAMP, 2))
    save = wiring.orders().save
    late = iter([True])

    def slow(before: object, after: object, **also: object) -> object:
        if getattr(after, "waiting", ()) and next(late, False):
            oms.stock_up(LAMP, 2)
            oms.stock_stream.carry()
        return save(before, after, **also)  # type: ignore[arg-type]

    wiring.orders().save = slow  # type: ignore[method-assign, assignment]
    oms.run()
    assert "OrderBackordered" in events(oms.order(order_id))
    assert status(oms, order_id) == "CONFIRMED"


def test_an_order_on_hold_keeps_its_place_and_goes_on_when_it_is_released(oms: World) -> None:
    order_id = waits(oms, line_of(LAMP, 2))
    assert oms.act(order_id, "hold", "call me first")[0] == 200
    oms.stock_up(LAMP, 2)
    newcomer = waits(oms, line_of(LAMP, 1))
    assert (units_held(order_id), units_held(newcomer)) == (0, 0)
    assert oms.act(order_id, "release-hold")[0] == 200
    oms.run()
    assert status(oms, order_id) == "CONFIRMED"
    check(oms)


def test_a_line_that_is_empty_is_swept_no_more(oms: World) -> None:
    order_id = waits(oms, line_of(LAMP, 2))
    assert list(wiring.stock().waited_for()) == [LAMP]
    oms.act(order_id, "cancel")
    oms.pass_time(timedelta(seconds=60))
    assert list(wiring.stock().waited_for()) == []


def test_a_wait_that_changes_is_told_to_the_world(oms: World) -> None:
    waits(oms, line_of(LAMP, 5))
    oms.stock_up(LAMP, 2)
    oms.run()
    assert "BackorderChanged" in [each["DetailType"] for each in oms.bus.published]


# --- promised beyond stock ---------------------------------------------------------------


def test_a_promise_beyond_stock_gets_real_units_when_they_come(oms: World) -> None:
    wiring.stock().save_selling(Sku(LAMP), oversell=3)
    order_id = waits(oms, line_of(LAMP, 2))
    assert status(oms, order_id) == "CONFIRMED"
    assert [leg.shelf for leg in known(order_id).legs] == ["OVERSOLD"]
    oms.stock_up(LAMP, 1)
    oms.run()
    assert [(leg.shelf, leg.quantity) for leg in known(order_id).legs] == [("", 1), ("OVERSOLD", 1)]
    oms.stock_up(LAMP, 2)
    oms.run()
    assert [(leg.shelf, leg.quantity) for leg in known(order_id).legs] == [("", 2)]
    assert (oms.stock(LAMP)["available"], in_line(LAMP)) == (1, [])
    assert not line_faults(oms)
    check(oms)


def test_real_units_at_another_node_take_over_before_a_node_is_told(oms: World) -> None:
    wiring.stock().save_selling(Sku(LAMP), oversell=3)
    order_id = waits(oms, line_of(LAMP, 2))
    oms.stock_up(LAMP, 2, "WH-WEST")
    oms.run()
    (leg,) = known(order_id).legs
    assert (leg.node, leg.shelf, leg.quantity) == ("WH-WEST", "", 2)
    levels = {each.node: each for each in wiring.stock().levels(Sku(LAMP))}
    assert (levels["WH-EAST"].oversold, levels["WH-EAST"].reserved) == (0, 0)
    check(oms)


def test_cancelling_a_promise_beyond_stock_leaves_nothing_behind(oms: World) -> None:
    wiring.stock().save_selling(Sku(LAMP), oversell=3)
    order_id = waits(oms, line_of(LAMP, 2))
    assert oms.act(order_id, "cancel")[0] == 200
    oms.run()
    (level,) = wiring.stock().levels(Sku(LAMP))
    assert (level.oversold, level.reserved, level.available) == (0, 0, 0)
    assert not line_faults(oms)
    check(oms)


# --- not before a day --------------------------------------------------------------------


def test_a_pre_order_locks_no_stock_until_its_day(oms: World) -> None:
    oms.stock_up(LAMP, 5)
    order_id = waits(oms, line_of(LAMP, 2), reserve_after="2027-01-20")
    assert (status(oms, order_id), units_held(order_id)) == ("BACKORDERED", 0)
    assert oms.stock(LAMP)["available"] == 5
    assert known(order_id).due_at == known(order_id).not_before
    oms.pass_time(timedelta(days=59))
    assert units_held(order_id) == 0
    oms.pass_time(timedelta(days=1))
    assert (status(oms, order_id), units_held(order_id)) == ("CONFIRMED", 2)
    check(oms)


def test_a_sku_that_is_not_out_yet_waits_for_its_day_in_line(oms: World) -> None:
    oms.stock_up(LAMP, 5)
    wiring.stock().save_selling(Sku(LAMP), available_from="2026-11-24")
    first, second = waits(oms, line_of(LAMP, 3)), waits(oms, line_of(LAMP, 3))
    assert {status(oms, first), status(oms, second)} == {"BACKORDERED"}
    assert oms.order(first)["due_at"].startswith("2026-11-24T00:00")
    oms.pass_time(timedelta(days=2))
    assert units_held(first) == 0
    oms.pass_time(timedelta(days=1))
    assert (units_held(first), units_held(second)) == (3, 2)
    check(oms)


def test_a_release_that_is_brought_forward_serves_the_line(oms: World) -> None:
    oms.stock_up(LAMP, 5)
    wiring.stock().save_selling(Sku(LAMP), available_from="2027-03-01")
    order_id = waits(oms, line_of(LAMP, 3))
    wiring.stock().save_selling(Sku(LAMP), available_from="2026-11-21")
    oms.run()
    assert status(oms, order_id) == "CONFIRMED"


# --- who does not wait -------------------------------------------------------------------


def test_a_channel_that_does_not_wait_cancels_and_owes_nothing(oms: World) -> None:
    policy = SellingPolicy(channels=(ChannelPolicy("api", when_short=WhenShort.CANCEL),))
    wiring.stock().save_policy(policy)
    oms.stock_up(LAMP, 1)
    oms.run()
    order_id = waits(oms, line_of(LAMP, 2))
    assert (status(oms, order_id), oms.stock(LAMP)["available"]) == ("CANCELLED", 1)
    check(oms)


def test_a_node_that_refuses_leads_to_a_cancellation_with_the_money_back(oms: World) -> None:
    """Authorised and confirmed, then its only node turns it down, and the channel does not wait."""
    policy = SellingPolicy(channels=(ChannelPolicy("api", when_short=WhenShort.CANCEL),))
    wiring.stock().save_policy(policy)
    oms.stock_up(LAMP, 2)
    order_id = waits(oms, line_of(LAMP, 2))
    oms.pass_time(timedelta(seconds=10))
    shipment = live_shipment(oms.order(order_id))
    assert oms.ship(shipment, "reject", {"reason": "broken"})[0] == 200
    oms.run()
    order = oms.order(order_id)
    assert order["status"] == "CANCELLED", events(order)
    assert order["payment_status"] in ("VOIDED", "REFUNDED", "CANCELLED", "UNPAID"), order
    assert oms.stock(LAMP)["available"] == 2
    check(oms)


def test_an_order_that_holds_the_last_units_ships_them(oms: World) -> None:
    """Nothing is available, because this very order has it all (L24)."""
    oms.stock_up(LAMP, 2)
    order_id = waits(oms, line_of(LAMP, 2))
    assert oms.stock(LAMP)["available"] == 0
    oms.pass_time(timedelta(seconds=10))
    shipment = live_shipment(oms.order(order_id))
    packed(oms, shipment)
    assert oms.ship(shipment, "ship")[0] == 200
    assert (oms.stock(LAMP)["on_hand"], status(oms, order_id)) == (0, "SHIPPED")
    check(oms)


def test_a_channel_that_only_counts_is_never_refused(oms: World) -> None:
    policy = SellingPolicy(channels=(ChannelPolicy("api", mode=Mode.TRACK_ONLY),))
    wiring.stock().save_policy(policy)
    order_id = waits(oms, line_of(LAMP, 7))
    assert status(oms, order_id) == "CONFIRMED"
    check(oms)
