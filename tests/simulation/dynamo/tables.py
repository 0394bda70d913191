"""Tables and their indexes in memory: items by key, in DynamoDB's order."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.simulation.dynamo.errors import invalid, wrong_value
from tests.simulation.dynamo.values import Attribute, Item, item_size, plain_key

Key = tuple[Any, Any]
# Sort value first; in an index the table's key follows, so that entries are told apart.
Entry = tuple[Any, ...]
_LONGEST_PARTITION_KEY, _LONGEST_SORT_KEY = 2048, 1024


@dataclass(slots=True)  # making a frozen one takes three times as long
class Stored:
    """An item as it lies in the table, never changed, and its size in bytes."""

    item: Item
    size: int


@dataclass(frozen=True, slots=True)
class Schema:
    """The names of the key attributes; `sort` is "" where there is none."""

    partition: str
    sort: str
    types: Mapping[str, str]
    names: tuple[str, ...]

    @classmethod
    def of(cls, key_schema: list[dict[str, str]], definitions: list[dict[str, str]]) -> Schema:
        names = {each["KeyType"]: each["AttributeName"] for each in key_schema}
        types = {each["AttributeName"]: each["AttributeType"] for each in definitions}
        # The partition key comes first whatever the order in the definition.
        chosen = {names[role]: types[names[role]] for role in ("HASH", "RANGE") if role in names}
        return cls(names["HASH"], names.get("RANGE", ""), chosen, tuple(chosen))


class Ordered:
    """Entries by partition, each partition in order."""

    def __init__(self) -> None:
        self.partitions: dict[Any, list[Entry]] = {}

    def insert(self, partition: Any, entry: Entry) -> None:
        insort(self.partitions.setdefault(partition, []), entry)

    def delete(self, partition: Any, entry: Entry) -> None:
        entries = self.partitions[partition]
        del entries[bisect_left(entries, entry)]
        if not entries:
            del self.partitions[partition]


@dataclass(slots=True)
class Index:
    """A global secondary index: whatever has its key attributes, with what is projected."""

    name: str
    schema: Schema
    projected: tuple[str, ...] | None  # None: all
    rows: Ordered = field(default_factory=Ordered)

    def place(self, item: Item, key: Key) -> tuple[Any, Entry] | None:
        """Partition and entry; None for an item that does not belong here."""
        partition = item.get(self.schema.partition)
        sort = item.get(self.schema.sort) if self.schema.sort else None
        if partition is None or (self.schema.sort and sort is None):
            return None
        return plain_key(partition), (plain_key(sort) if sort else None, *key)

    def shown(self, item: Item) -> Item:
        if self.projected is None:
            return item
        return {name: item[name] for name in self.projected if name in item}

    def check(self, item: Item) -> None:
        for name, kind in self.schema.types.items():
            value = item.get(name)
            if value is None:
                continue
            if kind not in value:
                raise wrong_value(
                    f"Type mismatch for Index Key {name} Expected: {kind}"
                    f" Actual: {next(iter(value))} IndexName: {self.name}"
                )
            if value[kind] in ("", b""):
                raise wrong_value(
                    "A value specified for a secondary index key is not supported. The"
                    " AttributeValue for a key attribute cannot contain an empty string value."
                    f" IndexName: {self.name}, IndexKey: {name}"
                )

    def change(self, key: Key, old: Item | None, new: Item | None) -> int:
        """Follow the table; gives the write units that it costs."""
        before = self.place(old, key) if old else None
        after = self.place(new, key) if new else None
        if before == after:
            if before is None:
                return 0
            was, now = self.shown(old or {}), self.shown(new or {})
            return 0 if was == now else write_units(max(item_size(was), item_size(now)))
        units = 0
        if before is not None:
            self.rows.delete(*before)
            units += write_units(item_size(self.shown(old or {})))
        if after is not None:
            self.rows.insert(*after)
            units += write_units(item_size(self.shown(new or {})))
        return units


class Table:
    """One table. `replace` is the only way in."""

    def __init__(self, definition: Mapping[str, Any]) -> None:
        attributes = definition["AttributeDefinitions"]
        self.name: str = definition["TableName"]
        self.schema = Schema.of(definition["KeySchema"], attributes)
        self.on_demand = definition.get("BillingMode") == "PAY_PER_REQUEST"
        stream = definition.get("StreamSpecification", {})
        self.view: str = stream.get("StreamViewType", "") if stream.get("StreamEnabled") else ""
        self.items: dict[Key, Stored] = {}
        self.rows = Ordered()
        self.indexes = {
            each["IndexName"]: self._index(each, attributes)
            for each in definition.get("GlobalSecondaryIndexes", ())
        }

    def _index(self, definition: Mapping[str, Any], attributes: list[dict[str, str]]) -> Index:
        schema = Schema.of(definition["KeySchema"], attributes)
        projection = definition["Projection"]
        projected = None
        if projection["ProjectionType"] != "ALL":
            extra = projection.get("NonKeyAttributes", ())
            projected = tuple(dict.fromkeys((*self.schema.names, *schema.names, *extra)))
        return Index(definition["IndexName"], schema, projected)

    # --- keys

    def key_of(self, given: Mapping[str, Attribute]) -> Key:
        """The key out of a request's `Key`, which names the key attributes and no more."""
        schema = self.schema
        if len(given) != len(schema.names) or schema.partition not in given:
            raise invalid("The provided key element does not match the schema")
        for name, kind in schema.types.items():
            if name not in given or kind not in given[name]:
                raise invalid("The provided key element does not match the schema")
        return self._key(given)

    def key_in(self, item: Mapping[str, Attribute]) -> Key:
        """The key out of a whole item."""
        for name, kind in self.schema.types.items():
            value = item.get(name)
            if value is None:
                raise wrong_value(f"Missing the key {name} in the item")
            if kind not in value:
                raise wrong_value(
                    f"Type mismatch for key {name} expected: {kind} actual: {next(iter(value))}"
                )
        return self._key(item)

    def _key(self, item: Mapping[str, Attribute]) -> Key:
        schema = self.schema
        partition = plain_key(item[schema.partition])
        sort = plain_key(item[schema.sort]) if schema.sort else None
        for value in (partition, sort):
            # What is short enough in any encoding needs no closer look.
            if value.__class__ is not str or not 0 < len(value) <= 250:
                self._check_limits(partition, sort)
                break
        return partition, sort

    def _check_limits(self, partition: Any, sort: Any) -> None:
        limits = (
            (partition, _LONGEST_PARTITION_KEY, "hashkey"),
            (sort, _LONGEST_SORT_KEY, "range"),
        )
        for (value, longest, what), name in zip(limits, self.schema.names, strict=False):
            if value in ("", b""):
                raise invalid(
                    "One or more parameter values are not valid. The AttributeValue for a key"
                    f" attribute cannot contain an empty string value. Key: {name}"
                )
            raw = value.encode() if isinstance(value, str) else value
            if isinstance(raw, bytes) and len(raw) > longest:
                raise wrong_value(
                    f"Size of {what} has exceeded the maximum size limit of{longest} bytes"
                )

    def key_attributes(self, item: Item) -> Item:
        return {name: item[name] for name in self.schema.names}

    # --- content

    def replace(self, key: Key, new: Stored | None) -> int:
        """Put, change or take out one item; gives the write units of the indexes."""
        old = self.items.get(key)
        if new is not None:
            self.items[key] = new
            if old is None:
                self.rows.insert(key[0], (key[1],))
        elif old is not None:
            del self.items[key]
            self.rows.delete(key[0], (key[1],))
        if not self.indexes:
            return 0
        was, now = old.item if old else None, new.item if new else None
        return sum(index.change(key, was, now) for index in self.indexes.values())

    def everything(self) -> Iterator[tuple[Key, Stored]]:
        """By partition, in the order these came to be, and by sort key in each."""
        for partition, entries in self.rows.partitions.items():
            for (sort,) in entries:
                yield (partition, sort), self.items[partition, sort]


def write_units(size: int) -> int:
    return max(1, -(-size // 1024))
