"""Cancelling an order in WooCommerce, and giving money back.

A refund bears our key in its reason and is looked for there, so that a lost reply is found.
WooCommerce knows no key and no condition, though: two refunds that are told at the very same
moment are both made, within what was paid. Whoever tells refunds tells one at a time.
"""

from __future__ import annotations

from oms.channels.push import CancelFacts, PushOutcome, PushRefused, RefundFacts
from oms.channels.reading import Reading
from oms.channels.woocommerce.orders import ENDED, Orders
from oms.kernel.money import Money, total

_LONGEST_REASON = 150


def cancel(orders: Orders, ended: CancelFacts) -> PushOutcome:
    """Money first, as a shop may refuse to refund what is cancelled; but a way of paying that
    cannot give back keeps no order open. Once everything is given back, all of it is over."""
    order = orders.get(ended.external_id)
    due = _due(order) if ended.gives_back else None
    gives = bool(due) and orders.gateway_refunds(order)
    if due and gives:
        _refund(orders, ended.external_id, due, _reason(ended.reason, ended.key))
    is_open = order.text("status") not in ENDED
    if is_open:
        orders.change(ended.external_id, {"status": "cancelled"})
    if due and not gives:
        raise _by_hand(due)
    return PushOutcome.TOLD if gives or is_open else PushOutcome.ALREADY


def give_back(orders: Orders, refund: RefundFacts) -> PushOutcome:
    """The amount only: how it is shared over lines and their taxes, the shop knows better."""
    order = orders.get(refund.external_id)
    mark = f"[{refund.key}]"
    if any(each.text("reason").endswith(mark) for each in order.each("refunds")):
        return PushOutcome.ALREADY
    if refund.amount.currency != order.currency("currency"):
        raise PushRefused("the order is in another currency", "currency-mismatch")
    # The shop itself answers 500 to this, which would be tried again for ever.
    if refund.amount > _left(order):
        raise PushRefused("more than is left of what was paid", "more-than-paid")
    if not orders.gateway_refunds(order):
        raise _by_hand(refund.amount)
    _refund(orders, refund.external_id, refund.amount, _reason(refund.reason, refund.key))
    return PushOutcome.TOLD


def _refund(orders: Orders, external_id: str, amount: Money, reason: str) -> None:
    """`api_restock` false: what may be sold is ours to say."""
    given = {"amount": str(amount.decimal()), "reason": reason}
    orders.refund(external_id, {**given, "api_refund": True, "api_restock": False})


def _by_hand(amount: Money) -> PushRefused:
    return PushRefused(f"no way to give {amount} back by itself", "refund-by-hand")


def _reason(reason: str, key: str) -> str:
    return f"{reason[:_LONGEST_REASON]} [{key}]".strip()


def _due(order: Reading) -> Money | None:
    """What must be given back when the order ends; nothing when it was never paid."""
    if not order.text("date_paid_gmt"):
        return None
    return _left(order)


def _left(order: Reading) -> Money:
    """What is left of the total: refunds have negative totals."""
    currency = order.currency("currency")
    refunds = (each.amount("total", currency) for each in order.each("refunds"))
    return order.amount("total", currency) + total(refunds, currency)
