"""The part of a mapping that says where an order's fields stand, and what its words mean."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from oms.channels.generic.words import Part, PathText, ShortText, Source, WholePath, refused
from oms.orders.content import ChannelState, PaymentTerms

Flag = bool | PathText

_PAID = {
    "paid": PaymentTerms.PAID_IN_CHANNEL,
    "authorized": PaymentTerms.AUTHORIZED_IN_CHANNEL,
    "unpaid": PaymentTerms.UNPAID_IN_CHANNEL,
}
_STATES = {
    "open": ChannelState.OPEN,
    "cancelled": ChannelState.CANCELLED,
    "fulfilled": ChannelState.FULFILLED,
    "test": ChannelState.TEST,
    "elsewhere": ChannelState.ELSEWHERE,
}
PaidWord = Literal["paid", "authorized", "unpaid"]
StateWord = Literal["open", "cancelled", "fulfilled", "test", "elsewhere"]


class Lines(Part):
    """The lines stand at `at`; the other paths begin at a line.

    Price of a unit, or of the whole line; what was taken off the whole line, or what is left to
    pay of it; the tax on the whole line. `ordered` is for shops that count `quantity` down: lines
    without a unit are left out, and an order without a line is cancelled.
    """

    at: PathText
    id: PathText
    sku: PathText
    title: Source | None = None
    quantity: PathText
    ordered: PathText | None = None
    unit_price: PathText | None = None
    price: PathText | None = None
    discount: PathText | None = None
    paid: PathText | None = None
    tax: PathText | None = None
    currency: PathText | None = None
    needs_shipping: Flag = True

    @model_validator(mode="after")
    def _has_one_price(self) -> Lines:
        if (self.unit_price is None) == (self.price is None):
            raise refused("one-of", "unit_price or price is needed, not both")
        if self.discount is not None and self.paid is not None:
            raise refused("one-of", "discount or paid, not both")
        return self


class Shipping(Part):
    """`amount` is what the customer pays for it; with `tax` in it where the lines have theirs."""

    amount: PathText
    tax: PathText | None = None


class Charge(Part):
    """A tip, a fee, a gift wrap: one amount, or with `each` one for every element of a list."""

    title: Source
    amount: PathText
    tax: PathText | None = None
    each: PathText | None = None
    currency: PathText | None = None


class Person(Part):
    name: Source | None = None
    email: Source | None = None
    phone: Source | None = None


class Postal(Part):
    """`at` is where the address stands; `lines` and the sources begin there."""

    at: WholePath
    name: Source | None = None
    company: Source | None = None
    lines: Annotated[list[PathText], Field(max_length=6)]
    city: Source
    region: Source | None = None
    postal_code: Source | None = None
    country: Source
    phone: Source | None = None


class Payment(Part):
    """What the words at `at` say of the money. Without `at`, `otherwise` is always so."""

    at: PathText | None = None
    words: dict[ShortText, PaidWord] = Field(default_factory=dict, max_length=50)
    otherwise: PaidWord = "unpaid"

    def terms(self, word: str) -> PaymentTerms:
        return _PAID[self.words.get(word, self.otherwise)]


class State(Part):
    """What the words at `at` say already happened to the order."""

    at: PathText
    words: dict[ShortText, StateWord] = Field(max_length=50)
    otherwise: StateWord = "open"

    def state(self, word: str) -> ChannelState:
        return _STATES[self.words.get(word, self.otherwise)]


class OrderTerms(Part):
    """Paths begin at `root`, where the order stands in the message.

    `discount` and `tax` are for the whole order, where the lines have none of their own: they are
    shared by price. `refunded` is all that was given back until then. `tax_by_channel` is what a
    marketplace collects and pays to the state itself.
    """

    root: WholePath = ()
    id: PathText
    number: Source | None = None
    placed_at: PathText | None = None
    version_at: PathText | None = None
    currency: Source
    tax_included: Flag = False
    lines: Lines
    shipping: Shipping | None = None
    charges: list[Charge] = Field(default_factory=list, max_length=20)
    discount: PathText | None = None
    tax: PathText | None = None
    total: PathText
    refunded: PathText | None = None
    tax_by_channel: PathText | None = None
    customer: Person = Person()
    shipping_address: Postal | None = None
    billing_address: Postal | None = None
    payment: Payment = Payment()
    state: State | None = None
    test: Flag = False
