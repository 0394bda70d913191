"""A stock table with two nodes, and everything that people do to stock, in short words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count

from oms.inventory.adjust import Adjustment, AdjustmentLine, adjust
from oms.inventory.arrival import Arrivals
from oms.inventory.consignment import Consignment
from oms.inventory.consignment_store import DynamoConsignments
from oms.inventory.count_stock import CountStock
from oms.inventory.count_store import DynamoCounts
from oms.inventory.holds_store import DynamoHolds
from oms.inventory.lots import LotStatus, clear, recall
from oms.inventory.lots_store import DynamoLots
from oms.inventory.model import (
    AdjustmentReason,
    Level,
    Movement,
    Node,
    NodeKind,
    Terms,
    Units,
    rebuilt,
)
from oms.inventory.pools import PoolLine, PoolMove, move_to_pool
from oms.inventory.purchase import PurchaseLine, PurchaseOrder, cancel_rest, open_purchase
from oms.inventory.receive import Receipt, ReceiptLine, receive
from oms.inventory.selling import Pool, SellingPolicy
from oms.inventory.shelves import GENERAL, Shelf
from oms.inventory.store import DynamoStock
from oms.inventory.transfer import Transfer, TransferLine, Transfers
from oms.kernel.address import Address
from oms.kernel.clock import SettableClock
from oms.kernel.ids import NodeId, Sku
from tests.component.moto_tables import Tables, tables

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
EAST, WEST = NodeId("WH-EAST"), NodeId("WH-WEST")
MUG, JAM = Sku("MUG-BLUE"), Sku("JAM-PLUM")
NEWARK = Address("Dock", ("1 Harbor Avenue",), "Newark", "NJ", "07114", "US")


@dataclass
class Desk:
    table: Tables
    books: DynamoStock
    clock: SettableClock
    fresh: count[int] = field(default_factory=count)

    def __post_init__(self) -> None:
        names = self.table.dynamo, self.table.stock
        self.consignments, self.lots = DynamoConsignments(*names), DynamoLots(*names)
        self.holds, self.counts = DynamoHolds(*names), DynamoCounts(*names)
        self.arrivals = Arrivals(self.consignments, self.lots, self.books.serials)
        self.transfers = Transfers(self.books, self.consignments, self.lots, self.clock)
        self.count_stock = CountStock(self.books, self.counts, self.clock)

    def tick(self) -> None:
        self.clock.advance(timedelta(milliseconds=1))

    def name(self, kind: str) -> str:
        return f"{kind}-{next(self.fresh)}"

    # --- goods in ------------------------------------------------------------------------

    def order(
        self, *lines: tuple[Sku, int], reference: str = "PO-1", **more: object
    ) -> Consignment:
        self.tick()
        made = tuple(PurchaseLine(sku, quantity) for sku, quantity in lines)
        order = PurchaseOrder(reference, EAST, made, **more)  # type: ignore[arg-type]
        return open_purchase(
            order, "buyer", books=self.books, consignments=self.consignments, clock=self.clock
        )

    def cancel(self, reference: str = "PO-1") -> Consignment:
        return cancel_rest(
            reference,
            "buyer",
            books=self.books,
            consignments=self.consignments,
            clock=self.clock,
        )

    def receive(
        self,
        *lines: ReceiptLine | tuple[Sku, int],
        reference: str = "",
        delivery: str = "",
        node: NodeId = EAST,
    ) -> list[Level]:
        self.tick()
        made = tuple(e if isinstance(e, ReceiptLine) else ReceiptLine(*e) for e in lines)
        receipt = Receipt(reference or self.name("GR"), node, made, delivery)
        return receive(receipt, "dock", books=self.books, clock=self.clock, arrivals=self.arrivals)

    # --- between places ------------------------------------------------------------------

    def send(self, *lines: TransferLine, reference: str = "TR-1") -> Consignment:
        self.tick()
        return self.transfers.send(Transfer(reference, EAST, WEST, lines), "dock")

    def pool(self, quantity: int, sku: Sku = MUG, key: str = "") -> list[Level]:
        self.tick()
        move = PoolMove("wholesale", EAST, (PoolLine(sku, quantity),))
        return move_to_pool(move, "ops", books=self.books, clock=self.clock, key=key)

    # --- putting right -------------------------------------------------------------------

    def adjust(
        self, reason: AdjustmentReason, quantity: int, sku: Sku = MUG, shelf: Shelf = GENERAL
    ) -> list[Level]:
        self.tick()
        lines = (AdjustmentLine(sku, quantity, shelf),)
        return adjust(Adjustment(reason, EAST, lines), "ops", books=self.books, clock=self.clock)

    def recall(self, sku: Sku, lot: str) -> LotStatus:
        self.tick()
        return recall(
            sku,
            lot,
            "glass in the jar",
            "quality",
            books=self.books,
            lots=self.lots,
            holds=self.holds,
            clock=self.clock,
        )

    def clear(self, sku: Sku, lot: str) -> LotStatus:
        return clear(sku, lot, books=self.books, lots=self.lots, holds=self.holds)

    # --- orders --------------------------------------------------------------------------

    def do(
        self,
        verb: str,
        quantity: int,
        sku: Sku = MUG,
        shelf: Shelf = GENERAL,
        node: NodeId = EAST,
        reference: str = "ORDER-1",
        **terms: Terms,
    ) -> None:
        """reserve, release or consume, as an order's transaction would."""
        self.tick()
        legs = [Units(sku, node, quantity, shelf)]
        writes = getattr(self.books, verb)(legs, reference, "intake", self.clock.now(), **terms)
        self.table.dynamo.commit(writes)

    # --- looking -------------------------------------------------------------------------

    def level(self, sku: Sku = MUG, node: NodeId = EAST, shelf: Shelf = GENERAL) -> Level:
        found = self.books.levels_at([(sku, node, shelf)])
        return found[0] if found else Level(sku, node, shelf=shelf)

    def movements(self, sku: Sku) -> list[Movement]:
        return list(self.books.movements(sku, 1_000).items)

    def in_building(self, sku: Sku) -> int:
        return sum(level.on_hand for level in self.books.levels(sku))

    def expected(self, sku: Sku) -> int:
        return sum(level.incoming for level in self.books.levels(sku))

    def check(self, *skus: Sku) -> None:
        """The books agree: levels with movements, figures with one another, and what is on its
        way with what is counted as incoming."""
        for sku in skus or (MUG, JAM):
            levels = {e.place: figures(e) for e in self.books.levels(sku) if any(figures(e))}
            made = rebuilt(self.movements(sku))
            assert levels == {e.place: figures(e) for e in made.values() if any(figures(e))}
            assert all(level.is_sound for level in self.books.levels(sku))
            assert all(level.available >= 0 for level in self.books.levels(sku))
            assert self.expected(sku) == sum(each.units for each in self.books.incoming(sku))


def figures(level: Level) -> tuple[int, ...]:
    return (
        level.on_hand,
        level.reserved,
        level.safety,
        level.damaged,
        level.quality,
        level.incoming,
        level.oversold,
        level.available,
    )


@contextmanager
def a_desk() -> Iterator[Desk]:
    with tables() as account:
        yield open_desk(account)


def open_desk(account: Tables) -> Desk:
    clock = SettableClock(NOW)
    books = DynamoStock(account.dynamo, account.stock, clock)
    books.save_nodes(
        [Node(name, NodeKind.WAREHOUSE, name, NEWARK, 40.7, -74.2) for name in (EAST, WEST)]
    )
    if not books.policy().version:
        books.save_policy(SellingPolicy(pools=(Pool("wholesale", ("b2b",)),)))
    return Desk(account, books, clock)
