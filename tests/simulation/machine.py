"""The engine and the reference side by side, through whatever Hypothesis thinks of.

Every command goes to both; then answers, levels, holds and orders must be the same and the laws
of stock must hold. A mishap strikes one call of the next command, and the caller asks again.
A second passes before each command, and none passes during it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import hypothesis.strategies as st
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import (
    precondition,
    rule,
    run_state_machine_as_test,
)

from oms.kernel.ids import OrderId, Sku
from oms.orders.capture import HeldCart, NewOrder
from oms.orders.ports import RawDelivery
from tests.simulation.machine_commands import KIT, OVERSOLD_SKU, SKUS
from tests.simulation.machine_goods import Goods, skus
from tests.simulation.machine_sides import at_nodes, hand_over, rejected
from tests.simulation.reference_stock import Order
from tests.simulation.shop import a_content

which = st.integers(0, 7)  # the last but so many
WANTS: tuple[dict[str, int], ...] = (
    *({sku: units} for sku in (*SKUS, KIT) for units in (1, 2, 4)),
    {"MUG": 1, "CUP": 1},
    {"CUP": 2, "MUG": 3},
    {KIT: 1, "CUP": 1},
    {OVERSOLD_SKU: 3, "MUG": 1},
)
wants = st.sampled_from(WANTS)
some_hold = precondition(lambda machine: machine.holds)
some_order = precondition(lambda machine: machine.ids)


class StockMachine(Goods):
    @rule(wants=wants, seconds=st.sampled_from((5, 60, 900)), twice=st.booleans())
    def hold(self, wants: dict[str, int], seconds: int, twice: bool) -> None:
        key = self.begin("hold", twice)
        heard = self.asked(lambda: self.shop.hold(seconds, key=key, **wants))
        if isinstance(heard, str) and len(heard) == 32:
            self.holds.append(heard)
            heard = "held", {}
        self.same(heard, self.stock.hold(wants, seconds))

    @some_hold
    @rule(back=which, seconds=st.sampled_from((5, 60, 4_000)))
    def extend(self, back: int, seconds: int) -> None:
        self.begin("extend")
        at = self.last_but(back, self.holds)
        heard = self.asked(lambda: self.shop.extend(self.holds[at], seconds).state)
        self.same(heard, self.stock.extend(self.stock.carts[at], seconds))

    @some_hold
    @rule(back=which, twice=st.booleans())
    def release(self, back: int, twice: bool) -> None:
        self.begin("release", twice)
        at = self.last_but(back, self.holds)
        heard = self.asked(lambda: self.shop.release(self.holds[at]).state)
        self.same(heard, self.stock.release(self.stock.carts[at]))

    @staticmethod
    def last_but(back: int, made: Sequence[Any]) -> int:
        return len(made) - 1 - back % len(made)

    @rule(seconds=st.sampled_from((0, 3, 4, 58, 700, 4_000)), sweeps=st.booleans())
    def wait(self, seconds: int, sweeps: bool) -> None:
        """Then holds are over. Without a sweep they stay until somebody lacks their units."""
        self.begin("wait")
        self.shop.wait(seconds)
        self.stock.now += seconds
        levels = [each for sku in SKUS for each in self.shop.stock.levels(Sku(sku))]
        # Which holds lie on several shelves is not known outside.
        if sweeps or any(each.reserved for each in levels if each.shelf):
            self.asked(self.shop.sweep)
            self.stock.sweep()
        self.same(None, None)

    # --- orders ------------------------------------------------------------------------

    @rule(wants=wants, twice=st.booleans())
    def order(self, wants: dict[str, int], twice: bool) -> None:
        self._place(Order(wants), twice=twice)

    @rule(wants=wants, complete=st.booleans(), priority=st.sampled_from((5, 9)))
    def order_on_terms(self, wants: dict[str, int], complete: bool, priority: int) -> None:
        self._place(Order(wants, complete, priority))

    @some_hold
    @rule(back=which, more=st.sampled_from((0, 0, 0, 1, -1)))
    def order_on_hold(self, back: int, more: int) -> None:
        """Of what is held, or of one unit more or fewer."""
        at = self.last_but(back, self.holds)
        wants = dict(self.stock.carts[at].asked)
        first = next(iter(wants))
        wants[first] = max(1, wants[first] + more)
        self._place(Order(wants), at)

    def _place(self, order: Order, cart: int | None = None, twice: bool = False) -> None:
        name = self.begin("order", twice)
        hold = self.holds[cart] if cart is not None else ""
        order_id = self.asked(lambda: self.capture(name, order, hold))
        heard = (
            self.asked(lambda: self.shop.allocate(order_id)) if len(order_id) == 26 else order_id
        )
        if len(order_id) == 26:
            self.ids.append(order_id)
        held = self.stock.carts[cart] if cart is not None else None
        self.same(heard, self.stock.order(order, held))

    def capture(self, name: str, order: Order, hold: str) -> OrderId:
        shop = self.shop
        content = replace(
            a_content(order.wants), ship_complete=order.complete, priority=order.priority
        )
        raw = repr((name, order.wants)).encode()
        new = NewOrder("api", "default", name, name, "USD", content)
        held = HeldCart(hold, "web") if hold else None
        first = shop._capture(new, RawDelivery(raw, raw.hex()), hold=held).order_id
        again = shop._capture(new, RawDelivery(raw, raw.hex()), hold=held)
        assert (again.order_id, again.duplicate) == (first, True), "it was taken twice"
        return first

    @some_order
    @rule(back=which)
    def look_again(self, back: int) -> None:
        """The next look of an order that waits, and nothing for any other."""
        self._change(back, "allocate", self.shop.allocate)

    @some_order
    @rule(back=which, twice=st.booleans())
    def cancel(self, back: int, twice: bool) -> None:
        self._change(back, "cancel", lambda name: self.shop.cancel(name).stage, twice)

    @some_order
    @rule(back=which)
    def undo(self, back: int) -> None:
        self._change(back, "deallocate", self.shop.deallocate)

    def _change(
        self, back: int, act: str, call: Callable[[OrderId], Any], twice: bool = False
    ) -> None:
        self.begin(act, twice)
        at = self.last_but(back, self.ids)
        heard = self.asked(lambda: call(self.ids[at]))
        self.same(heard, getattr(self.stock, act)(self.stock.orders[at]))

    @some_order
    @rule(back=which, most=st.sampled_from((0, 1, 2)))
    def ship(self, back: int, most: int) -> None:
        """The parcels of so many nodes leave; of none, but the nodes have been told."""
        self.begin("ship")
        at = self.last_but(back, self.ids)
        sites = sorted({leg[2] for leg in self.stock.orders[at].legs})[:most]
        heard = self.asked(lambda: hand_over(self.shop, self.ids[at], sites))
        self.same(heard, self.stock.ship(self.stock.orders[at], most))

    @some_order
    @rule(back=which)
    def move(self, back: int) -> None:
        """The node sends the order back, and it is planned again round that node."""
        self.begin("move")
        at = self.last_but(back, self.ids)
        name, order = self.ids[at], self.stock.orders[at]
        self.asked(lambda: at_nodes(self.shop, name))
        self.stock.to_nodes(order)
        number = max((each.number for each in self.shop.orders.load(name).shipments), default=0)
        heard = self.asked(lambda: rejected(self.shop, name, number))
        assert heard == (told := self.stock.reject(order)), f"{heard}, it should be {told}"
        heard = self.asked(lambda: self.shop.allocate(name))
        self.same(heard, self.stock.allocate(order))

    @rule(sku=skus)
    def back_promises(self, sku: str) -> None:
        """What was promised beyond stock gets units that are there, in the order of the line."""
        self.begin("back")
        for order in self.stock.line(sku):
            name = self.ids[self.stock.orders.index(order)]
            self.asked(lambda name=name: self.waiters.back(name, Sku(sku)))  # type: ignore[misc]
            self.stock.back(order, sku)
        self.same(None, None)


def prove(
    examples: int, steps: int, number: int | None = None, *, shrinks: bool = True
) -> tuple[int, int]:
    """How many examples and steps ran. `number` is the seed; None always takes the same ones.

    Raises AssertionError when something was not the same, with the shortest commands that lead
    there, as code; without `shrinks` with the first ones found.
    """

    class Proof(StockMachine):
        tally: Counter[str] = Counter()

    run_state_machine_as_test(
        Proof if number is None else seed(number)(Proof),
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            derandomize=number is None,
            database=None,
            deadline=None,
            phases=[Phase.generate, *[Phase.shrink] * shrinks],
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        ),
    )
    return Proof.tally["examples"], Proof.tally["steps"]
