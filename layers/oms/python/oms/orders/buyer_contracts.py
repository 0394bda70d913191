"""What `PUT /buyers/{buyer_id}` accepts, and the buyer as the API shows it."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from oms.kernel.codec import dump
from oms.kernel.errors import FieldError, Invalid
from oms.orders.buyers import Buyer
from oms.orders.contract_words import AmountMinor, CurrencyCode, Name, SkuText
from oms.orders.contracts import Address
from oms.orders.credit import Exposure
from oms.orders.strict_body import StrictBody, parsed

MOST_PRICES = 5_000  # an account is one row, of 400 KB at most
# A part of a path and of a key.
_BUYER_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}")
_Limit = Annotated[int, Field(ge=0, le=10**12)]
_Terms = Annotated[str, StringConstraints(pattern=r"^NET[0-9]{1,3}$")]


class BuyerBody(StrictBody):
    """A business buyer. `terms`: NET30 is due 30 days after the invoice. `price_list` gives minor
    units of `currency` by SKU. Without `credit_limit_minor` there is no limit. With a `version` the
    account is replaced only if that one stands."""

    name: Name
    terms: _Terms
    currency: CurrencyCode
    price_list: Annotated[dict[SkuText, AmountMinor], Field(max_length=MOST_PRICES)] = {}
    credit_limit_minor: _Limit | None = None
    billing_address: Address | None = None
    blocked: bool = False
    version: Annotated[int, Field(ge=0)] | None = None

    def to_domain(self, buyer_id: str) -> Buyer:
        return Buyer(
            buyer_id=buyer_id,
            name=self.name,
            currency=self.currency,
            invoice_terms=self.terms,
            prices=dict(self.price_list),
            credit_limit_minor=self.credit_limit_minor,
            billing_address=self.billing_address.to_domain() if self.billing_address else None,
            blocked=self.blocked,
        )


def parse_buyer(data: Any, buyer_id: str) -> tuple[Buyer, int | None]:
    """The account, and the version that it replaces. Raises Invalid."""
    if not _BUYER_ID.fullmatch(buyer_id):
        detail = "letters, digits, dots, dashes and underlines, at most 60"
        raise Invalid("no id of a buyer", [FieldError("/buyer_id", "invalid-id", detail)])
    body = parsed(BuyerBody, data)
    return body.to_domain(buyer_id), body.version


def view(buyer: Buyer) -> dict[str, Any]:
    """The account, without what its orders make of it."""
    return {
        "buyer_id": buyer.buyer_id,
        "name": buyer.name,
        "terms": buyer.invoice_terms,
        "currency": buyer.currency,
        "price_list": buyer.prices,
        "credit_limit_minor": buyer.credit_limit_minor,
        "billing_address": dump(buyer.billing_address, full=True),
        "blocked": buyer.blocked,
        "version": buyer.version,
    }


def page(buyer: Buyer, exposure: Exposure) -> dict[str, Any]:
    """The account, and what its open orders are worth."""
    limit = buyer.credit_limit_minor
    return {
        **view(buyer),
        "exposure_minor": exposure.minor,
        "open_orders": exposure.orders,
        "credit_left_minor": None if limit is None else limit - exposure.minor,
    }
