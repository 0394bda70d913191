"""Carts hold stock: made, extended, ended in each of their ways, and turned into orders."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from oms import wiring
from oms.inventory.model import Level, Product
from oms.inventory.reservation import Asked, HoldEnded, HoldState, Reservation, SoldOut
from oms.inventory.reserve import LONGEST_LIFE, NewHold
from oms.inventory.selling import (
    Buffer,
    ChannelPolicy,
    Component,
    HoldsNotOffered,
    Mode,
    SellingPolicy,
)
from oms.inventory.shelves import GENERAL, OVERSOLD
from oms.kernel.errors import Invalid, NotFound
from oms.kernel.ids import NodeId, OrderId, Sku
from tests.workflow.invariants import check, violations
from tests.workflow.world import World, api_order, world

EAST, WEST = NodeId("WH-EAST"), NodeId("WH-WEST")
LAMP, SHADE, BULB, SET = Sku("LAMP-LAST"), Sku("SHADE"), Sku("BULB"), Sku("LAMP-SET")
MINUTE = timedelta(minutes=1)


@pytest.fixture
def oms() -> Iterator[World]:
    with world() as made:
        made.stock_up(LAMP, 5)
        yield made
        check(made, healed=False)


def hold(
    oms: World, *asked: tuple[str, int], owner: str = "ops", key: str = "", **terms: Any
) -> Reservation:
    lines = tuple(Asked(Sku(sku), quantity) for sku, quantity in asked or [(LAMP, 1)])
    terms = {"channel": "api", **terms}
    made, _ = wiring.reserve_stock()(NewHold(lines, **terms), owner, key)
    return made


def state(made: Reservation) -> HoldState:
    return wiring.holds().get(made.reservation_id).state


def extend(made: Reservation, seconds: int | None = None, owner: str = "ops") -> Reservation:
    policy = wiring.stock().policy()
    return wiring.extend_reservation()(made.reservation_id, owner, seconds, policy)


def release(made: Reservation, owner: str = "ops") -> Reservation:
    return wiring.release_reservation()(made.reservation_id, owner)


def level(sku: Sku = LAMP, node: NodeId = EAST) -> Level:
    (only,) = wiring.stock().levels_at([(sku, node, GENERAL)])
    return only


def selling(**fields: Any) -> None:
    wiring.stock().save_policy(SellingPolicy(**fields))


def kit(oms: World, bulbs: int = 9) -> None:
    """A set of one shade and two bulbs."""
    oms.stock_up(SHADE, 4)
    oms.stock_up(BULB, bulbs)
    wiring.stock().save_products([Product(SET, "Lamp set")])
    wiring.stock().save_selling(SET, components=(Component(SHADE, 1), Component(BULB, 2)))


# --- making one --------------------------------------------------------------------------------


def test_a_hold_takes_its_units_until_the_end_of_its_channel_s_time(oms: World) -> None:
    made = hold(oms, (LAMP, 3))
    assert (made.state, made.expires_at) == (HoldState.HELD, oms.clock.now() + 15 * MINUTE)
    assert wiring.holds().get(made.reservation_id) == made
    assert level() == Level(LAMP, EAST, on_hand=5, reserved=3, available=2)


def test_lines_of_one_sku_are_held_as_one(oms: World) -> None:
    assert hold(oms, (LAMP, 2), (LAMP, 3)).asked == (Asked(LAMP, 5),)
    assert level().available == 0


def test_who_asks_for_more_than_there_is_hears_what_is_left_and_nothing_is_held(
    oms: World,
) -> None:
    oms.stock_up(SHADE, 1)
    with pytest.raises(SoldOut) as sold_out:
        hold(oms, (LAMP, 6), (SHADE, 1))
    assert sold_out.value.short == ((Asked(LAMP, 6), 5),)
    assert (level().reserved, level(SHADE).reserved) == (0, 0)


def test_a_sku_that_is_nowhere_has_nothing_left(oms: World) -> None:
    with pytest.raises(SoldOut) as sold_out:
        hold(oms, ("NONE", 1))
    assert [left for _, left in sold_out.value.short] == [0]


def test_a_hold_may_stand_on_several_nodes(oms: World) -> None:
    oms.stock_up(LAMP, 4, WEST)
    made = hold(oms, (LAMP, 7))
    assert sum(claim.quantity for claim in made.claims) == 7
    assert (level().available, level(node=WEST).available) in ((0, 2), (2, 0))


def test_a_buffer_of_the_channel_is_left_alone(oms: World) -> None:
    selling(buffers=(Buffer(2, LAMP, "api"),))
    with pytest.raises(SoldOut) as sold_out:
        hold(oms, (LAMP, 4))
    assert sold_out.value.short == ((Asked(LAMP, 4), 3),)
    hold(oms, (LAMP, 3))
    assert level().available == 2


def test_a_channel_that_takes_stock_with_the_order_offers_no_holds(oms: World) -> None:
    selling(channels=(ChannelPolicy("api", Mode.ON_ORDER),))
    with pytest.raises(HoldsNotOffered):
        hold(oms)


def test_a_channel_that_only_tracks_holds_beyond_stock(oms: World) -> None:
    selling(channels=(ChannelPolicy("api", Mode.TRACK_ONLY),))
    made = hold(oms, (LAMP, 7))
    assert [(claim.shelf, claim.quantity) for claim in made.claims] == [(GENERAL, 5), (OVERSOLD, 2)]
    release(made)
    assert level() == Level(LAMP, EAST, on_hand=5, available=5)


def test_a_cart_of_a_channel_for_which_nobody_counts_can_become_an_order(oms: World) -> None:
    selling(channels=(ChannelPolicy("api", Mode.NONE),))
    made = hold(oms, (LAMP, 99))
    assert level() == Level(LAMP, EAST, on_hand=5, available=5)
    status, page = order_on(oms, made, 99)
    assert status == 201, page
    oms.run()
    assert oms.order(page["order_id"])["status"] == "CONFIRMED"
    assert level().reserved == 0


# --- kits --------------------------------------------------------------------------------------


def test_a_kit_in_a_cart_is_held_as_its_parts(oms: World) -> None:
    kit(oms)
    made = hold(oms, (SET, 3), (LAMP, 1))
    assert made.asked == (Asked(SET, 3), Asked(LAMP, 1))
    assert (level(SHADE).reserved, level(BULB).reserved, level().reserved) == (3, 6, 1)


def test_of_a_kit_as_many_are_left_as_its_scarcest_part_makes(oms: World) -> None:
    kit(oms, bulbs=5)
    with pytest.raises(SoldOut) as sold_out:
        hold(oms, (SET, 3))
    assert sold_out.value.short == ((Asked(SET, 3), 2),)


# --- the caller's key ---------------------------------------------------------------------------


def test_the_same_request_under_one_key_is_one_hold(oms: World) -> None:
    new = NewHold((Asked(LAMP, 2),), "api")
    first, was_known = wiring.reserve_stock()(new, "ops", "k-1")
    again, is_known = wiring.reserve_stock()(new, "ops", "k-1")
    assert (again, was_known, is_known) == (first, False, True)
    assert level().reserved == 2


def test_a_repeat_after_its_end_tells_how_it_ended_and_holds_nothing_new(oms: World) -> None:
    made = hold(oms, (LAMP, 2), key="k-1")
    release(made)
    assert hold(oms, (LAMP, 2), key="k-1").state is HoldState.RELEASED
    assert level().reserved == 0


@pytest.mark.parametrize(
    "other",
    [
        NewHold((Asked(LAMP, 2),), "api"),
        NewHold((Asked(SHADE, 1),), "api"),
        NewHold((Asked(LAMP, 1),), "pos"),
        NewHold((Asked(LAMP, 1),), "api", seconds=60),
        NewHold((Asked(LAMP, 1),), "api", country="US", postal_code="10001"),
    ],
)
def test_a_key_cannot_stand_for_another_request(oms: World, other: NewHold) -> None:
    hold(oms, key="k-1")
    with pytest.raises(Invalid) as invalid:
        wiring.reserve_stock()(other, "ops", "k-1")
    assert invalid.value.code == "idempotency-key-reused"
    assert level().reserved == 1


def test_the_same_key_of_two_callers_is_two_holds(oms: World) -> None:
    mine, yours = hold(oms, key="k-1"), hold(oms, key="k-1", owner="shop")
    assert mine.reservation_id != yours.reservation_id
    assert level().reserved == 2


def test_a_twin_that_wins_between_look_and_write_is_the_answer_to_both(oms: World) -> None:
    new, reserve = NewHold((Asked(LAMP, 2),), "api"), wiring.reserve_stock()
    first, _ = reserve(new, "ops", "k-1")
    blind = type(reserve)(
        reserve.stock,
        Blind(reserve.holds),
        reserve.database,
        reserve.plan,
        reserve.reclaim,
        reserve.clock,
    )
    assert blind(new, "ops", "k-1") == (first, True)
    assert level().reserved == 2


class Blind:
    """Holds of which a first look sees none, as if they were written a moment later."""

    def __init__(self, holds: Any) -> None:
        self._holds = holds

    def get(self, reservation_id: str) -> Reservation:
        raise NotFound(reservation_id)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._holds, name)


# --- whose it is --------------------------------------------------------------------------------


def test_nobody_else_learns_that_a_hold_exists(oms: World) -> None:
    made = hold(oms)
    with pytest.raises(NotFound):
        extend(made, owner="rival")
    with pytest.raises(NotFound):
        release(made, owner="rival")
    status, problem = order_on(oms, made, 1, caller="rival")
    assert (status, problem["type"]) == (422, "/problems/unknown-reservation")
    assert state(made) is HoldState.HELD


# --- its end ------------------------------------------------------------------------------------


def test_an_extension_moves_the_end_and_never_to_earlier(oms: World) -> None:
    made = hold(oms)
    oms.clock.advance(10 * MINUTE)
    assert extend(made, 60).expires_at == made.expires_at
    assert extend(made).expires_at == oms.clock.now() + 15 * MINUTE
    assert wiring.holds().get(made.reservation_id).expires_at == oms.clock.now() + 15 * MINUTE


def test_a_hold_is_not_extended_beyond_its_longest_life(oms: World) -> None:
    made = latest = hold(oms, seconds=3_600)
    for _ in range(int(LONGEST_LIFE / (50 * MINUTE))):
        oms.clock.advance(50 * MINUTE)
        latest = extend(made, 3_600)
    assert latest.expires_at == made.created_at + LONGEST_LIFE
    oms.clock.advance(50 * MINUTE)
    with pytest.raises(HoldEnded):
        extend(made, 3_600)


def test_releasing_gives_the_units_back_once_however_often_it_is_asked(oms: World) -> None:
    made = hold(oms, (LAMP, 3))
    assert [release(made).state for _ in range(3)] == [HoldState.RELEASED] * 3
    assert level() == Level(LAMP, EAST, on_hand=5, available=5)


def test_at_its_end_a_hold_can_be_neither_extended_nor_used(oms: World) -> None:
    made = hold(oms)
    oms.clock.advance(15 * MINUTE)
    with pytest.raises(HoldEnded):
        extend(made)
    write = wiring.holds().committed(made, OrderId("ORDER-1"), oms.clock.now())
    with pytest.raises(HoldEnded):
        wiring.dynamo().commit([write])
    assert state(made) is HoldState.HELD


def test_one_millisecond_before_its_end_it_still_holds(oms: World) -> None:
    made = hold(oms)
    oms.clock.advance(15 * MINUTE - timedelta(milliseconds=1))
    assert not wiring.expire_hold()(made.reservation_id)
    assert extend(made).expires_at > made.expires_at


def test_the_sweep_ends_what_is_over_and_nothing_else(oms: World) -> None:
    over, held = hold(oms, seconds=60), hold(oms, seconds=120)
    mixed = hold(oms, (LAMP, 1), seconds=60)
    oms.clock.advance(MINUTE)
    assert wiring.sweep_stock()()["expired"] == 2
    assert [state(each) for each in (over, mixed, held)] == [
        HoldState.EXPIRED,
        HoldState.EXPIRED,
        HoldState.HELD,
    ]
    assert wiring.sweep_stock()() == {"expired": 0, "finished": 0}
    assert level().reserved == 1


def test_a_hold_that_was_extended_after_the_sweep_looked_stays(oms: World) -> None:
    """The index may be behind: only the write decides."""
    made = hold(oms, seconds=60)
    found = list(wiring.holds().overdue(made.expires_at))
    extend(made, 600)
    oms.clock.advance(MINUTE)
    assert [wiring.expire_hold()(each) for each in found] == [False]
    assert state(made) is HoldState.HELD


@pytest.mark.parametrize("others", [0, 2])
def test_who_lacks_units_takes_back_what_expired_holds_still_keep(oms: World, others: int) -> None:
    """No sweep has run; holds of one SKU and of several are found alike."""
    asked = [(LAMP, 5)]
    for number in range(others):
        oms.stock_up(f"OTHER-{number}", 1)
        asked.append((f"OTHER-{number}", 1))
    late = hold(oms, *asked)
    with pytest.raises(SoldOut):
        hold(oms, (LAMP, 5))
    oms.clock.advance(15 * MINUTE)
    assert hold(oms, (LAMP, 5)).state is HoldState.HELD
    assert state(late) is HoldState.EXPIRED
    assert level() == Level(LAMP, EAST, on_hand=5, reserved=5)


def test_parts_of_a_kit_are_taken_back_for_a_kit(oms: World) -> None:
    kit(oms, bulbs=2)
    late = hold(oms, (BULB, 2))
    oms.clock.advance(15 * MINUTE)
    assert hold(oms, (SET, 1)).state is HoldState.HELD
    assert state(late) is HoldState.EXPIRED


def test_an_order_takes_back_what_expired_holds_still_keep(oms: World) -> None:
    late = hold(oms, (LAMP, 5))
    oms.clock.advance(15 * MINUTE)
    order = placed(oms, order_on(oms, None, 5))
    assert (order["status"], state(late)) == ("CONFIRMED", HoldState.EXPIRED)


# --- from a cart to an order --------------------------------------------------------------------


def order_on(
    oms: World, made: Reservation | None, *quantities: int, sku: str = LAMP, caller: str = "ops"
) -> tuple[int, Any]:
    """POST /orders on a hold: a line for each of `quantities`."""
    price = {"amount_minor": 1000, "currency": "USD"}
    lines = [{"sku": sku, "quantity": each, "unit_price": price} for each in quantities]
    body = api_order(external_id=f"PO-{oms.next_number()}", lines=lines)
    if made:
        body["reservation_id"] = made.reservation_id
    who = {"name": caller, "scopes": "ops node orders:write"}
    return oms.call("POST /orders", body=body, caller=who)


def placed(oms: World, answer: tuple[int, Any]) -> Any:
    status, page = answer
    assert status == 201, page
    oms.run()
    return oms.order(page["order_id"])


def events(order: Any) -> list[str]:
    return [each["event"] for each in order["timeline"]]


def test_an_order_has_its_own_hold_though_nothing_is_available(oms: World) -> None:
    made = hold(oms, (LAMP, 5))
    assert level().available == 0
    order = placed(oms, order_on(oms, made, 5))
    assert (order["status"], state(made)) == ("CONFIRMED", HoldState.COMMITTED)
    assert "HoldCommitted" in events(order)
    assert level() == Level(LAMP, EAST, on_hand=5, reserved=5)
    with pytest.raises(SoldOut):
        hold(oms)
    check(oms)


def test_passing_units_from_the_cart_to_the_order_moves_no_level(oms: World) -> None:
    made = hold(oms, (LAMP, 2))
    before = wiring.stock().movements(LAMP, 100).items
    placed(oms, order_on(oms, made, 2))
    assert wiring.stock().movements(LAMP, 100).items == before


def test_what_the_order_does_not_name_goes_back(oms: World) -> None:
    made = hold(oms, (LAMP, 5))
    placed(oms, order_on(oms, made, 1, 1))
    assert level() == Level(LAMP, EAST, on_hand=5, reserved=2, available=3)


def test_an_order_larger_than_its_hold_is_refused_and_the_hold_stays(oms: World) -> None:
    made = hold(oms, (LAMP, 2))
    status, problem = order_on(oms, made, 3)
    assert (status, problem["type"]) == (422, "/problems/reservation-too-small")
    assert state(made) is HoldState.HELD


def test_a_kit_s_parts_pass_to_the_order(oms: World) -> None:
    kit(oms)
    made = hold(oms, (SET, 2))
    order = placed(oms, order_on(oms, made, 2, sku=SET))
    assert (order["status"], state(made)) == ("CONFIRMED", HoldState.COMMITTED)
    assert (level(SHADE).reserved, level(BULB).reserved) == (2, 4)


def test_a_hold_makes_one_order(oms: World) -> None:
    made = hold(oms, (LAMP, 2))
    placed(oms, order_on(oms, made, 2))
    status, problem = order_on(oms, made, 2)
    assert (status, problem["type"]) == (422, "/problems/reservation-used")
    assert level().reserved == 2
    with pytest.raises(HoldEnded):
        release(made)


def test_an_order_sent_twice_on_its_hold_is_one_order(oms: World) -> None:
    made = hold(oms, (LAMP, 2))
    price = {"amount_minor": 1000, "currency": "USD"}
    body = api_order(
        external_id="PO-TWICE",
        lines=[{"sku": LAMP, "quantity": 2, "unit_price": price}],
        reservation_id=made.reservation_id,
    )
    (first, page), (again, same) = (oms.call("POST /orders", body=body) for _ in range(2))
    assert (first, again, page["order_id"]) == (201, 200, same["order_id"])
    assert level().reserved == 2


def test_an_order_after_the_end_of_its_hold_looks_for_stock_like_any_other(oms: World) -> None:
    made = hold(oms, (LAMP, 2))
    oms.clock.advance(15 * MINUTE)
    order = placed(oms, order_on(oms, made, 2))
    assert order["status"] == "CONFIRMED"
    assert "HoldLapsed" in events(order) and "HoldCommitted" not in events(order)
    wiring.sweep_stock()()
    assert (level().reserved, state(made)) == (2, HoldState.EXPIRED)


def test_an_order_whose_hold_lapsed_and_was_sold_meanwhile_waits_in_line(oms: World) -> None:
    made = hold(oms, (LAMP, 5))
    oms.clock.advance(15 * MINUTE)
    rival = hold(oms, (LAMP, 5))
    order = placed(oms, order_on(oms, made, 5))
    assert (order["status"], state(rival)) == ("BACKORDERED", HoldState.HELD)


def test_an_order_whose_hold_ends_between_look_and_write_is_taken_all_the_same(
    oms: World,
) -> None:
    made = hold(oms, (LAMP, 2))
    holds = wiring.holds()
    committed = type(holds).committed

    def slow(self: Any, *given: Any) -> Any:
        oms.clock.advance(15 * MINUTE)
        wiring.expire_hold()(made.reservation_id)
        return committed(self, *given)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(holds), "committed", slow)
        order = placed(oms, order_on(oms, made, 2))
    assert (order["status"], state(made)) == ("CONFIRMED", HoldState.EXPIRED)
    assert "HoldLapsed" in events(order)
    assert violations(oms) == []


def test_cancelling_the_order_gives_back_what_its_hold_brought(oms: World) -> None:
    order = placed(oms, order_on(oms, hold(oms, (LAMP, 5)), 5))
    assert oms.act(order["order_id"], "cancel")[0] == 200
    oms.run()
    assert level() == Level(LAMP, EAST, on_hand=5, available=5)
