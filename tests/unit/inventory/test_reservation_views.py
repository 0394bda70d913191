"""A reservation as its owner sees it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from oms.inventory.model import Units
from oms.inventory.reservation import Asked, HoldState, Reservation, ReservationId
from oms.inventory.reservation_view import of_reservation
from oms.inventory.selling import Component
from oms.inventory.shelves import lot
from oms.kernel.ids import NodeId, Sku

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
MUG, TEE, KIT = Sku("MUG-BLUE"), Sku("TEE-RED"), Sku("SET-GIFT")
EAST, WEST = NodeId("WH-EAST"), NodeId("WH-WEST")
CART = Reservation(
    ReservationId("cart-1"),
    "shop",
    "web",
    (Asked(KIT, 2), Asked(MUG, 3)),
    (
        Units(MUG, EAST, 4, lot("A1")),
        Units(MUG, EAST, 1),
        Units(MUG, WEST, 2),
        Units(TEE, WEST, 2),
    ),
    NOW,
    NOW + timedelta(minutes=15),
)
KITS = {KIT: (Component(MUG, 2), Component(TEE, 1)), MUG: ()}


def test_a_line_tells_its_nodes_and_a_kit_those_of_its_parts() -> None:
    kit, mug = of_reservation(CART, KITS, NOW)["lines"]
    assert mug["nodes"] == [{"node": EAST, "quantity": 3}]
    assert kit["nodes"] == []
    assert kit["parts"] == [
        {
            "sku": MUG,
            "quantity": 4,
            "nodes": [{"node": EAST, "quantity": 2}, {"node": WEST, "quantity": 2}],
        },
        {"sku": TEE, "quantity": 2, "nodes": [{"node": WEST, "quantity": 2}]},
    ]


@pytest.mark.parametrize(
    ("state", "minutes", "shown"),
    [
        (HoldState.HELD, 14, "HELD"),
        (HoldState.HELD, 15, "EXPIRED"),
        (HoldState.COMMITTED, 99, "COMMITTED"),
        (HoldState.RELEASED, 1, "RELEASED"),
    ],
)
def test_a_hold_has_expired_at_its_end_whether_the_sweep_came_by_or_not(
    state: HoldState, minutes: int, shown: str
) -> None:
    then = NOW + timedelta(minutes=minutes)
    assert of_reservation(replace(CART, state=state), KITS, then)["state"] == shown
