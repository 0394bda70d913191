"""Tell every channel what it can sell, within seconds, and tell it once.

The stream of the stock table says which SKUs were touched; what it says of their figures is not
believed, because records come late, twice and out of order. For each SKU the position is read
once, whatever the number of records, and compared with what was published last (`Published`, one
row a SKU). A figure that differs gets the channel's next number, and the row's own stream
record puts it on the bus: a crash between the two loses nothing, and a repeat has the same id.

Two that look at one SKU at once (the parts of a spread SKU lie on different shards) take turns:
every look, also one that finds nothing new, counts `turn` up on condition of the turn it began
with. So a figure that was read before another look's can never be written after it; who loses
reads again.

How long until the channel hears (`worst_delay`). A stream is asked four times a second and
gathers for a window; a batch may have to wait for the batch before it; the row's own record
makes the same way again. One partition takes 1,000 write units a second and a level's
transactional write costs two, so at most 500 levels change a second behind one shard; the
shard's batches are worked on by ten at once, so each meets about 50 SKUs a second, whatever the
number of sales. With a window of 1 s that is 4.3 s; the target is 5 s, met up to 75 SKUs.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from oms.inventory.alerts import Alert, is_low, left_to_sell
from oms.inventory.ports import StockReader
from oms.inventory.sellable import Market, market, with_parts
from oms.inventory.selling import Mode, Position, SellingPolicy
from oms.kernel.clock import Clock
from oms.kernel.errors import Unavailable, VersionConflict
from oms.kernel.ids import Sku

_TURNS = 8  # how often a SKU is read again after a rival's turn
_AT_ONCE = 100  # SKUs whose positions are read together

# Milliseconds: between two looks of Lambda at a shard; for the batch reads of 100 SKUs; for
# each SKU, the query for its kits and its conditional write; for putting a batch on the bus.
POLL_MS, READ_MS, EACH_MS, PUT_MS = 250, 50, 10, 100


def worst_delay(window_seconds: int, skus_in_batch: int) -> int:
    """Milliseconds from a level's change to its event on the bus, when every batch is as full
    as `skus_in_batch` says and each record just misses one."""
    batch = READ_MS + EACH_MS * skus_in_batch
    to_the_row = POLL_MS + 1_000 * window_seconds + batch + batch
    to_the_bus = POLL_MS + 1_000 * window_seconds + batch + PUT_MS
    return to_the_row + to_the_bus


@dataclass(frozen=True, slots=True)
class Figure:
    """What a channel was told: `units`, under the number `version` of that SKU and channel."""

    units: int
    version: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Published:
    """What the world was told of one SKU.

    `low` is the alert that stands; `alerts` counts how often one rose or fell. `turn` counts the
    looks, and `at` is when the last one was.
    """

    sku: Sku
    channels: dict[str, Figure] = field(default_factory=dict)
    low: Alert | None = None
    alerts: int = 0
    turn: int = 0
    at: datetime | None = None


class Stock(StockReader, Protocol):
    """What there is to sell. Reads are consistent."""

    def kits_of(self, sku: Sku) -> Collection[Sku]:
        """The kits that `sku` goes into."""


class Figures(Protocol):
    """What was published."""

    def known(self, skus: Collection[Sku]) -> dict[Sku, Published]:
        """Every SKU asked for is a key of the answer. Consistent."""

    def save(self, before: Published, after: Published) -> None:
        """Raises VersionConflict when it was somebody else's turn meanwhile."""


# The channels that there are accounts of.
Channels = Callable[[], Collection[str]]


@dataclass(frozen=True, slots=True)
class PublishStock:
    """Bring what is published of SKUs up to date. Repeating it changes nothing."""

    stock: Stock
    figures: Figures
    channels: Channels
    clock: Clock

    def __call__(self, touched: Collection[Sku]) -> int:
        """How many SKUs had news. Raises Unavailable when rivals took every turn."""
        if not touched:
            return 0
        here = market(self.stock, self.clock.now())
        kits = {kit for sku in touched for kit in self.stock.kits_of(sku)}
        left, changed = sorted({*touched, *kits}), 0
        for _ in range(_TURNS):
            lost = list[Sku]()
            for start in range(0, len(left), _AT_ONCE):
                more, missed = self._look(left[start : start + _AT_ONCE], here)
                changed += more
                lost += missed
            if not lost:
                return changed
            left = lost
        raise Unavailable(f"others publish {', '.join(left[:3])} all the time")

    def _look(self, skus: Sequence[Sku], here: Market) -> tuple[int, list[Sku]]:
        # What was published is read first: whoever reads later figures takes a later turn.
        known = self.figures.known(skus)
        positions = with_parts(self.stock.positions(skus), self.stock)
        channels, now = self._channels(here.policy), self.clock.now()
        changed, lost = 0, list[Sku]()
        for sku in skus:
            units = {name: here.units(sku, positions, name) for name in channels}
            after = told(known[sku], units, positions[sku], now)
            try:
                self.figures.save(known[sku], after)
            except VersionConflict:
                lost.append(sku)
            else:
                changed += after != replace(known[sku], turn=after.turn, at=after.at)
        return changed, lost

    def _channels(self, policy: SellingPolicy) -> list[str]:
        known = {*self.channels(), *channels_of(policy)}
        return sorted(name for name in known if policy.channel(name).mode is not Mode.NONE)


def channels_of(policy: SellingPolicy) -> set[str]:
    """The channels that the selling rules name."""
    named = {each.channel for each in policy.channels}
    named |= {each.channel for each in policy.buffers}
    named |= {channel for pool in policy.pools for channel in pool.channels}
    return named - {"", "*"}


def told(
    known: Published, units: Mapping[str, int], position: Position, now: datetime
) -> Published:
    """What the world is to be told after one look. Channels that are gone keep their figures."""
    fresh = {
        name: _next(known.channels.get(name), number, now)
        for name, number in units.items()
        if name not in known.channels or known.channels[name].units != number
    }
    low = _alert(known.low, position, now)
    return replace(
        known,
        channels=known.channels | fresh,
        low=low,
        alerts=known.alerts + ((low is None) != (known.low is None)),
        turn=known.turn + 1,
        at=now,
    )


def _next(last: Figure | None, units: int, now: datetime) -> Figure:
    return Figure(units, last.version + 1 if last else 1, now)


def _alert(standing: Alert | None, position: Position, now: datetime) -> Alert | None:
    today = now.date().isoformat()
    if not is_low(position, today):
        return None
    selling = position.selling
    return standing or Alert(selling.sku, left_to_sell(position, today), selling.reorder_point, now)
