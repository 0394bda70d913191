"""batch_get_item and batch_write_item: many requests in one, none of them bound to another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.simulation.dynamo.errors import Refusal, invalid
from tests.simulation.dynamo.prepared import prepare
from tests.simulation.dynamo.reads import shown
from tests.simulation.dynamo.values import Item, hand_out, take_in_item
from tests.simulation.dynamo.writes import Store, Write, read_write

_MOST_KEYS = 100
_MOST_WRITES = 25
_TRY_LATER = frozenset(
    {
        "ThrottlingException",
        "ProvisionedThroughputExceededException",
        "TransactionConflictException",
    }
)


def batch_get_item(
    store: Store, request: Mapping[str, Any], first_left: int | None = None
) -> dict[str, Any]:
    """Keys from position `first_left` on are handed back as unprocessed."""
    wanted = request["RequestItems"]
    if not 0 < sum(len(each["Keys"]) for each in wanted.values()) <= _MOST_KEYS:
        raise invalid("Too many items requested for the BatchGetItem call")
    answers: dict[str, list[Item]] = {}
    left: dict[str, Any] = {}
    position = 0
    for name, asked in wanted.items():
        for given, found in _found(store, name, asked):
            if first_left is not None and position >= first_left:
                left.setdefault(name, {**asked, "Keys": []})["Keys"].append(hand_out(given))
            else:
                answers.setdefault(name, []).extend(found())
            position += 1
    return {"Responses": {name: [] for name in wanted} | answers, "UnprocessedKeys": left}


def _found(store: Store, name: str, asked: Mapping[str, Any]) -> list[tuple[Item, Any]]:
    """Each key of one table with what fetches its item: a list of it, or of nothing."""
    table, (prepared, _) = store.table({"TableName": name}), prepare(asked)
    keys = [table.key_of(take_in_item(key)[0]) for key in asked["Keys"]]
    if len(set(keys)) < len(keys):
        raise invalid("Provided list of item keys contains duplicates")
    halves = 2 if asked.get("ConsistentRead") else 1

    def fetch(key: Any) -> list[Item]:
        stored = table.items.get(key)
        size = stored.size if stored else 0
        store.capacity.read(name, "batch_get_item", key[0], size, halves)
        return [shown(stored.item, prepared)] if stored else []

    return [
        (given, lambda key=key: fetch(key)) for given, key in zip(asked["Keys"], keys, strict=True)
    ]


def batch_write_item(
    store: Store, request: Mapping[str, Any], first_left: int | None = None
) -> dict[str, Any]:
    """What is locked, throttled, or stands from `first_left` on is handed back."""
    wanted = request["RequestItems"]
    if not 0 < sum(len(each) for each in wanted.values()) <= _MOST_WRITES:
        raise invalid("Too many items requested for the BatchWriteItem call")
    writes = [
        (name, each, _read(store, name, each)) for name, asked in wanted.items() for each in asked
    ]
    if len({(name, write.key) for name, _, write in writes}) < len(writes):
        raise invalid("Provided list of item keys contains duplicates")
    left: dict[str, list[Any]] = {}
    for position, (name, each, write) in enumerate(writes):
        if (first_left is not None and position >= first_left) or not _written(store, write):
            left.setdefault(name, []).append(_copied(each))
    return {"UnprocessedItems": left}


def _read(store: Store, name: str, each: Mapping[str, Any]) -> Write:
    ((kind, body),) = each.items()
    action = {"PutRequest": "Put", "DeleteRequest": "Delete"}[kind]
    return read_write(store, action, {"TableName": name, **body})


def _written(store: Store, write: Write) -> bool:
    new = write.decide()
    units = write.units(new)
    try:
        store.free(write)
        store.admit(write.table, write.key, units)
    except Refusal as refusal:
        if refusal.code in _TRY_LATER:
            return False
        raise
    store.carry_out(write, new, "batch_write_item", units)
    return True


def _copied(each: Mapping[str, Any]) -> dict[str, Any]:
    return {
        kind: {name: hand_out(item) for name, item in body.items()} for kind, body in each.items()
    }
