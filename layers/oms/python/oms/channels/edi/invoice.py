"""The 810 of a parcel. TDS01 is what its lines, charges and taxes add up to, to the cent.

A line's allowances and taxes are billed in proportion to its units. What is for the whole
purchase order (freight, its taxes) is billed with its last parcel.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from oms.channels.edi.acknowledgement import day_of, item_ids, ship_to_of
from oms.channels.edi.outgoing import Numbered, segment
from oms.channels.edi.partner import Partner
from oms.channels.edi.shipped import ShippedLine
from oms.channels.edi.tokens import Segment
from oms.channels.edi.units import Ordered

Json = dict[str, Any]
_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class _Beside:
    """Money beside the price of a line, or of the order. An allowance is negative."""

    amount: Decimal
    segment: Segment


def invoice(
    order: Json, lines: Sequence[ShippedLine], partner: Partner, number: Numbered, *, is_last: bool
) -> list[Segment]:
    """Every line must have a price (`goods.is_unpriced`)."""
    beside = list(_beside(order["charges"], 1, 1)) if is_last else []
    items, total = list[Segment](), sum((each.amount for each in beside), Decimal(0))
    for shipped in lines:
        own = list(_beside(shipped.line["charges"], shipped.pieces, shipped.ordered_pieces))
        items += [_item(shipped), *(each.segment for each in own)]
        total += _extended(shipped) + sum(each.amount for each in own)
    return [
        segment("BIG", f"{number.at:%Y%m%d}", number.control, day_of(order), order["number"],
                order["release"]),
        segment("CUR", "SE", order["currency"] or "USD"),
        *([segment("N1", "SU", partner.our_name)] if partner.our_name else []),
        *ship_to_of(order),
        *items,
        segment("TDS", int(total.scaleb(2))),
        *(each.segment for each in beside),
        segment("CTT", len(lines)),
    ]  # fmt: skip


def _item(shipped: ShippedLine) -> Segment:
    line = shipped.line
    return segment(
        "IT1", line["number"], shipped.quantity, shipped.unit, plain(_unit_price(shipped)),
        _basis(shipped), *item_ids(line),
    )  # fmt: skip


def _unit_price(shipped: ShippedLine) -> Decimal:
    """As ordered; for a broken case the price of a piece, as exact as an R element can be."""
    line = shipped.line
    price = Decimal(line["price"] or 0)
    if shipped.unit == line["unit"]:
        return price
    ordered = _as_ordered(shipped)
    each = ordered.exact_price(price) / shipped.ordered_pieces
    return each.quantize(Decimal("0.000001"))


def _basis(shipped: ShippedLine) -> str:
    basis: str = shipped.line["basis"]
    return basis if shipped.unit == shipped.line["unit"] else "PE"


def _as_ordered(shipped: ShippedLine) -> Ordered:
    line = shipped.line
    count = int(line["quantity"])
    return Ordered(count, shipped.ordered_pieces // count, line["basis"], is_in_pieces=True)


def _extended(shipped: ShippedLine) -> Decimal:
    """Quantity times price as the partner computes it from IT1, rounded half-even."""
    price = _unit_price(shipped)
    if shipped.unit != shipped.line["unit"]:
        return (price * shipped.quantity).quantize(_CENT)
    per_unit = shipped.pieces // shipped.quantity
    ordered = Ordered(shipped.quantity, per_unit, shipped.line["basis"], is_in_pieces=True)
    return ordered.exact_price(price).quantize(_CENT)


def _beside(charges: Sequence[Json], part: int, whole: int) -> Iterator[_Beside]:
    for each in sorted(charges, key=lambda each: str(each["kind"]) != "tax"):  # TXI before SAC
        if each["kind"] == "tax":
            amount = (Decimal(each["amount"]) * part / whole).quantize(_CENT)
            yield _Beside(amount, segment("TXI", each["code"], plain(amount)))
            continue
        amount = (Decimal(each["hundredths"]) * part / whole).scaleb(-2).quantize(_CENT)
        letter, sign = ("A", -1) if each["kind"] == "allowance" else ("C", 1)
        yield _Beside(amount * sign, _sac(letter, each, int(amount.scaleb(2))))


def _sac(letter: str, charge: Json, hundredths: int) -> Segment:
    return segment("SAC", letter, charge["code"], "", "", hundredths, *[""] * 9, charge["title"])


def plain(value: Decimal) -> str:
    """A type R element: no exponent, no zeros at the end of a fraction."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
