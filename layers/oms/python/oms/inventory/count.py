"""Cycle counts: what lies there against what the books say, without stopping work.

Opening a count remembers what was on hand. Submitting posts the difference between what was
counted and what was on hand at the moment of counting, never the counted figure itself: so goods
that left or came meanwhile stay as they are booked. A line without `counted_at` was counted at
some moment since the opening, and the moment at which it fits best counts.

On hand is what is in the building. Units picked and not yet handed over are counted with it.
Units of a lot are counted by the lot; all other shelves of a SKU are one count.

A difference of more than `FREE_UNITS` units and more than `FREE_PERCENT` of what was expected
waits for the approval of somebody else than the counter.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from oms.inventory.model import Level, Movement
from oms.inventory.shelves import GENERAL, Shelf, lot_name
from oms.kernel.errors import FieldError, Invalid, Refused
from oms.kernel.ids import NodeId, Sku, digest
from oms.platform.unit import Write

FREE_UNITS = 5
FREE_PERCENT = 2
MOST_SKUS = 200
MOST_SHELVES = 3  # that one difference is taken from


class CountState(StrEnum):
    OPEN = "OPEN"
    AWAITING_APPROVAL = "AWAITING_APPROVAL"
    POSTING = "POSTING"  # decided; a repeat goes on where it broke off
    POSTED = "POSTED"


@dataclass(frozen=True, slots=True)
class CountLine:
    """`on_hand` and `seen` are from the opening: the figure, and the ids of the latest movements
    that are in it. `variance` is counted minus expected, None until it was counted."""

    sku: Sku
    on_hand: int
    lot: str = ""
    seen: tuple[str, ...] = ()
    counted: int | None = None
    expected: int | None = None
    variance: int | None = None

    @property
    def needs_approval(self) -> bool:
        off = abs(self.variance or 0)
        return off > FREE_UNITS and off * 100 > (self.expected or 0) * FREE_PERCENT


@dataclass(frozen=True, slots=True)
class Counted:
    """What a person counted; `at` None: at some moment since the count was opened."""

    sku: Sku
    counted: int
    lot: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Count:
    """A count of SKUs at a node. `submitted` is the digest of what was submitted."""

    count_id: str
    node: NodeId
    opened_by: str
    opened_at: datetime
    lines: tuple[CountLine, ...]
    state: CountState = CountState.OPEN
    digest: str = ""
    submitted: str = ""
    counted_by: str = ""
    approved_by: str = ""
    version: int = 0

    @property
    def counted(self) -> tuple[CountLine, ...]:
        return tuple(line for line in self.lines if line.counted is not None)

    def line(self, sku: Sku, lot: str) -> CountLine | None:
        return next((e for e in self.lines if (e.sku, e.lot) == (sku, lot)), None)


@dataclass(frozen=True, slots=True)
class Accuracy:
    """How the last count of a SKU (or a lot of it) at a node went, and how many were exact."""

    node: NodeId
    sku: Sku
    lot: str
    counted: int
    expected: int
    count_id: str
    at: datetime
    counts: int
    exact: int


class SamePerson(Refused):
    """Whoever counted does not approve the count."""

    code = "same-person"


class Counts(Protocol):
    """Where counts live. Reads are consistent."""

    def load(self, count_id: str) -> Count:
        """Raises NotFound."""

    def find(self, count_id: str) -> Count | None: ...

    def saved(self, before: Count | None, after: Count) -> Write:
        """Refused: VersionConflict."""

    def told(self, count: Count, line: CountLine, at: datetime) -> Write:
        """What the line says of the books' accuracy."""

    def accuracy(self, node: NodeId, limit: int, after: str) -> tuple[list[Accuracy], str]:
        """A page by SKU, and where the next one begins; empty at the end."""

    def commit(self, writes: Sequence[Write]) -> None: ...


def group_of(shelf: Shelf) -> str:
    """The lot that a shelf is counted as; empty for every shelf that is no lot's."""
    return lot_name(shelf)


def moves_of(
    movements: Sequence[Movement], node: NodeId, lot: str, since: datetime
) -> list[Movement]:
    """Those of `movements` that changed what a count line counts, from `since` on."""
    return [
        each
        for each in movements
        if each.node == node
        and group_of(each.shelf) == lot
        and each.at >= since
        and each.changes.get("on_hand")
    ]


def measured(line: CountLine, what: Counted, later: Sequence[Movement]) -> CountLine:
    """`line` with its variance. `later`: what changed on hand since the opening."""
    fresh = sorted((e for e in later if e.movement_id not in line.seen), key=lambda e: e.at)
    if what.at is None:
        expected = min(_moments(line, fresh), key=lambda units: abs(what.counted - units))
    else:
        before = [e for e in fresh if e.at <= what.at]
        expected = line.on_hand + sum(e.changes["on_hand"] for e in before)
    return replace(line, counted=what.counted, expected=expected, variance=what.counted - expected)


def _moments(line: CountLine, fresh: Sequence[Movement]) -> Iterator[int]:
    """What was on hand at each moment since the opening."""
    units = line.on_hand
    yield units
    for each in fresh:
        units += each.changes["on_hand"]
        yield units


def shares(levels: Sequence[Level], lot: str, variance: int) -> list[tuple[Shelf, int]]:
    """On which shelves a difference is booked: what is missing where it is available.

    What no shelf can give is left on the first one, which then refuses: it is promised.
    """
    group = [each for each in levels if group_of(each.shelf) == lot]
    own = next((e.shelf for e in group if lot or e.shelf == GENERAL), GENERAL)
    if variance >= 0 or not group:
        return [(own, variance)] if variance else []
    ordered = sorted(group, key=lambda e: (e.shelf != own, -e.available, e.shelf))
    left, taken = -variance, list[tuple[Shelf, int]]()
    for each in ordered[:MOST_SHELVES]:
        units = min(left, max(0, each.available))
        taken.append((each.shelf, units))
        left -= units
    (first, units), *rest = taken
    return [(shelf, -n) for shelf, n in [(first, units + left), *rest] if n]


def check_submitted(count: Count, lines: Sequence[Counted], now: datetime) -> None:
    """Raises Invalid for lines that the count does not have, twice, or at impossible times."""
    errors, seen = list[FieldError](), set[tuple[Sku, str]]()
    for number, each in enumerate(lines):
        at = f"/lines/{number}"
        if count.line(each.sku, each.lot) is None:
            errors.append(FieldError(f"{at}/sku", "not-counted", "the count has no such line"))
        if (each.sku, each.lot) in seen:
            errors.append(FieldError(f"{at}/sku", "repeated-sku", "another line has this SKU"))
        if each.at and not count.opened_at <= each.at <= now:
            detail = "between the opening and now"
            errors.append(FieldError(f"{at}/counted_at", "impossible-time", detail))
        seen.add((each.sku, each.lot))
    if errors:
        raise Invalid("the count cannot be submitted", errors)


def content_of(lines: Sequence[Counted]) -> str:
    """A name for what was submitted: the same content is the same submission."""
    told = (f"{e.sku}\x1f{e.lot}\x1f{e.counted}\x1f{e.at or ''}" for e in lines)
    return digest(*sorted(told))
