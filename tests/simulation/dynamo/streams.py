"""Change records as a Lambda gets them, and their delivery: batches, repeats, interleaving."""

from __future__ import annotations

import base64
import random
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from tests.simulation.dynamo.values import Attribute, Item

Record = dict[str, Any]


@dataclass(slots=True)  # making a frozen one takes three times as long
class Change:
    """One item changed. Kept raw: most records are never asked for."""

    number: int
    at: float
    keys: Item
    old: Item | None
    new: Item | None

    @property
    def event(self) -> str:
        if self.old is None:
            return "INSERT"
        return "MODIFY" if self.new is not None else "REMOVE"


class Stream:
    """The changes of one table. `view` is its StreamViewType; "" keeps none."""

    def __init__(self, table: str, view: str) -> None:
        self._table, self._view = table, view
        self._changes: list[Change] = []

    def note(self, number: int, at: float, keys: Item, old: Item | None, new: Item | None) -> None:
        """A write that changes nothing leaves no record."""
        if self._view and old != new:
            self._changes.append(Change(number, at, keys, old, new))

    def __len__(self) -> int:
        return len(self._changes)

    def records(self, start: int = 0) -> list[Record]:
        """All from position `start` on, oldest first, in the shape of the Lambda event."""
        return [self._record(change) for change in self._changes[start:]]

    def _record(self, change: Change) -> Record:
        told: Record = {
            "ApproximateCreationDateTime": int(change.at),
            "Keys": _as_json(change.keys),
            "SequenceNumber": f"{change.number:021}",
            "StreamViewType": self._view,
        }
        if change.new is not None and self._view in ("NEW_IMAGE", "NEW_AND_OLD_IMAGES"):
            told["NewImage"] = _as_json(change.new)
        if change.old is not None and self._view in ("OLD_IMAGE", "NEW_AND_OLD_IMAGES"):
            told["OldImage"] = _as_json(change.old)
        return {
            "eventID": f"{change.number:032x}",
            "eventName": change.event,
            "eventVersion": "1.1",
            "eventSource": "aws:dynamodb",
            "awsRegion": "eu-central-1",
            "dynamodb": told,
            "eventSourceARN": f"arn:aws:dynamodb:eu-central-1:123456789012:table/{self._table}"
            "/stream/2026-01-01T00:00:00.000",
        }


def _as_json(item: Item) -> Item:
    return {name: _value_as_json(each) for name, each in item.items()}


def _value_as_json(attribute: Attribute) -> Attribute:
    """A copy; bytes become base64, as in the event."""
    ((kind, value),) = attribute.items()
    if kind == "B":
        return {"B": base64.b64encode(value).decode()}
    if kind == "BS":
        return {"BS": [base64.b64encode(each).decode() for each in value]}
    if kind == "M":
        return {"M": _as_json(value)}
    if kind == "L":
        return {"L": [_value_as_json(each) for each in value]}
    return {kind: list(value) if isinstance(value, list) else value}


def deliveries(
    records: Sequence[Record], seed: int, *, largest: int = 10, repeats: float = 0.2
) -> Iterator[list[Record]]:
    """Batches of `records` as some shards might bring them; the same for the same seed.

    Only the order of each item's own records holds, so one transaction's records may be far
    apart. A batch comes again, whole or its beginning, with the chance `repeats`, at once: a
    shard does not go on before a batch that failed is through.
    """
    chosen = random.Random(seed)
    lanes: dict[str, deque[Record]] = {}
    for record in records:
        lanes.setdefault(repr(record["dynamodb"]["Keys"]), deque()).append(record)
    waiting = list(lanes.values())
    while waiting:
        batch = []
        for _ in range(chosen.randint(1, largest)):
            if waiting:
                batch.append(_next_of_some_item(waiting, chosen))
        yield list(batch)
        while chosen.random() < repeats:
            yield batch[: chosen.randint(1, len(batch))] if chosen.random() < 0.5 else list(batch)


def _next_of_some_item(waiting: list[deque[Record]], chosen: random.Random) -> Record:
    position = chosen.randrange(len(waiting))
    record = waiting[position].popleft()
    if not waiting[position]:
        del waiting[position]
    return record
