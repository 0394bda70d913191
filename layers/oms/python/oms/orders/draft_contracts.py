"""Bodies of `/drafts`: those of `POST /orders` of which anything may be missing.

What is there is as strict as in an order; whether it is enough is told by `missing`.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from oms.inventory.waiting import HIGHEST_PRIORITY
from oms.orders.contract_words import (
    MOST_DAYS,
    MOST_LINES,
    AmountMinor,
    CountryCode,
    CurrencyCode,
    Day,
    Email,
    Name,
    Note,
    Phone,
    Quantity,
    SkuText,
    Word,
)
from oms.orders.contracts import Money, Payment
from oms.orders.strict_body import StrictBody, parsed


class PriceOverrideBody(StrictBody):
    """Another price for one unit than `unit_price`, and why."""

    amount_minor: AmountMinor
    currency: CurrencyCode
    reason: Name


class DraftLine(StrictBody):
    sku: SkuText | None = None
    quantity: Quantity | None = None
    unit_price: Money | None = None
    price_override: PriceOverrideBody | None = None
    title: Word | None = None
    discount: Money | None = None
    tax: Money | None = None
    reserve_after: Day | None = None


class DraftCustomer(StrictBody):
    name: Name | None = None
    email: Email | None = None
    phone: Phone | None = None


class DraftAddress(StrictBody):
    name: Word | None = None
    company: Word | None = None
    lines: Annotated[list[Word], Field(max_length=5)] | None = None
    city: Word | None = None
    region: Word | None = None
    postal_code: Annotated[Word, Field(max_length=20)] | None = None
    country: CountryCode | None = None
    phone: Phone | None = None


class DraftBody(StrictBody):
    """A draft of an order by phone; every field may wait."""

    currency: CurrencyCode | None = None
    customer: DraftCustomer | None = None
    shipping_address: DraftAddress | None = None
    billing_address: DraftAddress | None = None
    lines: Annotated[list[DraftLine], Field(max_length=MOST_LINES)] | None = None
    shipping: Money | None = None
    payment: Payment | None = None
    note: Note | None = None
    ship_complete: bool | None = None
    priority: Annotated[int, Field(ge=0, le=HIGHEST_PRIORITY)] | None = None
    fresh_days: Annotated[int, Field(ge=0, le=MOST_DAYS)] | None = None


Version = Annotated[int, Field(ge=1)]


class DraftChanges(DraftBody):
    """What to replace; a field that is null is taken away. `version` is the one that was read."""

    version: Version


class DraftConfirmation(StrictBody):
    """With a `version`, only that one is confirmed."""

    version: Version | None = None


def parse_draft(data: Any) -> dict[str, Any]:
    """The fields that are given. Raises Invalid."""
    return parsed(DraftBody, data).model_dump(mode="json", exclude_none=True)


def parse_changes(data: Any) -> tuple[dict[str, Any], int]:
    """The fields to replace, None to take away, and the version read. Raises Invalid."""
    body = parsed(DraftChanges, data)
    given = body.model_dump(mode="json", exclude_none=True)
    changes = {name: given.get(name) for name in body.model_fields_set - {"version"}}
    return changes, body.version


def parse_confirmation(data: Any) -> int | None:
    """The version to confirm; None for whichever stands. Raises Invalid."""
    return parsed(DraftConfirmation, data).version
