"""One part of a receipt, in one transaction with all that it touches.

Levels and movements, the catalogue, lots, serials, and the purchase order that it counts against.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from oms.inventory.consignment import Consignment, Consignments
from oms.inventory.lots import LotBook, arrival_changes
from oms.inventory.model import Movement, Posting, Product, Reason
from oms.inventory.ports import StockBooks
from oms.inventory.serials import SerialBook
from oms.inventory.shelves import GENERAL, Shelf
from oms.kernel.errors import VersionConflict
from oms.kernel.ids import Sku, new_ulid
from oms.platform.unit import Write

if TYPE_CHECKING:
    from oms.inventory.receive import Receipt, ReceiptLine


@dataclass(frozen=True, slots=True)
class Arrivals:
    """What a receipt may touch besides the levels."""

    consignments: Consignments
    lots: LotBook
    serials: SerialBook


@dataclass(frozen=True, slots=True)
class Arrival:
    """One part of a receipt, to be posted in one transaction.

    `against` is whether it was cut to fit beside a purchase order's rows.
    """

    receipt: Receipt
    kind: str
    lines: tuple[ReceiptLine, ...]
    actor: str
    at: datetime
    books: StockBooks
    arrivals: Arrivals | None
    against: bool = False

    def post(self, known: Collection[Sku]) -> None:
        moves, also = list[Movement](), list[Write]()
        purchase = self._purchase(also)
        for line in self.lines:
            self._take_in(line, purchase, moves, also)
        new = tuple(Product(e.sku, title=e.sku) for e in self.lines if e.sku not in known)
        receipt = self.receipt
        posting = Posting(receipt.reference, self.kind, receipt.digest, tuple(moves), new)
        self.books.post(posting, also)

    def _purchase(self, also: list[Write]) -> Consignment | None:
        if self.arrivals is None:
            return None
        purchase = self.arrivals.consignments.find(self.receipt.reference)
        if bool(purchase) != self.against:
            raise VersionConflict(f"{self.receipt.reference} was ordered meanwhile")
        if purchase is None:
            also.append(self.arrivals.consignments.absent(self.receipt.reference))
        else:
            purchase.check_room(units_of(self.lines))
        return purchase

    def _take_in(
        self,
        line: ReceiptLine,
        purchase: Consignment | None,
        moves: list[Movement],
        also: list[Write],
    ) -> None:
        changes = {"on_hand": line.quantity}
        cost, expected = line.unit_cost_minor, 0
        if self.arrivals and line.lot:
            known = self.arrivals.lots.prepared(
                line.sku, line.lot, self.receipt.node, line.expires_on
            )
            changes = arrival_changes(known, line.quantity)
            also.append(self.arrivals.lots.unchanged(known))
        if self.arrivals and purchase and (ordered := purchase.line(line.sku)):
            expected = min(line.quantity, ordered.outstanding)
            cost = ordered.cost_minor if cost is None else cost
            after = ordered.after_arrival(line.quantity)
            also += self.arrivals.consignments.changed(purchase, ordered, after)
        if self.arrivals:
            node, reference = self.receipt.node, self.receipt.reference
            also += [
                self.arrivals.serials.arrived(line.sku, each, node, reference, self.at)
                for each in line.serials
            ]
        if expected and not line.lot:
            changes = {**changes, "incoming": -expected}
        elif expected:
            moves.append(self._movement(line.sku, GENERAL, {"incoming": -expected}, None))
        moves.append(self._movement(line.sku, line.shelf, changes, cost))

    def _movement(
        self, sku: Sku, shelf: Shelf, changes: dict[str, int], cost: int | None
    ) -> Movement:
        return Movement(
            new_ulid(self.at),
            sku,
            self.receipt.node,
            changes,
            Reason.RECEIPT,
            self.receipt.reference,
            self.actor,
            self.at,
            shelf,
            cost,
        )


def units_of(lines: Iterable[ReceiptLine]) -> dict[Sku, int]:
    """Units per SKU, in a fixed order whatever the order of the lines."""
    sums: dict[Sku, int] = {}
    for line in lines:
        sums[line.sku] = sums.get(line.sku, 0) + line.quantity
    return dict(sorted(sums.items()))
