"""Lots: units that were made together, expire together, and may be recalled together.

A lot's units lie on a shelf of their own at each node; the lot itself has one row that says
when it expires and whether it is recalled. Every row of a lot is made by `prepared`, so a recall
misses none. A lot never lies in a pool: both are shelves, and a unit lies on one.

A recall does three things. From its first write on nobody can promise, pick or ship a unit of
the lot. What was available goes to quality. What orders and holds have reserved stays reserved,
in the open: the answer names them, and each is given up by its own action (a shipment's
`reject`, a hold's `release`). Units that come back so are moved by the recall, repeated. Clearing
lets the lot be sold again; units in quality come back by an adjustment, one decision each.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from oms.inventory.look_up import every_movement
from oms.inventory.model import InsufficientStock, Level, Movement, Posting, Reason
from oms.inventory.ports import Holds, StockBooks
from oms.inventory.shelves import lot as shelf_of
from oms.kernel.clock import Clock
from oms.kernel.errors import NotFound, VersionConflict
from oms.kernel.ids import NodeId, Sku, digest, new_ulid, order_of
from oms.kernel.unchanged import until_unchanged
from oms.platform.unit import Write


@dataclass(frozen=True, slots=True)
class Lot:
    """`expires_on` is a day (ISO), or empty. `reason` is why it is recalled."""

    sku: Sku
    name: str
    expires_on: str = ""
    recalled: bool = False
    reason: str = ""
    version: int = 0


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds `units` of a lot: an order, or a reservation."""

    kind: str
    holder_id: str
    units: int


@dataclass(frozen=True, slots=True)
class LotStatus:
    lot: Lot
    levels: tuple[Level, ...]
    holders: tuple[Holder, ...]


class LotBook(Protocol):
    """The rows of lots."""

    def load(self, sku: Sku, name: str) -> Lot:
        """Raises NotFound."""

    def prepared(self, sku: Sku, name: str, node: NodeId, expires_on: str = "") -> Lot:
        """The lot, with a shelf at `node`; made when there was none. Committed at once: an empty
        shelf harms nobody. Raises Invalid `expiry-differs`."""

    def unchanged(self, lot: Lot) -> Write:
        """Checks that it is recalled as little as when it was read. Refused: VersionConflict."""

    def not_recalled(self, sku: Sku, name: str) -> Write:
        """Refused: LotBlocked."""

    def mark(self, lot: Lot, levels: tuple[Level, ...], *, recalled: bool, reason: str) -> None:
        """Block or unblock all its shelves. Raises VersionConflict when a shelf is new."""


def arrival_changes(lot: Lot, units: int) -> dict[str, int]:
    """Units of a recalled lot are there, and held for a check from their first moment."""
    return {"on_hand": units, "quality": units} if lot.recalled else {"on_hand": units}


def recall(
    sku: Sku,
    name: str,
    reason: str,
    actor: str,
    *,
    books: StockBooks,
    lots: LotBook,
    holds: Holds,
    clock: Clock,
) -> LotStatus:
    """Block the lot everywhere and move what is available to quality. Raises NotFound.

    Again: moves what has come back meanwhile, else changes nothing.
    """
    until_unchanged(lambda: _marked(sku, name, books, lots, recalled=True, reason=reason))
    until_unchanged(lambda: _to_quality(sku, name, actor, books, clock))
    return status_of(sku, name, books=books, lots=lots, holds=holds)


def clear(sku: Sku, name: str, *, books: StockBooks, lots: LotBook, holds: Holds) -> LotStatus:
    """The lot may be sold again. What is in quality stays there. Raises NotFound."""
    until_unchanged(lambda: _marked(sku, name, books, lots, recalled=False, reason=""))
    return status_of(sku, name, books=books, lots=lots, holds=holds)


def status_of(sku: Sku, name: str, *, books: StockBooks, lots: LotBook, holds: Holds) -> LotStatus:
    """The lot, where it lies, and who holds units of it. Raises NotFound."""
    known, levels = lots.load(sku, name), _levels(sku, name, books)
    held = any(level.reserved for level in levels)
    return LotStatus(known, levels, tuple(_holders(sku, name, books, holds)) if held else ())


def _marked(
    sku: Sku, name: str, books: StockBooks, lots: LotBook, *, recalled: bool, reason: str
) -> None:
    known = lots.load(sku, name)  # before the levels: its version guards that none is missed
    if known.recalled != recalled:
        lots.mark(known, _levels(sku, name, books), recalled=recalled, reason=reason)


def _to_quality(sku: Sku, name: str, actor: str, books: StockBooks, clock: Clock) -> None:
    for level in _levels(sku, name, books):
        if level.available <= 0:
            continue
        now = clock.now()
        change = {"quality": level.available}
        name_of_it = new_ulid(now)
        move = Movement(
            name_of_it, sku, level.node, change, Reason.RECALL, name, actor, now, level.shelf
        )
        try:
            books.post(Posting(name_of_it, "RECALL", digest(name_of_it), (move,)))
        except InsufficientStock as rival:
            raise VersionConflict("the lot's units moved meanwhile") from rival


def _levels(sku: Sku, name: str, books: StockBooks) -> tuple[Level, ...]:
    return tuple(each for each in books.levels(sku) if each.shelf == shelf_of(name))


def _holders(sku: Sku, name: str, books: StockBooks, holds: Holds) -> Iterator[Holder]:
    """From the movements of the lot's shelves: what each reference reserved and not gave back.

    An order placed on a hold inherits its units, so the two are counted as one.
    """
    reserved = Counter[str]()
    for move in every_movement(sku, stock=books):
        if move.shelf == shelf_of(name) and "reserved" in move.changes:
            reserved[_order_or_hold(move.reference)] += move.changes["reserved"]
    kinds = dict[str, str]()
    units = Counter[str]()
    for reference, net in reserved.items():
        kind, holder = _owner(reference, holds) if net else ("ORDER", reference)
        kinds[holder] = kind
        units[holder] += net
    for holder, net in sorted(units.items()):
        if net > 0:
            yield Holder(kinds[holder], holder, net)


def _order_or_hold(reference: str) -> str:
    try:
        return order_of(reference)[0]
    except ValueError:
        return reference


def _owner(reference: str, holds: Holds) -> tuple[str, str]:
    try:
        hold = holds.get(reference)
    except NotFound:
        return "ORDER", reference
    return ("ORDER", hold.order_id) if hold.order_id else ("RESERVATION", reference)
