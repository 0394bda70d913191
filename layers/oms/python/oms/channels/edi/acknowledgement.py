"""The 855: what we say to a purchase order, line by line."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from oms.channels.edi.outgoing import Numbered, segment
from oms.channels.edi.tokens import Segment

Json = dict[str, Any]

_ACCEPTED, _REJECTED = "IA", "IR"
_ALL, _SOME, _NONE = "AD", "AC", "RD"  # BAK02


def acknowledgement(order: Json, rejected: Collection[str], number: Numbered) -> list[Segment]:
    """`rejected` are the ids of lines that will not be sent; the others are accepted."""
    lines = order["lines"]
    return [
        segment("BAK", "00", _verdict(order, rejected), order["number"], day_of(order),
                order["release"], "", "", "", f"{number.at:%Y%m%d}"),
        *([segment("CUR", "SE", order["currency"])] if order["currency"] else []),
        *ship_to_of(order),
        *(each for line in lines for each in _line(line, line["id"] in rejected)),
        segment("CTT", len(lines)),
    ]  # fmt: skip


def day_of(order: Json) -> str:
    """BEG05 again, as the partner finds its order by number and day."""
    return (order["placed_on"] or "").replace("-", "")


def ship_to_of(order: Json) -> list[Segment]:
    """Which of several places this is about; the store where the order was split."""
    place = order["ship_to"] or {}
    code = order["store"] or place.get("code", "")
    name = place.get("name", "")
    if not code and not name:
        return []
    return [segment("N1", "ST", name, *(("92", code) if code else ()))]


def item_ids(line: Json) -> list[str]:
    """The partner's own qualifiers and numbers, flat, for the end of PO1, LIN and IT1."""
    return [each for pair in line["ids"].items() for each in pair][:20]


def _verdict(order: Json, rejected: Collection[str]) -> str:
    lines = order["lines"]
    gone = sum(line["id"] in rejected for line in lines)
    return _NONE if gone == len(lines) else _SOME if gone else _ALL


def _line(line: Json, is_rejected: bool) -> list[Segment]:
    quantity, unit = str(line["quantity"]), line["unit"]
    return [
        segment("PO1", line["number"], quantity, unit, line["price"] or "", line["basis"],
                *item_ids(line)),
        segment("ACK", _REJECTED if is_rejected else _ACCEPTED, quantity, unit),
    ]  # fmt: skip
