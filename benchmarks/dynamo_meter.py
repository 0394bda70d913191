"""A DynamoDB client that counts requests and the units that they cost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from benchmarks.item_size import index_units, read_units, size_of, write_units
from benchmarks.meters import IDLE, Meters

Item = Mapping[str, Any]
_WRITES = {"put_item": "Put", "update_item": "Update", "delete_item": "Delete"}


def kind_of(table: str, item: Item) -> str:
    """What an item is, in the words of docs/data-model.md."""
    pk, sk = item["pk"]["S"], item["sk"]["S"]
    if table.endswith("index"):
        return f"index {pk.partition('#')[0]}"
    if table.endswith("stock"):
        return f"stock {pk.partition('#')[0].lower()}"
    if table.endswith("inbound"):
        return "inbound " + ("idempotency key" if pk.startswith("IDEMPOTENCY") else "raw delivery")
    return "orders " + (sk if pk[0] in "OT" else "parcel key")


class DynamoMeter:
    """Stands before `client`. Without `weighed` it only keeps moto's CPU out of the figures."""

    def __init__(self, client: Any, meters: Meters, *, weighed: bool) -> None:
        self._client, self._meters, self._weighed = client, meters, weighed

    def __getattr__(self, operation: str) -> Any:
        real = getattr(self._client, operation)

        def call(**request: Any) -> Any:
            with self._phase(request), self._meters.outside("dynamodb", operation):
                if not self._weighed:
                    return real(**request)
                return self._weigh(operation, real, request)

        return call

    def _phase(self, request: dict[str, Any]) -> Any:
        """The sweepers' questions to their lists cost the same with and without orders."""
        function = self._meters.function
        asks = function == "sweep_stock" or (function == "sweep_orders" and "IndexName" in request)
        return self._meters.during(IDLE if asks else self._meters.phase)

    def _weigh(self, operation: str, real: Any, request: dict[str, Any]) -> Any:
        function, tally = self._meters.function, self._meters.tally
        tally.requests[function, operation] += 1
        touched = _touched(operation, request)
        before = [self._item(table, key) for table, key in touched]
        try:
            reply = real(**request)
            self._read(operation, request, reply)
            return reply
        finally:  # a refused write is paid for like one that was made
            double = 2 if operation == "transact_write_items" else 1
            for (table, key), old in zip(touched, before, strict=True):
                self._written(table, key, old, self._item(table, key), double)

    def _item(self, table: str, key: Item) -> Item:
        names = {name: key[name] for name in ("pk", "sk")}
        found = self._client.get_item(TableName=table, Key=names, ConsistentRead=True)
        item: Item = found.get("Item", {})
        return item

    def _written(self, table: str, key: Item, old: Item, new: Item, double: int) -> None:
        function, tally = self._meters.function, self._meters.tally
        units = double * write_units(size_of(old), size_of(new))
        tally.writes[function, kind_of(table, key)] += units
        if moved := index_units(old, new):
            tally.writes[function, "orders worklist index"] += moved

    def _read(self, operation: str, request: dict[str, Any], reply: dict[str, Any]) -> None:
        if operation == "get_item":
            self._note(request["TableName"], request["Key"], [reply.get("Item")], request)
        elif operation == "query":
            self._note_query(request, reply["Items"])
        elif operation == "batch_get_item":
            for table, asked in request["RequestItems"].items():
                found = {_key(item): item for item in reply["Responses"].get(table, ())}
                for key in asked["Keys"]:
                    self._note(table, key, [found.get(_key(key))], asked)

    def _note_query(self, request: dict[str, Any], items: list[Item]) -> None:
        values = request["ExpressionAttributeValues"]
        key = {"pk": values.get(":pk", {"S": "O# worklist"}), "sk": {"S": "ORDER"}}
        self._note(request["TableName"], key, items, request)

    def _note(self, table: str, key: Item, items: list[Any], request: dict[str, Any]) -> None:
        size = sum(size_of(item) for item in items)
        units = read_units(size, consistent=bool(request.get("ConsistentRead")))
        # Units are whole or half: counted in halves, so that sums stay exact.
        self._meters.tally.reads[self._meters.function, kind_of(table, key)] += units  # type: ignore[assignment]


def _key(item: Item) -> tuple[str, str]:
    return item["pk"]["S"], item["sk"]["S"]


def _touched(operation: str, request: dict[str, Any]) -> list[tuple[str, Item]]:
    """Table and key of every item that a request writes or checks."""
    if operation in _WRITES:
        return [(request["TableName"], request.get("Item") or request["Key"])]
    if operation == "transact_write_items":
        actions = [action for each in request["TransactItems"] for action in each.values()]
        return [(each["TableName"], each.get("Item") or each["Key"]) for each in actions]
    if operation == "batch_write_item":
        return [
            (
                table,
                put["Item"] if (put := each.get("PutRequest")) else each["DeleteRequest"]["Key"],
            )
            for table, requests in request["RequestItems"].items()
            for each in requests
        ]
    return []
