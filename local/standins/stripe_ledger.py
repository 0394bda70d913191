"""The stand-in's books: payment intents, captures, releases and refunds, in Stripe's units.

Rules only. Knows neither HTTP nor JSON nor idempotency keys; `Refusal` says no as Stripe does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count

# Stripe's test methods (docs.stripe.com/testing) and ours: (code, decline_code).
DECLINES = {
    "pm_card_chargeDeclined": ("card_declined", "generic_decline"),
    "pm_card_visa_chargeDeclined": ("card_declined", "generic_decline"),
    "pm_card_insufficientFunds": ("card_declined", "insufficient_funds"),
    "pm_card_visa_chargeDeclinedInsufficientFunds": ("card_declined", "insufficient_funds"),
    "pm_card_authenticationRequired": ("authentication_required", "authentication_required"),
    "pm_card_chargeDeclinedExpiredCard": ("expired_card", "expired_card"),
}
_DECIMALS_OF_ZERO = {"isk": 100, "ugx": 100, "bhd": 10, "jod": 10, "kwd": 10, "omr": 10, "tnd": 10}


class Refusal(Exception):
    """A 4xx. `saved` is False when Stripe would not remember it under the idempotency key."""

    def __init__(
        self,
        message: str,
        code: str = "",
        *,
        status: int = 400,
        kind: str = "invalid_request_error",
        saved: bool = True,
        intent: Intent | None = None,
    ) -> None:
        super().__init__(message)
        self.code, self.status, self.kind = code, status, kind
        self.saved, self.intent = saved, intent


@dataclass(slots=True)
class Refund:
    """`release` marks held money let go, which Stripe books as a refund of no balance."""

    id: str
    amount: int
    created: int
    metadata: dict[str, str]
    release: bool = False
    status: str = "succeeded"


@dataclass(slots=True)
class Intent:
    """One payment intent with its charge. Times are Unix seconds."""

    id: str
    charge: str
    amount: int
    currency: str
    payment_method: str
    metadata: dict[str, str]
    created: int
    capture_before: int
    multicapture: bool
    status: str = "requires_capture"
    decline: tuple[str, str] | None = None
    captures: list[int] = field(default_factory=list)
    refunds: list[Refund] = field(default_factory=list)
    canceled_at: int | None = None
    cancellation_reason: str | None = None

    @property
    def captured(self) -> int:
        return sum(self.captures)

    @property
    def refunded(self) -> int:
        return sum(each.amount for each in self.refunds if self._counts(each, release=False))

    @property
    def released(self) -> int:
        return sum(each.amount for each in self.refunds if self._counts(each, release=True))

    @property
    def capturable(self) -> int:
        return self.amount - self.captured if self.status == "requires_capture" else 0

    @staticmethod
    def _counts(refund: Refund, *, release: bool) -> bool:
        return refund.release is release and refund.status != "failed"


class Ledger:
    """`life` is how long a card holds an authorisation, in seconds."""

    def __init__(self, prefix: str, life: int) -> None:
        self.intents: dict[str, Intent] = {}
        self._prefix, self._life = prefix, life
        self._numbers: Iterator[int] = count(1)

    def new_id(self, kind: str) -> str:
        return f"{kind}_{self._prefix}{next(self._numbers):08d}"

    def get(self, intent_id: str) -> Intent:
        found = self.intents.get(intent_id)
        if found is None:
            raise Refusal(f"No such payment_intent: '{intent_id}'", "resource_missing", status=404)
        return found

    def of_charge(self, charge_id: str) -> Intent:
        for each in self.intents.values():
            if each.charge == charge_id:
                return each
        raise Refusal(f"No such charge: '{charge_id}'", "resource_missing", status=404)

    def create(
        self,
        amount: int,
        currency: str,
        method: str,
        metadata: dict[str, str],
        now: int,
        multicapture: bool,
    ) -> Intent:
        _check_amount(amount, currency)
        if not method.startswith("pm_"):
            raise Refusal(f"No such PaymentMethod: '{method}'", "resource_missing", saved=False)
        made = Intent(
            id=self.new_id("pi"),
            charge=self.new_id("ch"),
            amount=amount,
            currency=currency,
            payment_method=method,
            metadata=metadata,
            created=now,
            capture_before=now + self._life,
            multicapture=multicapture,
        )
        self.intents[made.id] = made
        if method in DECLINES:
            self._decline(made)
        return made

    def capture(
        self, intent_id: str, amount: int | None, final: bool, metadata: dict[str, str], now: int
    ) -> Intent:
        held = self._open(intent_id, "captured")
        wanted = held.capturable if amount is None else amount
        if not final and not held.multicapture:
            raise Refusal("This account cannot capture more than once.", "parameter_unknown")
        if not 0 < wanted <= held.capturable:
            raise Refusal(
                f"The maximum capture amount for this PaymentIntent is {held.capturable}.",
                "amount_too_large" if wanted > 0 else "parameter_invalid_integer",
            )
        held.metadata.update(metadata)
        held.captures.append(wanted)
        if final or not held.capturable:
            self._close(held, "succeeded", now)
        return held

    def cancel(self, intent_id: str, reason: str | None, now: int) -> Intent:
        held = self._open(intent_id, "canceled", also="requires_payment_method")
        self._close(held, "canceled", now)
        held.canceled_at, held.cancellation_reason = now, reason
        return held

    def refund(
        self, intent_id: str, amount: int | None, metadata: dict[str, str], now: int
    ) -> Refund:
        paid = self.get(intent_id)
        left = paid.captured - paid.refunded
        wanted = left if amount is None else amount
        if not paid.captured:
            raise Refusal("This PaymentIntent does not have a successful charge to refund.")
        if not left:
            message = f"Charge {paid.charge} has already been refunded."
            raise Refusal(message, "charge_already_refunded")
        if not 0 < wanted <= left:
            raise Refusal(f"Refund amount ({wanted}) is greater than unrefunded amount ({left})")
        return self._book_refund(paid, wanted, metadata, now)

    def expire(self, now: int) -> list[Intent]:
        """Cancel what was not captured in time, as the card network does. Answers those."""
        dead = [
            each
            for each in self.intents.values()
            if each.status == "requires_capture" and each.capture_before <= now
        ]
        for each in dead:
            self.cancel(each.id, "automatic", now)
        return dead

    def _open(self, intent_id: str, verb: str, also: str = "") -> Intent:
        found = self.get(intent_id)
        if found.status not in ("requires_capture", also):
            raise Refusal(
                f"This PaymentIntent could not be {verb}: its status is {found.status}.",
                "payment_intent_unexpected_state",
                intent=found,
            )
        return found

    def _decline(self, made: Intent) -> None:
        made.status, made.decline = "requires_payment_method", DECLINES[made.payment_method]
        raise Refusal(
            "Your card was declined.", made.decline[0], status=402, kind="card_error", intent=made
        )

    def _close(self, held: Intent, status: str, now: int) -> None:
        rest, held.status = held.capturable, status
        if rest:
            self._book_refund(held, rest, {}, now, release=True)

    def _book_refund(
        self, intent: Intent, amount: int, metadata: dict[str, str], now: int, release: bool = False
    ) -> Refund:
        refund = Refund(self.new_id("re"), amount, now, metadata, release)
        intent.refunds.append(refund)
        return refund


def _check_amount(amount: int, currency: str) -> None:
    if not 0 < amount <= 99_999_999_99:
        raise Refusal("Invalid amount.", "parameter_invalid_integer", saved=False)
    if amount % _DECIMALS_OF_ZERO.get(currency, 1):
        code = "invalid_charge_amount_no_decimal_compatible"
        raise Refusal(f"Invalid amount in {currency}.", code, saved=False)
