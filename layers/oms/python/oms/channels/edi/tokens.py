"""X12 text to segments and back.

The standard wants the delimiters at fixed places of an ISA of 106 characters. Files that people
have opened, copied or mailed rarely have them there any more: blanks are gone, byte order marks
and hard blanks were added, ISA16 is missing. So the delimiters are found by what stands around
them, and a line break inside a field stays in the field.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from oms.channels.model import Unmappable

LARGEST_FILE = 5 * 1024 * 1024
_ISA_ELEMENTS = 16
_NBSP, _BOM, _END_OF_FILE = "\u00a0", "\ufeff", "\x00\x1a"
_FIRST_OF_SET = "BEG|BAK|BCH|BGN|BSN|BIG|BCT|BIA|BTP|AK1"
# A field that ends in a line break and one of these lost the terminator between them.
_TAGS = frozenset(
    "ST SE GE IEA BEG CUR REF PER N1 N3 N4 N9 PO1 PO4 PID SDQ CTP SAC TXI DTM ITD TD5 CTT"
    " AMT".split()
)


@dataclass(frozen=True, slots=True)
class Segment:
    """`position` counts the segments of a file from 1. `segment[3]` is the third element."""

    tag: str
    elements: tuple[str, ...]
    position: int = 0

    def __getitem__(self, number: int) -> str:
        """Element `number` as X12 counts (from 1); empty when it was left out."""
        return self.elements[number - 1] if number <= len(self.elements) else ""

    def pairs(self, first: int) -> Iterator[tuple[str, str]]:
        """Elements from `first` on as (qualifier, value), without the incomplete ones."""
        rest = self.elements[first - 1 :]
        return ((key, value) for key, value in zip(rest[::2], rest[1::2], strict=False) if key)


@dataclass(frozen=True, slots=True)
class Delimiters:
    """`component` is empty when the file does not say."""

    element: str = "*"
    component: str = ">"
    terminator: str = "~"


@dataclass(frozen=True, slots=True)
class Tokens:
    """What stands under one ISA, or a transaction set that came without any."""

    delimiters: Delimiters
    segments: tuple[Segment, ...]


def read(raw: bytes) -> tuple[Tokens, ...]:
    """Every interchange in the file. Raises Unmappable."""
    text, found, position = _text(raw), list[Tokens](), 1
    while text:
        delimiters = _delimiters(text)
        here, text = _first_interchange(text, delimiters)
        segments = tuple(_segments(here, delimiters, position))
        position += len(segments)
        found.append(Tokens(delimiters, segments))
    return tuple(found)


def write(segments: Iterable[Segment], delimiters: Delimiters) -> str:
    """One segment a line, as people have to read these files too."""
    end = delimiters.terminator if delimiters.terminator == "\n" else f"{delimiters.terminator}\n"
    return "".join(delimiters.element.join((s.tag, *s.elements)) + end for s in segments)


# --- delimiters ----------------------------------------------------------------------


def _text(raw: bytes) -> str:
    if len(raw) > LARGEST_FILE:
        raise Unmappable("too-large", "", f"a file is at most {LARGEST_FILE} bytes")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    text = _bare(text.replace(_NBSP, " "))
    if not text:
        raise Unmappable("not-x12", "", "the file is empty")
    return text


def _bare(text: str) -> str:
    return text.lstrip(_BOM + " \t\r\n" + _END_OF_FILE).rstrip(_END_OF_FILE)


def _delimiters(text: str) -> Delimiters:
    if text.startswith("ISA") and _may_delimit(text[3:4]):
        return _of_isa(text, text[3])
    if text.startswith("ST") and _may_delimit(text[2:3]):
        return _of_set(text, text[2])
    raise Unmappable("not-x12", "", "an X12 file begins with ISA (or ST)")


def _may_delimit(char: str) -> bool:
    return bool(char) and not char.isalnum() and not char.isspace()


def _of_isa(text: str, element: str) -> Delimiters:
    """What stands between ISA15 and the next segment: a separator, then up to two characters."""
    next_tag = re.compile(rf"(?:GS|TA1|IEA){re.escape(element)}")
    parts = text[:4096].split(element, _ISA_ELEMENTS - 1)
    if len(parts) < _ISA_ELEMENTS:
        raise Unmappable("invalid-isa", "segment 1, ISA", "ISA has too few elements")
    rest = parts[-1].lstrip(" ")  # ISA15, and all that follows
    found = next_tag.search(rest, 1)
    if found is None:
        raise Unmappable("invalid-isa", "segment 1, ISA", "no group follows the ISA")
    between = rest[1 : found.start()].removeprefix(element)
    printable = "".join(between.split())
    if len(printable) > 2 or any(each.isalnum() for each in printable):
        raise Unmappable("invalid-isa", "segment 1, ISA", "ISA16 is not one character")
    return _of_two(printable, text, element, has_break="\n" in between)


def _of_two(printable: str, text: str, element: str, has_break: bool) -> Delimiters:
    """Component and terminator, of which one may have been left out."""
    if len(printable) == 2:
        component, terminator = printable[0], printable[1]
        return Delimiters(element, component if component != terminator else "", terminator)
    if printable and (not has_break or _ends_segments(printable, text, element)):
        return Delimiters(element, "", printable)
    if has_break:
        return Delimiters(element, printable, "\n")
    raise Unmappable("invalid-isa", "segment 1, ISA", "the end of segments cannot be seen")


def _ends_segments(char: str, text: str, element: str) -> bool:
    return bool(re.search(rf"{re.escape(char)}\s*ST{re.escape(element)}", text))


def _of_set(text: str, element: str) -> Delimiters:
    second = re.search(rf"(\S?)(\s*)(?:{_FIRST_OF_SET}){re.escape(element)}", text[:4096])
    if second and _may_delimit(second[1]) and second[1] != element:
        return Delimiters(element, "", second[1])
    if second and "\n" in second[2]:
        return Delimiters(element, "", "\n")
    raise Unmappable("invalid-set", "segment 1, ST", "the end of segments cannot be seen")


# --- segments ------------------------------------------------------------------------


def _first_interchange(text: str, delimiters: Delimiters) -> tuple[str, str]:
    """The first interchange, and what follows it if that is another one."""
    element, end = re.escape(delimiters.element), re.escape(delimiters.terminator)
    for trailer in re.finditer(rf"{end}\s{{0,40}}IEA{element}[^{end}]{{0,40}}{end}", text):
        rest = _bare(text[trailer.end() :])
        if not rest or rest.startswith("ISA"):
            return text[: trailer.end()], rest
    return text, ""


def _segments(text: str, delimiters: Delimiters, position: int) -> Iterator[Segment]:
    for chunk in text.split(delimiters.terminator):
        for piece in _repaired(chunk.lstrip(), delimiters.element):
            yield _segment(piece, delimiters.element, position)
            position += 1


def _segment(text: str, element: str, position: int) -> Segment:
    tag, *elements = text.split(element)
    if not re.fullmatch(r"[A-Z][A-Z0-9]{1,2}", tag.rstrip()):
        place = f"segment {position}"
        raise Unmappable("invalid-segment", place, "a segment begins with its tag")
    return Segment(tag.rstrip(), tuple(each.rstrip("\r\n") for each in elements), position)


def _repaired(chunk: str, element: str) -> Iterator[str]:
    """The segment in `chunk`, or the several that a lost terminator has run together."""
    if not chunk.strip():
        return
    whole = list[str]()
    for each in chunk.split(element):
        field, line_break, tag = each.rpartition("\n")
        if whole and line_break and tag.strip() in _TAGS:
            yield element.join((*whole, field.rstrip()))
            whole = [tag.strip()]
        else:
            whole.append(each)
    yield element.join(whole)
