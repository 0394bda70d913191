"""What was bought, from a Shopify order: lines, charges beside them, shipping, tax.

Amounts are those in the shop's currency (the plain fields); `*_set` repeats them in the
customer's, and the ratio is not the same on every line.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from oms.channels.drafts import Draft, charge, with_spread_tax
from oms.channels.reading import MOST_LINES, Reading
from oms.kernel.money import Money, total


@dataclass(frozen=True, slots=True)
class Bought:
    """`shipping` is without `shipping_tax`. `all_removed`: no unit of the order is left."""

    drafts: tuple[Draft, ...]
    shipping: Money
    shipping_tax: Money
    all_removed: bool


def bought(order: Reading, currency: str) -> Bought:
    """Raises Unmappable."""
    lines = order.each("line_items")
    if not 0 < len(lines) <= MOST_LINES:
        raise order.at("line_items").fail("invalid-lines", f"1 to {MOST_LINES} lines are needed")
    left = [_units_left(line) for line in lines]
    all_removed = not any(left)
    full = _taxed(order, tuple(_line(line, currency) for line in lines), currency)
    if order.flag("taxes_included"):
        full = tuple(draft.without_contained_tax() for draft in full)
    if all_removed:  # cancelled: the record shows what had been ordered
        left = [draft.quantity for draft in full]
    parts = (
        part
        for line, draft, units in zip(lines, full, left, strict=True)
        for part in _open_parts(line, draft, units)
    )
    shipping, shipping_tax = _shipping(order, currency)
    charges = _charges(order, currency)
    return Bought((*parts, *charges), shipping, shipping_tax, all_removed)


def _line(line: Reading, currency: str) -> Draft:
    _same_currency(line.at("price_set"), currency)
    quantity = line.units("quantity", least=1)
    line.at("price").required()
    return Draft(
        sku=line.text("sku", 100),
        title=line.text("name") or line.text("title"),
        quantity=quantity,
        price=_not_negative(line, "price", currency) * quantity,
        discount=_discount(line, currency),
        tax=_tax(line, currency),
        external_id=line.identifier("id"),
        needs_shipping=line.flag("requires_shipping", default=not line.flag("gift_card")),
    )


def _not_negative(line: Reading, key: str, currency: str) -> Money:
    amount = line.amount(key, currency)
    if amount.amount_minor < 0:
        raise line.at(key).fail("invalid-amount", "a price below zero")
    return amount


def _same_currency(both: Reading, currency: str) -> None:
    """The plain amounts are in the order's currency; one line in another is a mix-up."""
    field = both.at("shop_money", "currency_code")
    if field.value not in (None, currency):
        raise field.fail("currency-mismatch", "not the currency of the order")


def _discount(line: Reading, currency: str) -> Money:
    """From the allocations: `total_discount` leaves out what was taken off the whole order."""
    if line.at("discount_allocations").value is None:
        return line.amount("total_discount", currency)
    return total(
        (a.amount("amount", currency) for a in line.each("discount_allocations")), currency
    )


def _tax(taxed: Reading, currency: str) -> Money:
    """All of them: two that look alike are two districts at the same rate."""
    return total((tax.amount("price", currency) for tax in taxed.each("tax_lines")), currency)


def _taxed(order: Reading, drafts: tuple[Draft, ...], currency: str) -> tuple[Draft, ...]:
    """Older orders and some apps give the tax for the order only: share it by price."""
    has_own = any(draft.tax for draft in drafts) or _shipping_tax(order, currency)
    if has_own or not (tax := order.amount("total_tax", currency)):
        return drafts
    return with_spread_tax(drafts, tax)


def _units_left(line: Reading) -> int:
    """What edits and refunds have left. Older API versions do not say."""
    ordered = line.units("quantity", least=1)
    if line.at("current_quantity").value is None:
        return ordered
    return min(ordered, line.units("current_quantity", least=0))


def _open_parts(line: Reading, draft: Draft, left: int) -> Iterator[Draft]:
    """The line without removed units; those that the shop has sent itself need no shipping."""
    if left == 0:
        return
    if left < draft.quantity:
        draft, _ = draft.split(left)
    sent = _units_sent(line, left) if draft.needs_shipping else 0
    if sent == 0:
        yield draft
        return
    gone, rest = draft.split(sent) if sent < left else (draft, None)
    if rest:
        yield rest
    yield replace(gone, needs_shipping=False)


def _units_sent(line: Reading, left: int) -> int:
    status = line.text("fulfillment_status")
    if status == "fulfilled":
        return left
    if status != "partial" or line.at("fulfillable_quantity").value is None:
        return 0
    return left - min(left, line.units("fulfillable_quantity", least=0))


# --- beside the lines ----------------------------------------------------------------


def _shipping(order: Reading, currency: str) -> tuple[Money, Money]:
    """What shipping costs, and the tax on it apart."""
    tax = _shipping_tax(order, currency)
    cost = total((_shipping_cost(line, currency) for line in _kept_shipping(order)), currency)
    return (cost - tax if order.flag("taxes_included") else cost), tax


def _shipping_cost(line: Reading, currency: str) -> Money:
    if line.at("discounted_price").value is not None:
        return line.amount("discounted_price", currency)
    allocations = line.each("discount_allocations")
    off = total((each.amount("amount", currency) for each in allocations), currency)
    return line.amount("price", currency) - off


def _shipping_tax(order: Reading, currency: str) -> Money:
    return total((_tax(line, currency) for line in _kept_shipping(order)), currency)


def _kept_shipping(order: Reading) -> list[Reading]:
    return [line for line in order.each("shipping_lines") if not line.flag("is_removed")]


def _charges(order: Reading, currency: str) -> Iterator[Draft]:
    """Tips, duties and fees are in the grand total and in no line."""
    nothing = Money.zero(currency)
    # Newer orders have the tip as a line of its own, and count it here again.
    has_tip_line = any(line.at("tip") for line in order.each("line_items"))
    tip = nothing if has_tip_line else order.amount("total_tip_received", currency)
    duties = nothing if order.flag("duties_included") else _standing(order, "duties_set", currency)
    fees = _standing(order, "additional_fees_set", currency)
    for title, amount in (("Tip", tip), ("Duties", duties), ("Fees", fees)):
        if amount:
            yield charge(title, amount, nothing)


def _standing(order: Reading, name: str, currency: str) -> Money:
    """`current_total_...` if it is there, else as it was at first."""
    current = order.at(f"current_total_{name}")
    found = current if current else order.at(f"original_total_{name}")
    _same_currency(found, currency)
    return found.at("shop_money").amount("amount", currency)
