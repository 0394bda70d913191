"""What receipts and adjustments post, and what the API shows, against books kept by hand."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from oms.inventory import view
from oms.inventory.adjust import Adjustment, AdjustmentLine, adjust
from oms.inventory.look_up import movements_page, stock_of, stock_page
from oms.inventory.model import (
    BUCKETS,
    AdjustmentReason,
    Level,
    Movement,
    Node,
    NodeKind,
    Place,
    Posting,
    Product,
    rebuilt,
)
from oms.inventory.ports import Page
from oms.inventory.receive import Receipt, ReceiptLine, receive
from oms.inventory.selling import Position, Selling
from oms.inventory.shelves import pool
from oms.kernel.address import Address
from oms.kernel.clock import SettableClock
from oms.kernel.errors import Invalid, NotFound
from oms.kernel.ids import NodeId, Sku
from oms.platform.unit import Write

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
EAST, MUG, CUP = NodeId("WH-EAST"), Sku("MUG-BLUE"), Sku("CUP-RED")
NEWARK = Address("Dock 4", ("1200 Harbor Avenue",), "Newark", "NJ", "07114", "US")


@dataclass
class HandKept:
    """Stock books in a list. Keeps `StockBooks`; posts whatever it is given."""

    posted: list[Posting] = field(default_factory=list)

    def nodes(self) -> list[Node]:
        return [Node(EAST, NodeKind.WAREHOUSE, "East", NEWARK, 40.7, -74.2)]

    def levels(self, sku: Sku) -> list[Level]:
        moved = [each for posting in self.posted for each in posting.movements]
        return [level for (of, _, _), level in sorted(rebuilt(moved).items()) if of == sku]

    def positions(
        self, skus: Collection[Sku], nodes: Collection[NodeId] | None = None
    ) -> dict[Sku, Position]:
        return {sku: Position(Selling(sku), tuple(self.levels(sku))) for sku in skus}

    def levels_at(self, places: Collection[Place]) -> list[Level]:
        return [level for sku, _, _ in places for level in self.levels(sku)]

    def products(self, skus: Collection[Sku]) -> dict[Sku, Product]:
        known = {each.sku: each for posting in self.posted for each in posting.new_products}
        return {sku: known[sku] for sku in skus if sku in known}

    def catalogue(self, limit: int, after: str = "", text: str = "") -> Page[Product]:
        return Page(tuple(self.products([MUG, CUP]).values()), "more")

    def movements(self, sku: Sku, limit: int, after: str = "") -> Page[Movement]:
        return Page(tuple(m for each in self.posted for m in each.movements if m.sku == sku))

    def post(self, posting: Posting, also: Sequence[Write] = ()) -> None:
        self.posted.append(posting)


def received(books: HandKept, *lines: tuple[str, int], reference: str = "PO-9") -> list[Level]:
    made = tuple(ReceiptLine(Sku(sku), quantity) for sku, quantity in lines)
    clock = SettableClock(NOW)
    return receive(Receipt(reference, EAST, made), "ops", books=books, clock=clock)


def adjusted(books: HandKept, reason: AdjustmentReason, *lines: tuple[str, int]) -> list[Level]:
    made = tuple(AdjustmentLine(Sku(sku), quantity) for sku, quantity in lines)
    return adjust(Adjustment(reason, EAST, made), "ops", books=books, clock=SettableClock(NOW))


def test_lines_of_one_sku_are_posted_as_one() -> None:
    books = HandKept()
    received(books, (MUG, 4), (CUP, 1), (MUG, 6))
    (posting,) = books.posted
    assert [(each.sku, each.changes["on_hand"]) for each in posting.movements] == [
        (CUP, 1),
        (MUG, 10),
    ]


def test_a_long_receipt_is_posted_in_parts_that_name_the_whole() -> None:
    books = HandKept()
    received(books, *((f"SKU-{number:03d}", 1) for number in range(65)))
    assert [posting.kind for posting in books.posted] == [
        f"RECEIPT#WH-EAST#{part}" for part in range(3)
    ]
    assert [len(posting.movements) for posting in books.posted] == [30, 30, 5]
    assert len({posting.digest for posting in books.posted}) == 1


def test_a_longer_receipt_does_not_pass_for_the_shorter_one_it_begins_like() -> None:
    books = HandKept()
    lines = [(f"SKU-{number:03d}", 1) for number in range(31)]
    received(books, *lines[:30])
    received(books, *lines)
    first, second, _ = books.posted
    assert first.kind == second.kind and first.digest != second.digest


def test_an_adjustment_names_every_bad_field_at_once() -> None:
    books = HandKept()
    received(books, (MUG, 1))
    with pytest.raises(Invalid) as invalid:
        adjusted(books, AdjustmentReason.LOST, (MUG, 2), ("NONE", -1), (MUG, -1))
    assert [(error.pointer, error.code) for error in invalid.value.errors] == [
        ("/lines/0/quantity", "wrong-sign"),
        ("/lines/1/sku", "unknown-sku"),
        ("/lines/2/sku", "repeated-sku"),
    ]
    assert len(books.posted) == 1


@pytest.mark.parametrize(
    ("reason", "quantity"),
    [("LOST", 1), ("RETURN_TO_VENDOR", 1), ("FOUND", -1), ("COUNT", 0)],
)
def test_a_quantity_must_go_the_way_its_reason_says(reason: str, quantity: int) -> None:
    books = HandKept()
    received(books, (MUG, 5))
    with pytest.raises(Invalid):
        adjusted(books, AdjustmentReason(reason), (MUG, quantity))


def test_the_network_total_is_the_sum_of_its_nodes() -> None:
    levels = [
        Level(MUG, EAST, on_hand=100, reserved=2, available=98),
        Level(MUG, NodeId("WH-WEST"), on_hand=10, safety=1, damaged=2, incoming=5, available=7),
    ]
    shown = view.of_stock(Product(MUG, "Blue mug"), levels)
    assert shown["nodes"][0] == {
        "node": "WH-EAST",
        "on_hand": 100,
        "reserved": 2,
        "safety": 0,
        "damaged": 0,
        "quality": 0,
        "incoming": 0,
        "oversold": 0,
        "available": 98,
        "shelves": [],
    }
    assert shown["total"] == {
        "on_hand": 110,
        "reserved": 2,
        "safety": 1,
        "damaged": 2,
        "quality": 0,
        "incoming": 5,
        "oversold": 0,
        "available": 105,
    }


def test_a_node_shows_the_sum_of_its_shelves_and_each_that_is_kept_apart() -> None:
    levels = [
        Level(MUG, EAST, on_hand=3, available=3),
        Level(MUG, EAST, on_hand=2, reserved=1, available=1, shelf=pool("VIP")),
    ]
    (shown,) = view.of_stock(Product(MUG, "Blue mug"), levels)["nodes"]
    assert (shown["on_hand"], shown["available"]) == (5, 4)
    (apart,) = shown["shelves"]
    assert (apart["shelf"], apart["on_hand"], apart["available"]) == ("POOL#VIP", 2, 1)


def test_a_sku_outside_the_catalogue_is_not_found() -> None:
    books = HandKept()
    received(books, (MUG, 1))
    assert stock_of(MUG, stock=books)[1].levels == (Level(MUG, EAST, 1, available=1),)
    for ask in (lambda: stock_of(CUP, stock=books), lambda: movements_page(CUP, 5, stock=books)):
        with pytest.raises(NotFound):
            ask()


def test_a_page_of_stock_carries_levels_and_where_to_go_on() -> None:
    books = HandKept()
    received(books, (MUG, 1), (CUP, 2))
    page = stock_page(10, stock=books)
    assert [(product.sku, each.levels[0].on_hand) for product, each in page.items] == [
        (MUG, 1),
        (CUP, 2),
    ]
    assert page.after == "more"


def test_nodes_movements_and_answers_have_the_shapes_of_the_api() -> None:
    books = HandKept()
    levels = received(books, (MUG, 1))
    assert view.of_posted(levels)["levels"][0]["sku"] == MUG
    assert view.of_node(books.nodes()[0]) == {
        "node_id": "WH-EAST",
        "kind": "WAREHOUSE",
        "name": "East",
        "country": "US",
        "city": "Newark",
        "postal_code": "07114",
    }
    shown = view.of_movement(movements_page(MUG, 5, stock=books).items[0])
    assert shown.pop("movement_id")
    assert shown == {
        "at": "2026-11-21T12:00:00.000Z",
        "node": "WH-EAST",
        "shelf": "",
        "reason": "RECEIPT",
        "reference": "PO-9",
        "actor": "ops",
        "changes": dict.fromkeys(BUCKETS, 0) | {"on_hand": 1},
    }
