"""Single writes: checked, decided against the item that is there, carried out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any

from tests.simulation.dynamo.capacity import Capacity, Throttle
from tests.simulation.dynamo.conditions import Values
from tests.simulation.dynamo.errors import (
    Refusal,
    condition_failed,
    conflict,
    invalid,
    no_such_table,
    throttled,
    wrong_value,
)
from tests.simulation.dynamo.prepared import Prepared, prepare
from tests.simulation.dynamo.streams import Stream
from tests.simulation.dynamo.tables import Key, Stored, Table, write_units
from tests.simulation.dynamo.values import (
    Item,
    attribute_size,
    hand_out,
    item_size,
    take_in_item,
    text_size,
)

_LARGEST_ITEM = 400 * 1024
_NO_ITEM: Item = {}
_CAN_TELL = {
    "Put": ("NONE", "ALL_OLD"),
    "Delete": ("NONE", "ALL_OLD"),
    "Update": ("NONE", "ALL_OLD", "ALL_NEW", "UPDATED_OLD", "UPDATED_NEW"),
}


class Store:
    """Everything that one account's tables share."""

    def __init__(self, clock: Callable[[], float], throttle: Throttle | None) -> None:
        self.clock, self.throttle = clock, throttle
        self.tables: dict[str, Table] = {}
        self.streams: dict[str, Stream] = {}
        self.capacity = Capacity()
        self.locked: set[tuple[str, Key]] = set()
        self._numbers = count(1)

    def table(self, request: Mapping[str, Any]) -> Table:
        table = self.tables.get(request["TableName"])
        if table is None:
            raise no_such_table()
        return table

    def admit(self, table: Table, key: Key, units: int) -> None:
        if self.throttle and not self.throttle.admits(table.name, key, units):
            raise throttled(table.on_demand)

    def free(self, write: Write) -> None:
        """Raises Refusal while a transaction holds the item."""
        if self.locked and (write.table.name, write.key) in self.locked:
            raise conflict()

    def carry_out(self, write: Write, new: Stored | None, operation: str, units: int) -> None:
        table, old = write.table, write.old
        index_units = table.replace(write.key, new)
        self.capacity.wrote(table.name, operation, write.key[0], units, index_units)
        if table.view:
            was, now = old.item if old else None, new.item if new else None
            keys = table.key_attributes(now or was or _NO_ITEM) if was or now else _NO_ITEM
            self.streams[table.name].note(next(self._numbers), self.clock(), keys, was, now)


@dataclass(slots=True)  # making a frozen one takes three times as long
class Write:
    """One write whose request is in order. What it meets is looked up when it is decided."""

    action: str
    table: Table
    key: Key
    item: Item  # of a put: all of it; else the key
    size: int
    prepared: Prepared
    values: Values
    tells_old: bool

    @property
    def old(self) -> Stored | None:
        return self.table.items.get(self.key)

    def decide(self) -> Stored | None:
        """What the item becomes. Raises Refusal when the condition or the update fails."""
        old = self.table.items.get(self.key)
        item = old.item if old else _NO_ITEM
        holds = self.prepared.condition
        if holds is not None and not holds(item, self.values):
            raise condition_failed(hand_out(item) if self.tells_old and old else None)
        if self.action == "Put":
            return Stored(self.item, self.size)
        if self.action == "Update":
            return self._updated(old)
        return old if self.action == "ConditionCheck" else None

    def _updated(self, old: Stored | None) -> Stored:
        before = old or Stored(self.item, self.size)
        update = self.prepared.update
        if update is None:
            return before
        new, size = update.apply(before.item, self.values), before.size
        for name in update.touched:
            if name in before.item:
                size -= text_size(name) + attribute_size(before.item[name])
            if name in new:
                size += text_size(name) + attribute_size(new[name])
        if size > _LARGEST_ITEM:
            raise invalid("Item size to update has exceeded the maximum allowed size")
        for index in self.table.indexes.values():
            index.check(new)
        return Stored(new, size)

    def units(self, new: Stored | None) -> int:
        """For the larger of what is there and what comes."""
        old = self.old
        return write_units(max(old.size if old else 0, new.size if new else 0))


def read_write(store: Store, action: str, request: Mapping[str, Any]) -> Write:
    """A write from its request. Raises Refusal when the request itself is wrong."""
    table = store.table(request)
    prepared, values = prepare(request)
    tells_old = request.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD"
    if action == "Put":
        item, size = take_in_item(request["Item"])
        key = table.key_in(item)
        if size > _LARGEST_ITEM:
            raise invalid("Item size has exceeded the maximum allowed size")
        for index in table.indexes.values():
            index.check(item)
    else:
        item = take_in_item(request["Key"])[0]
        key = table.key_of(item)
        size = item_size(item) if action == "Update" else 0
    if prepared.update is not None:
        for name in table.schema.names:
            if name in prepared.update.touched:
                raise wrong_value(
                    f"Cannot update attribute {name}. This attribute is part of the key"
                )
    return Write(action, table, key, item, size, prepared, values, tells_old)


def write_one(store: Store, operation: str, action: str, request: Mapping[str, Any]) -> Any:
    """A plain put, update or delete."""
    wanted = request.get("ReturnValues", "NONE")
    if wanted not in _CAN_TELL[action]:
        raise invalid("Return values set to invalid value")
    write = read_write(store, action, request)
    store.free(write)
    old = write.old
    store.admit(write.table, write.key, write_units(max(write.size, old.size if old else 0)))
    try:
        new = write.decide()
    except Refusal as refusal:
        if refusal.code != "ConditionalCheckFailedException":
            raise
        # A write whose condition fails is paid for as well.
        size = max(write.size if action == "Put" else 0, old.size if old else 0)
        store.capacity.wrote(write.table.name, operation, write.key[0], write_units(size), 0)
        raise
    store.carry_out(write, new, operation, write.units(new))
    return {} if wanted == "NONE" else _told(write, wanted, old, new)


def _told(write: Write, wanted: str, old: Stored | None, new: Stored | None) -> dict[str, Item]:
    side = old if wanted.endswith("_OLD") else new
    item = side.item if side else _NO_ITEM
    if wanted.startswith("UPDATED"):
        touched = write.prepared.update.touched if write.prepared.update else ()
        item = {name: item[name] for name in touched if name in item}
    return {"Attributes": hand_out(item)} if item else {}
