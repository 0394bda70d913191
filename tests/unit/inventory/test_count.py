"""What a count says: against which figure it is measured, and where the difference is booked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms.inventory.count import Count, Counted, CountLine, check_submitted, measured, shares
from oms.inventory.model import Level, Movement
from oms.inventory.shelves import GENERAL, hot, lot, pool
from oms.kernel.errors import Invalid
from oms.kernel.ids import NodeId, Sku

MUG, EAST = Sku("MUG-BLUE"), NodeId("WH-EAST")
OPENED = datetime(2026, 11, 21, 12, tzinfo=UTC)


def after(minutes: int) -> datetime:
    return OPENED + timedelta(minutes=minutes)


def move(units: int, minutes: int) -> Movement:
    name = f"M{minutes}"
    return Movement(name, MUG, EAST, {"on_hand": units}, "SHIPMENT", "O", "node", after(minutes))


def variance(counted: int, *moves: Movement, at: int | None = None) -> int | None:
    what = Counted(MUG, counted, at=after(at) if at is not None else None)
    return measured(CountLine(MUG, 10), what, moves).variance


@pytest.mark.parametrize("counted", [10, 7, 8])
def test_every_figure_that_was_true_meanwhile_is_no_difference(counted: int) -> None:
    assert variance(counted, move(-3, 1), move(1, 2)) == 0


def test_without_a_time_the_smallest_difference_counts() -> None:
    assert variance(6, move(-3, 1)) == -1
    assert variance(12, move(-3, 1)) == 2


@pytest.mark.parametrize(("minute", "found"), [(0, -3), (1, 0), (2, 0), (3, -1)])
def test_with_a_time_the_figure_of_that_time_counts(minute: int, found: int) -> None:
    assert variance(7, move(-3, 1), move(1, 3), at=minute) == found


def test_what_was_in_the_figure_at_the_opening_is_not_counted_again() -> None:
    line = CountLine(MUG, 10, seen=("M1",))
    assert measured(line, Counted(MUG, 10), [move(-3, 1)]).expected == 10


@pytest.mark.parametrize(
    ("expected", "found", "waits"), [(10, -5, False), (10, -6, True), (500, -10, False)]
)
def test_small_differences_need_nobody_else(expected: int, found: int, waits: bool) -> None:
    assert CountLine(MUG, 0, expected=expected, variance=found).needs_approval is waits


def level(shelf: str, available: int, reserved: int = 0) -> Level:
    units = available + reserved
    return Level(MUG, EAST, units, reserved, available=available, shelf=shelf)  # type: ignore[arg-type]


def test_what_is_missing_is_taken_where_it_is_available() -> None:
    levels = [level(GENERAL, 2, reserved=4), level(hot(0), 3), level(pool("b2b"), 5)]
    assert shares(levels, "", -8) == [(GENERAL, -2), (pool("b2b"), -5), (hot(0), -1)]
    assert shares(levels, "", 4) == [(GENERAL, 4)]
    assert shares(levels, "", 0) == []


def test_missing_units_that_are_promised_stay_on_the_shelf_that_refuses_them() -> None:
    assert shares([level(GENERAL, 2, reserved=4)], "", -3) == [(GENERAL, -3)]


def test_a_lot_bears_its_own_difference() -> None:
    levels = [level(GENERAL, 9), level(lot("L-7"), 4)]
    assert shares(levels, "L-7", -1) == [(lot("L-7"), -1)]


@given(
    st.lists(st.integers(0, 9), min_size=1, max_size=6),
    st.integers(-40, 40),
)
def test_the_shares_are_the_difference(available: list[int], found: int) -> None:
    levels = [level(hot(n), units) for n, units in enumerate(available[1:])]
    assert sum(n for _, n in shares([level(GENERAL, available[0]), *levels], "", found)) == found


def test_all_that_is_wrong_with_a_submission_is_said_at_once() -> None:
    count = Count("C-1", EAST, "ops", OPENED, (CountLine(MUG, 10),))
    lines = [Counted(MUG, 1, at=after(-1)), Counted(MUG, 1), Counted(Sku("NONE"), 1)]
    with pytest.raises(Invalid) as invalid:
        check_submitted(count, lines, after(5))
    assert [(each.pointer, each.code) for each in invalid.value.errors] == [
        ("/lines/0/counted_at", "impossible-time"),
        ("/lines/1/sku", "repeated-sku"),
        ("/lines/2/sku", "not-counted"),
    ]
