"""Lines, prices and charges of a purchase order, in pieces and whole minor units."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from oms.channels.drafts import Draft, charge, with_spread_tax
from oms.channels.edi.elements import is_decimal
from oms.channels.edi.units import Ordered, ordered
from oms.channels.model import ChannelAccount, Unmappable
from oms.channels.reading import MOST_LINES, Reading
from oms.kernel.money import Money, total

# SAC02 that is shipping or tax. Everything else is money beside the goods.
_FREIGHT = frozenset({"D240", "D500", "D270", "G821", "G830"})
_TAX = frozenset({"H850", "H740", "H750", "H770"})
_QUALIFIERS = ("VN", "VP", "UP", "EN", "SK", "BP", "IN", "UK", "UI", "CB")
_LARGEST = Decimal(10) ** 11
NO_CHARGE = "NC"


@dataclass(frozen=True, slots=True)
class Bought:
    """`is_unpriced`: a line has no price, and the setting `unpriced` does not say `agreed`."""

    drafts: tuple[Draft, ...]
    shipping: Money
    is_unpriced: bool


def bought(order: Reading, account: ChannelAccount, currency: str) -> Bought:
    """Raises Unmappable, whose message names the segment of a line."""
    lines = order.each("lines")
    if not 0 < len(lines) <= MOST_LINES:
        raise order.at("lines").fail("invalid-lines", f"1 to {MOST_LINES} lines are needed")
    drafts = tuple(part for line in lines for part in _parts(line, account, currency))
    beside = [_Beside.of(each, currency) for each in order.each("charges")]
    tax = total((each.amount for each in beside if each.is_tax), currency)
    others = tuple(
        charge(each.title, each.amount, Money.zero(currency), each.id)
        for each in beside
        if not each.is_tax and not each.is_freight
    )
    shipping = total((each.amount for each in beside if each.is_freight), currency)
    unpriced = any(is_unpriced(line.value) for line in lines)
    is_open = unpriced and account.setting("unpriced") != "agreed"
    return Bought((*_with_tax(drafts, tax), *others), shipping, is_open)


def _with_tax(drafts: tuple[Draft, ...], tax: Money) -> tuple[Draft, ...]:
    """The header's tax shared by price, beside what lines have of their own."""
    shared = with_spread_tax(drafts, tax)
    return tuple(
        replace(draft, tax=draft.tax + share.tax)
        for draft, share in zip(drafts, shared, strict=True)
    )


def is_unpriced(line: Any) -> bool:
    """Whether a line's document leaves its price to an agreement."""
    return line.get("price") is None and line.get("basis") != NO_CHARGE


def sku_of(line: Reading, account: ChannelAccount) -> str:
    """What the partner calls the article, by the qualifier that the account prefers."""
    ids = line.at("ids")
    wanted = account.settings.get("sku_qualifiers") or _QUALIFIERS
    return next(filter(None, (ids.text(each, 100) for each in wanted)), "")


def unit_price(line: Reading) -> Decimal:
    """For one ordered unit; zero when none is named. Partners write any number of decimals."""
    field = line.at("price")
    if field.value is None:
        return Decimal(0)
    text = field.value
    if not isinstance(text, str) or text != text.strip() or not is_decimal(text):
        raise field.fail("invalid-amount", "a price is a decimal")
    if not 0 <= Decimal(text) < _LARGEST:
        raise field.fail("invalid-amount", "the price is out of range")
    return Decimal(text)


def _parts(line: Reading, account: ChannelAccount, currency: str) -> tuple[Draft, ...]:
    try:
        return tuple(_line(line, account, currency))
    except Unmappable as unfit:
        message = str(unfit).removesuffix(f" (at {unfit.pointer})")
        named = f"{message}{_segment(line)}"
        raise Unmappable(unfit.code, unfit.pointer, named) from None


def _segment(line: Reading) -> str:
    """` in segment 14, PO1`: what the partner's people can look up."""
    id = line.value.get("id") if isinstance(line.value, dict) else None
    tag, _, position = id.partition("@") if isinstance(id, str) else ("", "", "")
    return f" in segment {position[:9]}, {tag[:3]}" if position else ""


def _line(line: Reading, account: ChannelAccount, currency: str) -> Iterator[Draft]:
    line.at("id").required()
    given = ordered(line, account)
    nothing = Money.zero(currency)
    beside = [_Beside.of(each, currency) for each in line.each("charges")]
    off = total((-each.amount for each in beside if each.amount.amount_minor < 0), currency)
    tax = total((each.amount for each in beside if each.is_tax), currency)
    yield Draft(
        sku=sku_of(line, account) if given.is_in_pieces else "",
        title=_title(line, account, given),
        quantity=given.pieces,
        price=given.price(unit_price(line), currency),
        discount=off,
        tax=tax,
        external_id=line.text("id", 40),
        needs_shipping=True,
    )
    for each in beside:
        if not each.is_tax and each.amount.amount_minor > 0:
            yield charge(each.title, each.amount, nothing, each.id)


def _title(line: Reading, account: ChannelAccount, given: Ordered) -> str:
    sku = sku_of(line, account)
    title = line.text("title") or sku
    if given.is_in_pieces:
        return title
    return f"{title} ({given.count} {line.text('unit', 3)} of {sku}: pieces unknown)"


@dataclass(frozen=True, slots=True)
class _Beside:
    """An allowance (negative), a charge or a tax."""

    id: str
    title: str
    amount: Money
    is_tax: bool
    is_freight: bool

    @classmethod
    def of(cls, given: Reading, currency: str) -> _Beside:
        kind, code = given.text("kind", 20), given.text("code", 10)
        amount = given.amount("amount", currency) if kind == "tax" else _implied(given, currency)
        return cls(
            id=given.text("id", 40),
            title=given.text("title") or code or kind,
            amount=-amount if kind == "allowance" else amount,
            is_tax=kind == "tax" or (kind == "charge" and code in _TAX),
            is_freight=kind == "charge" and code in _FREIGHT,
        )


def _implied(given: Reading, currency: str) -> Money:
    """SAC05 counts hundredths in every currency."""
    hundredths = given.at("hundredths").required()
    value = hundredths.value
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) >= 10**13:
        raise hundredths.fail("invalid-amount", "a whole number of hundredths is expected")
    return Money.parse(Decimal(value).scaleb(-2), currency)
