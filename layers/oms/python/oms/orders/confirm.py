"""Confirm: the promise to the customer. From here the grace period runs, then the release."""

from __future__ import annotations

from dataclasses import dataclass, replace

from oms.kernel.clock import Clock
from oms.kernel.errors import Refused
from oms.kernel.ids import OrderId
from oms.kernel.unchanged import until_unchanged
from oms.orders.agenda import Timers
from oms.orders.content import Content, PaymentTerms
from oms.orders.model import Order, Stage
from oms.orders.ports import OrderStore
from oms.orders.step import Outcome, Run, already
from oms.orders.transitions import moved
from oms.payments.model import RecordKind


def covered(order: Order, content: Content) -> bool:
    """The money that the terms ask for before anything leaves is there."""
    if content.terms is PaymentTerms.UNPAID_IN_CHANNEL:
        return any(kind == "PAYMENT" for kind in order.waived)
    if not order.charges_card(content):
        return True
    captured = order.settlement.done(RecordKind.CAPTURE, order.currency)
    standing = order.settlement.open_authorization
    if standing and order.settlement.is_being_undone(standing.intent):
        return False  # an earlier run gave up on this money
    authorized = standing.amount if standing else captured
    return max(authorized, captured) >= content.totals.total


@dataclass(frozen=True, slots=True)
class ConfirmOrder:
    orders: OrderStore
    clock: Clock
    timers: Timers

    def __call__(self, order_id: OrderId, run: Run) -> Outcome:
        return until_unchanged(lambda: self._confirm(order_id, run))

    def _confirm(self, order_id: OrderId, run: Run) -> Outcome:
        order, content = self.orders.load_with_content(order_id)
        if answer := already(order, Stage.CONFIRMED, Outcome.CONFIRMED):
            return answer
        if not covered(order, content):
            raise Refused("the authorised amount does not cover the order", "not-covered")
        now = self.clock.now()
        after = moved(
            replace(order, release_at=now + self.timers.grace),
            "confirm",
            run.actor,
            now,
            run=run.name,
            outcome=Outcome.CONFIRMED,
        )
        self.orders.save(order, after)
        return Outcome.CONFIRMED
