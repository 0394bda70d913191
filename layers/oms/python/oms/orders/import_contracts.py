"""Body of `POST /imports`: orders of the past, as their channel writes them or in our own shape."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from oms.channels.documents import document
from oms.channels.model import ChannelAccount, MappedOrder, Unmappable
from oms.channels.take import in_our_words, new_order
from oms.kernel import money
from oms.kernel.errors import Invalid, Malformed, TooLarge
from oms.kernel.ids import LineId, NodeId, Sku
from oms.orders.capture import NewOrder
from oms.orders.content import ChannelState, Content, Line, PaymentTerms, own_totals
from oms.orders.contract_words import (
    MOST_LINES,
    CurrencyCode,
    Quantity,
    ShortName,
    Word,
)
from oms.orders.contracts import Address, Customer, Money
from oms.orders.import_orders import PastOrder, PastShipment, Reader, Unfit
from oms.platform.validation import read

MOST_ORDERS = 500
LONGEST = 5 * 1024 * 1024
_TERMS = {
    "paid": PaymentTerms.PAID_IN_CHANNEL,
    "unpaid": PaymentTerms.UNPAID_IN_CHANNEL,
    "on_account": PaymentTerms.ON_ACCOUNT,
}
_STATES = {
    "closed": ChannelState.FULFILLED,
    "cancelled": ChannelState.CANCELLED,
    "open": ChannelState.OPEN,
}


class _Body(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class ImportBody(_Body):
    """`orders` are the channel's own documents, as its webhook or API has them; with the format
    `oms` they are of our own shape (`PastOrderBody`). Open ones are refused, or skipped."""

    channel: ShortName
    account: ShortName = "default"
    format: Literal["channel", "oms"] = "channel"
    open: Literal["refuse", "skip"] = "refuse"
    orders: Annotated[list[dict[str, Any]], Field(min_length=1, max_length=MOST_ORDERS)]


class PastLine(_Body):
    """`discount` and `tax` are for the whole line."""

    sku: Word = ""
    title: Word = ""
    external_id: Word = ""
    quantity: Quantity
    unit_price: Money
    discount: Money | None = None
    tax: Money | None = None
    needs_shipping: bool = True

    def to_domain(self, number: int, nothing: money.Money) -> Line:
        return Line(
            line_id=LineId(f"L{number}"),
            sku=Sku(self.sku),
            title=self.title,
            quantity=self.quantity,
            unit_price=self.unit_price.to_domain(),
            discount=self.discount.to_domain() if self.discount else nothing,
            tax=self.tax.to_domain() if self.tax else nothing,
            external_id=self.external_id,
            needs_shipping=self.needs_shipping,
        )


class PastUnits(_Body):
    """Units of the `line`, counted from 1, that were in a parcel."""

    line: Annotated[int, Field(ge=1, le=MOST_LINES)]
    quantity: Quantity


class PastParcel(_Body):
    node: Word = ""
    carrier: Word = ""
    tracking_number: Word = ""
    shipped_at: AwareDatetime
    lines: Annotated[list[PastUnits], Field(min_length=1, max_length=MOST_LINES)]

    def to_domain(self) -> PastShipment:
        units = tuple((LineId(f"L{each.line}"), each.quantity) for each in self.lines)
        return PastShipment(
            NodeId(self.node), self.carrier, self.tracking_number, self.shipped_at, units
        )


class PastRefund(_Body):
    amount: Money
    at: AwareDatetime | None = None


class PastOrderBody(_Body):
    """`total` is what the customer was asked for; left out, it is what the parts add up to."""

    external_id: ShortName
    number: Word = ""
    status: Literal["closed", "cancelled", "open"]
    placed_at: AwareDatetime
    currency: CurrencyCode
    customer: Customer
    shipping_address: Address | None = None
    billing_address: Address | None = None
    lines: Annotated[list[PastLine], Field(min_length=1, max_length=MOST_LINES)]
    shipping: Money | None = None
    shipping_tax: Money | None = None
    total: Money | None = None
    payment: Literal["paid", "unpaid", "on_account"] = "paid"
    shipments: Annotated[list[PastParcel], Field(max_length=100)] = []
    refunds: Annotated[list[PastRefund], Field(max_length=100)] = []

    def to_domain(self) -> Content:
        nothing = money.Money.zero(self.currency)
        lines = tuple(line.to_domain(n, nothing) for n, line in enumerate(self.lines, start=1))
        shipping = self.shipping.to_domain() if self.shipping else nothing
        ours = own_totals(lines, shipping, None)
        tax = self.shipping_tax.to_domain() if self.shipping_tax else nothing
        ours = replace(ours, tax=ours.tax + tax, total=ours.total + tax)
        told = self.total.to_domain() if self.total else ours.total
        return Content(
            lines=lines,
            customer=self.customer.to_domain(),
            shipping_address=self.shipping_address.to_domain() if self.shipping_address else None,
            billing_address=self.billing_address.to_domain() if self.billing_address else None,
            totals=replace(ours, channel_total=told),
            terms=_TERMS[self.payment],
            channel_state=_STATES[self.status],
            placed_at=self.placed_at.astimezone(UTC),
        )

    @property
    def refunded_minor(self) -> int:
        return sum(refund.amount.amount_minor for refund in self.refunds)


# --- reading one order ---------------------------------------------------------------


def channel_reader(
    account: ChannelAccount, map_order: Callable[[Any, ChannelAccount], MappedOrder]
) -> Reader:
    """For documents as the channel of `account` writes them."""

    def read_document(given: Any) -> PastOrder:
        try:
            mapped = in_our_words(map_order(given, account), account)
        except Unmappable as problem:
            raise Unfit(problem.code, problem.pointer, str(problem)) from None
        return PastOrder(new_order(mapped, account), document(given))

    return read_document


def own_reader(channel: str, account: str) -> Reader:
    """For orders of our own shape."""

    def read_document(given: Any) -> PastOrder:
        raw = document(given)
        try:
            body = read(PastOrderBody, raw)
        except Invalid as problem:
            first = problem.errors[0]
            raise Unfit(first.code, first.pointer, first.detail) from None
        except (Malformed, TooLarge) as problem:
            raise Unfit(problem.code, "", str(problem)) from None
        if impossible := next(_impossible(body), None):
            raise impossible
        return _past(body, channel, account, raw)

    return read_document


def _past(body: PastOrderBody, channel: str, account: str, raw: bytes) -> PastOrder:
    new = NewOrder(
        channel=channel,
        account=account,
        external_id=body.external_id,
        number=body.number,
        currency=body.currency,
        content=body.to_domain(),
        refunded_minor=body.refunded_minor,
    )
    return PastOrder(new, raw, tuple(each.to_domain() for each in body.shipments))


def _impossible(body: PastOrderBody) -> Iterator[Unfit]:
    for pointer, amount in _amounts(body):
        if amount.currency != body.currency:
            detail = "not the currency of the order"
            yield Unfit("currency-mismatch", f"{pointer}/currency", detail)
    left = Counter({n: line.quantity for n, line in enumerate(body.lines, start=1)})
    for at, parcel in enumerate(body.shipments):
        for row, units in enumerate(parcel.lines):
            left[units.line] -= units.quantity
            if left[units.line] < 0:
                pointer = f"/shipments/{at}/lines/{row}/quantity"
                yield Unfit("too-many-units", pointer, "more than the line has")


def _amounts(body: PastOrderBody) -> Iterator[tuple[str, Money]]:
    for n, line in enumerate(body.lines):
        for name in ("unit_price", "discount", "tax"):
            if amount := getattr(line, name):
                yield f"/lines/{n}/{name}", amount
    for n, refund in enumerate(body.refunds):
        yield f"/refunds/{n}/amount", refund.amount
    for name in ("shipping", "shipping_tax", "total"):
        if amount := getattr(body, name):
            yield f"/{name}", amount
