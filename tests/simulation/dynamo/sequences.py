"""Random operations for comparing two services. Sequences share one table and keep to keys of
their own, so that making tables is paid for once."""

from __future__ import annotations

import random
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

TABLE = "differential"
Request = dict[str, Any]

DEFINITION: Request = {
    "TableName": TABLE,
    "BillingMode": "PAY_PER_REQUEST",
    "KeySchema": [
        {"AttributeName": "pk", "KeyType": "HASH"},
        {"AttributeName": "sk", "KeyType": "RANGE"},
    ],
    "AttributeDefinitions": [
        {"AttributeName": "pk", "AttributeType": "S"},
        {"AttributeName": "sk", "AttributeType": "S"},
        {"AttributeName": "pile", "AttributeType": "S"},
        {"AttributeName": "rank", "AttributeType": "N"},
    ],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "by_rank",
            "KeySchema": [
                {"AttributeName": "pile", "KeyType": "HASH"},
                {"AttributeName": "rank", "KeyType": "RANGE"},
            ],
            "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["units"]},
        }
    ],
}
_SORT_KEYS = ("A#1", "A#2", "B")
_CONDITIONS = (
    "attribute_not_exists(pk)",
    "attribute_exists(pk)",
    "units >= :n",
    "units < :n OR attribute_not_exists(units)",
    "NOT (units = :n)",
    "units BETWEEN :n AND :high",
    "units IN (:n, :high)",
    "#name = :word",
    "#name <> :word",
    "begins_with(#name, :word)",
    "contains(tags, :word)",
    "attribute_exists(#name) AND size(#name) > :n",
    "doc.price >= :n",
    "attribute_exists(doc.price) AND (units > :n OR #name = :word)",
    "attribute_type(doc, :kind)",
)
_UPDATES = (
    "SET units = :n",
    "SET units = units + :n",
    "SET units = units - :n, #name = :word",
    "SET units = if_not_exists(units, :high) + :n",
    "SET units = if_not_exists(units, :high)",
    "SET doc.price = :n",
    "SET doc = :doc REMOVE tags",
    "SET marks = list_append(if_not_exists(marks, :none), :marks)",
    "SET marks[0] = :n",
    "ADD units :n",
    "SET #name = :word ADD version :n",
    "ADD tags :tags",
    "DELETE tags :tags",
    "REMOVE units, #name",
    "REMOVE doc.price",
    "REMOVE pile",
    "SET pile = :pile, #rank = :rank",
)
_KEY_CONDITIONS = (
    "pk = :pk",
    "pk = :pk AND sk = :one",
    "pk = :pk AND sk < :one",
    "pk = :pk AND sk <= :one",
    "pk = :pk AND sk > :one",
    "pk = :pk AND sk >= :one",
    "pk = :pk AND sk BETWEEN :low AND :one",
    "pk = :pk AND begins_with(sk, :start)",
)
_NAMES = {"#name": "name", "#rank": "rank"}


@dataclass(frozen=True, slots=True)
class Step:
    operation: str
    request: Request


def sequence(seed: int, length: int = 25, avoid: Collection[str] = ()) -> list[Step]:
    """Random steps on a few keys that no other seed uses, and a look at all of them.

    `avoid` names updates that the other side gets wrong in a way that stays in the table.
    """
    made = _Steps(seed, [each for each in _UPDATES if each not in avoid])
    return [*made.first_items(), *(made.step() for _ in range(length)), *made.last_look()]


class _Steps:
    def __init__(self, seed: int, updates: Sequence[str]) -> None:
        self._random = random.Random(seed)
        self._updates = updates
        self._partitions = [f"P{seed}-{n}" for n in range(2)]
        self._pile = f"H{seed}"

    def step(self) -> Step:
        kinds = ("put", "update", "update", "delete", "get", "query", "index", "transact")
        made: Step = getattr(self, "_" + self._random.choice(kinds))()
        return made

    def first_items(self) -> Iterator[Step]:
        """Something to work on: conditions on nothing tell little."""
        for _ in range(4):
            yield Step("put_item", {"TableName": TABLE, "Item": self._item()})

    def last_look(self) -> Iterator[Step]:
        for pk in self._partitions:
            yield _query("pk = :pk", {":pk": {"S": pk}})
        yield _query("pile = :h", {":h": {"S": self._pile}}, IndexName="by_rank")

    # --- pieces

    def _key(self) -> Request:
        pick = self._random.choice
        return {"pk": {"S": pick(self._partitions)}, "sk": {"S": pick(_SORT_KEYS)}}

    def _number(self) -> Request:
        return {"N": str(self._random.choice((-1, 0, 1, 1, 2, 2, 3)))}

    def _item(self) -> Request:
        chosen = self._random
        item = self._key()
        # A rank of its own for each: the order among equal ones is nobody's promise.
        rank = {"N": str(chosen.randrange(10**9))}
        extras: Request = {
            "units": self._number(),
            "name": {"S": chosen.choice(("lamp", "lampshade", "mug", ""))},
            "doc": {"M": {"price": self._number(), "deep": {"L": [{"BOOL": True}]}}},
            "tags": {"SS": ["new", "lamp"][: chosen.randint(1, 2)]},
            "marks": {"L": [{"N": "1"}, {"NULL": True}]},
            "raw": {"B": b"\x00\xff"},
        }
        item |= {name: value for name, value in extras.items() if chosen.random() < 0.8}
        if chosen.random() < 0.5:
            item |= {"pile": {"S": self._pile}, "rank": rank}
        return item

    def _with_expressions(self, request: Request, **expressions: str) -> Request:
        number = self._number()
        values = {
            ":n": number,
            ":high": {"N": str(int(number["N"]) + 3)},
            ":word": {"S": self._random.choice(("lamp", "mug", "new"))},
            ":kind": {"S": "M"},
            ":doc": {"M": {"price": self._number()}},
            ":none": {"L": []},
            ":marks": {"L": [{"S": "seen"}]},
            ":tags": {"SS": self._random.choice((["new"], ["lamp", "old"]))},
            ":pile": {"S": self._pile},
            ":rank": {"N": str(self._random.randrange(10**9))},
        }
        text = " ".join(expressions.values()).replace(",", " ").replace(")", " ").split()
        words = {word.rpartition("(")[2] for word in text}
        used_names = {name: _NAMES[name] for name in _NAMES if name in words}
        used_values = {name: value for name, value in values.items() if name in words}
        request |= expressions
        if used_names:
            request["ExpressionAttributeNames"] = used_names
        if used_values:
            request["ExpressionAttributeValues"] = used_values
        return request

    def _conditioned(self, request: Request, **expressions: str) -> Request:
        if self._random.random() < 0.5:
            expressions["ConditionExpression"] = self._random.choice(_CONDITIONS)
            if self._random.random() < 0.7:
                request["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
        return self._with_expressions(request, **expressions)

    # --- steps

    def _put(self) -> Step:
        return Step("put_item", self._in_put())

    def _update(self) -> Step:
        told = self._random.choice(("NONE", "ALL_OLD", "ALL_NEW"))
        return Step("update_item", {**self._in_update(), "ReturnValues": told})

    def _delete(self) -> Step:
        return Step("delete_item", {**self._in_delete(), "ReturnValues": "ALL_OLD"})

    def _get(self) -> Step:
        return Step("get_item", {"TableName": TABLE, "Key": self._key(), "ConsistentRead": True})

    def _query(self) -> Step:
        condition = self._random.choice(_KEY_CONDITIONS)
        one = self._random.choice(_SORT_KEYS)
        values = {
            ":pk": {"S": self._random.choice(self._partitions)},
            ":one": {"S": one},
            ":low": {"S": min(one, "A#2")},
            ":start": {"S": "A#"},
        }
        used = {name: value for name, value in values.items() if name in condition}
        return _query(condition, used, ScanIndexForward=self._random.random() < 0.5)

    def _index(self) -> Step:
        values = {":h": {"S": self._pile}, ":r": {"N": str(self._random.randrange(10**9))}}
        return _query(
            "pile = :h AND #rank >= :r",
            values,
            IndexName="by_rank",
            ScanIndexForward=self._random.random() < 0.5,
            ExpressionAttributeNames={"#rank": "rank"},
        )

    def _transact(self) -> Step:
        actions: dict[str, Request] = {}
        for _ in range(self._random.randint(1, 3)):
            kind = self._random.choice(("Put", "Update", "Delete", "ConditionCheck"))
            action = getattr(self, "_in_" + kind.lower())()
            key = action.get("Key") or action["Item"]
            actions[repr((key["pk"], key["sk"]))] = {kind: action}
        return Step("transact_write_items", {"TransactItems": list(actions.values())})

    def _in_put(self) -> Request:
        return self._conditioned({"TableName": TABLE, "Item": self._item()})

    def _in_update(self) -> Request:
        update = self._random.choice(self._updates)
        return self._conditioned({"TableName": TABLE, "Key": self._key()}, UpdateExpression=update)

    def _in_delete(self) -> Request:
        return self._conditioned({"TableName": TABLE, "Key": self._key()})

    def _in_conditioncheck(self) -> Request:
        request = {"TableName": TABLE, "Key": self._key()}
        condition = self._random.choice(_CONDITIONS)
        return self._with_expressions(request, ConditionExpression=condition)


def _query(condition: str, values: Request, **options: Any) -> Step:
    request = {"TableName": TABLE, "KeyConditionExpression": condition, **options}
    return Step("query", {**request, "ExpressionAttributeValues": values})
