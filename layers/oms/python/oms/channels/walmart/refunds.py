"""A refund in Walmart's terms: negative charges per line, each with its own tax.

An amount is spread over what the lines cost and have left, so no charge gives back more than it
took. Our key stands in the comment: by it a refund is found again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from oms.channels.push import PushRefused, RefundFacts
from oms.channels.reading import Reading
from oms.channels.walmart.charges import DISCOUNT, PRODUCT, absolute, charges, given_back, refunds
from oms.channels.walmart.lines import order_lines, progress
from oms.channels.walmart.parcels import found
from oms.kernel.ids import digest
from oms.kernel.money import Money, allocate, total

_REASON = "CustomerChangedMind"
_GOODWILL = "Finance -> Goodwill"  # for no goods


@dataclass(frozen=True, slots=True)
class Left:
    """What a charge of a line has left to give back."""

    line: str
    kind: str
    name: str
    amount: Money
    tax: Money


def mark(refund: RefundFacts) -> str:
    return f"[{digest(refund.key)[:16]}]"


def is_known(order: Reading, refund: RefundFacts) -> bool:
    return any(
        mark(refund) in told.text("refundComments", 1000)
        for line in order_lines(order)
        for told in refunds(line)
    )


def wanted(order: Reading, refund: RefundFacts) -> dict[str, Any]:
    """The body of `POST /v3/orders/{id}/refund`. Raises PushRefused when it is too much."""
    pots = list(_left(order, refund))
    every = [amount for pot in pots for amount in (pot.amount, pot.tax)]
    most = total(every, refund.amount.currency)
    if not 0 < refund.amount.amount_minor <= most.amount_minor:
        raise PushRefused(f"Walmart has {most} left to give back", "refund-too-large")
    shares = allocate(refund.amount, [amount.amount_minor for amount in every])
    by_line = defaultdict[str, list[dict[str, Any]]](list)
    for pot, amount, tax in zip(pots, shares[::2], shares[1::2], strict=True):
        if amount or tax:
            by_line[pot.line].append(_charge(pot, amount, tax, refund))
    return {
        "orderRefund": {
            "purchaseOrderId": refund.external_id,
            "orderLines": {"orderLine": [_line(*each, refund) for each in by_line.items()]},
        }
    }


def _left(order: Reading, refund: RefundFacts) -> Iterator[Left]:
    lines = found(order)
    named = {line.external_id for line in refund.lines if line.external_id}
    # Walmart refunds what was sent, and refuses the whole for one line that was not.
    sent = {number for number, line in lines.items() if progress(line).sent}
    concerned = named or sent or lines.keys()
    for number in filter(concerned.__contains__, lines):
        yield from _left_of(number, lines[number], refund.amount.currency)


def _left_of(number: str, line: Reading, currency: str) -> Iterator[Left]:
    own = [each for each in charges(line) if each.currency == currency]
    back = [each for each in given_back(line) if each.currency == currency]
    for kind in dict.fromkeys(each.kind for each in own if each.kind != DISCOUNT):
        sold = [each for each in own if each.kind == kind]
        off = [each for each in back if each.kind == kind]
        if kind == PRODUCT:
            off += [each for each in own if each.kind == DISCOUNT]
        amount = _rest([each.amount for each in sold], [each.amount for each in off], currency)
        tax = _rest([each.tax for each in sold], [each.tax for each in off], currency)
        yield Left(number, kind, sold[0].name, amount, tax)


def _rest(sold: Iterable[Money], off: Iterable[Money], currency: str) -> Money:
    rest = total(sold, currency) - total(map(absolute, off), currency)
    return Money(max(0, rest.amount_minor), currency)


def _line(number: str, given: Sequence[Mapping[str, Any]], refund: RefundFacts) -> dict[str, Any]:
    comment = f"{refund.reason[:200]} {mark(refund)}".strip()
    told = {"refundComments": comment, "refundCharges": {"refundCharge": list(given)}}
    return {"lineNumber": number, "isFullRefund": False, "refunds": {"refund": [told]}}


def _charge(pot: Left, amount: Money, tax: Money, refund: RefundFacts) -> dict[str, Any]:
    charge = {"chargeType": pot.kind, "chargeName": pot.name, "chargeAmount": _negative(amount)}
    if tax:
        charge["tax"] = {"taxName": f"{pot.name} Tax", "taxAmount": _negative(tax)}
    return {"refundReason": _REASON if refund.lines else _GOODWILL, "charge": charge}


def _negative(amount: Money) -> dict[str, Any]:
    return {"currency": amount.currency, "amount": (-amount).decimal()}
