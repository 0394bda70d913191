"""Try a document of a channel: which order it would become, and where it does not fit.

For whoever sets up an account or writes a mapping. Nothing is stored.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from oms.channels.model import LONGEST_BODY, ChannelAccount, MappedOrder, Unmappable
from oms.channels.ports import Inbound
from oms.channels.take import in_our_words
from oms.kernel.clock import iso
from oms.kernel.codec import dump
from oms.kernel.money import Money
from oms.orders.content import Content, Line
from oms.orders.validate import tolerance
from oms.platform.gate import parse

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class TryOut:
    speaks: Callable[[str], Inbound]

    def __call__(self, account: ChannelAccount, raw: bytes) -> Json:
        """`raw` is a message's body, or what `Shop.fetch` would give. Raises Malformed, TooLarge,
        NotFound."""
        speaks, parsed = self.speaks(account.channel), parse(raw, LONGEST_BODY)
        try:
            mapped = in_our_words(speaks.map_order(parsed, account), account)
        except Unmappable as problem:
            told = {"code": problem.code, "pointer": problem.pointer, "detail": str(problem)}
            return {"fits": False, "problem": told, "order": None}
        return {"fits": True, "problem": None, "order": order_view(mapped)}


def order_view(mapped: MappedOrder) -> Json:
    """The order in our words, our totals beside the channel's."""
    content = mapped.content
    return {
        "external_id": mapped.external_id,
        "number": mapped.number,
        "currency": mapped.currency,
        "placed_at": iso(mapped.placed_at) if mapped.placed_at else None,
        "version_at": iso(mapped.version_at) if mapped.version_at else None,
        "channel_state": content.channel_state.value,
        "payment_terms": content.terms.value,
        "customer": dump(content.customer, full=True),
        "shipping_address": dump(content.shipping_address, full=True),
        "billing_address": dump(content.billing_address, full=True),
        "lines": [_line(line) for line in content.lines],
        "totals": _totals(content),
        "apart": [{"title": each.title, "amount": _money(each.amount)} for each in content.apart],
        "refunded": _money(mapped.refunded) if mapped.refunded else None,
    }


def _line(line: Line) -> Json:
    return {
        "external_id": line.external_id,
        "sku": line.sku,
        "title": line.title,
        "quantity": line.quantity,
        "unit_price": _money(line.unit_price),
        "discount": _money(line.discount),
        "tax": _money(line.tax),
        "needs_shipping": line.needs_shipping,
    }


def _totals(content: Content) -> Json:
    """`agree`: the difference is no more than rounding; a larger one would hold the order."""
    totals = content.totals
    amounts = {
        "items": totals.items,
        "discount": totals.discount,
        "shipping": totals.shipping,
        "tax": totals.tax,
        "total": totals.total,
        "channel_total": totals.channel_total,
        "variance": totals.variance,
    }
    shown: Json = {name: _money(amount) for name, amount in amounts.items()}
    return {**shown, "agree": abs(totals.variance.amount_minor) <= tolerance(content)}


def _money(amount: Money) -> Json:
    return {"amount_minor": amount.amount_minor, "currency": amount.currency}
