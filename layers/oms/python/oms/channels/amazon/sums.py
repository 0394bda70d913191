"""What Amazon's items add up to.

Amazon does not say how tax stands to the order's total: in the United States it is added, also
where Amazon remits it; in Japan and Europe a price contains it; elsewhere what Amazon remits is
left out. So the reading is taken under which the items do add up to Amazon's total.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from oms.channels.drafts import Draft, numbered
from oms.kernel.money import Money, total
from oms.orders.content import Line, Totals, own_totals


@dataclass(frozen=True, slots=True)
class Item:
    """One of Amazon's items: the goods, their shipping, and what is charged beside them.

    `is_remitted`: Amazon collects its tax and pays it to the state.
    """

    draft: Draft
    shipping: Money
    shipping_tax: Money
    charges: tuple[Draft, ...] = ()
    units_sent: int = 0
    is_remitted: bool = False

    @property
    def tax(self) -> Money:
        charged = total((charge.tax for charge in self.charges), self.draft.tax.currency)
        return self.draft.tax + self.shipping_tax + charged


@dataclass(frozen=True, slots=True)
class Sold:
    lines: tuple[Line, ...]
    totals: Totals
    tax_by_channel: Money | None


def sold(
    items: Sequence[Item], charges: Sequence[Draft], told: Money | None, currency: str
) -> Sold:
    """`charges` are those of the whole order, `told` is Amazon's total if it gives one."""
    readings = [_summed(map(way, items), charges, told, currency) for way in _WAYS]
    lines, totals = next((r for r in readings if not r[1].variance), readings[0])
    remitted = total((item.tax for item in items if item.is_remitted), currency)
    return Sold(lines, totals, remitted or None)


def _summed(
    items: Iterable[Item], charges: Sequence[Draft], told: Money | None, currency: str
) -> tuple[tuple[Line, ...], Totals]:
    items = tuple(items)
    parts = [part for item in items for part in _parts(item)]
    beside = [charge for item in items for charge in item.charges]
    lines = numbered((*parts, *beside, *charges))
    shipping = total((item.shipping for item in items), currency)
    shipping_tax = total((item.shipping_tax for item in items), currency)
    ours = own_totals(lines, shipping, None)
    grand = ours.total + shipping_tax
    channel_total = grand if told is None else told
    return lines, replace(
        ours, tax=ours.tax + shipping_tax, total=grand, channel_total=channel_total
    )


def _parts(item: Item) -> Iterator[Draft]:
    """Units that somebody has sent already need no shipping."""
    draft, sent = item.draft, min(item.units_sent, item.draft.quantity)
    if sent == 0:
        yield draft
        return
    gone, rest = draft.split(sent) if sent < draft.quantity else (draft, None)
    if rest:
        yield rest
    yield replace(gone, needs_shipping=False)


# --- how tax stands to the total -----------------------------------------------------


def _tax_added(item: Item) -> Item:
    return item


def _tax_remitted(item: Item) -> Item:
    return _without_tax(item) if item.is_remitted else item


def _tax_contained(item: Item) -> Item:
    return replace(
        item,
        draft=item.draft.without_contained_tax(),
        shipping=item.shipping - item.shipping_tax,
        charges=tuple(charge.without_contained_tax() for charge in item.charges),
    )


def _without_tax(item: Item) -> Item:
    nothing = Money.zero(item.draft.tax.currency)
    return replace(
        item,
        draft=replace(item.draft, tax=nothing),
        shipping_tax=nothing,
        charges=tuple(replace(charge, tax=nothing) for charge in item.charges),
    )


_WAYS: tuple[Callable[[Item], Item], ...] = (_tax_added, _tax_remitted, _tax_contained)
