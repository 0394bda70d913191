"""Money back through BigCommerce (V3 `payment_actions`): by the way it was paid, to the cent.

A quote says by which ways (card, store credit, gift certificate) an amount can go back. The
refund's reason carries our key, by which the next teller finds it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from oms.channels.bigcommerce.inbound import terms_of
from oms.channels.documents import document
from oms.channels.push import CancelFacts, PushOutcome, PushRefused, RefundFacts
from oms.channels.reading import Reading
from oms.channels.shop_client import ShopClient
from oms.orders.content import PaymentTerms

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Refunds:
    client: ShopClient

    def give_back(self, order: Reading, ended: CancelFacts) -> None:
        """All that was paid for the order and not given back yet; what is only held is let go."""
        match terms_of(order):
            case PaymentTerms.AUTHORIZED_IN_CHANNEL:
                self.client.call("POST", f"{_actions(ended.external_id)}/void")
            case PaymentTerms.PAID_IN_CHANNEL:
                currency = order.currency("default_currency_code")
                given = order.amount("refunded_amount", currency)
                owed = order.amount("total_inc_tax", currency) - given
                if owed.amount_minor > 0:
                    self.tell(RefundFacts(ended.external_id, owed, (), ended.reason, ended.key))

    def tell(self, refund: RefundFacts) -> PushOutcome:
        path = _actions(refund.external_id)
        if self._is_known(path, refund):
            return PushOutcome.ALREADY
        try:
            self._refund(path, refund)
        except PushRefused:
            # Another teller of the same refund may have been faster than our look.
            if self._is_known(path, refund):
                return PushOutcome.ALREADY
            raise
        return PushOutcome.TOLD

    def _is_known(self, path: str, refund: RefundFacts) -> bool:
        answer = Reading(self.client.call("GET", f"{path}/refunds"))
        answer.at("data").required()
        return any(
            f"[{refund.key}]" in reason
            for each in answer.each("data")
            if not _is_declined(each)
            for reason in (each.text("reason", 1000), *_reasons(each))
        )

    def _refund(self, path: str, refund: RefundFacts) -> None:
        reason = f"{refund.reason} [{refund.key}]"[-1000:]
        items, payments = self._quoted(path, refund)
        named = [{**item, "reason": reason} for item in items]
        body = document({"items": named, "payments": payments, "reason": reason})
        answer = Reading(self.client.call("POST", f"{path}/refunds", body))
        if _is_declined(answer.at("data")):
            raise PushRefused("the payment provider declined the refund", "refund-declined")

    def _quoted(self, path: str, refund: RefundFacts) -> tuple[list[Json], list[Json]]:
        """What is refunded and by which ways: by line where the shop comes to our amount for
        them, else the bare amount. Raises PushRefused when it comes to neither."""
        for items in _offers(refund):
            body = document({"items": items})
            quote = Reading(self.client.call("POST", f"{path}/refund_quotes", body)).at("data")
            if quote.amount("total_refund_amount", refund.amount.currency) == refund.amount:
                return items, _payments(quote)
        raise PushRefused("BigCommerce would give back another amount", "refund-differs")


def _actions(external_id: str) -> str:
    return f"/v3/orders/{external_id}/payment_actions"


def _offers(refund: RefundFacts) -> Iterator[list[Json]]:
    lines = [line for line in refund.lines if line.external_id.isdigit()]
    if lines:
        yield [
            {"item_type": "PRODUCT", "item_id": int(line.external_id), "quantity": line.quantity}
            for line in lines
        ]
    amount = refund.amount.decimal()
    yield [{"item_type": "ORDER", "item_id": int(refund.external_id), "amount": amount}]


def _payments(quote: Reading) -> list[Json]:
    """The first way: the shop puts the one first by which the money came."""
    for way in quote.each("refund_methods"):
        options = Reading({"options": way.value}, way.pointer).each("options")
        return [
            {
                "provider_id": option.text("provider_id"),
                "amount": option.at("amount").required().value,
                "offline": option.flag("offline"),
            }
            for option in options
        ]
    raise PushRefused("BigCommerce knows no way to give the money back", "no-refund-method")


def _reasons(refund: Reading) -> Iterator[str]:
    return (item.text("reason", 1000) for item in refund.each("items"))


def _is_declined(refund: Reading) -> bool:
    return any(payment.flag("is_declined") for payment in refund.each("payments"))
