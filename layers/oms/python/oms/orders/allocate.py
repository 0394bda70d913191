"""Allocate: choose the nodes, and take the stock in the same write that says so. And undo.

Availability is checked by the conditional write that takes it, never before. A plan made
from levels that a rival changed meanwhile fails as a whole and is made again. What cannot be
promised is a result: the order waits in line, or ends, as the policies say.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from oms.inventory.selling import WhenShort
from oms.inventory.take import until_taken
from oms.kernel.clock import Clock
from oms.kernel.ids import OrderId, Sku
from oms.kernel.unchanged import until_unchanged
from oms.orders.cancel import EndOrder
from oms.orders.content import Content
from oms.orders.expectation import expected_on
from oms.orders.model import Order, Stage
from oms.orders.ports import OrderStore, Stock
from oms.orders.promises import (
    buyer_of,
    given_up,
    later,
    latest_day,
    promised,
    units_by_sku,
    wanted,
    with_parts,
    without_promises,
)
from oms.orders.step import Outcome, Run, already
from oms.orders.transitions import may, moved
from oms.routing.model import Plan
from oms.routing.route import route

# Frees units of expired holds on these SKUs; answers whether there were any.
Reclaim = Callable[[Collection[Sku]], bool]


@dataclass(frozen=True, slots=True)
class _Case:
    """One order at its allocation; `stored` is its content as it was read."""

    order: Order
    stored: Content
    content: Content
    run: Run
    now: datetime


@dataclass(frozen=True, slots=True)
class AllocateStock:
    orders: OrderStore
    stock: Stock
    clock: Clock
    end: EndOrder
    reclaim: Reclaim = lambda skus: False

    def __call__(self, order_id: OrderId, run: Run) -> Outcome:
        return until_unchanged(lambda: self._allocate(order_id, run))

    def _allocate(self, order_id: OrderId, run: Run) -> Outcome:
        order, stored = self.orders.load_with_content(order_id)
        if answer := already(order, Stage.ALLOCATED, Outcome.ALLOCATED):
            return answer
        now = self.clock.now()
        if day := later(stored, now.date()):
            why = Plan((), (), (f"locks no stock before {day}",))
            return self._wait(_Case(order, stored, stored, run, now), why, day)
        # What a kit consists of is settled once: the catalogue may say something else later.
        settled = order.legs or order.waiting
        content = stored if settled else with_parts(stored, self.stock)
        if day := self._not_sold_before(content, now):
            why = Plan((), (), (f"not sold before {day}",))
            return self._wait(_Case(order, stored, stored, run, now), why, day)
        case = _Case(order, stored, content, run, now)
        return until_taken(lambda attempt: self._attempt(case, attempt))

    def _attempt(self, case: _Case, attempt: int) -> Outcome | None:
        plan = self._plan(case, attempt)
        if plan.shortages and self.reclaim({each.sku for each in plan.shortages}):
            return None
        return self._carry_out(case, plan)

    def _not_sold_before(self, content: Content, now: datetime) -> str:
        """The day (ISO) before which one of its kits is not sold: its parts may be, alone."""
        kits = {part.line_id for part in content.parts}
        skus = {line.sku for line in content.shippable if line.line_id in kits}
        selling = self.stock.selling(skus) if skus else {}
        day = max((each.available_from for each in selling.values()), default="")
        return day if day > now.date().isoformat() else ""

    def _plan(self, case: _Case, attempt: int) -> Plan:
        """Another attempt begins at other parts of a hot SKU."""
        buyer = buyer_of(case.order, case.content, case.now)
        if attempt:
            buyer = replace(buyer, seed=f"{buyer.seed}#{attempt}")
        return route(wanted(case.order, case.content), buyer, stock=self.stock)

    def _carry_out(self, case: _Case, plan: Plan) -> Outcome:
        if not plan.shortages:
            return self._take(case, plan)
        selling = self.stock.selling({each.sku for each in plan.shortages})
        policy = self.stock.policy().channel(case.order.channel)
        if policy.when_short is WhenShort.CANCEL or not all(s.backorders for s in selling.values()):
            return self._end(case, plan)
        today = case.now.date().isoformat()
        embargo = max((s.available_from for s in selling.values()), default="")
        return self._wait(case, plan, embargo if embargo > today else "")

    def _take(self, case: _Case, plan: Plan) -> Outcome:
        legs = (*case.order.legs, *plan.legs)
        after = moved(
            replace(
                promised(case.order, legs, since=case.now, content=case.content),
                not_before=None,
                expected_on="",
                promised_on=latest_day(legs),
            ),
            "allocate",
            case.run.actor,
            case.now,
            run=case.run.name,
            outcome=Outcome.ALLOCATED,
            nodes=sorted({leg.node for leg in legs}),
            why=list(plan.reasons),
            promised_on=latest_day(legs),
        )
        self._save(case, after, plan)
        return Outcome.ALLOCATED

    def _wait(self, case: _Case, plan: Plan, not_before: str) -> Outcome:
        """Keep what can be had already, stand in line for the rest, and say until when."""
        order, legs = case.order, (*case.order.legs, *plan.legs)
        waiting = promised(order, legs, plan.shortages, since=case.now, content=case.content)
        after = replace(
            waiting,
            not_before=_midnight(not_before) if not_before else None,
            expected_on=max(not_before, expected_on(waiting, self.stock, case.now.date())),
        )
        stands = order.stage is Stage.BACKORDERED
        if stands and replace(after, expected_on=order.expected_on) == order:
            return Outcome.BACKORDERED
        detail = {
            "run": case.run.name,
            "outcome": Outcome.BACKORDERED,
            "short": units_by_sku(plan.shortages),
            "expected_on": after.expected_on,
        }
        if stands:
            after = after.noted("BackorderChanged", case.run.actor, case.now, **detail)
        else:
            after = moved(after, "backorder", case.run.actor, case.now, **detail)
        self._save(case, after, plan)
        return Outcome.BACKORDERED

    def _end(self, case: _Case, plan: Plan) -> Outcome:
        """The policy says not to wait. Money that came with the order goes back."""
        short = units_by_sku(plan.shortages)
        reason = "out of stock: " + ", ".join(f"{n} {sku}" for sku, n in short.items())
        self.end(case.order.order_id, "cancel", case.run.actor, reason, run=case.run.name)
        return Outcome.ENDED

    def _save(self, case: _Case, after: Order, plan: Plan) -> None:
        order, attempt = case.order, f"{case.order.order_id}@{case.order.version}"
        # Nothing in it ships: there is nothing to take, and the stage still moves.
        taken = (
            self.stock.reserve(
                plan.legs,
                order.order_id,
                case.run.actor,
                case.now,
                terms=plan.terms,
                attempt=attempt,
            )
            if plan.legs
            else []
        )
        in_line = self.stock.in_line(order.waiting, after.waiting)
        changed = None if case.content == case.stored else case.content
        try:
            self.orders.save(order, after, content=changed, also=[*taken, *in_line])
        except Exception:
            self.stock.abandon(attempt)
            raise


def _midnight(day: str) -> datetime:
    return datetime.fromisoformat(day).replace(tzinfo=UTC)


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
            without_promises(order),
            "deallocate",
            run.actor,
            self.clock.now(),
            run=run.name,
            outcome=Outcome.UNDONE,
        )
        freed = given_up(self.stock, order, after, order.order_id, run.actor, self.clock)
        self.orders.save(order, after, also=freed)
        return Outcome.UNDONE
