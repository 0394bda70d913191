"""Purchase orders: what was bought is expected at a node until it comes or is given up.

`POST /stock/receipts` under the order's reference counts against it (`arrival.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from oms.inventory.consignment import (
    Consignment,
    ConsignmentLine,
    Consignments,
    Purpose,
)
from oms.inventory.model import Movement, Posting, Product, Reason
from oms.inventory.ports import StockBooks
from oms.inventory.refusals import repeated_skus, unknown_node
from oms.kernel.clock import Clock
from oms.kernel.ids import NodeId, Sku, digest, new_ulid
from oms.kernel.money import Money
from oms.kernel.parts import in_parts
from oms.kernel.unchanged import until_unchanged
from oms.platform.unit import Write

# Level, movement, catalogue row, line and expectation for each, and three rows beside them.
LINES_PER_PART = 18
# Line, and two expectations when the day changes.
CHANGES_PER_PART = 30


@dataclass(frozen=True, slots=True)
class PurchaseLine:
    sku: Sku
    quantity: int
    unit_cost: Money | None = None


@dataclass(frozen=True, slots=True)
class PurchaseOrder:
    """What a merchant orders from `supplier` for `node`. `expected_on` is a day (ISO), or empty.

    `tolerance_percent`: how much more than ordered may come of each line.
    """

    reference: str
    node: NodeId
    lines: tuple[PurchaseLine, ...]
    supplier: str = ""
    expected_on: str = ""
    tolerance_percent: int = 0

    @property
    def digest(self) -> str:
        return digest(
            Purpose.PURCHASE,
            self.node,
            self.supplier,
            self.expected_on,
            str(self.tolerance_percent),
            *(f"{e.sku}\x1f{e.quantity}\x1f{e.unit_cost}" for e in self.sorted_lines),
        )

    @property
    def sorted_lines(self) -> list[PurchaseLine]:
        return sorted(self.lines, key=lambda line: line.sku)


def open_purchase(
    order: PurchaseOrder,
    actor: str,
    *,
    books: StockBooks,
    consignments: Consignments,
    clock: Clock,
) -> Consignment:
    """Expect what was bought; the same order again changes nothing.

    Raises Invalid for an unknown node or a SKU named twice, Refused `reference-reused` when the
    reference stands for something else, or goods were received under it before.
    """
    if order.node not in {node.node_id for node in books.nodes()}:
        raise unknown_node(order.node)
    repeated_skus([line.sku for line in order.lines])
    known = books.products([line.sku for line in order.lines])
    made = _consignment(order, actor, clock)
    for number, part in enumerate(in_parts(made.lines, LINES_PER_PART)):
        moves = tuple(
            _moved(made, line, line.quantity, Reason.ORDERED, actor, clock) for line in part
        )
        new = tuple(Product(line.sku, title=line.sku) for line in part if line.sku not in known)
        rows = [w for line in part for w in consignments.changed(made, None, line)]
        first = [consignments.never_received(made), consignments.opened(made)]
        posting = Posting(made.reference, f"CONSIGNMENT#{number}", made.digest, moves, new)
        books.post(posting, [*(first if number == 0 else ()), *rows])
    return consignments.load(order.reference, Purpose.PURCHASE)


def cancel_rest(
    reference: str, actor: str, *, books: StockBooks, consignments: Consignments, clock: Clock
) -> Consignment:
    """Nothing more is expected; what came stays. Again: changes nothing. Raises NotFound."""
    return give_up_rest(
        reference, Purpose.PURCHASE, Reason.ORDERED, actor, books, consignments, clock
    )


def reschedule(reference: str, expected_on: str, *, consignments: Consignments) -> Consignment:
    """What is outstanding comes on another day. Raises NotFound."""

    def work() -> Consignment:
        order = consignments.load(reference, Purpose.PURCHASE)
        late = [e for e in order.lines if not e.closed and e.expected_on != expected_on]
        for part in in_parts(late, CHANGES_PER_PART):
            writes = list[Write]()
            for line in part:
                moved = replace(line, expected_on=expected_on)
                writes += consignments.changed(order, line, moved)
            consignments.commit(writes)
        return consignments.load(reference, Purpose.PURCHASE)

    return until_unchanged(work)


def give_up_rest(
    reference: str,
    purpose: Purpose,
    reason: str,
    actor: str,
    books: StockBooks,
    consignments: Consignments,
    clock: Clock,
) -> Consignment:
    """Close every line; what had not come by then stops being expected."""

    def work() -> Consignment:
        made = consignments.load(reference, purpose)
        for part in in_parts([e for e in made.lines if not e.closed], LINES_PER_PART):
            rows = [w for each in part for w in consignments.changed(made, each, each.given_up())]
            moves = tuple(
                _moved(made, each, -each.outstanding, reason, actor, clock)
                for each in part
                if each.outstanding
            )
            _commit(moves, rows, books, consignments)
        return consignments.load(reference, purpose)

    return until_unchanged(work)


def _commit(
    moves: tuple[Movement, ...],
    rows: Sequence[Write],
    books: StockBooks,
    consignments: Consignments,
) -> None:
    """The lines' versions make it happen once; the posting's name only has to be new."""
    if not moves:
        consignments.commit(rows)
        return
    name = moves[0].movement_id
    books.post(Posting(name, "CONSIGNMENT", digest(name), moves), rows)


def _consignment(order: PurchaseOrder, actor: str, clock: Clock) -> Consignment:
    return Consignment(
        order.reference,
        Purpose.PURCHASE,
        order.node,
        order.digest,
        actor,
        clock.now(),
        order.supplier,
        order.tolerance_percent,
        tuple(
            ConsignmentLine(
                each.sku,
                each.quantity,
                expected_on=order.expected_on,
                unit_cost=each.unit_cost,
            )
            for each in order.sorted_lines
        ),
    )


def _moved(
    made: Consignment, line: ConsignmentLine, units: int, reason: str, actor: str, clock: Clock
) -> Movement:
    """`units` more (or fewer) expected of `line`. Of a lot too they stand on the general shelf:
    nobody reserves what has not come."""
    now = clock.now()
    changes = {"incoming": units}
    return Movement(new_ulid(now), line.sku, made.node, changes, reason, made.reference, actor, now)
