"""What stands in the books of one SKU, and where they disagree. Pure: see `findings_of`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from oms.inventory.model import (
    AVAILABLE,
    BUCKETS,
    Level,
    Movement,
    Place,
    Units,
    available_change,
)
from oms.inventory.shelves import OVERSOLD, UNTRACKED, Shelf, row_of
from oms.inventory.sums import NOTHING, Held, Sums, owner_name
from oms.kernel.ids import NodeId, Sku

# --- whoever units are kept for ------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Missing:
    """A line of an order that should have all its units promised, and lacks some."""

    line_id: str
    sku: Sku
    units: int


class OwnerKind(StrEnum):
    ORDER = "order"
    HOLD = "reservation"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Owner:
    """An order or a hold as it says of itself. `state` in words; `names` are the reservations
    that it took over; `version` is the order's."""

    reference: str
    kind: OwnerKind
    state: str
    claims: tuple[Units, ...] = ()
    names: tuple[str, ...] = ()
    missing: tuple[Missing, ...] = ()
    version: int = 0

    def __str__(self) -> str:
        if self.kind is OwnerKind.NOBODY:
            return f"no order and no reservation is named {self.reference}"
        return f"{self.kind} {self.reference} is {self.state}"


# --- one look at the books -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Row:
    """A level as it is stored, with the version of its row (0: there is none)."""

    level: Level
    version: int = 0


@dataclass(frozen=True, slots=True)
class Look:
    """All figures of one SKU, each read consistently, though not all at one moment.

    `settled` are the sums of what is old enough for a checkpoint. `pending` are movements that
    are decided and not posted yet: works in parts. `waiting` is the counter, `in_line` the sum
    of the rows. `stale`: `settled` is not what the checkpoint says; `checkpoint_differs`: a full
    look found that it never was right.
    """

    sku: Sku
    rows: Mapping[Place, Row]
    sums: Sums
    settled: Sums
    owners: tuple[Owner, ...] = ()
    pending: tuple[Movement, ...] = ()
    waiting: int = 0
    in_line: int = 0
    movements_read: int = 0
    stale: bool = False
    checkpoint_differs: bool = False


class Kind(StrEnum):
    COUNTER = "COUNTER"  # a figure differs from what the movements make
    AVAILABLE = "AVAILABLE"  # the figures are right, and their difference is not
    LEDGER = "LEDGER"  # the movements themselves make a figure below zero
    CLAIM = "CLAIM"  # the books keep more or less for somebody than that somebody holds
    WAITING = "WAITING"  # the counter of the waiting line
    LINE = "LINE"  # a line of an order lacks its reservation


@dataclass(frozen=True, slots=True)
class Finding:
    """One disagreement. `holds` are the figures as they stand, `should` as they ought to be.

    `stamp` is the evidence: two looks that agree on it saw the same thing, with no change in
    between. `owner` is for the kinds that have one.
    """

    kind: Kind
    sku: Sku
    why: str
    proposal: str
    holds: Mapping[str, int]
    should: Mapping[str, int]
    node: NodeId = NodeId("")
    shelf: Shelf = Shelf("")
    reference: str = ""
    stamp: str = ""
    owner: Owner | None = None


def findings_of(look: Look) -> list[Finding]:
    """Every disagreement in `look`, counters first: they are put right first."""
    return [*_counters(look), *_claims(look), *_waiting(look), *_lines(look)]


def _counters(look: Look) -> Iterable[Finding]:
    for place in sorted(look.rows.keys() | look.sums.levels.keys()):
        row = look.rows.get(place) or Row(_empty(place))
        made = look.sums.levels.get(place) or _empty(place)
        holds, should = _figures(row.level), _figures(made)
        if holds == should:
            continue
        told = {name for name in holds if holds[name] != should[name]}
        kind, why, proposal = _judged(made, holds, told)
        yield Finding(
            kind,
            look.sku,
            why,
            proposal,
            {name: holds[name] for name in sorted(told)},
            {name: should[name] for name in sorted(told)},
            place[1],
            place[2],
            stamp=f"version {row.version}",
        )


def _judged(made: Level, holds: Mapping[str, int], told: set[str]) -> tuple[Kind, str, str]:
    if not made.is_sound or made.available < 0:
        why = "the movements themselves make a figure below zero: one is missing or wrong"
        return Kind.LEDGER, why, "count the shelf and post what was found"
    if told == {AVAILABLE}:
        why = f"what is there and free is {available_change(holds)} by the other figures"
        return Kind.AVAILABLE, why, "set what is available to what the figures make"
    names = ", ".join(sorted(told - {AVAILABLE}))
    why = f"the row was changed without a movement, or a movement without the row: {names}"
    return Kind.COUNTER, why, "set the row to what its movements make"


def _claims(look: Look) -> Iterable[Finding]:
    names = {name: each for each in look.owners for name in (each.reference, *each.names)}
    held, should = _held(look, names), _promised(look)
    for key in sorted(held.keys() | should.keys()):
        (reference, (_, node, shelf)), books = key, held.get(key, NOTHING)
        owner = names.get(reference) or Owner(reference, OwnerKind.NOBODY, "")
        ought = should.get(key, NOTHING)
        if books.units == ought.units:
            continue
        more = books.reserved > ought.reserved
        yield Finding(
            Kind.CLAIM,
            look.sku,
            f"{owner}: it holds {ought.reserved} here, and the books keep {books.reserved}",
            "give back what nobody holds" if more else "reserve what is missing",
            _units(books),
            _units(ought),
            node,
            shelf,
            reference,
            f"version {owner.version} after {books.last}",
            owner,
        )


def _held(look: Look, names: Mapping[str, Owner]) -> dict[tuple[str, Place], Held]:
    """What the books keep, by owner, with the movements that are still to be posted."""
    held: dict[tuple[str, Place], Held] = {}

    def add(reference: str, place: Place, units: Held) -> None:
        name = names[reference].reference if reference in names else reference
        held[name, place] = held.get((name, place), NOTHING).plus(*units.units, units.last)

    for (reference, place), units in look.sums.claims.items():
        add(reference, place, units)
    for each in look.pending:
        reserved, oversold = each.changes.get("reserved", 0), each.changes.get("oversold", 0)
        add(owner_name(each.reference), each.place, Held(reserved, oversold))
    return held


def _promised(look: Look) -> dict[tuple[str, Place], Held]:
    """What orders and holds say that they hold."""
    should: dict[tuple[str, Place], Held] = {}
    for owner in look.owners:
        for claim in owner.claims:
            if claim.sku == look.sku and claim.shelf != UNTRACKED:
                place = claim.sku, claim.node, row_of(claim.shelf)
                beyond = claim.quantity if claim.shelf == OVERSOLD else 0
                known = should.get((owner.reference, place), NOTHING)
                should[owner.reference, place] = known.plus(claim.quantity, beyond)
    return should


def _waiting(look: Look) -> Iterable[Finding]:
    if look.waiting != look.in_line:
        yield Finding(
            Kind.WAITING,
            look.sku,
            f"the places in line add up to {look.in_line} units",
            "set the counter to the sum of the places in line",
            {"waiting": look.waiting},
            {"waiting": look.in_line},
        )


def _lines(look: Look) -> Iterable[Finding]:
    for owner in look.owners:
        for each in owner.missing:
            if each.sku == look.sku:
                yield missing_line(owner, each)


def missing_line(owner: Owner, lack: Missing) -> Finding:
    """L03: an order beyond its allocation with a line that nothing is reserved for."""
    return Finding(
        Kind.LINE,
        lack.sku,
        f"{owner}, and line {lack.line_id} lacks the promise of {lack.units} units",
        "hold the order, and allocate it again",
        {"unpromised": lack.units},
        {"unpromised": 0},
        reference=owner.reference,
        stamp=f"version {owner.version} line {lack.line_id}",
        owner=owner,
    )


def _empty(place: Place) -> Level:
    return Level(place[0], place[1], shelf=place[2])


def _figures(level: Level) -> dict[str, int]:
    return {name: getattr(level, name) for name in (*BUCKETS, AVAILABLE)}


def _units(held: Held) -> dict[str, int]:
    figures = {"reserved": held.reserved, "oversold": held.oversold}
    return figures if held.oversold else {"reserved": held.reserved}
