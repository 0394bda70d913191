"""When a parcel ordered now leaves a node: its cut-off, its days of work, who collects when.

Days are those of the node's own clock. What decides is the instant at which a day's orders
close, so clocks that are put forward or back neither lose a day nor win one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

MONDAY_TO_FRIDAY = (0, 1, 2, 3, 4)
MOST_PROCESSING_DAYS = 90

# Area/Location or UTC. The database's own files ("posixrules", "right/UTC") are no zones.
_ZONE = re.compile(r"UTC|[A-Z][A-Za-z]+(/[A-Za-z0-9_+-]+){1,2}")
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_WEEK = frozenset(range(7))


@dataclass(frozen=True, slots=True)
class NodeCalendar:
    """When a node works. ValueError for one that could never send anything.

    `timezone` is an IANA name. Orders from `cut_off` on ("HH:MM" on the node's clock) count as
    the next working day's. `working_days` and `pickup` are weekdays, Monday is 0. `pickup`: when
    the carrier collects, working days all of them; empty means on each. `processing_days` are
    working days from the order to the hand-over: 0 is the same day.
    """

    timezone: str
    cut_off: str
    working_days: tuple[int, ...] = MONDAY_TO_FRIDAY
    holidays: tuple[date, ...] = ()
    processing_days: int = 0
    pickup: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        zone(self.timezone)
        if not _CLOCK.fullmatch(self.cut_off):
            raise ValueError("the cut-off is a time of day, HH:MM")
        if not self.working_days:
            raise ValueError("no working day")
        if not _WEEK.issuperset(self.working_days):
            raise ValueError("weekdays are 0 (Monday) to 6 (Sunday)")
        if not set(self.pickup) <= set(self.working_days):
            raise ValueError("collected on a day when nobody works")
        if not 0 <= self.processing_days <= MOST_PROCESSING_DAYS:
            raise ValueError(f"processing takes 0 to {MOST_PROCESSING_DAYS} working days")

    def works_on(self, day: date) -> bool:
        return day.weekday() in self.working_days and day not in self.holidays

    def is_collected_on(self, day: date) -> bool:
        return self.works_on(day) and (not self.pickup or day.weekday() in self.pickup)

    def closes(self, day: date) -> datetime:
        """The instant of `day`'s cut-off, in UTC.

        Of an hour that the clocks repeat, the first counts; in one that they skip, the time is
        read as if they had not been put forward yet.
        """
        cut_off = datetime.combine(day, time.fromisoformat(self.cut_off), zone(self.timezone))
        return cut_off.astimezone(UTC)


def zone(name: str) -> ZoneInfo:
    """The zone of that IANA name. ValueError if there is none."""
    if _ZONE.fullmatch(name):
        try:
            return ZoneInfo(name)
        # OSError: older Pythons open the folder when a name stops at the area.
        except (KeyError, ValueError, OSError):
            pass
    raise ValueError("not a time zone of the IANA database (Area/Location)")


def ships_on(calendar: NodeCalendar, at: datetime) -> date:
    """The day on which what is ordered `at` leaves the node. ValueError for a naive time."""
    if at.tzinfo is None:
        raise ValueError("a time without an offset")
    now, today = at.astimezone(UTC), at.astimezone(zone(calendar.timezone)).date()
    days = (today + timedelta(days=each) for each in range(_horizon(calendar)))
    working = (day for day in days if calendar.works_on(day) and now < calendar.closes(day))
    ready = islice(working, calendar.processing_days, None)
    return next(day for day in ready if calendar.is_collected_on(day))


def _horizon(calendar: NodeCalendar) -> int:
    """Days within which a parcel must have left.

    Each week without a holiday has a day of collection, which is a day of work too. So the days
    of processing, the hand-over and a cut-off just missed take at most as many such weeks.
    """
    return 7 * (len(calendar.holidays) + calendar.processing_days + 2)
