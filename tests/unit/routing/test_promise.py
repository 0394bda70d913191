"""By when a customer has it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms.inventory.calendar import NodeCalendar
from oms.kernel.address import Address
from oms.kernel.ids import LineId, NodeId, Sku
from oms.orders.model import Leg
from oms.routing.promise import (
    DEFAULT_TRANSIT,
    Promise,
    TransitTable,
    Zone,
    expected_from_incoming,
    lead_time_date,
    order_date,
    promise,
    promises,
    transit_days,
)

WEEKDAYS = NodeCalendar("America/New_York", "14:00")
TUESDAY_9AM = datetime(2026, 11, 3, 14, tzinfo=UTC)
NEXT_DAY = TransitTable(domestic=(Zone(None, 1),))


def to(country: str, postal_code: str, region: str = "") -> Address:
    return Address("Ada", ("1 Main Street",), "Town", region, postal_code, country)


BOSTON, BERLIN = to("US", "02108"), to("DE", "10115")


@dataclass(frozen=True, slots=True)
class Place:
    """The part of a node that a promise rests on."""

    node_id: NodeId
    address: Address
    latitude: float
    longitude: float
    calendar: NodeCalendar | None = WEEKDAYS


WAREHOUSE = Place(NodeId("WH-EAST"), to("US", "07114"), 40.7, -74.2)
STORE = Place(
    NodeId("STORE-NYC"),
    to("US", "10001"),
    40.8,
    -73.9,
    NodeCalendar("America/New_York", "11:00", (1, 2, 3, 4, 5), processing_days=1),
)
THIRD_PARTY = Place(
    NodeId("3PL-DALLAS"),
    to("US", "75201"),
    32.8,
    -96.8,
    NodeCalendar("America/Chicago", "07:00", pickup=(0, 3)),
)
SILENT = Place(NodeId("WH-SILENT"), to("US", "07114"), 40.7, -74.2, None)


def a_leg(line_id: str, place: Place, quantity: int = 1) -> Leg:
    return Leg(LineId(line_id), Sku("MUG"), place.node_id, quantity)


def key(line_id: str, place: Place) -> tuple[LineId, NodeId]:
    return LineId(line_id), place.node_id


# --- on the way --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("metres", "same_country", "days"),
    [
        (0, True, 1),
        (250_000, True, 1),
        (250_001, True, 2),
        (4_000_000, True, 5),
        (400_000, False, 3),
        (6_000_000, False, 10),
    ],
)
def test_days_on_the_way_follow_the_zone(metres: int, same_country: bool, days: int) -> None:
    assert transit_days(metres, same_country, DEFAULT_TRANSIT) == days


def test_a_distance_unknown_or_outside_the_table_has_no_days() -> None:
    near = TransitTable(domestic=(Zone(1_000, 1),))
    assert transit_days(None, True, DEFAULT_TRANSIT) is None
    assert transit_days(1_000, True, near) == 1
    assert transit_days(1_001, True, near) is None
    assert transit_days(1, False, near) is None


@pytest.mark.parametrize(
    "zones",
    [
        (Zone(2_000, 1), Zone(1_000, 2)),
        (Zone(1_000, 1), Zone(1_000, 2)),
        (Zone(None, 1), Zone(1_000, 2)),
        (Zone(None, 1), Zone(None, 2)),
    ],
)
def test_zones_that_do_not_widen_are_refused(zones: tuple[Zone, ...]) -> None:
    with pytest.raises(ValueError):
        TransitTable(domestic=zones)
    with pytest.raises(ValueError):
        TransitTable(domestic=(Zone(None, 1),), abroad=zones)


@pytest.mark.parametrize(("metres", "days"), [(-1, 1), (1, -1)])
def test_a_zone_of_less_than_nothing_is_refused(metres: int, days: int) -> None:
    with pytest.raises(ValueError):
        Zone(metres, days)


# --- one parcel --------------------------------------------------------------------------


def promised(at: datetime, days: int, calendar: NodeCalendar | None = WEEKDAYS) -> Promise | None:
    table = TransitTable(domestic=(Zone(None, days),))
    return promise(calendar, at, 1, same_country=True, policy=table)


def test_a_minute_around_the_cut_off_moves_the_promise_by_a_working_day() -> None:
    before = promised(datetime(2026, 11, 6, 18, 59, tzinfo=UTC), 1)  # Friday 13:59 in New York
    after = promised(datetime(2026, 11, 6, 19, 1, tzinfo=UTC), 1)
    assert before == Promise(date(2026, 11, 6), date(2026, 11, 9))
    assert after == Promise(date(2026, 11, 9), date(2026, 11, 10))


@pytest.mark.parametrize(
    ("days", "arrives"),
    [(0, "2026-11-09"), (1, "2026-11-09"), (2, "2026-11-10"), (6, "2026-11-16")],
)
def test_what_leaves_on_a_saturday_is_delivered_from_monday_on(days: int, arrives: str) -> None:
    saturdays = NodeCalendar("America/New_York", "14:00", (5,))
    made = promised(datetime(2026, 11, 7, 14, tzinfo=UTC), days, saturdays)
    assert made == Promise(date(2026, 11, 7), date.fromisoformat(arrives))


def test_a_courier_of_the_same_day_delivers_on_it() -> None:
    assert promised(TUESDAY_9AM, 0) == Promise(date(2026, 11, 3), date(2026, 11, 3))


def test_without_a_calendar_or_a_distance_nothing_is_promised() -> None:
    assert promised(TUESDAY_9AM, 1, None) is None
    assert promise(WEEKDAYS, TUESDAY_9AM, None, same_country=True) is None


INSTANTS = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))


@given(INSTANTS, st.integers(0, 30), st.integers(0, 10_000))
def test_it_arrives_on_a_weekday_after_it_left_and_never_earlier_for_ordering_later(
    at: datetime, days: int, minutes: int
) -> None:
    made, later = promised(at, days), promised(at + timedelta(minutes=minutes), days)
    assert made is not None and later is not None
    assert made.delivers_on.weekday() < 5 and made.delivers_on <= later.delivers_on
    assert made.delivers_on >= made.ships_on + timedelta(days=days)
    travelled = range(1, (made.delivers_on - made.ships_on).days + 1)
    weekdays = [(made.ships_on + timedelta(days=each)).weekday() < 5 for each in travelled]
    assert sum(weekdays) == days


# --- an order ----------------------------------------------------------------------------


def test_three_lines_from_a_warehouse_a_store_and_a_3pl_have_each_their_own_date() -> None:
    legs = [a_leg("1", WAREHOUSE), a_leg("2", STORE), a_leg("3", THIRD_PARTY)]
    made = promises(legs, [WAREHOUSE, STORE, THIRD_PARTY], BOSTON, TUESDAY_9AM)
    assert made == {
        key("1", WAREHOUSE): Promise(date(2026, 11, 3), date(2026, 11, 5)),
        key("2", STORE): Promise(date(2026, 11, 4), date(2026, 11, 6)),
        key("3", THIRD_PARTY): Promise(date(2026, 11, 5), date(2026, 11, 11)),
    }
    assert order_date(made) == date(2026, 11, 11)


def test_a_line_from_two_nodes_has_a_date_from_each() -> None:
    legs = [a_leg("1", WAREHOUSE), a_leg("1", STORE), a_leg("1", STORE, 2)]
    made = promises(legs, [WAREHOUSE, STORE], BOSTON, TUESDAY_9AM)
    assert set(made) == {key("1", WAREHOUSE), key("1", STORE)}


def test_a_line_without_a_date_leaves_the_order_without_one_and_the_others_with_theirs() -> None:
    legs = [a_leg("1", WAREHOUSE), a_leg("2", SILENT)]
    made = promises(legs, [WAREHOUSE, SILENT], BOSTON, TUESDAY_9AM)
    assert made[key("1", WAREHOUSE)] is not None and made[key("2", SILENT)] is None
    assert order_date(made) is None


def test_a_node_that_is_gone_promises_nothing() -> None:
    assert promises([a_leg("1", STORE)], [], BOSTON, TUESDAY_9AM) == {key("1", STORE): None}


@pytest.mark.parametrize("destination", [None, to("XX", "1")])
def test_nowhere_is_not_promised(destination: Address | None) -> None:
    made = promises([a_leg("1", STORE)], [STORE], destination, TUESDAY_9AM)
    assert made == {key("1", STORE): None}


def test_nothing_to_send_has_no_date() -> None:
    assert promises([], [STORE], BOSTON, TUESDAY_9AM) == {}
    assert order_date({}) is None


def test_another_country_takes_the_table_for_abroad() -> None:
    legs = [a_leg("1", WAREHOUSE)]
    assert promises(legs, [WAREHOUSE], BERLIN, TUESDAY_9AM, NEXT_DAY) == {key("1", WAREHOUSE): None}
    home = promises(legs, [WAREHOUSE], to(" us", "02108"), TUESDAY_9AM, NEXT_DAY)
    assert order_date(home) == date(2026, 11, 4)


# --- what is still to come ---------------------------------------------------------------

TODAY = date(2026, 11, 3)
DAY_9, DAY_20 = TODAY + timedelta(days=9), TODAY + timedelta(days=20)


@pytest.mark.parametrize(
    ("ahead", "needed", "day"),
    [(0, 5, DAY_9), (0, 10, DAY_9), (5, 5, DAY_9), (5, 6, None), (0, 11, None)],
)
def test_ten_units_on_day_nine_serve_the_queue_first(
    ahead: int, needed: int, day: date | None
) -> None:
    assert expected_from_incoming([(DAY_9, 10)], ahead, needed) == day


def test_what_one_delivery_cannot_cover_waits_for_the_next_however_they_are_listed() -> None:
    incoming = [(DAY_20, 10), (DAY_9, 10)]
    assert expected_from_incoming(incoming, 5, 6) == DAY_20
    assert expected_from_incoming(incoming, 0, 10) == DAY_9
    assert expected_from_incoming([], 0, 1) is None


@pytest.mark.parametrize(("units", "ahead", "needed"), [(1, -1, 1), (1, 0, 0), (-1, 0, 1)])
def test_units_below_nothing_are_refused(units: int, ahead: int, needed: int) -> None:
    with pytest.raises(ValueError):
        expected_from_incoming([(DAY_9, units)], ahead, needed)


ARRIVALS = st.lists(st.tuples(st.dates(TODAY, DAY_20), st.integers(0, 20)), max_size=8)


@given(ARRIVALS, st.integers(0, 60), st.integers(1, 60))
def test_the_day_is_the_first_on_which_everyone_up_to_here_is_served(
    incoming: list[tuple[date, int]], ahead: int, needed: int
) -> None:
    def there_by(day: date) -> int:
        return sum(units for when, units in incoming if when <= day)

    found = expected_from_incoming(incoming, ahead, needed)
    if found is None:
        assert there_by(DAY_20) < ahead + needed
    else:
        assert there_by(found) >= ahead + needed > there_by(found - timedelta(days=1))


@given(ARRIVALS, st.integers(0, 20), st.integers(1, 20), st.integers(1, 20))
def test_who_comes_later_into_the_queue_is_never_served_earlier(
    incoming: list[tuple[date, int]], ahead: int, needed: int, later: int
) -> None:
    mine = expected_from_incoming(incoming, ahead, needed)
    theirs = expected_from_incoming(incoming, ahead + needed, later)
    assert theirs is None or (mine is not None and mine <= theirs)


def test_a_lead_time_counts_calendar_days_and_none_means_no_date() -> None:
    assert lead_time_date(TODAY, 14) == date(2026, 11, 17)
    assert lead_time_date(TODAY, 0) == TODAY
    assert lead_time_date(TODAY, None) is None
    with pytest.raises(ValueError):
        lead_time_date(TODAY, -1)
