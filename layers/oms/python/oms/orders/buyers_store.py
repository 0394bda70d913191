"""Business buyers in the `channels` table.

`BUYER#{id}` / `BUYER` is the account, `BUYER#{id}` / `LEDGER` what its open orders are worth,
`BUYERS` / `{id}` the list.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from oms.kernel.codec import dump, load
from oms.kernel.errors import NotFound, VersionConflict
from oms.kernel.ids import OrderId
from oms.orders.buyers import Buyer, Ledger
from oms.platform.dynamo import Dynamo
from oms.platform.unit import Action, Write

_LIST = "BUYERS"


class DynamoBuyers:
    """Answers `oms.orders.buyers.BuyerStore`."""

    def __init__(self, dynamo: Dynamo, table: str) -> None:
        self._dynamo, self._table = dynamo, table

    def load(self, buyer_id: str) -> Buyer:
        item = self._dynamo.get(self._table, _key(buyer_id, "BUYER"))
        if item is None:
            raise NotFound(f"there is no buyer {buyer_id}")
        return load(Buyer, item)

    def save(self, before: Buyer | None, after: Buyer) -> Buyer:
        stored = replace(after, version=before.version + 1 if before else 1)
        row = self._versioned(
            "BUYER", stored.buyer_id, dump(stored), before.version if before else 0
        )
        listed = Write(Action.PUT, self._table, {"pk": _LIST, "sk": stored.buyer_id})
        self._dynamo.commit([row, listed])
        return stored

    def page(self, limit: int, after: str) -> tuple[list[Buyer], str]:
        rows, last = self._dynamo.query(
            self._table,
            "pk = :pk",
            {":pk": _LIST},
            limit=limit,
            start={"pk": _LIST, "sk": after} if after else None,
        )
        keys = [_key(row["sk"], "BUYER") for row in rows]
        found = [load(Buyer, item) for item in self._dynamo.get_many(self._table, keys)]
        found.sort(key=lambda buyer: buyer.buyer_id)
        return found, last["sk"] if last else ""

    def ledger(self, buyer_id: str) -> Ledger:
        item = self._dynamo.get(self._table, _key(buyer_id, "LEDGER"))
        return load(Ledger, item) if item else Ledger(buyer_id)

    def kept(self, before: Ledger, claims: Mapping[OrderId, int]) -> Write:
        after = Ledger(before.buyer_id, dict(claims), before.version + 1)
        return self._versioned("LEDGER", before.buyer_id, dump(after), before.version)

    def _versioned(self, sort: str, buyer_id: str, item: Any, version: int) -> Write:
        return Write(
            Action.PUT,
            self._table,
            _key(buyer_id, sort),
            item,
            # True when nobody has written since this was read (or there was nothing yet).
            condition="#version = :v" if version else "attribute_not_exists(pk)",
            names={"#version": "version"} if version else {},
            values={":v": version} if version else {},
            refused=lambda old: VersionConflict(f"buyer {buyer_id} was changed meanwhile"),
        )


def _key(buyer_id: str, sort: str) -> dict[str, str]:
    return {"pk": f"BUYER#{buyer_id}", "sk": sort}
