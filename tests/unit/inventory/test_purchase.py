"""What a line of goods under way still expects, and how much of it may come."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms.inventory.consignment import (
    Consignment,
    ConsignmentLine,
    OverReceipt,
    Purpose,
    State,
)
from oms.kernel.ids import NodeId, Sku

MUG, CUP = Sku("MUG-BLUE"), Sku("CUP-RED")
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def order(*lines: ConsignmentLine, tolerance_percent: int = 0) -> Consignment:
    return Consignment(
        "PO-1",
        Purpose.PURCHASE,
        NodeId("WH-EAST"),
        "digest",
        "buyer",
        NOW,
        tolerance_percent=tolerance_percent,
        lines=lines,
    )


@pytest.mark.parametrize(("percent", "room"), [(0, 10), (9, 10), (10, 11), (100, 20)])
def test_the_tolerance_is_rounded_down_to_whole_units(percent: int, room: int) -> None:
    assert ConsignmentLine(MUG, 10).room(percent) == room


def test_nothing_comes_of_a_closed_line_whatever_the_tolerance() -> None:
    line = ConsignmentLine(MUG, 10, received=4).given_up()
    assert (line.outstanding, line.dropped, line.room(50)) == (0, 6, 0)


def test_everything_that_is_too_much_is_named_at_once() -> None:
    made = order(ConsignmentLine(MUG, 10, received=8), ConsignmentLine(CUP, 5))
    with pytest.raises(OverReceipt) as over:
        made.check_room({MUG: 3, CUP: 5, Sku("SPOON"): 1})
    assert [each.detail for each in over.value.errors] == [
        "MUG-BLUE: 3 came, 2 may come",
        "SPOON: 1 came, 0 may come",
    ]


def test_the_state_follows_from_the_lines() -> None:
    fresh, other = ConsignmentLine(MUG, 10), ConsignmentLine(CUP, 5)
    part, whole = fresh.after_arrival(4), fresh.after_arrival(12)
    assert order(fresh, other).state is State.OPEN
    assert order(part, other).state is State.PARTIALLY_RECEIVED
    assert order(whole, other.after_arrival(5)).state is State.RECEIVED
    assert order(part.given_up(), other.given_up()).state is State.CLOSED


def test_an_order_is_expected_with_its_last_line() -> None:
    days = ("2026-12-01", "2026-12-08", "")
    lines = [replace(ConsignmentLine(MUG, 1), expected_on=day) for day in days]
    assert order(*lines).expected_on == "2026-12-08"


@given(st.integers(1, 50), st.lists(st.integers(1, 20), max_size=6), st.booleans())
def test_received_outstanding_and_dropped_make_what_was_ordered(
    quantity: int, deliveries: list[int], gives_up: bool
) -> None:
    line = ConsignmentLine(MUG, quantity)
    for units in deliveries:
        line = line.after_arrival(min(units, line.room(0)))
    line = line.given_up() if gives_up else line
    assert line.received + line.outstanding + line.dropped == quantity
