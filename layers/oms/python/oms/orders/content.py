"""What was bought, from whom we have it, and where it goes.

Written at capture and touched again only by a correction.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from oms.kernel.address import Address, Customer
from oms.kernel.ids import LineId, Sku
from oms.kernel.money import Money, total


class Verdict(StrEnum):
    """What a screen for fraud says; channels have one of their own."""

    ACCEPT = "ACCEPT"
    REVIEW = "REVIEW"
    REJECT = "REJECT"


@dataclass(frozen=True, slots=True)
class Line:
    """`unit_price` is before discount; `discount` and `tax` are for the whole line.

    `sku` is empty when the channel named none: that line makes a SKU hold. `external_id` is
    the channel's own id of the line. Lines that need no shipping are never allocated.
    """

    line_id: LineId
    sku: Sku
    title: str
    quantity: int
    unit_price: Money
    discount: Money
    tax: Money
    external_id: str = ""
    needs_shipping: bool = True


class PaymentTerms(StrEnum):
    """Who collects the money."""

    PAID_IN_CHANNEL = "PAID_IN_CHANNEL"
    AUTHORIZED_IN_CHANNEL = "AUTHORIZED_IN_CHANNEL"
    UNPAID_IN_CHANNEL = "UNPAID_IN_CHANNEL"  # pending or part-paid: wait for the channel
    CARD = "CARD"  # we authorise and capture `payment_method`
    ON_ACCOUNT = "ON_ACCOUNT"  # invoice; nothing is charged here


@dataclass(frozen=True, slots=True)
class Totals:
    """Our own sums, and the channel's grand total as it gave it."""

    items: Money
    discount: Money
    shipping: Money
    tax: Money
    total: Money
    channel_total: Money

    @property
    def variance(self) -> Money:
        return self.channel_total - self.total


class ChannelState(StrEnum):
    """What the channel says already happened to the order."""

    OPEN = "OPEN"
    CANCELLED = "CANCELLED"
    FULFILLED = "FULFILLED"
    TEST = "TEST"


@dataclass(frozen=True, slots=True)
class Content:
    """What the customer bought, from whom we have it, and where it goes."""

    lines: tuple[Line, ...]
    customer: Customer
    shipping_address: Address | None
    billing_address: Address | None
    totals: Totals
    terms: PaymentTerms
    payment_method: str = ""
    card_country: str = ""
    channel_risk: Verdict | None = None
    channel_state: ChannelState = ChannelState.OPEN
    placed_at: datetime | None = None

    def line(self, line_id: str) -> Line | None:
        return next((line for line in self.lines if line.line_id == line_id), None)

    @property
    def customer_name(self) -> str:
        return self.customer.name or (self.shipping_address.name if self.shipping_address else "")

    @property
    def shippable(self) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.needs_shipping)


def own_totals(lines: Iterable[Line], shipping: Money, channel_total: Money | None) -> Totals:
    """Sum `lines`. Without a channel total (our own API) there is nothing to differ from."""
    lines, currency = tuple(lines), shipping.currency
    items = total((line.unit_price * line.quantity for line in lines), currency)
    discount = total((line.discount for line in lines), currency)
    tax = total((line.tax for line in lines), currency)
    grand = items - discount + shipping + tax
    told = grand if channel_total is None else channel_total
    return Totals(items, discount, shipping, tax, grand, told)
