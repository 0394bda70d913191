"""Goods under way to a node: bought from a supplier, or sent from another node of ours.

A consignment is a header that never changes and a line for each SKU. What a line still expects
is counted as `incoming` at the node and stands in the SKU's list of what is on its way; all
three change in one transaction, so they always agree. Purchase orders and transfers share
their references: one reference is one consignment.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Protocol, TypeVar

from oms.inventory.incoming import Incoming
from oms.inventory.shelves import GENERAL, Shelf
from oms.kernel.errors import FieldError, Invalid
from oms.kernel.ids import NodeId, Sku
from oms.kernel.money import Money
from oms.platform.unit import Write

T = TypeVar("T")


class Purpose(StrEnum):
    PURCHASE = "PURCHASE"
    TRANSFER = "TRANSFER"


class State(StrEnum):
    """Follows from the lines; nobody stores it."""

    OPEN = "OPEN"
    PARTIALLY_RECEIVED = "PARTIALLY_RECEIVED"
    RECEIVED = "RECEIVED"
    CLOSED = "CLOSED"  # what had not come by then is not expected any more


@dataclass(frozen=True, slots=True)
class ConsignmentLine:
    """`quantity` units were ordered or sent, `received` came, `dropped` will not come.

    `shelf` is where a transfer's units lay. Once closed nothing more may come.
    """

    sku: Sku
    quantity: int
    received: int = 0
    dropped: int = 0
    expected_on: str = ""
    unit_cost: Money | None = None
    shelf: Shelf = GENERAL
    closed: bool = False
    version: int = 1

    @property
    def outstanding(self) -> int:
        return max(0, self.quantity - self.received - self.dropped)

    @property
    def cost_minor(self) -> int | None:
        return self.unit_cost.amount_minor if self.unit_cost else None

    def room(self, tolerance_percent: int) -> int:
        """Units that may still come: what is outstanding, and the tolerance, rounded down."""
        if self.closed:
            return 0
        most = self.quantity + self.quantity * tolerance_percent // 100
        return max(0, most - self.received - self.dropped)

    def after_arrival(self, units: int) -> ConsignmentLine:
        return replace(self, received=self.received + units)

    def given_up(self) -> ConsignmentLine:
        """The line once its rest is not expected any more."""
        return replace(self, dropped=self.dropped + self.outstanding, closed=True)


@dataclass(frozen=True, slots=True)
class Consignment:
    """`source` is the sending node of a transfer, or the supplier's name."""

    reference: str
    purpose: Purpose
    node: NodeId
    digest: str
    made_by: str
    made_at: datetime
    source: str = ""
    tolerance_percent: int = 0
    lines: tuple[ConsignmentLine, ...] = ()

    @property
    def state(self) -> State:
        if all(line.quantity <= line.received for line in self.lines):
            return State.RECEIVED
        if all(line.closed for line in self.lines):
            return State.CLOSED
        if any(line.received for line in self.lines):
            return State.PARTIALLY_RECEIVED
        return State.OPEN

    @property
    def expected_on(self) -> str:
        return max((line.expected_on for line in self.lines), default="")

    def line(self, sku: Sku) -> ConsignmentLine | None:
        return next((line for line in self.lines if line.sku == sku), None)

    def incoming(self, line: ConsignmentLine) -> Incoming:
        """What the SKU's list of goods on their way says of `line`."""
        return Incoming(line.sku, self.node, self.reference, line.outstanding, line.expected_on)

    def check_room(self, units: Mapping[Sku, int]) -> None:
        """Raises OverReceipt when more of anything came than may come."""
        over = [
            (sku, came, room)
            for sku, came in units.items()
            if came > (room := self._room(self.line(sku)))
        ]
        if over:
            raise OverReceipt(self.reference, over)

    def _room(self, line: ConsignmentLine | None) -> int:
        return line.room(self.tolerance_percent) if line else 0


class OverReceipt(Invalid):
    """More came than was ordered or sent, tolerance included. Nothing was posted."""

    code = "over-receipt"

    def __init__(self, reference: str, over: Iterable[tuple[Sku, int, int]]) -> None:
        super().__init__(
            f"more came than {reference} allows",
            [
                FieldError("/lines", "over-receipt", f"{sku}: {came} came, {room} may come")
                for sku, came, room in over
            ],
        )


class Consignments(Protocol):
    """Where consignments live. Reads are consistent."""

    def find(self, reference: str) -> Consignment | None: ...

    def load(self, reference: str, purpose: Purpose) -> Consignment:
        """Raises NotFound."""

    def opened(self, consignment: Consignment) -> Write:
        """The header. Refused when goods came under that reference before it was opened."""

    def never_received(self, consignment: Consignment) -> Write:
        """Checks that nothing was received under the reference yet, outside a consignment."""

    def absent(self, reference: str) -> Write:
        """Checks that the reference stands for no consignment. Refused: VersionConflict."""

    def changed(
        self,
        consignment: Consignment,
        before: ConsignmentLine | None,
        after: ConsignmentLine,
    ) -> list[Write]:
        """A line, and what the SKU's list says of it. Refused: VersionConflict."""

    def posted(self, reference: str) -> Mapping[str, str]:
        """Kind -> digest of everything posted under a reference."""

    def commit(self, writes: Sequence[Write]) -> None: ...
