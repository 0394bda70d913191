"""Check the stock books against themselves and against the orders, while sales go on.

`findings.py` tells what is compared. Figures that belong together are not read at one moment,
so a disagreement counts only when two looks, one after the other, see the same one and nothing
that it rests on was changed in between: the row's version, the order's version, the newest
movement. The second look starts from nothing, so a wrong checkpoint accuses nobody.

What is found can be repaired, once: a counter by a write on condition of its row's version, a
claim by a compensating movement under a key that is made of the evidence and on condition that
the order has not changed. A sale in between refuses the repair, and the SKU is looked at again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from oms.inventory.findings import Finding, Kind, Look, findings_of
from oms.inventory.model import InsufficientStock, Movement, Posting, Reason
from oms.inventory.sums import Sums
from oms.kernel.clock import Clock
from oms.kernel.errors import VersionConflict
from oms.kernel.ids import Sku, digest, new_ulid

# A movement older than this has been written if it ever will be: its id is minted right before
# its transaction, and no transaction is tried for so long.
SETTLED_AFTER = timedelta(hours=1)
LOOKS = 5  # at one SKU, before what does not stand still is left for the next time
REPAIRS = 4
ACTOR = "reconcile"
_BY_HAND = frozenset({Kind.LINE, Kind.LEDGER})


class Books(Protocol):
    """The books as the check sees them. Reads are consistent."""

    def look(self, sku: Sku, settled_before: datetime, *, full: bool) -> Look:
        """`full`: from the first movement on, and over every order of the SKU; otherwise from
        the checkpoint on, and over the orders that the movements name."""

    def keep(self, sku: Sku, sums: Sums) -> None:
        """Make `sums` the checkpoint."""

    def put_right(self, finding: Finding, note: Movement) -> None:
        """Set a row's figures, with `note` to tell of it, or the waiting counter, to what they
        should be. Raises VersionConflict when they changed since they were seen."""

    def compensate(self, posting: Posting, finding: Finding) -> None:
        """Post once, if its owner is as it was seen. Raises VersionConflict, InsufficientStock,
        Refused `reference-reused`."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A finding, and what became of it: `repaired`, or `note` says why not."""

    finding: Finding
    repaired: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """`unsettled`: disagreements that moved while they were looked at; no verdict on those."""

    sku: Sku
    at: datetime
    checked: tuple[Checked, ...] = ()
    unsettled: int = 0
    movements_read: int = 0
    checkpoint_differed: bool = False

    @property
    def findings(self) -> tuple[Finding, ...]:
        return tuple(each.finding for each in self.checked)


@dataclass(frozen=True, slots=True)
class ReconcileSku:
    """Check one SKU of the books."""

    books: Books
    clock: Clock

    def __call__(
        self, sku: Sku, *, repair: bool = False, full: bool = False, actor: str = ACTOR
    ) -> Report:
        """What was found, and repaired if `repair`. Finds nothing again what it repaired."""
        report = self._check(sku, full)
        done = list[Checked]()
        for _ in range(REPAIRS if repair else 0):
            outcomes = [self._repaired(each, actor) for each in report.findings]
            done += [each for each in outcomes if each and each.repaired]
            left = tuple(each for each in outcomes if each and not each.repaired)
            if None not in outcomes:
                return replace(report, checked=(*done, *left))
            report = self._check(sku, full)  # a sale came in between
        return replace(report, checked=(*done, *report.checked))

    def _check(self, sku: Sku, full: bool) -> Report:
        now = self.clock.now()
        look = self.books.look(sku, now - SETTLED_AFTER, full=full)
        found, read, differed = findings_of(look), look.movements_read, look.checkpoint_differs
        sure = list[Finding]()
        for _ in range(LOOKS - 1):
            if not found:
                break
            look = self.books.look(sku, now - SETTLED_AFTER, full=True)
            before, found = found, findings_of(look)
            sure = [each for each in found if each in before]
            read, differed = read + look.movements_read, differed or look.checkpoint_differs
            if len(sure) == len(found):
                break
        if look.stale:
            self.books.keep(sku, look.settled)
        checked = tuple(map(Checked, sure))
        return Report(sku, now, checked, len(found) - len(sure), read, differed)

    def _repaired(self, finding: Finding, actor: str) -> Checked | None:
        """None when something changed since the looks."""
        if finding.kind in _BY_HAND:
            return Checked(finding, note="needs a person")
        now = self.clock.now()
        try:
            if finding.kind is Kind.CLAIM:
                self.books.compensate(compensation(finding, actor, now), finding)
            else:
                self.books.put_right(finding, _note(finding, actor, now))
        except VersionConflict:
            return None
        except InsufficientStock as short:
            return Checked(finding, note=f"cannot be reserved: {short}")
        return Checked(finding, repaired=True)


def compensation(finding: Finding, actor: str, at: datetime) -> Posting:
    """The movement that makes the books keep what its owner holds. Its key is the evidence: the
    same disagreement is made good once, however many find it."""
    changes = {
        name: finding.should.get(name, 0) - held
        for name, held in {**dict.fromkeys(finding.should, 0), **finding.holds}.items()
    }
    movement = replace(
        _note(finding, actor, at),
        changes={name: change for name, change in changes.items() if change},
        reference=finding.reference,
    )
    told = digest(*(f"{name}{change:+}" for name, change in sorted(changes.items())))
    return Posting(f"RECONCILE-{evidence(finding)}", Reason.RECONCILED.value, told, (movement,))


def evidence(finding: Finding) -> str:
    """A name for this disagreement, seen now or again."""
    where = (finding.kind, finding.sku, finding.node, finding.shelf, finding.reference)
    figures = (f"{n}={v}" for side in (finding.holds, finding.should) for n, v in side.items())
    return digest(*where, finding.stamp, *figures)


def _note(finding: Finding, actor: str, at: datetime) -> Movement:
    return Movement(
        new_ulid(at),
        finding.sku,
        finding.node,
        {},
        Reason.RECONCILED,
        f"RECONCILE-{evidence(finding)}",
        actor,
        at,
        finding.shelf,
    )
