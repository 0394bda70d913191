"""What a sale takes off which shelf: free units first, then what is kept back, never below zero."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from oms.inventory.counter_sale import sold
from oms.inventory.model import BUCKETS, Level
from oms.inventory.shelves import GENERAL, Shelf, lot, pool
from oms.kernel.ids import NodeId, Sku

SKU, STORE = Sku("MUG-BLUE"), NodeId("ST-SOHO")


def level(shelf: Shelf = GENERAL, expires_on: str = "", **figures: int) -> Level:
    empty = Level(SKU, STORE, shelf=shelf, expires_on=expires_on)
    return empty.after(figures)


def test_free_units_go_first_then_safety_then_what_was_not_to_be_sold() -> None:
    there = [level(on_hand=6, safety=1, quality=1, damaged=1, reserved=1)]
    assert sold(SKU, 2, there).changes == {GENERAL: {"on_hand": -2}}
    assert sold(SKU, 3, there).changes == {GENERAL: {"on_hand": -3, "safety": -1}}
    most = sold(SKU, 9, there)
    assert most.changes == {GENERAL: {"on_hand": -5, "safety": -1, "quality": -1, "damaged": -1}}
    assert most.short == 9 - 5


def test_the_general_shelf_goes_first_then_what_expires_first() -> None:
    early, late = lot("A"), lot("B")
    there = [
        level(pool("web"), on_hand=1),
        level(late, "2027-09-01", on_hand=1),
        level(early, "2027-03-01", on_hand=1),
        level(on_hand=1),
    ]
    assert list(sold(SKU, 4, there).changes) == [GENERAL, early, late, pool("web")]


def test_what_somebody_lost_comes_off_the_same_shelf() -> None:
    taken = sold(SKU, 3, [level(on_hand=2, reserved=1)])
    lost = taken.without(GENERAL, 1)
    assert (taken.short, lost.short) == (2, 1)
    assert lost.changes == {GENERAL: {"on_hand": -2}}


FIGURES = st.fixed_dictionaries(
    {name: st.integers(0, 9) for name in ("on_hand", "reserved", "safety", "damaged", "quality")}
)
SHELVES = st.sampled_from([GENERAL, lot("A"), lot("B"), pool("web")])


@given(st.dictionaries(SHELVES, FIGURES, max_size=4), st.integers(1, 60))
def test_every_unit_comes_off_a_shelf_or_is_short_and_no_figure_falls_below_zero(
    figures: dict[Shelf, dict[str, int]], units: int
) -> None:
    levels = {shelf: level(shelf, **each) for shelf, each in figures.items()}
    sound = [each for each in levels.values() if each.is_sound and each.available >= 0]
    taken = sold(SKU, units, sound)
    assert -sum(each["on_hand"] for each in taken.changes.values()) + taken.short == units
    for shelf, changes in taken.changes.items():
        after = levels[shelf].after(changes)
        assert after.is_sound
        assert min(getattr(after, name) for name in (*BUCKETS, "available")) >= 0
    if taken.short:
        left = [each.after(taken.changes.get(each.shelf, {})) for each in sound]
        assert all(each.available == 0 for each in left), "what is short is promised to others"
