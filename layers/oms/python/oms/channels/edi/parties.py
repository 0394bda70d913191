"""Who stands in an N1 loop, and whom to ask (PER)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from oms.channels.edi.tokens import Segment

ADDRESS_TAGS = frozenset({"N1", "N2", "N3", "N4", "PER", "REF"})


def party(loop: Sequence[Segment]) -> dict[str, Any]:
    """The party of the N1 that `loop` begins with. `code` is what the partner calls the place."""
    first, lines, place = loop[0], list[str](), Segment("N4", ())
    for segment in loop[1:]:
        if segment.tag not in ADDRESS_TAGS or segment.tag == "N1":
            break
        if segment.tag == "N3":
            lines += [each for each in (segment[1], segment[2]) if each.strip()]
        elif segment.tag == "N4":
            place = segment
    return {
        "name": first[2].strip(),
        "code": first[4].strip(),
        "lines": lines,
        "city": place[1],
        "region": place[2],
        "postal_code": place[3],
        "country": place[4],
    }


def contact(header: Sequence[Segment]) -> dict[str, str]:
    """The first name, e-mail address and telephone that any PER gives."""
    found: dict[str, str] = {}
    for segment in (each for each in header if each.tag == "PER"):
        if segment[2].strip():
            found.setdefault("name", segment[2].strip())
        for qualifier, value in segment.pairs(3):
            if qualifier in ("EM", "TE"):
                found.setdefault({"EM": "email", "TE": "phone"}[qualifier], value.strip())
    return found
