"""Every interleaving of two and three buyers on the last units.

Each race is a small world. Its workers stop before every effect and inside every transaction,
and all the orders in which they can go on are tried, each in a fresh world. Nodes and rules do not
change in a race, so they are read once: two reads of the same thing commute.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf
from typing import Any

from oms.inventory.store import DynamoStock
from oms.kernel.errors import Unavailable
from oms.kernel.ids import OrderId
from oms.orders.step import Outcome
from tests.simulation.dynamo.faults import FaultPlan
from tests.simulation.dynamo.scheduler import (
    Explored,
    MakeWorld,
    Run,
    Scheduler,
    World,
    all_schedules,
    before_effects,
)
from tests.simulation.laws import broken
from tests.simulation.shop import Shop, Wants, answered, seeded
from tests.simulation.spreading import spread_over

Worker = Callable[[], Any]


@dataclass(frozen=True, slots=True)
class Race:
    """`setting` prepares a shop and gives the workers; `verdict` says what is wrong, if anything,
    with what they heard. `expires`: something may end by time in it.
    `conflicts` False: transactions happen at one stroke, so that every order of them is tried.
    `glances`: carts look at a part of a spread SKU first; elsewhere that is one read twice."""

    name: str
    setting: Callable[[Shop], Sequence[Worker]]
    verdict: Callable[[Shop, list[Any]], str]
    expires: bool = False
    conflicts: bool = True
    glances: bool = False


class Attention(FaultPlan):
    """Sees each call go by, to tell which are worth a choice. No fault is its own.

    Where nothing ends by time, the lists of what is over are empty whoever looks when: a read of
    them commutes with everything, and trying it in every order would show nothing new.
    """

    def __init__(self, race: Race) -> None:
        super().__init__()
        self._race, self._request = race, dict[str, Any]()

    def fault_for(self, operation: str, request: Mapping[str, Any]) -> None:
        self._request = dict(request)

    def stops_at(self, point: str) -> bool:
        if point.startswith("inside:"):
            return self._race.conflicts
        return before_effects(point) and (self._race.expires or "IndexName" not in self._request)


class _OutOfTime(Exception):
    """No more worlds."""


def explore(race: Race, most: int, seconds: float = inf) -> Explored:
    """Try the orders in which the race can go: all of them, if `most` and the time allow."""
    attention, until, made = Attention(race), time.monotonic() + seconds, 0
    make = _world_of(race, attention)

    def in_time(scheduler: Scheduler) -> World:
        nonlocal made
        if time.monotonic() > until:
            raise _OutOfTime
        made += 1
        return make(scheduler)

    try:
        return all_schedules(in_time, most, attention.stops_at)
    except _OutOfTime:
        return Explored(made, complete=False)


def _world_of(race: Race, attention: Attention) -> MakeWorld:
    def make(scheduler: Scheduler) -> World:
        seeding = seeded(1)
        seeding.__enter__()
        shop = Shop(scheduler=scheduler)
        workers = race.setting(shop)
        plan = shop.reserve.plan if race.glances else replace(shop.reserve.plan, glance=None)
        shop.reserve = replace(shop.reserve, plan=plan)
        for books in (plan.stock, plan.glance):
            _stand_still(books)
        shop.client.plan = attention

        def check(run: Run) -> None:
            seeding.__exit__(None, None, None)
            values = run.values
            shop.wait(10_000)
            shop.sweep()
            found = broken(shop)
            if wrong := race.verdict(shop, values):
                found.append(f"{wrong}: {values}")
            assert not found, "; ".join(found)

        return World(workers, check)

    return make


def _stand_still(stock: DynamoStock | None) -> None:
    if stock is None:
        return
    nodes, policy = stock.nodes(), stock.policy()
    stock.nodes = lambda: nodes  # type: ignore[method-assign]
    stock.policy = lambda: policy  # type: ignore[method-assign]


def _cart(shop: Shop, **wants: int) -> Worker:
    return lambda: "held" if len(str(_patient(lambda: shop.hold(**wants)))) == 26 else "no"


def _patient(call: Worker) -> Any:
    """As a shop does that is asked to wait."""
    for _ in range(20):
        try:
            return answered_but_wait(call)
        except Unavailable:
            continue
    return "never"


def answered_but_wait(call: Worker) -> Any:
    def asked() -> Any:
        try:
            return call()
        except Unavailable as wait:
            return wait

    told = answered(asked)
    if isinstance(told, Unavailable):
        raise told
    return told


def _buyers(units: int, *wants: Wants, parts: int = 1) -> Callable[[Shop], Sequence[Worker]]:
    def setting(shop: Shop) -> Sequence[Worker]:
        shop.receive(MUG=units, CUP=units)
        if parts > 1:
            spread_over(shop, "MUG", parts)
        return [_cart(shop, **each) for each in wants]

    return setting


def _yes(exactly: int) -> Callable[[Shop, list[Any]], str]:
    def verdict(shop: Shop, heard: list[Any]) -> str:
        return "" if heard.count("held") == exactly else f"{exactly} should be told yes"

    return verdict


def _captured(shop: Shop, name: str, hold: str = "", **wants: int) -> OrderId:
    return shop.capture(name, hold, **wants)


def _orders_meet(shop: Shop) -> Sequence[Worker]:
    shop.receive(MUG=1, CUP=1)
    first = _captured(shop, "A", MUG=1, CUP=1)
    second = _captured(shop, "B", CUP=1, MUG=1)
    return [
        lambda: _patient(lambda: shop.allocate(first)),
        lambda: _patient(lambda: shop.allocate(second)),
    ]


def _one_order(shop: Shop, heard: list[Any]) -> str:
    """Both may keep a part and wait for the rest; never may both be whole."""
    return "" if heard.count(Outcome.ALLOCATED) <= 1 else "two orders hold one unit"


def _same_order_twice(shop: Shop) -> Sequence[Worker]:
    shop.receive(MUG=3)
    order = _captured(shop, "A", MUG=2)
    return [lambda: _patient(lambda: shop.allocate(order))] * 2


def _taken_once(shop: Shop, heard: list[Any]) -> str:
    return "" if shop.level("MUG").reserved == 2 else "taken twice"


def _hold_ends_as_it_is_used(shop: Shop) -> Sequence[Worker]:
    shop.receive(MUG=1)
    hold = shop.hold(60, MUG=1)
    shop.wait(59.9)

    def too_late() -> str:
        shop.wait(0.2)
        return _cart(shop, MUG=1)()  # type: ignore[no-any-return]

    return [lambda: _patient(lambda: shop.order("A", hold, MUG=1)[1]), too_late]


def _one_unit(shop: Shop, heard: list[Any]) -> str:
    whole = heard.count("held") + heard.count(Outcome.ALLOCATED)
    return "" if whole == 1 else f"{whole} have the one unit"


def _released_as_it_is_used(shop: Shop) -> Sequence[Worker]:
    shop.receive(MUG=1)
    hold = shop.hold(MUG=1)
    return [
        lambda: _patient(lambda: shop.order("A", hold, MUG=1)[1]),
        lambda: _patient(lambda: shop.release(hold).state),
    ]


def _still_one(shop: Shop, heard: list[Any]) -> str:
    return "" if shop.level("MUG").on_hand == 1 else "a unit came or went"


def _cancelled_as_it_ships(shop: Shop) -> Sequence[Worker]:
    shop.receive(MUG=2)
    order, _ = shop.order("A", MUG=2)
    shop.pack(order)
    return [
        lambda: answered(lambda: shop.ship(order)),
        lambda: answered(lambda: shop.cancel(order).stage),
    ]


def _never_both(shop: Shop, heard: list[Any]) -> str:
    level = shop.level("MUG")
    shipped, kept = level.on_hand == 0, level.on_hand == 2
    return "" if (shipped or kept) and level.reserved in (0, 2) else f"half and half: {level}"


def _swept_twice(shop: Shop) -> Sequence[Worker]:
    shop.receive(MUG=2)
    shop.hold(60, MUG=2)
    shop.wait(61)
    return [lambda: shop.sweep()["expired"]] * 2 + [_cart(shop, MUG=2)]


def _freed_once(shop: Shop, heard: list[Any]) -> str:
    return "" if heard[2] == "held" and heard[0] + heard[1] <= 1 else "freed twice, or not found"


RACES = (
    Race("two carts, one unit", _buyers(1, {"MUG": 1}, {"MUG": 1}), _yes(1)),
    Race("three carts, one unit", _buyers(1, *[{"MUG": 1}] * 3), _yes(1), conflicts=False),
    Race("three carts, two units", _buyers(2, *[{"MUG": 1}] * 3), _yes(2), conflicts=False),
    Race("three carts, one unit, conflicts", _buyers(1, *[{"MUG": 1}] * 3), _yes(1)),
    Race("three carts, two units, conflicts", _buyers(2, *[{"MUG": 1}] * 3), _yes(2)),
    Race("three and four of five", _buyers(5, {"MUG": 3}, {"MUG": 4}), _yes(1)),
    Race(
        "two SKUs in opposite order",
        _buyers(1, {"MUG": 1, "CUP": 1}, {"CUP": 1, "MUG": 1}),
        _yes(1),
    ),
    Race(
        "two carts, two units on two parts",
        _buyers(2, *[{"MUG": 1}] * 2, parts=2),
        _yes(2),
        glances=True,
    ),
    Race(
        "three carts, two units on two parts",
        _buyers(2, *[{"MUG": 1}] * 3, parts=2),
        _yes(2),
        glances=True,
    ),
    Race("two orders, crosswise", _orders_meet, _one_order),
    Race("one order, two steps at once", _same_order_twice, _taken_once),
    Race("a hold ends as it is used", _hold_ends_as_it_is_used, _one_unit, expires=True),
    Race("a hold is released as it is used", _released_as_it_is_used, _still_one),
    Race("cancelled as it ships", _cancelled_as_it_ships, _never_both),
    Race("swept twice, and bought", _swept_twice, _freed_once, expires=True),
)
