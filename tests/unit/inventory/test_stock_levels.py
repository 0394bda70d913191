"""Levels, movements and demand as plain figures."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms.inventory.adjust import changes_of
from oms.inventory.model import (
    BUCKETS,
    OVERSOLD_CHANGES,
    AdjustmentReason,
    Level,
    Movement,
    Reason,
    available_change,
    demand,
    movements_of,
    rebuilt,
)
from oms.inventory.shelves import GENERAL, OVERSOLD, UNTRACKED, Shelf, lot, pool
from oms.inventory.writes import figures
from oms.kernel.ids import LineId, NodeId, Sku
from oms.orders.model import Leg

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
EAST, MUG = NodeId("WH-EAST"), Sku("MUG-BLUE")
CHANGES = st.dictionaries(st.sampled_from(BUCKETS), st.integers(-50, 50))


def a_leg(quantity: int, sku: str = MUG, node: str = EAST, shelf: Shelf = GENERAL) -> Leg:
    return Leg(LineId("1"), Sku(sku), NodeId(node), quantity, shelf)


@given(st.lists(CHANGES))
def test_available_follows_from_the_other_figures_after_any_changes(
    changes: list[dict[str, int]],
) -> None:
    level = Level(MUG, EAST)
    for each in changes:
        level = level.after(each)
    promised_or_withheld = level.reserved + level.safety + level.damaged + level.quality
    assert level.available == level.on_hand + level.oversold - promised_or_withheld


def test_incoming_units_are_not_available() -> None:
    assert Level(MUG, EAST).after({"incoming": 9}).available == 0


def test_a_level_whose_figures_disagree_is_not_sound() -> None:
    assert Level(MUG, EAST, on_hand=5, reserved=2, available=3).is_sound
    assert not Level(MUG, EAST, on_hand=5, reserved=2, available=4).is_sound
    assert not Level(MUG, EAST, on_hand=-1, available=-1).is_sound


def test_demand_is_summed_per_sku_node_and_shelf_in_a_fixed_order() -> None:
    legs = [a_leg(2, "B"), a_leg(1, "A", "WH-WEST"), a_leg(3, "B"), a_leg(1, "A")]
    legs.append(a_leg(4, "B", shelf=lot("2027-A")))
    expected = {
        ("A", EAST, GENERAL): 1,
        ("A", "WH-WEST", GENERAL): 1,
        ("B", EAST, GENERAL): 5,
        ("B", EAST, lot("2027-A")): 4,
    }
    assert demand(legs) == expected
    assert list(demand(legs)) == list(demand(legs[::-1])) == list(expected)


@pytest.mark.parametrize("quantity", [0, -1])
def test_a_leg_without_units_is_a_mistake_of_the_caller(quantity: int) -> None:
    with pytest.raises(ValueError, match="units of MUG-BLUE"):
        demand([a_leg(quantity)])


def test_reserving_and_releasing_cancel_out_and_shipping_leaves_available_alone() -> None:
    taken = movements_of([a_leg(3)], Reason.RESERVATION, "O-1", "intake", NOW)
    given_back = movements_of([a_leg(3)], Reason.RELEASE, "O-1", "ops", NOW)
    shipped = movements_of([a_leg(3)], Reason.SHIPMENT, "O-1", "node", NOW)
    assert rebuilt([*taken, *given_back]) == {(MUG, EAST, GENERAL): Level(MUG, EAST)}
    assert available_change(shipped[0].changes) == 0
    assert shipped[0].changes == {"on_hand": -3, "reserved": -3}


def test_levels_are_rebuilt_from_movements_place_by_place() -> None:
    def moved(node: str, shelf: Shelf = GENERAL, **changes: int) -> Movement:
        return Movement("01", MUG, NodeId(node), changes, "COUNT", "C-1", "ops", NOW, shelf)

    pooled = pool("VIP")
    moves = [moved(EAST, on_hand=5), moved("WH-WEST", on_hand=1), moved(EAST, safety=2)]
    assert rebuilt([*moves, moved(EAST, pooled, on_hand=3)]) == {
        (MUG, EAST, GENERAL): Level(MUG, EAST, on_hand=5, safety=2, available=3),
        (MUG, EAST, pooled): Level(MUG, EAST, on_hand=3, available=3, shelf=pooled),
        (MUG, "WH-WEST", GENERAL): Level(MUG, NodeId("WH-WEST"), on_hand=1, available=1),
    }


def test_units_promised_beyond_stock_leave_what_is_available_alone() -> None:
    """They stand in the general shelf's row, and shipping them takes nothing off the books."""
    beyond = [a_leg(2, shelf=OVERSOLD)]
    for reason in OVERSOLD_CHANGES:
        (move,) = movements_of(beyond, reason, "O-1", "intake", NOW)
        assert move.place == (MUG, EAST, GENERAL)
    taken = movements_of(beyond, Reason.RESERVATION, "O-1", "intake", NOW)
    for end in (Reason.RELEASE, Reason.SHIPMENT):
        over = movements_of(beyond, end, "O-1", "ops", NOW)
        assert rebuilt([*taken, *over]) == {(MUG, EAST, GENERAL): Level(MUG, EAST)}
    assert available_change(taken[0].changes) == 0


def test_units_that_came_for_a_promise_beyond_stock_are_no_longer_available() -> None:
    (backed,) = movements_of([a_leg(2, shelf=OVERSOLD)], Reason.BACKING, "O-1", "ops", NOW)
    assert (backed.changes, available_change(backed.changes)) == ({"oversold": -2}, -2)


def test_legs_of_the_general_shelf_and_beyond_stock_are_one_movement_of_one_row() -> None:
    legs = [a_leg(3), a_leg(2, shelf=OVERSOLD)]
    (taken,) = movements_of(legs, Reason.RESERVATION, "O-1", "intake", NOW)
    assert taken.changes == {"reserved": 5, "oversold": 2}


def test_what_nobody_counts_moves_nothing() -> None:
    assert movements_of([a_leg(3, shelf=UNTRACKED)], Reason.SHIPMENT, "O-1", "node", NOW) == []


@pytest.mark.parametrize("reason", AdjustmentReason)
def test_every_reason_moves_available_by_the_quantity_it_names(reason: AdjustmentReason) -> None:
    assert available_change(changes_of(reason, -3)) == -3


def test_only_what_changes_is_written() -> None:
    assert figures({"on_hand": -2, "reserved": -2}) == {"on_hand": -2, "reserved": -2}
    assert figures({"reserved": 2}) == {"available": -2, "reserved": 2}
