"""A flash sale: many buyers, few units, one SKU. Exactly the units are told yes.

Buyers stand in the queue of a number of workers that take turns at every call, as so many
Lambdas would. A buyer who is asked to wait comes again, as `Retry-After` says; one who is told
that it is sold out goes. `turnover` of those who hold units give them back, so somebody else
must get them: while anybody still wants a unit, none is left over.
"""

from __future__ import annotations

import random
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from oms.inventory.reservation import SoldOut
from oms.kernel.errors import Unavailable
from oms.kernel.ids import Sku
from tests.simulation.dynamo.capacity import ItemLimits
from tests.simulation.dynamo.scheduler import Scheduler, at_random
from tests.simulation.laws import broken
from tests.simulation.shop import Shop, seeded
from tests.simulation.spreading import spread_over

T = TypeVar("T")
SKU = "CONSOLE"
MOST_WAITS = 50


@dataclass(frozen=True, slots=True)
class Sale:
    """The terms of a sale; `parts` 1 leaves the SKU on one row."""

    buyers: int = 10_000
    units: int = 100
    parts: int = 1
    workers: int = 40
    turnover: float = 0.0
    limits: ItemLimits | None = None


@dataclass
class Heard:
    """What the buyers were told."""

    yes: int = 0
    given_back: int = 0
    sold_out: int = 0
    waits: int = 0
    seconds: float = 0.0


def play(seed: int, sale: Sale) -> Heard:
    """Hold the sale of `seed`; raises AssertionError when it was not exact."""
    with seeded(seed):
        scheduler = Scheduler()
        shop = Shop(scheduler=scheduler, limits=sale.limits)
        shop.receive(**{SKU: sale.units})
        if sale.parts > 1:
            spread_over(shop, SKU, sale.parts)
        heard, rng = Heard(), random.Random(seed)
        queue = deque(range(sale.buyers))
        began = shop.seconds()
        buyer = _honest(shop, heard, sale, rng)
        workers = [_worker(queue, buyer)] * sale.workers
        _ = scheduler.run(workers, at_random(seed), seed).values  # raises what one of them raised
        heard.seconds = shop.seconds() - began
        _check(seed, shop, sale, heard)
    return heard


def _worker(queue: deque[int], buyer: Callable[[int], None]) -> Callable[[], None]:
    def run() -> None:
        while queue:
            buyer(queue.popleft())

    return run


def _honest(shop: Shop, heard: Heard, sale: Sale, rng: random.Random) -> Callable[[int], None]:
    def buy(number: int) -> None:
        try:
            hold = _patient(shop, heard, lambda: shop.hold(key=f"buyer-{number}", **{SKU: 1}))
        except SoldOut:
            heard.sold_out += 1
            return
        if rng.random() < sale.turnover:
            _patient(shop, heard, lambda: shop.release(hold))
            heard.given_back += 1
        else:
            heard.yes += 1

    return buy


def _patient(shop: Shop, heard: Heard, call: Callable[[], T]) -> T:
    """As a shop does that is asked to wait: again in a second, and not for ever."""
    for _ in range(MOST_WAITS):
        try:
            return call()
        except Unavailable:
            heard.waits += 1
            shop.dynamo._sleep(1.0)
    raise AssertionError("a buyer was never answered")


def _check(seed: int, shop: Shop, sale: Sale, heard: Heard) -> None:
    left = sum(level.available for level in shop.stock.levels(Sku(SKU)))
    found = broken(shop, settled=False)
    if heard.yes > sale.units:
        found.append(f"S6 {heard.yes} told yes, {sale.units} units")
    if sale.turnover == 0 and heard.yes != min(sale.units, sale.buyers):
        found.append(f"S7 {heard.yes} told yes, {sale.units} units")
    if heard.yes + left != sale.units:
        found.append(f"{heard.yes} sold and {left} left of {sale.units}")
    assert not found, f"seed {seed}, {sale}: " + "; ".join(found)


def naive(seed: int, sale: Sale) -> int:
    """The same sale by code that looks first and writes afterwards: how many are told yes."""
    with seeded(seed):
        scheduler = Scheduler()
        shop = Shop(scheduler=scheduler)
        shop.receive(**{SKU: sale.units})
        told: Counter[str] = Counter()

        def buy(number: int) -> None:
            level = shop.level(SKU)
            if level.available < 1:
                told["no"] += 1
                return
            shop.client.update_item(
                TableName=shop.names.stock,
                Key={"pk": {"S": f"SKU#{SKU}"}, "sk": {"S": f"NODE#{level.node}"}},
                UpdateExpression="SET available = :left",
                ExpressionAttributeValues={":left": {"N": str(level.available - 1)}},
            )
            told["yes"] += 1

        queue = deque(range(sale.buyers))
        scheduler.run([_worker(queue, buy)] * sale.workers, at_random(seed), seed)
        return told["yes"]
