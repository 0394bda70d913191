"""The built-in screen as a port: gathers the facts, then lets the rules speak."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from oms.fraud.model import Facts, Policy, score
from oms.kernel.clock import Clock
from oms.orders.content import Content
from oms.orders.model import Order, Screening

_DAY = timedelta(days=1)


class CustomerHistory(Protocol):
    def orders_of(self, email: str, limit: int) -> list[tuple[str, datetime]]:
        """(order id, captured at) of the customer's newest orders."""


@dataclass(frozen=True, slots=True)
class BuiltInScreen:
    """Answers `oms.orders.ports.FraudScreen`. The history is an index and may lag a second;
    it informs a score, it decides nothing by itself."""

    history: CustomerHistory
    clock: Clock
    policy: Policy = Policy()

    def screen(self, order: Order, content: Content) -> Screening:
        email, since = content.customer.email, self.clock.now() - _DAY
        known = self.history.orders_of(email, self.policy.velocity + 1) if email else []
        others = [at for order_id, at in known if order_id != order.order_id]
        facts = Facts(
            content=content,
            amount=content.totals.total.amount_minor,
            recent_orders=sum(at >= since for at in others),
            first_order=not others,
        )
        return score(facts, self.policy)
