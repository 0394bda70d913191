"""Goods arrive: `POST /stock/receipts`.

A receipt is known by its reference and node. Sent again with the same lines it changes
nothing; with other lines it is refused. A long one is posted in parts, each under its own
mark, so one that broke off in the middle is finished by sending it again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from oms.inventory.model import Level, Movement, Posting, Product, Reason
from oms.inventory.ports import StockBooks
from oms.inventory.refusals import unknown_node
from oms.kernel.clock import Clock
from oms.kernel.ids import NodeId, Sku, digest, new_ulid

# Level, movement and catalogue row for each line, and the mark: 91 of 100 actions.
LINES_PER_POSTING = 30


@dataclass(frozen=True, slots=True)
class ReceiptLine:
    sku: Sku
    quantity: int


@dataclass(frozen=True, slots=True)
class Receipt:
    """What came in at `node` under `reference`, for instance a purchase order's number."""

    reference: str
    node: NodeId
    lines: tuple[ReceiptLine, ...]

    @property
    def units(self) -> dict[Sku, int]:
        """Units per SKU, in a fixed order whatever the order of the lines."""
        sums: dict[Sku, int] = {}
        for line in self.lines:
            sums[line.sku] = sums.get(line.sku, 0) + line.quantity
        return dict(sorted(sums.items()))


def receive(receipt: Receipt, actor: str, *, books: StockBooks, clock: Clock) -> list[Level]:
    """Post `receipt` and give the levels it touched, as they stand now.

    A SKU that the catalogue lacks is added to it, with no safety stock. Raises Invalid for an
    unknown node, Refused `reference-reused` when the reference stands for other lines.
    """
    if receipt.node not in {node.node_id for node in books.nodes()}:
        raise unknown_node(receipt.node)
    known = books.products(receipt.units)
    for posting in _postings(receipt, known, actor, clock.now()):
        books.post(posting)
    return books.levels_at([(sku, receipt.node) for sku in receipt.units])


def _postings(
    receipt: Receipt, known: Iterable[Sku], actor: str, at: datetime
) -> Iterator[Posting]:
    units = list(receipt.units.items())
    # The whole receipt's digest is in every part, so no part of another one can slip in.
    content = digest(*(f"{sku}\x1f{quantity}" for sku, quantity in units))
    for start in range(0, len(units), LINES_PER_POSTING):
        part = units[start : start + LINES_PER_POSTING]
        yield Posting(
            receipt.reference,
            f"RECEIPT#{receipt.node}#{start // LINES_PER_POSTING}",
            content,
            tuple(_movement(receipt, sku, quantity, actor, at) for sku, quantity in part),
            tuple(Product(sku, title=sku) for sku, _ in part if sku not in known),
        )


def _movement(receipt: Receipt, sku: Sku, quantity: int, actor: str, at: datetime) -> Movement:
    return Movement(
        new_ulid(at),
        sku,
        receipt.node,
        {"on_hand": quantity},
        Reason.RECEIPT,
        receipt.reference,
        actor,
        at,
    )
