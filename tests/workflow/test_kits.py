"""A kit is bought as one thing and sent as its parts: every count stays right (B16, L01, L21)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from oms import wiring
from oms.inventory.selling import Component
from oms.kernel.ids import Sku
from oms.notifications.tell import shipped_parcel
from oms.orders.view import line_states
from tests.workflow.invariants import check
from tests.workflow.plays import arrived, live_shipment, parcels, shipped
from tests.workflow.stock_plays import (
    content_of,
    in_line,
    kit,
    known,
    line_faults,
    line_of,
    units_held,
    waits,
)
from tests.workflow.world import World

BOX, CUP, TEA = "GIFT-BOX", "CUP-WHITE", "TEA-GREEN"


@pytest.fixture(autouse=True)
def catalogue(oms: World) -> None:
    """A gift box is two cups and one tin of tea; there are ten cups and six tins."""
    oms.stock_up(BOX, 1, "WH-WEST")  # in the catalogue; nobody sends a packed box
    oms.stock_up(CUP, 10)
    oms.stock_up(TEA, 6)
    kit(BOX, CUP_WHITE=2, TEA_GREEN=1)


def tracked(oms: World, order_id: str) -> list[list[dict[str, Any]]]:
    token = oms.order(order_id)["tracking_url"].rpartition("/")[2]
    headers = {"accept": "application/json"}
    _, page = oms.call("GET /track/{token}", {"token": token}, headers=headers, caller=None)
    return [box["items"] for box in page["parcels"]]


def captured(order_id: str) -> int:
    return known(order_id).settlement.claimed("USD").amount_minor


def test_a_kit_is_reserved_as_its_parts_and_shown_as_one_line(oms: World) -> None:
    order_id = waits(oms, line_of(BOX, 3, price=2500))
    assert {(leg.line_id, leg.sku, leg.quantity) for leg in known(order_id).legs} == {
        ("L1.1", CUP, 6),
        ("L1.2", TEA, 3),
    }
    (line,) = oms.order(order_id)["lines"]
    assert (line["sku"], line["states"]["reserved"], line["states"]["open"]) == (BOX, 3, 0)
    check(oms)


def test_a_kit_and_a_loose_cup_in_one_basket_cannot_overbook_the_cups(oms: World) -> None:
    """Four boxes and three cups want eleven cups; there are ten."""
    order_id = waits(oms, line_of(BOX, 4), line_of(CUP, 3))
    assert oms.order(order_id)["status"] == "BACKORDERED"
    assert (oms.stock(CUP)["available"], oms.stock(CUP)["reserved"]) == (0, 10)
    assert [(each.sku, each.units) for each in in_line(CUP)] == [(CUP, 1)]
    oms.stock_up(CUP, 1)
    oms.run()
    assert oms.order(order_id)["status"] == "CONFIRMED"
    assert not line_faults(oms)
    check(oms)


def test_a_kit_waits_for_the_part_that_is_short(oms: World) -> None:
    order_id = waits(oms, line_of(BOX, 7, price=500))
    short = {place.sku: place.units for place in known(order_id).waiting}
    assert short == {CUP: 4, TEA: 1}
    states = oms.order(order_id)["lines"][0]["states"]
    assert (states["reserved"], states["backordered"], states["ordered"]) == (5, 2, 7)


def test_an_order_keeps_the_kit_as_it_was_bought(oms: World) -> None:
    order_id = waits(oms, line_of(BOX, 4))
    kit(BOX, TEA_GREEN=9)
    oms.pass_time(timedelta(seconds=10))
    shipment = live_shipment(oms.order(order_id))
    assert oms.ship(shipment, "reject", {"reason": "flooded"})[0] == 200
    oms.stock_up(CUP, 20, "WH-WEST")
    oms.stock_up(TEA, 20, "WH-WEST")
    oms.run()
    assert {(leg.line_id, leg.sku, leg.quantity) for leg in known(order_id).legs} == {
        ("L1.1", CUP, 8),
        ("L1.2", TEA, 4),
    }
    check(oms)


def test_what_became_a_kit_later_is_sent_as_it_was_bought(oms: World) -> None:
    order_id = waits(oms, line_of(BOX, 1), line_of(CUP, 11, price=10))
    assert oms.order(order_id)["status"] == "BACKORDERED"
    kit(CUP, TEA_GREEN=1)
    oms.stock_up(CUP, 3)
    oms.run()
    assert oms.order(order_id)["status"] == "CONFIRMED"
    assert {leg.line_id for leg in known(order_id).legs} == {"L1.1", "L1.2", "L2"}


def test_a_kit_goes_all_the_way_in_one_parcel(oms: World) -> None:
    order_id, _ = shipped(oms, lines=[line_of(BOX, 2, price=2500)])
    assert captured(order_id) == 5000
    assert tracked(oms, order_id) == [[{"title": BOX, "quantity": 2}]]
    (box,) = parcels(oms, order_id)
    assert {(line["sku"], line["quantity"]) for line in box["lines"]} == {(CUP, 4), (TEA, 2)}
    assert box["weight_g"] == 6 * 500
    arrived(oms, order_id)
    oms.pass_time(timedelta(seconds=40))
    order = oms.order(order_id)
    assert (order["status"], order["lines"][0]["states"]["delivered"]) == ("CLOSED", 2)
    assert oms.stock(CUP)["on_hand"] == 6
    check(oms)


def boxed(oms: World, order_id: str, *boxes: dict[str, int]) -> None:
    """Pack the order's shipment in these boxes, each through its workflow."""
    shipment = live_shipment(oms.order(order_id))
    assert oms.ship(shipment, "pick")[0] == 200
    for units in boxes:
        lines = [{"line_id": name, "quantity": n} for name, n in units.items()]
        status, reply = oms.ship(shipment, "pack", {"lines": lines})
        assert status == 200, reply
        oms.run()


def told(order_id: str) -> list[list[int]]:
    """Units of each line that the channel hears of, box by box."""
    order, content = known(order_id), content_of(order_id)
    (shipment,) = order.shipments
    facts = [shipped_parcel(order, content, 1, box.number) for box in shipment.parcels]
    return [[line.quantity for line in each.lines] for each in facts]


def test_parts_in_several_boxes_make_each_kit_count_and_cost_once(oms: World) -> None:
    """Three boxes at 33.33: one cup and the tea; three cups; two cups."""
    order_id = waits(oms, line_of(BOX, 3, price=3333))
    oms.pass_time(timedelta(seconds=10))
    amounts = []
    for units in ({"L1.1": 1, "L1.2": 3}, {"L1.1": 3}, {"L1.1": 2}):
        if not amounts:
            boxed(oms, order_id, units)
        else:
            shipment = live_shipment(oms.order(order_id))
            lines = [{"line_id": name, "quantity": n} for name, n in units.items()]
            assert oms.ship(shipment, "pack", {"lines": lines})[0] == 200
            oms.run()
        amounts.append(captured(order_id))
    assert amounts == [0, 6666, 9999]
    assert told(order_id) == [[], [2], [1]]
    assert tracked(oms, order_id) == [
        [{"title": f"{BOX} (a part of it)", "quantity": 1}],
        [{"title": BOX, "quantity": 2}],
        [{"title": BOX, "quantity": 1}],
    ]
    assert all(box["state"] == "LABELLED" for box in parcels(oms, order_id))
    check(oms)


def test_a_last_box_that_completes_no_kit_still_settles_the_order(oms: World) -> None:
    order_id = waits(oms, line_of(BOX, 3, price=3333))
    oms.pass_time(timedelta(seconds=10))
    boxed(oms, order_id, {"L1.1": 4}, {"L1.2": 1}, {"L1.1": 2}, {"L1.2": 2})
    assert captured(order_id) == 9999
    assert told(order_id) == [[2], [], [1], []]
    shipment = live_shipment(oms.order(order_id))
    assert oms.ship(shipment, "ship")[0] == 200
    assert oms.order(order_id)["status"] == "SHIPPED"
    check(oms)


def test_a_kit_is_as_far_as_the_slowest_of_its_parts(oms: World) -> None:
    order_id = waits(oms, line_of(BOX, 3))
    oms.pass_time(timedelta(seconds=10))
    boxed(oms, order_id, {"L1.1": 4, "L1.2": 1})
    shipment = live_shipment(oms.order(order_id))
    assert oms.ship(shipment, "ship")[0] == 200
    content = content_of(order_id)
    states = line_states(known(order_id), content.lines[0], content.parts)
    assert (states["shipped"], states["picked"], states["packed"]) == (1, 2, 0)
    assert sum(n for name, n in states.items() if name != "ordered") == 3


def test_parts_from_two_nodes_and_a_cancellation_go_back_where_they_came_from(oms: World) -> None:
    oms.stock_up(TEA, 6, "WH-WEST")
    lost = {"reason": "LOST", "node": "WH-EAST", "lines": [{"sku": TEA, "quantity": -6}]}
    assert oms.call("POST /stock/adjustments", body=lost)[0] == 201
    before = [wiring.stock().levels(Sku(sku)) for sku in (CUP, TEA)]
    order_id = waits(oms, line_of(BOX, 2))
    assert {(leg.sku, leg.node) for leg in known(order_id).legs} == {
        (CUP, "WH-EAST"),
        (TEA, "WH-WEST"),
    }
    assert oms.act(order_id, "cancel")[0] == 200
    oms.run()
    assert [wiring.stock().levels(Sku(sku)) for sku in (CUP, TEA)] == before
    check(oms)


def test_a_kit_of_thirty_parts_fits_with_everything_else(oms: World) -> None:
    parts = [f"PART-{number:02d}" for number in range(30)]
    for part in parts:
        oms.stock_up(part, 4)
    made = tuple(Component(Sku(part), 2) for part in parts)
    wiring.stock().save_selling(Sku(BOX), components=made)
    order_id = waits(oms, line_of(BOX, 2), line_of(CUP, 11, price=10), line_of(TEA, 7, price=10))
    assert (units_held(order_id), oms.order(order_id)["status"]) == (120 + 16, "BACKORDERED")
    assert not line_faults(oms)
    check(oms)


def test_a_kit_that_locks_no_stock_yet_is_its_parts_when_its_day_comes(oms: World) -> None:
    """The day was waited for as the kit itself, and no node ever had one."""
    day = (oms.clock.now() + timedelta(days=3)).date().isoformat()
    order_id = waits(oms, line_of(BOX, 1), reserve_after=day)
    assert (known(order_id).stage, units_held(order_id)) == ("BACKORDERED", 0)
    oms.pass_time(timedelta(days=4))
    assert {leg.sku for leg in known(order_id).legs} == {CUP, TEA}
    check(oms)


def test_a_kit_that_is_not_sold_yet_takes_no_place_from_who_wants_its_parts(oms: World) -> None:
    day = (oms.clock.now() + timedelta(days=3)).date().isoformat()
    wiring.stock().save_selling(Sku(BOX), available_from=day)
    first = waits(oms, line_of(BOX, 5))
    assert (known(first).stage, units_held(first), in_line(CUP)) == ("BACKORDERED", 0, [])
    assert known(waits(oms, line_of(CUP, 10))).stage != "BACKORDERED"
    oms.stock_up(CUP, 10)
    oms.pass_time(timedelta(days=4))
    assert units_held(first) == 15
    check(oms)
