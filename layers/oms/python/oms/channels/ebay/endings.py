"""Cancelling an order on eBay, and giving money back.

eBay takes no key along for either, so the order is looked at first. A refund shows its amount and
nothing of ours: one of the very same amount is taken for the one that we ask for.
"""

from __future__ import annotations

from oms.channels.ebay.calls import Api, quoted
from oms.channels.ebay.orders import order_id
from oms.channels.push import CancelFacts, PushOutcome, PushRefused, RefundFacts
from oms.channels.reading import Reading
from oms.kernel.money import Money, total

_CANCELLATION = "/post-order/v2/cancellation"
_OLD_SCHEME = "IAF"  # the Post-Order API's own word for a bearer token
_LONGEST_COMMENT = 100
_OPEN_REQUEST = "REQUESTED"
_CANCEL_REASONS = (
    ("address", "ADDRESS_ISSUES"),
    ("customer", "BUYER_ASKED_CANCEL"),
    ("buyer", "BUYER_ASKED_CANCEL"),
)
_REFUND_REASONS = (
    ("return", "BUYER_RETURN"),
    ("cancel", "SELLER_CANCEL"),
    ("not received", "ITEM_NOT_RECEIVED"),
    ("damaged", "ITEM_NOT_AS_DESCRIBED"),
)


def order_of(api: Api, external_id: str) -> Reading:
    order = api.ask("GET", f"/sell/fulfillment/v1/order/{quoted(external_id)}")
    order_id(order)
    return order


def cancel(api: Api, ended: CancelFacts) -> PushOutcome:
    """What the buyer asked for is agreed to; else the order is cancelled by us. eBay then gives
    the money back itself."""
    order = order_of(api, ended.external_id)
    if _is_cancelled(order):
        return PushOutcome.ALREADY
    if order.text("orderFulfillmentStatus") != "NOT_STARTED":
        raise PushRefused("something of the order is on its way", "over-in-shop")
    try:
        _cancel(api, order, ended)
    except PushRefused:
        if _is_cancelled(order_of(api, ended.external_id)):  # somebody was faster than our look
            return PushOutcome.ALREADY
        raise
    return PushOutcome.TOLD


def _is_cancelled(order: Reading) -> bool:
    return order.at("cancelStatus").text("cancelState") == "CANCELED"


def _cancel(api: Api, order: Reading, ended: CancelFacts) -> None:
    requests = order.at("cancelStatus").each("cancelRequests")
    asked = (r for r in requests if r.text("cancelRequestState") == _OPEN_REQUEST)
    if request := next(asked, None):
        path = f"{_CANCELLATION}/{quoted(request.text('cancelRequestId'))}/approve"
        api.ask("POST", path, {}, _OLD_SCHEME)
        return
    wanted = {
        "legacyOrderId": order.text("legacyOrderId") or ended.external_id,
        "cancelReason": _word(ended.reason, _CANCEL_REASONS, "OUT_OF_STOCK_OR_CANNOT_FULFILL"),
        "buyerPaid": ended.gives_back,
    }
    answer = api.ask("POST", _CANCELLATION, wanted, _OLD_SCHEME)
    if not answer.at("cancelId"):
        raise PushRefused("eBay does not let the order be cancelled", "not-cancellable")


def give_back(api: Api, refund: RefundFacts) -> PushOutcome:
    order = order_of(api, refund.external_id)
    if _is_given(order, refund):
        return PushOutcome.ALREADY
    wanted = {
        "reasonForRefund": _word(refund.reason, _REFUND_REASONS, "OTHER_ADJUSTMENT"),
        "comment": _comment(refund),
        "orderLevelRefundAmount": {
            "value": str(refund.amount.decimal()),
            "currency": refund.amount.currency,
        },
    }
    path = f"/sell/fulfillment/v1/order/{quoted(refund.external_id)}/issue_refund"
    answer = api.ask("POST", path, wanted)
    answer.at("refundStatus").required()
    if answer.text("refundStatus") == "FAILED":
        raise PushRefused("eBay could not give the money back", "refund-failed")
    return PushOutcome.TOLD


def _is_given(order: Reading, refund: RefundFacts) -> bool:
    """One of that amount is there, beside all that was asked for before."""
    refunds = order.at("paymentSummary").each("refunds")
    amounts = (r.at("amount") for r in refunds if r.text("refundStatus") != "FAILED")
    currency = refund.amount.currency
    given = [
        amount.amount("value", currency)
        for amount in amounts
        if amount.at("currency").value == currency
    ]
    wanted = refund.amount + (refund.before or Money.zero(currency))
    return refund.amount in given and total(given, currency) >= wanted


def _comment(refund: RefundFacts) -> str:
    """The buyer reads it; the key in it is for whoever looks for the refund on eBay."""
    mark = f" [{refund.key}]"
    return (refund.reason[: max(0, _LONGEST_COMMENT - len(mark))] + mark)[
        -_LONGEST_COMMENT:
    ].strip()


def _word(said: str, words: tuple[tuple[str, str], ...], other: str) -> str:
    text = said.casefold()
    return next((theirs for ours, theirs in words if ours in text), other)
