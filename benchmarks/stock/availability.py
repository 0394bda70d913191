"""What reading availability takes: of one SKU with its promise, and a list's page of a hundred."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks.stock.filled import HOT, Filled, filled
from benchmarks.stock.reservations import PARTS, SMALL
from benchmarks.stock.watch import Figures, watched
from oms.inventory.availability import CheckAvailability, Question
from oms.inventory.look_up import stock_page
from oms.inventory.model import Product
from oms.inventory.sellable import sellable_units
from oms.kernel.ids import Sku
from tests.simulation.shop import EAST, seeded

EACH, PAGE = 200, 100


def availability() -> list[dict[str, Any]]:
    with seeded(1):
        plain, spread = filled(SMALL), filled(SMALL, parts=PARTS)
        _stock_a_page(plain)
        return [
            {"what": "one SKU, on one row", **_of(plain, lambda: _ask(plain), EACH)},
            {"what": f"one SKU, on {PARTS} rows", **_of(spread, lambda: _ask(spread), EACH)},
            {"what": f"a page of {PAGE} SKUs", **_of(plain, lambda: _list(plain), EACH // 10)},
        ]


def _of(place: Filled, read: Callable[[], None], times: int) -> Figures:
    read()  # warm
    with watched(place) as watch:
        for _ in range(times):
            read()
    return watch.each(times)


def _ask(place: Filled) -> None:
    place.stock.products([HOT])  # the function looks first whether it knows it
    answer = CheckAvailability(place.stock, place.clock)(Question(HOT, 1, "web", "US"))
    assert answer.sellable > 0


def _stock_a_page(place: Filled) -> None:
    skus = [Sku(f"BOOK-{number:03d}") for number in range(PAGE)]
    place.stock.save_products([Product(sku, sku) for sku in skus])
    for first in range(0, PAGE, 40):
        units = dict.fromkeys(skus[first : first + 40], 7)
        place.receive(EAST, f"PO-BOOKS-{first}", **units)


def _list(place: Filled) -> None:
    """As `GET /stock?channel=web` does."""
    page = stock_page(PAGE, stock=place.stock)
    positions = {product.sku: position for product, position in page.items}
    assert len(sellable_units(positions, "web", place.clock.now(), stock=place.stock)) == PAGE
