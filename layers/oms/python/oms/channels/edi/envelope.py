"""Interchanges, groups and transaction sets, and whether their trailers agree with the headers.

A fault belongs to the smallest envelope that it is certain of, so that the other sets of the
file go on. `note` is X12's own code of it: TA105 of an interchange, AK905 of a group, AK502 of
a set. Counts and control numbers may be forgiven by a partner's setting; what was cut off or
has an element in error never is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from oms.channels.edi.tokens import Delimiters, Segment, Tokens, read


@dataclass(frozen=True, slots=True)
class Spot:
    """A segment of a set for AK3 (and its element for AK4): positions from 1, X12's codes."""

    tag: str
    position: int
    note: str
    element: int = 0
    element_note: str = ""


@dataclass(frozen=True, slots=True)
class Fault:
    """`code` is ours in kebab-case, `place` such as `set 0001, segment 14, PO1`."""

    code: str
    place: str
    message: str
    note: str = ""
    forgivable: bool = False
    spot: Spot | None = None


@dataclass(frozen=True, slots=True)
class TransactionSet:
    """Segments from ST to SE."""

    segments: tuple[Segment, ...]
    faults: tuple[Fault, ...] = ()

    @property
    def kind(self) -> str:
        return self.segments[0][1]

    @property
    def control(self) -> str:
        return self.segments[0][2]

    def number_of(self, segment: Segment) -> int:
        """Its position in the set, where ST is the first."""
        return segment.position - self.segments[0].position + 1

    def place(self, segment: Segment) -> str:
        return f"set {self.control}, segment {self.number_of(segment)}, {segment.tag}"


@dataclass(frozen=True, slots=True)
class Group:
    """`header` is None around sets that came without an envelope."""

    header: Segment | None
    sets: tuple[TransactionSet, ...]
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class Interchange:
    header: Segment | None
    groups: tuple[Group, ...]
    delimiters: Delimiters
    faults: tuple[Fault, ...] = ()

    @property
    def sender(self) -> str:
        return _party(self.header, 5)

    @property
    def receiver(self) -> str:
        return _party(self.header, 7)

    @property
    def control(self) -> str:
        return self.header[13].strip() if self.header else ""

    @property
    def key(self) -> str:
        """What names it for good: control numbers wrap, so its day and time are in it."""
        if self.header is None:
            return ""
        named = (self.sender, self.receiver, self.header[9], self.header[10], self.control)
        return "|".join(each.strip() for each in named)

    @property
    def sent_at(self) -> datetime | None:
        """ISA09 and ISA10, which have no zone: taken as UTC."""
        text = f"{self.header[9]}{self.header[10]}" if self.header else ""
        try:
            return datetime.strptime(text, "%y%m%d%H%M").replace(tzinfo=UTC)
        except ValueError:
            return None

    @property
    def is_test(self) -> bool:
        return self.header is not None and self.header[15].strip() == "T"

    @property
    def wants_answer(self) -> bool:
        return self.header is not None and self.header[14].strip() == "1"


def interchanges(raw: bytes) -> tuple[Interchange, ...]:
    """All that a file holds. Raises Unmappable when it is no X12 at all."""
    return tuple(_interchange(tokens) for tokens in read(raw))


def _party(header: Segment | None, qualifier: int) -> str:
    if header is None:
        return ""
    return f"{header[qualifier].strip()}/{header[qualifier + 1].strip()}"


def _interchange(tokens: Tokens) -> Interchange:
    segments = tokens.segments
    if segments[0].tag != "ISA":
        group = Group(None, _sets(segments))
        return Interchange(None, (group,), tokens.delimiters, tuple(_strays(segments, "ST")))
    header, last = segments[0], segments[-1]
    body = segments[1:-1] if last.tag == "IEA" else segments[1:]
    runs = list(_runs([each for each in body if each.tag != "TA1"], "GS", "GE"))
    groups = tuple(_group(run) for run in runs if run[0].tag == "GS")
    trailer = last if last.tag == "IEA" else None
    faults = (*_strays(body, "GS"), *_interchange_faults(header, trailer, len(groups)))
    return Interchange(header, groups, tokens.delimiters, faults)


def _group(run: Sequence[Segment]) -> Group:
    header, trailer = run[0], run[-1] if run[-1].tag == "GE" else None
    body = run[1:-1] if trailer else run[1:]
    sets = _sets(body)
    faults = (*_strays(body, "ST"), *_group_faults(header, trailer, len(sets)))
    return Group(header, sets, faults)


def _sets(body: Sequence[Segment]) -> tuple[TransactionSet, ...]:
    found = [TransactionSet(tuple(run)) for run in _runs(body, "ST", "SE") if run[0].tag == "ST"]
    seen: Counter[str] = Counter()
    checked = list[TransactionSet]()
    for each in found:
        seen[each.control] += 1
        faults = tuple(_set_faults(each, is_repeated=seen[each.control] > 1))
        checked.append(replace(each, faults=faults))
    return tuple(checked)


_CLOSES = {"GS": "GE", "ST": "SE"}


def _runs(body: Sequence[Segment], opens: str, closes: str) -> Iterator[list[Segment]]:
    """From each opening to its closing segment; what stands outside is a run of its own."""
    run = list[Segment]()
    for each in body:
        if each.tag == opens and run:
            yield run
            run = []
        run.append(each)
        if each.tag == closes:
            yield run
            run = []
    if run:
        yield run


# --- faults --------------------------------------------------------------------------


def _strays(body: Sequence[Segment], opens: str) -> Iterator[Fault]:
    """Goods may be among what stands in no set, so it cannot be passed over."""
    inside = [each for each in body if each.tag != "TA1"]
    for run in _runs(inside, opens, _CLOSES[opens]):
        if run[0].tag != opens:
            first = run[0]
            note = "024" if opens == "GS" else ""
            yield Fault("stray-segment", _at(first), "a segment outside of any envelope", note)


def _interchange_faults(header: Segment, trailer: Segment | None, groups: int) -> Iterator[Fault]:
    if trailer is None:
        yield Fault("no-interchange-trailer", _at(header), "the file ends before IEA", "023")
        return
    if not _same(trailer[2], header[13]):
        message = f"IEA02 is {trailer[2].strip()}, ISA13 is {header[13].strip()}"
        yield Fault("interchange-control-number", _at(trailer), message, "001", forgivable=True)
    if not _same(trailer[1], str(groups)):
        message = f"IEA01 says {trailer[1].strip()} groups, there are {groups}"
        yield Fault("interchange-count", _at(trailer), message, "021", forgivable=True)


def _group_faults(header: Segment, trailer: Segment | None, sets: int) -> Iterator[Fault]:
    if trailer is None:
        yield Fault("no-group-trailer", _at(header), "the group ends before GE", "3")
        return
    if not _same(trailer[2], header[6]):
        message = f"GE02 is {trailer[2].strip()}, GS06 is {header[6].strip()}"
        yield Fault("group-control-number", _at(trailer), message, "4", forgivable=True)
    if not _same(trailer[1], str(sets)):
        message = f"GE01 says {trailer[1].strip()} sets, there are {sets}"
        yield Fault("group-count", _at(trailer), message, "5", forgivable=True)


def _set_faults(found: TransactionSet, is_repeated: bool) -> Iterator[Fault]:
    first, last = found.segments[0], found.segments[-1]
    if is_repeated:
        message = f"a set before has the number {found.control} too"
        place = found.place(first)
        yield Fault("set-control-number-repeated", place, message, "23", forgivable=True)
    if last.tag != "SE":
        yield Fault("no-set-trailer", found.place(first), "the set ends before SE", "2")
        return
    if not _same(last[2], found.control):
        message = f"SE02 is {last[2].strip()}, ST02 is {found.control.strip()}"
        yield Fault("set-control-number", found.place(last), message, "3", forgivable=True)
    if not _same(last[1], str(len(found.segments))):
        message = f"SE01 says {last[1].strip()} segments, there are {len(found.segments)}"
        yield Fault("set-count", found.place(last), message, "4", forgivable=True)


def _same(one: str, other: str) -> bool:
    """As numbers where they are: `1` and `000000001` are the same control number."""
    one, other = one.strip(), other.strip()
    return one == other or (bool(one) and one.lstrip("0") == other.lstrip("0"))


def _at(segment: Segment) -> str:
    return f"segment {segment.position}, {segment.tag}"
