"""Amounts of one order that a channel may give in several currencies."""

from __future__ import annotations

from dataclasses import dataclass, field

from oms.channels.reading import Reading
from oms.kernel.money import Money
from oms.orders.content import Apart


@dataclass(frozen=True, slots=True)
class Amounts:
    """Reads amounts of an order in `currency`; those in another are put aside in `apart`.

    An amount is an object of two fields, named `code_key` and `amount_key`; a missing one is zero.
    """

    currency: str
    code_key: str
    amount_key: str
    apart: list[Apart] = field(default_factory=list)

    def read(self, amount: Reading, title: str) -> Money:
        if not amount:
            return Money.zero(self.currency)
        code = amount.currency(self.code_key)
        amount.at(self.amount_key).required()
        found = amount.amount(self.amount_key, code)
        if code == self.currency:
            return found
        self.apart.append(Apart(title, found))
        return Money.zero(self.currency)

    def price(self, amount: Reading, title: str) -> Money:
        found = self.read(amount, title)
        if found.amount_minor < 0:
            raise amount.at(self.amount_key).fail("invalid-amount", "a price below zero")
        return found
