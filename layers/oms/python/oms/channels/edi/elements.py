"""What single elements of X12 say: numbers, days, allowances and charges."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from oms.channels.edi.envelope import TransactionSet
from oms.channels.edi.tokens import Segment

# Type R of the standard: a point is written where there is one, a leading zero need not be.
_DECIMAL = re.compile(r"-?([0-9]{1,13}(\.[0-9]{0,9})?|\.[0-9]{1,9})")
_WHOLE = re.compile(r"-?[0-9]{1,13}")


def is_decimal(text: str) -> bool:
    return bool(_DECIMAL.fullmatch(text.strip()))


def decimal(text: str) -> str:
    """`.8` as everybody else writes it; what is no decimal stays as it is."""
    text = text.strip()
    return format(Decimal(text), "f") if is_decimal(text) else text


def is_whole(text: str) -> bool:
    return bool(_WHOLE.fullmatch(text.strip()))


def day(text: str) -> str | None:
    """CCYYMMDD (or YYMMDD of old versions) as ISO; None for what is neither."""
    text = text.strip()
    if len(text) == 6:
        text = f"20{text}"
    if len(text) != 8 or not (text.isascii() and text.isdigit()):
        return None
    return f"{text[:4]}-{text[4:6]}-{text[6:]}"


def charges(found: TransactionSet, loop: Sequence[Segment]) -> Iterator[dict[str, Any]]:
    """Allowances and charges (SAC05 has two implied decimals) and taxes (TXI02 has its own)."""
    for segment in loop:
        id = f"{segment.tag}@{found.number_of(segment)}"
        if segment.tag == "SAC" and segment[1] in ("A", "C") and segment[5]:
            yield {
                "id": id,
                "kind": "allowance" if segment[1] == "A" else "charge",
                "code": segment[2],
                "hundredths": int(segment[5]),
                "title": segment[15],
            }
        elif segment.tag == "TXI" and segment[2]:
            yield {"id": id, "kind": "tax", "code": segment[1], "amount": decimal(segment[2])}
