"""What carries news of a table in a world: its stream, its consumers, its sweep."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from infra.catalogue.messaging import STREAMS, StreamRow
from infra.catalogue.tables import Table

Records = list[dict[str, Any]]
Invoke = Callable[[str, dict[str, Any]], Any]


@dataclass
class TableStream:
    """`records` gives the whole stream as Lambda gets it; `invoke` calls a function."""

    table: Table
    sweeper: str
    records: Callable[[int], Records]
    invoke: Invoke
    deaf: bool = False  # the stream is not read: what it would have brought is lost
    silent: frozenset[str] = frozenset()  # consumers that a test has no use for
    _seen: int = 0

    def carry(self) -> bool:
        """Give what is new to its consumer, as often as the stream would; was there any?"""
        fresh = self.records(self._seen)
        self._seen += len(fresh)
        if self.deaf:
            return False
        rows = [
            row for row in STREAMS if row.table is self.table and row.function not in self.silent
        ]
        heard = [self._hear(row, [each for each in fresh if passes(row, each)]) for row in rows]
        return any(heard)

    def _hear(self, row: StreamRow, wanted: Records) -> bool:
        for start in range(0, len(wanted), row.batch_size):
            self._feed(row, wanted[start : start + row.batch_size])
        return bool(wanted)

    def _feed(self, row: StreamRow, batch: Records) -> None:
        for _ in range(row.retries):
            if not self.invoke(row.function, {"Records": batch})["batchItemFailures"]:
                return
        raise AssertionError(f"{row.function} never took its batch")

    def sweep(self) -> Any:
        return self.invoke(self.sweeper, {})


def passes(row: StreamRow, record: dict[str, Any]) -> bool:
    """Whether the filter of the event source lets a record through."""
    key = record["dynamodb"]["Keys"]["sk"]["S"]
    if key in row.sort_keys or not key.startswith(row.prefixes):
        return key in row.sort_keys
    effect = record["dynamodb"].get("NewImage", {}).get("effect", {}).get("S")
    return not row.effects or effect in row.effects
