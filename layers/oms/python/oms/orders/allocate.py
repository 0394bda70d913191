"""Allocate: choose the nodes, and take the stock in the same write that says so. And undo.

Availability is checked by the conditional write that takes it, never before. A plan made
from levels that a rival changed meanwhile fails as a whole and is made again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from oms.inventory.model import OutOfStock
from oms.kernel.clock import Clock
from oms.kernel.ids import OrderId
from oms.orders.model import Leg, Order, Stage
from oms.orders.ports import OrderStore, Stock, until_unchanged
from oms.orders.step import Outcome, Run, already
from oms.orders.transitions import may, moved
from oms.platform.unit import Write
from oms.routing.model import Plan
from oms.routing.route import route

_PLANS = 4  # how often a lost race is planned again before the order is backordered


@dataclass(frozen=True, slots=True)
class AllocateStock:
    orders: OrderStore
    stock: Stock
    clock: Clock

    def __call__(self, order_id: OrderId, run: Run) -> Outcome:
        return until_unchanged(lambda: self._allocate(order_id, run))

    def _allocate(self, order_id: OrderId, run: Run) -> Outcome:
        order, content = self.orders.load_with_content(order_id)
        if answer := already(order, Stage.ALLOCATED, Outcome.ALLOCATED):
            return answer
        for _ in range(_PLANS):
            plan = route(
                content.lines, content.shipping_address, order.avoid_nodes, stock=self.stock
            )
            if plan.shortages:
                break
            try:
                return self._take(order, plan, run)
            except OutOfStock:
                continue  # a rival was faster: look at the stock again
        return self._backorder(order, plan, run)

    def _take(self, order: Order, plan: Plan, run: Run) -> Outcome:
        now = self.clock.now()
        after = moved(
            replace(order, legs=plan.legs),
            "allocate",
            run.actor,
            now,
            run=run.name,
            outcome=Outcome.ALLOCATED,
            nodes=sorted({leg.node for leg in plan.legs}),
            why=list(plan.reasons),
        )
        # Nothing in it ships: there is nothing to take, and the stage still moves.
        reserve = self.stock.reserve(plan.legs, order.order_id, run.actor, now) if plan.legs else []
        self.orders.save(order, after, also=reserve)
        return Outcome.ALLOCATED

    def _backorder(self, order: Order, plan: Plan, run: Run) -> Outcome:
        if order.stage is Stage.BACKORDERED:
            return Outcome.BACKORDERED
        short: Counter[str] = Counter()
        for shortage in plan.shortages:
            short[shortage.sku] += shortage.quantity
        after = moved(
            order,
            "backorder",
            run.actor,
            self.clock.now(),
            run=run.name,
            outcome=Outcome.BACKORDERED,
            short=dict(short),
        )
        self.orders.save(order, after)
        return Outcome.BACKORDERED


@dataclass(frozen=True, slots=True)
class ReleaseStock:
    """The undo of `AllocateStock`: back to where it came from, or nothing if nothing is held."""

    orders: OrderStore
    stock: Stock
    clock: Clock

    def __call__(self, order_id: OrderId, run: Run) -> Outcome:
        return until_unchanged(lambda: self._release(order_id, run))

    def _release(self, order_id: OrderId, run: Run) -> Outcome:
        order = self.orders.load(order_id)
        if not may(order, "deallocate"):
            return Outcome.UNDONE
        after = moved(
            replace(order, legs=()),
            "deallocate",
            run.actor,
            self.clock.now(),
            run=run.name,
            outcome=Outcome.UNDONE,
        )
        self.orders.save(
            order, after, also=freed(self.stock, order, order.legs, run.actor, self.clock)
        )
        return Outcome.UNDONE


def freed(stock: Stock, order: Order, legs: Sequence[Leg], actor: str, clock: Clock) -> list[Write]:
    """The writes that give `legs` back to their nodes."""
    return stock.release(legs, order.order_id, actor, clock.now()) if legs else []
