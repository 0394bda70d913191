"""A level says what its last write did to what can be sold; the stream's filters go by it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from infra.catalogue.messaging import STREAMS
from oms.inventory import writes
from oms.inventory.model import Changes, Movement, Reason
from oms.kernel.ids import NodeId, Sku
from tests.workflow.table_stream import passes

AT = datetime(2026, 11, 22, tzinfo=UTC)
SALE: Changes = {"reserved": 1}
SHIPMENT: Changes = {"reserved": -1, "on_hand": -1}
RECEIPT: Changes = {"on_hand": 12}
STOCK = {row.function: row for row in STREAMS if row.effects}


def effect(changes: Changes) -> str:
    made = Movement("01M", Sku("MUG"), NodeId("EAST"), changes, Reason.RECEIPT, "PO-1", "ops", AT)
    level, _ = writes.of_movement("stock", made)
    return str(level.values[":effect"])


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        (RECEIPT, "MORE"),
        ({"reserved": -1}, "MORE"),
        (SALE, "LESS"),
        ({"on_hand": -1, "damaged": 1}, "LESS"),
        (SHIPMENT, "SAME"),
        ({"incoming": 5}, "SAME"),
    ],
)
def test_what_a_movement_does_to_what_can_be_sold(changes: Changes, what: str) -> None:
    assert effect(changes) == what


def test_safety_stock_bears_on_what_is_sold_even_when_as_much_is_available() -> None:
    assert effect({"on_hand": 2, "safety": 2}) == "LESS"


def started_by(changes: Changes) -> set[str]:
    level = {"effect": {"S": effect(changes)}}
    record: Any = {"dynamodb": {"Keys": {"sk": {"S": "NODE#EAST"}}, "NewImage": level}}
    return {name for name, row in STOCK.items() if passes(row, record)}


def test_a_sale_starts_no_look_at_the_line_and_a_shipment_starts_nothing() -> None:
    assert started_by(RECEIPT) == {"serve_waiting", "publish_stock"}
    assert started_by(SALE) == {"publish_stock"}
    assert started_by(SHIPMENT) == set()
