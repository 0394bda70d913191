"""What a receipt and an adjustment may say."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import ValidationError

from oms.inventory.adjust import Adjustment, AdjustmentLine
from oms.inventory.contracts import AdjustmentBody, ReceiptBody
from oms.inventory.model import AdjustmentReason
from oms.inventory.receive import Receipt, ReceiptLine
from oms.kernel.ids import NodeId, Sku


def a_receipt(**changed: Any) -> str:
    line = {"sku": changed.pop("sku", "MUG-BLUE"), "quantity": changed.pop("quantity", 100)}
    return json.dumps({"reference": "PO-9", "node": "WH-EAST", "lines": [line], **changed})


def an_adjustment(**changed: Any) -> str:
    line = {"sku": "MUG-BLUE", "quantity": changed.pop("quantity", -3)}
    return json.dumps({"reason": "DAMAGED", "node": "WH-EAST", "lines": [line], **changed})


def test_a_receipt_becomes_what_came_in() -> None:
    assert ReceiptBody.model_validate_json(a_receipt()).to_domain() == Receipt(
        "PO-9", NodeId("WH-EAST"), (ReceiptLine(Sku("MUG-BLUE"), 100),)
    )


def test_an_adjustment_becomes_what_to_put_right() -> None:
    assert AdjustmentBody.model_validate_json(an_adjustment()).to_domain() == Adjustment(
        AdjustmentReason.DAMAGED, NodeId("WH-EAST"), (AdjustmentLine(Sku("MUG-BLUE"), -3),)
    )


@pytest.mark.parametrize("quantity", [0, -1, 1_000_001, True, 1.0, "1", None, 2**63, 1e200])
def test_a_quantity_that_is_no_count_of_units_is_refused(quantity: object) -> None:
    with pytest.raises(ValidationError) as refused:
        ReceiptBody.model_validate_json(a_receipt(quantity=quantity))
    assert refused.value.errors()[0]["loc"] == ("lines", 0, "quantity")


@pytest.mark.parametrize("quantity", [0, True, -1.0, "-1", -1_000_001])
def test_an_adjustment_by_nothing_or_by_no_number_is_refused(quantity: object) -> None:
    with pytest.raises(ValidationError):
        AdjustmentBody.model_validate_json(an_adjustment(quantity=quantity))


@pytest.mark.parametrize(
    "sku", ["", "x" * 101, "A\nB", "A\x00", "A\u202eB", "A\u200bB", " A", "A ", 7, None]
)
def test_a_sku_that_a_person_could_not_read_is_refused(sku: object) -> None:
    with pytest.raises(ValidationError):
        ReceiptBody.model_validate_json(a_receipt(sku=sku))


@pytest.mark.parametrize("sku", ["A", "x" * 100, "TÜR-1", "a b", "SKU#1", "茶"])
def test_a_sku_of_visible_letters_is_taken_as_it_is(sku: str) -> None:
    assert ReceiptBody.model_validate_json(a_receipt(sku=sku)).lines[0].sku == sku


@pytest.mark.parametrize("changed", [{"lines": []}, {"extra": 1}, {"node": ""}, {"reference": ""}])
def test_a_receipt_without_its_parts_or_with_more_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ReceiptBody.model_validate_json(a_receipt(**changed))


def test_a_reason_outside_the_list_is_refused() -> None:
    with pytest.raises(ValidationError):
        AdjustmentBody.model_validate_json(an_adjustment(reason="SHIPMENT"))


def test_an_adjustment_fits_one_transaction() -> None:
    lines = [{"sku": f"S-{number}", "quantity": 1} for number in range(49)]
    assert AdjustmentBody.model_validate_json(an_adjustment(lines=lines[:48]))
    with pytest.raises(ValidationError):
        AdjustmentBody.model_validate_json(an_adjustment(lines=lines))
