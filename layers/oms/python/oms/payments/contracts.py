"""Stripe's event envelope (docs.stripe.com/api/events/object), as little of it as we need."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from oms.payments.ports import INTENT_KEY, ORDER_KEY, PaymentHint

_Name = Annotated[str, Field(min_length=1, max_length=255)]
_UnixSeconds = Annotated[int, Field(ge=0, le=253_402_300_799)]  # up to the year 9999


class _Outside(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class StripeSubject(_Outside):
    """The object that an event is about: a payment intent, a charge, a refund, a dispute."""

    id: _Name
    object: _Name
    payment_intent: _Name | None = None
    metadata: dict[str, str] | None = None

    def provider_id(self) -> str:
        """The payment intent that this is, or belongs to; "" when there is none."""
        return self.id if self.object == "payment_intent" else self.payment_intent or ""

    def noted(self, key: str) -> str:
        return (self.metadata or {}).get(key, "")


class StripeEventData(_Outside):
    object: StripeSubject


class StripeEvent(_Outside):
    """One verified delivery. Parse with `model_validate_json(raw_bytes)`.

    Raises pydantic's ValidationError, which the edge answers with 400.
    """

    id: _Name
    type: _Name
    created: _UnixSeconds
    data: StripeEventData

    def to_domain(self) -> PaymentHint:
        subject = self.data.object
        return PaymentHint(
            event_id=self.id,
            kind=self.type,
            provider_id=subject.provider_id(),
            order_id=subject.noted(ORDER_KEY),
            intent=subject.noted(INTENT_KEY),
            at=datetime.fromtimestamp(self.created, UTC),
        )
