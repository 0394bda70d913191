"""What a Walmart order line costs, and what was given back of it.

A charge is for the whole line, of a type (PRODUCT, SHIPPING, DISCOUNT, FEE), with a tax of its
own. Amounts are JSON numbers, and negative where money goes back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from oms.channels.reading import Reading
from oms.kernel.money import Money, total

PRODUCT, SHIPPING, DISCOUNT = "PRODUCT", "SHIPPING", "DISCOUNT"


@dataclass(frozen=True, slots=True)
class Charge:
    kind: str
    name: str
    amount: Money
    tax: Money

    @property
    def currency(self) -> str:
        return self.amount.currency


def several(of: Reading, key: str) -> tuple[Reading, ...]:
    """A collection, of which a single element may stand there without its list."""
    only = of.at(key)
    return (only,) if only and isinstance(only.value, dict) else of.each(key)


def charges(line: Reading) -> tuple[Charge, ...]:
    """Raises Unmappable."""
    return tuple(_charge(each) for each in several(line.at("charges"), "charge"))


def refunds(line: Reading) -> tuple[Reading, ...]:
    return several(line, "refund")


def given_back(line: Reading) -> Iterator[Charge]:
    """The charges that were refunded, as Walmart signs them. Raises Unmappable."""
    for refund in refunds(line):
        for each in several(refund.at("refundCharges"), "refundCharge"):
            yield _charge(each.at("charge"))


def refunded(lines: Iterable[Reading], currency: str) -> Money:
    """All that was given back, tax included. Raises Unmappable."""
    back = (charge for line in lines for charge in given_back(line))
    own = (charge for charge in back if charge.currency == currency)
    return total((absolute(each.amount) + absolute(each.tax) for each in own), currency)


def absolute(amount: Money) -> Money:
    return Money(abs(amount.amount_minor), amount.currency)


def _charge(charge: Reading) -> Charge:
    kind = charge.text("chargeType", 40)
    amount = _amount(charge.at("chargeAmount"))
    return Charge(kind, charge.text("chargeName") or kind, amount, _tax(charge, amount.currency))


def _amount(given: Reading) -> Money:
    currency = given.currency("currency")
    given.at("amount").required()
    return given.amount("amount", currency)


def _tax(charge: Reading, currency: str) -> Money:
    tax = charge.at("tax", "taxAmount")
    if tax.at("currency").value not in (None, currency):
        raise tax.at("currency").fail("currency-mismatch", "not the currency of its charge")
    return tax.amount("amount", currency)
