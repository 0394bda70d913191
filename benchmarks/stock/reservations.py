"""What a reservation takes, in a small table and in a large one, on one row and spread."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from typing import Any

from benchmarks.stock.filled import HOT, SHELF, Filled, filled
from benchmarks.stock.watch import Figures, watched
from oms.inventory.spread import parts_for
from oms.kernel.ids import Sku
from tests.simulation.shop import seeded

SMALL = 1_000
PARTS = parts_for(10_000)  # of the spread SKU
ROUNDS, EACH = 5, 200
_PACE = 0.05  # seconds between two of one process: 500 processes make 10,000 a second
CARTS: dict[str, tuple[Sku, ...]] = {
    "one line": (HOT,),
    "four lines": SHELF[:4],
}


def reservations(large: int) -> list[dict[str, Any]]:
    """A row for each kind of cart and SKU: `figures` by the number of rows in the table."""
    made: dict[tuple[str, int], dict[int, Figures]] = {}
    for rows in (SMALL, large):
        for parts in (1, PARTS):
            with seeded(rows):
                place = filled(rows, parts=parts)
                for name, skus in _carts(parts):
                    made.setdefault((name, parts), {})[rows] = _of(place, skus)
    return [
        {"cart": name, "parts": parts, "figures": figures, "ratio": _ratio(figures)}
        for (name, parts), figures in made.items()
    ]


def _carts(parts: int) -> Iterator[tuple[str, tuple[Sku, ...]]]:
    """Only the hot SKU is spread: a cart of others is the same."""
    return ((name, skus) for name, skus in CARTS.items() if parts == 1 or skus == (HOT,))


def _of(place: Filled, skus: tuple[Sku, ...]) -> Figures:
    _reserve(place, skus, 20)  # warm
    rounds = list[Figures]()
    for _ in range(ROUNDS):
        with watched(place) as watch:
            _reserve(place, skus, EACH)
        rounds.append(watch.each(EACH))
    # Counts are the same in each round but for what is read once a second; CPU is not.
    figures = {name: statistics.median(each[name] for each in rounds) for name in rounds[0]}
    return figures | {"per_second": round(1000 / figures["cpu_ms"])}


def _reserve(place: Filled, skus: tuple[Sku, ...], times: int) -> None:
    for _ in range(times):
        place.cart(skus)
        place.wait(_PACE)


def _ratio(figures: dict[int, Figures]) -> Figures:
    """The large table's figures over the small one's."""
    small, large = (figures[rows] for rows in sorted(figures))
    names = ("cpu_ms", "requests", "read_units", "write_units", "index_units")
    return {name: round(large[name] / small[name], 3) for name in names}
