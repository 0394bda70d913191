"""Transfers between nodes, in two steps: units leave one node and, later, reach the other.

What is under way is `incoming` at the destination. So on hand and incoming together stay the
same from sending to receiving; only closing, which writes off what never came, takes from them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from oms.inventory.consignment import (
    Consignment,
    ConsignmentLine,
    Consignments,
    Purpose,
)
from oms.inventory.lots import LotBook, arrival_changes
from oms.inventory.model import (
    AdjustmentReason,
    Changes,
    InsufficientStock,
    Movement,
    Posting,
    Reason,
)
from oms.inventory.ports import StockBooks
from oms.inventory.purchase import give_up_rest
from oms.inventory.refusals import repeated_skus
from oms.inventory.shelves import GENERAL, Shelf, lot, lot_name
from oms.kernel.clock import Clock
from oms.kernel.errors import FieldError, Invalid, Refused
from oms.kernel.ids import NodeId, Sku, digest, new_ulid
from oms.kernel.unchanged import until_unchanged
from oms.platform.unit import Write

# A transfer leaves whole or not at all: two levels, two movements, line, expectation and lot
# for each line, and two rows beside them in one transaction.
MOST_LINES = 14


@dataclass(frozen=True, slots=True)
class TransferLine:
    sku: Sku
    quantity: int
    lot: str = ""

    @property
    def shelf(self) -> Shelf:
        return lot(self.lot) if self.lot else GENERAL


@dataclass(frozen=True, slots=True)
class Transfer:
    """`expected_on` is a day (ISO), or empty."""

    reference: str
    source: NodeId
    node: NodeId
    lines: tuple[TransferLine, ...]
    expected_on: str = ""

    @property
    def digest(self) -> str:
        lines = sorted(f"{e.sku}\x1f{e.quantity}\x1f{e.lot}" for e in self.lines)
        return digest(Purpose.TRANSFER, self.source, self.node, self.expected_on, *lines)


@dataclass(frozen=True, slots=True)
class Transfers:
    """The three steps of a transfer."""

    books: StockBooks
    consignments: Consignments
    lots: LotBook
    clock: Clock

    def send(self, transfer: Transfer, actor: str) -> Consignment:
        """Available units leave `source`; the same transfer again changes nothing.

        Raises Invalid for unknown nodes or a SKU named twice, InsufficientStock when less is
        available (promised units stay), LotBlocked for a recalled lot, Refused
        `reference-reused`.
        """
        self._check(transfer)
        made = self._consignment(transfer, actor)
        for line in transfer.lines:
            if line.lot:
                self._shelve(line, transfer)
        until_unchanged(lambda: self._depart(made, actor))
        return self.consignments.load(transfer.reference, Purpose.TRANSFER)

    def receive(
        self, reference: str, came: Mapping[Sku, int] | None, actor: str, key: str = ""
    ) -> Consignment:
        """Units reach the node: `came`, or all that is outstanding.

        `key` names the delivery: under it the same units count once. Raises NotFound,
        OverReceipt for more than was sent, Refused `reference-reused`.
        """
        kind = f"ARRIVAL#{key or new_ulid(self.clock.now())}"
        content = digest(*(f"{sku}\x1f{n}" for sku, n in sorted((came or {}).items())))

        def work() -> Consignment:
            made = self.consignments.load(reference, Purpose.TRANSFER)
            done = self.consignments.posted(reference).get(kind)
            if done not in (None, content):
                raise Refused(f"{key} was posted with other content", "reference-reused")
            units = came if came is not None else _outstanding(made)
            if done is None and units:
                made.check_room(units)
                self._arrive(made, units, Posting(reference, kind, content, ()), actor)
            return self.consignments.load(reference, Purpose.TRANSFER)

        return until_unchanged(work)

    def close(self, reference: str, actor: str) -> Consignment:
        """What has not come is lost. Again: changes nothing. Raises NotFound."""
        return give_up_rest(
            reference,
            Purpose.TRANSFER,
            AdjustmentReason.LOST,
            actor,
            self.books,
            self.consignments,
            self.clock,
        )

    # --- sending -----------------------------------------------------------------------

    def _check(self, transfer: Transfer) -> None:
        known = {node.node_id for node in self.books.nodes()}
        errors = [
            FieldError(f"/{field}", "unknown-node", "no node has this id")
            for field, node in (("from", transfer.source), ("to", transfer.node))
            if node not in known
        ]
        if errors:
            raise Invalid("there is no such node", errors, "unknown-node")
        if transfer.source == transfer.node:
            detail = FieldError("/to", "same-node", "the node that it leaves")
            raise Invalid("a transfer goes to another node", [detail], "same-node")
        repeated_skus([line.sku for line in transfer.lines])

    def _shelve(self, line: TransferLine, transfer: Transfer) -> None:
        """A shelf for the lot at its destination: so a recall on the way finds it there."""
        place = (line.sku, transfer.source, line.shelf)
        if not self.books.levels_at([place]):
            raise InsufficientStock(line.sku, transfer.source, line.quantity, 0)
        self.lots.prepared(line.sku, line.lot, transfer.node)

    def _consignment(self, transfer: Transfer, actor: str) -> Consignment:
        lines = tuple(
            ConsignmentLine(
                each.sku, each.quantity, expected_on=transfer.expected_on, shelf=each.shelf
            )
            for each in sorted(transfer.lines, key=lambda line: line.sku)
        )
        return Consignment(
            transfer.reference,
            Purpose.TRANSFER,
            transfer.node,
            transfer.digest,
            actor,
            self.clock.now(),
            transfer.source,
            lines=lines,
        )

    def _depart(self, made: Consignment, actor: str) -> None:
        moves, rows = list[Movement](), [self.consignments.opened(made)]
        for line in made.lines:
            out = {"on_hand": -line.quantity}
            moves += [
                self._moved(made, line, NodeId(made.source), out, Reason.SENT, actor, line.shelf),
                self._moved(made, line, made.node, {"incoming": line.quantity}, Reason.SENT, actor),
            ]
            rows += self.consignments.changed(made, None, line)
            if name := lot_name(line.shelf):
                rows.append(self.lots.not_recalled(line.sku, name))
        self.books.post(Posting(made.reference, "CONSIGNMENT#0", made.digest, tuple(moves)), rows)

    # --- arriving ----------------------------------------------------------------------

    def _arrive(
        self, made: Consignment, units: Mapping[Sku, int], mark: Posting, actor: str
    ) -> None:
        moves, rows = list[Movement](), list[Write]()
        for line in made.lines:
            if count := units.get(line.sku, 0):
                moves += self._unloaded(made, line, count, actor, rows)
                rows += self.consignments.changed(made, line, line.after_arrival(count))
        self.books.post(Posting(mark.key, mark.kind, mark.digest, tuple(moves)), rows)

    def _unloaded(
        self, made: Consignment, line: ConsignmentLine, units: int, actor: str, rows: list[Write]
    ) -> Sequence[Movement]:
        gone = {"incoming": -units}
        if not (name := lot_name(line.shelf)):
            there = {"on_hand": units, **gone}
            return [self._moved(made, line, made.node, there, Reason.RECEIPT, actor)]
        known = self.lots.prepared(line.sku, name, made.node)
        rows.append(self.lots.unchanged(known))
        there = arrival_changes(known, units)
        return [
            self._moved(made, line, made.node, gone, Reason.RECEIPT, actor),
            self._moved(made, line, made.node, there, Reason.RECEIPT, actor, line.shelf),
        ]

    def _moved(
        self,
        made: Consignment,
        line: ConsignmentLine,
        node: NodeId,
        changes: Changes,
        reason: Reason,
        actor: str,
        shelf: Shelf = GENERAL,
    ) -> Movement:
        now = self.clock.now()
        return Movement(
            new_ulid(now), line.sku, node, changes, reason, made.reference, actor, now, shelf
        )


def _outstanding(made: Consignment) -> dict[Sku, int]:
    return {line.sku: line.outstanding for line in made.lines if line.outstanding}
