"""What `POST /stock/receipts` and `POST /stock/adjustments` accept."""

from __future__ import annotations

import unicodedata
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from oms.inventory.adjust import MOST_LINES, Adjustment, AdjustmentLine
from oms.inventory.model import AdjustmentReason
from oms.inventory.receive import Receipt, ReceiptLine
from oms.kernel.ids import NodeId, Sku

MOST_UNITS = 1_000_000
MOST_RECEIPT_LINES = 1_000
# Control, invisible and direction-changing characters, surrogates, line separators.
_UNPRINTABLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def printable(text: str) -> str:
    """Letters that a person sees, so two names that look alike are alike."""
    if any(unicodedata.category(letter) in _UNPRINTABLE for letter in text):
        raise ValueError("control and invisible characters are not allowed")
    if text != text.strip():
        raise ValueError("blanks at the ends are not allowed")
    return text


def _not_zero(units: int) -> int:
    if units == 0:
        raise ValueError("nothing would change")
    return units


Name = Annotated[str, StringConstraints(min_length=1, max_length=100), AfterValidator(printable)]
Units = Annotated[int, Field(ge=1, le=MOST_UNITS)]
SignedUnits = Annotated[int, Field(ge=-MOST_UNITS, le=MOST_UNITS), AfterValidator(_not_zero)]


class _Body(BaseModel):
    """Read with `model_validate_json`: strict mode takes enums as text from JSON only."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class ReceiptLineBody(_Body):
    sku: Name
    quantity: Units


class ReceiptBody(_Body):
    """`{"reference": "PO-9", "node": "WH-EAST", "lines": [{"sku": "MUG", "quantity": 100}]}`"""

    reference: Name
    node: Name
    lines: Annotated[list[ReceiptLineBody], Field(min_length=1, max_length=MOST_RECEIPT_LINES)]

    def to_domain(self) -> Receipt:
        lines = tuple(ReceiptLine(Sku(line.sku), line.quantity) for line in self.lines)
        return Receipt(self.reference, NodeId(self.node), lines)


class AdjustmentLineBody(_Body):
    sku: Name
    quantity: SignedUnits


class AdjustmentBody(_Body):
    """`{"reason": "DAMAGED", "node": "WH-EAST", "lines": [{"sku": "MUG", "quantity": -3}]}`"""

    reason: AdjustmentReason
    node: Name
    lines: Annotated[list[AdjustmentLineBody], Field(min_length=1, max_length=MOST_LINES)]
    reference: Annotated[str, StringConstraints(max_length=100), AfterValidator(printable)] = ""

    def to_domain(self) -> Adjustment:
        lines = tuple(AdjustmentLine(Sku(line.sku), line.quantity) for line in self.lines)
        return Adjustment(self.reason, NodeId(self.node), lines, self.reference)
