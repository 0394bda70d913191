"""Orders that move, split and end: every unit goes back where it came from.

Issues L20, L22 and L23, and RTE-09.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from oms import wiring
from oms.inventory.model import Movement, Posting
from oms.inventory.selling import Pool, SellingPolicy
from oms.inventory.shelves import lot, pool
from oms.kernel.ids import NodeId, Sku, new_ulid
from tests.workflow.invariants import check
from tests.workflow.plays import live_shipment, packed
from tests.workflow.stock_plays import known, line_faults, line_of, ordered, units_held, waits
from tests.workflow.world import World

VASE = "VASE-GREEN"


@pytest.fixture(autouse=True)
def quiet(oms: World) -> None:
    oms.stock_stream.silent = frozenset({"publish_stock"})


def books(*skus: str) -> list[Any]:
    """Every level of these SKUs; a shelf that is empty again is as good as none."""
    levels = [level for sku in skus for level in wiring.stock().levels(Sku(sku))]
    return [level for level in levels if level.on_hand or level.reserved or level.available]


def reject(oms: World, order_id: str) -> None:
    shipment = live_shipment(oms.order(order_id))
    assert oms.ship(shipment, "reject", {"reason": "flooded"})[0] == 200
    oms.run()


def test_an_order_that_moved_to_another_node_is_cancelled_there_and_only_there(
    oms: World,
) -> None:
    oms.stock_up(VASE, 5)
    oms.stock_up(VASE, 5, "WH-WEST")
    before = books(VASE)
    order_id = waits(oms, line_of(VASE, 3))
    oms.pass_time(timedelta(seconds=10))
    assert {leg.node for leg in known(order_id).legs} == {"WH-EAST"}
    reject(oms, order_id)
    assert {leg.node for leg in known(order_id).legs} == {"WH-WEST"}
    assert [(each.node, each.reserved) for each in books(VASE)] == [("WH-EAST", 0), ("WH-WEST", 3)]
    assert oms.act(order_id, "cancel")[0] == 200
    assert books(VASE) == before
    check(oms)


def test_ten_units_from_five_and_five_make_two_shipments_of_five(oms: World) -> None:
    oms.stock_up(VASE, 5)
    oms.stock_up(VASE, 5, "WH-WEST")
    order_id = waits(oms, line_of(VASE, 10, price=100))
    oms.pass_time(timedelta(seconds=10))
    shipments = oms.order(order_id)["shipments"]
    assert sorted((s["node"], s["lines"][0]["quantity"]) for s in shipments) == [
        ("WH-EAST", 5),
        ("WH-WEST", 5),
    ]
    first, second = (each["shipment_id"] for each in shipments)
    packed(oms, first)
    assert oms.ship(first, "ship")[0] == 200
    assert oms.order(order_id)["status"] == "PARTIALLY_SHIPPED"
    packed(oms, second)
    assert oms.ship(second, "ship")[0] == 200
    assert oms.order(order_id)["status"] == "SHIPPED"
    assert books(VASE) == []
    check(oms)


def test_who_wants_one_parcel_waits_instead_of_being_split(oms: World) -> None:
    oms.stock_up(VASE, 5)
    oms.stock_up(VASE, 5, "WH-WEST")
    order_id = waits(oms, line_of(VASE, 10, price=100), ship_complete=True)
    assert (units_held(order_id), oms.order(order_id)["status"]) == (0, "BACKORDERED")
    oms.stock_up(VASE, 5, "WH-WEST")
    oms.run()
    assert {leg.node for leg in known(order_id).legs} == {"WH-WEST"}
    assert oms.order(order_id)["status"] == "CONFIRMED"
    check(oms)


def test_units_of_a_lot_and_of_a_pool_go_back_to_the_lot_and_the_pool(oms: World) -> None:
    wiring.stock().save_policy(SellingPolicy(pools=(Pool("web", ("api",)),)))
    shelve(oms, pool("web"), 2)
    shelve(oms, lot("2027-A"), 2)
    oms.stock_up(VASE, 2)
    before = books(VASE)
    order_id = waits(oms, line_of(VASE, 5, price=100))
    assert {leg.shelf for leg in known(order_id).legs} == {pool("web"), lot("2027-A"), ""}
    assert oms.act(order_id, "cancel")[0] == 200
    assert books(VASE) == before
    check(oms)


def shelve(oms: World, shelf: Any, units: int) -> None:
    at = oms.clock.now()
    change = {"on_hand": units}
    move = Movement(
        new_ulid(at), Sku(VASE), NodeId("WH-EAST"), change, "RECEIPT", shelf, "ops", at, shelf
    )
    wiring.stock().post(Posting(shelf, "TEST", "digest", (move,)))
    wiring.stock().save_selling(Sku(VASE), has_shelves=True)


def captured(oms: World) -> str:
    return ordered(oms, line_of(VASE, 3), line_of("TEE-RED", 2))


def waiting(oms: World) -> str:
    return waits(oms, line_of(VASE, 9, price=100), line_of("TEE-RED", 2))


def confirmed(oms: World) -> str:
    return waits(oms, line_of(VASE, 3), line_of("TEE-RED", 2))


def released(oms: World) -> str:
    order_id = confirmed(oms)
    oms.pass_time(timedelta(seconds=10))
    assert oms.order(order_id)["status"] == "RELEASED"
    return order_id


def picked(oms: World) -> str:
    order_id = released(oms)
    assert oms.ship(live_shipment(oms.order(order_id)), "pick")[0] == 200
    return order_id


def held(oms: World) -> str:
    order_id = confirmed(oms)
    assert oms.act(order_id, "hold", "call me first")[0] == 200
    return order_id


def moved(oms: World) -> str:
    order_id = released(oms)
    reject(oms, order_id)
    return order_id


@pytest.mark.parametrize("reach", [captured, waiting, confirmed, held, released, picked, moved])
def test_a_cancellation_at_any_stage_restores_every_figure(
    oms: World, reach: Callable[[World], str]
) -> None:
    oms.stock_up(VASE, 4)
    oms.stock_up(VASE, 4, "WH-WEST")
    oms.stock_up("TEE-RED", 4, "WH-WEST")
    before = books(VASE, "TEE-RED")
    order_id = reach(oms)
    assert oms.act(order_id, "cancel")[0] == 200
    oms.run()
    assert books(VASE, "TEE-RED") == before
    assert not line_faults(oms)
    assert oms.act(order_id, "cancel")[0] == 200  # once more changes nothing
    assert books(VASE, "TEE-RED") == before
    check(oms)


def test_a_parcel_that_left_cannot_be_cancelled_back_into_the_books(oms: World) -> None:
    oms.stock_up(VASE, 4)
    order_id = released(oms)
    shipment = live_shipment(oms.order(order_id))
    packed(oms, shipment)
    assert oms.ship(shipment, "ship")[0] == 200
    assert oms.act(order_id, "cancel")[0] == 409
    (level,) = books(VASE)
    assert (level.on_hand, level.reserved, level.available) == (1, 0, 1)
    check(oms)
