"""On which day a parcel leaves a node."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oms.inventory import calendar
from oms.inventory.calendar import NodeCalendar, ships_on, zone
from oms.inventory.calendar_contracts import CalendarBody
from oms.kernel.errors import Invalid
from oms.platform.validation import read

NEW_YORK = "America/New_York"
MON, TUE, WED, THU, FRI, SAT, SUN = range(7)


def a_calendar(**changed: Any) -> NodeCalendar:
    return NodeCalendar(**{"timezone": NEW_YORK, "cut_off": "14:00", **changed})


def on(text: str, timezone: str = NEW_YORK, fold: int = 0) -> datetime:
    """A time on that zone's clocks; `fold` 1 is the second time that the clocks show it."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(timezone), fold=fold)


def leaves(text: str, **changed: Any) -> str:
    return ships_on(a_calendar(**changed), on(text)).isoformat()


# --- around the cut-off ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "day"),
    [
        ("2026-11-03T00:00", "2026-11-03"),
        ("2026-11-03T13:59", "2026-11-03"),
        ("2026-11-03T13:59:59.999999", "2026-11-03"),
        ("2026-11-03T14:00", "2026-11-04"),
        ("2026-11-03T14:01", "2026-11-04"),
        ("2026-11-03T23:59:59", "2026-11-04"),
    ],
)
def test_an_order_before_the_cut_off_leaves_one_working_day_earlier(at: str, day: str) -> None:
    assert leaves(at) == day


def test_the_cut_off_is_on_the_nodes_clock_whoever_asks_in_which_zone() -> None:
    before, after = datetime(2026, 7, 7, 17, 59, tzinfo=UTC), datetime(2026, 7, 7, 18, tzinfo=UTC)
    for asking in (UTC, ZoneInfo("Asia/Tokyo"), ZoneInfo(NEW_YORK)):
        assert ships_on(a_calendar(), before.astimezone(asking)) == date(2026, 7, 7)
        assert ships_on(a_calendar(), after.astimezone(asking)) == date(2026, 7, 8)


def test_it_is_already_tomorrow_in_sydney() -> None:
    at = datetime(2026, 11, 3, 14, tzinfo=UTC)  # 01:00 on Wednesday there
    assert ships_on(a_calendar(timezone="Australia/Sydney"), at) == date(2026, 11, 4)


@pytest.mark.parametrize(
    ("at", "day"),
    [
        ("2026-11-06T13:59", "2026-11-06"),  # Friday
        ("2026-11-06T14:01", "2026-11-09"),
        ("2026-11-07T09:00", "2026-11-09"),  # Saturday
        ("2026-11-08T23:59", "2026-11-09"),
    ],
)
def test_weekends_are_skipped(at: str, day: str) -> None:
    assert leaves(at) == day


def test_holidays_are_skipped_with_the_weekend_behind_them() -> None:
    christmas = (date(2026, 12, 25),)  # a Friday
    assert leaves("2026-12-24T13:59", holidays=christmas) == "2026-12-24"
    assert leaves("2026-12-24T14:01", holidays=christmas) == "2026-12-28"
    assert leaves("2026-12-25T09:00", holidays=christmas) == "2026-12-28"


def test_a_year_of_holidays_is_waited_out() -> None:
    closed = tuple(date(2026, 1, 1) + timedelta(days=each) for each in range(365))
    assert leaves("2026-01-01T09:00", holidays=closed) == "2027-01-01"


def test_a_store_that_works_on_weekends_sends_then() -> None:
    assert leaves("2026-11-07T09:00", working_days=(SAT, SUN)) == "2026-11-07"
    assert leaves("2026-11-08T15:00", working_days=(SAT, SUN)) == "2026-11-14"


@pytest.mark.parametrize(
    ("processing_days", "day"),
    [(0, "2026-11-05"), (1, "2026-11-06"), (2, "2026-11-09"), (7, "2026-11-16")],
)
def test_processing_takes_working_days(processing_days: int, day: str) -> None:
    assert leaves("2026-11-05T09:00", processing_days=processing_days) == day


def test_what_is_ready_waits_for_the_carrier() -> None:
    twice_a_week = {"pickup": (TUE, FRI)}
    assert leaves("2026-11-03T09:00", **twice_a_week) == "2026-11-03"
    assert leaves("2026-11-03T15:00", **twice_a_week) == "2026-11-06"
    assert leaves("2026-11-02T09:00", processing_days=1, **twice_a_week) == "2026-11-03"
    assert leaves("2026-11-03T15:00", holidays=(date(2026, 11, 6),), **twice_a_week) == "2026-11-10"


# --- when clocks change ------------------------------------------------------------------


def test_the_cut_off_moves_with_the_clocks() -> None:
    winter, summer = "2026-03-06T18:59+00:00", "2026-03-09T17:59+00:00"
    for text in (winter, summer):  # 13:59 in New York on both sides of 8 March
        at = datetime.fromisoformat(text)
        assert ships_on(a_calendar(), at) == at.date()
        assert ships_on(a_calendar(), at + timedelta(minutes=1)) > at.date()


def test_the_hour_that_comes_twice_passes_the_cut_off_once() -> None:
    every_day = a_calendar(cut_off="01:30", working_days=tuple(range(7)))
    that_day, next_day = date(2026, 11, 1), date(2026, 11, 2)
    assert ships_on(every_day, on("2026-11-01T01:29")) == that_day
    assert ships_on(every_day, on("2026-11-01T01:30")) == next_day
    assert ships_on(every_day, on("2026-11-01T01:15", fold=1)) == next_day


def test_a_cut_off_in_the_hour_that_is_skipped_still_separates_two_days() -> None:
    every_day = a_calendar(cut_off="02:30", working_days=tuple(range(7)))
    assert ships_on(every_day, on("2026-03-08T01:59")) == date(2026, 3, 8)
    assert ships_on(every_day, on("2026-03-08T03:29")) == date(2026, 3, 8)
    assert ships_on(every_day, on("2026-03-08T03:30")) == date(2026, 3, 9)


def test_a_day_without_a_midnight_is_a_day() -> None:
    santiago = a_calendar(timezone="America/Santiago", working_days=tuple(range(7)))
    at = on("2026-09-06T01:00", "America/Santiago")  # clocks went from 00:00 to 01:00
    assert ships_on(santiago, at) == date(2026, 9, 6)


# --- whatever the calendar ---------------------------------------------------------------

ZONES = [
    NEW_YORK,
    "Europe/Berlin",
    "Australia/Lord_Howe",  # half an hour of summer time
    "Asia/Kathmandu",
    "America/Santiago",
    "America/St_Johns",  # until 2011 clocks went back across midnight
    "Africa/Casablanca",
    "Pacific/Kiritimati",
    "UTC",
]
WEEKDAYS = st.sets(st.integers(0, 6), min_size=1)
DAYS = st.dates(date(2005, 1, 1), date(2045, 1, 1))


@st.composite
def calendars(draw: st.DrawFn) -> NodeCalendar:
    working = draw(WEEKDAYS)
    around, off = draw(DAYS), draw(st.sets(st.integers(-20, 20), max_size=20))
    return NodeCalendar(
        timezone=draw(st.sampled_from(ZONES)),
        cut_off=draw(st.times()).strftime("%H:%M"),
        working_days=tuple(sorted(working)),
        holidays=tuple(around + timedelta(days=each) for each in sorted(off)),
        processing_days=draw(st.integers(0, 6)),
        pickup=tuple(draw(st.sets(st.sampled_from(sorted(working))))),
    )


@st.composite
def cases(draw: st.DrawFn) -> tuple[NodeCalendar, datetime]:
    """A calendar and an instant near its holidays or near a change of clocks."""
    chosen = draw(calendars())
    anchors = [datetime(2010, 11, 7, 2, 31), datetime(2026, 3, 8, 7), datetime(2026, 11, 1, 6)]
    anchors += [datetime.combine(day, datetime.min.time()) for day in chosen.holidays]
    minutes = draw(st.integers(-30_000, 30_000))
    return chosen, draw(st.sampled_from(anchors)).replace(tzinfo=UTC) + timedelta(minutes=minutes)


def its_day(chosen: NodeCalendar, at: datetime) -> date:
    return at.astimezone(ZoneInfo(chosen.timezone)).date()


@given(cases())
def test_it_leaves_on_a_day_of_work_and_collection_and_never_before_it_was_ordered(
    case: tuple[NodeCalendar, datetime],
) -> None:
    chosen, at = case
    day = ships_on(chosen, at)
    assert day >= its_day(chosen, at)
    assert day.weekday() in chosen.working_days and day not in chosen.holidays
    assert day.weekday() in (chosen.pickup or chosen.working_days)


@settings(max_examples=300)
@given(cases(), st.integers(0, 20_000))
def test_who_orders_later_is_never_served_earlier(
    case: tuple[NodeCalendar, datetime], minutes: int
) -> None:
    chosen, at = case
    assert ships_on(chosen, at) <= ships_on(chosen, at + timedelta(minutes=minutes))


@given(cases())
def test_the_days_of_processing_are_all_worked(case: tuple[NodeCalendar, datetime]) -> None:
    """Counted another way: from the day of leaving back to the day of the order."""
    chosen, at = case
    left = ships_on(chosen, at)
    first = its_day(chosen, at)
    span = [first + timedelta(days=each) for each in range((left - first).days)]
    worked = [day for day in span if chosen.works_on(day) and at < chosen.closes(day)]
    assert len(worked) >= chosen.processing_days
    between = worked[chosen.processing_days :]
    assert not any(chosen.is_collected_on(day) for day in between)


@given(cases())
def test_a_minute_around_the_cut_off_is_worth_a_working_day(
    case: tuple[NodeCalendar, datetime],
) -> None:
    chosen, at = case
    simple = NodeCalendar(chosen.timezone, chosen.cut_off, chosen.working_days, chosen.holidays)
    day = ships_on(simple, at)
    assert ships_on(simple, simple.closes(day) - timedelta(seconds=1)) <= day
    assert ships_on(simple, simple.closes(day)) > day


# --- what is no calendar -----------------------------------------------------------------


@pytest.mark.parametrize(
    "changed",
    [
        {"working_days": ()},
        {"working_days": (7,)},
        {"working_days": (-1, 0)},
        {"working_days": (MON,), "pickup": (SAT,)},
        {"cut_off": "24:00"},
        {"cut_off": "9:00"},
        {"cut_off": "14:00:00"},
        {"cut_off": ""},
        {"processing_days": -1},
        {"processing_days": 1_000},
    ],
)
def test_a_calendar_that_makes_no_sense_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        a_calendar(**changed)


NO_ZONES = ["", "Mars/Base", "America", "right/UTC", "localtime", "../etc/passwd", "/etc/localtime"]


@pytest.mark.parametrize("name", [*NO_ZONES, "posixrules", "America/New_York\n", "UTC\0", "É/a"])
def test_what_is_no_iana_zone_is_refused(name: str) -> None:
    with pytest.raises(ValueError):
        zone(name)


@pytest.mark.parametrize(
    "name", [*ZONES, "America/Argentina/Buenos_Aires", "America/Port-au-Prince", "Etc/GMT+5"]
)
def test_what_is_one_is_found(name: str) -> None:
    assert zone(name).key == name


def test_a_machine_without_the_database_knows_no_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    """An image may lack it, and then zoneinfo raises a KeyError of its own."""

    def empty(name: str) -> ZoneInfo:
        raise KeyError(name)

    monkeypatch.setattr(calendar, "ZoneInfo", empty)
    with pytest.raises(ValueError):
        zone(NEW_YORK)


def test_a_time_without_an_offset_is_refused() -> None:
    with pytest.raises(ValueError):
        ships_on(a_calendar(), datetime(2026, 11, 3, 9))


# --- as a merchant writes it -------------------------------------------------------------


def a_body(**changed: Any) -> bytes:
    return json.dumps({"timezone": NEW_YORK, "cut_off": "14:00", **changed}).encode()


def test_a_body_becomes_the_calendar_it_describes() -> None:
    body = a_body(
        working_days=["SAT", "MON"],
        holidays=["2026-12-25", "2026-01-01", "2026-12-25"],
        processing_days=1,
        pickup=["SAT"],
    )
    assert read(CalendarBody, body).to_domain() == NodeCalendar(
        timezone=NEW_YORK,
        cut_off="14:00",
        working_days=(MON, SAT),
        holidays=(date(2026, 1, 1), date(2026, 12, 25)),
        processing_days=1,
        pickup=(SAT,),
    )


def test_what_is_left_out_is_an_ordinary_week() -> None:
    assert read(CalendarBody, a_body()).to_domain() == a_calendar()


@pytest.mark.parametrize(
    ("changed", "pointer"),
    [
        ({"timezone": "Mars/Base"}, "/timezone"),
        ({"timezone": "right/UTC"}, "/timezone"),
        ({"timezone": "A" * 65}, "/timezone"),
        ({"timezone": 1}, "/timezone"),
        ({"cut_off": "25:00"}, "/cut_off"),
        ({"cut_off": "14:00\n"}, "/cut_off"),
        ({"cut_off": "١٤:٠٠"}, "/cut_off"),
        ({"cut_off": None}, "/cut_off"),
        ({"working_days": []}, "/working_days"),
        ({"working_days": ["MON", "MON"]}, "/working_days"),
        ({"working_days": ["Monday"]}, "/working_days/0"),
        ({"working_days": [0]}, "/working_days/0"),
        ({"working_days": ["MON"], "pickup": ["TUE"]}, "/pickup"),
        ({"pickup": ["SUN"]}, "/pickup"),
        ({"holidays": ["25.12.2026"]}, "/holidays/0"),
        ({"holidays": ["2026-02-30"]}, "/holidays/0"),
        ({"holidays": [20261225]}, "/holidays/0"),
        ({"holidays": ["2026-12-25"] * 401}, "/holidays"),
        ({"processing_days": -1}, "/processing_days"),
        ({"processing_days": "1"}, "/processing_days"),
        ({"processing_days": 1.5}, "/processing_days"),
        ({"open": True}, "/open"),
    ],
)
def test_an_error_names_the_field(changed: dict[str, Any], pointer: str) -> None:
    with pytest.raises(Invalid) as refused:
        read(CalendarBody, a_body(**changed))
    assert [each.pointer for each in refused.value.errors] == [pointer]
    assert "Mars" not in refused.value.errors[0].detail


def test_a_week_refused_is_told_once_and_not_again_for_its_collections() -> None:
    with pytest.raises(Invalid) as refused:
        read(CalendarBody, a_body(working_days=[], pickup=["MON"]))
    assert [each.pointer for each in refused.value.errors] == ["/working_days"]


@given(calendars())
def test_whatever_the_contract_lets_through_is_a_calendar(chosen: NodeCalendar) -> None:
    week = ["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"]
    body = a_body(
        timezone=chosen.timezone,
        cut_off=chosen.cut_off,
        working_days=[week[day] for day in chosen.working_days],
        holidays=[day.isoformat() for day in chosen.holidays],
        processing_days=chosen.processing_days,
        pickup=[week[day] for day in sorted(chosen.pickup)],
    )
    made = read(CalendarBody, body).to_domain()
    assert made.holidays == chosen.holidays and set(made.pickup) == set(chosen.pickup)
