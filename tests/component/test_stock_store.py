"""The stock books on their table: what is taken, given back, posted and counted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oms.inventory import items
from oms.inventory.adjust import Adjustment, AdjustmentLine, adjust
from oms.inventory.model import (
    PLAIN,
    AdjustmentReason,
    InsufficientStock,
    Level,
    LevelsDisagree,
    LotBlocked,
    Movement,
    Node,
    NodeKind,
    OutOfStock,
    Posting,
    Product,
    Terms,
    rebuilt,
)
from oms.inventory.receive import Receipt, ReceiptLine, receive
from oms.inventory.selling import Position, Selling
from oms.inventory.shelves import GENERAL, OVERSOLD, Shelf, hot, lot, pool
from oms.inventory.store import DynamoStock
from oms.kernel.address import Address
from oms.kernel.clock import SettableClock
from oms.kernel.errors import Invalid, OmsError, Refused
from oms.kernel.ids import LineId, NodeId, Sku, new_ulid
from oms.orders.model import Leg
from oms.platform.unit import Action, Write
from tests.component.moto_tables import Tables, tables

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
EAST, WEST = NodeId("WH-EAST"), NodeId("WH-WEST")
MUG, CUP = Sku("MUG-BLUE"), Sku("CUP-RED")
_fresh = count()


def a_node(node_id: NodeId, latitude: float = 40.7, longitude: float = -74.2) -> Node:
    address = Address("Dock", ("1 Harbor Avenue",), "Newark", "NJ", "07114", "US")
    return Node(node_id, NodeKind.WAREHOUSE, "Warehouse", address, latitude, longitude)


def a_leg(
    quantity: int, sku: Sku = MUG, node: NodeId = EAST, line: str = "1", shelf: Shelf = GENERAL
) -> Leg:
    return Leg(LineId(line), sku, node, quantity, shelf)


@dataclass(frozen=True)
class Shop:
    """A stock table with two nodes, and short ways to do things to it."""

    table: Tables
    books: DynamoStock
    clock: SettableClock

    def receive(
        self, *lines: tuple[str, int], node: NodeId = EAST, reference: str = ""
    ) -> list[Level]:
        self.clock.advance(timedelta(milliseconds=1))
        made = tuple(ReceiptLine(Sku(sku), quantity) for sku, quantity in lines)
        receipt = Receipt(reference or f"PO-{next(_fresh)}", node, made)
        return receive(receipt, "ops", books=self.books, clock=self.clock)

    def adjust(
        self, reason: AdjustmentReason, quantity: int, sku: Sku = MUG, key: str = ""
    ) -> list[Level]:
        adjustment = Adjustment(reason, EAST, (AdjustmentLine(sku, quantity),))
        return adjust(adjustment, "ops", books=self.books, clock=self.clock, key=key)

    def do(self, verb: str, *legs: Leg, reference: str = "ORDER-1", **terms: Terms) -> None:
        self.clock.advance(timedelta(milliseconds=1))
        writes = getattr(self.books, verb)(legs, reference, "intake", self.clock.now(), **terms)
        self.table.dynamo.commit(writes)

    def take(self, *legs: Leg, terms: Terms = PLAIN) -> None:
        self.clock.advance(timedelta(milliseconds=1))
        writes = self.books.reserve(legs, "ORDER-1", "intake", self.clock.now(), terms=terms)
        self.table.dynamo.commit(writes)

    def put_on(self, shelf: Shelf, quantity: int, sku: Sku = MUG) -> None:
        """Units of `sku` onto a shelf at EAST."""
        self.clock.advance(timedelta(milliseconds=1))
        now = self.clock.now()
        put = Movement(
            new_ulid(now), sku, EAST, {"on_hand": quantity}, "SHELVED", "S-1", "ops", now, shelf
        )
        self.books.post(Posting(new_ulid(now), "SHELVED", str(quantity), (put,)))

    def mark(self, shelf: Shelf, **fields: object) -> None:
        """Set what no movement tells of a shelf of MUG at EAST, as whoever recalls a lot does."""
        change = Write(
            Action.UPDATE,
            self.table.stock,
            items.level_key(MUG, EAST, shelf),
            update="SET " + ", ".join(f"#{name} = :{name}" for name in fields),
            names={f"#{name}": name for name in fields},
            values={f":{name}": value for name, value in fields.items()},
        )
        self.table.dynamo.commit([change])

    def level(self, sku: Sku = MUG, node: NodeId = EAST, shelf: Shelf = GENERAL) -> Level:
        (level,) = self.books.levels_at([(sku, node, shelf)])
        return level


@pytest.fixture(scope="module")
def account() -> Iterator[Tables]:
    with tables() as made:
        yield made


@pytest.fixture
def shop() -> Iterator[Shop]:
    with tables() as made:
        yield _shop(made)


def _shop(made: Tables) -> Shop:
    books = DynamoStock(made.dynamo, made.stock)
    books.save_nodes([a_node(EAST), a_node(WEST, 47.6, -122.3)])
    return Shop(made, books, SettableClock(NOW))


# --- receipts ----------------------------------------------------------------------------


def test_a_receipt_makes_the_sku_known_with_no_safety_stock(shop: Shop) -> None:
    levels = shop.receive((MUG, 100))
    assert levels == [Level(MUG, EAST, on_hand=100, available=100)]
    assert shop.books.products([MUG]) == {MUG: Product(MUG, title=MUG)}


def test_a_receipt_keeps_the_title_the_catalogue_has(shop: Shop) -> None:
    mug = Product(MUG, "Blue mug", weight_g=350, length_mm=120, width_mm=90, height_mm=100)
    shop.books.save_products([mug])
    shop.receive((MUG, 1))
    assert shop.books.products([MUG]) == {MUG: mug}


def test_a_receipt_sent_twice_counts_once_and_answers_the_same(shop: Shop) -> None:
    first = shop.receive((MUG, 10), (CUP, 5), reference="PO-A")
    again = shop.receive((CUP, 5), (MUG, 4), (MUG, 6), reference="PO-A")
    assert again == first
    assert len(shop.books.movements(MUG, 10).items) == 1


def test_a_reference_cannot_stand_for_other_lines(shop: Shop) -> None:
    shop.receive((MUG, 10), reference="PO-A")
    with pytest.raises(Refused) as refused:
        shop.receive((MUG, 11), reference="PO-A")
    assert refused.value.code == "reference-reused"
    assert shop.level().on_hand == 10


def test_the_same_reference_may_arrive_at_two_nodes(shop: Shop) -> None:
    shop.receive((MUG, 10), reference="PO-A")
    shop.receive((MUG, 7), reference="PO-A", node=WEST)
    assert [level.on_hand for level in shop.books.levels(MUG)] == [10, 7]


def test_a_long_receipt_that_broke_off_is_finished_by_sending_it_again(shop: Shop) -> None:
    lines = [(f"SKU-{number:03d}", number + 1) for number in range(70)]
    post, parts = shop.books.post, []

    def breaks_off(posting: Posting, also: Sequence[Write] = ()) -> None:
        parts.append(posting)
        if len(parts) == 2:
            raise ConnectionError
        post(posting, also)

    shop.books.post = breaks_off  # type: ignore[method-assign]
    with pytest.raises(ConnectionError):
        shop.receive(*lines, reference="PO-LONG")
    levels = shop.receive(*lines, reference="PO-LONG")
    assert {level.sku: level.on_hand for level in levels} == dict(lines)
    assert sorted(level.sku for level in levels) == [level.sku for level in levels]


def test_a_receipt_at_an_unknown_node_is_invalid(shop: Shop) -> None:
    with pytest.raises(Invalid) as invalid:
        shop.receive((MUG, 1), node=NodeId("MOON"))
    assert [error.pointer for error in invalid.value.errors] == ["/node"]
    assert shop.books.products([MUG]) == {}


# --- adjustments ---------------------------------------------------------------------------


def test_damaged_units_stay_on_hand_and_stop_being_available(shop: Shop) -> None:
    shop.receive((MUG, 10))
    assert shop.adjust(AdjustmentReason.DAMAGED, -3) == [
        Level(MUG, EAST, on_hand=10, damaged=3, available=7)
    ]
    assert shop.adjust(AdjustmentReason.DAMAGED, 2)[0].damaged == 1


def test_units_promised_to_an_order_cannot_be_adjusted_away(shop: Shop) -> None:
    shop.receive((MUG, 10))
    shop.do("reserve", a_leg(8))
    with pytest.raises(InsufficientStock) as refused:
        shop.adjust(AdjustmentReason.LOST, -3)
    assert (refused.value.requested, refused.value.available) == (3, 2)
    assert refused.value.code == "insufficient-stock"
    assert shop.level() == Level(MUG, EAST, on_hand=10, reserved=8, available=2)


def test_an_adjustment_of_several_lines_is_posted_whole_or_not_at_all(shop: Shop) -> None:
    shop.receive((MUG, 5), (CUP, 1))
    lines = (AdjustmentLine(MUG, -2), AdjustmentLine(CUP, -2))
    with pytest.raises(InsufficientStock):
        adjust(
            Adjustment(AdjustmentReason.COUNT, EAST, lines),
            "ops",
            books=shop.books,
            clock=shop.clock,
        )
    assert shop.level().on_hand == 5


def test_units_found_where_the_sku_never_was_start_a_level(shop: Shop) -> None:
    shop.receive((MUG, 5), node=WEST)
    assert shop.adjust(AdjustmentReason.FOUND, 2) == [Level(MUG, EAST, on_hand=2, available=2)]


def test_an_adjustment_under_one_key_counts_once(shop: Shop) -> None:
    shop.receive((MUG, 10))
    first = shop.adjust(AdjustmentReason.COUNT, -1, key="k-1")
    assert shop.adjust(AdjustmentReason.COUNT, -1, key="k-1") == first
    with pytest.raises(Invalid) as invalid:
        shop.adjust(AdjustmentReason.COUNT, -2, key="k-1")
    assert invalid.value.code == "idempotency-key-reused"
    assert shop.level().on_hand == 9


# --- the order's writes ------------------------------------------------------------------


def test_lines_of_one_sku_are_judged_by_their_sum(shop: Shop) -> None:
    shop.receive((MUG, 5))
    with pytest.raises(OutOfStock) as short:
        shop.do("reserve", a_leg(3, line="1"), a_leg(3, line="2"))
    assert (short.value.sku, short.value.node) == (MUG, EAST)
    assert (short.value.requested, short.value.available) == (6, 5)
    assert shop.level().reserved == 0


def test_a_shortage_of_one_sku_takes_none_of_the_others(shop: Shop) -> None:
    shop.receive((CUP, 5))
    with pytest.raises(OutOfStock) as short:
        shop.do("reserve", a_leg(1, CUP), a_leg(1, MUG))
    assert (short.value.sku, short.value.available) == (MUG, 0)
    assert shop.level(CUP).available == 5
    assert shop.books.movements(CUP, 10).items[0].reason == "RECEIPT"


def test_a_refused_transaction_leaves_nothing_for_the_stream(shop: Shop) -> None:
    shop.receive((CUP, 5))
    before = shop.table.stream_records(shop.table.stock)
    with pytest.raises(OutOfStock):
        shop.do("reserve", a_leg(1, CUP), a_leg(1, MUG))
    assert shop.table.stream_records(shop.table.stock) == before


def test_release_is_the_inverse_of_reserve(shop: Shop) -> None:
    shop.receive((MUG, 5))
    before = shop.level()
    shop.do("reserve", a_leg(2), a_leg(1, line="2"))
    shop.do("release", a_leg(2), a_leg(1, line="2"))
    assert shop.level() == before


def test_an_order_ships_its_own_units_when_nothing_is_available(shop: Shop) -> None:
    """Medusa #6500: all stock was reserved, so the order that held it could not ship."""
    shop.receive((MUG, 2))
    shop.do("reserve", a_leg(2))
    assert shop.level().available == 0
    shop.do("consume", a_leg(2))
    assert shop.level() == Level(MUG, EAST)


@pytest.mark.parametrize("verb", ["release", "consume"])
def test_units_that_are_not_reserved_are_not_given_back_or_shipped(shop: Shop, verb: str) -> None:
    """Medusa #12401: a second release drove the reserved quantity below zero."""
    shop.receive((MUG, 5))
    with pytest.raises(LevelsDisagree):
        shop.do(verb, a_leg(1))
    assert shop.level().available == 5


def test_a_transaction_that_arrives_twice_is_done_once(shop: Shop) -> None:
    """The reply was lost and the client sent the same request again."""
    shop.receive((MUG, 5))
    writes = shop.books.reserve([a_leg(2)], "ORDER-1", "intake", NOW)
    shop.table.dynamo.commit(writes)
    shop.table.dynamo.commit(writes)
    assert shop.level().reserved == 2


def test_up_to_44_levels_fit_into_the_order_s_own_transaction(shop: Shop) -> None:
    """More are taken in parts: test_stock_in_parts.py."""
    legs = [a_leg(1, Sku(f"S-{number}")) for number in range(44)]
    assert len(shop.books.reserve(legs, "ORDER-1", "intake", NOW)) == 88
    assert shop.table.count(shop.table.stock) == 2  # the nodes


def test_a_lot_that_is_recalled_or_too_old_is_not_taken(shop: Shop) -> None:
    old, recalled = lot("2026-Z"), lot("2027-A")
    for shelf in (old, recalled):
        shop.put_on(shelf, 5)
    shop.mark(old, expires_on="2026-11-22")
    shop.mark(recalled, blocked=True)
    on = Terms(on="2026-11-22")
    for shelf in (old, recalled):
        with pytest.raises(LotBlocked):
            shop.take(a_leg(1, shelf=shelf), terms=on)
    shop.take(a_leg(5, shelf=old), terms=Terms(on="2026-11-21"))
    assert shop.level(shelf=old).reserved == 5


def test_a_recalled_lot_does_not_leave_and_can_be_given_back(shop: Shop) -> None:
    recalled = lot("2027-A")
    shop.put_on(recalled, 5)
    shop.take(a_leg(5, shelf=recalled))
    shop.mark(recalled, blocked=True)
    with pytest.raises(LotBlocked):
        shop.do("consume", a_leg(5, shelf=recalled), terms=Terms(on="2026-11-21"))
    shop.do("release", a_leg(5, shelf=recalled))
    assert (shop.level(shelf=recalled).reserved, shop.level(shelf=recalled).available) == (0, 5)


def test_what_a_carrier_has_in_hand_leaves_the_books_whatever_became_of_its_lot(shop: Shop) -> None:
    recalled = lot("2027-A")
    shop.put_on(recalled, 5)
    shop.take(a_leg(5, shelf=recalled))
    shop.mark(recalled, blocked=True)
    shop.do("consume", a_leg(5, shelf=recalled))
    assert (shop.level(shelf=recalled).on_hand, shop.level(shelf=recalled).reserved) == (0, 0)


def test_a_lot_that_is_merely_short_is_out_of_stock(shop: Shop) -> None:
    shop.put_on(lot("2027-A"), 1)
    shop.mark(lot("2027-A"), expires_on="2027-06-30")
    with pytest.raises(OutOfStock) as short:
        shop.take(a_leg(2, shelf=lot("2027-A")), terms=Terms(on="2026-11-21"))
    assert (short.value.requested, short.value.available) == (2, 1)


def test_units_that_must_stay_are_not_taken(shop: Shop) -> None:
    shop.receive((MUG, 5))
    keeps_two = Terms(keep={(MUG, EAST, GENERAL): 2})
    with pytest.raises(OutOfStock) as short:
        shop.take(a_leg(4), terms=keeps_two)
    assert (short.value.requested, short.value.available) == (4, 3)
    shop.take(a_leg(3), terms=keeps_two)
    assert shop.level().available == 2


def test_no_more_is_promised_beyond_stock_than_the_limit(shop: Shop) -> None:
    """Also where the SKU never was, and also in one go."""
    beyond = Terms(oversell={MUG: 3})
    for units in (4, 100):
        with pytest.raises(OutOfStock):
            shop.take(a_leg(units, shelf=OVERSOLD), terms=beyond)
    shop.take(a_leg(2, shelf=OVERSOLD), terms=beyond)
    with pytest.raises(OutOfStock):
        shop.take(a_leg(2, shelf=OVERSOLD), terms=beyond)
    with pytest.raises(OutOfStock):
        shop.take(a_leg(1, shelf=OVERSOLD), terms=PLAIN)
    shop.take(a_leg(1, shelf=OVERSOLD), terms=beyond)
    assert shop.level() == Level(MUG, EAST, reserved=3, oversold=3)


def test_what_comes_in_backs_what_was_promised_beyond_stock(shop: Shop) -> None:
    beyond = a_leg(3, shelf=OVERSOLD)
    shop.take(beyond, terms=Terms(oversell={MUG: 3}))
    shop.receive((MUG, 2))
    with pytest.raises(OutOfStock):
        shop.do("back", beyond)
    shop.receive((MUG, 2))
    shop.do("back", beyond)
    assert shop.level() == Level(MUG, EAST, on_hand=4, reserved=3, available=1)
    shop.do("consume", a_leg(3))
    assert shop.level() == Level(MUG, EAST, on_hand=1, available=1)


def test_a_promise_beyond_stock_is_given_back_beyond_stock(shop: Shop) -> None:
    shop.receive((MUG, 2))
    before = shop.level()
    legs = [a_leg(2), a_leg(3, shelf=OVERSOLD)]
    shop.take(*legs, terms=Terms(oversell={MUG: 3}))
    assert shop.level() == Level(MUG, EAST, on_hand=2, reserved=5, oversold=3)
    shop.do("release", *legs)
    assert shop.level() == before


def test_a_movement_tells_who_why_when_and_for_what(shop: Shop) -> None:
    shop.receive((MUG, 5))
    shop.do("reserve", a_leg(2), reference="ORDER-7")
    newest = shop.books.movements(MUG, 1).items[0]
    assert (newest.node, newest.changes) == (EAST, {"reserved": 2})
    assert (newest.reason, newest.reference) == ("RESERVATION", "ORDER-7")
    assert (newest.actor, newest.at) == ("intake", shop.clock.now())


# --- reading -----------------------------------------------------------------------------


def test_levels_of_several_skus_name_every_sku_asked_for(shop: Shop) -> None:
    shop.receive((MUG, 5), (CUP, 2))
    shop.receive((MUG, 1), node=WEST)
    found = shop.books.positions([MUG, CUP, Sku("NONE"), MUG])
    assert {sku: [level.node for level in each.levels] for sku, each in found.items()} == {
        MUG: [EAST, WEST],
        CUP: [EAST],
        "NONE": [],
    }
    only_west = Position(Selling(MUG), (Level(MUG, WEST, 1, available=1),))
    assert shop.books.positions([MUG], [WEST]) == {MUG: only_west}
    assert shop.books.positions([MUG, CUP], [WEST])[MUG] == only_west


def test_levels_of_a_sku_are_all_its_shelves_however_they_are_asked_for(shop: Shop) -> None:
    shop.books.save_selling(MUG, has_shelves=True, spread={EAST: 2})
    shelves = [GENERAL, hot(0), hot(1), lot("2027-A"), pool("VIP")]
    for number, shelf in enumerate(shelves, 1):
        shop.put_on(shelf, number)
    shop.receive((CUP, 1))
    expected = [(EAST, shelf, number) for number, shelf in enumerate(shelves, 1)]

    def shown(levels: Iterable[Level]) -> list[tuple[str, str, int]]:
        return [(each.node, each.shelf, each.on_hand) for each in levels]

    assert shown(shop.books.levels(MUG)) == expected
    assert shown(shop.books.positions([MUG])[MUG].levels) == expected
    assert shown(shop.books.positions([MUG, CUP], [EAST])[MUG].levels) == expected
    assert shown(shop.books.levels_at([(MUG, EAST, each) for each in shelves])) == expected
    assert shop.books.positions([MUG, CUP], [WEST])[MUG].levels == ()


def test_the_movements_of_a_hot_sku_come_in_one_list_by_time(shop: Shop) -> None:
    shop.books.save_selling(MUG, spread={EAST: 3})
    for number in range(9):
        shop.put_on(hot(number % 3), number + 1)
    seen, after = list[int](), ""
    while True:
        page = shop.books.movements(MUG, 2, after)
        seen += [each.changes["on_hand"] for each in page.items]
        if not (after := page.after):
            break
    assert seen == [9, 8, 7, 6, 5, 4, 3, 2, 1]


def test_the_catalogue_and_the_movements_come_in_pages_without_gaps(shop: Shop) -> None:
    for number in range(7):
        shop.receive((f"SKU-{number}", 1))
    shop.receive(("SKU-0", 4))
    shop.receive((MUG, 1))
    seen, after = list[Sku](), ""
    while True:
        page = shop.books.catalogue(3, after, "sku")
        seen += [product.sku for product in page.items]
        if not (after := page.after):
            break
    assert seen == [f"SKU-{number}" for number in range(7)]
    newest = shop.books.movements(Sku("SKU-0"), 1)
    older = shop.books.movements(Sku("SKU-0"), 1, newest.after)
    assert [each.changes["on_hand"] for each in (*newest.items, *older.items)] == [4, 1]


def test_a_node_comes_back_as_it_was_saved(shop: Shop) -> None:
    assert shop.books.nodes() == [a_node(EAST), a_node(WEST, 47.6, -122.3)]


# --- whatever happens --------------------------------------------------------------------

STEPS = st.lists(
    st.tuples(
        st.sampled_from(["receive", "reserve", "release", "consume", *AdjustmentReason]),
        st.integers(1, 6),
    ),
    max_size=14,
)


@settings(max_examples=20, deadline=None)
@given(steps=STEPS)
def test_levels_stay_sound_and_are_the_sum_of_their_movements(
    account: Tables, steps: list[tuple[str, int]]
) -> None:
    shop, sku = _shop(account), Sku(f"RANDOM-{next(_fresh)}")
    shop.receive((sku, 3))
    for verb, quantity in steps:
        before = shop.level(sku)
        try:
            _step(shop, sku, verb, quantity)
        except OmsError:
            assert shop.level(sku) == before
        level = shop.level(sku)
        assert level.is_sound and level.available >= 0
    movements = shop.books.movements(sku, 100).items
    assert rebuilt(movements) == {(sku, EAST, GENERAL): shop.level(sku)}


def _step(shop: Shop, sku: Sku, verb: str, quantity: int) -> None:
    if verb == "receive":
        shop.receive((sku, quantity))
    elif verb in ("reserve", "release", "consume"):
        shop.do(verb, a_leg(quantity, sku))
    else:
        sign = 1 if verb in ("FOUND", "COUNT") else -1
        shop.adjust(AdjustmentReason(verb), sign * quantity, sku)
