"""When units of a lot may leave, and how goods of lots come in."""

from __future__ import annotations

import pytest

from oms.inventory.lots import Lot, arrival_changes
from oms.inventory.model import Level
from oms.inventory.receive import Receipt, ReceiptLine
from oms.inventory.shelves import lot
from oms.kernel.ids import NodeId, Sku

JAM, EAST = Sku("JAM-PLUM"), NodeId("WH-EAST")


@pytest.mark.parametrize(
    ("expires_on", "blocked", "leaves"),
    [
        ("", False, True),
        ("2026-11-22", False, True),
        ("2026-11-21", False, False),
        ("2026-11-22", True, False),
    ],
)
def test_a_lot_leaves_until_its_day_unless_recalled(
    expires_on: str, blocked: bool, leaves: bool
) -> None:
    level = Level(JAM, EAST, 5, shelf=lot("L"), expires_on=expires_on, blocked=blocked)
    assert level.may_leave("2026-11-21") is leaves


def test_units_of_a_recalled_lot_arrive_in_quality() -> None:
    assert arrival_changes(Lot(JAM, "L"), 4) == {"on_hand": 4}
    assert arrival_changes(Lot(JAM, "L", recalled=True), 4) == {"on_hand": 4, "quality": 4}


def test_the_same_goods_are_one_line_and_other_goods_are_not() -> None:
    lines = (
        ReceiptLine(JAM, 2, lot="B"),
        ReceiptLine(JAM, 3),
        ReceiptLine(JAM, 1, lot="A"),
        ReceiptLine(JAM, 4, lot="B"),
    )
    merged = Receipt("PO-1", EAST, lines).merged
    assert [(line.lot, line.quantity) for line in merged] == [("", 3), ("A", 1), ("B", 6)]


def test_a_receipts_name_is_of_what_came_and_not_of_its_order() -> None:
    a, b = ReceiptLine(JAM, 2, lot="A"), ReceiptLine(JAM, 3)
    assert Receipt("PO-1", EAST, (a, b)).digest == Receipt("PO-1", EAST, (b, a)).digest
    other = ReceiptLine(JAM, 2, lot="A", expires_on="2027-05-01")
    assert Receipt("PO-1", EAST, (other, b)).digest != Receipt("PO-1", EAST, (a, b)).digest
