"""By when a customer has it: days that may be promised, and none where we cannot know.

A date is the node's own day of leaving (its calendar) and the days on the way (a table by
distance). A node without a calendar, a place nobody knows, a distance outside the table: no
date, because a date that was made up is worse than none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import count, islice, pairwise
from typing import Protocol

from oms.inventory.calendar import MONDAY_TO_FRIDAY, NodeCalendar, ships_on
from oms.kernel.address import Address
from oms.kernel.ids import LineId, NodeId
from oms.routing.places import metres, position

LegKey = tuple[LineId, NodeId]
Arrival = tuple[date, int]  # when, and how many units


class Sender(Protocol):
    """The part of a node that a promise rests on."""

    @property
    def node_id(self) -> NodeId: ...
    @property
    def address(self) -> Address: ...
    @property
    def latitude(self) -> float: ...
    @property
    def longitude(self) -> float: ...
    @property
    def calendar(self) -> NodeCalendar | None: ...


class Sent(Protocol):
    """Units of a line from a node: a leg of an order."""

    @property
    def line_id(self) -> LineId: ...
    @property
    def node(self) -> NodeId: ...


@dataclass(frozen=True, slots=True)
class Zone:
    """Up to `metres` away (None: however far) a parcel takes `days` working days; 0: that day."""

    metres: int | None
    days: int

    def __post_init__(self) -> None:
        if self.days < 0 or (self.metres is not None and self.metres < 0):
            raise ValueError("a zone of less than nothing")


def _widens(zones: tuple[Zone, ...]) -> bool:
    """Whether each zone reaches farther than the one before; one without end is the last."""
    return all(
        near.metres is not None and (far.metres is None or far.metres > near.metres)
        for near, far in pairwise(zones)
    )


@dataclass(frozen=True, slots=True)
class TransitTable:
    """Zones from near to far, within the node's country and abroad. The first that fits counts."""

    domestic: tuple[Zone, ...]
    abroad: tuple[Zone, ...] = ()

    def __post_init__(self) -> None:
        if not (_widens(self.domestic) and _widens(self.abroad)):
            raise ValueError("zones must go from near to far")


# Roughly what ground services of parcel carriers need; a merchant puts their own in its place.
DEFAULT_TRANSIT = TransitTable(
    domestic=(
        Zone(250_000, 1),
        Zone(1_000_000, 2),
        Zone(2_000_000, 3),
        Zone(3_500_000, 4),
        Zone(None, 5),
    ),
    abroad=(Zone(1_000_000, 3), Zone(3_000_000, 5), Zone(None, 10)),
)


@dataclass(frozen=True, slots=True)
class Promise:
    """When a parcel leaves (the node's day) and when it arrives (a day from Monday to Friday)."""

    ships_on: date
    delivers_on: date


def transit_days(metres: int | None, same_country: bool, policy: TransitTable) -> int | None:
    """Working days on the way; None when the distance is unknown or no zone reaches that far."""
    if metres is None:
        return None
    zones = policy.domestic if same_country else policy.abroad
    reaching = (zone.days for zone in zones if zone.metres is None or metres <= zone.metres)
    return next(reaching, None)


def promise(
    node_calendar: NodeCalendar | None,
    at: datetime,
    distance: int | None,
    *,
    same_country: bool,
    policy: TransitTable = DEFAULT_TRANSIT,
) -> Promise | None:
    """What can be promised `at` that instant, `distance` metres away; None when nothing can."""
    days = transit_days(distance, same_country, policy)
    if node_calendar is None or days is None:
        return None
    leaves = ships_on(node_calendar, at)
    return Promise(leaves, _delivery_day(leaves, days))


def promises(
    legs: Iterable[Sent],
    nodes: Iterable[Sender],
    destination: Address | None,
    at: datetime,
    policy: TransitTable = DEFAULT_TRANSIT,
) -> dict[LegKey, Promise | None]:
    """Each line's date from each node that sends it; None where nothing can be promised."""
    keys = sorted({(leg.line_id, leg.node) for leg in legs})
    sending = {node for _, node in keys}
    dates = {
        node.node_id: _from(node, destination, at, policy)
        for node in nodes
        if node.node_id in sending
    }
    return {(line, node): dates.get(node) for line, node in keys}


def order_date(promised: Mapping[LegKey, Promise | None]) -> date | None:
    """When the whole order is there: its latest date, none as long as a part of it has none."""
    days = [each.delivers_on for each in promised.values() if each]
    return max(days) if days and len(days) == len(promised) else None


def expected_from_incoming(incoming: Sequence[Arrival], ahead: int, needed: int) -> date | None:
    """The day on which incoming units cover those `ahead` in the queue and the `needed` ones.

    None when they never do. ValueError for figures below 0, or nothing needed.
    """
    if ahead < 0 or needed < 1 or any(units < 0 for _, units in incoming):
        raise ValueError("units below nothing")
    left = ahead + needed
    for day, units in sorted(incoming):
        left -= units
        if left <= 0:
            return day
    return None


def lead_time_date(today: date, lead_days: int | None) -> date | None:
    """`lead_days` calendar days from now, for goods that can always be had; None: not known."""
    if lead_days is None:
        return None
    if lead_days < 0:
        raise ValueError("a lead time below nothing")
    return today + timedelta(days=lead_days)


def _from(
    node: Sender, destination: Address | None, at: datetime, policy: TransitTable
) -> Promise | None:
    if destination is None:
        return None
    there = position(destination.country, destination.region, destination.postal_code)
    far = metres((node.latitude, node.longitude), there) if there else None
    home, country = node.address.country, destination.country.strip().upper()
    return promise(node.calendar, at, far, same_country=home == country, policy=policy)


def _delivery_day(leaves: date, days: int) -> date:
    """The `days`-th weekday after `leaves`; for 0 the day itself, or the next weekday."""
    ahead = (leaves + timedelta(days=each) for each in count(1 if days else 0))
    weekdays = (day for day in ahead if day.weekday() in MONDAY_TO_FRIDAY)
    return next(islice(weekdays, max(days - 1, 0), None))
