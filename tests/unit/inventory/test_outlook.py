"""What can be promised by date: stock, what is on its way, who waits, what is kept back."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from oms.inventory.incoming import Incoming
from oms.inventory.model import Level
from oms.inventory.outlook import Outlook, Ready, grown, steps
from oms.inventory.selling import Buffer, Pool, Position, Selling, SellingPolicy
from oms.inventory.shelves import pool
from oms.kernel.ids import NodeId, Sku

MUG, EAST, WEST = Sku("MUG-BLUE"), NodeId("WH-EAST"), NodeId("WH-WEST")
TODAY = "2026-11-21"
NO_RULES = SellingPolicy()


def outlook(
    on_hand: int,
    *coming: tuple[str, int],
    policy: SellingPolicy = NO_RULES,
    levels: tuple[Level, ...] = (),
    **selling: Any,
) -> Outlook:
    there = (Level(MUG, EAST, on_hand=on_hand, available=on_hand), *levels)
    rows = tuple(Incoming(MUG, EAST, f"PO-{day}", units, day) for day, units in coming)
    position = Position(Selling(MUG, **selling), there)
    return Outlook(position, rows, policy, "web", TODAY)


def schedule(of: Outlook) -> list[tuple[str, int]]:
    return [(each.date, each.units) for each in steps(sorted(of.days), of.units)]


def test_what_comes_in_adds_up_day_by_day() -> None:
    seen = outlook(10, ("2026-11-30", 10), ("2026-12-05", 4), ("2026-12-05", 1))
    assert schedule(seen) == [(TODAY, 10), ("2026-11-30", 20), ("2026-12-05", 25)]


def test_those_who_wait_are_served_before_anything_is_promised() -> None:
    seen = outlook(0, ("2026-11-30", 10), ("2026-12-05", 10), waiting=12)
    assert schedule(seen) == [(TODAY, 0), ("2026-12-05", 8)]
    assert (seen.first(8), seen.first(9)) == ("2026-12-05", "")


def test_before_its_first_day_nothing_is_promised() -> None:
    seen = outlook(10, ("2026-11-30", 5), available_from="2026-12-24")
    assert schedule(seen) == [(TODAY, 0), ("2026-12-24", 15)]
    assert seen.first(12) == "2026-12-24"


def test_a_lead_time_answers_where_nothing_is_on_its_way() -> None:
    assert outlook(0, lead_days=7).first(1) == "2026-11-28"
    assert outlook(0, lead_days=7, available_from="2026-12-24").first(1) == "2026-12-24"
    assert outlook(0).first(1) == ""


def test_a_pool_opens_on_its_day() -> None:
    rules = SellingPolicy(pools=(Pool("b2b", ("b2b",), "2026-12-01"), Pool("x", ("x",), "2027")))
    apart = Level(MUG, WEST, on_hand=6, available=6, shelf=pool("b2b"))
    assert schedule(outlook(1, policy=rules, levels=(apart,))) == [(TODAY, 1), ("2026-12-01", 7)]


def test_a_buffer_is_filled_first() -> None:
    rules = SellingPolicy(buffers=(Buffer(8),))
    assert schedule(outlook(3, ("2026-11-30", 10), policy=rules)) == [(TODAY, 0), ("2026-11-30", 5)]


def test_goods_come_to_a_node_that_never_had_any() -> None:
    (level,) = grown(Position(Selling(MUG)), [Incoming(MUG, WEST, "PO-1", 3)]).levels
    assert level == Level(MUG, WEST, on_hand=3, available=3)


def test_only_the_days_on_which_something_changes_are_told() -> None:
    assert steps(["1", "2", "3"], lambda day: 4 if day < "3" else 5) == (
        Ready("1", 4),
        Ready("3", 5),
    )


@given(
    on_hand=st.integers(0, 20),
    coming=st.lists(st.tuples(st.integers(22, 30), st.integers(1, 9)), max_size=5),
    waiting=st.integers(0, 30),
    buffer=st.integers(0, 20),
)
def test_nothing_is_promised_twice(
    on_hand: int, coming: list[tuple[int, int]], waiting: int, buffer: int
) -> None:
    rows = [(f"2026-11-{day}", units) for day, units in coming]
    rules = SellingPolicy(buffers=(Buffer(buffer),))
    seen = outlook(on_hand, *rows, policy=rules, waiting=waiting)
    for day, units in schedule(seen):
        come = sum(each for when, each in rows if when <= day)
        assert units == max(0, on_hand + come - buffer - waiting)
