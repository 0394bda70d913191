"""What of an order is in a parcel, in the partner's own units."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from oms.channels.edi.units import pieces_per_unit
from oms.channels.model import ChannelAccount
from oms.channels.push import PushRefused, ToldLine


@dataclass(frozen=True, slots=True)
class ShippedLine:
    """`quantity` in `unit`: the ordered one, or pieces where the parcel breaks a case.

    `pieces` of `ordered_pieces` are in the parcel.
    """

    line: dict[str, Any]
    quantity: int
    unit: str
    pieces: int
    ordered_pieces: int


def shipped_lines(
    order: dict[str, Any], told: Sequence[ToldLine], account: ChannelAccount
) -> tuple[ShippedLine, ...]:
    """Raises PushRefused for a line that the purchase order has not."""
    lines = {line["id"]: line for line in order["lines"]}
    pieces: Counter[str] = Counter()
    for each in told:
        if each.external_id:
            pieces[each.external_id] += each.quantity
    if not lines.keys() >= pieces.keys():
        raise PushRefused("the purchase order has no such line", "not-in-shop")
    return tuple(_shipped(lines[id], units, account) for id, units in pieces.items())


def _shipped(line: dict[str, Any], pieces: int, account: ChannelAccount) -> ShippedLine:
    per_unit = pieces_per_unit(line, account) or 1
    ordered = int(line["quantity"]) * per_unit
    if pieces % per_unit:
        return ShippedLine(line, pieces, "EA", pieces, ordered)
    return ShippedLine(line, pieces // per_unit, line["unit"], pieces, ordered)
