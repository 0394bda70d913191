"""X12 as a partner's translator reads it: everything at its place, or refused."""

from __future__ import annotations

from decimal import Decimal

OUR_ID, YOUR_ID = "925175000", "OMSDEMO"
_GROUPS = {"997": "FA", "855": "PR", "856": "SH", "810": "IN"}
_LEVELS = {"S": "", "O": "S", "T": "O", "P": "OT", "I": "OTP"}
Segments = list[list[str]]


class Unreadable(ValueError):
    """What a translator refuses, and why."""


def strict(text: str) -> Segments:
    if len(text) < 106 or not text.startswith("ISA"):
        raise Unreadable("an ISA has 106 characters")
    element, terminator = text[3], text[105]
    segments = [each.strip("\r\n").split(element) for each in text.split(terminator)]
    if segments.pop() != [""] or [len(each) for each in segments[0][1:]] != [
        2, 10, 2, 10, 2, 15, 2, 15, 6, 4, 1, 5, 9, 1, 1, 1,
    ]:  # fmt: skip
        raise Unreadable("an element of the ISA has not its length")
    if any(not each[-1] for each in segments):
        raise Unreadable("a segment ends in an empty element")
    _check_envelope(segments)
    return segments


def _check_envelope(segments: Segments) -> None:
    isa, gs, st = segments[:3]
    se, ge, iea = segments[-3:]
    if isa[6].strip() != YOUR_ID or isa[8].strip() != OUR_ID:
        raise Unreadable("not from you to us")
    if _GROUPS.get(st[1]) != gs[1]:
        raise Unreadable(f"a {st[1]} in a group {gs[1]}")
    if se != ["SE", str(len(segments) - 4), st[2]]:
        raise Unreadable("SE does not fit its ST")
    if ge != ["GE", "1", gs[6]] or iea != ["IEA", "1", isa[13]]:
        raise Unreadable("a trailer does not fit its header")


def one(body: Segments, tag: str) -> list[str]:
    found = [each for each in body if each[0] == tag]
    if len(found) != 1:
        raise Unreadable(f"one {tag} is expected")
    return found[0]


def check_tree(body: Segments) -> None:
    """HL numbers run from 1, and each level hangs below one that it may hang below."""
    levels: dict[str, str] = {}
    for number, each in enumerate((each for each in body if each[0] == "HL"), start=1):
        _, id, parent, level = each
        if id != str(number) or levels.get(parent, "") not in _LEVELS[level]:
            raise Unreadable(f"HL {id} hangs wrongly")
        levels[id] = level
    if int(one(body, "CTT")[1]) != len(levels):
        raise Unreadable("CTT01 is not the number of HL")


def check_sscc(mark: str) -> None:
    digits = [int(each) for each in mark]
    weighted = sum(digit * (3 if at % 2 == 0 else 1) for at, digit in enumerate(digits[2:]))
    if len(digits) != 20 or weighted % 10:
        raise Unreadable(f"{mark} is no SSCC-18")


def added_up(body: Segments) -> Decimal:
    total = Decimal(0)
    for each in body:
        if each[0] == "IT1":
            total += (Decimal(each[2]) * Decimal(each[4])).quantize(Decimal("0.01"))
        elif each[0] == "SAC":
            sign = -1 if each[1] == "A" else 1
            total += sign * Decimal(each[5]).scaleb(-2)
        elif each[0] == "TXI":
            total += Decimal(each[2])
    return total
