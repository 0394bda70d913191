"""get_item, query and scan."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from operator import itemgetter
from typing import Any

from tests.simulation.dynamo.conditions import Values, find
from tests.simulation.dynamo.errors import Refusal, invalid
from tests.simulation.dynamo.expressions import Node
from tests.simulation.dynamo.prepared import Prepared, prepare
from tests.simulation.dynamo.tables import Entry, Index, Schema, Stored, Table
from tests.simulation.dynamo.values import Item, hand_out, item_size, plain_key, take_in_item
from tests.simulation.dynamo.writes import Store

_PAGE_BYTES = 1024 * 1024
_first = itemgetter(0)


def get_item(store: Store, request: Mapping[str, Any]) -> dict[str, Any]:
    table = store.table(request)
    prepared, _ = prepare(request)
    key = table.key_of(take_in_item(request["Key"])[0])
    found = table.items.get(key)
    halves = 2 if request.get("ConsistentRead") else 1
    store.capacity.read(table.name, "get_item", key[0], found.size if found else 0, halves)
    return {"Item": shown(found.item, prepared)} if found else {}


def query(store: Store, request: Mapping[str, Any]) -> dict[str, Any]:
    table = store.table(request)
    index = _index(table, request)
    schema = index.schema if index else table.schema
    prepared, values = prepare(request)
    if prepared.key_condition is None:
        raise invalid("Either the KeyConditions or KeyConditionExpression must be specified")
    partition, limits = _key_condition(prepared.key_condition, schema, values)
    entries = (index.rows if index else table.rows).partitions.get(partition, [])
    low, high = _range(entries, limits)
    forward = request.get("ScanIndexForward", True)
    if start := request.get("ExclusiveStartKey"):
        entry = _start(table, index, start)
        if forward:
            low = max(low, bisect_right(entries, entry))
        else:
            high = min(high, bisect_left(entries, entry))
    places = range(low, high) if forward else range(high - 1, low - 1, -1)
    rows = (_row(table, index, partition, entries[place]) for place in places)
    return _page(store, table, index, request, prepared, values, rows, partition, "query")


def scan(store: Store, request: Mapping[str, Any]) -> dict[str, Any]:
    """The whole table or index; for tests."""
    table = store.table(request)
    index = _index(table, request)
    prepared, values = prepare(request)
    if index:
        rows = [
            table.items[entry[1], entry[2]]
            for entries in index.rows.partitions.values()
            for entry in entries
        ]
    else:
        rows = [stored for _, stored in table.everything()]
    if start := request.get("ExclusiveStartKey"):
        wanted = table.key_in(take_in_item(start)[0])
        keys = [table.key_in(row.item) for row in rows]
        rows = rows[keys.index(wanted) + 1 :] if wanted in keys else rows
    return _page(store, table, index, request, prepared, values, rows, None, "scan")


def _index(table: Table, request: Mapping[str, Any]) -> Index | None:
    name = request.get("IndexName")
    if name is None:
        return None
    if name not in table.indexes:
        raise invalid(f"The table does not have the specified index: {name}")
    if request.get("ConsistentRead"):
        raise invalid("Consistent reads are not supported on global secondary indexes")
    return table.indexes[name]


def _row(table: Table, index: Index | None, partition: Any, entry: Entry) -> Stored:
    return table.items[(entry[1], entry[2]) if index else (partition, entry[0])]


def _page(
    store: Store,
    table: Table,
    index: Index | None,
    request: Mapping[str, Any],
    prepared: Prepared,
    values: Values,
    rows: Iterable[Stored],
    partition: Any,
    operation: str,
) -> dict[str, Any]:
    """Reads until the limit or 1 MB; what the filter drops has been read and is paid for."""
    limit, size, seen, items, last = request.get("Limit"), 0, 0, [], None
    if limit is not None and limit < 1:
        raise invalid("Limit must be greater than or equal to 1")
    for stored in rows:
        item = index.shown(stored.item) if index else stored.item
        size += item_size(item) if index else stored.size
        seen += 1
        if prepared.filter is None or prepared.filter(item, values):
            items.append(shown(item, prepared))
        if seen == limit or size > _PAGE_BYTES:
            last = stored.item
            break
    halves = 2 if request.get("ConsistentRead") else 1
    store.capacity.read(table.name, operation, partition, size, halves)
    reply: dict[str, Any] = {"Count": len(items), "ScannedCount": seen}
    if request.get("Select") != "COUNT":
        reply["Items"] = items
    if last is not None:
        names = dict.fromkeys((*table.schema.names, *(index.schema.names if index else ())))
        reply["LastEvaluatedKey"] = hand_out({name: last[name] for name in names})
    return reply


def shown(item: Item, prepared: Prepared) -> Item:
    if prepared.projection is None:
        return hand_out(item)
    shown: Item = {}
    for path in prepared.projection:
        found = find(item, path)
        if found is not None and len(path) > 1:
            raise NotImplementedError("the double projects whole attributes only")
        if found is not None:
            shown[path[0]] = found
    return hand_out(shown)


# --- key conditions ----------------------------------------------------------------------


def _key_condition(node: Node, schema: Schema, values: Values) -> tuple[Any, Any]:
    """The partition's value, and the test of the sort key as (sign, operands) or None."""
    terms = _terms(node)
    equal = [t for t in terms if t[0] == "=" and t[1] == ("path", (schema.partition,))]
    rest = [t for t in terms if t not in equal]
    if len(equal) != 1 or len(rest) > 1:
        raise invalid(f"Query condition missed key schema element: {schema.partition}")
    partition = _operand(equal[0][2], schema, schema.partition, values)
    if partition in ("", b""):
        raise invalid("One or more parameter values are not valid: empty string value in a key")
    if not rest:
        return partition, None
    sign, subject, *operands = rest[0]
    if subject not in (("path", (schema.sort,)), (schema.sort,)):
        raise invalid(f"Query condition missed key schema element: {schema.sort}")
    if sign not in ("=", "<", "<=", ">", ">=", "BETWEEN", "begins_with"):
        raise _unsupported(sign)
    given = [_operand(each, schema, schema.sort, values) for each in operands]
    return partition, (sign, given)


def _terms(node: Node) -> list[Node]:
    if node[0] == "AND":
        return _terms(node[1]) + _terms(node[2])
    if node[0] in ("OR", "NOT", "<>", "IN"):
        raise _unsupported(node[0])
    return [node]


def _unsupported(sign: str) -> Refusal:
    return invalid(f"Invalid operator used in KeyConditionExpression: {sign}")


def _operand(node: Node, schema: Schema, name: str, values: Values) -> Any:
    if node[0] != "value":
        raise invalid("Invalid condition in KeyConditionExpression")
    value = values[node[1]]
    if schema.types[name] not in value:
        raise invalid("Condition parameter type does not match schema type")
    return plain_key(value)


def _range(entries: list[Entry], limits: Any) -> tuple[int, int]:
    if limits is None:
        return 0, len(entries)
    sign, given = limits
    if sign == "begins_with":
        start, end = given[0], len(given[0])
        return (
            bisect_left(entries, start, key=_first),
            bisect_right(entries, start, key=lambda entry: entry[0][:end]),
        )
    low = bisect_left(entries, given[0], key=_first)
    high = bisect_right(entries, given[-1], key=_first)
    return {
        "=": (low, high),
        "BETWEEN": (low, high),
        "<": (0, low),
        "<=": (0, high),
        ">": (high, len(entries)),
        ">=": (low, len(entries)),
    }[sign]


def _start(table: Table, index: Index | None, given: Mapping[str, Any]) -> Entry:
    item = take_in_item(given)[0]
    names = {*table.schema.names, *(index.schema.names if index else ())}
    if item.keys() != names:
        raise invalid("The provided starting key is invalid")
    key = table.key_in(item)
    if index is None:
        return (key[1],)
    place = index.place(item, key)
    if place is None:
        raise invalid("The provided starting key is invalid")
    return place[1]
