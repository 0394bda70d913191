"""Carriers repeat themselves and speak out of turn; the history comes out the same."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms.tracking.model import Scan, ScanStatus, add_scan, status_of

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def a_scan(
    scan_id: str, status: ScanStatus, minutes: int = 0, place: str = "", detail: str = ""
) -> Scan:
    return Scan(scan_id, NOON + timedelta(minutes=minutes), status, place, detail)


def history(*scans: Scan) -> tuple[Scan, ...]:
    kept: tuple[Scan, ...] = ()
    for scan in scans:
        kept = add_scan(kept, scan)
    return kept


PICKED_UP = a_scan("s1", ScanStatus.PICKED_UP, 0, "Newark")
IN_TRANSIT = a_scan("s2", ScanStatus.IN_TRANSIT, 60, "Chicago")
DELIVERED = a_scan("s3", ScanStatus.DELIVERED, 120, "Seattle")


def test_ranks_follow_the_way_of_a_parcel() -> None:
    ranks = [status.rank for status in ScanStatus]
    assert ranks == list(range(8))
    assert ScanStatus.DELIVERED.rank > ScanStatus.RETURNED.rank > ScanStatus.EXCEPTION.rank
    assert ScanStatus.LABEL_CREATED.rank == 0


def test_scans_are_kept_by_time_however_they_arrive() -> None:
    for order in permutations((PICKED_UP, IN_TRANSIT, DELIVERED)):
        assert history(*order) == (PICKED_UP, IN_TRANSIT, DELIVERED)


def test_at_one_instant_the_lower_rank_stands_first_then_the_smaller_id() -> None:
    delivered = a_scan("s0", ScanStatus.DELIVERED)
    out, also_out = (a_scan(name, ScanStatus.OUT_FOR_DELIVERY, place=name) for name in ("a", "b"))
    assert history(delivered, also_out, out) == (out, also_out, delivered)


def test_a_repeated_id_is_one_scan() -> None:
    assert history(PICKED_UP, PICKED_UP) == (PICKED_UP,)


def test_the_same_sighting_under_another_id_is_one_scan() -> None:
    renumbered = a_scan("s9", ScanStatus.PICKED_UP, 0, "Newark", "sent again")
    assert history(PICKED_UP, renumbered) == history(renumbered, PICKED_UP) == (PICKED_UP,)


@pytest.mark.parametrize(
    "different",
    [
        a_scan("s9", ScanStatus.PICKED_UP, 1, "Newark"),
        a_scan("s9", ScanStatus.PICKED_UP, 0, "Trenton"),
        a_scan("s9", ScanStatus.IN_TRANSIT, 0, "Newark"),
    ],
)
def test_another_time_place_or_status_is_another_scan(different: Scan) -> None:
    assert len(history(PICKED_UP, different)) == 2


def test_a_correction_under_the_same_id_wins_from_either_side() -> None:
    corrected = a_scan("s1", ScanStatus.PICKED_UP, 5, "Newark")
    assert history(PICKED_UP, corrected) == history(corrected, PICKED_UP) == (corrected,)


def test_one_scan_can_settle_two_that_were_kept_apart() -> None:
    moved = a_scan("s7", ScanStatus.IN_TRANSIT, 60, "Chicago")
    assert history(a_scan("s7", ScanStatus.PICKED_UP, -9), IN_TRANSIT, moved) == (IN_TRANSIT,)


FIELDS = st.tuples(st.integers(0, 3), st.sampled_from(ScanStatus), st.sampled_from(["", "Oslo"]))
NUMBERED = st.lists(FIELDS, max_size=8).map(
    lambda rows: [
        a_scan(f"s{n}", status, minutes, place, f"{n}")
        for n, (minutes, status, place) in enumerate(rows)
    ]
)


@given(NUMBERED, st.data())
def test_any_order_and_repetition_ends_in_the_same_history(
    scans: list[Scan], data: st.DataObject
) -> None:
    repeats = data.draw(st.lists(st.sampled_from(scans))) if scans else []
    shuffled = data.draw(st.permutations(scans + repeats))
    assert history(*shuffled) == history(*scans)
    assert status_of(history(*shuffled)) is status_of(tuple(scans))


@given(NUMBERED)
def test_a_history_is_sorted_holds_each_sighting_once_and_loses_none(scans: list[Scan]) -> None:
    kept = history(*scans)
    order = [(scan.at, scan.status.rank, scan.scan_id) for scan in kept]
    sightings = {(scan.at, scan.status, scan.place) for scan in scans}
    assert order == sorted(order)
    assert len(kept) == len(sightings)
    assert {(scan.at, scan.status, scan.place) for scan in kept} == sightings


def test_without_scans_there_is_only_the_label() -> None:
    assert status_of(()) is ScanStatus.LABEL_CREATED


def test_the_latest_scan_holds_not_the_last_to_arrive() -> None:
    assert status_of((IN_TRANSIT, PICKED_UP)) is ScanStatus.IN_TRANSIT


def test_an_exception_passes_when_the_parcel_moves_on() -> None:
    trouble = a_scan("x", ScanStatus.EXCEPTION, 30)
    assert status_of((PICKED_UP, trouble)) is ScanStatus.EXCEPTION
    assert status_of((PICKED_UP, trouble, IN_TRANSIT)) is ScanStatus.IN_TRANSIT


def test_at_one_instant_the_higher_rank_holds() -> None:
    out = a_scan("a", ScanStatus.OUT_FOR_DELIVERY)
    moving = a_scan("b", ScanStatus.IN_TRANSIT)
    assert status_of((out, moving)) is status_of((moving, out)) is ScanStatus.OUT_FOR_DELIVERY


@pytest.mark.parametrize("late", [s for s in ScanStatus if s is not ScanStatus.RETURNED])
def test_nothing_but_a_return_reopens_a_delivery(late: ScanStatus) -> None:
    assert status_of((DELIVERED, a_scan("z", late, 999))) is ScanStatus.DELIVERED


def test_a_return_after_delivery_holds_and_one_before_it_does_not() -> None:
    returned = a_scan("r", ScanStatus.RETURNED, 999)
    assert status_of((returned, DELIVERED)) is ScanStatus.RETURNED
    sent_back_and_out = a_scan("r", ScanStatus.RETURNED, 119)
    assert status_of((sent_back_and_out, DELIVERED)) is ScanStatus.DELIVERED
    at_once = a_scan("r", ScanStatus.RETURNED, 120)
    assert status_of((at_once, DELIVERED)) is ScanStatus.DELIVERED


def test_a_parcel_on_its_way_back_stays_returned() -> None:
    returned = a_scan("r", ScanStatus.RETURNED, 0)
    assert status_of((returned, IN_TRANSIT)) is ScanStatus.RETURNED


def test_paperwork_after_the_pick_up_does_not_send_the_parcel_back_to_the_start() -> None:
    paper = a_scan("p", ScanStatus.LABEL_CREATED, 30)
    assert status_of((PICKED_UP, paper)) is ScanStatus.PICKED_UP
