"""One random day of a shop: workers that buy, cancel, ship and count, faults, then the laws.

A seed is the whole day: which workers do what, who goes on at each call, what fails. At the
end time passes, sweeps run, late duplicates arrive, and then the laws must hold, by the
tables and by what customers were told.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from oms.inventory.model import Reason
from oms.inventory.selling import Component
from oms.kernel.errors import OmsError, Unavailable
from oms.kernel.ids import OrderId, Sku
from oms.orders.model import Stage
from tests.simulation.dynamo.faults import Crash, FaultKind, FaultPlan
from tests.simulation.dynamo.scheduler import Scheduler, at_random
from tests.simulation.laws import Books, broken
from tests.simulation.shop import EAST, WEST, Shop, seeded

SKUS = ("MUG", "CUP", "LAMP")
KIT = "SET"  # a mug and two cups
HOT = "LAMP"
WORKERS = 6
TRIES = 40
RATES = {
    FaultKind.CRASH_BEFORE: 0.004,
    FaultKind.CRASH_AFTER: 0.004,
    FaultKind.REPLY_LOST: 0.004,
    FaultKind.RESENT: 0.004,
    FaultKind.DUPLICATE: 0.002,
    FaultKind.THROTTLED: 0.01,
    FaultKind.CONFLICT: 0.01,
}


@dataclass
class Day:
    """What the outside knows: who was promised what, and what was refused."""

    shop: Shop
    rng: random.Random
    holds: list[str] = field(default_factory=list)
    orders: list[OrderId] = field(default_factory=list)
    heard: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)
    numbers: int = 0

    def name(self, what: str) -> str:
        self.numbers += 1
        return f"{what}-{self.numbers}"


def play(seed: int, *, faults: bool = True, steps: int = 8) -> tuple[Day, FaultPlan]:
    """Run the day of `seed`; raises AssertionError with what is broken at its end."""
    with seeded(seed):
        rng = random.Random(seed)
        scheduler = Scheduler()
        shop = Shop(scheduler=scheduler)
        day = Day(shop, rng)
        _open(shop, rng)
        plan = FaultPlan().at_rate(seed, RATES) if faults else FaultPlan()
        shop.client.plan = plan
        workers = [_worker(day, random.Random(rng.random()), steps) for _ in range(WORKERS)]
        endings = scheduler.run(workers, at_random(seed), seed).endings
        day.problems += [f"a worker died of {end.error!r}" for end in endings if end.error]
        shop.client.plan = None
        found = day.problems + _close(day)
    assert not found, f"seed {seed}: " + "\n".join(found)
    return day, plan


def _open(shop: Shop, rng: random.Random) -> None:
    for sku in SKUS:
        shop.receive(EAST, **{sku: rng.randint(3, 12)})
        shop.receive(WEST, **{sku: rng.randint(0, 4) or 1})
    shop.receive(EAST, **{KIT: 1})
    shop.adjust(KIT, -1)
    parts = (Component(Sku("MUG"), 1), Component(Sku("CUP"), 2))
    shop.stock.save_selling(Sku(KIT), components=parts)
    if rng.random() < 0.5:
        spread(shop, HOT, rng.randint(2, 4))


def spread(shop: Shop, sku: str, parts: int) -> None:
    """Lay what is available at the first node over so many parts."""
    from tests.simulation.spreading import spread_over

    spread_over(shop, sku, parts)


def _worker(day: Day, rng: random.Random, steps: int) -> Callable[[], None]:
    acts = (
        *(_hold,) * 4,
        *(_order,) * 4,
        *(_order_on_hold,) * 4,
        *(_order_twice,) * 1,
        *(_release,) * 2,
        _extend,
        *(_cancel,) * 2,
        *(_ship,) * 2,
        _receive,
        _count,
        *(_sweep,) * 2,
        _wait,
    )

    def run() -> None:
        for _ in range(steps):
            _insist(rng.choice(acts), day, rng)

    return run


def _insist(act: Callable[[Day, random.Random], Any], day: Day, rng: random.Random) -> None:
    """Do it as a caller would: again after a crash or no answer, with the same request."""
    state = rng.getstate()
    number = day.numbers
    names = _Names(day, act.__name__, number)
    for _ in range(TRIES):
        rng.setstate(state)
        names.again()
        try:
            heard = act(names, rng)  # type: ignore[arg-type]
        except Crash:
            continue
        except (Unavailable, ExceptionGroup):
            day.shop.dynamo._sleep(0.05)
            continue  # a sweep that failed in part is tried again like anything
        except OmsError as refused:
            heard = refused.code
        day.heard[f"{act.__name__[1:]}: {heard}"] += 1
        return
    day.problems.append(f"{act.__name__} hangs: neither yes nor no after {TRIES} tries")


class _Names:
    """The day as one request sees it: the names it invents are the same at every try."""

    def __init__(self, day: Day, what: str, number: int) -> None:
        self._day, self._what, self._made = day, what, list[str]()
        self._next = 0
        self._number = number

    def again(self) -> None:
        self._next = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._day, name)

    def name(self, what: str) -> str:
        if self._next == len(self._made):
            self._made.append(self._day.name(what))
        self._next += 1
        return self._made[self._next - 1]


# --- what workers do ---------------------------------------------------------------------


def _wants(rng: random.Random) -> dict[str, int]:
    chosen = rng.sample((*SKUS, KIT), rng.choice((1, 1, 1, 2, 3)))
    return {sku: rng.choice((1, 1, 1, 2, 3)) for sku in chosen}


def _hold(day: Day, rng: random.Random) -> str:
    seconds = rng.choice((30, 60, 900))
    hold = day.shop.hold(seconds, key=day.name("cart"), **_wants(rng))
    day.holds.append(hold)
    return "held"


def _order(day: Day, rng: random.Random) -> str:
    order_id = day.shop.capture(day.name("web"), **_wants(rng))
    day.orders.append(order_id)
    return day.shop.allocate(order_id)


def _order_twice(day: Day, rng: random.Random) -> str:
    """The channel sends it twice, and two steps work on it."""
    name, wants = day.name("twice"), _wants(rng)
    order_id = day.shop.capture(name, **wants)
    again = day.shop.capture(name, **wants)
    if again != order_id:
        day.problems.append(f"{name} became two orders")
    day.orders.append(order_id)
    day.shop.allocate(order_id)
    return day.shop.allocate(order_id)


def _order_on_hold(day: Day, rng: random.Random) -> str:
    wants = _wants(rng)
    key, name, pause = day.name("cart"), day.name("cart-order"), rng.choice((0, 0, 0, 45))
    hold = day.shop.hold(60, key=key, **wants)
    day.shop.dynamo._sleep(pause)
    order_id = day.shop.capture(name, hold, **wants)
    day.orders.append(order_id)
    return day.shop.allocate(order_id)


def _release(day: Day, rng: random.Random) -> str:
    if not day.holds:
        return "nothing"
    return str(day.shop.release(rng.choice(day.holds)).state)


def _extend(day: Day, rng: random.Random) -> str:
    if day.holds:
        day.shop.extend(rng.choice(day.holds), 120)
    return "extended"


def _cancel(day: Day, rng: random.Random) -> str:
    if day.orders:
        day.shop.cancel(rng.choice(day.orders))
    return "cancelled"


def _ship(day: Day, rng: random.Random) -> str:
    if not day.orders:
        return "nothing"
    order_id = rng.choice(day.orders)
    if day.shop.orders.load(order_id).stage not in (Stage.ALLOCATED, Stage.RELEASED):
        return "not yet"
    day.shop.ship(order_id)
    return "shipped"


def _receive(day: Day, rng: random.Random) -> str:
    units = {rng.choice(SKUS): rng.randint(1, 3)}
    day.shop.receive(rng.choice((EAST, WEST)), day.name("PO"), **units)
    return "received"


def _count(day: Day, rng: random.Random) -> str:
    day.shop.adjust(rng.choice(SKUS), rng.choice((-1, 1)), key=day.name("count"))
    return "counted"


def _sweep(day: Day, rng: random.Random) -> str:
    day.shop.sweep()
    return "swept"


def _wait(day: Day, rng: random.Random) -> str:
    day.shop.dynamo._sleep(rng.choice((5, 20, 60)))
    return "waited"


# --- the end of the day ------------------------------------------------------------------


def _close(day: Day) -> list[str]:
    shop = day.shop
    shop.client.deliver_late()
    shop.wait(1_200)
    shop.client.deliver_late()
    for _ in range(3):
        shop.sweep()
    for order_id in day.orders:
        if shop.orders.load(order_id).stage is Stage.BACKORDERED:
            shop.allocate(order_id)
    shop.wait(1_200)
    shop.sweep()
    return [*broken(shop), *_outside_view(day), *_nothing_stranded(day)]


def _outside_view(day: Day) -> list[str]:
    """S6: units promised to orders, and gone with them, are no more than there ever were."""
    books = Books(day.shop)
    came: Counter[str] = Counter()
    for move in books.moves:
        if move.reason not in (Reason.SHIPMENT,):
            came[move.sku] += move.changes.get("on_hand", 0)
    promised: Counter[str] = Counter()
    for order in books.orders:
        if order.stage not in (Stage.CANCELLED, Stage.CAPTURED, Stage.VALIDATED):
            content = day.shop.orders.load_with_content(order.order_id)[1]
            short = Counter({each.sku: each.units for each in order.waiting})
            for sku, units in _units(content).items():
                promised[sku] += units - short[Sku(sku)]
    return [
        f"S6 {sku}: {promised[sku]} promised, {came[sku]} came"
        for sku in promised
        if promised[sku] > came[sku]
    ]


def _units(content: Any) -> Counter[str]:
    units: Counter[str] = Counter()
    parts = {part.line_id for part in content.parts}
    for line in content.lines:
        if line.line_id not in parts:
            units[line.sku] += line.quantity
    for part in content.parts:
        units[part.sku] += part.per_kit * content.line(part.line_id).quantity
    return units


def _nothing_stranded(day: Day) -> list[str]:
    """S7: what is free can be bought, to the last unit, and not one more."""
    found = []
    for sku in SKUS:
        free = sum(level.available for level in day.shop.stock.levels(Sku(sku)))
        line = sum(each.units for each in day.shop.stock.line(Sku(sku)))
        wanted = max(0, free - line)
        if wanted and _buys(day, sku, wanted) != "held":
            found.append(f"S7 {sku}: {wanted} free, and nobody can have them")
        if _buys(day, sku, 1) == "held":
            found.append(f"S6 {sku}: all gone, and one more was promised")
    return found


def _buys(day: Day, sku: str, units: int) -> str:
    try:
        day.shop.hold(**{sku: units})
    except OmsError as refused:
        return refused.code
    return "held"
