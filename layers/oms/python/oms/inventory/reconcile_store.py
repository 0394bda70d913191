"""The stock books as the check reads and repairs them: rows `CHECKPOINT#`, `RECONCILE`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any

from oms.inventory import items
from oms.inventory.checkpoint_store import MovementSums
from oms.inventory.claims_store import ClaimsStore
from oms.inventory.findings import Finding, Kind, Look, Row
from oms.inventory.model import Level, Movement, Place, Posting
from oms.inventory.reconcile_walk import Walk
from oms.inventory.shelves import hot, hot_number
from oms.inventory.store import DynamoStock
from oms.inventory.sums import Sums, summed
from oms.kernel.clock import Clock
from oms.kernel.codec import dump, load
from oms.kernel.errors import VersionConflict
from oms.kernel.ids import NodeId, Sku, ulid_floor
from oms.platform.dynamo import Dynamo
from oms.platform.unit import Action, Item, Write

_WALK = {"pk": "RECONCILE", "sk": "WALK"}


class ReconcileStore:
    """`reconcile.Books` and `reconcile.Walks`."""

    def __init__(
        self,
        dynamo: Dynamo,
        table: str,
        stock: DynamoStock,
        claims: ClaimsStore,
        clock: Clock,
    ) -> None:
        self._dynamo, self._table, self._stock = dynamo, table, stock
        self._claims, self._clock = claims, clock
        self.sums = MovementSums(dynamo, table, clock)

    def look(self, sku: Sku, settled_before: datetime, *, full: bool) -> Look:
        """Rows before movements: a row that is the same at the next look was the same while the
        movements were read."""
        kept = self.sums.checkpoint(sku)
        rows, waiting, parts = self._rows(sku, kept)
        start = replace(Sums(), parts=parts) if full else replace(kept, parts=parts)
        bound = ulid_floor(settled_before)
        fresh = list(self.sums.movements(sku, parts, start.upto))
        old = list(takewhile(lambda each: each.movement_id < bound, fresh))
        settled = summed(start, old)
        sums = summed(settled, fresh[len(old) :])
        unknown = [place for place in sums.levels if place not in rows]
        rows |= self._by_key(unknown)
        owners = self._claims.owners(sums.references, self._candidates(sku, kept, full))
        pending, line_moves = self._pending(sku) if full else ([], False)
        places = self._dynamo.query_all(self._table, "pk = :pk", {":pk": f"WAITING#{sku}"})
        in_line = sum(items.waiting_of(each).units for each in places)
        return Look(
            sku,
            rows,
            sums,
            settled,
            tuple(owners),
            tuple(pending),
            waiting,
            waiting if line_moves else in_line,
            len(fresh),
            bool(settled.upto) and settled != kept,
            full and _differs(kept, fresh),
        )

    def _pending(self, sku: Sku) -> tuple[list[Movement], bool]:
        return self._claims.pending(sku, self._clock.now())

    def _candidates(self, sku: Sku, kept: Sums, full: bool) -> list[str]:
        """Orders to ask though no movement names them: all of them, or the newest."""
        day_before = self._clock.now() - timedelta(days=2)
        return self._claims.candidates(sku, None if full or not kept.upto else day_before)

    def _rows(self, sku: Sku, kept: Sums) -> tuple[dict[Place, Row], int, int]:
        """The rows of the SKU, its waiting counter, and over how many hot shelves it lies."""
        found = list(self._dynamo.query_all(self._table, "pk = :pk", {":pk": f"SKU#{sku}"}))
        terms = next((items.selling_of(i) for i in found if i["sk"] == items.SELLING), None)
        spread = terms.spread if terms else {}
        parts = max(terms.parts if terms else 0, kept.parts)
        nodes = {
            *spread,
            *(node for _, node, shelf in kept.levels if hot_number(shelf) is not None),
        }
        rows = _rows_of(item for item in found if items.is_level(item))
        rows |= self._by_key(
            [(sku, NodeId(node), hot(number)) for node in nodes for number in range(parts)]
        )
        return rows, terms.waiting if terms else 0, parts

    def _by_key(self, places: Iterable[Place]) -> dict[Place, Row]:
        keys = [items.level_key(*place) for place in places]
        return _rows_of(self._dynamo.get_many(self._table, keys)) if keys else {}

    # --- repairing -----------------------------------------------------------------------

    def keep(self, sku: Sku, sums: Sums) -> None:
        self.sums.keep(sku, sums)

    def put_right(self, finding: Finding, note: Movement) -> None:
        if finding.kind is Kind.WAITING:
            self._dynamo.commit([self._counter(finding)])
        else:
            self._dynamo.commit([self._level(finding), self._note(note)])

    def _level(self, finding: Finding) -> Write:
        version = int(finding.stamp.removeprefix("version "))
        values: dict[str, Any] = {f":{name}": figure for name, figure in finding.should.items()}
        return Write(
            Action.UPDATE,
            self._table,
            items.level_key(finding.sku, finding.node, finding.shelf),
            update="SET "
            + ", ".join(f"#{n} = :{n}" for n in (*finding.should, "effect"))
            + " ADD #version :one",
            # True while no movement has touched the row since it was looked at.
            condition="#version = :seen" if version else "attribute_not_exists(#version)",
            names={f"#{name}": name for name in (*finding.should, "effect", "version")},
            values=values
            | {":one": 1, ":effect": items.MORE}
            | ({":seen": version} if version else {}),
            refused=lambda old: VersionConflict("the row changed since it was looked at"),
        )

    def _counter(self, finding: Finding) -> Write:
        seen, units = finding.holds["waiting"], finding.should["waiting"]
        return Write(
            Action.UPDATE,
            self._table,
            items.selling_key(finding.sku),
            update="SET #waiting = :units",
            # True while nobody has joined or left the line since it was looked at.
            condition="#waiting = :seen"
            if seen
            else "(attribute_not_exists(#waiting) OR #waiting = :seen)",
            names={"#waiting": "waiting"},
            values={":units": units, ":seen": seen},
            refused=lambda old: VersionConflict("the line changed since it was looked at"),
        )

    def _note(self, note: Movement) -> Write:
        return Write(
            Action.PUT,
            self._table,
            items.movement_key(note),
            item=items.movement_fields(note),
            condition="attribute_not_exists(pk)",
            refused=lambda old: None,
        )

    def compensate(self, posting: Posting, finding: Finding) -> None:
        also = [self._claims.unchanged(finding.owner)] if finding.owner else []
        self._stock.post(posting, also)

    # --- the walk ------------------------------------------------------------------------

    def load(self) -> Walk:
        item = self._dynamo.get(self._table, _WALK)
        return load(Walk, item) if item else Walk()

    def save(self, walk: Walk) -> Walk:
        made = replace(walk, version=walk.version + 1)
        self._dynamo.commit(
            [
                Write(
                    Action.PUT,
                    self._table,
                    _WALK,
                    item=dump(made, full=True),
                    condition="#version = :v" if walk.version else "attribute_not_exists(pk)",
                    names={"#version": "version"} if walk.version else {},
                    values={":v": walk.version} if walk.version else {},
                    refused=lambda old: VersionConflict("another walker went on from here"),
                )
            ]
        )
        return made


def _rows_of(found: Iterable[Item]) -> dict[Place, Row]:
    return {items.place_of(each): Row(_figures_of(each), each.get("version", 0)) for each in found}


def _figures_of(item: Item) -> Level:
    """Only what is counted: a lot's day and its recall are not."""
    return replace(items.level_of(item), expires_on="", blocked=False)


def _differs(kept: Sums, fresh: Iterable[Movement]) -> bool:
    """Whether the checkpoint says something else than the movements that it is of."""
    if not kept.upto:
        return False
    made = summed(Sums(), (each for each in fresh if each.movement_id <= kept.upto))
    return (made.levels, made.claims, made.value) != (kept.levels, kept.claims, kept.value)
