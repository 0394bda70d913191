"""Holds whose time is over: taken back by whoever lacks units, and by the sweep."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from itertools import islice

from oms.inventory.ports import Holds, StockLedger, StockReader, StockWork
from oms.inventory.reservation import HoldEnded, HoldState
from oms.kernel.clock import Clock
from oms.kernel.errors import NotFound, VersionConflict
from oms.kernel.ids import Sku
from oms.platform.unit import Committer

ACTOR = "sweeper"


@dataclass(frozen=True, slots=True)
class ExpireHold:
    """End one hold whose time is over; the index that named it may be behind, the write is not."""

    stock: StockLedger
    holds: Holds
    database: Committer
    clock: Clock

    def __call__(self, reservation_id: str) -> bool:
        """Whether this call ended it."""
        now = self.clock.now()
        try:
            hold = self.holds.get(reservation_id)
            if hold.state is not HoldState.HELD or hold.holds(now):
                return False
            back = self.stock.release(hold.claims, reservation_id, ACTOR, now)
            self.database.commit([self.holds.expired(hold, now), *back])
        except (HoldEnded, NotFound):
            return False  # somebody else ended or extended it
        return True


@dataclass(frozen=True, slots=True)
class ReclaimExpired:
    """Free units of these SKUs that holds keep although their time is over."""

    reader: StockReader
    holds: Holds
    expire: ExpireHold
    clock: Clock

    def __call__(self, skus: Collection[Sku]) -> bool:
        """Whether there were any. Looks only where something is reserved."""
        positions = self.reader.positions(skus)
        parts = {c.sku for each in positions.values() for c in each.selling.components}
        if parts:
            positions |= self.reader.positions(parts)
        reserved = {
            level.place for each in positions.values() for level in each.levels if level.reserved
        }
        if not reserved:
            return False
        overdue = self.holds.overdue(self.clock.now(), reserved)
        ended = [self.expire(reservation_id) for reservation_id in overdue]
        return any(ended)


@dataclass(frozen=True, slots=True)
class SweepStock:
    """What time does to stock: holds end, and work that was broken off is finished."""

    holds: Holds
    work: StockWork
    expire: ExpireHold
    clock: Clock
    batch: int = 2_000

    def __call__(self) -> dict[str, int]:
        """How many holds and works were ended. One that fails stops no other."""
        failures: list[Exception] = []
        now = self.clock.now()
        expired = finished = 0
        for reservation_id in list(islice(self.holds.overdue(now), self.batch)):
            try:
                expired += self.expire(reservation_id)
            except Exception as error:
                error.add_note(f"reservation {reservation_id}")
                failures.append(error)
        for work_id in list(islice(self.work.overdue(now), self.batch)):
            try:
                finished += self.work.carry_out(work_id)
            except VersionConflict:
                continue  # it was taken over or done meanwhile
            except Exception as error:
                error.add_note(f"work {work_id}")
                failures.append(error)
        if failures:
            raise ExceptionGroup("stock that could not be swept", failures)
        return {"expired": expired, "finished": finished}
