"""Shelves and the rows that their figures stand in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms.inventory.items import is_level, level_key, place_of, selling_key
from oms.inventory.shelves import (
    GENERAL,
    OVERSOLD,
    UNTRACKED,
    Shelf,
    hot,
    hot_number,
    lot,
    lot_name,
    pool,
    pool_name,
    row_of,
)
from oms.kernel.ids import NodeId, Sku

MUG, EAST = Sku("MUG-BLUE"), NodeId("WH-EAST")


@pytest.mark.parametrize(
    ("shelf", "pk", "sk"),
    [
        (GENERAL, "SKU#MUG-BLUE", "NODE#WH-EAST"),
        (OVERSOLD, "SKU#MUG-BLUE", "NODE#WH-EAST"),
        (pool("VIP"), "SKU#MUG-BLUE", "SHELF#POOL#VIP#WH-EAST"),
        (lot("2027-A"), "SKU#MUG-BLUE", "SHELF#LOT#2027-A#WH-EAST"),
        (hot(11), "HOT#11#MUG-BLUE", "NODE#WH-EAST"),
    ],
)
def test_each_shelf_has_its_row_and_what_is_beyond_stock_shares_the_general_one(
    shelf: Shelf, pk: str, sk: str
) -> None:
    assert level_key(MUG, EAST, shelf) == {"pk": pk, "sk": sk}


# What the contracts allow in a SKU and in a node's id may hold a "#"; a name of a shelf may not.
TEXT = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=12)
NAMES = TEXT.filter(lambda name: "#" not in name)
SHELVES = st.one_of(st.just(GENERAL), NAMES.map(pool), NAMES.map(lot), st.integers(0, 999).map(hot))


@given(TEXT.map(Sku), TEXT.map(NodeId), SHELVES)
def test_a_key_tells_its_place_again(sku: Sku, node: NodeId, shelf: Shelf) -> None:
    key = level_key(sku, node, shelf)
    assert is_level(key)
    assert place_of(key) == (sku, node, shelf)


@given(TEXT.map(Sku), TEXT.map(NodeId), SHELVES, TEXT.map(Sku), TEXT.map(NodeId), SHELVES)
def test_two_places_never_share_a_row(
    sku: Sku, node: NodeId, shelf: Shelf, sku2: Sku, node2: NodeId, shelf2: Shelf
) -> None:
    same = (sku, node, shelf) == (sku2, node2, shelf2)
    assert (level_key(sku, node, shelf) == level_key(sku2, node2, shelf2)) == same


@pytest.mark.parametrize(
    "key",
    [
        selling_key(MUG),
        {"pk": "MOVEMENTS#MUG-BLUE", "sk": "01K"},
        {"pk": "NODES", "sk": "NODE#1"},
        {"pk": "CATALOGUE", "sk": "SHELF#9"},
    ],
)
def test_other_rows_are_no_levels(key: dict[str, str]) -> None:
    assert not is_level(key)


def test_a_shelf_tells_what_it_is() -> None:
    shelves = [GENERAL, OVERSOLD, UNTRACKED, pool("VIP"), lot("2027-A"), hot(0)]
    assert [pool_name(each) for each in shelves] == ["", "", "", "VIP", "", ""]
    assert [lot_name(each) for each in shelves] == ["", "", "", "", "2027-A", ""]
    assert [hot_number(each) for each in shelves] == [None, None, None, None, None, 0]
    assert [row_of(each) for each in shelves] == [GENERAL, GENERAL, *shelves[2:]]
