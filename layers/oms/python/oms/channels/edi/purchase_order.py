"""A purchase order (850) as JSON: one document for each ship-to, in the partner's own words.

The document is what is captured, kept, replayed and mapped; amounts stay text as the partner
wrote them. A line's `id` is `PO1@14`: the segment and its position in the set, since partners
number their lines twice alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from oms.channels.edi.elements import charges, day, decimal
from oms.channels.edi.envelope import Interchange, TransactionSet
from oms.channels.edi.order_lines import line_documents
from oms.channels.edi.parties import contact, party
from oms.channels.edi.tokens import Segment
from oms.kernel.clock import iso

Json = dict[str, Any]

_NOTES = {"MSG": 1, "MTX": 2, "NTE": 2}
_MOST_NOTES = 20


def purchase_orders(found: TransactionSet, sent: Interchange, partner: str) -> tuple[Json, ...]:
    """The orders in a set without faults (`purchase_order_check`), in the order of their stores.

    `partner` stands in for the buyer's id where neither the set nor an envelope names one.
    """
    header, lines = parted(found)
    order = _header(found, header, sent)
    buyer = _code(order["parties"], "BY") or sent.sender.partition("/")[2] or partner
    return tuple(
        _order(order, buyer, place, documents, is_first=number == 0)
        for number, (place, documents) in enumerate(line_documents(found, lines))
    )


def parted(found: TransactionSet) -> tuple[list[Segment], list[list[Segment]]]:
    """The segments before the first PO1, and each PO1 with what belongs to it."""
    header, lines = list[Segment](), list[list[Segment]]()
    for segment in found.segments[1:]:
        if segment.tag in ("CTT", "SE"):
            break
        if segment.tag == "PO1":
            lines.append([])
        (lines[-1] if lines else header).append(segment)
    return header, lines


def summary(found: TransactionSet) -> list[Segment]:
    tags = [segment.tag for segment in found.segments]
    return list(found.segments[tags.index("CTT") :]) if "CTT" in tags else []


def _order(order: Json, buyer: str, place: Json, lines: list[Json], *, is_first: bool) -> Json:
    """`place` is a store that the lines are for, or the ship-to of their own."""
    store = place.get("store", "")
    ship_to = place.get("ship_to")
    suffix = store or (ship_to or {}).get("code", "") or (ship_to or {}).get("name", "")
    release = f"r{order['release']}" if order["release"] else ""
    named = [each for each in (buyer, order["number"], release, suffix) if each]
    return {
        "external_id": ":".join(quote(each, safe="") for each in named),
        **order,
        "store": store,
        "ship_to": ship_to or order["ship_to"],
        # Money that is for the whole purchase order stands on its first part.
        "charges": order["charges"] if is_first else [],
        "total": order["total"] if not suffix else None,
        "lines": lines,
    }


def _header(found: TransactionSet, header: Sequence[Segment], sent: Interchange) -> Json:
    beg = next(segment for segment in header if segment.tag == "BEG")
    parties = _parties(header)
    return {
        "purpose": beg[1],
        "type": beg[2],
        "number": beg[3].strip(),
        "release": beg[4].strip(),
        "placed_on": day(beg[5]),
        "sent_at": iso(sent.sent_at) if sent.sent_at else None,
        "is_test": sent.is_test,
        "sender": sent.sender,
        "receiver": sent.receiver,
        "control": {"interchange": sent.control, "set": found.control},
        "currency": _first(header, "CUR", 2) or None,
        "contact": contact(header),
        "parties": parties,
        "ship_to": _ship_to(parties),
        "references": {s[1]: s[2] for s in header if s.tag == "REF" and s[1]},
        "dates": {s[1]: day(s[2]) for s in header if s.tag == "DTM" and s[1]},
        "ship_complete": _first(header, "CSH", 1) == "SC",
        "terms": _first(header, "ITD", 12),
        "routing": _first(header, "TD5", 5) or _first(header, "TD5", 3),
        "notes": [s[_NOTES[s.tag]][:300] for s in header if s.tag in _NOTES][:_MOST_NOTES],
        "charges": list(charges(found, header)),
        "total": next(
            (decimal(s[2]) for s in summary(found) if s.tag == "AMT" and s[1] == "TT"), None
        ),
    }


def _parties(header: Sequence[Segment]) -> dict[str, Json]:
    """By entity code; of several ship-tos the first (the lines then name their own)."""
    found: dict[str, Json] = {}
    for at, segment in enumerate(header):
        if segment.tag == "N1" and segment[1] not in found:
            found[segment[1]] = party(header[at:])
    return found


def _ship_to(parties: dict[str, Json]) -> Json | None:
    """A buyer that names no place to ship to wants it where it is."""
    return parties.get("ST") or parties.get("BY")


def _code(parties: dict[str, Json], entity: str) -> str:
    code: str = parties.get(entity, {}).get("code", "")
    return code


def _first(segments: Sequence[Segment], tag: str, element: int) -> str:
    return next((s[element].strip() for s in segments if s.tag == tag), "")
