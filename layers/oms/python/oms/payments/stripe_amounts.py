"""Our minor units to Stripe's and back.

Stripe counts in its own smallest unit, which is not always the one of ISO 4217
(docs.stripe.com/currencies): MGA has no decimals there, ISK and UGX keep two that must be
zero, and the three-decimal currencies must be whole tens.
"""

from __future__ import annotations

from oms.kernel.money import Money, exponent
from oms.payments.ports import PaymentRefused

# Stripe's unit = ours * up // down.
_UP = {"ISK": 100, "UGX": 100}
_DOWN = {"MGA": 100}


def to_stripe(amount: Money) -> int:
    """`amount` in Stripe's unit. PaymentRefused when Stripe cannot express it."""
    units, rest = divmod(
        amount.amount_minor * _UP.get(amount.currency, 1), _DOWN.get(amount.currency, 1)
    )
    # Refused, not rounded: an amount that we change here would never again equal our books.
    if rest or (exponent(amount.currency) == 3 and units % 10):
        raise PaymentRefused(f"Stripe cannot charge {amount}", "amount-inexpressible")
    return units


def from_stripe(amount: int, currency: str) -> Money:
    """Money from Stripe's `amount` in its lower-case `currency`."""
    code = currency.upper()
    return Money(amount * _DOWN.get(code, 1) // _UP.get(code, 1), code)
