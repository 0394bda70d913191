"""All figures of the stock engine, as `make bench` prints and keeps them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks.stock.arithmetic import arithmetic
from benchmarks.stock.availability import availability
from benchmarks.stock.flash_sale import BUYERS, flash_sales
from benchmarks.stock.reservations import reservations

LARGE, LARGE_QUICK = 1_000_000, 100_000
_SPREAD_BUYERS = 2_000  # who is refused reads every part: 10,000 take more than a minute
# Units of one transaction of two items: a name that makes it happen once, and a count.
LEAST_WRITES, LEAST_A_LINE = 4, 2


def measured(say: Callable[[str], None], *, quick: bool = False, full: bool = False) -> Any:
    """`quick` leaves the million rows out, `full` sends all buyers to the spread SKU too."""
    say("stock: reservations in a small and in a large table")
    made = {"reservations": reservations(LARGE_QUICK if quick else LARGE)}
    say("stock: flash sales, availability")
    return made | {
        "flash_sales": flash_sales(BUYERS if full else _SPREAD_BUYERS),
        "availability": availability(),
        "arithmetic": list(arithmetic()),
    }
