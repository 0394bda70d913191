"""Serials beside units: one for each, in a receipt and in a box."""

from __future__ import annotations

import pytest

from oms.fulfilment.at_node import with_serials
from oms.fulfilment.model import ParcelLine
from oms.inventory.receive import SERIALS, Receipt, ReceiptLine
from oms.kernel.errors import Invalid
from oms.kernel.ids import LineId, NodeId, Sku

CAMERA = Sku("CAMERA-X")
BOX = (ParcelLine(LineId("1"), CAMERA, 2), ParcelLine(LineId("2"), Sku("STRAP"), 1))


def test_a_box_keeps_the_serials_of_its_units() -> None:
    (camera, strap) = with_serials(BOX, {"1": ["SN-1", "SN-2"]})
    assert (camera.serials, strap.serials) == (("SN-1", "SN-2"), ())


@pytest.mark.parametrize("named", [["SN-1"], ["SN-1", "SN-1"], ["SN-1", "SN-2", "SN-3"]])
def test_serials_that_do_not_fit_the_units_are_invalid(named: list[str]) -> None:
    with pytest.raises(Invalid) as invalid:
        with_serials(BOX, {"1": named})
    assert invalid.value.code == "serials-differ"


def test_serials_of_a_line_that_is_not_in_the_box_are_invalid() -> None:
    with pytest.raises(Invalid):
        with_serials(BOX, {"9": ["SN-1"]})


def test_a_line_of_many_serials_is_cut_into_pieces_that_fit() -> None:
    names = tuple(f"SN-{number:03d}" for number in range(2 * SERIALS + 1))
    line = ReceiptLine(CAMERA, len(names), serials=names)
    pieces = Receipt("PO-1", NodeId("WH-EAST"), (line,)).merged
    assert [piece.quantity for piece in pieces] == [SERIALS, SERIALS, 1]
    assert tuple(name for piece in pieces for name in piece.serials) == names
