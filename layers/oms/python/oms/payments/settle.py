"""Settle: give back what an order that ended still holds of the customer's money.

Ending an order and letting go of its money cannot be one write: the money is somewhere else.
So the write that ends the order also records what is owed back, as pending records, and puts
the order on the SETTLEMENT worklist until each of them is done.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from oms.kernel.clock import Clock
from oms.kernel.ids import OrderId
from oms.kernel.unchanged import until_unchanged
from oms.orders.model import Order
from oms.orders.ports import OrderStore
from oms.payments.model import PaymentRecord, RecordKind, RecordState, Settlement
from oms.payments.ports import AuthorizationStatus, PaymentProvider


def owed_back(order: Order, actor: str, at: datetime) -> Order:
    """`order` with a pending VOID or REFUND for the money it holds; unchanged if it holds none.

    Captured money is refunded and authorised money voided: which of the two follows from the
    records, never from a guess (a void of captured money would leave the customer charged).
    """
    settlement = order.settlement
    for record in _owed(settlement, order.currency, at):
        settlement = settlement.with_record(record)
    if settlement == order.settlement:
        return order
    kinds = sorted({record.kind.value for record in settlement.pending})
    return replace(order, settlement=settlement).noted(
        "SettlementRequested", actor, at, kinds=kinds
    )


def _owed(settlement: Settlement, currency: str, at: datetime) -> list[PaymentRecord]:
    standing = settlement.open_authorization
    if standing is None:
        return []
    captures = settlement.of(RecordKind.CAPTURE, RecordState.DONE)
    if not captures:
        return _once(settlement, RecordKind.VOID, f"{standing.intent}#void", standing, at)
    owed = settlement.done(RecordKind.CAPTURE, currency) - settlement.done(
        RecordKind.REFUND, currency
    )
    if owed.amount_minor <= 0:
        return []
    refund = replace(standing, amount=owed)
    return _once(settlement, RecordKind.REFUND, f"{standing.intent}#refund-all", refund, at)


def _once(
    settlement: Settlement, kind: RecordKind, intent: str, source: PaymentRecord, at: datetime
) -> list[PaymentRecord]:
    if settlement.find(intent):
        return []
    return [source.undone_by(kind, intent, at)]


@dataclass(frozen=True, slots=True)
class SettlePayment:
    """Carry out every pending record of an order that ended. Safe to run again."""

    orders: OrderStore
    provider: Callable[[], PaymentProvider]
    clock: Clock

    def __call__(self, order_id: OrderId) -> None:
        order = self.orders.load(order_id)
        if not order.is_final:
            return
        for record in order.settlement.pending:
            state = self._carry_out(record)
            until_unchanged(lambda r=record, s=state: self._done(order_id, r, s))  # type: ignore[misc]

    def _carry_out(self, record: PaymentRecord) -> RecordState:
        provider = self.provider()
        if record.kind is RecordKind.VOID:
            provider.cancel(record.provider_id, record.intent)
        elif record.kind is RecordKind.REFUND:
            provider.refund(record.provider_id, record.intent, record.amount)
        elif record.kind is RecordKind.AUTHORIZATION:
            return self._look_up(record)
        else:
            raise RuntimeError(f"a pending {record.kind} on an ended order")
        return RecordState.DONE

    def _look_up(self, record: PaymentRecord) -> RecordState:
        """The order ended while its authorisation was in the air."""
        found = self.provider().find(record.intent)
        if found is None or found.status is not AuthorizationStatus.REQUIRES_CAPTURE:
            return RecordState.DECLINED
        self.provider().cancel(found.provider_id, f"{record.intent}#void")
        return RecordState.DECLINED

    def _done(self, order_id: OrderId, record: PaymentRecord, state: RecordState) -> None:
        order, now = self.orders.load(order_id), self.clock.now()
        standing = order.settlement.find(record.intent)
        if standing is None or standing.state is not RecordState.PENDING:
            return
        settlement = order.settlement.settled(record.intent, state)
        event = "PaymentRefunded" if record.kind is RecordKind.REFUND else "PaymentVoided"
        after = replace(order, settlement=settlement).noted(
            event, "settlement", now, amount_minor=record.amount.amount_minor
        )
        if not settlement.pending:  # whoever was asked to see to it need not any more
            after = replace(after, holds=())
        self.orders.save(order, after)
