"""Watch: the payment provider says that something changed.

What the message says is not believed; the provider's books are asked. What we did ourselves
is known already. What somebody did elsewhere (a refund in the provider's dashboard, an
authorisation that lapsed) makes a task, because our order no longer matches the money.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from oms.kernel.clock import Clock
from oms.kernel.errors import NotFound
from oms.kernel.ids import OrderId, is_ulid
from oms.kernel.unchanged import until_unchanged
from oms.orders.model import HoldKind
from oms.orders.ports import OrderStore
from oms.payments.model import RecordKind, Settlement
from oms.payments.ports import Authorization, AuthorizationStatus, PaymentHint, PaymentProvider


@dataclass(frozen=True, slots=True)
class WatchPayment:
    orders: OrderStore
    provider: Callable[[], PaymentProvider]
    clock: Clock

    def __call__(self, hint: PaymentHint) -> bool:
        """False when the hint is about nothing of ours: an early or a foreign event."""
        if not is_ulid(hint.order_id):
            return False
        order_id = OrderId(hint.order_id)
        try:
            order = self.orders.load(order_id)
        except NotFound:
            return False
        if not any(each.provider_id == hint.provider_id for each in order.settlement.records):
            return False
        books = self.provider().retrieve(hint.provider_id)
        until_unchanged(lambda: self._compare(order_id, books))
        return True

    def _compare(self, order_id: OrderId, books: Authorization) -> None:
        order = self.orders.load(order_id)
        reason = difference(order.settlement, order.currency, books)
        if not reason or order.is_final:
            return
        now = self.clock.now()
        after = order.with_hold(HoldKind.ATTENTION, reason, now, None)
        if after is not order:
            after = after.noted("AttentionNeeded", "payment-provider", now, reason=reason)
        self.orders.save(order, after)


def difference(ours: Settlement, currency: str, books: Authorization) -> str:
    """What the provider's books know and ours do not; empty when they agree, or while an
    effect of our own is in the air."""
    if ours.pending:
        return ""
    if books.status is AuthorizationStatus.CANCELED and ours.open_authorization:
        return "the authorisation is gone at the payment provider"
    if books.refunded > ours.done(RecordKind.REFUND, currency):
        return "money was refunded at the payment provider, not by us"
    return ""
