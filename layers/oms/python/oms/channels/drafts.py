"""Lines on their way from a channel's arithmetic to ours.

A channel says what a whole line costs; ours has a unit price in whole minor units, without
tax. Where a price contains its tax, or a discount was folded in, the line does not divide:
25.00 for three is no unit price. The unit price is then rounded up, and the cent or two too
many stand in the discount, so every line still adds up to the channel's amount exactly.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from oms.kernel.ids import LineId, Sku
from oms.kernel.money import Money, allocate
from oms.orders.content import Line


@dataclass(frozen=True, slots=True)
class Draft:
    """`price` is for the whole line, before `discount` and without `tax`."""

    sku: str
    title: str
    quantity: int
    price: Money
    discount: Money
    tax: Money
    external_id: str
    needs_shipping: bool

    def split(self, first: int) -> tuple[Draft, Draft]:
        """The first units and the rest, the money shared between them to the last cent."""
        rest = self.quantity - first
        weights = (first, rest)
        prices, discounts, taxes = (
            allocate(amount, weights) for amount in (self.price, self.discount, self.tax)
        )
        return (
            replace(self, quantity=first, price=prices[0], discount=discounts[0], tax=taxes[0]),
            replace(self, quantity=rest, price=prices[1], discount=discounts[1], tax=taxes[1]),
        )

    def without_contained_tax(self) -> Draft:
        """For a `price` that was given with the tax in it."""
        return replace(self, price=self.price - self.tax)

    def to_line(self, line_id: LineId) -> Line:
        units = max(0, -(-self.price.amount_minor // self.quantity))
        unit_price = Money(units, self.price.currency)
        too_much = unit_price * self.quantity - self.price
        return Line(
            line_id=line_id,
            sku=Sku(self.sku),
            title=self.title,
            quantity=self.quantity,
            unit_price=unit_price,
            discount=self.discount + too_much,
            tax=self.tax,
            external_id=self.external_id,
            needs_shipping=self.needs_shipping,
        )


def charge(title: str, amount: Money, tax: Money, external_id: str = "") -> Draft:
    """A tip, a duty, a fee: money on the order that is no goods. A negative one is a discount."""
    nothing = Money.zero(amount.currency)
    return Draft("", title, 1, amount, nothing, tax, external_id, needs_shipping=False)


def with_spread_tax(drafts: Sequence[Draft], tax: Money) -> tuple[Draft, ...]:
    """`tax` of the whole order, shared by price. For channels that tax no line by itself."""
    shares = allocate(tax, [max(0, draft.price.amount_minor) for draft in drafts])
    return tuple(replace(draft, tax=share) for draft, share in zip(drafts, shares, strict=True))


def numbered(drafts: Iterable[Draft]) -> tuple[Line, ...]:
    """Lines with our own ids: one of the channel's lines can make two of ours."""
    return tuple(draft.to_line(LineId(f"L{n}")) for n, draft in enumerate(drafts, start=1))
