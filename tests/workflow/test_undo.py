"""What was begun is taken back when it cannot be finished; and when that fails, a person sees."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import timedelta
from unittest.mock import patch

import pytest

from local.standins import stripe_ledger
from tests.workflow.doubles import down_when
from tests.workflow.invariants import Books, check
from tests.workflow.plays import (
    CARD,
    DECLINED,
    events,
    kill_each,
    live_shipment,
    packed,
    parcels,
    placed,
    posted,
    released,
    resolve,
    resolve_only,
    shipped,
    tasks_of,
)
from tests.workflow.world import World, world


@pytest.fixture(scope="module")
def oms() -> Iterator[World]:
    with world() as made:
        made.stock_up("MUG-BLUE", 500)
        yield made


def test_a_capture_that_is_refused_voids_the_label_and_asks_a_person(oms: World) -> None:
    order_id, shipment = released(oms)
    oms.clock.advance(timedelta(days=8))  # the bank has let the authorisation go
    packed(oms, shipment)
    order = oms.order(order_id)
    assert order["status"] == "NEEDS_ATTENTION"
    (task,) = tasks_of(oms, order_id)
    assert task["reason"] == "the payment provider refused to capture the money"
    (box,) = parcels(oms, order_id)
    assert (box["state"], box["tracking_number"]) == ("PACKED", "")
    assert [e for e in events(order) if e in ("CaptureRefused", "LabelVoided")] == [
        "CaptureRefused",
        "LabelVoided",
    ]
    assert oms.act(order_id, "cancel")[0] == 200
    oms.run()
    check(oms)


def test_an_undo_that_fails_needs_attention_and_stock_and_money_still_balance(oms: World) -> None:
    kill_each(oms, {("confirm_order", "before"): 4, ("release_stock", "before"): 4})
    order_id = placed(oms)
    order = oms.order(order_id)
    assert order["status"] == "NEEDS_ATTENTION"
    (task,) = tasks_of(oms, order_id)
    assert task["reason"] == "a step failed and could not be undone"
    check(oms)
    resolve_only(oms, order_id, "retry")
    oms.heal(4)
    assert oms.order(order_id)["status"] == "RELEASED"
    check(oms)


def test_a_refund_that_is_not_finished_keeps_the_parcel_here(oms: World) -> None:
    """The capture happened, nobody could book it, and giving the money back failed halfway."""
    order_id, shipment = released(oms)
    oms.network.cut = down_when("PaymentCaptured", "PaymentRefunded")
    packed(oms, shipment)
    oms.network.cut = lambda operation, request: ""
    assert oms.order(order_id)["status"] == "NEEDS_ATTENTION"
    assert oms.ship(shipment, "ship")[0] == 409
    resolve_only(oms, order_id, "retry")
    oms.heal(8)
    order = oms.order(order_id)
    # The authorisation is spent: what was given back cannot be taken again without the customer.
    assert (order["status"], order["payment_status"]) == ("NEEDS_ATTENTION", "REFUNDED")
    assert oms.ship(shipment, "ship")[0] == 409
    check(oms)
    assert oms.act(order_id, "cancel")[0] == 200
    oms.run()
    check(oms)


def test_a_capture_that_nobody_could_book_is_given_back_once(oms: World) -> None:
    order_id, shipment = released(oms)
    oms.network.cut = down_when("PaymentCaptured")
    packed(oms, shipment)
    oms.network.cut = lambda operation, request: ""
    oms.heal(8)
    (intent,) = Books(oms).intents_of(Books(oms).orders[f"O#{order_id}"][0])
    assert (intent.captured, intent.refunded) == (2598, 2598)
    assert oms.order(order_id)["status"] == "NEEDS_ATTENTION"
    check(oms)


def test_a_declined_card_frees_the_stock_and_a_retry_that_succeeds_holds_money_once(
    oms: World,
) -> None:
    free = oms.stock("MUG-BLUE")["available"]
    order_id = placed(oms, payment=DECLINED)
    order = oms.order(order_id)
    assert (order["status"], order["payment_status"]) == ("ON_HOLD", "DECLINED")
    assert [hold["kind"] for hold in order["holds"]] == ["PAYMENT"]
    assert oms.stock("MUG-BLUE")["available"] == free
    check(oms)
    for intent in oms.stripe.ledger.intents.values():
        assert intent.status != "requires_capture" or intent.payment_method == "pm_card_visa"
    with _card_works_again():
        resolve_only(oms, order_id, "retry")
    assert oms.order(order_id)["payment_status"] == "AUTHORIZED"
    assert oms.stock("MUG-BLUE")["available"] == free - 2
    check(oms)


def _card_works_again() -> AbstractContextManager[object]:
    return patch.dict(stripe_ledger.DECLINES, {}, clear=True)


def test_a_person_who_was_paid_otherwise_lets_a_declined_order_go_on(oms: World) -> None:
    order_id = placed(oms, payment=DECLINED)
    resolve_only(oms, order_id, "mark-paid")
    order = oms.order(order_id)
    assert (order["status"], order["payment_status"]) == ("CONFIRMED", "PAID")
    oms.pass_time(timedelta(seconds=10))
    shipment = live_shipment(oms.order(order_id))
    packed(oms, shipment)
    assert oms.ship(shipment, "ship")[0] == 200


def test_a_late_undo_takes_nothing_of_an_order_that_was_confirmed_meanwhile(oms: World) -> None:
    """A slow run gives up after a faster one has finished: the promise stands."""
    confirmed, (gone, _) = placed(oms, payment=CARD), shipped(oms)
    for order_id, money in ((confirmed, "AUTHORIZED"), (gone, "PAID")):
        for name in ("VoidPayment", "ReleaseStock"):
            answer = oms.invoke(name, {"order_id": order_id, "run": f"{order_id}-1"})
            assert answer == {"outcome": "UNDONE"}
        assert oms.order(order_id)["payment_status"] == money
    check(oms)


def test_a_review_keeps_its_stock_though_its_screening_step_dies(oms: World) -> None:
    kill_each(oms, {("screen_fraud", "after"): 4})
    body = {"name": "Eve Poe", "email": "eve@mailinator.com"}
    order_id = placed(oms, customer=body)
    order = oms.order(order_id)
    assert (order["status"], order["stage"]) == ("IN_REVIEW", "ALLOCATED")
    assert oms.act(order_id, "approve")[0] == 200
    oms.run()
    assert oms.order(order_id)["status"] == "CONFIRMED"
    check(oms)


def test_a_hold_during_authorisation_does_not_charge_the_card_a_second_time(oms: World) -> None:
    def put_on_hold(step: str, when: str) -> None:
        if (step, when) == ("confirm_order", "before"):
            oms.fault = lambda step, when: None
            oms.act(order_id, "hold")

    order_id = posted(oms)
    oms.fault = put_on_hold
    oms.run()
    assert oms.order(order_id)["status"] == "ON_HOLD"
    assert oms.act(order_id, "release-hold")[0] == 200
    oms.run()
    assert oms.order(order_id)["status"] == "CONFIRMED"
    check(oms)


def test_mail_that_cannot_be_sent_is_sent_later_and_once(oms: World) -> None:
    order_id, shipment = released(oms)
    oms.mail.out_of_order = 2
    packed(oms, shipment)
    (box,) = parcels(oms, order_id)
    assert oms.mail.told(box["tracking_number"]) == 1
    check(oms)


def test_a_carrier_that_refuses_the_parcel_gives_one_task_and_a_retry_goes_on(oms: World) -> None:
    order_id, shipment = released(oms)
    with oms.carrier_refuses():
        packed(oms, shipment)
    (task,) = tasks_of(oms, order_id)
    assert task["reason"].startswith("the carrier refused")
    assert "cancel" in [each["name"] for each in oms.order(order_id)["allowed_actions"]]
    assert resolve(oms, task["task_id"], "retry")[0] == 200
    assert parcels(oms, order_id)[0]["state"] == "LABELLED"
    check(oms)


def test_a_label_that_was_bought_and_not_booked_is_found_again_and_not_bought_twice(
    oms: World,
) -> None:
    order_id, shipment = released(oms)
    before = oms.carrier.bought
    oms.network.cut = down_when("LabelPurchased", times=2)
    packed(oms, shipment)
    oms.network.cut = lambda operation, request: ""
    assert oms.carrier.bought == before + 1
    assert parcels(oms, order_id)[0]["state"] == "LABELLED"
    check(oms)


def test_the_sdk_s_own_resend_of_a_scan_is_not_a_second_scan(oms: World) -> None:
    _, shipment = released(oms)
    for action in ("pick", "pack", "ship"):
        oms.network.cut = lambda operation, request: "resent"
        status, reply = oms.ship(shipment, action)
        oms.network.cut = lambda operation, request: ""
        assert status == 200, (action, reply)
        oms.run()
    check(oms)
