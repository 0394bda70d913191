"""What a Shopify order says was given back.

Money comes from the transactions of a refund: its lines say which goods, and what they cost
need not be what was paid for them.
"""

from __future__ import annotations

from collections.abc import Iterator

from oms.channels.reading import Reading
from oms.kernel.money import Money, total
from oms.orders.content import Apart


def refunded(order: Reading, currency: str) -> Money:
    """The sum in the order's own currency. Raises Unmappable."""
    own = (amount for amount in _given_back(order, currency) if amount.currency == currency)
    return total(own, currency)


def foreign_refunds(order: Reading, currency: str) -> tuple[Apart, ...]:
    """Refunds that are told in the customer's currency only. Raises Unmappable."""
    every = _given_back(order, currency)
    return tuple(Apart("Refund", amount) for amount in every if amount.currency != currency)


def _given_back(order: Reading, currency: str) -> Iterator[Money]:
    for refund in order.each("refunds"):
        for transaction in refund.each("transactions"):
            if transaction.text("kind") == "refund" and transaction.text("status") == "success":
                yield _amount(transaction, currency)


def _amount(transaction: Reading, currency: str) -> Money:
    paid_in = transaction.currency("currency") if transaction.at("currency") else currency
    in_shop = transaction.at("amount_set", "shop_money")
    if paid_in == currency or in_shop.at("currency_code").value != currency:
        return transaction.amount("amount", paid_in)
    return in_shop.amount("amount", currency)
