"""The money of one order: separate records of what was authorised, captured and returned.

The payment status is derived from them and set by nobody. Every record is written before
the provider is called (`PENDING`, with its intent) and again with the outcome, so a lost
reply leaves a trace to look up by.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from oms.kernel.money import Money, total


class RecordKind(StrEnum):
    AUTHORIZATION = "AUTHORIZATION"
    CAPTURE = "CAPTURE"
    VOID = "VOID"
    REFUND = "REFUND"


class RecordState(StrEnum):
    PENDING = "PENDING"  # asked for, or about to be: look up before asking again
    DONE = "DONE"
    DECLINED = "DECLINED"


@dataclass(frozen=True, slots=True)
class PaymentRecord:
    """`intent` is the idempotency key at the provider, made of the order's own intent
    (`{order_id}#authorize#1`), never of the request. `final` is of the capture that closes
    the authorisation: what it leaves is let go."""

    kind: RecordKind
    intent: str
    amount: Money
    at: datetime
    state: RecordState = RecordState.PENDING
    provider_id: str = ""
    code: str = ""
    final: bool = False

    def undone_by(self, kind: RecordKind, intent: str, at: datetime) -> PaymentRecord:
        """The pending VOID or REFUND that takes back what this record says."""
        return PaymentRecord(kind, intent, self.amount, at, provider_id=self.provider_id)

    @property
    def failed(self) -> bool:
        return self.state is RecordState.DECLINED


@dataclass(frozen=True, slots=True)
class Settlement:
    """All payment records of an order, oldest first."""

    records: tuple[PaymentRecord, ...] = ()

    def find(self, intent: str) -> PaymentRecord | None:
        return next((each for each in self.records if each.intent == intent), None)

    def of(self, kind: RecordKind, state: RecordState | None = None) -> tuple[PaymentRecord, ...]:
        return tuple(
            each
            for each in self.records
            if each.kind is kind and (state is None or each.state is state)
        )

    def with_record(self, record: PaymentRecord) -> Settlement:
        """Put `record` in the place of the one with its intent, or at the end."""
        if self.find(record.intent) is None:
            return Settlement((*self.records, record))
        return Settlement(
            tuple(record if each.intent == record.intent else each for each in self.records)
        )

    def settled(self, intent: str, state: RecordState, **changes: str) -> Settlement:
        """The record of `intent` with its outcome."""
        record = self.find(intent)
        if record is None:
            raise KeyError(intent)
        return self.with_record(
            replace(
                record,
                state=state,
                provider_id=changes.get("provider_id", record.provider_id),
                code=changes.get("code", record.code),
            )
        )

    def done(self, kind: RecordKind, currency: str) -> Money:
        return total((each.amount for each in self.of(kind, RecordState.DONE)), currency)

    def claimed(self, currency: str) -> Money:
        """Captured, or about to be, and not given back."""
        claims = (each for each in self.of(RecordKind.CAPTURE) if not each.failed)
        returned = self.done(RecordKind.REFUND, currency)
        return total((each.amount for each in claims), currency) - returned

    @property
    def open_authorization(self) -> PaymentRecord | None:
        """The newest authorisation that was granted and not voided."""
        voided = {each.intent for each in self.of(RecordKind.VOID, RecordState.DONE)}
        granted = self.of(RecordKind.AUTHORIZATION, RecordState.DONE)
        standing = [each for each in granted if f"{each.intent}#void" not in voided]
        return standing[-1] if standing else None

    def is_being_undone(self, intent: str) -> bool:
        """A void or a refund of `intent` was begun and its outcome is not known."""
        undone_by = {f"{intent}#void", f"{intent}#refund"}
        return any(each.intent in undone_by for each in self.pending)

    @property
    def pending(self) -> tuple[PaymentRecord, ...]:
        return tuple(each for each in self.records if each.state is RecordState.PENDING)


class PaymentStatus(StrEnum):
    NOT_REQUIRED = "NOT_REQUIRED"
    UNPAID = "UNPAID"
    AUTHORIZED = "AUTHORIZED"
    PARTIALLY_CAPTURED = "PARTIALLY_CAPTURED"
    PAID = "PAID"
    PARTIALLY_REFUNDED = "PARTIALLY_REFUNDED"
    REFUNDED = "REFUNDED"
    VOIDED = "VOIDED"
    DECLINED = "DECLINED"


def card_status(settlement: Settlement, due: Money) -> PaymentStatus:
    """What the records of a card payment say about an order of `due`."""
    captured = settlement.done(RecordKind.CAPTURE, due.currency)
    refunded = settlement.done(RecordKind.REFUND, due.currency)
    if refunded:
        full = refunded >= captured
        return PaymentStatus.REFUNDED if full else PaymentStatus.PARTIALLY_REFUNDED
    if captured:
        return PaymentStatus.PAID if captured >= due else PaymentStatus.PARTIALLY_CAPTURED
    if settlement.open_authorization:
        return PaymentStatus.AUTHORIZED
    if settlement.of(RecordKind.VOID, RecordState.DONE):
        return PaymentStatus.VOIDED
    declined = settlement.of(RecordKind.AUTHORIZATION, RecordState.DECLINED)
    return PaymentStatus.DECLINED if declined else PaymentStatus.UNPAID
