"""Marks: digests of the parts of an order as its channel gave them.

People correct orders here, so what the channel sends later cannot be compared with what we
have. It is compared with what the channel sent before, part by part.
"""

from __future__ import annotations

import json
from enum import StrEnum

from oms.kernel.codec import dump
from oms.kernel.ids import digest
from oms.orders.content import Content


class Part(StrEnum):
    """In the order in which their marks stand; a new one goes to the end."""

    LINES = "lines"
    ADDRESS = "address"
    CUSTOMER = "customer"
    TOTAL = "total"
    TERMS = "terms"
    STATE = "state"


_LENGTH = 8  # of each part: every byte of an order's content is paid for with each write of it


def marks_of(content: Content) -> str:
    lines: dict[str, int] = {}
    for line in content.lines:  # what was sent of a line may stand apart from the rest of it
        name = f"{line.external_id}#{line.sku}"
        lines[name] = lines.get(name, 0) + line.quantity
    parts = {
        Part.LINES: lines,
        Part.ADDRESS: dump(content.shipping_address),
        Part.CUSTOMER: dump(content.customer),
        Part.TOTAL: content.totals.channel_total.amount_minor,
        Part.TERMS: content.terms.value,
        Part.STATE: content.channel_state.value,
    }
    return "".join(_mark(parts[part]) for part in Part)


def changed_parts(before: str, after: str) -> frozenset[Part]:
    """What the channel has changed. Of what had no mark before, nothing is known."""
    pairs = zip(Part, _each(before), _each(after), strict=False)
    return frozenset(part for part, old, new in pairs if old != new)


def _each(marks: str) -> list[str]:
    return [marks[at : at + _LENGTH] for at in range(0, len(marks), _LENGTH)]


def _mark(given: object) -> str:
    return digest(json.dumps(given, sort_keys=True))[:_LENGTH]
