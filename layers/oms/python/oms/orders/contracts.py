"""Bodies of `POST /orders` and of its corrections, checked before anybody believes them.

Strict: no field that we do not know, no "1" for 1, no `true` for a quantity. What is wrong is
told as one `FieldError` per cause with a stable code and a JSON pointer, in the order of the
fields. Whether a SKU exists is asked later; this needs no look at any table.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from oms.inventory.waiting import HIGHEST_PRIORITY, NORMAL_PRIORITY
from oms.kernel import address, money
from oms.kernel.errors import FieldError, Invalid
from oms.kernel.ids import LineId, Sku
from oms.orders.content import Content, Line, PaymentTerms, own_totals
from oms.orders.contract_words import (
    MOST_DAYS,
    MOST_LINES,
    MOST_PER_ORDER,
    OUR_CODES,
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

_MOST_ERRORS = 100


# --- bodies --------------------------------------------------------------------------


class _Body(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class Money(_Body):
    amount_minor: AmountMinor
    currency: CurrencyCode

    def to_domain(self) -> money.Money:
        return money.Money(self.amount_minor, self.currency)


class Customer(_Body):
    """Somebody who can be reached: by e-mail, by phone, or both."""

    name: Name
    email: Email | None = None
    phone: Phone | None = None

    def to_domain(self) -> address.Customer:
        return address.Customer(self.name, self.email or "", self.phone or "")


class Address(_Body):
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


class OrderLine(_Body):
    """`discount` and `tax` are for the whole line. Before the day `reserve_after` the order
    locks no stock."""

    sku: SkuText
    quantity: Quantity
    unit_price: Money
    title: Word = ""
    discount: Money | None = None
    tax: Money | None = None
    reserve_after: Day | None = None

    def to_domain(self, number: int, nothing: money.Money) -> Line:
        return Line(
            line_id=LineId(f"L{number}"),
            sku=Sku(self.sku),
            title=self.title,
            quantity=self.quantity,
            unit_price=self.unit_price.to_domain(),
            discount=self.discount.to_domain() if self.discount else nothing,
            tax=self.tax.to_domain() if self.tax else nothing,
            reserve_after=self.reserve_after or "",
        )


class Payment(_Body):
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
    note: str = ""


class OrderBody(_Body):
    """`ship_complete`: everything in one parcel. `priority`: its rank where orders wait for stock,
    9 is served first. `fresh_days`: how long goods that expire must keep at least."""

    external_id: ShortName | None = None
    currency: CurrencyCode
    customer: Customer
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

    def to_domain(self) -> NewOrder:
        nothing = money.Money.zero(self.currency)
        lines = tuple(line.to_domain(n, nothing) for n, line in enumerate(self.lines, start=1))
        by_card = self.payment is not None and self.payment.method == "card"
        content = Content(
            lines=lines,
            customer=self.customer.to_domain(),
            shipping_address=_to_domain(self.shipping_address),
            billing_address=_to_domain(self.billing_address),
            totals=own_totals(lines, self.shipping.to_domain() if self.shipping else nothing, None),
            terms=PaymentTerms.CARD if by_card else PaymentTerms.ON_ACCOUNT,
            payment_method=(self.payment and self.payment.payment_method) or "",
            ship_complete=self.ship_complete,
            priority=self.priority,
            fresh_days=self.fresh_days,
        )
        return NewOrder(
            external_id=self.external_id or "",
            currency=self.currency,
            content=content,
            reservation_id=self.reservation_id or "",
            note=self.note or "",
        )


class AddressFix(_Body):
    shipping_address: Address


class ContactFix(_Body):
    customer: Customer


# --- parsing -------------------------------------------------------------------------

_B = TypeVar("_B", bound=_Body)


def parse_order(data: Any) -> NewOrder:
    """The body of `POST /orders`, as `gate.parse` gave it. Raises Invalid, nothing else."""
    body = _parsed(OrderBody, data)
    _raise(tuple(_mismatches(body)))
    order = body.to_domain()
    _raise(tuple(_impossible(order.content)))
    return order


def parse_address_fix(data: Any) -> address.Address:
    """The body of `fix-address`: `{"shipping_address": {...}}`. Raises Invalid."""
    return _parsed(AddressFix, data).shipping_address.to_domain()


def parse_contact_fix(data: Any) -> address.Customer:
    """The body of `fix-contact`: `{"customer": {...}}`. Raises Invalid."""
    fix = _parsed(ContactFix, data)
    _raise(tuple(_unreachable(fix.customer)))
    return fix.customer.to_domain()


def _parsed(body: type[_B], data: Any) -> _B:
    try:
        return body.model_validate(data)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
    _raise([_told(each) for each in found[:_MOST_ERRORS]])
    raise AssertionError("a ValidationError without errors")


def _raise(errors: Sequence[FieldError]) -> None:
    if errors:
        raise Invalid("the order cannot be taken as it is", errors[:_MOST_ERRORS])


# --- causes --------------------------------------------------------------------------

# Whatever is wrong with these fields has one name, but for their absence.
_CODE_OF_FIELD = {"quantity": "invalid-quantity", "amount_minor": "invalid-amount"}
_CODE_OF_LINES = {"too_short": "no-lines", "too_long": "too-many-lines"}
_CODE_OF_TYPE = {
    "missing": "missing-field",
    "extra_forbidden": "unknown-field",
    "string_too_long": "too-long",
    "literal_error": "unknown-value",
    "too_long": "too-long",
    "string_unicode": "control-character",  # half a character
}


def _told(error: ErrorDetails) -> FieldError:
    kind, loc = error["type"], error["loc"]
    code = _CODE_OF_TYPE.get(kind) or (kind if kind in OUR_CODES else "wrong-type")
    if loc == ("lines",):
        code = _CODE_OF_LINES.get(kind, code)
    if kind != "missing" and loc:
        code = _CODE_OF_FIELD.get(str(loc[-1]), code)
    return FieldError("".join(f"/{_escaped(str(part))}" for part in loc), code, error["msg"])


def _escaped(part: str) -> str:
    """RFC 6901; cut, as a field that we do not know has a name of any length."""
    return part[:100].replace("~", "~0").replace("/", "~1")


def _unreachable(customer: Customer) -> Iterator[FieldError]:
    if not customer.email and not customer.phone:
        yield FieldError("/customer/email", "missing-field", "an e-mail address or a phone number")


def _mismatches(body: OrderBody) -> Iterator[FieldError]:
    yield from _unreachable(body.customer)
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
