"""Stripe behind the `PaymentProvider` port (docs.stripe.com/api/payment_intents).

The only module that imports stripe, which costs about a tenth of a second: `wiring` imports it
lazily, in the payment functions alone.

How a repeat stays one effect. The intent is the idempotency key, so within 24 hours Stripe
answers a repeat with its first reply; that reply is as old as the first call, so a replayed
one is followed by a fresh look. After 24 hours the key is forgotten, so captures and refunds also
leave the intent in metadata, and every capture and refund looks for its own before it acts.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, NoReturn

import stripe

from oms.kernel.clock import Clock
from oms.kernel.money import Money
from oms.payments.ports import (
    INTENT_KEY,
    AlreadyCaptured,
    Authorization,
    AuthorizationStatus,
    PaymentRefused,
    PaymentUnavailable,
)
from oms.payments.stripe_amounts import to_stripe
from oms.payments.stripe_asking import (
    EXPAND,
    authorization_asked,
    capture_asked,
    capture_mark,
    query_for,
    refund_asked,
)
from oms.payments.stripe_reading import authorization, current_charge, replayed

# Seconds to connect and to read. A bank answers an authorisation in 1 to 3 s; a step must end
# well inside its Lambda's time, or the outcome is lost with the process instead of recorded.
TIMEOUTS = (2.0, 12.0)

# Stripe's search lags by a minute, "up to an hour" during its outages; lists do not lag.
SEARCH_LAG = timedelta(minutes=65)


def stripe_client(
    api_key: str, base_address: str = "", http_client: stripe.HTTPClient | None = None
) -> stripe.StripeClient:
    """A client that tries once. `base_address` ("http://127.0.0.1:8420") points it elsewhere.

    The SDK's own retries are off: the workflow retries each step with the same intent, and
    retries inside retries would outlive the Lambda while hiding that an outcome is unknown.
    """
    return stripe.StripeClient(
        api_key,
        base_addresses={"api": base_address} if base_address else None,
        max_network_retries=0,
        http_client=http_client or stripe.RequestsClient(timeout=TIMEOUTS),
    )


class StripeProvider:
    """`PaymentProvider` on Stripe. `multicapture` says that the account may capture in parts.

    Stripe offers that to accounts on IC+ pricing only, and only when asked for at
    authorisation (docs.stripe.com/payments/multicapture).
    """

    def __init__(
        self, client: stripe.StripeClient, clock: Clock, multicapture: bool = False
    ) -> None:
        self._api = client.v1
        self._clock = clock
        self.multicapture = multicapture

    def find(self, intent: str) -> Authorization | None:
        """See the port. Search reaches back for ever but lags, the list of late does not lag."""
        with _mapped_errors():
            found = self._searched(intent) or self._listed(intent)
        return self.retrieve(found) if found else None

    def authorize(
        self, intent: str, amount: Money, payment_method: str, order_id: str
    ) -> Authorization:
        """See the port. `payment_method` is `pm_...`, or `cus_.../pm_...` for a saved one."""
        asked = authorization_asked(intent, amount, payment_method, order_id, self.multicapture)
        with _mapped_errors():
            try:
                made = self._api.payment_intents.create(asked, {"idempotency_key": intent})
            except stripe.CardError as declined:
                return self._declined(declined, amount)
        return self._now(made)

    def retrieve(self, provider_id: str) -> Authorization:
        return self._read(self._get(provider_id))

    def capture(self, provider_id: str, intent: str, amount: Money, final: bool) -> Authorization:
        seen = self._get(provider_id)
        if _has_captured(seen, intent, amount):
            return self._read(seen)
        asked = capture_asked(intent, amount, final)
        with _mapped_errors():
            taken = self._api.payment_intents.capture(
                provider_id, asked, {"idempotency_key": intent}
            )
        return self._now(taken)

    def cancel(self, provider_id: str, intent: str) -> Authorization:
        try:
            with _mapped_errors():
                voided = self._api.payment_intents.cancel(
                    provider_id, {"expand": EXPAND}, {"idempotency_key": intent}
                )
        except PaymentRefused as refused:
            return self._nothing_to_cancel(provider_id, refused)
        return self._now(voided)

    def refund(self, provider_id: str, intent: str, amount: Money) -> str:
        seen = self._get(provider_id)
        _check_currency(seen, amount)
        earlier = self._refund_of(seen, intent, amount)
        if earlier:
            return earlier.id
        asked = refund_asked(provider_id, intent, amount)
        with _mapped_errors():
            return self._api.refunds.create(asked, {"idempotency_key": intent}).id

    # ------------------------------------------------------------------ looking

    def _get(self, provider_id: str) -> stripe.PaymentIntent:
        with _mapped_errors():
            return self._api.payment_intents.retrieve(provider_id, {"expand": EXPAND})

    def _read(self, made: stripe.PaymentIntent) -> Authorization:
        with _mapped_errors():  # reading the eleventh refund fetches the next page
            return authorization(made)

    def _now(self, reply: stripe.PaymentIntent) -> Authorization:
        # A replayed reply tells how things stood at the first call, perhaps a refund ago.
        return self.retrieve(reply.id) if replayed(reply) else self._read(reply)

    def _searched(self, intent: str) -> str:
        found = self._api.payment_intents.search({"query": query_for(intent), "limit": 1})
        return found.data[0].id if found.data else ""

    def _listed(self, intent: str) -> str:
        since = int((self._clock.now() - SEARCH_LAG).timestamp())
        recent = self._api.payment_intents.list({"created": {"gte": since}, "limit": 100})
        ours = (each.id for each in recent.auto_paging_iter() if _intent_of(each) == intent)
        return next(ours, "")

    def _refund_of(
        self, seen: stripe.PaymentIntent, intent: str, amount: Money
    ) -> stripe.Refund | None:
        charge = current_charge(seen)
        if charge is None or charge.refunds is None:
            return None
        with _mapped_errors():
            mine = (r for r in charge.refunds.auto_paging_iter() if _intent_of(r) == intent)
            refund = next(mine, None)
        if refund and refund.amount != to_stripe(amount):
            raise _reused(intent)
        return refund

    # ------------------------------------------------------------------ the unhappy answers

    def _declined(self, error: stripe.CardError, amount: Money) -> Authorization:
        made = error.error.payment_intent if error.error else None
        if made:
            return self.retrieve(made.id)
        nothing = Money.zero(amount.currency)
        code = (error.error and error.error.decline_code) or error.code or "card_declined"
        declined = AuthorizationStatus.DECLINED
        return Authorization("", amount, nothing, nothing, declined, None, code)

    def _nothing_to_cancel(self, provider_id: str, refused: PaymentRefused) -> Authorization:
        found = self.retrieve(provider_id)
        if found.status is AuthorizationStatus.CAPTURED:
            raise AlreadyCaptured(f"{provider_id} is captured") from refused
        if found.status is not AuthorizationStatus.CANCELED:
            raise refused
        return found


def _has_captured(seen: stripe.PaymentIntent, intent: str, amount: Money) -> bool:
    _check_currency(seen, amount)
    marked = seen.metadata.to_dict().get(capture_mark(intent))
    if marked not in (None, str(to_stripe(amount))):
        raise _reused(intent)
    return marked is not None


def _check_currency(seen: stripe.PaymentIntent, amount: Money) -> None:
    # Stripe takes no currency here: 500 yen would pass as 5 dollars.
    if seen.currency.upper() != amount.currency:
        raise PaymentRefused(f"authorised in {seen.currency}", "currency-mismatch")


def _intent_of(made: stripe.PaymentIntent | stripe.Refund) -> str:
    return str(made.metadata.to_dict().get(INTENT_KEY, "")) if made.metadata else ""


def _reused(intent: str) -> PaymentRefused:
    return PaymentRefused(f"{intent} was used for another amount", "idempotency-mismatch")


@contextmanager
def _mapped_errors() -> Iterator[None]:
    try:
        yield
    except stripe.StripeError as error:
        _raise_ours(error)


def _raise_ours(error: stripe.StripeError) -> NoReturn:
    if isinstance(error, stripe.IdempotencyError):
        raise PaymentRefused(str(error), "idempotency-mismatch") from error
    if isinstance(error, (stripe.AuthenticationError, stripe.PermissionError)):
        raise PaymentRefused("Stripe rejects our key", "credentials-rejected") from error
    if isinstance(error, (stripe.InvalidRequestError, stripe.CardError)):
        raise PaymentRefused(str(error), (error.code or "").replace("_", "-")) from error
    # What remains (timeouts, 5xx, 429, 409, unreadable replies) may all have done the work.
    raise PaymentUnavailable(str(error), stored=_is_stored(error.headers)) from error


def _is_stored(headers: Any) -> bool:
    return bool(headers) and headers.get("idempotent-replayed") == "true"
