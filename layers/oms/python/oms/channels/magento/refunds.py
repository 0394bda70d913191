"""Money back through Magento: a credit memo, of exactly the amount that we say.

Magento adds up a memo itself, by its own rounding. A row of which all units go back is named,
as its amount is then the row's own; all else, parts of rows and shipping, is an adjustment. The
memo's comment carries our key, by which the next teller finds it.

A memo of the order only writes down that money went back. One of an invoice that a payment
provider was paid by also makes the provider give it back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from oms.channels.documents import document
from oms.channels.magento.api import MagentoApi, is_noted, note, order_path
from oms.channels.magento.lines import things
from oms.channels.push import PushOutcome, PushRefused, RefundFacts, ToldLine
from oms.channels.reading import Reading
from oms.kernel.money import Money, total

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Refunds:
    api: MagentoApi

    def tell(self, order: Reading, refund: RefundFacts) -> PushOutcome:
        if self._is_known(refund):
            return PushOutcome.ALREADY
        try:
            self._refund(order, refund)
        except PushRefused:
            # Another teller of the same refund may have been faster than our look.
            if self._is_known(refund):
                return PushOutcome.ALREADY
            raise
        return PushOutcome.TOLD

    def _is_known(self, refund: RefundFacts) -> bool:
        memos = self.api.of_order("/creditmemos", refund.external_id)
        return any(is_noted(memo, refund.key) for memo in memos)

    def _refund(self, order: Reading, refund: RefundFacts) -> None:
        invoice = self._provider_invoice(refund)
        path = f"/invoice/{invoice}" if invoice else order_path(refund.external_id, singular=True)
        online = {"isOnline": True} if invoice else {}
        body = {**_memo(order, refund), **online}
        self.api.post(f"{path}/refund", document(body))

    def _provider_invoice(self, refund: RefundFacts) -> str:
        """The invoice that a provider collected and that is large enough; empty when the money
        came another way. Raises PushRefused when it would take several."""
        paid = [
            invoice
            for invoice in self.api.of_order("/invoices", refund.external_id)
            if invoice.text("transaction_id")
        ]
        for invoice in paid:
            if _left(invoice, refund.amount.currency) >= refund.amount:
                return invoice.identifier("entity_id")
        if paid:
            raise PushRefused("no single invoice covers the refund", "refund-over-invoices")
        return ""


def whole_order(order: Reading) -> tuple[ToldLine, ...]:
    """Every row that can be named, with all its units."""
    return tuple(
        ToldLine(row.identifier("item_id"), row.units("qty_ordered", least=1))
        for row in _rows(order)
    )


def _left(invoice: Reading, currency: str) -> Money:
    given = invoice.amount("total_refunded", currency)
    return invoice.amount("grand_total", currency) - given


def _memo(order: Reading, refund: RefundFacts) -> Json:
    """Rows that stay are named with no unit: a memo without rows would be of them all."""
    currency = refund.amount.currency
    back = _whole_rows(order, refund)
    named = total((_row_amount(row, currency) for row in back.values()), currency)
    rows = [
        {"order_item_id": int(name), "qty": row.units("qty_ordered", least=1)}
        for name, row in back.items()
    ]
    stays = {row.identifier("item_id") for row in _rows(order)} - back.keys()
    rows += [{"order_item_id": int(name), "qty": 0} for name in sorted(stays, key=int)]
    arguments = _adjusted(order, refund.amount - named)
    return {"items": rows, **note(refund.reason, refund.key), "arguments": arguments}


def _whole_rows(order: Reading, refund: RefundFacts) -> dict[str, Reading]:
    told: Counter[str] = Counter()
    for line in refund.lines:
        told[line.external_id] += line.quantity
    rows = {row.identifier("item_id"): row for row in _rows(order)}
    return {
        name: row
        for name, row in rows.items()
        if told[name] == row.units("qty_ordered", least=1)
        and not row.amount("amount_refunded", refund.amount.currency)
    }


def _rows(order: Reading) -> Iterator[Reading]:
    """The rows that carry money: of a bundle with prices of its own its parts, else itself."""
    for thing, parts in things(order.each("items")):
        priced = [part for part in parts if part.at("row_total").value]
        yield from priced if thing.text("product_type") == "bundle" and priced else (thing,)


def _row_amount(row: Reading, currency: str) -> Money:
    """What the row cost the customer, as Magento's memo counts it."""
    return (
        row.amount("row_total", currency)
        - row.amount("discount_amount", currency)
        + row.amount("tax_amount", currency)
        + row.amount("discount_tax_compensation_amount", currency)
    )


def _adjusted(order: Reading, rest: Money) -> Json:
    """Adjustments are in the shop's own currency. Raises PushRefused where that is another."""
    if rest and order.text("base_currency_code") not in ("", rest.currency):
        raise PushRefused("an adjustment in another currency than the order's", "foreign-currency")
    up, down = (rest, rest - rest) if rest.amount_minor > 0 else (rest - rest, -rest)
    return {
        "shipping_amount": 0,
        "adjustment_positive": up.decimal(),
        "adjustment_negative": down.decimal(),
    }
