"""Orders that no single transaction holds, through the whole system.

`test_thousand_lines.py` breaks them off at every write, and has the really large ones.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from oms import wiring
from oms.inventory import items
from oms.inventory.model import Product
from oms.kernel.ids import Sku
from tests.workflow.invariants import check
from tests.workflow.plays import arrived, kill, live_shipment, packed
from tests.workflow.stock_plays import line_of, units_held, waits
from tests.workflow.world import World

LINES = 100


@pytest.fixture
def shelf(oms: World) -> list[str]:
    """Three light units each of a hundred SKUs."""
    oms.stock_stream.silent = frozenset({"publish_stock"})
    skus = [f"BOLT-{number:04d}" for number in range(LINES)]
    wiring.stock().save_products([Product(Sku(sku), "Bolt", 20) for sku in skus])
    put_in(oms, skus, 3)
    return skus


def put_in(oms: World, skus: list[str], units: int) -> None:
    for start in range(0, len(skus), 30):
        lines = [{"sku": sku, "quantity": units} for sku in skus[start : start + 30]]
        body = {"reference": f"PO-{oms.next_number()}", "node": "WH-EAST", "lines": lines}
        assert oms.call("POST /stock/receipts", body=body)[0] == 201


def basket(skus: list[str], units: int = 1) -> list[dict[str, Any]]:
    return [line_of(sku, units, price=25) for sku in skus]


def rubbish(oms: World) -> list[str]:
    """Rows of work that is still to be done."""
    rows = (row for row in oms.rows(oms.tables.stock) if row["sk"] == items.WORK)
    return [row["pk"] for row in rows if row["state"] in (items.TAKING, items.GIVING)]


def left(skus: list[str]) -> set[int]:
    """What is available of each SKU, as a set: one figure when all are alike."""
    found = wiring.stock().levels_at([(Sku(sku), "WH-EAST", "") for sku in skus])  # type: ignore
    return {level.available for level in found}


def test_a_big_order_goes_from_capture_to_close(oms: World, shelf: list[str]) -> None:
    order_id = waits(oms, *basket(shelf))
    assert (units_held(order_id), left(shelf)) == (LINES, {2})
    oms.pass_time(timedelta(seconds=10))
    shipment = live_shipment(oms.order(order_id))
    packed(oms, shipment)
    assert oms.ship(shipment, "ship")[0] == 200
    arrived(oms, order_id)
    oms.pass_time(timedelta(seconds=40))
    assert oms.order(order_id)["status"] == "CLOSED"
    levels = wiring.stock().levels_at([(Sku(sku), "WH-EAST", "") for sku in shelf])  # type: ignore
    assert {(level.on_hand, level.reserved, level.available) for level in levels} == {(2, 0, 2)}
    assert not rubbish(oms)
    check(oms)


def test_a_cancellation_whose_news_got_lost_is_finished_by_the_sweep(
    oms: World, shelf: list[str]
) -> None:
    order_id = waits(oms, *basket(shelf))
    oms.stock_stream.deaf = True
    assert oms.act(order_id, "cancel")[0] == 200
    oms.run()
    assert rubbish(oms)
    oms.pass_time(timedelta(minutes=3))
    assert (left(shelf), rubbish(oms)) == ({3}, [])
    check(oms)


def test_a_process_that_dies_after_the_taking_changes_nothing_in_the_end(
    oms: World, shelf: list[str]
) -> None:
    kill(oms, "allocate_stock", "after", 9)
    order_id = waits(oms, *basket(shelf))
    oms.heal()
    assert (oms.order(order_id)["status"], units_held(order_id)) == ("RELEASED", LINES)
    assert (left(shelf), rubbish(oms)) == ({2}, [])
    check(oms)
