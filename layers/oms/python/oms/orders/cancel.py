"""End an order: cancelled by its customer or its channel, rejected by us.

One write ends it, gives the stock back and records the money that is owed. A cancellation
and a shipment that race for the same order write the same version: one of them wins, and the
other is told why it cannot.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from oms.fulfilment.model import ShipmentState
from oms.kernel.clock import Clock
from oms.kernel.ids import OrderId
from oms.kernel.unchanged import until_unchanged
from oms.orders.model import Order, Stage
from oms.orders.ports import OrderStore, Stock
from oms.orders.promises import given_up, without_promises
from oms.orders.step import Outcome, Run
from oms.orders.transitions import moved
from oms.payments.settle import owed_back


@dataclass(frozen=True, slots=True)
class EndOrder:
    """The one way an order ends early; `CancelOrder` and `RejectOrder` say which."""

    orders: OrderStore
    stock: Stock
    clock: Clock

    def __call__(
        self, order_id: OrderId, transition: str, actor: str, reason: str, **detail: str
    ) -> Order:
        """Raises Refused when the table forbids `transition` now."""
        return until_unchanged(lambda: self._end(order_id, transition, actor, reason, detail))

    def _end(
        self, order_id: OrderId, transition: str, actor: str, reason: str, detail: dict[str, str]
    ) -> Order:
        order, now = self.orders.load(order_id), self.clock.now()
        ended = moved(order, transition, actor, now, reason=reason, **detail)
        ended = replace(
            without_promises(ended),
            holds=(),
            shipments=tuple(
                replace(each, ended=ShipmentState.CANCELLED) if each.is_live else each
                for each in order.shipments
            ),
        )
        ended = owed_back(ended, actor, now)
        freed = given_up(self.stock, order, ended, order_id, actor, self.clock)
        return self.orders.save(order, ended, also=freed)


@dataclass(frozen=True, slots=True)
class CancelOrder:
    end: EndOrder

    def __call__(self, order_id: OrderId, actor: str, reason: str) -> Order:
        """Cancelling what is cancelled already changes nothing and is no error."""
        order = self.end.orders.load(order_id)
        if order.stage is Stage.CANCELLED:
            return order
        return self.end(order_id, "cancel", actor, reason)


@dataclass(frozen=True, slots=True)
class RejectOrder:
    end: EndOrder

    def __call__(self, order_id: OrderId, actor: str, reason: str) -> Order:
        order = self.end.orders.load(order_id)
        if order.stage is Stage.REJECTED:
            return order
        return self.end(order_id, "reject", actor, reason)

    def as_step(self, order_id: OrderId, run: Run) -> Outcome:
        """The workflow's own rejection, after a screen that said REJECT."""
        order = self.end.orders.load(order_id)
        if not order.is_final:
            reasons = ", ".join(order.screening.reasons) if order.screening else "screening"
            self.end(order_id, "reject", run.actor, reasons, run=run.name, outcome=Outcome.REJECTED)
        return Outcome.REJECTED
