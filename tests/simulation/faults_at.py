"""Every single fault, and every pair, at every call that the stock path makes.

A scenario is a list of steps; each is what a caller or a workflow would do, and is repeated as
they would: after a crash, after no answer. One run without faults counts the calls; then every
call meets every kind of fault that fits it, alone and in pairs. At the end time passes, the
sweep runs, late duplicates arrive, and the outcome must be that of the run without faults.

The boundaries of the reliability design are covered as B5 (hold, allocate), B13 (ship), B16
(release, cancel); each visit is counted by boundary and kind.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

from oms.kernel.errors import OmsError, Unavailable
from oms.kernel.ids import Sku
from tests.simulation.dynamo.faults import Crash, FaultKind, FaultPlan
from tests.simulation.laws import broken
from tests.simulation.shop import Shop, seeded

Step = Callable[["Case"], Any]
Where = tuple[int, FaultKind]
TRIES = 12


@dataclass
class Case:
    """A shop in a scenario, and what its steps have made so far."""

    shop: Shop
    made: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Scenario:
    """`steps` by boundary and name; `skus` are compared at the end."""

    name: str
    open: Callable[[Shop], None]
    steps: tuple[tuple[str, Step], ...]
    skus: tuple[str, ...]


def _keep(name: str, call: Callable[[Case], Any]) -> Step:
    def step(case: Case) -> Any:
        case.made[name] = call(case)
        return case.made[name]

    return step


def _goods(shop: Shop) -> None:
    shop.receive(MUG=9, CUP=4)


_WALK = Scenario(
    "a cart, its order, another order, a cancellation",
    _goods,
    (
        ("B5 hold", _keep("hold", lambda c: c.shop.hold(key="cart-1", MUG=3, CUP=1))),
        ("B1 capture", _keep("a", lambda c: c.shop.capture("A", c.made["hold"], MUG=3, CUP=1))),
        ("B5 allocate", lambda c: c.shop.allocate(c.made["a"])),
        ("B1 capture", _keep("b", lambda c: c.shop.capture("B", MUG=2, CUP=3))),
        ("B5 allocate", lambda c: c.shop.allocate(c.made["b"])),
        ("B13 ship", lambda c: _shipped(c, "a")),
        ("B16 cancel", lambda c: c.shop.cancel(c.made["b"]).stage),
        ("B5 hold", _keep("spare", lambda c: c.shop.hold(key="cart-2", MUG=2))),
        ("B16 release", lambda c: c.shop.release(c.made["spare"]).state),
        ("B5 allocate", _keep("c", lambda c: c.shop.order("C", MUG=6)[1])),
    ),
    ("MUG", "CUP"),
)


def _shipped(case: Case, name: str) -> str:
    """A hand-over that is repeated after it happened is refused, and that is success."""
    order = case.shop.orders.load(case.made[name])
    if order.legs:
        case.shop.ship(case.made[name])
    return "shipped"


_MANY = {f"PART-{number}": 1 for number in range(60)}

LARGE = Scenario(
    "an order too large for one transaction",
    lambda shop: shop.receive(**dict.fromkeys(_MANY, 3)),
    (
        ("B1 capture", _keep("a", lambda c: c.shop.capture("A", **_MANY))),
        ("B5 allocate", lambda c: c.shop.allocate(c.made["a"])),
        ("B1 capture", _keep("b", lambda c: c.shop.capture("B", **_MANY))),
        ("B5 allocate", lambda c: c.shop.allocate(c.made["b"])),
        ("B16 cancel", lambda c: c.shop.cancel(c.made["a"]).stage),
        ("B13 ship", lambda c: _shipped(c, "b")),
    ),
    ("PART-0", "PART-59"),
)


def _short(shop: Shop) -> None:
    shop.receive(MUG=2)
    shop.hold(60, key="left behind", MUG=1)


_EXPIRY = Scenario(
    "a hold that runs out, and who comes after it",
    _short,
    (
        ("B16 expire", lambda c: c.shop.wait(61)),
        ("B5 hold", _keep("hold", lambda c: c.shop.hold(30, key="cart-1", MUG=2))),
        ("B16 expire", lambda c: c.shop.wait(31)),
        ("B16 sweep", lambda c: bool(c.shop.sweep())),
        ("B1 capture", _keep("a", lambda c: c.shop.capture("A", c.made["hold"], MUG=2))),
        ("B5 allocate", lambda c: c.shop.allocate(c.made["a"])),
        ("B16 deallocate", lambda c: c.shop.deallocate(c.made["a"])),
        ("B5 allocate", lambda c: c.shop.allocate(c.made["a"])),
    ),
    ("MUG",),
)

SCENARIOS = (_WALK, _EXPIRY, LARGE)


@dataclass
class Outcome:
    """How a run ended: what every step heard, and what lies where."""

    heard: list[Any]
    figures: dict[str, tuple[int, int, int]]
    calls: list[tuple[str, str]]


def run(
    scenario: Scenario, faults: Iterable[Where] = (), visits: Counter[Any] | None = None
) -> Outcome:
    """Play it with these faults. Raises AssertionError when a law is broken."""
    with seeded(7):
        shop = Shop()
        scenario.open(shop)
        plan = FaultPlan()
        for number, kind in faults:
            plan.at(number, kind)
        shop.client.plan = plan
        case, heard, calls = Case(shop), list[Any](), list[tuple[str, str]]()
        for boundary, step in scenario.steps:
            first = len(plan.asked)
            heard.append(_insisted(boundary, step, case))
            calls += [(boundary, operation) for operation in plan.asked[first:]]
        shop.client.plan = None
        shop.client.deliver_late()
        shop.wait(3_000)
        shop.client.deliver_late()
        shop.sweep()
        found = broken(shop)
    if visits is not None:
        for number, kind in faults:
            if number < len(calls):
                visits[calls[number][0], kind] += 1
    assert not found, f"{scenario.name}, {list(faults)}: " + "; ".join(found)
    return Outcome(heard, {sku: _figures(shop, sku) for sku in scenario.skus}, calls)


def _insisted(boundary: str, step: Step, case: Case) -> Any:
    for _ in range(TRIES):
        try:
            heard = step(case)
        except (Crash, Unavailable, ExceptionGroup):
            continue  # a sweep that failed in part is tried again like any step
        except OmsError as refused:
            return refused.code
        # Names of orders and holds differ from run to run; what was decided does not.
        return "made" if isinstance(heard, str) and len(heard) in (26, 32) else heard
    raise AssertionError(f"{boundary} did not come through in {TRIES} tries")


def _figures(shop: Shop, sku: str) -> tuple[int, int, int]:
    levels = shop.stock.levels(Sku(sku))
    return (
        sum(level.on_hand for level in levels),
        sum(level.reserved for level in levels),
        sum(level.available for level in levels),
    )


def singles(scenario: Scenario) -> Iterator[tuple[Where]]:
    """Every call with every kind of fault that fits it."""
    for number, (_, operation) in enumerate(run(scenario).calls):
        for kind in FaultKind:
            if kind.fits(operation):
                yield ((number, kind),)


def pairs(scenario: Scenario) -> Iterator[tuple[Where, Where]]:
    """Every two faults at different calls."""
    alone = [where for (where,) in singles(scenario)]
    return ((a, b) for a, b in combinations(alone, 2) if a[0] != b[0])


def differs(scenario: Scenario, faults: tuple[Where, ...], visits: Counter[Any]) -> str:
    """What is otherwise than without faults; empty when nothing is."""
    plain, hit = _plain(scenario), run(scenario, faults, visits)
    if hit.heard != plain.heard or hit.figures != plain.figures:
        was = f"{plain.heard} {plain.figures}"
        return f"{scenario.name}, {faults}: {hit.heard} {hit.figures}, not {was}"
    return ""


_PLAIN: dict[str, Outcome] = {}


def _plain(scenario: Scenario) -> Outcome:
    if scenario.name not in _PLAIN:
        _PLAIN[scenario.name] = run(scenario)
    return _PLAIN[scenario.name]
