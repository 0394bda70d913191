"""Stripe's unit is not always the currency's own minor unit."""

from __future__ import annotations

import pytest

from oms.kernel.money import Money
from oms.payments.ports import PaymentRefused
from oms.payments.stripe_amounts import from_stripe, to_stripe


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (Money(1299, "USD"), 1299),
        (Money(500, "JPY"), 500),
        (Money(5120, "KWD"), 5120),
        (Money(5, "ISK"), 500),
        (Money(5, "UGX"), 500),
        (Money(700, "MGA"), 7),
    ],
)
def test_there_and_back(ours: Money, theirs: int) -> None:
    assert to_stripe(ours) == theirs
    assert from_stripe(theirs, ours.currency.lower()) == ours


@pytest.mark.parametrize("amount", [Money(5124, "KWD"), Money(701, "MGA")])
def test_what_stripe_cannot_express_is_refused_not_rounded(amount: Money) -> None:
    with pytest.raises(PaymentRefused) as refused:
        to_stripe(amount)
    assert refused.value.code == "amount-inexpressible"
