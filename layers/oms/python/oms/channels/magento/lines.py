"""What was bought, from a Magento order: its rows are of ordered things and of their parts.

A configurable product has its price on its own row, and the row of the variant below it says
what is taken from the shelf. A bundle has a made-up SKU, and its parts are what is taken: with
prices of their own (its own row is then only their sum), or at a fixed price on its own row,
which is shared among them. What stands on both rows must not be counted twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from oms.channels.drafts import Draft, charge
from oms.channels.reading import MOST_LINES, Reading
from oms.kernel.money import Money, allocate

# Of Adobe Commerce: gift wrapping of the order, of its lines, and a printed card.
_CHARGES = (
    ("Gift wrapping", "gw_price", "gw_tax_amount"),
    ("Gift wrapping of items", "gw_items_price", "gw_items_tax_amount"),
    ("Gift card in print", "gw_card_price", "gw_card_tax_amount"),
)


@dataclass(frozen=True, slots=True)
class Bought:
    """`shipping` is after its discount and without `shipping_tax`."""

    drafts: tuple[Draft, ...]
    shipping: Money
    shipping_tax: Money


@dataclass(frozen=True, slots=True)
class Row:
    """An ordered thing (`part_of` is None) or a part of one."""

    item: Reading
    part_of: Reading | None = None

    @property
    def external_id(self) -> str:
        return self.item.identifier("item_id")

    @property
    def quantity(self) -> int:
        return self.item.units("qty_ordered", least=1)

    def done(self, name: str) -> int:
        """Units of `qty_shipped` or the like; some stand only on the thing that this is of."""
        own = _units(self.item, name)
        if self.part_of is None:
            return own
        wholes = self.part_of.units("qty_ordered", least=1)
        return max(own, _units(self.part_of, name) * self.quantity // wholes)


def bought(order: Reading, currency: str) -> Bought:
    """Raises Unmappable."""
    rows = order.each("items")
    if not 0 < len(rows) <= MOST_LINES:
        raise order.at("items").fail("invalid-lines", f"1 to {MOST_LINES} lines are needed")
    drafts = [
        part
        for thing, parts in things(rows)
        for row, draft in _sold(thing, parts, currency)
        for part in _open_parts(row, draft)
    ]
    charges = _charges(order, currency)
    shipping = (
        order.amount("shipping_amount", currency)
        - order.amount("shipping_discount_amount", currency)
        + order.amount("shipping_discount_tax_compensation_amount", currency)
    )
    return Bought((*drafts, *charges), shipping, order.amount("shipping_tax_amount", currency))


def things(rows: Sequence[Reading]) -> Iterator[tuple[Reading, list[Reading]]]:
    """Each ordered thing with its parts; a part whose thing is not listed stands for itself."""
    listed = {row.identifier("item_id") for row in rows}
    tops = {
        row.identifier("item_id") for row in rows if row.id_or_empty("parent_item_id") not in listed
    }
    parts: dict[str, list[Reading]] = {}
    for row in rows:
        parts.setdefault(row.id_or_empty("parent_item_id"), []).append(row)
    for row in rows:
        if row.id_or_empty("parent_item_id") not in tops:
            own = row.identifier("item_id")
            yield row, parts.get(own, []) if own in tops else []


def _sold(thing: Reading, parts: list[Reading], currency: str) -> Iterator[tuple[Row, Draft]]:
    whole = Row(thing), _draft(thing, currency)
    if not parts:
        yield whole
    elif thing.text("product_type") == "bundle":
        yield from _bundle(whole[1], [Row(part, thing) for part in parts], currency)
    else:
        variant = parts[0]
        sent = not _is_virtual(variant)
        sku = variant.text("sku", 100) or whole[1].sku
        yield whole[0], replace(whole[1], sku=sku, needs_shipping=sent)


def _bundle(whole: Draft, rows: list[Row], currency: str) -> Iterator[tuple[Row, Draft]]:
    drafts = [_draft(row.item, currency) for row in rows]
    if not any(draft.price for draft in drafts):
        drafts = _shared(whole, drafts)
    yield from zip(rows, drafts, strict=True)


def _shared(whole: Draft, drafts: list[Draft]) -> list[Draft]:
    """The price of the whole over its parts, by units: their own prices are not told."""
    units = [draft.quantity for draft in drafts]
    prices, discounts, taxes = (
        allocate(amount, units) for amount in (whole.price, whole.discount, whole.tax)
    )
    return [
        replace(draft, price=price, discount=discount, tax=tax)
        for draft, price, discount, tax in zip(drafts, prices, discounts, taxes, strict=True)
    ]


def _draft(item: Reading, currency: str) -> Draft:
    """`row_total` is without tax. Where prices contain it, the discount does too: the tax in it
    is the compensation. A fixed product tax (on waste, say) stands beside the usual one."""
    price = item.amount("row_total", currency)
    item.at("row_total").required()
    if price.amount_minor < 0:
        raise item.at("row_total").fail("invalid-amount", "a price below zero")
    compensation = item.amount("discount_tax_compensation_amount", currency)
    fixed = item.amount("weee_tax_applied_row_amount", currency)
    return Draft(
        sku=item.text("sku", 100),
        title=item.text("name"),
        quantity=item.units("qty_ordered", least=1),
        price=price,
        discount=item.amount("discount_amount", currency) - compensation,
        tax=item.amount("tax_amount", currency) + fixed,
        external_id=item.identifier("item_id"),
        needs_shipping=not _is_virtual(item),
    )


def _open_parts(row: Row, draft: Draft) -> Iterator[Draft]:
    """Units that are cancelled, sent, or paid back there need no shipping any more."""
    gone = row.done("qty_canceled") + max(row.done("qty_shipped"), row.done("qty_refunded"))
    closed = min(draft.quantity, gone) if draft.needs_shipping else 0
    if closed == 0:
        yield draft
        return
    done, rest = draft.split(closed) if closed < draft.quantity else (draft, None)
    if rest:
        yield rest
    yield replace(done, needs_shipping=False)


def _charges(order: Reading, currency: str) -> Iterator[Draft]:
    more = order.at("extension_attributes")
    for title, price, tax in _CHARGES:
        amount = more.amount(price, currency)
        if amount:
            yield charge(title, amount, more.amount(tax, currency))


def _is_virtual(item: Reading) -> bool:
    """1 and 0, or true and false. Services, downloads; of gift cards those that are mailed."""
    return item.at("is_virtual").value in (1, True, "1")


def _units(item: Reading, name: str) -> int:
    return item.units(name, least=0) if item.at(name).value is not None else 0
