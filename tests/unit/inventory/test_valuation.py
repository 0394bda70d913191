"""What stock is worth: every unit of money that came in is spent, there, or on its way."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import count

from hypothesis import given
from hypothesis import strategies as st

from oms.inventory.model import AdjustmentReason, Movement, Reason
from oms.inventory.valuation import Value, Valued, valued
from oms.kernel.ids import NodeId, Sku

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
TEA, EAST, WEST = Sku("TEA-EARL-GREY"), NodeId("WH-EAST"), NodeId("WH-WEST")


def moved(
    units: int,
    reason: str = Reason.RECEIPT,
    cost: int | None = None,
    number: int = 0,
    reference: str = "PO-1",
    bucket: str = "on_hand",
    node: NodeId = EAST,
) -> Movement:
    return Movement(
        f"{number:026d}",
        TEA,
        node,
        {bucket: units},
        reason,
        reference,
        "ops",
        NOW,
        unit_cost_minor=cost,
    )


def history(*steps: Movement) -> Value:
    """The worth after steps in the order they are written down."""
    numbers = count()
    return valued(
        Movement(
            f"{next(numbers):026d}",
            each.sku,
            each.node,
            each.changes,
            each.reason,
            each.reference,
            each.actor,
            each.at,
            each.shelf,
            each.unit_cost_minor,
        )
        for each in steps
    )


def shipped(units: int) -> Movement:
    return moved(-units, Reason.SHIPMENT, reference="01ORDER-1")


def test_two_receipts_make_one_average_and_a_shipment_leaves_at_it() -> None:
    value = history(moved(10, cost=100), moved(10, cost=200), shipped(5))
    assert (value.units, value.value_minor, value.issued_minor) == (15, 2250, 750)
    assert value.average_minor == 150


def test_what_a_division_leaves_over_stays_in_the_value_that_remains() -> None:
    value = history(moved(2, cost=3), moved(1, cost=4), shipped(1))
    assert (value.issued_minor, value.value_minor) == (3, 7)
    assert history(moved(2, cost=3), moved(1, cost=4), shipped(1), shipped(2)).value_minor == 0


def test_goods_without_a_cost_come_in_at_the_average_and_are_counted_as_such() -> None:
    value = history(moved(4, cost=250), moved(2))
    assert (value.value_minor, value.average_minor, value.uncosted_units) == (1500, 250, 2)


def test_after_the_last_unit_left_the_average_is_remembered() -> None:
    value = history(moved(3, cost=90), shipped(3), moved(2))
    assert (value.units, value.value_minor) == (2, 180)


def test_what_was_found_and_lost_moves_at_the_average() -> None:
    value = history(
        moved(10, cost=100),
        moved(-2, AdjustmentReason.LOST, reference="ADJ-1"),
        moved(1, AdjustmentReason.FOUND, reference="ADJ-2"),
    )
    assert (value.units, value.value_minor, value.issued_minor) == (9, 900, 200)


def test_damaged_and_reserved_units_are_worth_what_they_were() -> None:
    before = history(moved(5, cost=100))
    after = history(
        moved(5, cost=100),
        moved(2, AdjustmentReason.DAMAGED, bucket="damaged"),
        moved(2, Reason.RESERVATION, bucket="reserved"),
    )
    assert after == before


def test_units_that_change_shelves_change_no_value() -> None:
    before = history(moved(1, cost=777))
    after = history(moved(1, cost=777), moved(-1, Reason.SHELVED), moved(1, Reason.SHELVED))
    assert after == before


def test_a_transfer_keeps_its_worth_on_the_way_and_at_its_end() -> None:
    sent = moved(-4, Reason.SENT, reference="TR-7")
    under_way = history(moved(10, cost=100), sent)
    assert (under_way.value_minor, under_way.transit_minor, under_way.issued_minor) == (600, 400, 0)
    dearer = moved(6, cost=300)
    arrived = history(moved(10, cost=100), sent, dearer, moved(4, reference="TR-7", node=WEST))
    assert arrived.transit_units == 0
    assert arrived.value_minor == 600 + 1800 + 400
    assert arrived.uncosted_units == 0


def test_what_is_lost_on_the_way_is_spent() -> None:
    sent = moved(-4, Reason.SENT, reference="TR-7")
    lost = moved(-1, AdjustmentReason.LOST, reference="TR-7", bucket="incoming", node=WEST)
    value = history(moved(10, cost=100), sent, moved(3, reference="TR-7"), lost)
    assert (value.transit, value.issued_minor, value.value_minor) == ({}, 100, 900)


def test_a_receipt_first_pays_for_what_left_before_it_by_id() -> None:
    value = history(shipped(2), moved(5, cost=100))
    assert (value.units, value.value_minor, value.issued_minor, value.short) == (3, 300, 200, 0)


def test_movements_of_one_moment_count_in_the_order_of_their_ids() -> None:
    first, second, last = (
        moved(1, cost=100, number=1),
        moved(-1, Reason.SHIPMENT, number=2),
        moved(1, cost=300, number=3),
    )
    assert valued([last, first, second]) == valued([first, second, last])
    assert valued([last, first, second]).value_minor == 300


def test_a_worth_of_other_units_than_are_there_does_not_tie() -> None:
    value = history(moved(5, cost=100))
    assert Valued(TEA, "Earl Grey", value, 5).ties
    assert not Valued(TEA, "Earl Grey", value, 4).ties


# --- for every history ---------------------------------------------------------------------

_step = st.one_of(
    st.builds(moved, st.integers(1, 50), cost=st.none() | st.integers(10, 999)),
    st.builds(shipped, st.integers(1, 50)),
    st.builds(lambda n: moved(-n, AdjustmentReason.LOST), st.integers(1, 9)),
    st.builds(
        lambda n, r: moved(-n, Reason.SENT, reference=r),
        st.integers(1, 20),
        st.sampled_from(("TR-1", "TR-2")),
    ),
    st.builds(
        lambda n, r: moved(n, Reason.RECEIPT, reference=r),
        st.integers(1, 20),
        st.sampled_from(("TR-1", "TR-2")),
    ),
    st.builds(
        lambda n, r: moved(-n, AdjustmentReason.LOST, reference=r, bucket="incoming"),
        st.integers(1, 9),
        st.sampled_from(("TR-1", "TR-2")),
    ),
)


@given(st.lists(_step, max_size=40))
def test_no_unit_of_money_is_made_or_lost(steps: list[Movement]) -> None:
    value = history(*steps)
    assert value.received_minor == value.issued_minor + value.value_minor + value.transit_minor
    assert value.received_units - value.issued_units == (
        value.units + value.transit_units - value.short
    )


@given(st.lists(_step, max_size=40))
def test_no_figure_is_ever_below_zero(steps: list[Movement]) -> None:
    for end in range(len(steps) + 1):
        value = history(*steps[:end])
        figures = (value.units, value.value_minor, value.issued_minor, value.short)
        assert min(*figures, value.transit_units, value.transit_minor) >= 0
        assert value.units or not value.value_minor


@given(st.lists(_step, max_size=40))
def test_the_average_stays_between_the_least_and_the_most_paid(steps: list[Movement]) -> None:
    costs = [each.unit_cost_minor for each in steps if each.unit_cost_minor is not None]
    known = next((n for n, s in enumerate(steps) if s.unit_cost_minor is not None), len(steps))
    value = history(*steps[known:])
    if value.units and costs:
        assert min(costs) * value.units <= value.value_minor <= max(costs) * value.units


@given(st.lists(_step, max_size=30), st.data())
def test_it_can_be_gone_on_with_from_any_point(steps: list[Movement], data: st.DataObject) -> None:
    numbered = [
        Movement(
            f"{number:026d}",
            each.sku,
            each.node,
            each.changes,
            each.reason,
            each.reference,
            each.actor,
            each.at,
            each.shelf,
            each.unit_cost_minor,
        )
        for number, each in enumerate(steps)
    ]
    cut = data.draw(st.integers(0, len(steps)))
    assert valued(numbered[cut:], valued(numbered[:cut])) == valued(numbered)
