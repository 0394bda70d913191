"""Why 10,000 reservations a second of one SKU fit: the arithmetic of `oms.inventory.spread`."""

from __future__ import annotations

from collections.abc import Iterator

from oms.inventory.spread import (
    PARTITION_READS,
    PARTITION_WRITES,
    TABLE_WRITES,
    parts_for,
    read_loads,
    table_writes,
    write_loads,
)

RATE = 10_000


def arithmetic(rate: int = RATE) -> Iterator[str]:
    """One line for each limit: what is used of it, and what there is."""
    parts = parts_for(rate)
    yield f"{rate:,} reservations/s of one SKU at one node: parts_for({rate}) = {parts} parts"
    for load in write_loads(rate, parts):
        yield _line(load.row, load.each, PARTITION_WRITES, "write", load.total)
    for load in read_loads(rate, parts):
        yield _line(load.row, load.each, PARTITION_READS, "read", load.total)
    needed = table_writes(rate)
    yield (
        f"  the table: {needed:,} write units/s with its index; the default quota is "
        f"{TABLE_WRITES:,}: {'raise it first' if needed > TABLE_WRITES else 'it fits'}"
    )


def _line(row: str, each: int, limit: int, kind: str, total: int) -> str:
    return (
        f"  {row:<32} {each:>5} of {limit:>5} {kind} units/s in a partition, {total:>6,} together"
    )
