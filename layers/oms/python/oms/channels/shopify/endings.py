"""Cancelling an order in Shopify, and giving money back (`orderCancel`, `refundCreate`).

Goods are never restocked there: what may be sold is ours to say, and told apart.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from oms.channels.push import CancelFacts, PushOutcome, PushRefused, RefundFacts
from oms.channels.reading import Reading
from oms.channels.shopify.admin import Admin, gid, units_by_line
from oms.kernel.ids import digest
from oms.kernel.money import Money, total

_LONGEST_REASON = 150

_CANCELLED = """query CancelledOrNot($id: ID!) { order(id: $id) { cancelledAt } }"""
_CANCEL = """mutation CancelOrder($id: ID!, $refund: OrderCancelRefundMethodInput!,
    $reason: OrderCancelReason!, $restock: Boolean!, $notify: Boolean!, $note: String) {
  orderCancel(orderId: $id, refundMethod: $refund, reason: $reason, restock: $restock,
      notifyCustomer: $notify, staffNote: $note) {
    job { id } orderCancelUserErrors { code field message } } }"""
_MONEY = """query MoneyOfOrder($id: ID!) { order(id: $id) {
  currencyCode presentmentCurrencyCode refunds(first: 250) { note }
  transactions(first: 250) { id kind status gateway parentTransaction { id } amountSet {
    shopMoney { amount currencyCode } presentmentMoney { amount currencyCode } } } } }"""
_REFUND = """mutation CreateRefund($input: RefundInput!, $key: String!) {
  refundCreate(input: $input) @idempotent(key: $key) {
    refund { id } userErrors { field message } } }"""

_REASONS = {
    "customer": "CUSTOMER",
    "declined": "DECLINED",
    "fraud": "FRAUD",
    "out of stock": "INVENTORY",
}
_TAKEN = frozenset({"SALE", "CAPTURE"})
_BACK = frozenset({"SUCCESS", "PENDING"})


def cancel(admin: Admin, ended: CancelFacts) -> PushOutcome:
    """Shopify cancels in a job of its own, which begins once it has accepted the order: until
    it ends, a repeat is accepted or refused, and cancels nothing twice."""
    if _is_cancelled(admin, ended):
        return PushOutcome.ALREADY
    try:
        admin.tell(
            _CANCEL,
            "orderCancel",
            id=gid("Order", ended.external_id),
            refund={"originalPaymentMethodsRefund": ended.gives_back},
            reason=_REASONS.get(ended.reason.casefold(), "OTHER"),
            restock=False,
            notify=False,
            note=_note(ended.reason, ended.key),
        )
    except PushRefused:
        if _is_cancelled(admin, ended):  # somebody was faster than our look
            return PushOutcome.ALREADY
        raise
    return PushOutcome.TOLD


def _is_cancelled(admin: Admin, ended: CancelFacts) -> bool:
    return bool(admin.order(_CANCELLED, ended.external_id).text("cancelledAt"))


def give_back(admin: Admin, refund: RefundFacts) -> PushOutcome:
    """Shopify remembers the key for a day, and the note with our key stays with the refund."""
    order = admin.order(_MONEY, refund.external_id)
    if _is_given(order, refund):
        return PushOutcome.ALREADY
    key = str(UUID(digest("shopify", refund.external_id, refund.key)[:32]))
    try:
        admin.tell(_REFUND, "refundCreate", input=_wanted(order, refund), key=key)
    except PushRefused:
        if _is_given(admin.order(_MONEY, refund.external_id), refund):
            return PushOutcome.ALREADY
        raise
    return PushOutcome.TOLD


def _is_given(order: Reading, refund: RefundFacts) -> bool:
    return any(each.text("note").endswith(f"[{refund.key}]") for each in order.each("refunds"))


def _note(reason: str, key: str) -> str:
    return f"{reason[:_LONGEST_REASON]} [{key}]".strip()


def _wanted(order: Reading, refund: RefundFacts) -> dict[str, Any]:
    """`currency` and the amounts are the customer's, as Shopify wants them."""
    lines = [
        {"lineItemId": line, "quantity": units, "restockType": "NO_RESTOCK"}
        for line, units in units_by_line(refund.lines).items()
    ]
    order_id = gid("Order", refund.external_id)
    return {
        "orderId": order_id,
        "note": _note(refund.reason, refund.key),
        "notify": False,
        "currency": order.currency("presentmentCurrencyCode"),
        "refundLineItems": lines,
        "transactions": [
            {
                "orderId": order_id,
                "parentId": paid.transaction,
                "gateway": paid.gateway,
                "kind": "REFUND",
                "amount": str(amount.decimal()),
            }
            for paid, amount in _shares(order, refund.amount)
        ],
    }


@dataclass(frozen=True, slots=True)
class _Paid:
    """A payment and what of it was not given back: in the shop's currency, and as paid."""

    transaction: str
    gateway: str
    left: Money
    left_as_paid: Money

    def part(self, amount: Money) -> Money:
        """`amount` of the shop's currency in the one that was paid in. We convert nothing."""
        if amount == self.left:
            return self.left_as_paid
        if self.left.currency != self.left_as_paid.currency:
            raise PushRefused("a part of a payment in another currency", "currency-mismatch")
        return amount


def _shares(order: Reading, amount: Money) -> Iterator[tuple[_Paid, Money]]:
    """Which payment gives back how much: the first as far as it goes, then the next."""
    if amount.currency != order.currency("currencyCode"):
        raise PushRefused("the order is in another currency", "currency-mismatch")
    for paid in _payments(order, amount.currency):
        share = min(amount, paid.left)
        if share.amount_minor > 0:
            yield paid, paid.part(share)
            amount -= share
    if amount:
        raise PushRefused("more than is left of what was paid", "more-than-paid")


def _payments(order: Reading, currency: str) -> Iterator[_Paid]:
    shown = order.currency("presentmentCurrencyCode")
    for each in order.each("transactions"):
        if each.text("kind") in _TAKEN and each.text("status") == "SUCCESS":
            yield _Paid(
                transaction=each.text("id"),
                gateway=each.text("gateway"),
                left=_left(order, each, "shopMoney", currency),
                left_as_paid=_left(order, each, "presentmentMoney", shown),
            )


def _left(order: Reading, paid: Reading, side: str, currency: str) -> Money:
    back = (
        each.at("amountSet", side).amount("amount", currency)
        for each in order.each("transactions")
        if each.text("kind") == "REFUND" and each.text("status") in _BACK
        if each.at("parentTransaction").text("id") == paid.text("id")
    )
    return paid.at("amountSet", side).amount("amount", currency) - total(back, currency)
