"""Giving money back through Square: refunds of the payments behind an order.

Each refund has an idempotency key of ours, and our mark in its reason: Square forgets keys, and
an amount that is spread over two payments must not be spread again after a lost reply.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from oms.channels.push import PushOutcome, PushRefused
from oms.channels.reading import Reading
from oms.channels.shop_client import ShopClient
from oms.channels.square.lines import identifier, money
from oms.kernel.ids import digest
from oms.kernel.money import Money, total

_LONGEST_REASON = 192
_IN_VAIN = frozenset({"REJECTED", "FAILED"})


@dataclass(frozen=True, slots=True)
class Refunds:
    """Its methods raise as ShopClient does, and Unmappable for an answer of another shape."""

    client: ShopClient

    def payments(self, order: Reading) -> list[Reading]:
        """Those of the order's tenders that Square knows."""
        ids = [tender.text("payment_id", 192) for tender in order.each("tenders")]
        found = (self._looked_up(f"/v2/payments/{each}", "payment") for each in ids if each)
        return [payment for payment in found if payment]

    def give_back(
        self, payments: Sequence[Reading], amount: Money, reason: str, key: str
    ) -> PushOutcome:
        """`amount` under `key`, once. Raises PushRefused when the payments have less left."""
        rest = amount - self._given(payments, amount.currency, _mark(key))
        if rest.amount_minor <= 0:
            return PushOutcome.ALREADY
        taken = [each for each in payments if each.text("status", 40) == "COMPLETED"]
        left = total((_left(each, amount.currency) for each in taken), amount.currency)
        if left.amount_minor < rest.amount_minor:
            raise PushRefused(f"Square has {left} left to give back", "refund-too-large")
        for payment in taken:
            part = min(rest, _left(payment, amount.currency))
            if part:
                self._refund(identifier(payment, "id"), part, reason, key)
                rest -= part
        return PushOutcome.TOLD

    def give_back_all(self, payments: Sequence[Reading], reason: str, key: str) -> PushOutcome:
        """What is left of each payment; one that was not taken yet is let go."""
        outcome = PushOutcome.ALREADY
        for payment in payments:
            payment_id, status = identifier(payment, "id"), payment.text("status", 40)
            left = _left(payment, payment.at("total_money").currency("currency"))
            if status == "APPROVED":
                self.client.call("POST", f"/v2/payments/{payment_id}/cancel", {})
                outcome = PushOutcome.TOLD
            elif status == "COMPLETED" and left.amount_minor > 0:
                self._refund(payment_id, left, reason, key)
                outcome = PushOutcome.TOLD
        return outcome

    def _refund(self, payment_id: str, amount: Money, reason: str, key: str) -> None:
        mark = _mark(key)
        body = {
            "idempotency_key": digest(key, payment_id),
            "payment_id": payment_id,
            "amount_money": {"amount": amount.amount_minor, "currency": amount.currency},
            "reason": f"{reason[: _LONGEST_REASON - len(mark) - 1]} {mark}".strip(),
        }
        answer = Reading(self.client.call("POST", "/v2/refunds", body)).at("refund").required()
        if answer.text("status", 40) in _IN_VAIN:
            raise PushRefused("Square could not give the money back", "refund-failed")

    def _given(self, payments: Sequence[Reading], currency: str, mark: str) -> Money:
        """What was given back under our mark."""
        ours = (each for each in self._refunds_of(payments) if mark in each.text("reason"))
        return total((money(each, "amount_money", currency) for each in ours), currency)

    def _refunds_of(self, payments: Sequence[Reading]) -> Iterator[Reading]:
        for payment in payments:
            for refund_id in payment.each("refund_ids"):
                refund = self._looked_up(f"/v2/refunds/{refund_id.value}", "refund")
                if refund.text("status", 40) not in _IN_VAIN:
                    yield refund

    def _looked_up(self, path: str, what: str) -> Reading:
        """Nothing when Square does not know it."""
        try:
            return Reading(self.client.call("GET", path)).at(what)
        except PushRefused as refused:
            if refused.code != "not-in-shop":
                raise
            return Reading(None)


def _mark(key: str) -> str:
    return f"[{digest(key)[:16]}]"


def _left(payment: Reading, currency: str) -> Money:
    paid = money(payment, "total_money", currency)
    return paid - money(payment, "refunded_money", currency)
