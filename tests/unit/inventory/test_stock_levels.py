"""Levels, movements and demand as plain figures."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms.inventory.adjust import changes_of
from oms.inventory.model import (
    BUCKETS,
    AdjustmentReason,
    Level,
    Movement,
    Reason,
    available_change,
    demand,
    movements_of,
    rebuilt,
)
from oms.inventory.writes import figures
from oms.kernel.ids import LineId, NodeId, Sku
from oms.orders.model import Leg

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
EAST, MUG = NodeId("WH-EAST"), Sku("MUG-BLUE")
CHANGES = st.dictionaries(st.sampled_from(BUCKETS), st.integers(-50, 50))


def a_leg(quantity: int, sku: str = MUG, node: str = EAST) -> Leg:
    return Leg(LineId("1"), Sku(sku), NodeId(node), quantity)


@given(st.lists(CHANGES))
def test_available_follows_from_the_other_figures_after_any_changes(
    changes: list[dict[str, int]],
) -> None:
    level = Level(MUG, EAST)
    for each in changes:
        level = level.after(each)
    assert level.available == level.on_hand - level.reserved - level.safety - level.damaged


def test_incoming_units_are_not_available() -> None:
    assert Level(MUG, EAST).after({"incoming": 9}).available == 0


def test_a_level_whose_figures_disagree_is_not_sound() -> None:
    assert Level(MUG, EAST, on_hand=5, reserved=2, available=3).is_sound
    assert not Level(MUG, EAST, on_hand=5, reserved=2, available=4).is_sound
    assert not Level(MUG, EAST, on_hand=-1, available=-1).is_sound


def test_demand_is_summed_per_sku_and_node_in_a_fixed_order() -> None:
    legs = [a_leg(2, "B"), a_leg(1, "A", "WH-WEST"), a_leg(3, "B"), a_leg(1, "A")]
    expected = {("A", EAST): 1, ("A", "WH-WEST"): 1, ("B", EAST): 5}
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
    assert rebuilt([*taken, *given_back]) == {(MUG, EAST): Level(MUG, EAST)}
    assert available_change(shipped[0].changes) == 0
    assert shipped[0].changes == {"on_hand": -3, "reserved": -3}


def test_levels_are_rebuilt_from_movements_place_by_place() -> None:
    def moved(node: str, **changes: int) -> Movement:
        return Movement("01", MUG, NodeId(node), changes, "COUNT", "C-1", "ops", NOW)

    assert rebuilt(
        [moved(EAST, on_hand=5), moved("WH-WEST", on_hand=1), moved(EAST, safety=2)]
    ) == {
        (MUG, EAST): Level(MUG, EAST, on_hand=5, safety=2, available=3),
        (MUG, "WH-WEST"): Level(MUG, NodeId("WH-WEST"), on_hand=1, available=1),
    }


@pytest.mark.parametrize("reason", AdjustmentReason)
def test_every_reason_moves_available_by_the_quantity_it_names(reason: AdjustmentReason) -> None:
    assert available_change(changes_of(reason, -3)) == -3


def test_only_what_changes_is_written() -> None:
    assert figures({"on_hand": -2, "reserved": -2}) == {"on_hand": -2, "reserved": -2}
    assert figures({"reserved": 2}) == {"available": -2, "reserved": 2}
