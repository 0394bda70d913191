"""Holds: put one on, take one off, and decide a review. An order whose last hold falls goes
on by itself from where it stands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from oms.kernel.clock import Clock
from oms.kernel.errors import Refused
from oms.kernel.ids import OrderId
from oms.kernel.unchanged import until_unchanged
from oms.orders.content import Content
from oms.orders.model import INTAKE, HoldKind, Order
from oms.orders.ports import OrderStore
from oms.orders.step import Outcome, Run
from oms.orders.transitions import moved

# A correction of what was bought.
ContentChange = Callable[[Content], Content]


def resumed(order: Order, actor: str, at: datetime) -> Order:
    """Ask for the next intake run when the order is in intake and nothing holds it."""
    if order.blocked or order.stage not in INTAKE:
        return order
    order = replace(order, intake=order.intake + 1)
    return moved(order, "resume", actor, at, intake=order.intake)


def without_hold(order: Order, number: int, actor: str, at: datetime, how: str) -> Order:
    """Take hold `number` off. Raises Refused `no-hold` when it is not there (any more)."""
    hold = order.hold_numbered(number)
    if hold is None:
        raise Refused("this hold was lifted already", "no-hold")
    lifted = order.without_holds([number])
    note = moved(order, "lift", actor, at, kind=hold.kind.value, how=how)
    return replace(lifted, timeline=note.timeline)


@dataclass(frozen=True, slots=True)
class HoldOrder:
    orders: OrderStore
    clock: Clock

    def __call__(self, order_id: OrderId, actor: str, reason: str) -> Order:
        return until_unchanged(lambda: self._hold(order_id, actor, reason))

    def _hold(self, order_id: OrderId, actor: str, reason: str) -> Order:
        order, now = self.orders.load(order_id), self.clock.now()
        if order.hold(HoldKind.MANUAL):
            return order
        after = order.with_hold(HoldKind.MANUAL, reason or "put on hold", now, None)
        return self.orders.save(order, moved(after, "hold", actor, now, kinds=["MANUAL"]))


@dataclass(frozen=True, slots=True)
class ReleaseHold:
    """Lift every hold a person may simply lift. A defect that still stands (no address)
    comes back with the next validation, and a review is decided, not lifted."""

    orders: OrderStore
    clock: Clock

    def __call__(self, order_id: OrderId, actor: str, how: str = "released") -> Order:
        return until_unchanged(lambda: self._release(order_id, actor, how))

    def _release(self, order_id: OrderId, actor: str, how: str) -> Order:
        order, now = self.orders.load(order_id), self.clock.now()
        after = moved(replace(order, stuck=0), "release_hold", actor, now, how=how)
        after = after.without_holds(hold.number for hold in order.holds)
        return self.orders.save(order, resumed(after, actor, now))


@dataclass(frozen=True, slots=True)
class ApproveReview:
    orders: OrderStore
    clock: Clock

    def __call__(self, order_id: OrderId, actor: str, reason: str = "") -> Order:
        return until_unchanged(lambda: self._approve(order_id, actor, reason))

    def _approve(self, order_id: OrderId, actor: str, reason: str) -> Order:
        order, now = self.orders.load(order_id), self.clock.now()
        after = moved(order, "approve", actor, now, reason=reason)
        if after.screening:
            after = replace(after, screening=replace(after.screening, cleared_by=actor))
        review = (hold.number for hold in order.holds if hold.kind is HoldKind.REVIEW)
        return self.orders.save(order, resumed(after.without_holds(review), actor, now))


@dataclass(frozen=True, slots=True)
class Correct:
    """A person mends what a hold complained of; `content` may change with it."""

    orders: OrderStore
    clock: Clock

    def __call__(
        self,
        order_id: OrderId,
        number: int,
        actor: str,
        how: str,
        change: ContentChange,
        waive: bool = False,
    ) -> Order:
        """Apply `change` to the content, lift hold `number`, go on. Raises Refused `no-hold`."""
        return until_unchanged(lambda: self._correct(order_id, number, actor, how, change, waive))

    def _correct(
        self,
        order_id: OrderId,
        number: int,
        actor: str,
        how: str,
        change: ContentChange,
        waive: bool,
    ) -> Order:
        order, content = self.orders.load_with_content(order_id)
        now = self.clock.now()
        hold = order.hold_numbered(number)
        after = without_hold(order, number, actor, now, how)
        if hold and waive:
            after = replace(after, waived=(*after.waived, hold.kind))
        changed = change(content)
        return self.orders.save(
            order,
            resumed(after, actor, now),
            content=None if changed == content else changed,
        )


@dataclass(frozen=True, slots=True)
class FlagAttention:
    """The end of a workflow that does not know how to go on: a person has to look."""

    orders: OrderStore
    clock: Clock

    def __call__(self, order_id: OrderId, run: Run, reason: str) -> Outcome:
        return until_unchanged(lambda: self._flag(order_id, run, reason))

    def _flag(self, order_id: OrderId, run: Run, reason: str) -> Outcome:
        order, now = self.orders.load(order_id), self.clock.now()
        if order.is_final or _flagged_by(order, run):
            return Outcome.FLAGGED
        # One task is enough: who lifts it asks for every parcel again.
        known = order.hold(HoldKind.ATTENTION)
        after = order if known else order.with_hold(HoldKind.ATTENTION, reason, now, None)
        after = after.noted(
            "AttentionNeeded",
            run.actor,
            now,
            run=run.name,
            outcome=Outcome.FLAGGED,
            reason=known.reason if known else reason,
        )
        self.orders.save(order, after)
        return Outcome.FLAGGED


def _flagged_by(order: Order, run: Run) -> bool:
    """This very run has asked for a person before."""
    return any(
        entry.event == "AttentionNeeded" and entry.detail.get("run") == run.name
        for entry in order.timeline
    )
