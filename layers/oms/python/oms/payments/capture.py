"""Capture: take the money for a parcel that is about to leave. And undo: give it back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from oms.fulfilment.model import Parcel, Shipment
from oms.kernel.clock import Clock
from oms.kernel.errors import Refused
from oms.kernel.ids import OrderId, shipment_id
from oms.kernel.money import Money, allocate, total
from oms.kernel.unchanged import until_unchanged
from oms.orders.content import Content
from oms.orders.model import Order
from oms.orders.ports import OrderStore
from oms.orders.step import Outcome, Run
from oms.payments.model import PaymentRecord, RecordKind, RecordState
from oms.payments.ports import AuthorizationStatus, PaymentProvider, PaymentRefused


def capture_intent(order: Order, shipment: int, parcel: int) -> str:
    """The intent of the capture for a parcel: the standing one, or the next one after those
    that were refused or given back (a key that failed once answers its failure for ever)."""
    base = f"{shipment_id(order.order_id, shipment)}#capture#{parcel}."
    spent = sum(
        record.intent.startswith(base)
        and (
            record.state is RecordState.DECLINED
            or _is_done(order.settlement.find(f"{record.intent}#refund"))
        )
        for record in order.settlement.of(RecordKind.CAPTURE)
    )
    return f"{base}{spent + 1}"


def _is_done(record: PaymentRecord | None) -> bool:
    return record is not None and record.state is RecordState.DONE


def parcel_value(order: Order, content: Content, shipment: Shipment, parcel: Parcel) -> Money:
    """What to capture for `parcel`: its share of its lines, and with the first parcel the
    shipping. The parcel that completes the order takes whatever is left, so rounding never
    leaves a cent behind or asks for one too much."""
    authorized = order.settlement.open_authorization
    claimed = order.settlement.claimed(order.currency)
    left = (authorized.amount if authorized else Money.zero(order.currency)) - claimed
    if completes(order, content, shipment, parcel):
        return left
    shares = (_share(content, each.line_id, each.units) for each in parcel.lines)
    value = total(shares, order.currency)
    if not claimed:
        value += content.totals.shipping
    return min(value, left)


def completes(order: Order, content: Content, shipment: Shipment, parcel: Parcel) -> bool:
    """Every unit of the order is in this parcel or in one whose money is claimed."""
    claims = {r.intent for r in order.settlement.of(RecordKind.CAPTURE) if not r.failed}
    covered = sum(
        line.quantity
        for each in order.shipments
        if each.is_live
        for box in each.parcels
        if (each.number, box.number) == (shipment.number, parcel.number)
        # Paid without a claim: there was nothing to take for it.
        or box.paid
        or capture_intent(order, each.number, box.number) in claims
        for line in box.lines
    )
    return covered >= content.units_to_ship


def _share(content: Content, line_id: str, quantity: int) -> Money:
    """What `quantity` units of a line cost; a kit has its price as a whole."""
    line = content.line(line_id)
    if line is None:
        raise LookupError(f"no line {line_id}")
    value = line.unit_price * line.quantity - line.discount + line.tax
    return allocate(value, [quantity, line.quantity - quantity])[0]


@dataclass(frozen=True, slots=True)
class CapturePayment:
    """`in_parts` says that the provider lets one authorisation be captured several times.
    Where it does not, the first parcel takes all and the later ones find nothing left."""

    orders: OrderStore
    provider: Callable[[], PaymentProvider]
    clock: Clock
    in_parts: bool = False

    def __call__(self, order_id: OrderId, run: Run, shipment: int, parcel: int) -> Outcome:
        order, content = self.orders.load_with_content(order_id)
        if not order.charges_card(content) or order.parcel(shipment, parcel)[1].paid:
            return Outcome.CAPTURED  # whoever holds the money captures it; or it is done
        record = until_unchanged(lambda: self._intend(order_id, run, shipment, parcel))
        if record is None:
            return Outcome.CAPTURED
        refused = self._ask(record)
        return until_unchanged(
            lambda: self._record(order_id, shipment, parcel, record.intent, refused, run)
        )

    def _ask(self, record: PaymentRecord) -> str:
        """Why the provider refused; empty when the money is ours."""
        try:
            result = self.provider().capture(
                record.provider_id, record.intent, record.amount, final=record.final
            )
        except PaymentRefused as refusal:
            return refusal.code
        taken = result.status is AuthorizationStatus.CAPTURED or result.captured
        return "" if taken else result.status.value.lower()

    def _intend(
        self, order_id: OrderId, run: Run, shipment: int, parcel: int
    ) -> PaymentRecord | None:
        """The standing record of this capture, or a new one; None when nothing is left to take."""
        order, content = self.orders.load_with_content(order_id)
        there, box = order.parcel(shipment, parcel)
        intent = capture_intent(order, shipment, parcel)
        if order.settlement.is_being_undone(intent):
            raise Refused("its money is being given back: that comes first", "being-refunded")
        if standing := order.settlement.find(intent):
            return standing
        record = self._record_for(order, content, there, box, intent)
        if record is None:
            self._pay_nothing(order, there, box, run)
            return None
        settlement = order.settlement.with_record(record)
        self.orders.save(order, replace(order, settlement=settlement))
        return record

    def _record_for(
        self, order: Order, content: Content, shipment: Shipment, parcel: Parcel, intent: str
    ) -> PaymentRecord | None:
        authorized = order.settlement.open_authorization
        if authorized is None:
            if content.totals.total:
                raise LookupError(f"order {order.order_id} has no authorisation to capture")
            return None
        amount, final = parcel_value(order, content, shipment, parcel), True
        if self.in_parts:
            final = completes(order, content, shipment, parcel)
        else:
            amount = authorized.amount - order.settlement.claimed(order.currency)
        if not amount:
            return None
        return PaymentRecord(
            RecordKind.CAPTURE,
            intent,
            amount,
            self.clock.now(),
            provider_id=authorized.provider_id,
            final=final,
        )

    def _pay_nothing(self, order: Order, shipment: Shipment, parcel: Parcel, run: Run) -> None:
        paid = shipment.with_parcel(replace(parcel, paid=True))
        after = order.with_shipment(paid).noted(
            "NothingToCapture",
            run.actor,
            self.clock.now(),
            run=run.name,
            outcome=Outcome.CAPTURED,
            shipment=shipment.number,
            parcel=parcel.number,
        )
        self.orders.save(order, after)

    def _record(
        self, order_id: OrderId, shipment: int, parcel: int, intent: str, refused: str, run: Run
    ) -> Outcome:
        order, now = self.orders.load(order_id), self.clock.now()
        state = RecordState.DECLINED if refused else RecordState.DONE
        outcome = Outcome.REFUSED if refused else Outcome.CAPTURED
        settlement = order.settlement.settled(intent, state, code=refused)
        record = settlement.find(intent)
        there, box = order.parcel(shipment, parcel)
        paid = order.with_shipment(there.with_parcel(replace(box, paid=not refused)))
        after = replace(paid, settlement=settlement).noted(
            "CaptureRefused" if refused else "PaymentCaptured",
            run.actor,
            now,
            run=run.name,
            outcome=outcome,
            amount_minor=record.amount.amount_minor if record else 0,
            code=refused,
        )
        self.orders.save(order, after)
        return outcome


@dataclass(frozen=True, slots=True)
class RefundCapture:
    """The undo of `CapturePayment`. A capture whose reply was lost may have happened: the
    provider's books decide whether there is something to give back. One that our books have is
    in no doubt and stays: the next run goes on from it."""

    orders: OrderStore
    provider: Callable[[], PaymentProvider]
    clock: Clock

    def __call__(self, order_id: OrderId, run: Run, shipment: int, parcel: int) -> Outcome:
        order = self.orders.load(order_id)
        intent = capture_intent(order, shipment, parcel)
        record = order.settlement.find(intent)
        if record is None or order.parcel(shipment, parcel)[1].paid:
            return Outcome.UNDONE  # never asked for or given back already; or taken and booked
        provider = self.provider()
        if record.state is RecordState.PENDING and not self._happened(order, record, provider):
            return until_unchanged(lambda: self._never_happened(order_id, intent))
        refund_intent = f"{intent}#refund"
        until_unchanged(lambda: self._intend(order_id, record, refund_intent))
        provider.refund(record.provider_id, refund_intent, record.amount)
        return until_unchanged(lambda: self._record(order_id, shipment, parcel, refund_intent, run))

    @staticmethod
    def _happened(order: Order, record: PaymentRecord, provider: PaymentProvider) -> bool:
        """The provider's own books hold more captured money than ours know of."""
        known = order.settlement.done(RecordKind.CAPTURE, order.currency)
        return provider.retrieve(record.provider_id).captured >= known + record.amount

    def _intend(self, order_id: OrderId, captured: PaymentRecord, intent: str) -> None:
        order = self.orders.load(order_id)
        if order.settlement.find(intent) is None:
            record = captured.undone_by(RecordKind.REFUND, intent, self.clock.now())
            settlement = order.settlement.settled(captured.intent, RecordState.DONE)
            self.orders.save(order, replace(order, settlement=settlement.with_record(record)))

    def _never_happened(self, order_id: OrderId, intent: str) -> Outcome:
        order = self.orders.load(order_id)
        settlement = order.settlement.settled(intent, RecordState.DECLINED, code="never-captured")
        self.orders.save(order, replace(order, settlement=settlement))
        return Outcome.UNDONE

    def _record(
        self,
        order_id: OrderId,
        shipment: int,
        parcel: int,
        refund_intent: str,
        run: Run,
    ) -> Outcome:
        order, now = self.orders.load(order_id), self.clock.now()
        settlement = order.settlement.settled(refund_intent, RecordState.DONE)
        record = settlement.find(refund_intent)
        there, box = order.parcel(shipment, parcel)
        unpaid = order.with_shipment(there.with_parcel(replace(box, paid=False)))
        after = replace(unpaid, settlement=settlement).noted(
            "PaymentRefunded",
            run.actor,
            now,
            run=run.name,
            outcome=Outcome.UNDONE,
            amount_minor=record.amount.amount_minor if record else 0,
        )
        self.orders.save(order, after)
        return Outcome.UNDONE
