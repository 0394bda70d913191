"""What is derived from an order: units by state, the one word for its status."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from oms.fulfilment.model import Parcel, ParcelLine, ParcelState, Shipment, ShipmentLine
from oms.kernel.ids import NodeId
from oms.orders.model import HoldKind, Leg, Order, Stage
from oms.orders.validate import findings, tolerance
from oms.orders.view import line_states
from tests.unit.orders.builders import NOW, content, line, order, usd

WAREHOUSE = NodeId("WH-EAST")


@st.composite
def worked_on(draw: st.DrawFn) -> tuple[Order, int]:
    """An order of one line somewhere on its way through a node."""
    ordered = draw(st.integers(1, 8))
    picked = draw(st.integers(0, ordered))
    packed = draw(st.integers(0, picked))
    first = draw(st.integers(0, packed))
    states = [draw(st.sampled_from(ParcelState)) for _ in range(2)]
    bought = line(quantity=ordered)
    boxes = [
        Parcel(n, (ParcelLine(bought.line_id, bought.sku, units),), 1, state)
        for n, (units, state) in enumerate(zip((first, packed - first), states, strict=True), 1)
        if units
    ]
    gone = sum(
        box.lines[0].quantity
        for box in boxes
        if box.state in (ParcelState.SHIPPED, ParcelState.DELIVERED)
    )
    work = ShipmentLine(bought.line_id, bought.sku, ordered, picked, packed)
    legs = (Leg(bought.line_id, bought.sku, WAREHOUSE, ordered - gone),) if ordered > gone else ()
    made = order(
        stage=Stage.RELEASED,
        legs=legs,
        shipments=(Shipment(1, WAREHOUSE, (work,), NOW, tuple(boxes)),),
    )
    return made, ordered


@given(worked_on())
def test_the_units_of_a_line_add_up_to_what_was_ordered(case: tuple[Order, int]) -> None:
    made, ordered = case
    states = line_states(made, line(quantity=ordered))
    assert states.pop("ordered") == sum(states.values()) == ordered
    assert min(states.values()) >= 0


def test_units_that_nobody_works_on_are_open_backordered_or_cancelled() -> None:
    for stage, name in (
        (Stage.CAPTURED, "open"),
        (Stage.BACKORDERED, "backordered"),
        (Stage.CANCELLED, "cancelled"),
        (Stage.REJECTED, "cancelled"),
    ):
        assert line_states(order(stage=stage), line())[name] == 2


def test_the_status_is_the_gravest_hold_and_a_late_order_keeps_its_stage() -> None:
    made = order().with_hold(HoldKind.LATE, "x", NOW, None)
    assert made.status == "CAPTURED"
    made = made.with_hold(HoldKind.SKU, "x", NOW, None)
    assert made.status == "ON_HOLD"
    made = made.with_hold(HoldKind.REVIEW, "x", NOW, None)
    assert made.status == "IN_REVIEW"
    made = made.with_hold(HoldKind.ATTENTION, "x", NOW, None)
    assert made.status == "NEEDS_ATTENTION"
    assert replace(made, stage=Stage.CANCELLED).status == "CANCELLED"


def test_everything_that_is_wrong_is_found_in_one_pass() -> None:
    bought = (line(1, sku=""), line(2, sku="GONE"))
    totals = replace(content(*bought).totals, channel_total=usd(9))
    found = [each.kind for each in findings(content(*bought, totals=totals), (), "no street")]
    assert found == [HoldKind.SKU, HoldKind.SKU, HoldKind.ADDRESS, HoldKind.TOTALS]


def test_a_total_may_be_off_by_what_rounding_costs_and_not_more() -> None:
    for off, kinds in ((2, []), (3, [HoldKind.TOTALS]), (-3, [HoldKind.TOTALS])):
        made = content()
        assert tolerance(made) == 2
        odd = replace(made.totals, channel_total=made.totals.total + usd(off))
        found = findings(replace(made, totals=odd), {line().sku}, "")
        assert [each.kind for each in found] == kinds


def test_an_order_that_is_marked_as_paid_is_not_charged() -> None:
    assert order().charges_card(content())
    assert not order(waived=(HoldKind.PAYMENT,)).charges_card(content())
    free = content(line(unit_price=usd(0)))
    assert not order().charges_card(free)
