"""The stand-in's webhooks: signed as Stripe signs, late, twice, in any order, and only hints."""

from __future__ import annotations

import queue
from datetime import UTC, datetime

import pytest
import stripe

from local.standins.stripe_books import Reply, StripeBooks
from local.standins.stripe_http import posting_to, serving
from local.standins.stripe_in_process import InProcessClient
from oms.kernel.clock import SystemClock
from oms.kernel.money import Money
from oms.payments.contracts import StripeEvent
from oms.payments.ports import AuthorizationStatus, PaymentHint
from oms.payments.stripe_provider import StripeProvider, stripe_client
from oms.payments.stripe_signature import is_signed

SECRET = "whsec_standin"
TEN = Money(10_00, "USD")


class Inbox:
    """Believes a delivery only when it is signed, then keeps its hint."""

    def __init__(self) -> None:
        self.hints: list[PaymentHint] = []

    def __call__(self, body: bytes, headers: dict[str, str]) -> None:
        header = headers["Stripe-Signature"]
        assert is_signed(body, header, [SECRET], datetime.now(UTC))
        assert stripe.WebhookSignature.verify_header(body, header, SECRET, 300)
        self.hints.append(StripeEvent.model_validate_json(body).to_domain())

    @property
    def kinds(self) -> list[str]:
        return [hint.kind for hint in self.hints]


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def books(inbox: Inbox) -> StripeBooks:
    return StripeBooks(deliver=inbox)


@pytest.fixture
def pay(books: StripeBooks) -> StripeProvider:
    return StripeProvider(
        stripe_client("sk_test_x", http_client=InProcessClient(books)), SystemClock()
    )


def sell(pay: StripeProvider) -> str:
    held = pay.authorize("A#pay", TEN, "pm_card_visa", "A")
    pay.capture(held.provider_id, "A#take", TEN, final=True)
    pay.refund(held.provider_id, "A#back", TEN)
    return held.provider_id


def test_each_step_is_told_and_leads_back_to_our_order(pay: StripeProvider, inbox: Inbox) -> None:
    provider_id = sell(pay)
    assert inbox.kinds == [
        "payment_intent.amount_capturable_updated",
        "charge.captured",
        "payment_intent.succeeded",
        "charge.refunded",
    ]
    assert {(hint.provider_id, hint.order_id) for hint in inbox.hints} == {(provider_id, "A")}


def test_a_decline_and_a_void_are_told(pay: StripeProvider, inbox: Inbox) -> None:
    pay.authorize("A#pay#1", TEN, "pm_card_chargeDeclined", "A")
    held = pay.authorize("A#pay#2", TEN, "pm_card_visa", "A")
    pay.cancel(held.provider_id, "A#void")
    assert inbox.kinds[0] == "payment_intent.payment_failed"
    assert inbox.kinds[-1] == "payment_intent.canceled"


def test_a_replayed_call_tells_nothing_new(pay: StripeProvider, inbox: Inbox) -> None:
    pay.authorize("A#pay", TEN, "pm_card_visa", "A")
    pay.authorize("A#pay", TEN, "pm_card_visa", "A")
    assert len(inbox.hints) == 1


def test_twice_and_backwards_they_still_lead_to_the_present(
    pay: StripeProvider, books: StripeBooks, inbox: Inbox
) -> None:
    books.postman.copies, books.postman.holding = 2, True
    sell(pay)
    books.postman.release()
    assert len(inbox.hints) == 8
    assert inbox.kinds[0] == "charge.refunded"
    for hint in inbox.hints:
        now = pay.retrieve(hint.provider_id)
        assert (now.status, now.refunded) == (AuthorizationStatus.CAPTURED, TEN)


def test_whoever_gets_a_webhook_may_call_back_before_the_reply() -> None:
    seen = []

    def look(body: bytes, headers: dict[str, str]) -> None:
        hint = StripeEvent.model_validate_json(body).to_domain()
        seen.append(provider.retrieve(hint.provider_id).status)

    with serving(StripeBooks(deliver=look)) as address:
        provider = StripeProvider(stripe_client("sk_test_x", address), SystemClock())
        provider.authorize("A#pay", TEN, "pm_card_visa", "A")
    assert seen == [AuthorizationStatus.REQUIRES_CAPTURE]


class Doorstep(StripeBooks):
    """Refuses the first delivery, takes the second."""

    def __init__(self) -> None:
        super().__init__()
        self.taken: queue.Queue[bytes] = queue.Queue()
        self.knocks = 0

    def handle(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        self.knocks += 1
        if self.knocks > 1:
            self.taken.put(body)
        return (503 if self.knocks == 1 else 202), {}, b""


def test_the_carrier_knocks_again_when_turned_away() -> None:
    door = Doorstep()
    with serving(door) as address:
        posting_to(f"{address}/webhooks/stripe", pause=0)(b"{}", {"Stripe-Signature": "t=1"})
        assert door.taken.get(timeout=10) == b"{}"
    assert door.knocks == 2
