"""The offline carrier's webhook body: what is taken from it, and what is refused."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from oms.kernel.codec import dump, load
from oms.tracking.contracts import OfflineCarrierEvents
from oms.tracking.model import Scan, ScanStatus


def an_event(**changes: Any) -> dict[str, Any]:
    event = {
        "id": "evt-1",
        "tracking_number": "OFL2309266035924",
        "status": "OUT_FOR_DELIVERY",
        "at": "2026-11-21T14:30:00.123456+02:00",
        "place": "Seattle",
        "detail": "With the driver",
    }
    return {**event, **changes}


def read(*events: Any) -> list[tuple[str, Scan]]:
    body = json.dumps({"events": events, "sent_by": "ignored"})
    return OfflineCarrierEvents.model_validate_json(body).to_domain()


def test_an_event_becomes_a_scan_of_its_parcel() -> None:
    ((number, scan),) = read(an_event(weather="ignored"))
    assert number == "OFL2309266035924"
    at = datetime(2026, 11, 21, 12, 30, 0, 123_000, tzinfo=UTC)
    assert scan == Scan("evt-1", at, ScanStatus.OUT_FOR_DELIVERY, "Seattle", "With the driver")
    assert scan.at.tzinfo is UTC


def test_a_scan_read_back_from_storage_equals_the_one_that_came() -> None:
    ((_, scan),) = read(an_event())
    assert load(Scan, dump(scan)) == scan


def test_events_keep_their_order_and_place_and_detail_may_be_missing() -> None:
    bare = {key: an_event(id="evt-0")[key] for key in ("id", "tracking_number", "status", "at")}
    scans = [scan for _, scan in read(an_event(), bare)]
    assert [scan.scan_id for scan in scans] == ["evt-1", "evt-0"]
    assert (scans[1].place, scans[1].detail) == ("", "")


def test_a_body_without_events_is_a_ping() -> None:
    assert read() == []


def test_a_hundred_events_are_taken_and_one_more_is_not() -> None:
    assert len(read(*[an_event()] * 100)) == 100
    with pytest.raises(ValidationError):
        read(*[an_event()] * 101)


@pytest.mark.parametrize(
    "changes",
    [
        {"id": 7},
        {"id": ""},
        {"id": "  "},
        {"id": "x" * 101},
        {"tracking_number": None},
        {"tracking_number": ""},
        {"status": "LOST_IN_SPACE"},
        {"status": 3},
        {"at": "2026-11-21T14:30:00"},
        {"at": "yesterday"},
        {"at": 1795000000},
        {"at": "0001-01-01T00:00:00+14:00"},
        {"at": "9999-12-31T23:59:59-14:00"},
        {"place": "x" * 101},
        {"place": None},
        {"detail": "x" * 501},
        {"detail": ["x"]},
    ],
)
def test_an_event_of_the_wrong_shape_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        read(an_event(), an_event(**changes))


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"events": {}}', '{"events": null}', "\x00"])
def test_a_body_of_the_wrong_shape_is_refused(body: str) -> None:
    with pytest.raises(ValidationError):
        OfflineCarrierEvents.model_validate_json(body)
