"""Sales over a counter: the goods have left, the books follow, and nobody is lied to."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier
from typing import Any
from unittest.mock import patch

import pytest

from oms import wiring
from oms.inventory.model import Movement
from oms.inventory.store import DynamoStock
from oms.kernel.errors import OmsError
from oms.kernel.ids import OrderId, Sku
from oms.orders.content import ChannelState, PaymentTerms
from oms.orders.step import Run
from oms.platform.unit import Write
from tests.workflow.invariants import check, violations
from tests.workflow.plays import events, placed, resolve, tasks_of
from tests.workflow.stock_plays import kit, line_of, ordered
from tests.workflow.world import World, api_order, world

STORE = "ST-SOHO"
_PLACE = {
    "kind": "STORE",
    "name": "Soho",
    "lines": ["9 Rose Lane"],
    "city": "New York",
    "region": "NY",
    "postal_code": "10012",
    "country": "US",
}
_NUMBERS = itertools.count(1)


@pytest.fixture
def oms() -> Iterator[World]:
    with world() as made:
        assert made.call("PUT /nodes/{node_id}", {"node_id": STORE}, _PLACE)[0] == 200
        yield made


def sale(*lines: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """The body of a sale at our own till, of a customer without a name."""
    body = api_order(external_id=f"TILL-{next(_NUMBERS)}", channel="pos", handed_over_at=STORE)
    del body["customer"], body["shipping_address"]
    return {**body, "lines": list(lines or (line_of("MUG-BLUE", 1),)), **changes}


def sold(oms: World, *lines: dict[str, Any], **changes: Any) -> Any:
    status, page = oms.call("POST /orders", body=sale(*lines, **changes))
    assert status == 201, page
    oms.run()
    return oms.order(page["order_id"])


def at_store(oms: World, sku: str = "MUG-BLUE", node: str = STORE) -> dict[str, int]:
    _, reply = oms.call("GET /stock/{sku}", {"sku": sku})
    (level,) = [each for each in reply["nodes"] if each["node"] == node]
    return {name: level[name] for name in ("on_hand", "reserved", "oversold", "available")}


def figures(on_hand: int, reserved: int = 0, oversold: int = 0, available: int = 0) -> Any:
    return {
        "on_hand": on_hand,
        "reserved": reserved,
        "oversold": oversold,
        "available": available,
    }


# --- the sale itself -----------------------------------------------------------------


def test_a_sale_ends_completed_and_lowers_the_stores_on_hand_in_one_write(oms: World) -> None:
    oms.stock_up("MUG-BLUE", 5, STORE)
    oms.stock_up("MUG-BLUE", 9, "WH-EAST")
    order = sold(oms, line_of("MUG-BLUE", 2))
    assert (order["status"], order["channel"]) == ("CLOSED", "pos")
    assert (order["payment_status"], order["fulfilment_status"]) == ("PAID", "DELIVERED")
    assert order["lines"][0]["states"]["delivered"] == 2
    assert events(order) == ["OrderCaptured", "OrderHandedOver"]
    assert at_store(oms) == figures(3, available=3)
    assert at_store(oms, node="WH-EAST") == figures(9, available=9)
    assert [m.changes for m in of_sale(order)] == [{"on_hand": -2}]
    check(oms)


def of_sale(order: Any, sku: str = "MUG-BLUE") -> list[Movement]:
    found = wiring.stock().movements(Sku(sku), 100).items
    return [each for each in found if each.reference == order["order_id"]]


def test_the_stock_and_the_order_change_together_or_not_at_all(oms: World) -> None:
    """Whatever becomes of the write, the books and the order agree before and after a repeat."""
    for fate in ("down", "lost", "resent"):
        oms.stock_up("MUG-BLUE", 1, STORE)
        before = at_store(oms)["on_hand"]
        _, page = oms.call("POST /orders", body=sale())
        writes = oms.network.writes
        oms.network.cut = lambda op, request, fate=fate, at=writes + 1: (
            fate if oms.network.writes == at else ""
        )
        run = Run("by-hand", "ValidateOrder")
        for _ in range(3):
            try:
                wiring.validate_order()(OrderId(page["order_id"]), run)
            except OmsError:
                done = oms.order(page["order_id"])["status"] == "CLOSED"
                assert at_store(oms)["on_hand"] == before - done
        oms.network.cut = lambda op, request: ""
        oms.run()
        assert oms.order(page["order_id"])["status"] == "CLOSED"
        assert at_store(oms)["on_hand"] == before - 1
    check(oms)


def test_the_same_sale_told_again_and_validated_again_takes_once(oms: World) -> None:
    oms.stock_up("MUG-BLUE", 5, STORE)
    body = sale(line_of("MUG-BLUE", 2))
    for expected in (201, 200, 200):
        status, page = oms.call("POST /orders", body=body)
        assert status == expected
        oms.run()
    for number in range(3):
        wiring.validate_order()(OrderId(page["order_id"]), Run(f"late-{number}", "ValidateOrder"))
    assert at_store(oms) == figures(3, available=3)
    check(oms)


def test_a_kit_leaves_as_its_parts(oms: World) -> None:
    for sku in ("MUG-BLUE", "TEE-RED"):
        oms.stock_up(sku, 10, STORE)
    oms.call("PUT /products/{sku}", {"sku": "SET-GIFT"}, {"title": "Gift set"})
    kit("SET-GIFT", MUG_BLUE=2, TEE_RED=1)
    sold(oms, line_of("SET-GIFT", 3), line_of("MUG-BLUE", 1))
    assert at_store(oms)["on_hand"] == 10 - 3 * 2 - 1
    assert at_store(oms, "TEE-RED")["on_hand"] == 10 - 3
    check(oms)


def test_what_a_store_keeps_back_is_for_its_own_customers(oms: World) -> None:
    oms.stock_up("MUG-BLUE", 2, STORE)
    kept = {"reason": "SAFETY", "node": STORE, "lines": [{"sku": "MUG-BLUE", "quantity": -2}]}
    assert oms.call("POST /stock/adjustments", body=kept)[0] == 201
    order = sold(oms)
    assert [m.changes for m in of_sale(order)] == [{"on_hand": -1, "safety": -1}]
    assert at_store(oms) == figures(1)
    check(oms)


def test_a_store_sale_is_told_to_who_sells_online(oms: World) -> None:
    """OMN-04: the same stream that tells of online sales, so within the same seconds."""
    oms.stock_up("MUG-BLUE", 5, STORE)
    oms.run()
    before = len(oms.bus.published)
    sold(oms, line_of("MUG-BLUE", 2))
    _, page = oms.call("GET /stock", query={"channel": "web", "q": "MUG-BLUE"})
    assert page["items"][0]["sellable"] == 3
    oms.pass_time(timedelta(seconds=5))
    told = [e["DetailType"] for e in list(oms.bus.published)[before:]]
    assert "SellableChanged" in told


# --- units that are promised to others --------------------------------------------------


def test_the_last_unit_sold_in_the_store_takes_it_from_the_online_order_openly(oms: World) -> None:
    oms.stock_up("MUG-BLUE", 1, STORE)
    online = placed(oms, lines=[line_of("MUG-BLUE", 1)])
    assert oms.order(online)["nodes"] == [STORE]
    order = sold(oms)
    assert order["timeline"][-1]["detail"]["displaced"] == [online]
    assert at_store(oms) == figures(0, reserved=1, oversold=1)
    lost = oms.order(online)
    assert (lost["status"], [h["kind"] for h in lost["holds"]]) == ("ON_HOLD", ["SHORTAGE"])
    assert "StockRanShort" in events(lost)
    (task,) = tasks_of(oms, online)
    assert {each["name"] for each in task["allowed_actions"]} >= {"release-hold", "cancel"}
    check(oms)


def test_units_of_another_node_stand_in_for_the_lost_ones_by_themselves(oms: World) -> None:
    oms.stock_up("MUG-BLUE", 1, STORE)
    online = placed(oms, lines=[line_of("MUG-BLUE", 1)])
    oms.stock_up("MUG-BLUE", 4, "WH-WEST")
    oms.run()
    sold(oms)
    mended = oms.order(online)
    assert (mended["status"], mended["nodes"]) == ("CONFIRMED", ["WH-WEST"])
    assert events(mended)[-2:] == ["StockBacked", "HoldReleased"]
    assert at_store(oms) == figures(0)
    check(oms)


def test_the_next_receipt_goes_to_who_lost_units_before_anybody_new(oms: World) -> None:
    oms.stock_up("MUG-BLUE", 2, STORE)
    online = placed(oms, lines=[line_of("MUG-BLUE", 2)])
    sold(oms)
    oms.clock.advance(timedelta(seconds=1))
    newcomer = placed(oms, lines=[line_of("MUG-BLUE", 1)])
    assert oms.order(newcomer)["status"] == "BACKORDERED"
    oms.stock_up("MUG-BLUE", 1, "WH-EAST")
    oms.run()
    assert oms.order(online)["status"] == "CONFIRMED"
    assert oms.order(newcomer)["status"] == "BACKORDERED"
    check(oms)


def test_the_books_agree_with_who_lost_units_and_repair_finds_nothing(oms: World) -> None:
    oms.stock_up("MUG-BLUE", 2, STORE)
    placed(oms, lines=[line_of("MUG-BLUE", 2)])
    sold(oms)
    status, report = oms.call("POST /stock/{sku}/reconcile", {"sku": "MUG-BLUE"}, {"repair": True})
    assert (status, report["findings"], report["unsettled"]) == (200, [], 0)


def test_a_person_who_finds_a_unit_after_all_lets_the_order_go(oms: World) -> None:
    oms.stock_up("MUG-BLUE", 1, STORE)
    online = placed(oms, lines=[line_of("MUG-BLUE", 1)])
    sold(oms)
    (task,) = tasks_of(oms, online)
    assert resolve(oms, task["task_id"], "release-hold")[0] == 200
    oms.deliver_all(online)
    assert oms.order(online)["status"] == "DELIVERED"
    assert at_store(oms) == figures(0)
    check(oms)


def test_a_held_order_that_lost_units_is_cancelled_and_leaves_nothing_behind(oms: World) -> None:
    oms.stock_up("MUG-BLUE", 1, STORE)
    online = placed(oms, lines=[line_of("MUG-BLUE", 1)])
    sold(oms)
    (task,) = tasks_of(oms, online)
    assert resolve(oms, task["task_id"], "cancel")[0] == 200
    assert oms.order(online)["status"] == "CANCELLED"
    assert at_store(oms) == figures(0)
    check(oms)


def test_a_cart_loses_its_units_before_an_order_does(oms: World) -> None:
    oms.stock_up("MUG-BLUE", 2, STORE)
    online = placed(oms, lines=[line_of("MUG-BLUE", 1)])
    body = {"lines": [{"sku": "MUG-BLUE", "quantity": 1}], "channel": "web"}
    status, cart = oms.call("POST /reservations", body=body)
    assert status == 201, cart
    order = sold(oms)
    assert order["timeline"][-1]["detail"]["carts_ended"] == [cart["reservation_id"]]
    assert oms.order(online)["status"] == "CONFIRMED"
    path = {"reservation_id": cart["reservation_id"]}
    assert oms.call("GET /reservations/{reservation_id}", path)[1]["state"] == "RELEASED"
    assert at_store(oms) == figures(1, reserved=1)
    check(oms)


def test_an_order_placed_on_a_cart_is_found_as_who_holds_the_unit(oms: World) -> None:
    oms.stock_up("MUG-BLUE", 1, STORE)
    body = {"lines": [{"sku": "MUG-BLUE", "quantity": 1}], "channel": "web"}
    _, cart = oms.call("POST /reservations", body=body)
    lines = [line_of("MUG-BLUE", 1)]
    online = placed(oms, lines=lines, reservation_id=cart["reservation_id"])
    order = sold(oms)
    assert order["timeline"][-1]["detail"]["displaced"] == [online]
    check(oms)


def test_the_youngest_order_loses_first_and_a_picked_one_never(oms: World) -> None:
    oms.stock_up("MUG-BLUE", 3, STORE)
    picked = placed(oms, lines=[line_of("MUG-BLUE", 1)])
    oms.pass_time(timedelta(seconds=10))
    (shipment,) = oms.order(picked)["shipments"]
    assert oms.ship(shipment["shipment_id"], "pick")[0] == 200
    older = placed(oms, lines=[line_of("MUG-BLUE", 1)])
    oms.clock.advance(timedelta(seconds=1))
    younger = placed(oms, lines=[line_of("MUG-BLUE", 1)])
    first, second, third = sold(oms), sold(oms), sold(oms)
    assert first["timeline"][-1]["detail"]["displaced"] == [younger]
    assert second["timeline"][-1]["detail"]["displaced"] == [older]
    assert third["timeline"][-1]["detail"]["unbooked"] == {"MUG-BLUE": 1}
    assert at_store(oms)["on_hand"] == 1, "the picked unit lies in a tote"
    check(oms)


def test_units_that_were_never_on_the_books_are_told_and_nothing_goes_below_zero(
    oms: World,
) -> None:
    oms.stock_up("MUG-BLUE", 1, STORE)
    order = sold(oms, line_of("MUG-BLUE", 3))
    assert order["status"] == "CLOSED"
    assert order["timeline"][-1]["event"] == "StockRanShort"
    assert order["timeline"][-1]["detail"] == {"node": STORE, "unbooked": {"MUG-BLUE": 2}}
    assert at_store(oms) == figures(0)
    check(oms)


def test_a_unit_of_a_lot_that_is_promised_is_lost_like_any_other(oms: World) -> None:
    lot = {"sku": "JAM-PLUM", "quantity": 1, "lot": "L-7", "expires_on": "2027-05-01"}
    body = {"reference": "PO-JAM", "node": STORE, "lines": [lot]}
    assert oms.call("POST /stock/receipts", body=body)[0] == 201
    online = placed(oms, lines=[line_of("JAM-PLUM", 1)])
    order = sold(oms, line_of("JAM-PLUM", 1))
    assert order["timeline"][-1]["detail"]["displaced"] == [online]
    assert at_store(oms, "JAM-PLUM")["on_hand"] == 0
    check(oms)


# --- rivals ----------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(4))
def test_tills_and_online_orders_at_once_agree_to_the_last_unit(oms: World, seed: int) -> None:
    chance = random.Random(seed)
    oms.stock_up("MUG-BLUE", 4, STORE)
    made = [
        *(oms.call("POST /orders", body=sale())[1]["order_id"] for _ in range(4)),
        *(ordered(oms, line_of("MUG-BLUE", 1)) for _ in range(3)),
    ]
    chance.shuffle(made)
    with ThreadPoolExecutor(len(made)) as pool:
        list(pool.map(intake, made))
    oms.run()
    oms.heal(2)
    stages = [oms.order(each) for each in made]
    assert sum(each["status"] == "CLOSED" for each in stages) == 4
    assert at_store(oms)["on_hand"] == 0
    assert not [e for each in stages for e in each["timeline"] if "unbooked" in e["detail"]]
    check(oms)


def intake(order_id: str) -> None:
    run = Run(f"{order_id}-1", "ValidateOrder")
    for step in (wiring.validate_order, wiring.allocate_stock):
        try:
            step()(OrderId(order_id), run)
        except OmsError:
            return  # the sweeper takes it on


@pytest.mark.parametrize("guarded", [True, False], ids=["as it is", "without its conditions"])
def test_two_tills_that_saw_the_same_last_unit_sell_it_once_on_the_books(
    oms: World, guarded: bool
) -> None:
    """The second one is told as unbooked. The negative control takes the conditions away."""
    oms.stock_up("MUG-BLUE", 1, STORE)
    order_ids = [oms.call("POST /orders", body=sale())[1]["order_id"] for _ in range(2)]
    real, gate, calls = DynamoStock.book_together, Barrier(2), itertools.count()

    def in_step(self: DynamoStock, movements: Iterable[Movement]) -> list[Write]:
        if next(calls) < 2:
            gate.wait(timeout=30)
        writes = real(self, movements)
        return writes if guarded else [replace(each, condition="") for each in writes]

    with patch.object(DynamoStock, "book_together", in_step), ThreadPoolExecutor(2) as pool:
        list(pool.map(intake, order_ids))
    oms.run()
    assert [oms.order(each)["status"] for each in order_ids] == ["CLOSED", "CLOSED"]
    told = [e["detail"].get("unbooked") for n in order_ids for e in oms.order(n)["timeline"]]
    assert told.count({"MUG-BLUE": 1}) == guarded
    assert at_store(oms)["on_hand"] == (0 if guarded else -1)
    assert bool(violations(oms)) is not guarded


# --- what waits for a person -----------------------------------------------------------


def pos_order(oms: World, *lines: dict[str, Any], **content: Any) -> str:
    """As a channel's adapter would give it: nothing was checked before."""
    over = {"channel_state": ChannelState.HANDED_OVER, "handed_over_at": STORE}
    made = {"terms": PaymentTerms.PAID_IN_CHANNEL, **over, **content}
    order_id = ordered(oms, *lines, channel="square", **made)
    oms.run()
    return order_id


def test_an_unknown_sku_keeps_the_whole_sale_until_it_is_mended(oms: World) -> None:
    oms.stock_up("MUG-BLUE", 5, STORE)
    order_id = pos_order(oms, line_of("MUG-BLUE", 1), line_of("NO-SUCH", 1))
    held = oms.order(order_id)
    assert (held["status"], [h["kind"] for h in held["holds"]]) == ("ON_HOLD", ["SKU"])
    assert at_store(oms)["on_hand"] == 5
    (task,) = tasks_of(oms, order_id)
    assert resolve(oms, task["task_id"], "choose-sku", {"sku": "MUG-BLUE"})[0] == 200
    assert oms.order(order_id)["status"] == "CLOSED"
    assert at_store(oms)["on_hand"] == 3
    check(oms)


def test_a_sale_at_a_place_that_is_no_node_waits_until_it_is_one(oms: World) -> None:
    order_id = pos_order(oms, line_of("MUG-BLUE", 1), handed_over_at="ST-NEW")
    assert oms.order(order_id)["status"] == "NEEDS_ATTENTION"
    assert oms.call("PUT /nodes/{node_id}", {"node_id": "ST-NEW"}, _PLACE)[0] == 200
    oms.stock_up("MUG-BLUE", 1, "ST-NEW")
    (task,) = tasks_of(oms, order_id)
    assert resolve(oms, task["task_id"], "retry")[0] == 200
    assert oms.order(order_id)["status"] == "CLOSED"
    check(oms)


def test_a_sale_that_no_transaction_holds_waits_for_a_person(oms: World) -> None:
    skus = [f"PIN-{number}" for number in range(41)]
    for sku in skus:
        oms.stock_up(sku, 1, STORE)
    order_id = pos_order(oms, *(line_of(sku, 1) for sku in skus))
    assert oms.order(order_id)["status"] == "NEEDS_ATTENTION"
    assert at_store(oms, "PIN-0")["on_hand"] == 1
    small = pos_order(oms, *(line_of(sku, 1) for sku in skus[:40]))
    assert oms.order(small)["status"] == "CLOSED"
    check(oms)


def test_a_sale_that_takes_units_from_too_many_waits_for_a_person_with_nothing_moved(
    oms: World,
) -> None:
    oms.stock_up("MUG-BLUE", 2, STORE)
    losers = [placed(oms, lines=[line_of("MUG-BLUE", 1)]) for _ in range(2)]
    before = at_store(oms)
    with patch("oms.orders.hand_over._MOST_WRITES", 8):
        order = sold(oms, line_of("MUG-BLUE", 2))
    assert (order["status"], at_store(oms)) == ("NEEDS_ATTENTION", before)
    assert oms.act(losers[0], "cancel", "asked to")[0] == 200
    (task,) = tasks_of(oms, order["order_id"])
    assert resolve(oms, task["task_id"], "retry")[0] == 200
    assert oms.order(order["order_id"])["status"] == "CLOSED"
    check(oms)


def test_what_nobody_counts_is_sold_without_books(oms: World) -> None:
    rules = {"version": 0, "channels": [{"channel": "pos", "mode": "NONE"}]}
    assert oms.call("PUT /policies/selling", body=rules)[0] == 200
    oms.stock_up("MUG-BLUE", 2, STORE)
    order = sold(oms)
    assert (order["status"], events(order)[-1]) == ("CLOSED", "OrderHandedOver")
    assert at_store(oms)["on_hand"] == 2
    check(oms)


def test_what_somebody_elses_warehouse_sends_takes_no_stock_of_ours(oms: World) -> None:
    oms.stock_up("MUG-BLUE", 5, STORE)
    order_id = pos_order(
        oms, line_of("MUG-BLUE", 2), channel_state=ChannelState.ELSEWHERE, handed_over_at=""
    )
    order = oms.order(order_id)
    assert (order["status"], events(order)[-1]) == ("CLOSED", "OrderFulfilledElsewhere")
    assert at_store(oms) == figures(5, available=5)
    check(oms)


@pytest.mark.parametrize(
    ("changes", "pointer", "code"),
    [
        ({"channel": "web"}, "/handed_over_at", "not-of-channel"),
        ({"handed_over_at": "ST-NOWHERE"}, "/handed_over_at", "unknown-node"),
        ({"reservation_id": "R-1"}, "/reservation_id", "not-of-channel"),
        ({"payment": {"method": "on_account"}}, "/payment", "not-of-channel"),
    ],
)
def test_what_goes_with_no_sale_over_a_counter_is_refused(
    oms: World, changes: dict[str, Any], pointer: str, code: str
) -> None:
    buyer = {"customer": {"name": "Ada Park", "email": "ada@example.com"}}
    before = oms.row_counts()
    status, reply = oms.call("POST /orders", body=sale(**{**buyer, **changes}))
    assert status == 422
    assert (pointer, code) in [(each["pointer"], each["code"]) for each in reply["errors"]]
    assert oms.row_counts() == before
