"""What the use cases need of a payment provider.

Three kinds of answer are kept apart, because each asks for a different next step:

* a result (`Authorization`, also for a declined card): record it and go on;
* `PaymentRefused`: certainly nothing happened, and asking again changes nothing;
* `PaymentUnavailable`: it may have happened. Ask again with the same intent.

An *intent* is our own name for one effect, made from the order (`order#step#part`), never
from the request. It is unique across kinds of effect too: a provider may refuse to see the key
of an authorisation on a capture. Two refunds of the same amount are two intents.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from oms.kernel.errors import OmsError, Unavailable
from oms.kernel.money import Money

# Our names in the provider's metadata, by which we know our own again.
INTENT_KEY = "oms_intent"
ORDER_KEY = "oms_order"


class AuthorizationStatus(StrEnum):
    """Where the provider's books have an authorisation.

    `DECLINED` and `CANCELED` are final. `CAPTURED` means that nothing more can be captured,
    which after a final partial capture is less than was authorised. `REQUIRES_ACTION` waits
    for the customer, `PENDING` for the bank.
    """

    REQUIRES_CAPTURE = "REQUIRES_CAPTURE"
    CAPTURED = "CAPTURED"
    CANCELED = "CANCELED"
    DECLINED = "DECLINED"
    REQUIRES_ACTION = "REQUIRES_ACTION"
    PENDING = "PENDING"


@dataclass(frozen=True, slots=True)
class Authorization:
    """One authorisation as the provider's books have it now, all amounts in one currency.

    0 <= `refunded` <= `captured` <= `amount` always holds; money that was held but never
    captured is neither. `capture_before` is aware UTC, None when the provider does not say.
    `decline_code` is the provider's own word, empty unless `status` is `DECLINED`.
    """

    provider_id: str
    amount: Money
    captured: Money
    refunded: Money
    status: AuthorizationStatus
    capture_before: datetime | None
    decline_code: str = ""

    @property
    def capturable(self) -> Money:
        """What may still be captured: zero unless the authorisation is open."""
        if self.status is not AuthorizationStatus.REQUIRES_CAPTURE:
            return Money.zero(self.amount.currency)
        return self.amount - self.captured

    @property
    def refundable(self) -> Money:
        return self.captured - self.refunded


@dataclass(frozen=True, slots=True)
class PaymentHint:
    """What a provider's webhook says, believed only so far as to go and look.

    Webhooks come late, twice and out of order, so the handler fetches the current
    `provider_id` ("" when the event is about something else). `order_id` and `intent` are ours,
    echoed from metadata, "" when the payment was not made by us. `at` is aware UTC.
    """

    event_id: str
    kind: str
    provider_id: str
    order_id: str
    intent: str
    at: datetime


class PaymentUnavailable(Unavailable):
    """No certain answer (timeout, 5xx, rate limit): the effect may have happened.

    Ask again with the same intent. `stored` is True when the provider said that it keeps this
    very failure under the intent: it will repeat it for 24 hours. Then look (`find`,
    `retrieve`) and, if nothing happened, go on under the next version of the intent.
    """

    code = "payment-unavailable"

    def __init__(self, message: str, stored: bool = False) -> None:
        super().__init__(message)
        self.stored = stored


class PaymentRefused(OmsError):
    """The provider says no, and this call did nothing. `code` is its reason in kebab-case."""

    code = "payment-refused"

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.code = code or type(self).code


class AlreadyCaptured(PaymentRefused):
    """A captured payment cannot be voided: refund it instead."""

    code = "already-captured"


class PaymentProvider(Protocol):
    """Every method may raise `PaymentUnavailable` and `PaymentRefused`."""

    def find(self, intent: str) -> Authorization | None:
        """The authorisation made for `intent`, however long ago.

        Sees its own writes. None says that none has arrived: one whose request is still on the
        wire can yet appear, so act on None only by calling `authorize` with the same intent.
        """
        ...

    def authorize(
        self, intent: str, amount: Money, payment_method: str, order_id: str
    ) -> Authorization:
        """Hold `amount` without taking it. A decline is a result, not an error.

        The same intent within 24 hours answers the same authorisation as it stands now. Later
        than that, `find` first.
        """
        ...

    def retrieve(self, provider_id: str) -> Authorization:
        """The authorisation as it stands now."""
        ...

    def capture(self, provider_id: str, intent: str, amount: Money, final: bool) -> Authorization:
        """Take `amount` of what is held, once per intent for ever.

        `final` releases the rest; otherwise more captures may follow, which not every account
        may do (`PaymentRefused`).
        """
        ...

    def cancel(self, provider_id: str, intent: str) -> Authorization:
        """Release what is held and not captured; nothing held any more is success.

        A fully captured one raises `AlreadyCaptured`. A partly captured one loses the rest,
        and `captured` of the answer says what is left to refund.
        """
        ...

    def refund(self, provider_id: str, intent: str, amount: Money) -> str:
        """Give `amount` back, once per intent for ever. Answers the refund's id."""
        ...
