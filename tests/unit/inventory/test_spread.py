"""How a hot SKU is shared out among its parts, and how many parts it needs."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms.inventory.items import hold_lists, level_key, list_of_place, movement_key
from oms.inventory.model import Level, rebuilt
from oms.inventory.shelves import GENERAL, Shelf, hot, hot_number, lot
from oms.inventory.spread import (
    MOST_PARTS,
    PARTITION_READS,
    PARTITION_WRITES,
    TABLE_WRITES,
    Load,
    gather_moves,
    movements_for,
    parts_for,
    read_loads,
    spread_moves,
    table_writes,
    write_loads,
)
from oms.kernel.errors import Refused
from oms.kernel.ids import NodeId, Sku

NOW = datetime(2026, 11, 27, 9, tzinfo=UTC)
EAST, DROP = NodeId("WH-EAST"), Sku("SNEAKER-DROP")


def on(shelf: Shelf, units: int, reserved: int = 0) -> Level:
    return Level(DROP, EAST, units, reserved, available=units - reserved, shelf=shelf)


def test_units_are_shared_out_evenly_and_the_odd_ones_go_first() -> None:
    assert spread_moves([on(GENERAL, 11)], 4) == [
        (hot(0), 3),
        (hot(1), 3),
        (hot(2), 3),
        (hot(3), 2),
    ]


def test_only_free_units_of_the_general_shelf_are_moved() -> None:
    levels = [on(GENERAL, 11, reserved=5), on(lot("A"), 90)]
    assert spread_moves(levels, 2) == [(hot(0), 3), (hot(1), 3)]


def test_what_comes_in_later_goes_to_the_parts_that_have_least() -> None:
    levels = [on(GENERAL, 6), on(hot(0), 9), on(hot(1), 1), on(hot(2), 2)]
    assert spread_moves(levels, 3) == [(hot(1), 5), (hot(2), 1)]


def test_nothing_moves_twice() -> None:
    assert spread_moves([on(GENERAL, 0), on(hot(0), 3), on(hot(1), 2)], 2) == []


def test_gathering_takes_what_is_free_and_leaves_what_is_reserved() -> None:
    levels = [on(GENERAL, 4), on(hot(1), 5, reserved=2), on(hot(0), 1), on(hot(2), 1, reserved=1)]
    assert gather_moves(levels) == [(hot(0), -1), (hot(1), -3)]


@given(
    st.integers(0, 500),
    st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=20),
    st.integers(2, MOST_PARTS),
)
def test_no_move_makes_or_loses_a_unit_or_takes_more_than_is_free(
    general: int, parts: list[tuple[int, int]], number: int
) -> None:
    levels = [on(GENERAL, general)]
    levels += [on(hot(n), units + held, held) for n, (units, held) in enumerate(parts)]
    for moves in (spread_moves(levels, number), gather_moves(levels)):
        made = movements_for(DROP, EAST, moves, "SPREAD-1", "ops", NOW)
        assert sum(each.changes["on_hand"] for each in made) == 0
        free = {level.shelf: level.available for level in levels}
        moved = rebuilt(made)
        for (_, _, shelf), level in moved.items():
            assert free.get(shelf, 0) + level.available >= 0


# --- how many parts ------------------------------------------------------------------------


def test_ten_thousand_reservations_a_second_need_25_parts() -> None:
    assert parts_for(10_000) == 25
    assert write_loads(10_000, 25) == (
        Load("level: HOT#k#sku", each=800, total=20_000),
        Load("movement: HOT-MOVEMENTS#k#sku", each=800, total=20_000),
        Load("hold: HOLD#id", each=2, total=20_000),
        Load("index of ends: HOLDS#n", each=400, total=10_000),
    )
    assert read_loads(10_000, 25) == (Load("level: HOT#k#sku", each=800, total=20_000),)


def test_no_partition_of_a_spread_sku_gets_more_than_dynamodb_gives() -> None:
    for rate in (1, 400, 1_000, 5_000, 10_000, 25_000):
        parts = parts_for(rate)
        assert max(load.each for load in write_loads(rate, parts)) < PARTITION_WRITES
        assert max(load.each for load in read_loads(rate, parts)) < PARTITION_READS


def test_one_row_alone_stands_four_hundred_a_second_with_a_margin() -> None:
    assert parts_for(800) == 2
    assert parts_for(801) == 3


def test_a_rate_that_the_most_parts_do_not_stand_is_refused() -> None:
    assert parts_for(25_600) == MOST_PARTS
    with pytest.raises(Refused) as refused:
        parts_for(25_601)
    assert refused.value.code == "too-hot"


def test_ten_thousand_a_second_need_a_higher_quota_of_the_table() -> None:
    assert table_writes(10_000) == 70_000 > TABLE_WRITES
    assert table_writes(5_714) <= TABLE_WRITES < table_writes(5_715)


def test_no_two_parts_share_a_partition_of_the_table_or_of_the_index() -> None:
    parts = [hot(number) for number in range(MOST_PARTS)]
    assert len({level_key(DROP, EAST, part)["pk"] for part in parts}) == MOST_PARTS
    moves = movements_for(DROP, EAST, [(part, 1) for part in parts], "SPREAD-1", "ops", NOW)
    logs = {movement_key(each)["pk"] for each in moves if hot_number(each.shelf) is not None}
    assert len(logs) == MOST_PARTS
    lists = {list_of_place((DROP, EAST, part)) for part in parts}
    assert len(lists) == MOST_PARTS
    assert lists <= set(hold_lists(hot=True)) - set(hold_lists(hot=False))
