"""What the bodies for pools and shelves accept."""

from __future__ import annotations

import pytest

from oms.inventory.contracts import AdjustmentBody, ReceiptBody
from oms.inventory.pools import PoolLine, PoolMove
from oms.inventory.shelves import GENERAL, lot, pool
from oms.inventory.stock_work_contracts import PoolMoveBody
from oms.kernel.errors import Invalid
from oms.kernel.ids import NodeId, Sku
from oms.platform.validation import read

MUG, EAST = Sku("MUG-BLUE"), NodeId("WH-EAST")


def test_units_go_into_a_pool_or_back() -> None:
    raw = b"""{"pool": "wholesale", "node": "WH-EAST",
        "lines": [{"sku": "MUG-BLUE", "quantity": -4}]}"""
    assert read(PoolMoveBody, raw).to_domain() == PoolMove("wholesale", EAST, (PoolLine(MUG, -4),))


@pytest.mark.parametrize(
    ("named", "shelf"),
    [(b"", GENERAL), (b', "lot": "L-7"', lot("L-7")), (b', "pool": "b2b"', pool("b2b"))],
)
def test_an_adjustment_names_its_shelf(named: bytes, shelf: str) -> None:
    line = b'{"sku": "MUG-BLUE", "quantity": -1%s}' % named
    raw = b'{"reason": "DAMAGED", "node": "WH-EAST", "lines": [%s]}' % line
    assert [each.shelf for each in read(AdjustmentBody, raw).to_domain().lines] == [shelf]


def test_a_unit_lies_in_a_lot_or_in_a_pool() -> None:
    line = b'{"sku": "MUG-BLUE", "quantity": -1, "lot": "L-7", "pool": "b2b"}'
    with pytest.raises(Invalid):
        read(AdjustmentBody, b'{"reason": "LOST", "node": "E", "lines": [%s]}' % line)


@pytest.mark.parametrize(
    "more",
    [
        b'"expires_on": "2027-05-01"',
        b'"lot": "L-7", "expires_on": "May"',
        b'"unit_cost": {"amount_minor": 1, "currency": "ZZZ"}',
        b'"unit_cost": {"amount_minor": -1, "currency": "USD"}',
        b'"serials": [""]',
    ],
)
def test_what_a_receipt_cannot_mean_is_invalid(more: bytes) -> None:
    line = b'{"sku": "MUG-BLUE", "quantity": 1, %s}' % more
    with pytest.raises(Invalid):
        read(ReceiptBody, b'{"reference": "PO-1", "node": "E", "lines": [%s]}' % line)
