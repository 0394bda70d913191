"""What the partner's system hears of its file: 997 by group, TA1 by interchange.

A 997 says whether sets could be read, nothing about the orders in them; it is never answered.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from oms.channels.edi.envelope import Fault, Group, Interchange, TransactionSet
from oms.channels.edi.outgoing import segment
from oms.channels.edi.tokens import Segment

_NOTHING_WRONG = "000"


class Standing(StrEnum):
    """X12's own letters."""

    ACCEPTED = "A"
    WITH_ERRORS = "E"
    REJECTED = "R"


@dataclass(frozen=True, slots=True)
class Judged:
    """A set, what is wrong with it and with its envelopes, and what follows."""

    found: TransactionSet
    own: tuple[Fault, ...]
    around: tuple[Fault, ...]
    standing: Standing

    @property
    def faults(self) -> tuple[Fault, ...]:
        return (*self.around, *self.own)

    @property
    def is_taken(self) -> bool:
        return self.standing is not Standing.REJECTED


def standing(faults: Sequence[Fault], forgives: bool) -> Standing:
    if not faults:
        return Standing.ACCEPTED
    if forgives and all(fault.forgivable for fault in faults):
        return Standing.WITH_ERRORS
    return Standing.REJECTED


def functional_acknowledgement(group: Group, judged: Sequence[Judged]) -> list[Segment]:
    """The 997 of a group. Faults of the envelopes around a set have no code of a set."""
    assert group.header is not None
    taken = sum(each.is_taken for each in judged)
    notes = [fault.note for fault in group.faults if fault.note][:5]
    return [
        segment("AK1", group.header[1], group.header[6]),
        *(each for one in judged for each in _of_set(one)),
        segment("AK9", _of_group(judged, taken), len(judged), len(judged), taken, *notes),
    ]


def _of_group(judged: Sequence[Judged], taken: int) -> str:
    if taken == 0:
        return "R"
    if taken < len(judged):
        return "P"
    is_clean = all(each.standing is Standing.ACCEPTED for each in judged)
    return "A" if is_clean else "E"


def _of_set(judged: Judged) -> Iterator[Segment]:
    yield segment("AK2", judged.found.kind, judged.found.control)
    for fault in judged.own:
        yield from _of_segment(fault)
    notes = sorted({fault.note for fault in judged.own if fault.note}, key=int)
    yield segment("AK5", judged.standing.value, *notes[:5])


def _of_segment(fault: Fault) -> Iterator[Segment]:
    if fault.spot is None:
        return
    spot = fault.spot
    yield segment("AK3", spot.tag, spot.position, "", spot.note)
    if spot.element:
        yield segment("AK4", spot.element, "", spot.element_note)


def interchange_acknowledgement(sent: Interchange, verdict: Standing, note: str) -> list[Segment]:
    """A TA1. `note` is X12's code of what is wrong with the envelope; empty for nothing."""
    header = sent.header
    assert header is not None
    return [
        segment(
            "TA1", sent.control, header[9], header[10], verdict.value, note or _NOTHING_WRONG
        )
    ]  # fmt: skip
