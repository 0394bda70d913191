"""What people do to stock, on its table: after each of it the books still agree."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oms.inventory.consignment import OverReceipt, State
from oms.inventory.count import Counted, CountState, SamePerson
from oms.inventory.model import AdjustmentReason, InsufficientStock, LotBlocked, Terms
from oms.inventory.purchase import reschedule
from oms.inventory.receive import ReceiptLine
from oms.inventory.serials import SerialKnown, SerialShipped, SerialState, SerialUnknown
from oms.inventory.shelves import lot, pool
from oms.inventory.transfer import TransferLine
from oms.kernel.errors import Invalid, OmsError, Refused
from oms.kernel.ids import Sku
from oms.kernel.money import Money
from tests.component.stock_desk import EAST, JAM, MUG, WEST, Desk, a_desk

SPRING, SUMMER = lot("SPRING"), lot("SUMMER")


@pytest.fixture
def desk() -> Iterator[Desk]:
    with a_desk() as made:
        yield made
        made.check()


def jam(quantity: int, name: str = "SPRING", expires_on: str = "2027-05-01") -> ReceiptLine:
    return ReceiptLine(JAM, quantity, lot=name, expires_on=expires_on)


# --- purchase orders ---------------------------------------------------------------------


def test_what_was_bought_is_expected_and_not_for_sale(desk: Desk) -> None:
    order = desk.order((MUG, 10), expected_on="2026-12-01")
    assert (order.state, desk.level().incoming, desk.level().available) == (State.OPEN, 10, 0)
    (expected,) = desk.books.incoming(MUG)
    assert (expected.units, expected.expected_on, expected.reference) == (10, "2026-12-01", "PO-1")
    assert desk.movements(MUG)[0].reason == "ORDERED"


def test_an_order_sent_twice_is_expected_once(desk: Desk) -> None:
    first = desk.order((MUG, 10), (JAM, 4))
    assert desk.order((JAM, 4), (MUG, 10)) == first
    with pytest.raises(Refused) as refused:
        desk.order((MUG, 11))
    assert refused.value.code == "reference-reused"
    assert desk.expected(MUG) == 10


def test_each_delivery_counts_against_the_order_and_the_rest_stays_expected(desk: Desk) -> None:
    desk.order((MUG, 10))
    desk.receive((MUG, 4), reference="PO-1", delivery="monday")
    desk.receive((MUG, 4), reference="PO-1", delivery="monday")
    assert (desk.level().on_hand, desk.level().incoming) == (4, 6)
    desk.receive((MUG, 6), reference="PO-1", delivery="friday")
    assert (desk.level().on_hand, desk.level().incoming, desk.books.incoming(MUG)) == (10, 0, [])
    order = desk.consignments.find("PO-1")
    assert order and order.state is State.RECEIVED


def test_a_receipt_without_a_delivery_is_the_whole_of_its_reference(desk: Desk) -> None:
    desk.order((MUG, 10))
    desk.receive((MUG, 4), reference="PO-1")
    desk.receive((MUG, 4), reference="PO-1")
    with pytest.raises(Refused) as refused:
        desk.receive((MUG, 6), reference="PO-1")
    assert refused.value.code == "reference-reused"
    assert (desk.level().on_hand, desk.level().incoming) == (4, 6)


def test_more_than_ordered_is_refused_whole(desk: Desk) -> None:
    desk.order((MUG, 10), (JAM, 5))
    with pytest.raises(OverReceipt) as over:
        desk.receive((JAM, 5), (MUG, 11), reference="PO-1")
    assert over.value.code == "over-receipt"
    assert "MUG-BLUE: 11 came, 10 may come" in over.value.errors[0].detail
    assert (desk.in_building(MUG), desk.in_building(JAM)) == (0, 0)


def test_what_was_never_ordered_is_more_than_ordered(desk: Desk) -> None:
    desk.order((MUG, 10))
    with pytest.raises(OverReceipt):
        desk.receive((JAM, 1), reference="PO-1")


def test_a_tolerance_lets_a_little_more_in(desk: Desk) -> None:
    desk.order((MUG, 100), tolerance_percent=5)
    desk.receive((MUG, 105), reference="PO-1", delivery="1")
    assert (desk.level().on_hand, desk.level().incoming) == (105, 0)
    with pytest.raises(OverReceipt):
        desk.receive((MUG, 1), reference="PO-1", delivery="2")


def test_a_cancelled_rest_is_not_expected_and_not_received_any_more(desk: Desk) -> None:
    desk.order((MUG, 10), tolerance_percent=50)
    desk.receive((MUG, 4), reference="PO-1", delivery="1")
    assert desk.cancel().state is State.CLOSED
    assert desk.cancel() == desk.cancel()
    assert (desk.expected(MUG), desk.books.incoming(MUG)) == (0, [])
    with pytest.raises(OverReceipt):
        desk.receive((MUG, 1), reference="PO-1", delivery="2")


def test_a_rescheduled_order_is_expected_on_its_new_day_only(desk: Desk) -> None:
    desk.order((MUG, 10), expected_on="2026-12-01")
    again = [reschedule("PO-1", "2026-12-08", consignments=desk.consignments) for _ in range(2)]
    assert again[0] == again[1]
    assert [each.expected_on for each in desk.books.incoming(MUG)] == ["2026-12-08"]


def test_goods_that_came_without_an_order_do_not_get_one_afterwards(desk: Desk) -> None:
    desk.receive((MUG, 10), reference="PO-1")
    with pytest.raises(Refused) as refused:
        desk.order((MUG, 10))
    assert refused.value.code == "reference-reused"
    assert desk.expected(MUG) == 0


def test_a_receipt_at_another_node_than_the_order_names_is_invalid(desk: Desk) -> None:
    desk.order((MUG, 10))
    with pytest.raises(Invalid) as invalid:
        desk.receive((MUG, 10), reference="PO-1", node=WEST)
    assert invalid.value.code == "wrong-node"


def test_a_received_unit_costs_what_the_receipt_says_or_else_the_order(desk: Desk) -> None:
    order = desk.order((MUG, 10))
    line = replace(order.lines[0], unit_cost=Money(410, "USD"))
    desk.consignments.commit(desk.consignments.changed(order, order.lines[0], line))
    desk.receive((MUG, 4), reference="PO-1", delivery="1")
    desk.receive(ReceiptLine(MUG, 4, unit_cost_minor=395), reference="PO-1", delivery="2")
    assert [each.unit_cost_minor for each in desk.movements(MUG)[:2]] == [395, 410]


def test_an_order_of_many_lines_is_opened_and_received_in_parts(desk: Desk) -> None:
    lines = [(Sku(f"SKU-{number:03d}"), number + 1) for number in range(50)]
    desk.order(*lines)
    desk.receive(*lines, reference="PO-1")
    assert {sku: desk.level(sku).on_hand for sku, _ in lines} == dict(lines)
    assert not any(desk.expected(sku) for sku, _ in lines)
    desk.check(*(sku for sku, _ in lines[::10]))


def test_a_long_receipt_of_an_order_that_broke_off_is_finished_by_sending_it_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [(Sku(f"SKU-{number:03d}"), 2) for number in range(40)]
    desk.order(*lines)
    breaks_off(desk, monkeypatch, after=1)
    with pytest.raises(ConnectionError):
        desk.receive(*lines, reference="PO-1")
    monkeypatch.undo()
    for _ in range(2):
        desk.receive(*lines, reference="PO-1")
    assert {desk.level(sku).on_hand for sku, _ in lines} == {2}


def breaks_off(desk: Desk, patched: pytest.MonkeyPatch, after: int) -> None:
    post, left = desk.books.post, [after]

    def broken(*posting: object) -> None:
        if not left[0]:
            raise ConnectionError
        left[0] -= 1
        post(*posting)  # type: ignore[arg-type]

    patched.setattr(desk.books, "post", broken)


# --- transfers ---------------------------------------------------------------------------


def test_units_on_their_way_are_neither_lost_nor_for_sale(desk: Desk) -> None:
    desk.receive((MUG, 10))
    desk.send(TransferLine(MUG, 4))
    desk.send(TransferLine(MUG, 4))
    assert (desk.level().on_hand, desk.level(node=WEST).incoming) == (6, 4)
    assert desk.level(node=WEST).available == 0
    assert desk.in_building(MUG) + desk.expected(MUG) == 10


def test_promised_units_do_not_leave_for_another_node(desk: Desk) -> None:
    desk.receive((MUG, 10))
    desk.do("reserve", 7)
    with pytest.raises(InsufficientStock):
        desk.send(TransferLine(MUG, 4))
    assert (desk.level().on_hand, desk.expected(MUG)) == (10, 0)
    assert desk.consignments.find("TR-1") is None


def test_a_transfer_arrives_in_parts_and_the_rest_is_written_off(desk: Desk) -> None:
    desk.receive((MUG, 10))
    desk.send(TransferLine(MUG, 6))
    for _ in range(2):
        desk.transfers.receive("TR-1", {MUG: 4}, "dock", "pallet-1")
    assert (desk.level(node=WEST).on_hand, desk.level(node=WEST).incoming) == (4, 2)
    for _ in range(2):
        assert desk.transfers.close("TR-1", "ops").state is State.CLOSED
    assert desk.in_building(MUG) + desk.expected(MUG) == 8
    (lost,) = [each for each in desk.movements(MUG) if each.reason == "LOST"]
    assert (lost.reference, lost.node, lost.changes) == ("TR-1", WEST, {"incoming": -2})


def test_more_than_was_sent_does_not_arrive(desk: Desk) -> None:
    desk.receive((MUG, 10))
    desk.send(TransferLine(MUG, 6))
    with pytest.raises(OverReceipt):
        desk.transfers.receive("TR-1", {MUG: 7}, "dock")
    desk.transfers.receive("TR-1", None, "dock")
    desk.transfers.receive("TR-1", None, "dock")
    assert desk.level(node=WEST).on_hand == 6


def test_a_transfer_is_not_received_as_if_it_were_bought(desk: Desk) -> None:
    desk.receive((MUG, 10))
    desk.send(TransferLine(MUG, 6))
    with pytest.raises(Refused) as refused:
        desk.receive((MUG, 6), reference="TR-1", node=WEST)
    assert refused.value.code == "reference-reused"


def test_a_lot_travels_as_a_lot_and_is_blocked_on_arrival_when_recalled_on_the_way(
    desk: Desk,
) -> None:
    desk.receive(jam(10))
    desk.send(TransferLine(JAM, 6, "SPRING"))
    desk.recall(JAM, "SPRING")
    desk.transfers.receive("TR-1", None, "dock")
    there = desk.level(JAM, WEST, SPRING)
    assert (there.on_hand, there.quality, there.available) == (6, 6, 0)
    assert (there.blocked, there.expires_on) == (True, "2027-05-01")


# --- counts --------------------------------------------------------------------------------


def count(desk: Desk, counted: int, *, at: int | None = None, actor: str = "counter") -> str:
    """Open and submit a count of MUG; returns its state."""
    opened = desk.count_stock.open(EAST, [MUG], "ops")
    moment = desk.clock.now() + timedelta(seconds=at) if at is not None else None
    line = Counted(MUG, counted, at=moment)
    return desk.count_stock.submit(opened.count_id, [line], actor).state


def test_a_count_books_the_difference_to_what_was_expected(desk: Desk) -> None:
    desk.receive((MUG, 10))
    assert count(desk, 8) == CountState.POSTED
    (moved,) = [each for each in desk.movements(MUG) if each.reason == "COUNT"]
    assert (desk.level().on_hand, moved.changes, moved.actor) == (8, {"on_hand": -2}, "counter")


@pytest.mark.parametrize(("counted", "left"), [(10, 8), (8, 8), (7, 7), (11, 9)])
def test_a_shipment_during_a_count_is_neither_erased_nor_booked_twice(
    desk: Desk, counted: int, left: int
) -> None:
    desk.receive((MUG, 10))
    desk.do("reserve", 2)
    opened = desk.count_stock.open(EAST, [MUG], "ops")
    desk.do("consume", 2)
    desk.count_stock.submit(opened.count_id, [Counted(MUG, counted)], "counter")
    assert desk.level().on_hand == left


def test_a_line_that_says_when_is_measured_at_that_moment(desk: Desk) -> None:
    desk.receive((MUG, 10))
    desk.do("reserve", 2)
    opened = desk.count_stock.open(EAST, [MUG], "ops")
    desk.clock.advance(timedelta(seconds=5))
    counted_at = desk.clock.now()
    desk.clock.advance(timedelta(seconds=5))
    desk.do("consume", 2)
    desk.count_stock.submit(opened.count_id, [Counted(MUG, 8, at=counted_at)], "counter")
    assert desk.level().on_hand == 6


def test_a_count_outside_its_own_time_is_invalid(desk: Desk) -> None:
    desk.receive((MUG, 10))
    with pytest.raises(Invalid) as invalid:
        count(desk, 10, at=60)
    assert invalid.value.errors[0].code == "impossible-time"


def test_a_large_difference_waits_for_somebody_else(desk: Desk) -> None:
    desk.receive((MUG, 100))
    opened = desk.count_stock.open(EAST, [MUG], "counter")
    lines = [Counted(MUG, 80)]
    waiting = desk.count_stock.submit(opened.count_id, lines, "counter")
    assert (waiting.state, desk.level().on_hand) == (CountState.AWAITING_APPROVAL, 100)
    with pytest.raises(SamePerson):
        desk.count_stock.approve(opened.count_id, "counter")
    for _ in range(2):
        approved = desk.count_stock.approve(opened.count_id, "lead")
        assert (approved.state, approved.approved_by) == (CountState.POSTED, "lead")
    assert desk.count_stock.submit(opened.count_id, lines, "counter") == approved
    assert desk.level().on_hand == 80


def test_a_count_that_waits_may_be_counted_again(desk: Desk) -> None:
    desk.receive((MUG, 100))
    opened = desk.count_stock.open(EAST, [MUG], "counter")
    desk.count_stock.submit(opened.count_id, [Counted(MUG, 10)], "counter")
    again = desk.count_stock.submit(opened.count_id, [Counted(MUG, 99)], "second")
    assert (again.state, desk.level().on_hand) == (CountState.POSTED, 99)
    with pytest.raises(Refused) as refused:
        desk.count_stock.submit(opened.count_id, [Counted(MUG, 98)], "counter")
    assert refused.value.code == "count-closed"


def test_missing_units_that_are_promised_must_be_given_up_first(desk: Desk) -> None:
    desk.receive((MUG, 4))
    desk.do("reserve", 3)
    opened = desk.count_stock.open(EAST, [MUG], "ops")
    with pytest.raises(InsufficientStock):
        desk.count_stock.submit(opened.count_id, [Counted(MUG, 2)], "counter")
    desk.do("release", 1)
    desk.count_stock.submit(opened.count_id, [Counted(MUG, 2)], "counter")
    assert (desk.level().on_hand, desk.level().available) == (2, 0)


def test_lots_are_counted_by_the_lot_and_pools_with_the_rest(desk: Desk) -> None:
    desk.receive((MUG, 10), jam(6), jam(4, "SUMMER"))
    desk.pool(8)
    opened = desk.count_stock.open(EAST, [MUG, JAM], "ops")
    assert [(e.sku, e.lot, e.on_hand) for e in opened.lines] == [
        (MUG, "", 10),
        (JAM, "", 0),
        (JAM, "SPRING", 6),
        (JAM, "SUMMER", 4),
    ]
    lines = [Counted(MUG, 5), Counted(JAM, 5, "SPRING")]
    desk.count_stock.submit(opened.count_id, lines, "counter")
    assert (desk.level().on_hand, desk.level(shelf=pool("wholesale")).on_hand) == (0, 5)
    assert desk.level(JAM, shelf=SPRING).on_hand == 5


def test_how_right_the_books_were_is_kept_for_each_sku_and_node(desk: Desk) -> None:
    desk.receive((MUG, 10))
    count(desk, 9)
    count(desk, 9)
    ((accuracy,), after) = desk.counts.accuracy(EAST, 10, "")
    assert (accuracy.sku, accuracy.counted, accuracy.expected) == (MUG, 9, 9)
    assert (accuracy.counts, accuracy.exact, after) == (2, 1, "")


def test_a_count_opened_twice_under_one_key_is_one_count(desk: Desk) -> None:
    desk.receive((MUG, 10))
    first = desk.count_stock.open(EAST, [MUG], "ops", "aisle-7")
    assert desk.count_stock.open(EAST, [MUG], "ops", "aisle-7") == first
    with pytest.raises(Invalid) as invalid:
        desk.count_stock.open(WEST, [MUG], "ops", "aisle-7")
    assert invalid.value.code == "idempotency-key-reused"


# --- lots ------------------------------------------------------------------------------------


def test_a_lot_lies_on_a_shelf_of_its_own_until_its_day(desk: Desk) -> None:
    desk.receive(jam(6), jam(4, "SUMMER", "2027-08-01"))
    levels = {level.shelf: (level.on_hand, level.expires_on) for level in desk.books.levels(JAM)}
    assert levels == {SPRING: (6, "2027-05-01"), SUMMER: (4, "2027-08-01")}
    assert desk.books.selling([JAM])[JAM].has_shelves


def test_a_lot_has_one_day_of_expiry(desk: Desk) -> None:
    desk.receive(jam(6))
    with pytest.raises(Invalid) as invalid:
        desk.receive(jam(6, expires_on="2027-06-01"))
    assert invalid.value.code == "expiry-differs"
    desk.receive(jam(2, expires_on=""))
    assert desk.level(JAM, shelf=SPRING).on_hand == 8


def test_lots_of_an_order_count_against_the_same_line(desk: Desk) -> None:
    desk.order((JAM, 10))
    desk.receive(jam(6), jam(3, "SUMMER"), reference="PO-1")
    assert (desk.in_building(JAM), desk.expected(JAM)) == (9, 1)


def test_a_recalled_lot_is_neither_promised_nor_shipped(desk: Desk) -> None:
    desk.receive(jam(10))
    desk.do("reserve", 3, JAM, SPRING, reference="ORDER-7")
    status = desk.recall(JAM, "SPRING")
    level = desk.level(JAM, shelf=SPRING)
    assert (level.blocked, level.reserved, level.quality, level.available) == (True, 3, 7, 0)
    assert [(e.kind, e.holder_id, e.units) for e in status.holders] == [("ORDER", "ORDER-7", 3)]
    with pytest.raises(LotBlocked):
        desk.do("reserve", 1, JAM, SPRING)
    with pytest.raises(LotBlocked):
        desk.do("consume", 1, JAM, SPRING, terms=Terms(on="2026-11-21"))


def test_units_given_back_go_to_quality_when_the_recall_is_repeated(desk: Desk) -> None:
    desk.receive(jam(10))
    desk.do("reserve", 3, JAM, SPRING)
    desk.recall(JAM, "SPRING")
    desk.do("release", 3, JAM, SPRING)
    assert not desk.recall(JAM, "SPRING").holders
    assert (desk.level(JAM, shelf=SPRING).quality, desk.level(JAM, shelf=SPRING).available) == (
        10,
        0,
    )


def test_a_lot_recalled_before_it_reaches_a_node_is_blocked_there_too(desk: Desk) -> None:
    desk.receive(jam(10))
    desk.recall(JAM, "SPRING")
    desk.receive(jam(5), node=WEST)
    there = desk.level(JAM, WEST, SPRING)
    assert (there.blocked, there.quality, there.available) == (True, 5, 0)


def test_a_cleared_lot_sells_again_and_quality_gives_units_back_one_decision_each(
    desk: Desk,
) -> None:
    desk.receive(jam(10))
    desk.recall(JAM, "SPRING")
    assert not desk.clear(JAM, "SPRING").lot.recalled
    desk.adjust(AdjustmentReason.QUALITY, 8, JAM, SPRING)
    desk.do("reserve", 8, JAM, SPRING)
    level = desk.level(JAM, shelf=SPRING)
    assert (level.quality, level.reserved, level.blocked) == (2, 8, False)


def test_a_recalled_lot_does_not_leave_for_another_node(desk: Desk) -> None:
    desk.receive(jam(10))
    desk.do("reserve", 3, JAM, SPRING)
    desk.recall(JAM, "SPRING")
    desk.do("release", 3, JAM, SPRING)
    with pytest.raises(LotBlocked):
        desk.send(TransferLine(JAM, 3, "SPRING"))
    assert desk.in_building(JAM) == 10


# --- serials -----------------------------------------------------------------------------------


def cameras(*serials: str) -> ReceiptLine:
    return ReceiptLine(MUG, len(serials), serials=serials)


def test_a_serial_comes_in_once(desk: Desk) -> None:
    for _ in range(2):
        desk.receive(cameras("SN-1", "SN-2"), reference="PO-1")
    with pytest.raises(SerialKnown):
        desk.receive(cameras("SN-2"), reference="PO-2")
    assert desk.level().on_hand == 2
    assert desk.books.serials.get(MUG, "SN-1").reference == "PO-1"


def test_hundreds_of_serials_come_in_by_parts(desk: Desk) -> None:
    names = tuple(f"SN-{number:03d}" for number in range(150))
    desk.receive(cameras(*names), (JAM, 1))
    assert (desk.level().on_hand, desk.level(JAM).on_hand) == (150, 1)
    assert desk.books.serials.get(MUG, "SN-149").state is SerialState.IN_STOCK


def test_each_unit_has_one_serial(desk: Desk) -> None:
    for line in (ReceiptLine(MUG, 3, serials=("A", "B")), ReceiptLine(MUG, 2, serials=("A", "A"))):
        with pytest.raises(Invalid) as invalid:
            desk.receive(line)
        assert invalid.value.code == "serials-differ"


def test_a_serial_leaves_once_and_from_where_it_lies(desk: Desk) -> None:
    desk.receive(cameras("SN-1"))
    serials, commit = desk.books.serials, desk.table.dynamo.commit
    commit([serials.in_stock(MUG, "SN-1", EAST)])
    with pytest.raises(SerialUnknown):
        commit([serials.in_stock(MUG, "SN-1", WEST)])
    for _ in range(2):
        commit(serials.shipped(MUG, ["SN-1"], "ORDER-1-1"))
    with pytest.raises(SerialShipped):
        commit([serials.in_stock(MUG, "SN-1", EAST)])
    with pytest.raises(SerialShipped):
        commit(serials.shipped(MUG, ["SN-1"], "ORDER-2-1"))


# --- pools ---------------------------------------------------------------------------------------


def test_a_pool_takes_available_units_and_gives_them_back(desk: Desk) -> None:
    desk.receive((MUG, 10))
    desk.do("reserve", 3)
    desk.pool(7)
    with pytest.raises(InsufficientStock):
        desk.pool(1)
    desk.pool(-2)
    held = desk.level(shelf=pool("wholesale"))
    assert (desk.level().on_hand, held.on_hand, desk.in_building(MUG)) == (5, 5, 10)


def test_a_pool_move_under_one_key_counts_once(desk: Desk) -> None:
    desk.receive((MUG, 10))
    assert desk.pool(4, key="k-1") == desk.pool(4, key="k-1")
    with pytest.raises(Invalid) as invalid:
        desk.pool(5, key="k-1")
    assert invalid.value.code == "idempotency-key-reused"
    assert desk.level().on_hand == 6


def test_a_shelf_that_the_node_lacks_is_not_adjusted(desk: Desk) -> None:
    desk.receive((MUG, 10))
    with pytest.raises(Invalid) as invalid:
        desk.adjust(AdjustmentReason.FOUND, 1, shelf=pool("wholesale"))
    assert [each.code for each in invalid.value.errors] == ["unknown-shelf"]
    desk.pool(4)
    desk.adjust(AdjustmentReason.DAMAGED, -1, shelf=pool("wholesale"))
    assert desk.level(shelf=pool("wholesale")).available == 3


# --- whatever happens --------------------------------------------------------------------------

Step = Callable[[Desk, int], None]
STEPS: dict[str, Step] = {
    "order": lambda d, n: void(d.order((MUG, n), (JAM, n), reference=f"PO-{n}")),
    "deliver": lambda d, n: void(
        d.receive((MUG, n % 3 + 1), jam(1), reference=f"PO-{n}", delivery=d.name("D"))
    ),
    "cancel": lambda d, n: void(d.cancel(f"PO-{n}")),
    "postpone": lambda d, n: void(
        reschedule(f"PO-{n}", f"2026-12-0{n}", consignments=d.consignments)
    ),
    "receive": lambda d, n: void(d.receive((MUG, n), jam(n))),
    "send": lambda d, n: void(
        d.send(TransferLine(MUG, n), TransferLine(JAM, n, "SPRING"), reference=f"TR-{n}")
    ),
    "arrive": lambda d, n: void(d.transfers.receive(f"TR-{n}", {MUG: 1, JAM: 1}, "dock")),
    "close": lambda d, n: void(d.transfers.close(f"TR-{n}", "ops")),
    "count": lambda d, n: void(count(d, d.in_building(MUG) - 1 + n % 3)),
    "fill": lambda d, n: void(d.pool(n)),
    "empty": lambda d, n: void(d.pool(-n)),
    "recall": lambda d, n: void(d.recall(JAM, "SPRING")),
    "clear": lambda d, n: void(d.clear(JAM, "SPRING")),
    "break": lambda d, n: void(d.adjust(AdjustmentReason.DAMAGED, -n)),
    "reserve": lambda d, n: d.do("reserve", n),
    "reserve jam": lambda d, n: d.do("reserve", n, JAM, SPRING),
    "release": lambda d, n: d.do("release", n),
    "ship": lambda d, n: d.do("consume", n),
}
# What may change how many units there are: in the building and under way between nodes.
CHANGE_TOTALS = {"deliver", "receive", "close", "count", "ship"}


def void(value: object) -> None:
    """For a step whose answer nobody looks at."""


@settings(max_examples=8, deadline=None)
@given(steps=st.lists(st.tuples(st.sampled_from(sorted(STEPS)), st.integers(1, 5)), max_size=14))
def test_no_unit_appears_or_vanishes_and_the_books_always_agree(
    steps: list[tuple[str, int]],
) -> None:
    with a_desk() as desk:
        desk.receive((MUG, 12), jam(9))
        for verb, number in steps:
            before = totals(desk)
            with suppress(OmsError):
                STEPS[verb](desk, number)
            if verb not in CHANGE_TOTALS:
                assert totals(desk) == before, verb
            desk.check()


def totals(desk: Desk) -> tuple[int, ...]:
    """Units in the building and between nodes; what a supplier still owes is not ours."""
    return tuple(desk.in_building(sku) + in_transit(desk, sku) for sku in (MUG, JAM))


def in_transit(desk: Desk, sku: Sku) -> int:
    return sum(e.units for e in desk.books.incoming(sku) if e.reference.startswith("TR-"))
