"""What purchase orders, transfers, counts, pools and recalls accept."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, Field, StringConstraints

from oms.inventory.contracts import Body, LotName, Name, SignedUnits, UnitCost, Units, printable
from oms.inventory.count import MOST_SKUS, Counted
from oms.inventory.pools import MOST_LINES as MOST_POOL_LINES
from oms.inventory.pools import PoolLine, PoolMove
from oms.inventory.purchase import PurchaseLine, PurchaseOrder
from oms.inventory.transfer import MOST_LINES as MOST_TRANSFER_LINES
from oms.inventory.transfer import Transfer, TransferLine
from oms.kernel.ids import NodeId, Sku

MOST_PURCHASE_LINES = 1_000
MOST_COUNTED = 10_000_000
_Optional = Annotated[str, StringConstraints(max_length=100), AfterValidator(printable)]
_Reason = Annotated[str, StringConstraints(max_length=500)]


class PurchaseLineBody(Body):
    sku: Name
    quantity: Units
    unit_cost: UnitCost | None = None


class PurchaseOrderBody(Body):
    """`tolerance_percent`: how much more than ordered may come of each line."""

    reference: Name
    node: Name
    lines: Annotated[list[PurchaseLineBody], Field(min_length=1, max_length=MOST_PURCHASE_LINES)]
    supplier: _Optional = ""
    expected_on: date | None = None
    tolerance_percent: Annotated[int, Field(ge=0, le=100)] = 0

    def to_domain(self) -> PurchaseOrder:
        return PurchaseOrder(
            self.reference,
            NodeId(self.node),
            tuple(
                PurchaseLine(
                    Sku(line.sku),
                    line.quantity,
                    line.unit_cost.to_domain() if line.unit_cost else None,
                )
                for line in self.lines
            ),
            self.supplier,
            day(self.expected_on),
            self.tolerance_percent,
        )


class PurchaseOrderAction(Body):
    """`reschedule` needs `expected_on`; null is a day that nobody knows."""

    expected_on: date | None = None


class TransferLineBody(Body):
    sku: Name
    quantity: Units
    lot: LotName | None = None


class TransferBody(Body):
    reference: Name
    source: Annotated[Name, Field(alias="from")]
    node: Annotated[Name, Field(alias="to")]
    lines: Annotated[list[TransferLineBody], Field(min_length=1, max_length=MOST_TRANSFER_LINES)]
    expected_on: date | None = None

    def to_domain(self) -> Transfer:
        lines = tuple(
            TransferLine(Sku(line.sku), line.quantity, line.lot or "") for line in self.lines
        )
        return Transfer(
            self.reference, NodeId(self.source), NodeId(self.node), lines, day(self.expected_on)
        )


class ArrivedLineBody(Body):
    sku: Name
    quantity: Units


class TransferArrivalBody(Body):
    """Without `lines`: all that is outstanding. `delivery` names it, as Idempotency-Key does."""

    lines: (
        Annotated[list[ArrivedLineBody], Field(min_length=1, max_length=MOST_TRANSFER_LINES)] | None
    ) = None
    delivery: _Optional = ""

    def units(self) -> dict[Sku, int] | None:
        if self.lines is None:
            return None
        sums: dict[Sku, int] = {}
        for line in self.lines:
            sums[Sku(line.sku)] = sums.get(Sku(line.sku), 0) + line.quantity
        return sums


class CountBody(Body):
    node: Name
    skus: Annotated[list[Name], Field(min_length=1, max_length=MOST_SKUS)]


class CountedLineBody(Body):
    sku: Name
    counted: Annotated[int, Field(ge=0, le=MOST_COUNTED)]
    lot: LotName | None = None
    counted_at: AwareDatetime | None = None


class CountedBody(Body):
    """A line without `counted_at` was counted at some moment since the count was opened."""

    lines: Annotated[list[CountedLineBody], Field(min_length=1, max_length=2 * MOST_SKUS)]

    def to_domain(self) -> list[Counted]:
        return [
            Counted(Sku(line.sku), line.counted, line.lot or "", line.counted_at)
            for line in self.lines
        ]


class PoolLineBody(Body):
    sku: Name
    quantity: SignedUnits


class PoolMoveBody(Body):
    """Units go into the pool; below zero they go back to the general shelf."""

    pool: Name
    node: Name
    lines: Annotated[list[PoolLineBody], Field(min_length=1, max_length=MOST_POOL_LINES)]

    def to_domain(self) -> PoolMove:
        lines = tuple(PoolLine(Sku(line.sku), line.quantity) for line in self.lines)
        return PoolMove(self.pool, NodeId(self.node), lines)


class LotAction(Body):
    """Why the lot is recalled."""

    reason: _Reason = ""


def day(given: date | None) -> str:
    return given.isoformat() if given else ""
