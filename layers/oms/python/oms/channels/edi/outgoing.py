"""Our own interchanges: one group with its sets, the ISA at its fixed 106 characters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from oms.channels.edi.partner import Partner, Party
from oms.channels.edi.tokens import Delimiters, Segment, write

Body = Sequence[Segment]

_GROUPS = {"997": "FA", "855": "PR", "856": "SH", "810": "IN"}


@dataclass(frozen=True, slots=True)
class Numbered:
    """Under which control number a reply goes out, and when it was first made: a repeat of the
    reply is the same file."""

    control: int
    at: datetime


def segment(tag: str, *values: str | int) -> Segment:
    """Without the empty elements at its end, as the standard wants it."""
    elements = [str(value) for value in values]
    while elements and not elements[-1]:
        elements.pop()
    return Segment(tag, tuple(elements))


def interchange(kind: str, body: Body, partner: Partner, number: Numbered) -> bytes:
    """One transaction set `kind` with the segments of `body` between ST and SE."""
    control, day, time = str(number.control), f"{number.at:%Y%m%d}", f"{number.at:%H%M}"
    us, them = partner.us, partner.them
    segments = [
        segment("GS", _GROUPS[kind], us.group_id, them.group_id, day, time, control, "X",
                partner.version),
        segment("ST", kind, "0001"),
        *body,
        segment("SE", len(body) + 2, "0001"),
        segment("GE", 1, control),
    ]  # fmt: skip
    return _enveloped(segments, 1, partner, number)


def bare_interchange(body: Body, partner: Partner, number: Numbered) -> bytes:
    """Without a group: for a TA1."""
    return _enveloped(body, 0, partner, number)


def _enveloped(body: Body, groups: int, partner: Partner, number: Numbered) -> bytes:
    delimiters, control = partner.delimiters, f"{number.control:09d}"
    segments = [
        _header(partner, number, control),
        *(_clean(each, delimiters) for each in body),
        segment("IEA", groups, control),
    ]
    return write(segments, delimiters).encode("ascii", errors="replace")


def _header(partner: Partner, number: Numbered, control: str) -> Segment:
    """ISA11 is a letter in 4010 and separates repeated elements in 5010."""
    is_older = partner.version < "004020"
    elements = (
        "00", " " * 10, "00", " " * 10,
        *_named(partner.us), *_named(partner.them),
        f"{number.at:%y%m%d}", f"{number.at:%H%M}", "U" if is_older else "^",
        "00401" if is_older else "00501", control, "0", partner.usage,
        partner.delimiters.component,
    )  # fmt: skip
    return Segment("ISA", elements)


def _named(party: Party) -> tuple[str, str]:
    return f"{party.qualifier:2.2}", f"{party.id:15.15}"


def _clean(given: Segment, delimiters: Delimiters) -> Segment:
    """No delimiter and no line break may stand inside an element."""
    marks = {delimiters.element, delimiters.component, delimiters.terminator}
    unsafe = {ord(each): " " for each in (*marks, "^", "\r", "\n")}
    return Segment(given.tag, tuple(each.translate(unsafe) for each in given.elements))
