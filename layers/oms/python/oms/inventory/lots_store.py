"""Lots in the `stock` table: one row for the lot, and marks on the rows of its shelves."""

from __future__ import annotations

from collections.abc import Callable

from oms.inventory import items, writes
from oms.inventory.lots import Lot
from oms.inventory.model import AVAILABLE, BUCKETS, Level, LotBlocked
from oms.inventory.shelves import lot as shelf_of
from oms.kernel.errors import FieldError, Invalid, NotFound, VersionConflict
from oms.kernel.ids import NodeId, Sku
from oms.kernel.unchanged import until_unchanged
from oms.platform.dynamo import Dynamo
from oms.platform.unit import Action, Item, Write

_FIGURES = (*BUCKETS, AVAILABLE)


class DynamoLots:
    """`LotBook` over one table."""

    def __init__(self, dynamo: Dynamo, table: str) -> None:
        self._dynamo, self._table = dynamo, table

    def load(self, sku: Sku, name: str) -> Lot:
        known = self._find(sku, name)
        if known.version == 0:
            raise NotFound(f"there is no lot {name} of {sku}")
        return known

    def prepared(self, sku: Sku, name: str, node: NodeId, expires_on: str = "") -> Lot:
        return until_unchanged(lambda: self._prepare(sku, name, node, expires_on))

    def _prepare(self, sku: Sku, name: str, node: NodeId, expires_on: str) -> Lot:
        known = self._find(sku, name)
        if known.version and expires_on not in ("", known.expires_on):
            said = known.expires_on or "never"
            detail = FieldError("/lines", "expiry-differs", f"lot {name} expires {said}")
            raise Invalid("the lot is known with another day", [detail], "expiry-differs")
        shelf = items.level_key(sku, node, shelf_of(name))
        if known.version and self._dynamo.get(self._table, shelf):
            return known
        day = known.expires_on if known.version else expires_on
        made = Lot(sku, name, day, known.recalled, known.reason, known.version + 1)
        self._dynamo.commit(
            [
                self._put(known, made),
                self._shelf(sku, name, node, day, blocked=known.recalled),
                writes.of_selling(self._table, sku, {"has_shelves": True}),
            ]
        )
        return made

    def unchanged(self, lot: Lot) -> Write:
        return Write(
            Action.CHECK,
            self._table,
            _key(lot.sku, lot.name),
            condition="#recalled = :recalled",
            names={"#recalled": "recalled"},
            values={":recalled": lot.recalled},
            refused=_changed(lot.name),
        )

    def not_recalled(self, sku: Sku, name: str) -> Write:
        return Write(
            Action.CHECK,
            self._table,
            _key(sku, name),
            condition="#recalled = :no",
            names={"#recalled": "recalled"},
            values={":no": False},
            refused=lambda old: LotBlocked(f"lot {name} of {sku} is recalled"),
        )

    def mark(self, lot: Lot, levels: tuple[Level, ...], *, recalled: bool, reason: str) -> None:
        after = Lot(lot.sku, lot.name, lot.expires_on, recalled, reason, lot.version + 1)
        marks = [self._block(level, blocked=recalled) for level in levels]
        self._dynamo.commit([self._put(lot, after), *marks])

    # --- the rows ----------------------------------------------------------------------

    def _find(self, sku: Sku, name: str) -> Lot:
        item = self._dynamo.get(self._table, _key(sku, name))
        if item is None:
            return Lot(sku, name)
        fields = {each: item[each] for each in ("expires_on", "recalled", "reason", "version")}
        return Lot(sku, name, **fields)

    def _put(self, before: Lot, after: Lot) -> Write:
        return Write(
            Action.PUT,
            self._table,
            _key(after.sku, after.name),
            item={
                "expires_on": after.expires_on,
                "recalled": after.recalled,
                "reason": after.reason,
                "version": after.version,
            },
            # True when the lot has no shelf, and no mark, that was not there when it was read.
            condition="#version = :version" if before.version else "attribute_not_exists(pk)",
            names={"#version": "version"} if before.version else {},
            values={":version": before.version} if before.version else {},
            refused=_changed(after.name),
        )

    def _shelf(self, sku: Sku, name: str, node: NodeId, day: str, *, blocked: bool) -> Write:
        """An empty shelf. Every figure is there, so that a condition can ask for it."""
        marks: Item = {"effect": items.MORE}
        marks |= ({"expires_on": day} if day else {}) | ({"blocked": True} if blocked else {})
        figures = [f"#{each} = if_not_exists(#{each}, :zero)" for each in _FIGURES]
        return Write(
            Action.UPDATE,
            self._table,
            items.level_key(sku, node, shelf_of(name)),
            update="SET " + ", ".join([*figures, *(f"#{each} = :{each}" for each in marks)]),
            names={f"#{each}": each for each in (*_FIGURES, *marks)},
            values={":zero": 0} | {f":{each}": value for each, value in marks.items()},
        )

    def _block(self, level: Level, *, blocked: bool) -> Write:
        return Write(
            Action.UPDATE,
            self._table,
            items.level_key(level.sku, level.node, level.shelf),
            update="SET #effect = :effect"
            + (", #blocked = :yes" if blocked else " REMOVE #blocked"),
            names={"#blocked": "blocked", "#effect": "effect"},
            values={":effect": items.MORE} | ({":yes": True} if blocked else {}),
        )


def _changed(name: str) -> Callable[[Item | None], Exception]:
    return lambda old: VersionConflict(f"lot {name} was changed meanwhile")


def _key(sku: Sku, name: str) -> dict[str, str]:
    return {"pk": f"LOT#{sku}", "sk": name}
