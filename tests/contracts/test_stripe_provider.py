"""Our Stripe adapter, through the real SDK, held against the stand-in's own books.

Every story runs twice: in process, and over HTTP on this machine.
"""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local.standins.stripe_books import Misbehaviour, StripeBooks
from local.standins.stripe_http import serving
from local.standins.stripe_in_process import InProcessClient
from oms.kernel.clock import SettableClock
from oms.kernel.money import Money
from oms.payments.ports import (
    AlreadyCaptured,
    Authorization,
    AuthorizationStatus,
    PaymentRefused,
    PaymentUnavailable,
)
from oms.payments.stripe_provider import StripeProvider, stripe_client

START = datetime(2026, 11, 21, 19, 28, tzinfo=UTC)
PAY, SHIP, VOID, BACK = "A#authorize#1", "A#capture#A-1", "A#void#1", "A#refund#1"


def usd(cents: int) -> Money:
    return Money(cents, "USD")


class Shop:
    """The adapter, the stand-in and their common clock."""

    def __init__(self, stack: ExitStack, front: str) -> None:
        self.clock = SettableClock(START)
        self.mail: list[tuple[bytes, dict[str, str]]] = []
        self.stripe = StripeBooks(
            self.clock,
            deliver=lambda body, headers: self.mail.append((body, headers)),
            sleep=lambda seconds: self.clock.advance(timedelta(seconds=seconds)),
        )
        if front == "http":
            client = stripe_client("sk_test_x", stack.enter_context(serving(self.stripe)))
        else:
            client = stripe_client("sk_test_x", http_client=InProcessClient(self.stripe))
        self.pay = StripeProvider(client, self.clock, multicapture=True)
        self.plain = StripeProvider(client, self.clock)

    def authorize(self, cents: int = 10_00, method: str = "pm_card_visa") -> Authorization:
        return self.pay.authorize(PAY, usd(cents), method, "A")

    def loses_the_next_reply(self) -> None:
        self.stripe.misbehave(Misbehaviour.LOSE_REPLY)

    @property
    def books(self) -> list[dict[str, Any]]:
        return list(self.stripe.books()["payment_intents"].values())

    @property
    def only(self) -> dict[str, Any]:
        (book,) = self.books
        return book


@pytest.fixture(params=["in process", "http"])
def shop(request: pytest.FixtureRequest) -> Iterator[Shop]:
    with ExitStack() as stack:
        yield Shop(stack, request.param)


# ---------------------------------------------------------------- authorising


def test_an_authorisation_holds_money_without_taking_it(shop: Shop) -> None:
    held = shop.authorize(10_00)
    assert held.status is AuthorizationStatus.REQUIRES_CAPTURE
    assert (held.amount, held.captured, held.refunded) == (usd(10_00), usd(0), usd(0))
    assert held.capture_before == START + timedelta(days=7)
    assert held.capturable == usd(10_00)
    assert shop.only["metadata"] == {"oms_intent": PAY, "oms_order": "A"}


@pytest.mark.parametrize(
    ("method", "code"),
    [
        ("pm_card_chargeDeclined", "generic_decline"),
        ("pm_card_insufficientFunds", "insufficient_funds"),
        ("pm_card_authenticationRequired", "authentication_required"),
    ],
)
def test_a_decline_is_a_result(shop: Shop, method: str, code: str) -> None:
    declined = shop.authorize(method=method)
    assert (declined.status, declined.decline_code) == (AuthorizationStatus.DECLINED, code)
    assert declined.capture_before is None
    assert declined == shop.authorize(method=method) == shop.pay.find(PAY)
    assert len(shop.books) == 1


def test_a_card_saved_with_a_customer_is_named_with_it(shop: Shop) -> None:
    saved = shop.authorize(method="cus_7/pm_card_visa")
    assert saved.status is AuthorizationStatus.REQUIRES_CAPTURE


def test_an_unknown_card_is_refused(shop: Shop) -> None:
    with pytest.raises(PaymentRefused) as refused:
        shop.authorize(method="nonsense")
    assert refused.value.code == "resource-missing"
    assert shop.books == []


def test_a_lost_reply_then_a_retry_is_one_authorisation(shop: Shop) -> None:
    shop.loses_the_next_reply()
    with pytest.raises(PaymentUnavailable):
        shop.authorize()
    assert shop.authorize().status is AuthorizationStatus.REQUIRES_CAPTURE
    assert len(shop.books) == 1


def test_the_repeat_of_an_authorisation_shows_today_not_the_first_reply(shop: Shop) -> None:
    first = shop.authorize()
    shop.pay.capture(first.provider_id, SHIP, usd(10_00), final=True)
    again = shop.authorize()
    assert again.provider_id == first.provider_id
    assert (again.status, again.captured) == (AuthorizationStatus.CAPTURED, usd(10_00))


def test_the_same_intent_for_another_amount_is_refused(shop: Shop) -> None:
    shop.authorize(10_00)
    with pytest.raises(PaymentRefused) as refused:
        shop.authorize(11_00)
    assert refused.value.code == "idempotency-mismatch"
    assert len(shop.books) == 1


def test_isk_and_kwd_keep_their_size(shop: Shop) -> None:
    for amount in (Money(4990, "ISK"), Money(12_340, "KWD"), Money(500, "JPY")):
        held = shop.pay.authorize(f"A#{amount.currency}", amount, "pm_card_visa", "A")
        taken = shop.pay.capture(held.provider_id, f"A#{amount.currency}#take", amount, final=True)
        assert taken.captured == held.amount == amount


# ---------------------------------------------------------------- looking


@pytest.mark.parametrize("later", [timedelta(0), timedelta(minutes=59), timedelta(days=3)])
def test_find_sees_it_at_once_and_days_later(shop: Shop, later: timedelta) -> None:
    shop.loses_the_next_reply()
    with pytest.raises(PaymentUnavailable):
        shop.authorize()
    shop.clock.advance(later)
    found = shop.pay.find(PAY)
    assert found and found.amount == usd(10_00)


def test_find_looks_past_the_first_page_and_knows_what_was_never_made(shop: Shop) -> None:
    shop.authorize()
    for number in range(101):
        shop.pay.authorize(f"B#{number}", usd(1_00), "pm_card_visa", "B")
    assert shop.pay.find(PAY) is not None
    assert shop.pay.find("never'); \\ made") is None


def test_an_intent_with_quotes_is_found_by_search(shop: Shop) -> None:
    made = shop.pay.authorize(r"it's \ odd", usd(1_00), "pm_card_visa", "A")
    shop.clock.advance(timedelta(days=2))
    assert shop.pay.find(r"it's \ odd") == made


def test_an_unknown_payment_is_refused_as_missing(shop: Shop) -> None:
    with pytest.raises(PaymentRefused) as refused:
        shop.pay.retrieve("pi_nowhere")
    assert refused.value.code == "resource-missing"


# ---------------------------------------------------------------- capturing


def test_three_shipments_are_three_captures_of_one_authorisation(shop: Shop) -> None:
    held = shop.authorize(10_00)
    for number, (cents, final) in enumerate([(3_00, False), (2_00, False), (4_00, True)]):
        seen = shop.pay.capture(held.provider_id, f"A#capture#{number}", usd(cents), final)
    assert (seen.captured, seen.refunded) == (usd(9_00), usd(0))
    assert seen.status is AuthorizationStatus.CAPTURED
    assert shop.only["captures"] == [3_00, 2_00, 4_00]
    assert shop.only["released"] == 1_00


def test_without_multicapture_a_capture_that_is_not_final_is_refused(shop: Shop) -> None:
    held = shop.plain.authorize(PAY, usd(10_00), "pm_card_visa", "A")
    with pytest.raises(PaymentRefused):
        shop.plain.capture(held.provider_id, SHIP, usd(3_00), final=False)
    taken = shop.plain.capture(held.provider_id, SHIP + "#2", usd(3_00), final=True)
    assert (taken.captured, taken.capturable) == (usd(3_00), usd(0))


@pytest.mark.parametrize("later", [timedelta(0), timedelta(hours=25)])
def test_a_capture_happens_once_per_intent_even_after_the_key_is_forgotten(
    shop: Shop, later: timedelta
) -> None:
    held = shop.authorize(10_00)
    shop.loses_the_next_reply()
    with pytest.raises(PaymentUnavailable):
        shop.pay.capture(held.provider_id, SHIP, usd(3_00), final=False)
    shop.clock.advance(later)
    again = shop.pay.capture(held.provider_id, SHIP, usd(3_00), final=False)
    assert again.captured == usd(3_00)
    assert shop.only["captures"] == [3_00]


@pytest.mark.parametrize("amount", [usd(4_00), Money(3_00, "JPY")])
def test_a_capture_intent_is_not_reused_for_other_money(shop: Shop, amount: Money) -> None:
    held = shop.authorize(10_00)
    shop.pay.capture(held.provider_id, SHIP, usd(3_00), final=False)
    with pytest.raises(PaymentRefused):
        shop.pay.capture(held.provider_id, SHIP, amount, final=False)
    assert shop.only["captures"] == [3_00]


def test_more_than_was_authorised_cannot_be_captured(shop: Shop) -> None:
    held = shop.authorize(10_00)
    with pytest.raises(PaymentRefused) as refused:
        shop.pay.capture(held.provider_id, SHIP, usd(10_01), final=True)
    assert refused.value.code == "amount-too-large"


def test_an_authorisation_that_ran_out_cannot_be_captured(shop: Shop) -> None:
    held = shop.authorize()
    shop.clock.advance(timedelta(days=7))
    with pytest.raises(PaymentRefused) as refused:
        shop.pay.capture(held.provider_id, SHIP, usd(10_00), final=True)
    assert refused.value.code == "payment-intent-unexpected-state"
    assert shop.pay.retrieve(held.provider_id).status is AuthorizationStatus.CANCELED


# ---------------------------------------------------------------- voiding and refunding


def test_a_void_is_success_each_time_and_refunds_nothing(shop: Shop) -> None:
    held = shop.authorize()
    for intent in (VOID, VOID, "A#void#2"):
        seen = shop.pay.cancel(held.provider_id, intent)
        assert (seen.status, seen.refunded) == (AuthorizationStatus.CANCELED, usd(0))
    assert shop.only["released"] == 10_00


def test_a_captured_payment_cannot_be_voided_but_refunded(shop: Shop) -> None:
    held = shop.authorize()
    shop.pay.capture(held.provider_id, SHIP, usd(10_00), final=True)
    with pytest.raises(AlreadyCaptured):
        shop.pay.cancel(held.provider_id, VOID)
    shop.pay.refund(held.provider_id, BACK, usd(10_00))
    assert shop.pay.retrieve(held.provider_id).refunded == usd(10_00)


def test_voiding_after_a_part_was_captured_says_what_is_left_to_refund(shop: Shop) -> None:
    held = shop.authorize(10_00)
    shop.pay.capture(held.provider_id, SHIP, usd(4_00), final=False)
    voided = shop.pay.cancel(held.provider_id, VOID)
    assert (voided.status, voided.refundable) == (AuthorizationStatus.CANCELED, usd(4_00))
    shop.pay.refund(held.provider_id, BACK, usd(4_00))
    assert shop.pay.retrieve(held.provider_id).refundable == usd(0)


def test_voiding_a_declined_payment_is_success(shop: Shop) -> None:
    declined = shop.authorize(method="pm_card_chargeDeclined")
    assert shop.pay.cancel(declined.provider_id, VOID).status is AuthorizationStatus.CANCELED


def test_equal_refunds_with_different_intents_are_two_refunds(shop: Shop) -> None:
    held = shop.authorize()
    shop.pay.capture(held.provider_id, SHIP, usd(10_00), final=True)
    first = shop.pay.refund(held.provider_id, "A#refund#1", usd(2_50))
    second = shop.pay.refund(held.provider_id, "A#refund#2", usd(2_50))
    assert first != second
    assert shop.only["refunds"] == [2_50, 2_50]


@pytest.mark.parametrize("later", [timedelta(0), timedelta(hours=25)])
def test_a_refund_happens_once_per_intent(shop: Shop, later: timedelta) -> None:
    held = shop.authorize()
    shop.pay.capture(held.provider_id, SHIP, usd(10_00), final=True)
    shop.loses_the_next_reply()
    with pytest.raises(PaymentUnavailable):
        shop.pay.refund(held.provider_id, BACK, usd(2_50))
    shop.clock.advance(later)
    again = shop.pay.refund(held.provider_id, BACK, usd(2_50))
    assert shop.only["refunds"] == [2_50]
    assert again == shop.pay.refund(held.provider_id, BACK, usd(2_50))
    with pytest.raises(PaymentRefused):
        shop.pay.refund(held.provider_id, BACK, usd(3_00))


def test_more_than_ten_refunds_are_all_counted_and_found(shop: Shop) -> None:
    held = shop.authorize(10_00)
    shop.pay.capture(held.provider_id, SHIP, usd(9_50), final=True)
    given = [shop.pay.refund(held.provider_id, f"A#refund#{n}", usd(10)) for n in range(23)]
    assert shop.pay.retrieve(held.provider_id).refunded == usd(2_30)
    shop.clock.advance(timedelta(days=2))
    assert shop.pay.refund(held.provider_id, "A#refund#0", usd(10)) == given[0]


def test_no_more_is_refunded_than_was_captured(shop: Shop) -> None:
    held = shop.authorize(10_00)
    shop.pay.capture(held.provider_id, SHIP, usd(4_00), final=True)
    with pytest.raises(PaymentRefused):
        shop.pay.refund(held.provider_id, BACK, usd(4_01))
    shop.pay.refund(held.provider_id, "A#refund#2", usd(4_00))
    with pytest.raises(PaymentRefused) as refused:
        shop.pay.refund(held.provider_id, "A#refund#3", usd(1))
    assert refused.value.code == "charge-already-refunded"


# ---------------------------------------------------------------- a provider on a bad day


@pytest.mark.parametrize("failure", [Misbehaviour.FAIL_BEFORE, Misbehaviour.FAIL_AFTER])
def test_a_failure_is_kept_under_its_intent_and_looked_up(
    shop: Shop, failure: Misbehaviour
) -> None:
    shop.stripe.misbehave(failure)
    with pytest.raises(PaymentUnavailable) as first:
        shop.authorize()
    with pytest.raises(PaymentUnavailable) as second:
        shop.authorize()
    assert (first.value.stored, second.value.stored) == (False, True)
    assert (shop.pay.find(PAY) is not None) is (failure is Misbehaviour.FAIL_AFTER)


def test_a_rate_limit_passes(shop: Shop) -> None:
    shop.stripe.misbehave(Misbehaviour.RATE_LIMIT)
    with pytest.raises(PaymentUnavailable):
        shop.authorize()
    assert shop.authorize().status is AuthorizationStatus.REQUIRES_CAPTURE


def test_a_slow_provider_is_waited_for(shop: Shop) -> None:
    shop.stripe.misbehave(Misbehaviour.DELAY)
    shop.authorize()
    assert shop.clock.now() == START + timedelta(seconds=shop.stripe.delay_seconds)


def test_nobody_home_is_unavailable() -> None:
    with ExitStack() as stack:
        address = stack.enter_context(serving(StripeBooks()))
    pay = StripeProvider(stripe_client("sk_test_x", address), SettableClock(START))
    with pytest.raises(PaymentUnavailable):
        pay.authorize(PAY, usd(1_00), "pm_card_visa", "A")


# ---------------------------------------------------------------- the HTTP front's own pages


def test_books_and_misdeeds_are_reached_over_http() -> None:
    stripe = StripeBooks()
    with serving(stripe) as address:
        order = urllib.request.Request(f"{address}/_misbehave", b"next=rate_limit")
        assert json.load(urllib.request.urlopen(order)) == {"next": ["rate_limit"]}
        pay = StripeProvider(stripe_client("sk_test_x", address), SettableClock(START))
        with pytest.raises(PaymentUnavailable):
            pay.authorize(PAY, usd(1_00), "pm_card_visa", "A")
        pay.authorize(PAY, usd(1_00), "pm_card_visa", "A")
        assert json.load(urllib.request.urlopen(f"{address}/_books")) == stripe.books()
