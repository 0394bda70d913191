"""Scans: what a carrier saw of a parcel, and what they say together.

Carriers repeat scans, send them late and in any order. So a history is a set that is kept
sorted, and the status is computed from all of it; the last message never wins by being last.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import reduce


class ScanStatus(StrEnum):
    """Listed by rank: of two scans at the same instant the later in this list holds."""

    LABEL_CREATED = "LABEL_CREATED"
    PICKED_UP = "PICKED_UP"
    IN_TRANSIT = "IN_TRANSIT"
    OUT_FOR_DELIVERY = "OUT_FOR_DELIVERY"
    AVAILABLE_FOR_PICKUP = "AVAILABLE_FOR_PICKUP"
    EXCEPTION = "EXCEPTION"
    RETURNED = "RETURNED"
    DELIVERED = "DELIVERED"

    @property
    def rank(self) -> int:
        return _RANKS[self]


_RANKS = {status: rank for rank, status in enumerate(ScanStatus)}
_CLOSING = frozenset({ScanStatus.RETURNED, ScanStatus.DELIVERED})


@dataclass(frozen=True, slots=True)
class Scan:
    """One sighting. `at` is aware UTC; `place` is a city at most, as customers see it."""

    scan_id: str
    at: datetime
    status: ScanStatus
    place: str = ""
    detail: str = ""


def add_scan(scans: tuple[Scan, ...], new: Scan) -> tuple[Scan, ...]:
    """`scans` with `new` in its place, sorted by time, rank and id.

    A scan that is there already changes nothing. "The same" means the same id, or the same
    time, status and place under another id (carriers renumber what they send again). The
    order in which scans arrive does not show in the result, as long as an id keeps naming
    the same time, status and place.
    """
    same = tuple(scan for scan in scans if _is_same(scan, new))
    others = (scan for scan in scans if scan not in same)
    return tuple(sorted((*others, reduce(_truer, same, new)), key=_order))


def status_of(scans: tuple[Scan, ...]) -> ScanStatus:
    """What the parcel's status is, decided by time and rank over the whole history.

    1. DELIVERED and RETURNED close: no other scan reopens them, however late its time, since
       depots scan again what has left them. Between the two the later in time holds, and
       DELIVERED at the same instant.
    2. Else the latest scan holds; at the same instant the higher rank.
    3. LABEL_CREATED is paperwork: it yields to any sighting, and stands for no scans at all.
    """
    if not scans:
        return ScanStatus.LABEL_CREATED
    return max(scans, key=_weight).status


def _is_same(one: Scan, other: Scan) -> bool:
    return one.scan_id == other.scan_id or _sighting(one) == _sighting(other)


def _sighting(scan: Scan) -> tuple[datetime, ScanStatus, str]:
    return scan.at, scan.status, scan.place


def _truer(one: Scan, other: Scan) -> Scan:
    """Which of two equal scans stays: a choice by content, so that arrival does not matter."""
    if one.scan_id != other.scan_id:
        return min(one, other, key=lambda scan: scan.scan_id)
    return max(one, other, key=lambda scan: (scan.at, scan.status.rank, scan.place, scan.detail))


def _order(scan: Scan) -> tuple[datetime, int, str]:
    return scan.at, scan.status.rank, scan.scan_id


def _weight(scan: Scan) -> tuple[int, datetime, int]:
    return _finality(scan.status), scan.at, scan.status.rank


def _finality(status: ScanStatus) -> int:
    if status in _CLOSING:
        return 2
    return 0 if status is ScanStatus.LABEL_CREATED else 1
