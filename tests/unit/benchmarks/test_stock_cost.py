"""A reservation may not grow dearer unnoticed, least of all with the table."""

from __future__ import annotations

import pytest

from benchmarks.stock.filled import HOT, SHELF, filled
from benchmarks.stock.reservations import PARTS
from benchmarks.stock.watch import Figures, watched
from oms.inventory.reservation import SoldOut
from oms.kernel.ids import Sku
from tests.simulation.shop import seeded

EACH = 20
COUNTS = ("requests", "read_units", "write_units", "index_units")


def counted(rows: int, skus: tuple[Sku, ...], parts: int = 1) -> Figures:
    with seeded(1):
        shop = filled(rows, parts=parts)
        shop.cart(skus)
        with watched(shop) as watch:
            for _ in range(EACH):
                shop.cart(skus)
    figures = watch.each(EACH)
    return {name: figures[name] for name in COUNTS}


def test_a_cart_takes_two_units_for_itself_four_a_line_and_one_in_the_index() -> None:
    one, four = counted(10, (HOT,)), counted(10, SHELF[:4])
    assert (one["write_units"], one["index_units"], one["requests"]) == (6, 1, 5)
    assert (four["write_units"], four["index_units"], four["requests"]) == (18, 1, 5)


@pytest.mark.parametrize("parts", [1, PARTS])
def test_a_reservation_costs_the_same_in_a_large_table(parts: int) -> None:
    assert counted(10, (HOT,), parts) == counted(10_000, (HOT,), parts)


def test_a_hot_sku_is_planned_from_two_of_its_parts() -> None:
    spread = counted(10, (HOT,), PARTS)
    assert spread["write_units"] == 6
    assert 2 <= spread["read_units"] < 5


def test_who_is_refused_writes_nothing() -> None:
    with seeded(1):
        shop = filled(10, units=1)
        shop.cart((HOT,))
        with watched(shop) as watch, pytest.raises(SoldOut):
            shop.cart((HOT,))
    assert (watch.units.writes, watch.requests) == (0, 10)
