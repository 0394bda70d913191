"""Read and write units by AWS's published rules, and the limit of units a second for an item.

A write costs a unit for each 1 KB begun, of the larger of the old and new item; twice that in
a transaction. A read costs one for each 4 KB begun, half when eventually consistent. Indexes
are not doubled. A cancelled transaction is counted like one that went through: AWS publishes
no rule for it, and this is the dearest it can be.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

_READ_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Units:
    """`index_writes` are part of `writes`."""

    reads: float = 0
    writes: int = 0
    index_writes: int = 0


class Meter:
    """What was used, by table, operation and partition key value."""

    def __init__(self) -> None:
        # Reads are kept in halves, so that they stay whole numbers.
        self._used: dict[tuple[str, str, Any], list[int]] = defaultdict(lambda: [0, 0, 0])

    def note(
        self, table: str, operation: str, partition: Any, halves: int, writes: int, index: int
    ) -> None:
        used = self._used[table, operation, partition]
        used[0] += halves
        used[1] += writes + index
        used[2] += index

    def total(self, table: str | None = None) -> Units:
        return self._summed(lambda name, *_: None, table).get(None, Units())

    def by_operation(self, table: str | None = None) -> dict[str, Units]:
        return self._summed(lambda name, operation, partition: operation, table)

    def by_partition(self, table: str) -> dict[Any, Units]:
        """By partition key value; a query of an index counts under the index's own."""
        return self._summed(lambda name, operation, partition: partition, table)

    def _summed(
        self, group: Callable[[str, str, Any], Hashable], table: str | None
    ) -> dict[Any, Units]:
        sums: dict[Any, list[int]] = {}
        for place, used in self._used.items():
            if table is None or place[0] == table:
                into = sums.setdefault(group(*place), [0, 0, 0])
                into[:] = [one + other for one, other in zip(into, used, strict=True)]
        return {name: Units(halves / 2, w, i) for name, (halves, w, i) in sums.items()}


class Capacity(Meter):
    """The meter of a whole account, with others that run for a while beside it."""

    def __init__(self) -> None:
        super().__init__()
        self._beside: list[Meter] = []

    @contextmanager
    def measure(self) -> Iterator[Meter]:
        """Counts only what is used inside the `with`; may be nested."""
        meter = Meter()
        self._beside.append(meter)
        try:
            yield meter
        finally:
            self._beside.remove(meter)

    def wrote(self, table: str, operation: str, partition: Any, units: int, index: int) -> None:
        self.note(table, operation, partition, 0, units, index)
        for meter in self._beside:
            meter.note(table, operation, partition, 0, units, index)

    def read(self, table: str, operation: str, partition: Any, size: int, halves: int) -> None:
        """`halves`: 1 eventually consistent, 2 consistent, 4 in a transaction."""
        used = max(1, -(-size // _READ_BYTES)) * halves
        self.note(table, operation, partition, used, 0, 0)
        for meter in self._beside:
            meter.note(table, operation, partition, used, 0, 0)


@dataclass(frozen=True, slots=True)
class ItemLimits:
    """Write units a second for one item, and for all of one partition key value if given."""

    write_units_per_second: int = 1000
    partition_units_per_second: int | None = None


class Throttle:
    """Counts units of each clock second; says no when one more write would be too much."""

    def __init__(self, limits: ItemLimits, clock: Callable[[], float]) -> None:
        self._limits, self._clock = limits, clock
        self._second, self._used = -1, defaultdict[Hashable, int](int)

    def admits(self, table: str, key: tuple[Any, Any], units: int) -> bool:
        second = int(self._clock())
        if second != self._second:
            self._second = second
            self._used.clear()
        limits = self._limits
        buckets: list[tuple[Hashable, int]] = [((table, *key), limits.write_units_per_second)]
        if limits.partition_units_per_second is not None:
            buckets.append(((table, key[0]), limits.partition_units_per_second))
        if any(self._used[bucket] + units > limit for bucket, limit in buckets):
            return False
        for bucket, _ in buckets:
            self._used[bucket] += units
        return True
