"""The check of the books: what it sees, what it says, and that it repairs once."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from oms import wiring
from oms.inventory import items
from oms.inventory.findings import Kind
from oms.inventory.model import Level, Movement, Posting, Reason, Terms, Units
from oms.inventory.reconcile import Report
from oms.inventory.shelves import GENERAL, OVERSOLD, Shelf, hot, lot
from oms.inventory.waiting import Waiting
from oms.kernel.ids import NodeId, OrderId, Sku, new_ulid
from oms.orders.store import order_key, order_to_doc
from oms.platform.unit import Action, Write
from tests.workflow.world import World, api_order, handler, world

MUG, EAST, WEST = Sku("MUG-BLUE"), NodeId("WH-EAST"), NodeId("WH-WEST")
CARD = {"method": "card", "payment_method": "pm_card_visa"}


@pytest.fixture
def oms() -> Iterator[World]:
    with world() as made:
        yield made


def check(sku: Sku = MUG, **how: bool) -> Report:
    return wiring.reconcile_sku()(sku, **how)


def found(report: Report) -> list[tuple[Kind, dict[str, int], dict[str, int]]]:
    return [(f.kind, dict(f.holds), dict(f.should)) for f in report.findings]


def put(oms: World, key: dict[str, str], **fields: Any) -> None:
    """Somebody writes to the stock table behind the books' back."""
    oms.tables.dynamo.commit(
        [
            Write(
                Action.UPDATE,
                oms.tables.stock,
                key,
                update="SET " + ", ".join(f"#{name} = :{name}" for name in fields),
                names={f"#{name}": name for name in fields},
                values={f":{name}": value for name, value in fields.items()},
            )
        ]
    )


def corrupt(oms: World, node: NodeId = EAST, shelf: str = "", **figures: int) -> None:
    put(oms, items.level_key(MUG, node, Shelf(shelf)), **figures)


def level(shelf: Shelf = GENERAL) -> Level:
    (there,) = wiring.stock().levels_at([(MUG, EAST, shelf)])
    return there


def order(oms: World, quantity: int = 2) -> str:
    line = {"sku": MUG, "quantity": quantity}
    line["unit_price"] = {"amount_minor": 1299, "currency": "USD"}
    number = f"PO-{oms.next_number()}"
    status, made = oms.call(
        "POST /orders", body=api_order(payment=CARD, external_id=number, lines=[line])
    )
    assert status == 201
    oms.run()
    order_id: str = made["order_id"]
    return order_id


def reserve(*claims: Units, reference: str, terms: Terms | None = None) -> None:
    taken = wiring.stock().reserve(
        claims, reference, "shop", wiring.clock().now(), **({"terms": terms} if terms else {})
    )
    wiring.dynamo().commit(taken)


def post(sku: Sku, changes: dict[str, int], shelf: Shelf = GENERAL) -> None:
    """A receipt onto one shelf."""
    now = wiring.clock().now()
    movement = Movement(
        new_ulid(now), sku, EAST, changes, Reason.RECEIPT, "PO-LOT", "ops", now, shelf
    )
    wiring.stock().post(Posting(new_ulid(now), "RECEIPT", "d", (movement,)))


# --- peace -----------------------------------------------------------------------------------


def test_books_that_agree_are_silent_at_every_step_of_an_order(oms: World) -> None:
    oms.stock_up(MUG, 10)
    assert check().checked == ()
    order_id = order(oms)
    assert check(full=True).checked == ()
    oms.deliver_all(order_id)
    assert check(full=True).checked == ()
    assert check().unsettled == 0


def test_cancelled_and_rejected_orders_leave_nothing_behind(oms: World) -> None:
    oms.stock_up(MUG, 10)
    oms.stock_up(MUG, 10, "WH-WEST")
    cancelled, rerouted = order(oms), order(oms)
    oms.act(cancelled, "cancel", "changed her mind")
    oms.pass_time(timedelta(seconds=10))
    shipment = oms.order(rerouted)["shipments"][0]["shipment_id"]
    oms.ship(shipment, "reject", {"reason": "the shelf is empty"})
    oms.run()
    assert check(full=True).checked == ()


def test_a_hold_and_the_order_that_takes_it_over_agree_with_the_books(oms: World) -> None:
    oms.stock_up(MUG, 10)
    body = {"lines": [{"sku": MUG, "quantity": 2}], "channel": "api"}
    status, hold = oms.call("POST /reservations", body=body)
    assert status == 201, hold
    assert check(full=True).checked == ()
    status, made = oms.call(
        "POST /orders", body=api_order(payment=CARD, reservation_id=hold["reservation_id"])
    )
    assert status == 201, made
    assert check(full=True).checked == ()
    oms.run()
    oms.deliver_all(made["order_id"])
    assert check(full=True).checked == ()


def test_a_hold_whose_row_is_purged_is_found_by_the_order_that_took_it(oms: World) -> None:
    oms.stock_up(MUG, 10)
    body = {"lines": [{"sku": MUG, "quantity": 2}], "channel": "api"}
    _, hold = oms.call("POST /reservations", body=body)
    oms.call("POST /orders", body=api_order(payment=CARD, reservation_id=hold["reservation_id"]))
    oms.run()
    key = items.hold_key(hold["reservation_id"])
    oms.tables.dynamo.commit([Write(Action.DELETE, oms.tables.stock, key)])
    assert check(full=True).checked == ()


# --- counters --------------------------------------------------------------------------------


@pytest.mark.parametrize("bucket", ["on_hand", "reserved", "safety", "damaged", "quality"])
def test_a_corrupt_counter_is_found_repaired_once_and_then_silent(oms: World, bucket: str) -> None:
    oms.stock_up(MUG, 10)
    order(oms)
    sound = level()
    corrupt(oms, **{bucket: getattr(sound, bucket) + 3})
    assert [f.kind for f in check().findings] == [Kind.COUNTER]
    assert level() != sound, "without repair nothing is written"
    (repaired,) = check(repair=True).checked
    assert repaired.repaired
    assert level() == sound
    assert check(full=True).checked == ()
    assert check(repair=True, full=True).checked == ()


def test_the_finding_says_what_stands_there_and_what_should(oms: World) -> None:
    oms.stock_up(MUG, 10)
    corrupt(oms, on_hand=12, available=12)
    (finding,) = check().findings
    assert (finding.sku, finding.node) == (MUG, EAST)
    assert dict(finding.holds) == {"on_hand": 12, "available": 12}
    assert dict(finding.should) == {"on_hand": 10, "available": 10}
    assert "on_hand" in finding.why


def test_an_available_figure_against_the_law_is_told_apart(oms: World) -> None:
    oms.stock_up(MUG, 10)
    corrupt(oms, available=99)
    assert found(check()) == [(Kind.AVAILABLE, {"available": 99}, {"available": 10})]
    check(repair=True)
    assert level().available == 10


def test_a_repair_is_told_of_by_a_movement_that_changes_nothing(oms: World) -> None:
    oms.stock_up(MUG, 10)
    corrupt(oms, on_hand=7, available=7)
    oms.clock.advance(timedelta(milliseconds=1))
    check(repair=True)
    newest = wiring.stock().movements(MUG, 1).items[0]
    assert (newest.reason, dict(newest.changes)) == (Reason.RECONCILED, {})


def test_a_row_that_vanished_is_made_again(oms: World) -> None:
    oms.stock_up(MUG, 10)
    key = items.level_key(MUG, EAST)
    oms.tables.dynamo.commit([Write(Action.DELETE, oms.tables.stock, key)])
    check(repair=True)
    assert level().on_hand == level().available == 10
    reserve(Units(MUG, EAST, 1), reference="CART-9")


def test_lots_and_hot_parts_are_checked_and_repaired_like_any_row(oms: World) -> None:
    oms.stock_up(MUG, 4)
    wiring.stock().save_selling(MUG, spread={"WH-EAST": 3}, has_shelves=True)
    for shelf in (hot(2), lot("L-77")):
        post(MUG, {"on_hand": 5}, shelf)
    assert check(full=True).checked == ()
    for shelf in (hot(2), lot("L-77")):
        corrupt(oms, shelf=shelf, on_hand=50)
    assert {f.shelf for f in check().findings} == {hot(2), lot("L-77")}
    check(repair=True)
    assert check(full=True).checked == ()


def test_movements_that_make_less_than_nothing_need_a_person(oms: World) -> None:
    oms.stock_up(MUG, 5)
    (receipt,) = wiring.stock().movements(MUG, 1).items
    order(oms, 2)
    key = items.movement_key(receipt)
    oms.tables.dynamo.commit([Write(Action.DELETE, oms.tables.stock, key)])
    (checked,) = check(repair=True, full=True).checked
    assert checked.finding.kind is Kind.LEDGER
    assert not checked.repaired and checked.note == "needs a person"


# --- claims ----------------------------------------------------------------------------------


def test_units_kept_for_a_cancelled_order_are_found_and_given_back_once(oms: World) -> None:
    oms.stock_up(MUG, 10)
    order_id = order(oms)
    oms.act(order_id, "cancel", "no more")
    reserve(Units(MUG, EAST, 3), reference=order_id)
    (finding,) = check().findings
    assert (finding.kind, finding.reference) == (Kind.CLAIM, order_id)
    assert f"order {order_id} is CANCELLED" in finding.why
    assert (dict(finding.holds), dict(finding.should)) == ({"reserved": 3}, {"reserved": 0})
    check(repair=True)
    assert level().reserved == 0 and level().available == 10
    assert check(repair=True, full=True).checked == ()
    reasons = Counter(m.reason for m in wiring.stock().movements(MUG, 50).items)
    assert reasons[Reason.RECONCILED] == 1


def test_units_kept_for_a_shipment_are_its_orders(oms: World) -> None:
    oms.stock_up(MUG, 10)
    order_id = order(oms)
    oms.pass_time(timedelta(seconds=10))
    oms.deliver_all(order_id)
    reserve(Units(MUG, EAST, 1), reference=f"{order_id}-1")
    (finding,) = check().findings
    assert finding.reference == order_id


def test_units_that_nobody_can_be_asked_about_are_given_back(oms: World) -> None:
    oms.stock_up(MUG, 10)
    reserve(Units(MUG, EAST, 2), reference="A-CART-LONG-GONE")
    (checked,) = check(repair=True).checked
    assert "no order and no reservation" in checked.finding.why
    assert level().available == 10


def test_an_order_whose_movement_is_lost_gets_its_units_back(oms: World) -> None:
    """Both books agree with each other and not with the order: it holds 2, they hold none."""
    oms.stock_up(MUG, 10)
    order_id = order(oms, 2)
    back = wiring.stock().release(
        [Units(MUG, EAST, 2)], order_id, "a-mistake", wiring.clock().now()
    )
    wiring.dynamo().commit(back)
    assert found(check()) == [(Kind.CLAIM, {"reserved": 0}, {"reserved": 2})]
    check(repair=True)
    assert level().reserved == 2
    assert check(repair=True, full=True).checked == ()
    oms.deliver_all(order_id)
    assert level().on_hand == 8


def test_units_that_are_not_there_are_not_reserved_again(oms: World) -> None:
    oms.stock_up(MUG, 2)
    order_id = order(oms, 2)
    back = wiring.stock().release(
        [Units(MUG, EAST, 2)], order_id, "a-mistake", wiring.clock().now()
    )
    wiring.dynamo().commit(back)
    order(oms, 2)
    (checked,) = check(repair=True).checked
    assert not checked.repaired
    assert checked.note.startswith("cannot be reserved")
    assert (level().reserved, level().available) == (2, 0)


def test_an_oversold_claim_is_counted_with_its_own_bucket(oms: World) -> None:
    oms.stock_up(MUG, 1)
    terms = Terms(oversell={MUG: 5})
    reserve(Units(MUG, EAST, 3, OVERSOLD), reference="A-CART-LONG-GONE", terms=terms)
    (finding,) = check().findings
    assert (finding.kind, dict(finding.holds)) == (Kind.CLAIM, {"reserved": 3, "oversold": 3})
    check(repair=True)
    assert (level().reserved, level().oversold, level().available) == (0, 0, 1)


# --- the waiting line, and lines without a reservation -----------------------------------------


def test_a_waiting_counter_that_drifted_is_set_to_the_sum_of_the_line(oms: World) -> None:
    now = wiring.clock().now()
    place = Waiting(MUG, OrderId(new_ulid(now)), 4, now)
    wiring.dynamo().commit(wiring.stock().in_line((), (place,)))
    wiring.stock().save_selling(MUG, waiting=9)
    assert found(check()) == [(Kind.WAITING, {"waiting": 9}, {"waiting": 4})]
    check(repair=True)
    assert wiring.stock().selling([MUG])[MUG].waiting == 4
    assert check(full=True).checked == ()


def unpromise(oms: World, order_id: str) -> None:
    """An order whose legs are gone, as if its allocation had never been written."""
    kept = wiring.orders().load(OrderId(order_id))
    bare = order_to_doc(replace(kept, legs=()))
    update = Write(
        Action.UPDATE,
        oms.tables.orders,
        order_key(order_id),
        update="SET doc = :doc",
        values={":doc": bare},
    )
    oms.tables.dynamo.commit([update])


def test_a_confirmed_order_without_its_reservation_is_found_and_left_to_a_person(
    oms: World,
) -> None:
    """saleor 5334: about one order in many had no allocation at all."""
    oms.stock_up(MUG, 10)
    order_id = order(oms, 2)
    unpromise(oms, order_id)
    report = check(repair=True, full=True)
    (lack,) = [each for each in report.checked if each.finding.kind is Kind.LINE]
    assert lack.finding.reference == order_id
    assert dict(lack.finding.holds) == {"unpromised": 2}
    assert not lack.repaired


# --- sales go on -----------------------------------------------------------------------------


def between_looks(oms: World, sale: Callable[[], None], times: int = 1) -> None:
    """Let `sale` happen after each of the first looks' movements were read."""
    store = wiring._reconcile_store()
    real, left = store.sums.movements, [times]

    def movements(*asked: Any) -> Any:
        read = list(real(*asked))
        if left[0]:
            left[0] -= 1
            sale()
        return iter(read)

    store.sums.movements = movements  # type: ignore[method-assign]


def test_sales_between_two_readings_are_no_discrepancy(oms: World) -> None:
    oms.stock_up(MUG, 50)
    order(oms)
    between_looks(oms, lambda: (order(oms), None)[1], times=3)
    report = check()
    assert report.checked == ()


def test_a_repair_that_a_sale_overtakes_looks_again_and_loses_no_sale(oms: World) -> None:
    oms.stock_up(MUG, 50)
    corrupt(oms, on_hand=70, available=70)
    store = wiring._reconcile_store()
    real, sold = store.put_right, list[str]()

    def put_right(*asked: Any) -> None:
        if not sold:
            sold.append(order(oms, 4))
        real(*asked)

    store.put_right = put_right  # type: ignore[method-assign]
    (checked,) = check(repair=True).checked
    assert checked.repaired and sold
    assert (level().on_hand, level().reserved, level().available) == (50, 4, 46)
    assert check(full=True).checked == ()


def test_a_claim_that_its_order_gives_up_meanwhile_is_not_compensated_twice(oms: World) -> None:
    oms.stock_up(MUG, 10)
    order_id = order(oms, 2)
    reserve(Units(MUG, EAST, 1), reference=order_id)  # one too many
    store = wiring._reconcile_store()
    real, done = store.compensate, list[int]()

    def compensate(*asked: Any) -> None:
        if not done:
            done.append(oms.act(order_id, "cancel", "no more")[0])
        real(*asked)

    store.compensate = compensate  # type: ignore[method-assign]
    check(repair=True)
    assert done == [200]
    assert (level().reserved, level().available) == (0, 10)
    assert check(full=True).checked == ()


# --- the checkpoint ----------------------------------------------------------------------------


def test_a_night_reads_the_days_movements_and_not_the_history(oms: World) -> None:
    oms.stock_up(MUG, 500)
    for _ in range(12):
        order(oms, 1)
    check()
    oms.clock.advance(timedelta(hours=2))
    assert check().movements_read == 13
    assert check().movements_read == 0
    order(oms, 1)
    assert check().movements_read == 1
    assert check(full=True).movements_read == 14


def test_open_claims_survive_in_the_checkpoint(oms: World) -> None:
    oms.stock_up(MUG, 10)
    reserve(Units(MUG, EAST, 3), reference="A-CART-LONG-GONE")
    oms.clock.advance(timedelta(hours=2))
    check()
    report = check()
    assert found(report) == [(Kind.CLAIM, {"reserved": 3}, {"reserved": 0})]


def test_a_wrong_checkpoint_accuses_nobody_and_is_made_again(oms: World) -> None:
    oms.stock_up(MUG, 10)
    oms.clock.advance(timedelta(hours=2))
    check()
    store = wiring._reconcile_store()
    kept = store.sums.checkpoint(MUG)
    place, stored = next(iter(kept.levels.items()))
    wrong = stored.after({"on_hand": 90})
    store.sums.keep(MUG, replace(kept, levels={place: wrong}))
    report = check()
    assert report.checked == () and report.checkpoint_differed
    again = check(full=True)
    assert again.checked == () and not again.checkpoint_differed


def test_a_movement_that_came_too_late_for_its_checkpoint_is_found_by_the_full_look(
    oms: World,
) -> None:
    oms.stock_up(MUG, 10)
    oms.clock.advance(timedelta(hours=3))
    check()
    early = wiring.clock().now() - timedelta(hours=2, minutes=59, seconds=59)
    write = wiring.stock().reserve([Units(MUG, EAST, 1)], "LATE-CART", "shop", early)
    wiring.dynamo().commit(write)
    assert {f.kind for f in check().findings} <= {Kind.CLAIM}, "no counter is accused"


# --- what it costs -----------------------------------------------------------------------------


def test_a_quiet_sku_costs_a_handful_of_reads(oms: World) -> None:
    oms.stock_up(MUG, 100)
    for _ in range(5):
        order(oms, 1)
    oms.clock.advance(timedelta(hours=2))
    check()
    client, calls = oms.network, Counter[str]()

    class Counting:
        def __getattr__(self, name: str) -> Any:
            real = getattr(client, name)

            def counted(**request: Any) -> Any:
                calls[name] += 1
                return real(**request)

            return counted

    from oms.platform.dynamo import Dynamo

    dynamo = Dynamo(Counting())
    store = wiring._reconcile_store()
    for part in (store, store.sums, store._claims, wiring.orders(), wiring.index()):
        part._dynamo = dynamo  # type: ignore[attr-defined]
    assert check().checked == ()
    assert sum(calls.values()) <= 6, calls
    assert set(calls) <= {"query", "batch_get_item"}


# --- the nightly walk ----------------------------------------------------------------------------


def walk() -> dict[str, Any]:
    told: dict[str, Any] = handler("reconcile_stock")({}, object())
    return told


def test_the_night_walks_over_orders_and_catalogue_and_only_reports(oms: World) -> None:
    oms.stock_up(MUG, 10)
    order_id = order(oms, 2)
    corrupt(oms, WEST, on_hand=3)
    unpromise(oms, order_id)
    told = walk()
    assert told["phase"] == "DONE" and told["skus"] == 2
    events = [e for e in oms.bus.published if e["DetailType"] == "StockDiscrepancyFound"]
    kinds = {json.loads(e["Detail"])["kind"] for e in events}
    assert kinds == {"COUNTER", "LINE", "CLAIM"}
    assert told["found"] == len(events)
    assert told["repaired"] == 0


def test_a_day_is_walked_once_and_the_next_day_again(oms: World) -> None:
    oms.stock_up(MUG, 10)
    assert walk()["skus"] == 2
    assert walk()["skus"] == 2, "the tick after found the day done, and told its figures"
    oms.clock.advance(timedelta(days=1))
    assert walk()["day"] == "2026-11-22"


def test_a_walk_that_has_no_time_left_is_gone_on_with(oms: World) -> None:
    oms.stock_up(MUG, 10)
    ticks = iter([False, True])
    assert wiring.reconcile_stock()(lambda: next(ticks)).phase == "STOCK"
    assert wiring.reconcile_stock()().phase == "DONE"


def test_a_sku_that_cannot_be_checked_stops_no_other(oms: World) -> None:
    oms.stock_up(MUG, 10)
    real = wiring._reconcile_store().look

    def look(sku: Sku, *asked: Any, **how: Any) -> Any:
        if sku == MUG:
            raise RuntimeError("unreadable")
        return real(sku, *asked, **how)

    wiring._reconcile_store().look = look  # type: ignore[method-assign]
    with pytest.raises(ExceptionGroup) as failed:
        wiring.reconcile_stock()()
    assert failed.value.exceptions[0].__notes__ == ["SKU MUG-BLUE"]
    assert wiring._reconcile_store().load().skus == 2
