"""What names a transfer: its content, in whatever order it is written."""

from __future__ import annotations

from dataclasses import replace

import pytest

from oms.inventory.shelves import GENERAL, lot
from oms.inventory.stock_work_contracts import TransferArrivalBody, TransferBody
from oms.inventory.transfer import Transfer, TransferLine
from oms.kernel.errors import Invalid
from oms.kernel.ids import NodeId, Sku
from oms.platform.validation import read

MUG, CUP = Sku("MUG-BLUE"), Sku("CUP-RED")
EAST, WEST = NodeId("WH-EAST"), NodeId("WH-WEST")
LINES = (TransferLine(MUG, 4), TransferLine(CUP, 2, "L-7"))
TRANSFER = Transfer("TR-1", EAST, WEST, LINES)


def test_the_order_of_lines_is_no_difference() -> None:
    assert replace(TRANSFER, lines=LINES[::-1]).digest == TRANSFER.digest


@pytest.mark.parametrize(
    "other",
    [
        replace(TRANSFER, source=WEST, node=EAST),
        replace(TRANSFER, expected_on="2026-12-01"),
        replace(TRANSFER, lines=(LINES[0], TransferLine(CUP, 2))),
        replace(TRANSFER, lines=LINES[:1]),
    ],
)
def test_everything_else_is(other: Transfer) -> None:
    assert other.digest != TRANSFER.digest


def test_a_line_lies_on_the_general_shelf_unless_it_names_a_lot() -> None:
    assert [line.shelf for line in LINES] == [GENERAL, lot("L-7")]


def test_a_body_says_from_where_to_where() -> None:
    raw = b"""{"reference": "TR-1", "from": "WH-EAST", "to": "WH-WEST",
        "lines": [{"sku": "MUG-BLUE", "quantity": 4},
                  {"sku": "CUP-RED", "quantity": 2, "lot": "L-7"}]}"""
    assert read(TransferBody, raw).to_domain() == TRANSFER


@pytest.mark.parametrize("lot_name", ["", "A#B", "x" * 61])
def test_a_lots_name_is_short_and_has_no_hash(lot_name: str) -> None:
    line = b'{"sku": "M", "quantity": 1, "lot": "%s"}' % lot_name.encode()
    raw = b'{"reference": "T", "from": "A", "to": "B", "lines": [%s]}' % line
    with pytest.raises(Invalid) as invalid:
        read(TransferBody, raw)
    assert invalid.value.errors[0].pointer == "/lines/0/lot"


def test_an_arrival_without_lines_is_all_of_it_and_lines_of_one_sku_are_summed() -> None:
    assert read(TransferArrivalBody, b"{}").units() is None
    line = b'{"sku": "MUG-BLUE", "quantity": 2}'
    raw = b'{"lines": [%s, %s]}' % (line, line)
    assert read(TransferArrivalBody, raw).units() == {MUG: 4}
