"""The order of service, and what those ahead would take."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms.inventory.waiting import Need, Waiting, ahead_of, demand_before
from oms.kernel.ids import OrderId, Sku

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
MUG = Sku("MUG-BLUE")


def waits(
    order: str, units: int = 1, *, minutes: int = 0, priority: int = 5, whole: bool = False
) -> Waiting:
    since = NOON + timedelta(minutes=minutes)
    return Waiting(MUG, OrderId(order), units, since, priority, whole)


# --- who comes first -------------------------------------------------------------------------


def test_higher_priority_first_then_who_has_waited_longest() -> None:
    line = [
        waits("late", minutes=9),
        waits("early", minutes=1),
        waits("vip-late", minutes=9, priority=9),
        waits("vip-early", minutes=1, priority=9),
        waits("can-wait", priority=0),
    ]
    served = [each.order_id for each in sorted(line, key=lambda each: each.place)]
    assert served == ["vip-early", "vip-late", "early", "late", "can-wait"]


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 10**8)), min_size=2))
def test_places_sort_by_priority_and_time_whatever_they_are(
    ranked: list[tuple[int, int]],
) -> None:
    line = [waits(str(n), minutes=m, priority=p) for n, (p, m) in enumerate(ranked)]
    served = sorted(line, key=lambda each: each.place)
    ranks = [(-each.priority, each.since) for each in served]
    assert ranks == sorted(ranks)


def test_an_order_has_one_place_for_each_need() -> None:
    short = waits("O-1")
    beyond = Waiting(MUG, short.order_id, 2, NOON, need=Need.OVERSOLD)
    assert short.place != beyond.place


def test_a_place_is_the_same_however_many_units_are_still_lacking() -> None:
    assert waits("O-1", 5).place == waits("O-1", 2).place


# --- what they take --------------------------------------------------------------------------

LINE = [waits("A", 2), waits("B", 3, minutes=1), waits("C", 1, minutes=2)]


@pytest.mark.parametrize(
    ("order", "available", "ahead"),
    [("A", 9, 0), ("B", 9, 2), ("C", 9, 5), (None, 9, 6), (None, 4, 4), ("C", 1, 1), (None, 0, 0)],
)
def test_those_ahead_take_what_they_lack_as_far_as_it_reaches(
    order: str | None, available: int, ahead: int
) -> None:
    assert ahead_of(LINE, OrderId(order) if order else None, available) == ahead


def test_an_order_that_is_not_in_line_stands_behind_all() -> None:
    assert ahead_of(LINE, OrderId("NEW"), 9) == 6


@pytest.mark.parametrize(("available", "ahead"), [(3, 1), (4, 4), (5, 5)])
def test_who_ships_complete_lets_others_pass_while_there_is_not_enough(
    available: int, ahead: int
) -> None:
    line = [waits("WHOLE", 4, whole=True), waits("ONE", 1, minutes=1)]
    assert ahead_of(line, OrderId("NEW"), available) == ahead


def test_who_ships_complete_counts_what_those_before_him_took() -> None:
    line = [waits("PART", 2), waits("WHOLE", 4, minutes=1, whole=True)]
    assert ahead_of(line, None, 5) == 2
    assert ahead_of(line, None, 6) == 6


PLACES = st.lists(
    st.builds(
        lambda order, units, whole: waits(f"O-{order}", units, minutes=order, whole=whole),
        st.integers(0, 9),
        st.integers(1, 6),
        st.booleans(),
    ),
    unique_by=lambda each: each.order_id,
)


@given(PLACES, st.integers(0, 20))
def test_the_line_is_never_left_more_than_there_is_nor_more_than_it_lacks(
    line: list[Waiting], available: int
) -> None:
    ahead = ahead_of(line, None, available)
    assert 0 <= ahead <= min(available, demand_before(line, None))


@given(PLACES, st.integers(0, 20))
def test_each_in_line_gets_what_those_before_leave_and_nothing_is_given_twice(
    line: list[Waiting], available: int
) -> None:
    """Served one after the other, on figures of one moment, no more goes than there is."""
    given_out = 0
    for each in line:
        left = available - ahead_of(line, each.order_id, available)
        given_out += 0 if each.ship_complete and left < each.units else min(left, each.units)
    assert given_out == ahead_of(line, None, available)


def test_the_whole_demand_before_an_order_counts_whether_it_can_be_met_or_not() -> None:
    assert demand_before(LINE, OrderId("C")) == 5
    assert demand_before(LINE, OrderId("A")) == 0
    assert demand_before(LINE, None) == 6
