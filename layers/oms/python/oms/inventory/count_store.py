"""Cycle counts in the `stock` table, and how right the books were at each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from oms.inventory.count import Accuracy, Count, CountLine
from oms.kernel.clock import from_iso, iso
from oms.kernel.codec import dump, load
from oms.kernel.errors import NotFound, VersionConflict
from oms.kernel.ids import NodeId, Sku
from oms.platform.dynamo import Dynamo
from oms.platform.unit import Action, Item, Write


class DynamoCounts:
    """`Counts` over one table."""

    def __init__(self, dynamo: Dynamo, table: str) -> None:
        self._dynamo, self._table = dynamo, table

    def load(self, count_id: str) -> Count:
        if found := self.find(count_id):
            return found
        raise NotFound(f"there is no count {count_id}")

    def find(self, count_id: str) -> Count | None:
        item = self._dynamo.get(self._table, _key(count_id))
        return load(Count, {**item, "count_id": count_id}) if item else None

    def saved(self, before: Count | None, after: Count) -> Write:
        version = before.version if before else 0
        fields = dump(replace(after, version=version + 1))
        del fields["count_id"]

        def refused(old: Item | None) -> Exception | None:
            if old and all(old.get(name) == value for name, value in fields.items()):
                return None  # this very write, sent again after its reply was lost
            return VersionConflict(f"count {after.count_id} was changed meanwhile")

        return Write(
            Action.PUT,
            self._table,
            _key(after.count_id),
            item=fields,
            # True when nobody has changed the count since it was read.
            condition="#version = :version" if before else "attribute_not_exists(pk)",
            names={"#version": "version"} if before else {},
            values={":version": version} if before else {},
            refused=refused,
        )

    def told(self, count: Count, line: CountLine, at: datetime) -> Write:
        figures = {
            "counted": line.counted,
            "expected": line.expected,
            "count_id": count.count_id,
            "at": iso(at),
        }
        return Write(
            Action.UPDATE,
            self._table,
            {"pk": f"ACCURACY#{count.node}", "sk": f"{line.sku}#{line.lot}"},
            update="SET "
            + ", ".join(f"#{name} = :{name}" for name in figures)
            + " ADD #counts :one, #exact :exact",
            # True until this count was told of.
            condition="attribute_not_exists(#count_id) OR #count_id <> :count_id",
            names={f"#{name}": name for name in (*figures, "counts", "exact")},
            values={f":{name}": value for name, value in figures.items()}
            | {":one": 1, ":exact": int(line.variance == 0)},
            refused=lambda old: None,
        )

    def accuracy(self, node: NodeId, limit: int, after: str) -> tuple[list[Accuracy], str]:
        pk = f"ACCURACY#{node}"
        found, last = self._dynamo.query(
            self._table,
            "pk = :pk",
            {":pk": pk},
            limit=limit,
            start={"pk": pk, "sk": after} if after else None,
        )
        return [_accuracy_of(item) for item in found], last["sk"] if last else ""

    def commit(self, writes: Sequence[Write]) -> None:
        self._dynamo.commit(writes)


def _accuracy_of(item: Item) -> Accuracy:
    sku, _, lot = item["sk"].rpartition("#")
    return Accuracy(
        NodeId(item["pk"].removeprefix("ACCURACY#")),
        Sku(sku),
        lot,
        item["counted"],
        item["expected"],
        item["count_id"],
        from_iso(item["at"]),
        item["counts"],
        item["exact"],
    )


def _key(count_id: str) -> dict[str, str]:
    return {"pk": f"COUNT#{count_id}", "sk": "COUNT"}
