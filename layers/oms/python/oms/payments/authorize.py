"""Authorise: hold the money on the card. And undo: let it go, whatever became of the call.

The record is written with its intent before the provider is asked. So after a crash or a lost
reply the next try looks the intent up, and an order that ended meanwhile is left with a record
that says there is money to let go.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from oms.kernel.clock import Clock
from oms.kernel.errors import Refused
from oms.kernel.ids import OrderId
from oms.kernel.unchanged import until_unchanged
from oms.orders.content import Content
from oms.orders.model import INTAKE, HoldKind, Order, Stage
from oms.orders.ports import OrderStore
from oms.orders.step import Outcome, Run, already
from oms.orders.transitions import may, moved
from oms.payments.model import PaymentRecord, RecordKind, RecordState
from oms.payments.ports import (
    Authorization,
    AuthorizationStatus,
    PaymentProvider,
    PaymentUnavailable,
)
from oms.payments.settle import owed_back

_HELD = (AuthorizationStatus.REQUIRES_CAPTURE, AuthorizationStatus.CAPTURED)


@dataclass(frozen=True, slots=True)
class AuthorizePayment:
    orders: OrderStore
    provider: Callable[[], PaymentProvider]
    clock: Clock

    def __call__(self, order_id: OrderId, run: Run) -> Outcome:
        order, content = self.orders.load_with_content(order_id)
        if answer := already(order, Stage.AUTHORIZED, Outcome.AUTHORIZED):
            return answer
        if not order.charges_card(content):
            return until_unchanged(lambda: self._accept_terms(order_id, content, run))
        intent, asked_before = until_unchanged(lambda: self._intend(order_id, content))
        result = self._ask(order_id, intent, content, asked_before)
        return until_unchanged(lambda: self._record(order_id, intent, result, run))

    def _accept_terms(self, order_id: OrderId, content: Content, run: Run) -> Outcome:
        """The channel has the money, or an invoice will: nothing to hold here."""
        order = self.orders.load(order_id)
        if answer := already(order, Stage.AUTHORIZED, Outcome.AUTHORIZED):
            return answer
        after = moved(
            order,
            "authorize",
            run.actor,
            self.clock.now(),
            run=run.name,
            outcome=Outcome.AUTHORIZED,
            terms=content.terms.value,
        )
        self.orders.save(order, after)
        return Outcome.AUTHORIZED

    def _intend(self, order_id: OrderId, content: Content) -> tuple[str, bool]:
        """Write down what is about to be asked. An intent that stands open, or was granted, is
        gone on with."""
        order = self.orders.load(order_id)
        records = order.settlement.of(RecordKind.AUTHORIZATION)
        for record in records:
            if record.state is RecordState.PENDING:
                return record.intent, True
        # Granted before a hold or a new route: the same money still stands for the order.
        if standing := order.settlement.open_authorization:
            if order.settlement.is_being_undone(standing.intent):
                raise Refused("an earlier authorisation is being let go first", "being-voided")
            return standing.intent, True
        intent = f"{order_id}#authorize#{len(records) + 1}"
        record = PaymentRecord(
            RecordKind.AUTHORIZATION, intent, content.totals.total, self.clock.now()
        )
        settlement = order.settlement.with_record(record)
        self.orders.save(order, replace(order, settlement=settlement))
        return intent, False

    def _ask(
        self, order_id: OrderId, intent: str, content: Content, asked_before: bool
    ) -> Authorization:
        provider = self.provider()
        found = provider.find(intent) if asked_before else None
        if found:
            return found
        try:
            return provider.authorize(
                intent, content.totals.total, content.payment_method, order_id
            )
        except PaymentUnavailable as fault:
            if fault.stored:  # this intent answers this failure for ever: the retry needs another
                until_unchanged(lambda: self._spent(order_id, intent))
            raise

    def _spent(self, order_id: OrderId, intent: str) -> None:
        order = self.orders.load(order_id)
        settlement = order.settlement.settled(intent, RecordState.DECLINED, code="provider-fault")
        self.orders.save(order, replace(order, settlement=settlement))

    def _record(self, order_id: OrderId, intent: str, result: Authorization, run: Run) -> Outcome:
        order = self.orders.load(order_id)
        if result.status not in _HELD:
            return self._declined(order, intent, result, run)
        settlement = order.settlement.settled(
            intent, RecordState.DONE, provider_id=result.provider_id
        )
        held = replace(order, settlement=settlement)
        if not may(held, "authorize"):
            return self._too_late(order, held, run)
        after = moved(
            held,
            "authorize",
            run.actor,
            self.clock.now(),
            run=run.name,
            outcome=Outcome.AUTHORIZED,
            amount_minor=result.amount.amount_minor,
            intent=intent,
        )
        self.orders.save(order, after)
        return Outcome.AUTHORIZED

    def _declined(self, order: Order, intent: str, result: Authorization, run: Run) -> Outcome:
        now, code = self.clock.now(), result.decline_code or result.status.value.lower()
        settlement = order.settlement.settled(
            intent, RecordState.DECLINED, provider_id=result.provider_id, code=code
        )
        after = replace(order, settlement=settlement)
        if not order.is_final:
            after = after.with_hold(HoldKind.PAYMENT, f"card declined: {code}", now, None)
        after = after.noted(
            "PaymentDeclined", run.actor, now, run=run.name, outcome=Outcome.DECLINED, code=code
        )
        self.orders.save(order, after)
        return Outcome.DECLINED

    def _too_late(self, order: Order, held: Order, run: Run) -> Outcome:
        """Cancelled or held while the provider was asked. The money is recorded, so that
        whoever ended the order, or the sweeper, lets it go."""
        if held.is_final:
            held = owed_back(held, run.actor, self.clock.now())
        self.orders.save(order, held)
        return Outcome.ENDED if held.is_final else Outcome.ON_HOLD


@dataclass(frozen=True, slots=True)
class VoidPayment:
    """The undo of `AuthorizePayment`. A failed authorisation may have happened, so an open
    intent is looked up at the provider before it is written off. The money of an order that
    was confirmed meanwhile stays: a run that comes late undoes nothing of a promise."""

    orders: OrderStore
    provider: Callable[[], PaymentProvider]
    clock: Clock

    def __call__(self, order_id: OrderId, run: Run) -> Outcome:
        self._resolve_open(order_id)
        order = self.orders.load(order_id)
        standing = order.settlement.open_authorization
        if standing is None or _is_promised(order):
            return Outcome.UNDONE
        captured = order.settlement.of(RecordKind.CAPTURE)
        if captured:
            raise RuntimeError("money was captured: this needs a refund, not a void")
        intent = f"{standing.intent}#void"
        if not until_unchanged(lambda: self._intend(order_id, intent, standing)):
            return Outcome.UNDONE
        self.provider().cancel(standing.provider_id, intent)
        return until_unchanged(lambda: self._record(order_id, intent, run))

    def _resolve_open(self, order_id: OrderId) -> None:
        for record in self.orders.load(order_id).settlement.pending:
            if record.kind is RecordKind.AUTHORIZATION:
                found = self.provider().find(record.intent)
                until_unchanged(lambda r=record, f=found: self._settle(order_id, r, f))  # type: ignore[misc]

    def _settle(
        self, order_id: OrderId, record: PaymentRecord, found: Authorization | None
    ) -> None:
        order = self.orders.load(order_id)
        held = found is not None and found.status in _HELD
        settlement = order.settlement.settled(
            record.intent,
            RecordState.DONE if held else RecordState.DECLINED,
            provider_id=found.provider_id if found else "",
            code="" if held else "never-authorized",
        )
        self.orders.save(order, replace(order, settlement=settlement))

    def _intend(self, order_id: OrderId, intent: str, standing: PaymentRecord) -> bool:
        """False when the order was confirmed first: then its money is left alone."""
        order = self.orders.load(order_id)
        if _is_promised(order):
            return False
        if order.settlement.find(intent) is None:
            record = standing.undone_by(RecordKind.VOID, intent, self.clock.now())
            settlement = order.settlement.with_record(record)
            self.orders.save(order, replace(order, settlement=settlement))
        return True

    def _record(self, order_id: OrderId, intent: str, run: Run) -> Outcome:
        order, now = self.orders.load(order_id), self.clock.now()
        settlement = order.settlement.settled(intent, RecordState.DONE)
        if settlement == order.settlement:
            return Outcome.UNDONE
        after = replace(order, settlement=settlement).noted(
            "PaymentVoided", run.actor, now, run=run.name, outcome=Outcome.UNDONE
        )
        self.orders.save(order, after)
        return Outcome.UNDONE


def _is_promised(order: Order) -> bool:
    """Confirmed or further on, and not ended early."""
    return order.stage not in (*INTAKE, Stage.CANCELLED, Stage.REJECTED)
