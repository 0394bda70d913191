"""Sweep: take on every order whose time has come.

Timers (grace, review, closing) and orders that got stuck are the same thing here: an order on
a worklist with a due time behind it. What an execution made of itself does not matter. The claim is
the write itself: two sweepers that see the same order write the same version, and one wins.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from oms.fulfilment.at_node import restarted
from oms.fulfilment.release import released
from oms.inventory.model import OutOfStock
from oms.kernel.clock import Clock
from oms.kernel.errors import NotFound, Refused, VersionConflict
from oms.kernel.ids import OrderId
from oms.orders.agenda import Worklist
from oms.orders.cancel import EndOrder
from oms.orders.hold import resumed
from oms.orders.model import HoldKind, Order
from oms.orders.ports import OrderStore
from oms.orders.transitions import moved

ACTOR = "sweeper"
MAX_STUCK = 5  # intake runs without progress before a person is asked


class DueOrders(Protocol):
    def due(self, worklist: str, now: datetime, limit: int) -> Iterator[OrderId]:
        """Orders of `worklist` whose time has come, most urgent first."""


@dataclass(frozen=True, slots=True)
class SweepOrders:
    orders: OrderStore
    agenda: DueOrders
    end: EndOrder
    clock: Clock
    batch: int = 200

    def __call__(self) -> Mapping[str, int]:
        """Take on what is due. Answers how many orders of each worklist it moved.

        An order that cannot be taken on stops no other; at the end its error is raised, so that
        somebody hears of it.
        """
        failures: list[Exception] = []
        moved = {each.value: self._sweep(each, failures) for each in Worklist}
        if failures:
            raise ExceptionGroup("orders that could not be taken on", failures)
        return moved

    def _sweep(self, worklist: Worklist, failures: list[Exception]) -> int:
        taken = 0
        for order_id in list(self.agenda.due(worklist.value, self.clock.now(), self.batch)):
            try:
                taken += self._take_on(order_id, worklist)
            except Exception as error:
                error.add_note(f"order {order_id}")
                failures.append(error)
        return taken

    def _take_on(self, order_id: OrderId, worklist: Worklist) -> bool:
        try:
            order = self.orders.load(order_id)
            if not self._is_due(order, worklist):
                return False  # the index was behind: it never decides
            self._act(order, worklist)
        except (VersionConflict, NotFound, Refused, OutOfStock):
            return False  # somebody else was faster; what is left is due again
        return True

    def _is_due(self, order: Order, worklist: Worklist) -> bool:
        return (
            order.worklist == worklist
            and order.due_at is not None
            and order.due_at <= self.clock.now()
        )

    def _act(self, order: Order, worklist: Worklist) -> None:
        if worklist is Worklist.REVIEW:
            self.end(order.order_id, "reject", ACTOR, "review lapsed")
            return
        after = _STEPS[worklist](order, self.clock.now())
        self.orders.save(order, after)


# --- what to do with a due order, by worklist. Each gives the order as it shall be ---------


def _restart(order: Order, now: datetime) -> Order:
    if order.stuck >= MAX_STUCK:
        return _give_up(order, "intake keeps failing", now)
    return resumed(replace(order, stuck=order.stuck + 1), ACTOR, now)


def _retry_backorder(order: Order, now: datetime) -> Order:
    return resumed(order, ACTOR, now)


def _restart_parcels(order: Order, now: datetime) -> Order:
    if order.stuck >= MAX_STUCK:
        return _give_up(order, "a parcel's workflow keeps failing", now)
    return restarted(replace(order, stuck=order.stuck + 1), ACTOR, now)


def _give_up(order: Order, reason: str, now: datetime) -> Order:
    held = order.with_hold(HoldKind.ATTENTION, reason, now, None)
    return held.noted("AttentionNeeded", ACTOR, now, reason=reason)


def _release(order: Order, now: datetime) -> Order:
    return released(order, ACTOR, now)


def _close(order: Order, now: datetime) -> Order:
    return moved(order, "close", ACTOR, now)


def _late(order: Order, now: datetime) -> Order:
    late = order.with_hold(HoldKind.LATE, f"overdue since {order.worklist.lower()}", now, None)
    return late.noted("OrderOverdue", ACTOR, now, worklist=order.worklist)


def _remind(order: Order, now: datetime) -> Order:
    return order.noted("TaskOverdue", ACTOR, now, worklist=order.worklist)


def _settle(order: Order, now: datetime) -> Order:
    if order.stuck >= MAX_STUCK:
        return _give_up(order, "the money cannot be given back", now)
    return replace(order, stuck=order.stuck + 1).noted("SettlementRequested", ACTOR, now)


_STEPS: Mapping[Worklist, Callable[[Order, datetime], Order]] = {
    Worklist.INTAKE: _restart,
    Worklist.BACKORDER: _retry_backorder,
    Worklist.GRACE: _release,
    Worklist.PARCEL: _restart_parcels,
    Worklist.NODE: _late,
    Worklist.TRANSIT: _late,
    Worklist.DELIVERED: _close,
    Worklist.LATE: _remind,
    Worklist.HOLD: _remind,
    Worklist.ATTENTION: _remind,
    Worklist.SETTLEMENT: _settle,
}
