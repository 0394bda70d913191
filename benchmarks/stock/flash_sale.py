"""A flash sale in memory: 10,000 buyers for 500 units, forty at a time, at random.

Workers take turns at each call of DynamoDB, whose conflicts are real: one row sees what forty
Lambdas at once make of it. The law-checked sales are in `tests/simulation/flash.py`; here they
are counted and timed, with the reads of a function that is new to the SKU each second.
"""

from __future__ import annotations

import random
import time
from collections import Counter, deque
from collections.abc import Callable
from typing import Any

from benchmarks.stock.filled import HOT, Filled, filled
from benchmarks.stock.reservations import PARTS, SMALL
from benchmarks.stock.watch import Figures, Watch, watched
from oms.inventory.reservation import SoldOut
from oms.kernel.errors import Unavailable
from tests.simulation.dynamo.scheduler import Scheduler, at_random
from tests.simulation.shop import seeded

BUYERS, UNITS, WORKERS = 10_000, 500, 40
_AFTERWARDS = 200
_WAVE = 1_000  # the scheduler takes more turns than this needs for workers that do not end


def flash_sales(spread_buyers: int) -> list[dict[str, Any]]:
    """All buyers on one row, and so many on a spread SKU."""
    return [_sale(1, BUYERS), _sale(PARTS, spread_buyers)]


def _sale(parts: int, buyers: int) -> dict[str, Any]:
    with seeded(7):
        scheduler = Scheduler()
        place = filled(SMALL, parts=parts, units=UNITS, scheduler=scheduler)
        heard = Counter[str]()
        began = time.perf_counter()
        with watched(place) as watch:
            for first in range(0, buyers, _WAVE):
                queue = deque(range(first, first + _WAVE))
                workers = [_worker(queue, place, heard)] * WORKERS
                scheduler.run(workers, at_random(first), first)
        seconds = time.perf_counter() - began
        attempts = buyers + heard["asked to wait"]
        return {
            "parts": parts,
            **_told(heard, place, buyers),
            "asked_to_wait": heard["asked to wait"],
            "wall_seconds": round(seconds, 2),
            "per_cpu_second": round(attempts / watch.cpu_ns * 1e9),
            "each": _counts(watch, attempts),
            "refused": _refused(place, buyers),
        }


def _worker(queue: deque[int], place: Filled, heard: Counter[str]) -> Callable[[], None]:
    def run() -> None:
        while queue:
            heard[_buy(place, queue.popleft(), heard)] += 1

    return run


def _buy(place: Filled, number: int, heard: Counter[str]) -> str:
    while True:
        try:
            place.cart((HOT,), f"buyer-{number}")
        except SoldOut:
            return "sold out"
        except Unavailable:
            heard["asked to wait"] += 1
            place.dynamo._sleep(2.0)  # Retry-After
        else:
            return "yes"


def _told(heard: Counter[str], place: Filled, buyers: int) -> dict[str, Any]:
    """Raises AssertionError when the sale was not exact."""
    levels = place.stock.levels(HOT)
    reserved = sum(level.reserved for level in levels)
    left = sum(level.available for level in levels)
    assert (heard["yes"], reserved, left) == (UNITS, UNITS, 0), (heard, reserved, left)
    assert heard["sold out"] == buyers - UNITS, heard
    return {"buyers": buyers, "yes": heard["yes"], "sold_out": heard["sold out"]}


def _refused(place: Filled, buyers: int) -> Figures:
    """What one more buyer costs who is told that it is sold out."""
    with watched(place) as watch:
        for number in range(_AFTERWARDS):
            assert _buy(place, buyers + number, Counter()) == "sold out"
            place.wait(random.uniform(0.02, 0.08))
    return watch.each(_AFTERWARDS)


def _counts(watch: Watch, number: int) -> Figures:
    """Without CPU: the workers' turns are part of it."""
    return {name: value for name, value in watch.each(number).items() if not name.endswith("_ms")}
