"""What was bought: lines, charges beside them and shipping, by the mapping's paths."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from oms.channels.drafts import Draft, charge, with_spread_tax
from oms.channels.generic.fields import Fields
from oms.channels.generic.order_terms import Charge, Lines, OrderTerms
from oms.channels.reading import MOST_LINES, Reading
from oms.kernel.money import CURRENCIES, Money, allocate
from oms.orders.content import Apart


@dataclass(frozen=True, slots=True)
class Bought:
    """`shipping` is without `shipping_tax`; `apart` are charges in other currencies.
    `all_removed`: no unit of the order is left."""

    drafts: tuple[Draft, ...]
    shipping: Money
    shipping_tax: Money
    apart: tuple[Apart, ...]
    all_removed: bool = False


def bought(order: Fields, terms: OrderTerms, currency: str) -> Bought:
    """Raises Unmappable."""
    included = order.flag(terms.tax_included)
    shipping, shipping_tax = _shipping(order, terms, currency, included)
    rows, all_removed = _rows(order, terms.lines)
    goods = _goods(order, rows, terms, currency)
    if included:
        goods = tuple(draft.without_contained_tax() for draft in goods)
    charges = tuple(_charges(order, terms, currency))
    own = tuple(_charge(each, included) for each in charges if isinstance(each, Draft))
    apart = tuple(each for each in charges if isinstance(each, Apart))
    return Bought((*goods, *own), shipping, shipping_tax, apart, all_removed)


def _rows(order: Fields, terms: Lines) -> tuple[list[Fields], bool]:
    """The lines that have units left; all of them, and True, when none has any."""
    lines = order.each(terms.at)
    if not 0 < len(lines) <= MOST_LINES:
        there = order.at(terms.at)
        raise there.fail("invalid-lines", f"1 to {MOST_LINES} lines are needed")
    rows = [order.below(line) for line in lines]
    if terms.ordered is None:
        return rows, False
    left = [row for row in rows if row.units(terms.quantity, least=0)]
    return left or rows, not left


def _goods(
    order: Fields, rows: Sequence[Fields], terms: OrderTerms, currency: str
) -> tuple[Draft, ...]:
    drafts = tuple(_line(row, terms.lines, currency) for row in rows)
    drafts = _less(drafts, order.amount(terms.discount, currency))
    tax = order.amount(terms.tax, currency)
    return with_spread_tax(drafts, tax) if tax else drafts


def _line(line: Fields, terms: Lines, currency: str) -> Draft:
    if terms.currency:
        _same_currency(line.at(terms.currency), currency)
    quantity = _quantity(line, terms)
    price = _price(line, terms, currency, quantity)
    return Draft(
        sku=line.text_at(terms.sku, 100),
        title=line.text(terms.title),
        quantity=quantity,
        price=price,
        discount=_discount(line, terms, price),
        tax=line.amount(terms.tax, currency),
        external_id=line.identifier(terms.id),
        needs_shipping=line.flag(terms.needs_shipping, default=True),
    )


def _quantity(line: Fields, terms: Lines) -> int:
    """What is left of it; of a line without any (the order is over) what was ordered."""
    if terms.ordered is None or line.units(terms.quantity, least=0):
        return line.units(terms.quantity, least=1)
    return line.units(terms.ordered, least=1)


def _discount(line: Fields, terms: Lines, price: Money) -> Money:
    if terms.paid is None:
        return line.amount(terms.discount, price.currency)
    if terms.ordered and not line.units(terms.quantity, least=0):
        return Money.zero(price.currency)  # nothing is left to pay, but nothing was taken off
    return price - line.amount(terms.paid, price.currency)


def _price(line: Fields, terms: Lines, currency: str, quantity: int) -> Money:
    """For the whole line."""
    path = terms.unit_price or terms.price
    assert path, "the mapping has one of them"
    field = line.at(path).required()
    price = line.amount(path, currency)
    if price.amount_minor < 0:
        raise field.fail("invalid-amount", "a price below zero")
    return price * quantity if terms.unit_price else price


def _same_currency(field: Reading, currency: str) -> None:
    told = field.value
    if told is not None and (not isinstance(told, str) or told.upper() != currency):
        raise field.fail("currency-mismatch", "not the currency of the order")


def _less(drafts: Sequence[Draft], discount: Money) -> tuple[Draft, ...]:
    """`discount` of the whole order, shared by what the lines cost. Some write it negative."""
    taken = -discount if discount.amount_minor < 0 else discount
    weights = [max(0, (each.price - each.discount).amount_minor) for each in drafts]
    shares = allocate(taken, weights)
    both = zip(drafts, shares, strict=True)
    return tuple(replace(draft, discount=draft.discount + share) for draft, share in both)


# --- beside the lines ----------------------------------------------------------------


def _shipping(
    order: Fields, terms: OrderTerms, currency: str, included: bool
) -> tuple[Money, Money]:
    if terms.shipping is None:
        return Money.zero(currency), Money.zero(currency)
    cost = order.amount(terms.shipping.amount, currency)
    tax = order.amount(terms.shipping.tax, currency)
    return (cost - tax if included else cost), tax


def _charges(order: Fields, terms: OrderTerms, currency: str) -> Iterator[Draft | Apart]:
    for each in terms.charges:
        for there in order.each(each.each) if each.each else (order.start,):
            made = _charged(order.below(there), each, currency)
            amount = made.price if isinstance(made, Draft) else made.amount
            if amount:
                yield made


def _charged(there: Fields, terms: Charge, currency: str) -> Draft | Apart:
    title = there.text(terms.title) or "Fee"
    own = there.word(terms.currency).upper() if terms.currency else ""
    if own in ("", currency):
        amount = there.amount(terms.amount, currency)
        return charge(title, amount, there.amount(terms.tax, currency))
    if own not in CURRENCIES:
        raise there.start.fail("unknown-currency", "not an ISO 4217 currency in use")
    return Apart(title, there.amount(terms.amount, own))


def _charge(draft: Draft, included: bool) -> Draft:
    return draft.without_contained_tax() if included else draft
