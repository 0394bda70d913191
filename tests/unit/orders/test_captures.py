"""What each parcel captures: shares that add up to the cent, whatever the boxes."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from oms.fulfilment.model import Parcel, ParcelLine, Shipment, ShipmentLine
from oms.kernel.ids import NodeId
from oms.orders.content import Line, own_totals
from oms.orders.model import Order
from oms.payments.capture import capture_intent, completes, parcel_value
from oms.payments.model import PaymentRecord, RecordKind, RecordState, Settlement
from tests.unit.orders.builders import NOW, content, line, order, usd

amounts = st.integers(0, 9999)


@st.composite
def lines(draw: st.DrawFn) -> tuple[Line, ...]:
    made = []
    for number in range(1, draw(st.integers(1, 3)) + 1):
        price, quantity = draw(st.integers(1, 9999)), draw(st.integers(1, 5))
        discount = draw(st.integers(0, price * quantity))
        made.append(
            line(
                number,
                quantity=quantity,
                unit_price=usd(price),
                discount=usd(discount),
                tax=usd(draw(amounts)),
            )
        )
    return tuple(made)


@given(lines(), amounts, st.randoms(use_true_random=False))
def test_the_parcels_of_any_order_take_its_total_and_never_more(
    bought: tuple[Line, ...], shipping: int, dice: object
) -> None:
    made = content(*bought, totals=own_totals(bought, usd(shipping), None))
    units = [each for each in bought for _ in range(each.quantity)]
    dice.shuffle(units)  # type: ignore[attr-defined]
    boxes = _boxes(units, dice)
    work = tuple(ShipmentLine(x.line_id, x.sku, x.quantity, x.quantity, x.quantity) for x in bought)
    shipment = Shipment(1, NodeId("N"), work, NOW, boxes)
    total = made.totals.total
    now = order(shipments=(shipment,), settlement=_authorized(total.amount_minor))
    taken = []
    for box in boxes:
        value, last = parcel_value(now, made, shipment, box), completes(now, made, shipment, box)
        taken.append(value.amount_minor)
        now = _captured(now, box, value.amount_minor)
        assert last is (box is boxes[-1])
    assert sum(taken) == total.amount_minor
    assert min(taken) >= 0


def _boxes(units: list[Line], dice: object) -> tuple[Parcel, ...]:
    boxes: list[Parcel] = []
    while units:
        some = [units.pop() for _ in range(dice.randint(1, len(units)))]  # type: ignore[attr-defined]
        lines = tuple(
            ParcelLine(each.line_id, each.sku, sum(x is each for x in some))
            for each in dict.fromkeys(some)
        )
        boxes.append(Parcel(len(boxes) + 1, lines, 1))
    return tuple(boxes)


def _authorized(minor: int) -> Settlement:
    record = PaymentRecord(RecordKind.AUTHORIZATION, "a", usd(minor), NOW, RecordState.DONE, "pi")
    return Settlement((record,))


def _captured(now: Order, box: Parcel, minor: int) -> Order:
    intent = capture_intent(now, 1, box.number)
    record = PaymentRecord(RecordKind.CAPTURE, intent, usd(minor), NOW, RecordState.DONE, "pi")
    return replace(now, settlement=now.settlement.with_record(record))


def test_money_that_was_given_back_can_be_asked_for_again_under_another_intent() -> None:
    box = Parcel(1, (ParcelLine(line().line_id, line().sku, 2),), 1)
    work = (ShipmentLine(line().line_id, line().sku, 2, 2, 2),)
    shipment = Shipment(1, NodeId("N"), work, NOW, (box,))
    now = order(shipments=(shipment,), settlement=_authorized(2598))
    first = capture_intent(now, 1, 1)
    now = _captured(now, box, 2598)
    assert not parcel_value(now, content(), shipment, box)
    refund = PaymentRecord(RecordKind.REFUND, f"{first}#refund", usd(2598), NOW)
    pending = now.settlement.with_record(refund)
    assert pending.is_being_undone(first)
    done = pending.settled(refund.intent, RecordState.DONE)
    now = replace(now, settlement=done)
    assert capture_intent(now, 1, 1) != first
    assert parcel_value(now, content(), shipment, box) == usd(2598), "not nothing: it is unpaid"
