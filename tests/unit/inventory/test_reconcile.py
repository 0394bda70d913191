"""What one look at the books says, and what it takes for a finding to count."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms.inventory.findings import Finding, Kind, Look, Owner, OwnerKind, Row, findings_of
from oms.inventory.model import (
    BUCKETS,
    InsufficientStock,
    Level,
    Movement,
    Place,
    Posting,
    Reason,
    Units,
    available_change,
    movements_of,
)
from oms.inventory.reconcile import LOOKS, ReconcileSku, compensation, evidence
from oms.inventory.reconcile_walk import FULL_EVERY_DAYS, is_due
from oms.inventory.shelves import GENERAL, OVERSOLD, UNTRACKED, Shelf
from oms.inventory.sums import Sums, summed
from oms.kernel.clock import SettableClock
from oms.kernel.errors import VersionConflict
from oms.kernel.ids import NodeId, Sku

NOW = datetime(2026, 11, 21, 3, tzinfo=UTC)
LAMP, EAST = Sku("LAMP-BRASS"), NodeId("WH-EAST")
ORDER = "01KAKY0V3QZ6M1T9W2X4B5C7D8"
_ids = count()


def moved(reference: str = "PO-1", shelf: Shelf = GENERAL, **changes: int) -> Movement:
    name = f"{next(_ids):026d}"
    return Movement(name, LAMP, EAST, changes, Reason.RECEIPT, reference, "ops", NOW, shelf)


def sums_of(*movements: Movement) -> Sums:
    return summed(Sums(), movements)


def looked(*movements: Movement, **changes: object) -> Look:
    """Rows that say what the movements make, unless told otherwise."""
    sums = sums_of(*movements)
    rows = {place: Row(level, 7) for place, level in sums.levels.items()}
    return replace(Look(LAMP, rows, sums, sums), **changes)  # type: ignore[arg-type]


def held_by(reference: str, *claims: Units, state: str = "CONFIRMED", **also: object) -> Owner:
    owner = Owner(reference, OwnerKind.ORDER, state, claims, version=4)
    return replace(owner, **also)  # type: ignore[arg-type]


def lamps(quantity: int, shelf: Shelf = GENERAL) -> Units:
    return Units(LAMP, EAST, quantity, shelf)


# --- sums ----------------------------------------------------------------------------------


def test_a_claim_is_what_its_reference_took_and_did_not_give_back() -> None:
    sums = sums_of(moved(ORDER, reserved=5), moved(ORDER, reserved=-2), moved("CART", reserved=1))
    held = {reference: each.reserved for (reference, _), each in sums.claims.items()}
    assert held == {ORDER: 3, "CART": 1}


def test_what_a_shipment_does_is_done_to_its_order() -> None:
    sums = sums_of(moved(ORDER, reserved=5), moved(f"{ORDER}-1", reserved=-5, on_hand=-5))
    assert sums.claims == {}


_changes = st.dictionaries(st.sampled_from(BUCKETS), st.integers(-5, 5), max_size=4)


@given(st.lists(_changes, max_size=20), st.data())
def test_sums_can_be_gone_on_with_from_any_checkpoint(
    changes: list[dict[str, int]], data: st.DataObject
) -> None:
    movements = [moved(f"REF-{n % 3}", **each) for n, each in enumerate(changes)]
    cut = data.draw(st.integers(0, len(movements)))
    assert summed(sums_of(*movements[:cut]), movements[cut:]) == sums_of(*movements)


# --- findings ------------------------------------------------------------------------------


def test_books_that_agree_say_nothing() -> None:
    look = looked(moved(on_hand=10), moved(ORDER, reserved=2), owners=(held_by(ORDER, lamps(2)),))
    assert findings_of(look) == []


def test_oversold_units_agree_when_both_buckets_hold_them() -> None:
    claim = lamps(3, OVERSOLD)
    taken = movements_of([claim], Reason.RESERVATION, ORDER, "intake", NOW)
    assert findings_of(looked(*taken, owners=(held_by(ORDER, claim),))) == []


def test_units_that_nobody_counts_are_no_claim() -> None:
    look = looked(moved(on_hand=1), owners=(held_by(ORDER, lamps(9, UNTRACKED)),))
    assert findings_of(look) == []


def test_an_order_stands_for_the_reservation_that_it_took_over() -> None:
    owner = held_by(ORDER, lamps(2), names=("CART-7",))
    assert findings_of(looked(moved(on_hand=5), moved("CART-7", reserved=2), owners=(owner,))) == []


def test_what_a_work_will_still_give_back_is_no_leak() -> None:
    given_back = moved(ORDER, reserved=-3)
    owner = held_by(ORDER, state="CANCELLED")
    look = looked(moved(on_hand=5), moved(ORDER, reserved=3), owners=(owner,))
    assert [each.kind for each in findings_of(look)] == [Kind.CLAIM]
    assert findings_of(replace(look, pending=(given_back,))) == []


@given(st.fixed_dictionaries(dict.fromkeys(BUCKETS, st.integers(-3, 3))))
def test_every_figure_that_differs_from_the_movements_is_named(drift: dict[str, int]) -> None:
    look = looked(moved(**dict.fromkeys(BUCKETS, 10)), moved(on_hand=100))
    ((place, row),) = look.rows.items()
    wrong = row.level.after(drift)
    found = [
        each
        for each in findings_of(replace(look, rows={place: Row(wrong, 8)}))
        if each.kind is not Kind.CLAIM
    ]
    expected = {name for name, change in drift.items() if change}
    expected |= {"available"} if available_change(drift) else set()
    assert {name for each in found for name in each.holds} == expected


def test_a_row_that_no_movement_made_is_found() -> None:
    place: Place = (LAMP, EAST, GENERAL)
    stray = Row(Level(LAMP, EAST, on_hand=4, available=4), 1)
    (finding,) = findings_of(Look(LAMP, {place: stray}, Sums(), Sums()))
    assert dict(finding.should) == {"available": 0, "on_hand": 0}


def test_a_compensation_is_the_difference_under_the_name_of_its_evidence() -> None:
    look = looked(moved(on_hand=9), moved(ORDER, reserved=3), owners=(held_by(ORDER, lamps(1)),))
    (finding,) = findings_of(look)
    posting = compensation(finding, "reconcile", NOW)
    (movement,) = posting.movements
    assert (movement.changes, movement.reference) == ({"reserved": -2}, ORDER)
    assert movement.reason is Reason.RECONCILED
    assert posting.key == f"RECONCILE-{evidence(finding)}"
    again = compensation(finding, "somebody-else", NOW)
    assert (again.key, again.digest) == (posting.key, posting.digest)


def test_the_same_disagreement_on_another_day_is_other_evidence() -> None:
    owner = held_by(ORDER, lamps(1))
    first, later = (
        findings_of(looked(moved(on_hand=9), moved(ORDER, reserved=3), owners=(owner,)))[0]
        for _ in range(2)
    )
    assert evidence(first) != evidence(later), "their newest movements differ"


# --- what counts -----------------------------------------------------------------------------


@dataclass
class FakeBooks:
    """Looks in the order they are given; the last one stays."""

    looks: list[Look]
    asked: list[bool] = field(default_factory=list)
    kept: list[Sums] = field(default_factory=list)
    posted: list[Posting] = field(default_factory=list)
    righted: list[Finding] = field(default_factory=list)
    refusals: list[Exception] = field(default_factory=list)

    def look(self, sku: Sku, settled_before: datetime, *, full: bool) -> Look:
        self.asked.append(full)
        return self.looks.pop(0) if len(self.looks) > 1 else self.looks[0]

    def keep(self, sku: Sku, sums: Sums) -> None:
        self.kept.append(sums)

    def put_right(self, finding: Finding, note: Movement) -> None:
        self._refuse()
        self.righted.append(finding)

    def compensate(self, posting: Posting, finding: Finding) -> None:
        self._refuse()
        self.posted.append(posting)

    def _refuse(self) -> None:
        if self.refusals:
            raise self.refusals.pop(0)


def check(books: FakeBooks) -> ReconcileSku:
    return ReconcileSku(books, SettableClock(NOW))


def drifted(version: int = 7, on_hand: int = 11) -> Look:
    look = looked(moved(on_hand=10))
    ((place, row),) = look.rows.items()
    level = replace(row.level, on_hand=on_hand, available=on_hand)
    return replace(look, rows={place: Row(level, version)})


def test_a_sound_sku_is_looked_at_once_and_not_in_full() -> None:
    books = FakeBooks([looked(moved(on_hand=3))])
    assert check(books)(LAMP).checked == ()
    assert books.asked == [False]


def test_a_finding_counts_when_two_looks_agree_and_the_second_starts_from_nothing() -> None:
    books = FakeBooks([drifted()])
    assert [f.kind for f in check(books)(LAMP).findings] == [Kind.COUNTER]
    assert books.asked == [False, True]


def test_a_difference_that_is_gone_at_the_second_look_never_was() -> None:
    books = FakeBooks([drifted(), looked(moved(on_hand=3))])
    report = check(books)(LAMP)
    assert (report.checked, report.unsettled) == ((), 0)


def test_a_row_that_changes_at_every_look_gets_no_verdict() -> None:
    books = FakeBooks([drifted(version) for version in range(20)])
    report = check(books)(LAMP, repair=True)
    assert (report.checked, report.unsettled) == ((), 1)
    assert len(books.asked) == LOOKS
    assert books.righted == []


def test_a_checkpoint_is_kept_only_when_it_is_new() -> None:
    quiet, moving = looked(moved(on_hand=3)), looked(moved(on_hand=3), stale=True)
    for look, kept in ((quiet, 0), (moving, 1)):
        books = FakeBooks([look])
        check(books)(LAMP)
        assert len(books.kept) == kept


def test_nothing_is_written_unless_asked() -> None:
    books = FakeBooks([drifted()])
    check(books)(LAMP)
    assert (books.righted, books.posted) == ([], [])


def test_a_repair_that_was_overtaken_looks_again() -> None:
    sound = looked(moved(on_hand=3))
    books = FakeBooks([drifted(), drifted(), sound], refusals=[VersionConflict("a sale")])
    report = check(books)(LAMP, repair=True)
    assert report.checked == () and books.righted == []


def test_what_cannot_be_reserved_again_is_said() -> None:
    look = looked(moved(on_hand=1), owners=(held_by(ORDER, lamps(5)),))
    books = FakeBooks([look], refusals=[InsufficientStock(LAMP, EAST, 5, 1)])
    (checked,) = check(books)(LAMP, repair=True).checked
    assert not checked.repaired and "5 wanted, 1 available" in checked.note


@pytest.mark.parametrize("sku", ["LAMP-BRASS", "MUG-BLUE", "TEE-RED"])
def test_every_sku_is_rebuilt_in_full_once_in_a_cycle(sku: str) -> None:
    days = [f"2026-11-{day:02d}" for day in range(1, FULL_EVERY_DAYS + 1)]
    assert sum(is_due(Sku(sku), day) for day in days) == 1
