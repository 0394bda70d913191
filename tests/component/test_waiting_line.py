"""Orders in line for stock: who is served first, and that nobody passes by being quicker."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from oms import wiring
from oms.inventory.reservation import Asked, SoldOut
from oms.inventory.reserve import NewHold
from oms.inventory.selling import ChannelPolicy, Mode, SellingPolicy, WhenShort
from oms.inventory.waiting import Need, Waiting
from oms.kernel.ids import OrderId, Sku
from oms.orders.step import Run
from tests.workflow.invariants import check
from tests.workflow.world import START, World, api_order, world

LAMP, SHADE = Sku("LAMP-LAST"), Sku("SHADE")
MINUTE = timedelta(minutes=1)


@pytest.fixture
def oms() -> Iterator[World]:
    with world() as made:
        made.stock_up(LAMP, 1)
        made.stock_up(SHADE, 9)
        yield made
        check(made)


def placed(oms: World, *lines: tuple[str, int], **changes: Any) -> str:
    price = {"amount_minor": 1000, "currency": "USD"}
    asked = [{"sku": sku, "quantity": n, "unit_price": price} for sku, n in lines]
    body = api_order(external_id=f"PO-{oms.next_number()}", lines=asked, **changes)
    body["customer"]["email"] = f"{body['external_id']}@example.com"
    status, page = oms.call("POST /orders", body=body)
    assert status == 201, page
    oms.run()
    oms.clock.advance(MINUTE)
    return str(page["order_id"])


def line(sku: Sku = LAMP) -> list[tuple[str, int]]:
    return [(each.order_id, each.units) for each in wiring.stock().line(sku)]


def waiting(sku: Sku = LAMP) -> int:
    return wiring.stock().selling([sku])[sku].waiting


def allocate(order_id: str, name: str = "again-1") -> Any:
    """One look at the stock, as a run of intake takes it."""
    return wiring.allocate_stock()(OrderId(order_id), Run(name, "intake"))


def status(oms: World, order_id: str) -> str:
    return str(oms.order(order_id)["status"])


def put_in_line(*places: Waiting) -> None:
    wiring.dynamo().commit(wiring.stock().in_line((), places))


# --- the rows ----------------------------------------------------------------------------------


def a_place(order: str, units: int = 1, minutes: int = 0, priority: int = 5) -> Waiting:
    return Waiting(SHADE, OrderId(order), units, START + minutes * MINUTE, priority)


def test_a_line_is_read_in_the_order_of_service_and_counts_its_units(oms: World) -> None:
    places = [a_place("A", 2, 5), a_place("B", 3, 1), a_place("C", 1, 9, priority=9)]
    put_in_line(*places)
    assert line(SHADE) == [("C", 1), ("B", 3), ("A", 2)]
    assert wiring.stock().line(SHADE, limit=1) == places[2:]
    assert waiting(SHADE) == 6
    wiring.dynamo().commit(wiring.stock().in_line(places, ()))
    assert (line(SHADE), waiting(SHADE)) == ([], 0)


def test_a_place_whose_units_change_stays_where_it_is(oms: World) -> None:
    before, after = a_place("A", 5), a_place("A", 2)
    put_in_line(before, a_place("B", 1, 1))
    wiring.dynamo().commit(wiring.stock().in_line([before], [after]))
    assert (line(SHADE), waiting(SHADE)) == ([("A", 2), ("B", 1)], 3)
    wiring.dynamo().commit(wiring.stock().in_line([after, a_place("B", 1, 1)], ()))


def test_equal_places_write_nothing(oms: World) -> None:
    assert wiring.stock().in_line([a_place("A")], [a_place("A")]) == []


# --- entering and leaving ------------------------------------------------------------------------


def test_a_short_order_keeps_what_there_is_and_stands_in_line_for_the_rest(oms: World) -> None:
    order_id = placed(oms, (LAMP, 3))
    assert status(oms, order_id) == "BACKORDERED"
    assert (line(), waiting()) == ([(order_id, 2)], 2)
    assert oms.stock(LAMP)["reserved"] == 1


def test_an_order_that_ships_complete_takes_nothing_yet(oms: World) -> None:
    order_id = placed(oms, (LAMP, 3), (SHADE, 2), ship_complete=True)
    assert status(oms, order_id) == "BACKORDERED"
    assert (line(), line(SHADE)) == ([(order_id, 3)], [(order_id, 2)])
    assert (oms.stock(LAMP)["reserved"], oms.stock(SHADE)["reserved"]) == (0, 0)


def test_a_cancelled_order_leaves_the_line_and_gives_back_what_it_had(oms: World) -> None:
    order_id = placed(oms, (LAMP, 3))
    assert oms.act(order_id, "cancel")[0] == 200
    oms.run()
    assert (line(), waiting(), oms.stock(LAMP)["reserved"]) == ([], 0, 0)


def test_looking_again_while_nothing_came_changes_nothing(oms: World) -> None:
    order_id = placed(oms, (LAMP, 3))
    before = wiring.orders().load(OrderId(order_id))
    assert allocate(order_id) == "BACKORDERED"
    assert wiring.orders().load(OrderId(order_id)) == before


def test_who_is_served_in_part_keeps_the_place_and_lacks_less(oms: World) -> None:
    first, second = placed(oms, (LAMP, 4)), placed(oms, (LAMP, 1))
    (place,) = (each for each in wiring.stock().line(LAMP) if each.order_id == first)
    oms.stock_up(LAMP, 2)
    allocate(first)
    (now,) = (each for each in wiring.stock().line(LAMP) if each.order_id == first)
    assert (now.place, now.units) == (place.place, 1)
    assert line() == [(first, 1), (second, 1)]


def test_a_policy_that_does_not_wait_ends_the_order_and_leaves_no_line(oms: World) -> None:
    wiring.stock().save_policy(SellingPolicy((ChannelPolicy("*", when_short=WhenShort.CANCEL),)))
    order_id = placed(oms, (LAMP, 3))
    assert (status(oms, order_id), line(), waiting()) == ("CANCELLED", [], 0)


# --- who is served -------------------------------------------------------------------------------


def test_stock_that_comes_in_is_for_those_in_line_however_quick_somebody_new_is(
    oms: World,
) -> None:
    first = placed(oms, (LAMP, 3))
    oms.stock_up(LAMP, 2)
    with pytest.raises(SoldOut) as sold_out:
        wiring.reserve_stock()(NewHold((Asked(LAMP, 1),), "api"), "ops")
    assert [left for _, left in sold_out.value.short] == [0]
    newcomer = placed(oms, (LAMP, 1))
    assert (status(oms, first), status(oms, newcomer)) == ("CONFIRMED", "BACKORDERED")


def test_those_behind_leave_alone_what_those_ahead_lack(oms: World) -> None:
    first, second = placed(oms, (LAMP, 3)), placed(oms, (LAMP, 2))
    oms.stock_up(LAMP, 3)
    assert allocate(second) == "BACKORDERED"
    assert line() == [(first, 2), (second, 1)]
    assert allocate(first) == "ALLOCATED"
    assert line() == [(second, 1)]


def test_higher_priority_is_served_first_though_it_came_later(oms: World) -> None:
    early = placed(oms, (LAMP, 2))
    late = placed(oms, (LAMP, 1), priority=9)
    assert [order for order, _ in line()] == [late, early]
    oms.stock_up(LAMP, 1)
    oms.run()
    assert (status(oms, late), status(oms, early)) == ("CONFIRMED", "BACKORDERED")


def test_a_small_order_passes_one_that_ships_complete_while_that_lacks_too_much(
    oms: World,
) -> None:
    whole = placed(oms, (LAMP, 9), ship_complete=True)
    small = placed(oms, (LAMP, 1))
    assert (status(oms, whole), status(oms, small)) == ("BACKORDERED", "CONFIRMED")
    oms.stock_up(LAMP, 9)
    oms.run()
    assert status(oms, whole) == "CONFIRMED"


def test_what_is_beyond_those_in_line_is_for_anybody(oms: World) -> None:
    first = placed(oms, (LAMP, 3))
    oms.stock_up(LAMP, 5)
    made, _ = wiring.reserve_stock()(NewHold((Asked(LAMP, 3),), "api"), "ops")
    assert sum(each.quantity for each in made.claims) == 3
    oms.run()
    assert status(oms, first) == "CONFIRMED"


# --- beyond stock --------------------------------------------------------------------------------


def test_a_promise_beyond_stock_stands_in_line_until_real_units_are_behind_it(
    oms: World,
) -> None:
    wiring.stock().save_policy(SellingPolicy((ChannelPolicy("*", Mode.TRACK_ONLY),)))
    order_id = placed(oms, (LAMP, 3))
    assert status(oms, order_id) == "CONFIRMED"
    (place,) = wiring.stock().line(LAMP)
    assert (place.need, place.units, waiting()) == (Need.OVERSOLD, 2, 2)
    assert oms.stock(LAMP)["oversold"] == 2
    oms.stock_up(LAMP, 2)
    oms.run()
    assert (line(), waiting(), oms.stock(LAMP)["oversold"]) == ([], 0, 0)
    assert (oms.stock(LAMP)["reserved"], oms.stock(LAMP)["available"]) == (3, 0)


# --- more lines than fit into one transaction --------------------------------------------


def test_an_order_of_many_skus_that_are_all_short_waits_for_each_of_them(oms: World) -> None:
    skus = [Sku(f"RARE-{number:02d}") for number in range(60)]
    for sku in skus:
        oms.call("PUT /products/{sku}", {"sku": sku}, {"title": sku, "weight_g": 1})
    order_id = placed(oms, *((sku, 2) for sku in skus))
    assert status(oms, order_id) == "BACKORDERED"
    assert {sku: line(sku) for sku in skus} == {sku: [(order_id, 2)] for sku in skus}
    assert {waiting(sku) for sku in skus} == {2}
    assert oms.act(order_id, "cancel")[0] == 200
    oms.run()
    assert {sku: line(sku) for sku in skus} == {sku: [] for sku in skus}
