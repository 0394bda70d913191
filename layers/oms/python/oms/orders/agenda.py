"""What happens to an order next, and by when, if nobody does anything.

Every order that is not final stands in exactly one worklist with a due time; the store
writes both with every change, in the same write. So an order without a next step cannot be
stored, whatever becomes of the execution that worked on it, and the sweeper needs only
"what is due?" to find both timers (grace, closing) and orders that got stuck.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from oms.orders.model import INTAKE, HoldKind, Order, Stage


class Worklist(StrEnum):
    """Where a non-final order waits. The names are the keys of the `worklist` index."""

    INTAKE = "INTAKE"
    BACKORDER = "BACKORDER"
    REVIEW = "REVIEW"
    HOLD = "HOLD"
    ATTENTION = "ATTENTION"
    GRACE = "GRACE"
    PARCEL = "PARCEL"
    NODE = "NODE"
    TRANSIT = "TRANSIT"
    LATE = "LATE"  # at a node or in transit for too long: somebody was told
    DELIVERED = "DELIVERED"
    SETTLEMENT = "SETTLEMENT"


@dataclass(frozen=True, slots=True)
class Timers:
    """How long each kind of waiting may last; a setting of the stage."""

    stuck: timedelta = timedelta(seconds=90)
    backorder_retry: timedelta = timedelta(minutes=15)
    grace: timedelta = timedelta(minutes=30)
    review: timedelta = timedelta(hours=48)
    reminder: timedelta = timedelta(hours=24)
    node: timedelta = timedelta(hours=24)
    transit: timedelta = timedelta(days=10)
    close_after: timedelta = timedelta(days=14)


_BY_STATUS = {
    "NEEDS_ATTENTION": Worklist.ATTENTION,
    "IN_REVIEW": Worklist.REVIEW,
    "ON_HOLD": Worklist.HOLD,
}
_BY_STAGE = {
    **dict.fromkeys(INTAKE, Worklist.INTAKE),
    Stage.BACKORDERED: Worklist.BACKORDER,
    Stage.CONFIRMED: Worklist.GRACE,
    Stage.RELEASED: Worklist.NODE,
    Stage.PARTIALLY_SHIPPED: Worklist.NODE,
    Stage.SHIPPED: Worklist.TRANSIT,
    Stage.DELIVERED: Worklist.DELIVERED,
}
_CAN_BE_LATE = (Stage.RELEASED, Stage.PARTIALLY_SHIPPED, Stage.SHIPPED)


def worklist_of(order: Order) -> Worklist | None:
    """The worklist that `order` belongs on; None when nothing is left to do."""
    if order.is_final:
        return _owing(order) if order.settlement.pending else None
    if order.status in _BY_STATUS:
        return _BY_STATUS[order.status]
    # A parcel with its workflow under way: overdue in seconds, not in the node's day.
    if any(shipment.unfinished for shipment in order.shipments):
        return Worklist.PARCEL
    if order.hold(HoldKind.LATE) and order.stage in _CAN_BE_LATE:
        return Worklist.LATE
    return _BY_STAGE[order.stage]


def _owing(order: Order) -> Worklist:
    """Ended, with the customer's money: by itself, or before a person when that keeps failing."""
    return Worklist.ATTENTION if order.hold(HoldKind.ATTENTION) else Worklist.SETTLEMENT


def planned(before: Order | None, order: Order, timers: Timers, now: datetime) -> Order:
    """`order` with its worklist and due time, given what it was `before` this change.

    The due time is set when the order enters a worklist (or a new intake run starts) and
    stays while it is there: steps inside one phase cost the index nothing.
    """
    worklist = worklist_of(order)
    if worklist is None:
        return replace(order, worklist="", due_at=None)
    stays = before is not None and (before.worklist, before.intake) == (worklist, order.intake)
    if before is not None and stays and worklist not in _RECOMPUTED and not _passed(before, now):
        return replace(order, worklist=worklist.value, due_at=before.due_at)
    due_at = _due_at(worklist, order, timers, now)
    return replace(order, worklist=worklist.value, due_at=due_at)


# Their time follows from the order itself, and is the same however often it is computed.
_RECOMPUTED = frozenset({Worklist.GRACE, Worklist.DELIVERED, Worklist.REVIEW})


def _passed(before: Order, now: datetime) -> bool:
    return before.due_at is None or before.due_at <= now


def _due_at(worklist: Worklist, order: Order, timers: Timers, now: datetime) -> datetime:
    if worklist is Worklist.BACKORDER and order.not_before:
        return order.not_before
    if worklist is Worklist.GRACE:
        return order.release_at or now + timers.grace
    if worklist is Worklist.DELIVERED:
        return (order.delivered_at or now) + timers.close_after
    if worklist is Worklist.REVIEW:
        lapses = [hold.until for hold in order.holds if hold.until]
        return min(lapses, default=now + timers.review)
    waits = {
        Worklist.INTAKE: timers.stuck,
        Worklist.SETTLEMENT: timers.stuck,
        Worklist.PARCEL: timers.stuck,
        Worklist.BACKORDER: timers.backorder_retry,
        Worklist.HOLD: timers.reminder,
        Worklist.ATTENTION: timers.reminder,
        Worklist.LATE: timers.reminder,
        Worklist.NODE: timers.node,
        Worklist.TRANSIT: timers.transit,
    }
    return now + waits[worklist]
