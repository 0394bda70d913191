"""What was bought, from a BigCommerce order: lines, charges beside them, shipping, tax.

Every amount comes twice, with and without tax, in up to four decimals. Only the one with tax is
what was paid, to the cent, so it is rounded, and the price is what remains of it without the
tax: rounded each for itself, the two would drift apart by a cent.

Both kinds of discount, by rule (`discount_amount`) and by coupon, are taken off amounts with tax.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from oms.channels.drafts import Draft, charge, numbered
from oms.channels.reading import MOST_LINES, Reading
from oms.kernel.money import Money, allocate, total
from oms.orders.content import own_totals

NOT_SENT = frozenset({"digital", "giftcertificate"})
_CHARGES = (("Gift wrapping", "wrapping_cost"), ("Handling", "handling_cost"))


@dataclass(frozen=True, slots=True)
class Bought:
    """`shipping` is without `shipping_tax`."""

    drafts: tuple[Draft, ...]
    shipping: Money
    shipping_tax: Money


def bought(document: Reading, currency: str) -> Bought:
    """Raises Unmappable."""
    order, products = document.at("order"), document.each("products")
    if not 0 < len(products) <= MOST_LINES:
        raise document.at("products").fail("invalid-lines", f"1 to {MOST_LINES} lines are needed")
    full = _discounted(order, [_line(line, currency) for line in products], currency)
    parts = [
        part
        for line, draft in zip(products, full, strict=True)
        for part in _open_parts(line, draft)
    ]
    shipping, shipping_tax = _with_its_tax(order, "shipping_cost", currency)
    goods = Bought((*parts, *_charges(order, currency)), shipping, shipping_tax)
    return _with_fees(order, goods, currency)


def _line(line: Reading, currency: str) -> Draft:
    line.at("total_inc_tax").required()
    price, tax = _with_its_tax(line, "total", currency)
    if price.amount_minor < 0 or tax.amount_minor < 0:
        raise line.at("total_inc_tax").fail("invalid-amount", "a price below zero")
    off = (each.amount("amount", currency) for each in line.each("applied_discounts"))
    return Draft(
        sku=line.text("sku", 100),
        title=line.text("name"),
        quantity=line.units("quantity", least=1),
        price=price,
        discount=total(off, currency),
        tax=tax,
        external_id=line.identifier("id"),
        needs_shipping=line.text("type") not in NOT_SENT,
    )


def _with_its_tax(holder: Reading, name: str, currency: str) -> tuple[Money, Money]:
    """The amount `{name}_inc_tax` as one without tax, and the tax."""
    whole = holder.amount(f"{name}_inc_tax", currency)
    if holder.at(f"{name}_tax").value is not None:
        tax = holder.amount(f"{name}_tax", currency)
    elif holder.at(f"{name}_ex_tax").value is not None:
        tax = whole - holder.amount(f"{name}_ex_tax", currency)
    else:
        tax = Money.zero(currency)
    return whole - tax, tax


def _discounted(order: Reading, drafts: Sequence[Draft], currency: str) -> list[Draft]:
    """What the order's discounts are over those of its lines is shared by price."""
    off = order.amount("discount_amount", currency) + order.amount("coupon_discount", currency)
    rest = off - total((draft.discount for draft in drafts), currency)
    if rest.amount_minor <= 0:
        return list(drafts)
    shares = allocate(rest, [draft.price.amount_minor for draft in drafts])
    return [
        replace(draft, discount=draft.discount + share)
        for draft, share in zip(drafts, shares, strict=True)
    ]


def _open_parts(line: Reading, draft: Draft) -> Iterator[Draft]:
    """Units that the shop has sent, or given the money back for, need no shipping any more."""
    sent, refunded = (_units(line, name) for name in ("quantity_shipped", "quantity_refunded"))
    closed = min(draft.quantity, max(sent, refunded)) if draft.needs_shipping else 0
    if closed == 0:
        yield draft
        return
    gone, rest = draft.split(closed) if closed < draft.quantity else (draft, None)
    if rest:
        yield rest
    yield replace(gone, needs_shipping=False)


def _units(line: Reading, name: str) -> int:
    return line.units(name, least=0) if line.at(name).value is not None else 0


# --- beside the lines ----------------------------------------------------------------


def _charges(order: Reading, currency: str) -> Iterator[Draft]:
    for title, name in _CHARGES:
        amount, tax = _with_its_tax(order, name, currency)
        if amount or tax:
            yield charge(title, amount, tax)


def _with_fees(order: Reading, goods: Bought, currency: str) -> Bought:
    """The grand total contains the order's fees or not: in BigCommerce's own sample it does
    not. So they count where it adds up with them."""
    fees = tuple(_fees(order, currency))
    counted = replace(goods, drafts=(*goods.drafts, *fees))
    given = order.amount("total_inc_tax", currency)
    return counted if fees and _sum(counted) == given else goods


def _fees(order: Reading, currency: str) -> Iterator[Draft]:
    for fee in order.each("fees"):
        amount, tax = _with_its_tax(fee, "cost", currency)
        yield charge(fee.text("display_name") or fee.text("name") or "Fee", amount, tax)


def _sum(goods: Bought) -> Money:
    return own_totals(numbered(goods.drafts), goods.shipping, None).total + goods.shipping_tax
