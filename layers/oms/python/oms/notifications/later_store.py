"""What channels are to be told later, in the `channels` table.

| pk | sk | what |
|---|---|---|
| `TELL#{order_id}#{what}#{number}` | `TELL` | `Telling`, and why it waits; in the index `due` |
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import islice

from oms.kernel.clock import iso
from oms.kernel.codec import dump, load
from oms.notifications.tell_in_time import Telling
from oms.platform.dynamo import Dynamo
from oms.platform.unit import Action, Write

TELL = "TELL"


class DynamoLater:
    """Answers `oms.notifications.tell_in_time.Later`."""

    def __init__(self, dynamo: Dynamo, table: str) -> None:
        self._dynamo, self._table = dynamo, table

    def put_off(self, telling: Telling, until: datetime, problem: str) -> None:
        item = {
            **dump(telling),
            "due_list": TELL,
            "due_at": iso(until),
            "problem": problem[:200],
        }
        self._dynamo.commit([Write(Action.PUT, self._table, _key(telling), item)])

    def settle(self, telling: Telling) -> None:
        self._dynamo.commit([Write(Action.DELETE, self._table, _key(telling))])

    def due(self, now: datetime, limit: int) -> Iterator[Telling]:
        keys = self._dynamo.query_all(
            self._table,
            "due_list = :list AND due_at <= :now",
            {":list": TELL, ":now": iso(now)},
            index="due",
        )
        for key in islice(keys, limit):
            item = self._dynamo.get(self._table, {"pk": key["pk"], "sk": key["sk"]})
            if item:
                yield load(Telling, item)


def _key(telling: Telling) -> dict[str, str]:
    return {"pk": f"TELL#{telling.name}", "sk": TELL}
