"""What was bought, from a Square order: lines, service charges, tips and rounding.

Money is whole minor units. A line's gross sales hold its modifiers, and its tax where that is
INCLUSIVE; discounts and taxes of the order are already shared out to the lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from oms.channels.drafts import Draft, charge
from oms.channels.reading import MOST_LINES, Reading
from oms.kernel.money import Money, total

_ID = re.compile(r"[A-Za-z0-9_\-:=]{1,192}", re.ASCII)
_QUANTITY = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,5})?", re.ASCII)
_LARGEST_AMOUNT = 10**15
_GOODS = ("", "ITEM")


def identifier(of: Reading, key: str) -> str:
    """Letters, digits and a few marks. Raises Unmappable."""
    field = of.at(key).required()
    if isinstance(field.value, bool) or not isinstance(field.value, str | int):
        raise field.fail("wrong-type", "an id is text")
    if not isinstance(field.value, str) or not is_id(field.value):
        raise field.fail("invalid-id", "not an id of Square's")
    return field.value


def is_id(text: str) -> bool:
    return bool(_ID.fullmatch(text))


def money(of: Reading, key: str, currency: str) -> Money:
    """`{"amount": minor units, "currency"}`; zero when there is none. Raises Unmappable."""
    given = of.at(key)
    amount = given.at("amount")
    if amount.value is None:
        return Money.zero(currency)
    if given.at("currency").value not in (None, currency):
        raise given.at("currency").fail("currency-mismatch", "not the currency of the order")
    if isinstance(amount.value, bool) or not isinstance(amount.value, int):
        raise amount.fail("invalid-amount", "an amount is a whole number of minor units")
    if abs(amount.value) > _LARGEST_AMOUNT:
        raise amount.fail("invalid-amount", "an amount is out of range")
    return Money(amount.value, currency)


def bought(order: Reading, skus: Reading, currency: str) -> tuple[Draft, ...]:
    """Raises Unmappable."""
    lines = order.each("line_items")
    if not lines and order.each("returns"):
        raise order.at("returns").fail("return-order", "goods that came back, of another order")
    if not 0 < len(lines) <= MOST_LINES:
        raise order.at("line_items").fail("invalid-lines", f"1 to {MOST_LINES} lines are needed")
    contained = _contained_taxes(order)
    goods = (_line(line, skus, currency, contained) for line in lines)
    return (*goods, *_charges(order, currency))


def _contained_taxes(order: Reading) -> frozenset[str]:
    taxes = order.each("taxes")
    return frozenset(tax.text("uid") for tax in taxes if tax.text("type", 40) == "INCLUSIVE")


def _line(line: Reading, skus: Reading, currency: str, contained: frozenset[str]) -> Draft:
    quantity = _units(line)
    price = _gross(line, quantity, currency) - _contained_tax(line, currency, contained)
    if price.amount_minor < 0:
        raise line.fail("invalid-amount", "a price below zero")
    variation = line.text("catalog_object_id", 192)
    return Draft(
        sku=skus.text(variation, 100) if variation else "",
        title=_title(line),
        quantity=quantity,
        price=price,
        discount=money(line, "total_discount_money", currency),
        tax=money(line, "total_tax_money", currency),
        external_id=identifier(line, "uid"),
        needs_shipping=is_goods(line),
    )


def is_goods(line: Reading) -> bool:
    """Amounts keyed in by hand and gift cards are nothing to send."""
    return line.text("item_type", 40) in _GOODS


def _title(line: Reading) -> str:
    variation = line.text("variation_name")
    return " - ".join(filter(None, (line.text("name"), variation)))


def _units(line: Reading) -> int:
    """A decimal in text: a fraction is goods by weight or length."""
    field = line.at("quantity")
    if not isinstance(field.value, str) or not _QUANTITY.fullmatch(field.value):
        raise field.fail("invalid-quantity", "a quantity is a decimal in text")
    return Reading({"quantity": Decimal(field.value)}, line.pointer).units("quantity", least=1)


def _gross(line: Reading, quantity: int, currency: str) -> Money:
    """Older answers have the unit's price only."""
    line.at("base_price_money", "amount").required()
    unit = money(line, "base_price_money", currency)
    if unit.amount_minor < 0:
        raise line.at("base_price_money").fail("invalid-amount", "a price below zero")
    if line.at("gross_sales_money").value is None:
        return unit * quantity
    return money(line, "gross_sales_money", currency)


def _contained_tax(line: Reading, currency: str, contained: frozenset[str]) -> Money:
    applied = line.each("applied_taxes")
    return total(
        (money(t, "applied_money", currency) for t in applied if t.text("tax_uid") in contained),
        currency,
    )


def _charges(order: Reading, currency: str) -> Iterator[Draft]:
    for each in order.each("service_charges"):
        tax = money(each, "total_tax_money", currency)
        amount = _charged(each, currency) - tax
        yield charge(each.text("name") or "Service charge", amount, tax, each.text("uid", 192))
    nothing = Money.zero(currency)
    tip = money(order, "total_tip_money", currency)
    rounding = money(order.at("rounding_adjustment"), "amount_money", currency)
    for title, amount in (("Tip", tip), ("Rounding", rounding)):
        if amount:
            yield charge(title, amount, nothing)


def _charged(service: Reading, currency: str) -> Money:
    """With its tax, where the whole is told."""
    if service.at("total_money").value is not None:
        return money(service, "total_money", currency)
    return money(service, "applied_money", currency) + money(service, "total_tax_money", currency)
