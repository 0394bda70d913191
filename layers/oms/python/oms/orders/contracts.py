"""Bodies of `POST /orders` and of its corrections, checked before anybody believes them.

Strict: no field that we do not know, no "1" for 1, no `true` for a quantity. What is wrong is
told as one `FieldError` per cause with a stable code and a JSON pointer, in the order of the
fields. Whether a SKU exists is asked later; this needs no look at any table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field

from oms.inventory.waiting import HIGHEST_PRIORITY, NORMAL_PRIORITY
from oms.kernel import address, money
from oms.kernel.errors import FieldError, Invalid, NotFound
from oms.kernel.ids import LineId, Sku
from oms.orders.buyers import Buyer
from oms.orders.content import ChannelState, Content, Line, PaymentTerms, own_totals
from oms.orders.contract_words import (
    MOST_DAYS,
    MOST_LINES,
    MOST_PER_ORDER,
    AmountMinor,
    CountryCode,
    CurrencyCode,
    Day,
    Email,
    Name,
    Note,
    Phone,
    Quantity,
    ShortName,
    SkuText,
    Word,
)
from oms.orders.own_channels import OwnChannel, problems, problems_of_buyer
from oms.orders.strict_body import MOST_ERRORS, StrictBody, parsed, refuse

# --- bodies --------------------------------------------------------------------------


class Money(StrictBody):
    amount_minor: AmountMinor
    currency: CurrencyCode

    def to_domain(self) -> money.Money:
        return money.Money(self.amount_minor, self.currency)


class Customer(StrictBody):
    """Somebody who can be reached: by e-mail, by phone, or both."""

    name: Name
    email: Email | None = None
    phone: Phone | None = None

    @property
    def is_reachable(self) -> bool:
        return bool(self.email or self.phone)

    def to_domain(self) -> address.Customer:
        return address.Customer(self.name, self.email or "", self.phone or "")


class Address(StrictBody):
    """Whether a parcel would arrive there is asked later, and makes a hold, not a refusal."""

    name: Word = ""
    company: Word = ""
    lines: Annotated[list[Word], Field(max_length=5)]
    city: Word
    region: Word = ""
    postal_code: Annotated[Word, Field(max_length=20)] = ""
    country: CountryCode
    phone: Phone | None = None

    def to_domain(self) -> address.Address:
        return address.Address(
            name=self.name,
            lines=tuple(filter(None, self.lines)),
            city=self.city,
            region=self.region,
            postal_code=self.postal_code,
            country=self.country,
            company=self.company,
            phone=self.phone or "",
        )


def _to_domain(given: Address | None) -> address.Address | None:
    return given.to_domain() if given else None


class OrderLine(StrictBody):
    """`discount` and `tax` are for the whole line. Before the day `reserve_after` the order
    locks no stock. A business buyer's line without `unit_price` has that of its price list."""

    sku: SkuText
    quantity: Quantity
    unit_price: Money | None = None
    title: Word = ""
    discount: Money | None = None
    tax: Money | None = None
    reserve_after: Day | None = None

    def to_domain(self, number: int, nothing: money.Money, buyer: Buyer | None) -> Line:
        listed = money.Money(buyer.prices.get(self.sku, 0), buyer.currency) if buyer else nothing
        return Line(
            line_id=LineId(f"L{number}"),
            sku=Sku(self.sku),
            title=self.title,
            quantity=self.quantity,
            unit_price=self.unit_price.to_domain() if self.unit_price else listed,
            discount=self.discount.to_domain() if self.discount else nothing,
            tax=self.tax.to_domain() if self.tax else nothing,
            reserve_after=self.reserve_after or "",
        )


class Payment(StrictBody):
    """By card (`payment_method` is the provider's `pm_...`), or on account: an invoice."""

    method: Literal["card", "on_account"]
    payment_method: Annotated[Word, Field(max_length=255)] | None = None


@dataclass(frozen=True, slots=True)
class NewOrder:
    """What `POST /orders` asks for, in our own words. Empty: not given."""

    external_id: str
    currency: str
    content: Content
    reservation_id: str = ""
    channel: str = OwnChannel.API.value
    account: str = "default"


class OrderBody(StrictBody):
    """`ship_complete`: everything in one parcel. `priority`: its rank where orders wait for stock,
    9 is served first. `fresh_days`: how long goods that expire must keep at least.

    `channel` is where it was sold. A `b2b` order names its buyer and the buyer's PO, the same PO
    once; it is on account, on the buyer's terms. A `pos` order with `handed_over_at`, the node of
    the store, has left with its customer and is paid.
    """

    channel: Annotated[OwnChannel, Field(strict=False)] = OwnChannel.API
    external_id: ShortName | None = None
    currency: CurrencyCode
    customer: Customer | None = None
    shipping_address: Address | None = None
    billing_address: Address | None = None
    lines: Annotated[list[OrderLine], Field(min_length=1, max_length=MOST_LINES)]
    shipping: Money | None = None
    payment: Payment | None = None
    reservation_id: ShortName | None = None
    note: Note | None = None
    ship_complete: bool = False
    priority: Annotated[int, Field(ge=0, le=HIGHEST_PRIORITY)] = NORMAL_PRIORITY
    fresh_days: Annotated[int, Field(ge=0, le=MOST_DAYS)] = 0
    handed_over_at: ShortName | None = None
    buyer_id: ShortName | None = None
    po_number: ShortName | None = None
    requested_ship_date: Day | None = None
    cost_centre: ShortName | None = None

    def to_domain(self, buyer: Buyer | None = None) -> NewOrder:
        return NewOrder(
            external_id=self.po_number or self.external_id or "",
            currency=self.currency,
            content=self._content(buyer),
            reservation_id=self.reservation_id or "",
            channel=self.channel.value,
            account=buyer.buyer_id if buyer else "default",
        )

    def _content(self, buyer: Buyer | None) -> Content:
        nothing = money.Money.zero(self.currency)
        lines = tuple(e.to_domain(n, nothing, buyer) for n, e in enumerate(self.lines, start=1))
        named = address.Customer(buyer.name if buyer else "", "")
        over = bool(self.handed_over_at)
        return Content(
            lines=lines,
            customer=self.customer.to_domain() if self.customer else named,
            shipping_address=_to_domain(self.shipping_address),
            billing_address=_to_domain(self.billing_address)
            or (buyer.billing_address if buyer else None),
            totals=own_totals(lines, self.shipping.to_domain() if self.shipping else nothing, None),
            terms=PaymentTerms.PAID_IN_CHANNEL if over else self._terms,
            payment_method=(self.payment and self.payment.payment_method) or "",
            channel_state=ChannelState.HANDED_OVER if over else ChannelState.OPEN,
            ship_complete=self.ship_complete,
            priority=self.priority,
            fresh_days=self.fresh_days,
            handed_over_at=self.handed_over_at or "",
            buyer_id=self.buyer_id or "",
            po_number=self.po_number or "",
            invoice_terms=buyer.invoice_terms if buyer else "",
            requested_ship_date=self.requested_ship_date or "",
            cost_centre=self.cost_centre or "",
            note=self.note or "",
        )

    @property
    def _terms(self) -> PaymentTerms:
        by_card = self.payment is not None and self.payment.method == "card"
        return PaymentTerms.CARD if by_card else PaymentTerms.ON_ACCOUNT


class AddressFix(StrictBody):
    shipping_address: Address


class ContactFix(StrictBody):
    customer: Customer


# --- parsing -------------------------------------------------------------------------

BuyerOf = Callable[[str], Buyer]


def _no_buyers(buyer_id: str) -> Buyer:
    raise NotFound(f"there is no buyer {buyer_id}")


def parse_order(data: Any, buyer_of: BuyerOf = _no_buyers) -> NewOrder:
    """The body of `POST /orders`, as `gate.parse` gave it. Raises Invalid, nothing else.

    `buyer_of` gives a business buyer's account; it raises NotFound.
    """
    body = parsed(OrderBody, data)
    refuse(tuple(_mismatches(body)))
    buyer = _buyer(body, buyer_of) if body.buyer_id else None
    order = body.to_domain(buyer)
    refuse(tuple(_impossible(order.content)))
    return order


def _buyer(body: OrderBody, buyer_of: BuyerOf) -> Buyer:
    try:
        buyer = buyer_of(body.buyer_id or "")
    except NotFound:
        unknown = FieldError("/buyer_id", "unknown-buyer", "no buyer has this id")
        raise Invalid("there is no such buyer", [unknown], "unknown-buyer") from None
    if errors := tuple(problems_of_buyer(body, buyer)):
        first = errors[0].code if errors[0].code in _CODES_OF_BUYERS else None
        raise Invalid("the buyer's account does not allow it", errors[:MOST_ERRORS], first)
    return buyer


_CODES_OF_BUYERS = ("buyer-blocked", "no-price")


def parse_address_fix(data: Any) -> address.Address:
    """The body of `fix-address`: `{"shipping_address": {...}}`. Raises Invalid."""
    return parsed(AddressFix, data).shipping_address.to_domain()


def parse_contact_fix(data: Any) -> address.Customer:
    """The body of `fix-contact`: `{"customer": {...}}`. Raises Invalid."""
    fix = parsed(ContactFix, data)
    if not fix.customer.is_reachable:
        detail = "an e-mail address or a phone number"
        refuse([FieldError("/customer/email", "missing-field", detail)])
    return fix.customer.to_domain()


# --- causes --------------------------------------------------------------------------


def _mismatches(body: OrderBody) -> Iterator[FieldError]:
    yield from problems(body)
    for pointer, amount in _amounts(body):
        if amount.currency != body.currency:
            detail = "not the currency of the order"
            yield FieldError(f"{pointer}/currency", "currency-mismatch", detail)
    method = body.payment.payment_method if body.payment else None
    by_card = body.payment is not None and body.payment.method == "card"
    if by_card != bool(method and method.startswith("pm_")) or (method and not by_card):
        detail = "a card needs the provider's pm_..., an account nothing"
        yield FieldError("/payment/payment_method", "invalid-payment-method", detail)


def _amounts(body: OrderBody) -> Iterator[tuple[str, Money]]:
    for n, line in enumerate(body.lines):
        for name in ("unit_price", "discount", "tax"):
            if amount := getattr(line, name):
                yield f"/lines/{n}/{name}", amount
    if body.shipping:
        yield "/shipping", body.shipping


def _impossible(content: Content) -> Iterator[FieldError]:
    for n, line in enumerate(content.lines):
        if line.discount > line.unit_price * line.quantity:
            detail = "more than the line costs"
            yield FieldError(f"/lines/{n}/discount", "discount-too-large", detail)
    if content.totals.total.amount_minor > MOST_PER_ORDER:
        yield FieldError("/lines", "total-too-large", "the order costs more than we can book")
