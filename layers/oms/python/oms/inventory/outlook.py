"""What can be promised of a SKU by date: what is there, and what is on its way.

Every figure is made by `sellable`, the one formula, on the levels as they will be when that has
come in. So those in line are served, and buffers filled, before anything of it is promised.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from oms.inventory.incoming import Incoming
from oms.inventory.model import Level
from oms.inventory.selling import Position, SellingPolicy, sellable
from oms.inventory.shelves import GENERAL, pool_name
from oms.routing.promise import lead_time_date

UnitsOn = Callable[[str], int]


@dataclass(frozen=True, slots=True)
class Ready:
    """From the day `date` (ISO) on, `units` can be promised in all."""

    date: str
    units: int


@dataclass(frozen=True, slots=True)
class Outlook:
    """One SKU from `today` on."""

    position: Position
    coming: tuple[Incoming, ...]
    policy: SellingPolicy
    channel: str
    today: str

    @property
    def days(self) -> set[str]:
        """The days on which something changes."""
        kept = {pool_name(level.shelf) for level in self.position.levels}
        released = {pool.release_on for pool in self.policy.pools if pool.name in kept}
        changes = released | {each.expected_on for each in self.coming}
        changes.add(self.position.selling.available_from)
        return {self.today, *(day for day in changes if day > self.today)}

    def units(self, day: str) -> int:
        """What can be promised by `day`, after those who are in line."""
        come = [each for each in self.coming if each.expected_on <= day]
        return sellable(grown(self.position, come), self.policy, self.channel, day)

    def first(self, units: int) -> str:
        """The first day after today by which `units` can be promised; empty when unknown."""
        lead = lead_time_date(date.fromisoformat(self.today), self.position.selling.lead_days)
        later = sorted(day for day in self.days if day > self.today)
        found = next((day for day in later if self.units(day) >= units), None)
        made = found or (lead.isoformat() if lead else "")
        return max(made, self.position.selling.available_from) if made else ""


def grown(position: Position, come: Iterable[Incoming]) -> Position:
    """`position` when that has come in."""
    levels = {level.place: level for level in position.levels}
    for each in come:
        place = each.sku, each.node, GENERAL
        known = levels.get(place) or Level(each.sku, each.node)
        levels[place] = known.after({"on_hand": each.units})
    return replace(position, levels=tuple(levels.values()))


def steps(days: Sequence[str], units_on: UnitsOn) -> tuple[Ready, ...]:
    """The first day, and each one on which the units change."""
    made = list[Ready]()
    for day in days:
        units = units_on(day)
        if not made or units != made[-1].units:
            made.append(Ready(day, units))
    return tuple(made)
