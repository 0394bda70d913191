"""What a channel changes in an order after we have it reaches the order, or a person."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest

from oms.kernel.ids import OrderId, Sku
from oms.orders.follow_channel import FollowChannel, Followed, Snapshot
from tests.workflow.channel_orders import at, shopify_order
from tests.workflow.invariants import check
from tests.workflow.world import World, api_order, world


@pytest.fixture
def oms() -> Iterator[World]:
    with world() as made:
        made.stock_up("MUG-BLUE", 10)
        yield made


def captured(oms: World, number: int, **changes: Any) -> str:
    status, reply = oms.shopify(shopify_order(number, **changes))
    assert status == 202
    return str(reply["order_id"])


def told(oms: World, number: int, minutes: int, **changes: Any) -> None:
    status, reply = oms.shopify(shopify_order(number, minutes=minutes, **changes))
    assert (status, reply["duplicate"]) == (202, True)
    oms.run()


def reserved(oms: World) -> int:
    _, page = oms.call("GET /stock/{sku}", {"sku": Sku("MUG-BLUE")})
    return int(page["total"]["reserved"])


def events(oms: World, order_id: str) -> list[str]:
    return [entry["event"] for entry in oms.order(order_id)["timeline"]]


def test_an_order_that_was_paid_later_goes_on(oms: World) -> None:
    order_id = captured(oms, 1, financial_status="pending")
    oms.run()
    assert oms.order(order_id)["status"] == "ON_HOLD"
    told(oms, 1, 5, financial_status="paid")
    assert oms.order(order_id)["status"] == "CONFIRMED"
    check(oms)


def test_an_order_that_is_cancelled_in_the_channel_gives_its_stock_back(oms: World) -> None:
    order_id = captured(oms, 2)
    oms.run()
    assert reserved(oms) > 0
    told(oms, 2, 5, cancelled_at=at(5))
    order = oms.order(order_id)
    assert order["status"] == "CANCELLED"
    assert order["timeline"][-1]["actor"] == "channel:shopify/demo"
    assert reserved(oms) == 0
    check(oms)


def test_an_order_that_is_edited_goes_through_intake_again(oms: World) -> None:
    order_id = captured(oms, 3)
    oms.run()
    before = reserved(oms)
    told(oms, 3, 5, units=3)
    order = oms.order(order_id)
    assert order["status"] == "CONFIRMED"
    assert order["lines"][0]["quantity"] == 3
    assert (before, reserved(oms)) == (1, 3)
    assert "OrderEdited" in events(oms, order_id)
    check(oms)


def test_an_edit_for_more_than_there_is_waits_in_line(oms: World) -> None:
    order_id = captured(oms, 4)
    oms.run()
    told(oms, 4, 5, units=1_000)
    assert oms.order(order_id)["status"] == "BACKORDERED"
    check(oms)


STEPS = ("validate_order", "allocate_stock", "screen_fraud", "authorize_payment", "confirm_order")


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("step", STEPS)
def test_an_edit_while_intake_runs_wins_whenever_it_comes(oms: World, step: str, when: str) -> None:
    order_id, edited = captured(oms, 10), list[str]()

    def edit(name: str, moment: str) -> None:
        if (name, moment) == (step, when) and not edited:
            edited.append(name)
            assert oms.shopify(shopify_order(10, minutes=5, units=2))[0] == 202
            oms.channel_stream.carry()

    oms.fault = edit
    oms.run()
    order = oms.order(order_id)
    assert (edited, order["status"]) == ([step], "CONFIRMED")
    assert (order["lines"][0]["quantity"], reserved(oms)) == (2, 2)
    check(oms)


def test_late_news_changes_nothing(oms: World) -> None:
    order_id = captured(oms, 5)
    oms.run()
    told(oms, 5, 10, units=3)
    seen = oms.order(order_id)
    told(oms, 5, 5, units=7)
    assert oms.order(order_id) == seen


def test_messages_in_the_wrong_order_leave_the_newest(oms: World) -> None:
    order_id = captured(oms, 6)
    oms.run()
    for minutes, units in ((20, 4), (10, 2), (15, 3)):
        raw = shopify_order(6, minutes=minutes, units=units)
        assert oms.shopify(raw)[0] == 202
    oms.run()
    assert oms.order(order_id)["lines"][0]["quantity"] == 4


def test_many_messages_are_one_look(oms: World) -> None:
    captured(oms, 7)
    oms.run()
    before = oms.invocations["follow_channels"]
    for minutes in range(1, 21):
        oms.shopify(shopify_order(7, minutes=minutes, note=f"note {minutes}"))
    oms.run()
    assert oms.invocations["follow_channels"] == before + 1


def test_what_a_person_mended_is_not_undone_by_the_next_message(oms: World) -> None:
    order_id = captured(oms, 8, shipping_address=None, billing_address=None)
    oms.run()
    (task,) = [t for t in oms.call("GET /tasks")[1]["items"] if t["order_id"] == order_id]
    address = api_order()["shipping_address"]
    path = {"task_id": task["task_id"], "action": "fix-address"}
    status, _ = oms.call("POST /tasks/{task_id}/{action}", path, {"shipping_address": address})
    assert status == 200
    oms.run()
    assert oms.order(order_id)["status"] == "CONFIRMED"
    told(oms, 8, 5, shipping_address=None, billing_address=None, note="please hurry")
    assert oms.order(order_id)["status"] == "CONFIRMED"


def test_what_is_too_late_for_us_is_asked_of_a_person_once(oms: World) -> None:
    order_id = captured(oms, 9)
    oms.run()
    oms.pass_time(timedelta(hours=1))
    assert oms.order(order_id)["status"] == "RELEASED"
    told(oms, 9, 90, units=2)
    order = oms.order(order_id)
    assert order["status"] == "ON_HOLD"
    assert [hold["kind"] for hold in order["holds"]] == ["CHANGED"]
    number = order["holds"][0]["number"]
    path = {"task_id": f"{order_id}.{number}", "action": "acknowledge"}
    assert oms.call("POST /tasks/{task_id}/{action}", path, {})[0] == 200
    told(oms, 9, 95, units=2, note="again")
    assert oms.order(order_id)["status"] == "RELEASED", "the same change does not ask again"
    check(oms)


def test_money_that_goes_back_in_the_channel_is_written_down_once(oms: World) -> None:
    order_id = captured(oms, 20)
    oms.run()
    refund = {
        "id": 1,
        "transactions": [
            {"id": 2, "kind": "refund", "status": "success", "amount": "5.00", "currency": "USD"}
        ],
        "refund_line_items": [],
    }
    paid_back = {"refunds": [refund], "financial_status": "partially_refunded"}
    told(oms, 20, 5, **paid_back)
    told(oms, 20, 6, **paid_back, note="x")
    notes = [e for e in oms.order(order_id)["timeline"] if e["event"] == "RefundedInChannel"]
    assert [entry["detail"]["amount_minor"] for entry in notes] == [500]


def test_an_update_that_cannot_be_understood_waits_for_a_person(oms: World) -> None:
    order_id = captured(oms, 21)
    oms.run()
    status, reply = oms.shopify(shopify_order(21, minutes=5, currency="XXX"))
    assert (status, reply) == (202, {"quarantined": True})
    oms.run()
    assert oms.order(order_id)["status"] == "CONFIRMED"


def test_one_order_that_cannot_be_followed_stops_no_other(oms: World) -> None:
    """Its error is raised at last, so that somebody hears of it."""
    first, second = captured(oms, 30), captured(oms, 31)
    oms.run()
    oms.channel_stream.deaf = True
    for number in (30, 31):
        told(oms, number, 5, cancelled_at=at(5))
    oms.channel_stream.deaf = False
    follow = FollowChannel.__call__

    def broken(self: FollowChannel, order_id: OrderId, snapshot: Snapshot) -> Followed:
        if order_id == first:
            raise RuntimeError("a bug")
        return follow(self, order_id, snapshot)

    with patch.object(FollowChannel, "__call__", broken):
        oms.pass_time(timedelta(minutes=2))
    assert [oms.order(each)["status"] for each in (first, second)] == ["RELEASED", "CANCELLED"]
    assert oms.alarms
    oms.pass_time(timedelta(minutes=2))
    assert oms.order(first)["status"] == "CANCELLED"
