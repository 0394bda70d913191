"""What `POST /stock/receipts` and `POST /stock/adjustments` accept."""

from __future__ import annotations

import unicodedata
from datetime import date
from typing import Annotated, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from oms.inventory.adjust import MOST_LINES, Adjustment, AdjustmentLine
from oms.inventory.model import AdjustmentReason
from oms.inventory.receive import Receipt, ReceiptLine
from oms.inventory.shelves import GENERAL, lot, pool
from oms.kernel.ids import NodeId, Sku
from oms.kernel.money import CURRENCIES, Money

MOST_UNITS = 1_000_000
MOST_RECEIPT_LINES = 1_000
MOST_SERIALS = 1_000
MOST_COST = 10**10
# Control, invisible and direction-changing characters, surrogates, line separators.
_UNPRINTABLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def printable(text: str) -> str:
    """Letters that a person sees, so two names that look alike are alike."""
    if any(unicodedata.category(letter) in _UNPRINTABLE for letter in text):
        raise ValueError("control and invisible characters are not allowed")
    if text != text.strip():
        raise ValueError("blanks at the ends are not allowed")
    return text


def _known(currency: str) -> str:
    if currency not in CURRENCIES:
        raise ValueError("no such currency")
    return currency


def _not_zero(units: int) -> int:
    if units == 0:
        raise ValueError("nothing would change")
    return units


Name = Annotated[str, StringConstraints(min_length=1, max_length=100), AfterValidator(printable)]
# A "#" parts the words of a shelf's name.
LotName = Annotated[
    str,
    StringConstraints(min_length=1, max_length=60, pattern="^[^#]+$"),
    AfterValidator(printable),
]
Units = Annotated[int, Field(ge=1, le=MOST_UNITS)]
SignedUnits = Annotated[int, Field(ge=-MOST_UNITS, le=MOST_UNITS), AfterValidator(_not_zero)]


class Body(BaseModel):
    """Read with `model_validate_json`: strict mode takes enums as text from JSON only."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class UnitCost(Body):
    """What one unit cost."""

    amount_minor: Annotated[int, Field(ge=0, le=MOST_COST)]
    currency: Annotated[str, StringConstraints(pattern="^[A-Z]{3}$"), AfterValidator(_known)]

    def to_domain(self) -> Money:
        return Money(self.amount_minor, self.currency)


class ReceiptLineBody(Body):
    """`lot` puts the units on a shelf of their own; `serials` name every one of them."""

    sku: Name
    quantity: Units
    unit_cost: UnitCost | None = None
    lot: LotName | None = None
    expires_on: date | None = None
    serials: Annotated[list[Name], Field(max_length=MOST_SERIALS)] = []

    @model_validator(mode="after")
    def _lots_expire(self) -> Self:
        if self.expires_on and not self.lot:
            raise ValueError("a day of expiry is a lot's")
        return self

    def to_domain(self) -> ReceiptLine:
        return ReceiptLine(
            Sku(self.sku),
            self.quantity,
            self.unit_cost.amount_minor if self.unit_cost else None,
            self.lot or "",
            self.expires_on.isoformat() if self.expires_on else "",
            tuple(sorted(self.serials)),
        )


class ReceiptBody(Body):
    """`{"reference": "PO-9", "node": "WH-EAST", "lines": [{"sku": "MUG", "quantity": 100}]}`"""

    reference: Name
    node: Name
    lines: Annotated[list[ReceiptLineBody], Field(min_length=1, max_length=MOST_RECEIPT_LINES)]
    delivery: Annotated[str, StringConstraints(max_length=100), AfterValidator(printable)] = ""

    def to_domain(self) -> Receipt:
        lines = tuple(line.to_domain() for line in self.lines)
        return Receipt(self.reference, NodeId(self.node), lines, self.delivery)


class AdjustmentLineBody(Body):
    """Of the general shelf, unless a `lot` or a `pool` is named."""

    sku: Name
    quantity: SignedUnits
    lot: LotName | None = None
    pool: LotName | None = None

    @model_validator(mode="after")
    def _one_shelf(self) -> Self:
        if self.lot and self.pool:
            raise ValueError("a unit lies in a lot or in a pool")
        return self

    def to_domain(self) -> AdjustmentLine:
        shelf = lot(self.lot) if self.lot else pool(self.pool) if self.pool else GENERAL
        return AdjustmentLine(Sku(self.sku), self.quantity, shelf)


class AdjustmentBody(Body):
    """`{"reason": "DAMAGED", "node": "WH-EAST", "lines": [{"sku": "MUG", "quantity": -3}]}`"""

    reason: AdjustmentReason
    node: Name
    lines: Annotated[list[AdjustmentLineBody], Field(min_length=1, max_length=MOST_LINES)]
    reference: Annotated[str, StringConstraints(max_length=100), AfterValidator(printable)] = ""

    def to_domain(self) -> Adjustment:
        lines = tuple(line.to_domain() for line in self.lines)
        return Adjustment(self.reason, NodeId(self.node), lines, self.reference)
