"""The money of a Square order: its tenders, and the payments behind them."""

from __future__ import annotations

from oms.channels.reading import Reading
from oms.channels.square.lines import money
from oms.kernel.money import Money, total
from oms.orders.content import PaymentTerms

_NOT_GIVEN = frozenset({"REJECTED", "FAILED"})


def terms(document: Reading, currency: str) -> PaymentTerms:
    """An order can be OPEN and paid. A payment that is only APPROVED is not yet taken."""
    order = document.at("order")
    if any(each.text("status", 40) == "APPROVED" for each in document.each("payments")):
        return PaymentTerms.AUTHORIZED_IN_CHANNEL
    if order.text("state", 40) == "COMPLETED" or _due(order, currency).amount_minor <= 0:
        return PaymentTerms.PAID_IN_CHANNEL
    return PaymentTerms.UNPAID_IN_CHANNEL


def _due(order: Reading, currency: str) -> Money:
    if order.at("net_amount_due_money", "amount").value is not None:
        return money(order, "net_amount_due_money", currency)
    tenders = order.each("tenders")
    paid = total((money(tender, "amount_money", currency) for tender in tenders), currency)
    return money(order, "total_money", currency) - paid


def refunded(document: Reading, currency: str) -> Money:
    """From the payments, which know of every refund; an order names some of them at most."""
    if document.at("payments"):
        given = document.each("payments")
        return total((money(each, "refunded_money", currency) for each in given), currency)
    refunds = document.at("order").each("refunds")
    given = tuple(each for each in refunds if each.text("status", 40) not in _NOT_GIVEN)
    return total((money(each, "amount_money", currency) for each in given), currency)
