"""A Stripe PaymentIntent, read as our `Authorization`.

Only types of stripe are named here, never loaded. A payment intent is read with
`latest_charge.refunds` expanded.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from oms.kernel.money import Money, total
from oms.payments.ports import INTENT_KEY, Authorization, AuthorizationStatus
from oms.payments.stripe_amounts import from_stripe

if TYPE_CHECKING:
    import stripe

# A failed confirmation goes back to waiting for another card. We never offer one to the same
# payment intent, so for us that is the end of it.
_STATUSES = {
    "requires_capture": AuthorizationStatus.REQUIRES_CAPTURE,
    "succeeded": AuthorizationStatus.CAPTURED,
    "canceled": AuthorizationStatus.CANCELED,
    "requires_payment_method": AuthorizationStatus.DECLINED,
    "requires_action": AuthorizationStatus.REQUIRES_ACTION,
    "requires_confirmation": AuthorizationStatus.PENDING,
    "processing": AuthorizationStatus.PENDING,
}


def authorization(made: stripe.PaymentIntent) -> Authorization:
    """`made` in our words. An unknown status reads as PENDING, which nobody acts upon."""
    status = _STATUSES.get(made.status, AuthorizationStatus.PENDING)
    return Authorization(
        provider_id=made.id,
        amount=from_stripe(made.amount, made.currency),
        captured=from_stripe(made.amount_received, made.currency),
        refunded=_refunded(made),
        status=status,
        capture_before=_capture_before(made),
        decline_code=_decline_code(made) if status is AuthorizationStatus.DECLINED else "",
    )


def replayed(made: stripe.PaymentIntent) -> bool:
    """True when Stripe answered from memory, with the state of the first call."""
    reply = made.last_response
    return reply is not None and reply.headers.get("idempotent-replayed") == "true"


def current_charge(made: stripe.PaymentIntent) -> stripe.Charge | None:
    """The expanded charge. None before the first attempt."""
    charge = made.latest_charge
    return None if charge is None or isinstance(charge, str) else charge


def _refunded(made: stripe.PaymentIntent) -> Money:
    charge, currency = current_charge(made), made.currency
    if charge is None or charge.refunds is None or not charge.amount_refunded:
        return Money.zero(currency.upper())
    given_back = (each for each in charge.refunds.auto_paging_iter() if _gives_back(each))
    return total((from_stripe(each.amount, currency) for each in given_back), currency.upper())


def _gives_back(refund: stripe.Refund) -> bool:
    """True for money that had been taken.

    Stripe books the release of held money as a refund too, on a void and on a final partial
    capture (solidusio/solidus_stripe#268). A release moves no balance.
    """
    if refund.status in ("failed", "canceled"):
        return False
    noted = refund.metadata.to_dict() if refund.metadata else {}
    return INTENT_KEY in noted or refund.balance_transaction is not None


def _capture_before(made: stripe.PaymentIntent) -> datetime | None:
    charge = current_charge(made)
    card = getattr(charge and charge.payment_method_details, "card", None)
    at = getattr(card, "capture_before", None)
    return datetime.fromtimestamp(at, UTC) if at else None


def _decline_code(made: stripe.PaymentIntent) -> str:
    error = made.last_payment_error
    code = getattr(error, "decline_code", None) or getattr(error, "code", None)
    return code or "card_declined"
