"""The units that the cost table rests on, by the published rules."""

from __future__ import annotations

import pytest

from benchmarks.item_size import index_units, read_units, size_of, write_units


def test_an_item_is_as_large_as_its_names_and_values() -> None:
    item = {"pk": {"S": "O#1"}, "n": {"N": "1299"}, "b": {"B": b"12345"}, "f": {"BOOL": True}}
    assert size_of(item) == (2 + 3) + (1 + 3) + (1 + 5) + (1 + 1)


def test_text_counts_in_utf_8() -> None:
    assert size_of({"é": {"S": "é€"}}) == 2 + 5


def test_lists_and_maps_cost_three_bytes_and_one_for_each_element() -> None:
    assert size_of({"l": {"L": [{"S": "ab"}, {"NULL": True}]}}) == 1 + 3 + (1 + 2) + (1 + 1)
    assert size_of({"m": {"M": {"k": {"S": "v"}}}}) == 1 + 3 + 1 + 2


def test_nothing_is_nothing() -> None:
    assert size_of(None) == size_of({}) == 0


@pytest.mark.parametrize(
    ("before", "after", "units"), [(0, 1, 1), (0, 1024, 1), (0, 1025, 2), (3000, 10, 3), (0, 0, 1)]
)
def test_a_write_pays_for_the_larger_of_both_items(before: int, after: int, units: int) -> None:
    assert write_units(before, after) == units


@pytest.mark.parametrize(("size", "units"), [(0, 1), (4096, 1), (4097, 2)])
def test_a_read_pays_by_four_kilobytes(size: int, units: int) -> None:
    assert read_units(size, consistent=True) == units
    assert read_units(size, consistent=False) == units / 2


def test_an_index_entry_is_paid_for_when_it_comes_moves_or_goes() -> None:
    one = {"worklist": {"S": "INTAKE#1"}, "due_at": {"S": "1"}}
    other = {"worklist": {"S": "GRACE#1"}, "due_at": {"S": "2"}}
    assert index_units({}, one) == 1
    assert index_units(one, {**one, "doc": {"S": "changed"}}) == 0
    assert index_units(one, other) == 2
    assert index_units(other, {}) == 1
    assert index_units({}, {}) == 0
