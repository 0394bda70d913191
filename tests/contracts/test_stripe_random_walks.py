"""Whatever the order of calls, lost replies, failures and repeats: the books stay right.

M1: 0 <= refunded <= captured <= authorised in the provider's books. M2: our view equals them.
M4: each capture and refund intent has at most one effect.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from local.standins.stripe_books import Misbehaviour, StripeBooks
from local.standins.stripe_in_process import InProcessClient
from oms.kernel.clock import SettableClock
from oms.kernel.money import Money
from oms.payments.ports import PaymentRefused, PaymentUnavailable
from oms.payments.stripe_provider import StripeProvider, stripe_client

AUTHORISED = 10_00
Step = tuple[str, int, int, bool]

steps = st.lists(
    st.one_of(
        st.tuples(
            st.sampled_from(["capture", "refund"]),
            st.integers(0, 3),  # the intent: few, so that they repeat
            st.sampled_from([1, 2_50, 4_00, 10_00]),
            st.booleans(),
        ),
        st.tuples(st.just("cancel"), st.integers(0, 1), st.just(0), st.just(False)),
        st.tuples(st.just("wait"), st.sampled_from([1, 25, 80]), st.just(0), st.just(False)),
    ),
    max_size=14,
)
trouble = st.lists(
    st.sampled_from([None, None, Misbehaviour.LOSE_REPLY, Misbehaviour.RATE_LIMIT]), max_size=20
)


class Walk:
    """One payment. Calls that get no answer are repeated with their intent, as a step is."""

    def __init__(self, misdeeds: list[Misbehaviour | None]) -> None:
        self.clock = SettableClock(datetime(2026, 11, 21, tzinfo=UTC))
        self.stripe = StripeBooks(self.clock)
        client = stripe_client("sk_test_x", http_client=InProcessClient(self.stripe))
        self.pay = StripeProvider(client, self.clock, multicapture=True)
        self.misdeeds = list(misdeeds)
        self.done: dict[str, dict[str, int]] = {"capture": {}, "refund": {}}
        held = self.pay.authorize("A#pay", Money(AUTHORISED, "USD"), "pm_card_visa", "A")
        self.id = held.provider_id

    def take(self, step: Step) -> None:
        kind, number, cents, final = step
        amount, intent = Money(cents, "USD"), f"A#{kind}#{number}"
        if kind == "wait":
            self.clock.advance(timedelta(hours=number))
        elif kind == "cancel":
            self._insist(lambda: self.pay.cancel(self.id, intent))
        elif kind == "capture" and self._insist(
            lambda: self.pay.capture(self.id, intent, amount, final)
        ):
            self.done["capture"][intent] = cents
        elif kind == "refund" and self._insist(lambda: self.pay.refund(self.id, intent, amount)):
            self.done["refund"][intent] = cents

    def _insist(self, call: Callable[[], object]) -> bool:
        """True when it was done, False when it was refused."""
        while True:
            misdeed = self.misdeeds.pop() if self.misdeeds else None
            if misdeed:
                self.stripe.misbehave(misdeed)
            try:
                call()
                return True
            except PaymentRefused:
                return False
            except PaymentUnavailable:
                continue

    def check(self) -> None:
        (book,) = self.stripe.books()["payment_intents"].values()
        assert 0 <= book["refunded"] <= book["captured"] <= book["amount"] == AUTHORISED
        assert book["captured"] + book["released"] <= AUTHORISED
        assert sorted(book["captures"]) == sorted(self.done["capture"].values())
        assert sorted(book["refunds"]) == sorted(self.done["refund"].values())
        seen = self.pay.retrieve(self.id)
        ours = (seen.captured.amount_minor, seen.refunded.amount_minor)
        assert ours == (book["captured"], book["refunded"])
        assert seen == self.pay.find("A#pay")


@settings(max_examples=150, deadline=None)
@given(steps, trouble)
def test_money_stays_right(walk: list[Step], misdeeds: list[Misbehaviour | None]) -> None:
    payment = Walk(misdeeds)
    for step in walk:
        payment.take(step)
        payment.check()
