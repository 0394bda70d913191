"""Our wishes in Stripe's parameters. Only types of stripe are named here, never loaded."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from oms.kernel.ids import digest
from oms.kernel.money import Money
from oms.payments.ports import INTENT_KEY, ORDER_KEY
from oms.payments.stripe_amounts import to_stripe

if TYPE_CHECKING:
    from stripe.params import (
        PaymentIntentCaptureParams,
        PaymentIntentCreateParams,
        RefundCreateParams,
    )

# Everything that the reading of an authorisation needs, so no reply asks for a second call.
EXPAND = ["latest_charge.refunds"]


def authorization_asked(
    intent: str, amount: Money, payment_method: str, order_id: str, multicapture: bool
) -> PaymentIntentCreateParams:
    """`payment_method` is `pm_...`, or `cus_.../pm_...` for one saved with a customer."""
    customer, _, method = payment_method.rpartition("/")
    asked: PaymentIntentCreateParams = {
        "amount": to_stripe(amount),
        "currency": amount.currency.lower(),
        "payment_method": method,
        "allowed_payment_method_types": ["card"],
        "capture_method": "manual",
        "confirm": True,
        "off_session": True,  # no customer is here to answer a challenge
        "metadata": {INTENT_KEY: intent, ORDER_KEY: order_id},
        "expand": EXPAND,
    }
    if customer:
        asked["customer"] = customer
    if multicapture:
        asked["payment_method_options"] = {"card": {"request_multicapture": "if_available"}}
    return asked


def capture_asked(intent: str, amount: Money, final: bool) -> PaymentIntentCaptureParams:
    units = to_stripe(amount)
    return {
        "amount_to_capture": units,
        "final_capture": final,
        "metadata": {capture_mark(intent): str(units)},
        "expand": EXPAND,
    }


def refund_asked(provider_id: str, intent: str, amount: Money) -> RefundCreateParams:
    return {
        "payment_intent": provider_id,
        "amount": to_stripe(amount),
        "metadata": {INTENT_KEY: intent},
    }


def capture_mark(intent: str) -> str:
    """The metadata key of one capture. Stripe allows 40 characters, and 50 keys per object:
    48 captures beside our two own keys."""
    return f"oms_cap_{digest(intent)}"


def query_for(intent: str) -> str:
    """The intent in Stripe's search language (docs.stripe.com/search#search-query-language)."""
    quoted = re.sub(r"(['\\])", r"\\\1", intent)
    return f"metadata['{INTENT_KEY}']:'{quoted}'"
