"""The lines of a purchase order as JSON, by the place that each is for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from oms.channels.edi.elements import charges
from oms.channels.edi.envelope import TransactionSet
from oms.channels.edi.parties import party
from oms.channels.edi.tokens import Segment

Json = dict[str, Any]
Loop = Sequence[Segment]

# CTP02 that is no price to us: what the shop asks of its own customers.
_RETAIL = frozenset({"RTL", "RES", "MSR", "SRP", "SLP", "FSP", "MAP"})


def line_documents(found: TransactionSet, lines: Sequence[Loop]) -> list[tuple[Json, list[Json]]]:
    """Lines by place: `{"store"}` of SDQ, `{"ship_to"}` of the line's own N1, or `{}`."""
    places: dict[str, tuple[Json, list[Json]]] = {}
    for loop in lines:
        for name, place, document in _placed(found, loop):
            places.setdefault(name, (place, []))[1].append(document)
    return list(places.values())


def stores(loop: Loop) -> list[tuple[str, str]]:
    """(store, quantity) of every SDQ of the line: ten stores fit into one."""
    return [
        (store.strip(), quantity.strip())
        for segment in loop
        if segment.tag == "SDQ"
        for store, quantity in segment.pairs(3)
    ]


def price_of(loop: Loop) -> str:
    """PO104, or CTP03 where it is left out; empty when the price is agreed elsewhere."""
    given = loop[0][4].strip()
    found = (s[3].strip() for s in loop if s.tag == "CTP" and s[2] not in _RETAIL)
    return given or next(filter(None, found), "")


def _placed(found: TransactionSet, loop: Loop) -> Iterator[tuple[str, Json, Json]]:
    document = _document(found, loop)
    split = stores(loop)
    for number, (store, quantity) in enumerate(split):
        # Allowances are for the whole line: they stand on its first part.
        own = {**document, "charges": [] if number else document["charges"]}
        yield f"store {store}", {"store": store}, {**own, "quantity": _quantity(quantity)}
    if split:
        return
    at = next((n for n, s in enumerate(loop) if s.tag == "N1" and s[1] == "ST"), None)
    if at is None:
        yield "", {}, document
        return
    there = party(loop[at:])
    yield f"place {there['code']} {there['name']}", {"ship_to": there}, document


def _document(found: TransactionSet, loop: Loop) -> Json:
    po1 = loop[0]
    return {
        "id": f"PO1@{found.number_of(po1)}",
        "number": po1[1].strip(),
        "quantity": _quantity(po1[2]),
        "unit": po1[3].strip() or "EA",
        "price": price_of(loop) or None,
        "basis": po1[5].strip(),
        "ids": {key: value.strip() for key, value in po1.pairs(6) if value.strip()},
        "title": next((s[5] for s in loop if s.tag == "PID" and s[5].strip()), ""),
        "pack": _pack(loop),
        "charges": list(charges(found, loop)),
    }


def _quantity(text: str) -> int | Decimal:
    value = Decimal(text.strip())
    return int(value) if value == int(value) else value


def _pack(loop: Loop) -> int | None:
    """Pieces in one ordered unit: PO401, times PO414 where those are inner packs."""
    po4 = next((segment for segment in loop if segment.tag == "PO4"), None)
    if po4 is None or not po4[1].strip().isdecimal():
        return None
    inner = po4[14].strip()
    return int(po4[1]) * (int(inner) if inner.isdecimal() and int(inner) else 1) or None
