"""Movements in the order of their ids, and the checkpoint of their sums: rows `CHECKPOINT#`.

The checkpoint makes the work of a night proportional to the movements of a day. It is written
anew under a generation of its own: its parts first, then the head that names them.
"""

from __future__ import annotations

import heapq
import json
import zlib
from collections.abc import Iterator
from datetime import timedelta

from oms.inventory import items
from oms.inventory.model import BUCKETS, Level, Movement, Place
from oms.inventory.shelves import Shelf
from oms.inventory.sums import Held, Sums
from oms.inventory.valuation import Value
from oms.kernel.clock import Clock
from oms.kernel.codec import dump, load
from oms.kernel.ids import NodeId, Sku, new_ulid
from oms.platform.dynamo import Dynamo
from oms.platform.unit import Action, Write

_HEAD = "HEAD"
_BYTES = 300_000  # of a checkpoint in one row; the table's limit is 400 KB
_RUBBISH_AFTER = timedelta(days=60)


def checkpoint_partition(sku: Sku) -> str:
    return f"CHECKPOINT#{sku}"


class MovementSums:
    """The sums of a SKU's movements: its checkpoint, and what came since."""

    def __init__(self, dynamo: Dynamo, table: str, clock: Clock) -> None:
        self._dynamo, self._table, self._clock = dynamo, table, clock

    def checkpoint(self, sku: Sku) -> Sums:
        """The empty sums when there is none, or when a part of it is gone."""
        pk = checkpoint_partition(sku)
        rows = {i["sk"]: i for i in self._dynamo.query_all(self._table, "pk = :pk", {":pk": pk})}
        head = rows.get(_HEAD)
        if head is None:
            return Sums()
        names = [f"{head['generation']}#{number:03d}" for number in range(head["count"])]
        if any(name not in rows for name in names):
            return Sums()
        return _sums_of(sku, b"".join(rows[name]["doc"] for name in names))

    def keep(self, sku: Sku, sums: Sums) -> None:
        """The parts first and the head last: who reads in between reads the old one."""
        doc, now = _document(sums), self._clock.now()
        generation, pk = new_ulid(now), checkpoint_partition(sku)
        purge_at = int((now + _RUBBISH_AFTER).timestamp())
        parts = [doc[start : start + _BYTES] for start in range(0, len(doc), _BYTES)]
        for number, part in enumerate(parts):
            key = {"pk": pk, "sk": f"{generation}#{number:03d}"}
            row = {"doc": part, "purge_at": purge_at}
            self._dynamo.commit([Write(Action.PUT, self._table, key, item=row)])
        head = {"generation": generation, "count": len(parts), "purge_at": purge_at}
        self._dynamo.commit([Write(Action.PUT, self._table, {"pk": pk, "sk": _HEAD}, item=head)])

    def movements(self, sku: Sku, parts: int, after: str) -> Iterator[Movement]:
        """Every movement after the id `after`, by id, over the partitions of hot shelves too."""
        partitions = [items.movements_partition(sku, part) for part in (None, *range(parts))]
        sources = (self._partition(pk, after) for pk in partitions)
        return heapq.merge(*sources, key=lambda movement: movement.movement_id)

    def _partition(self, pk: str, after: str) -> Iterator[Movement]:
        found = self._dynamo.query_all(
            self._table, "pk = :pk AND sk > :after", {":pk": pk, ":after": after or "0"}
        )
        return map(items.movement_of, found)


# --- the document of a checkpoint ----------------------------------------------------------


def _document(sums: Sums) -> bytes:
    claims = [
        [name, *place[1:], h.reserved, h.oversold, h.last]
        for (name, place), h in sums.claims.items()
    ]
    data = {
        "upto": sums.upto,
        "parts": sums.parts,
        "levels": [
            [n, s, *(getattr(lv, b) for b in BUCKETS)] for (_, n, s), lv in sums.levels.items()
        ],
        "claims": claims,
        "value": dump(sums.value),
    }
    return zlib.compress(json.dumps(data, separators=(",", ":")).encode(), 6)


def _sums_of(sku: Sku, document: bytes) -> Sums:
    data = json.loads(zlib.decompress(document))
    levels: dict[Place, Level] = {}
    for node, shelf, *figures in data["levels"]:
        empty = Level(sku, NodeId(node), shelf=Shelf(shelf))
        levels[empty.place] = empty.after(dict(zip(BUCKETS, figures, strict=True)))
    claims = {
        (name, (sku, NodeId(node), Shelf(shelf))): Held(reserved, oversold, last)
        for name, node, shelf, reserved, oversold, last in data["claims"]
    }
    return Sums(data["upto"], levels, claims, load(Value, data["value"]), data["parts"])
