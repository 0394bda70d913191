"""Movements, products and postings as conditional writes of the `stock` table.

Every level is guarded by the same sub-conditions, one for each figure that goes down:
"there is at least as much as is taken". So the check and the taking are one write.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from oms.inventory import items
from oms.inventory.model import (
    AVAILABLE,
    BUCKETS,
    Changes,
    InsufficientStock,
    LevelsDisagree,
    Movement,
    OutOfStock,
    Posting,
    Product,
    Reason,
    available_change,
)
from oms.kernel.clock import iso
from oms.kernel.errors import Refused
from oms.platform.unit import Action, Item, Write


def of_movement(table: str, movement: Movement) -> list[Write]:
    """The level's change and the movement that tells of it."""
    return [_level(table, movement), _entry(table, movement)]


def of_product(table: str, product: Product) -> Write:
    """A catalogue row if there is none. Unconditional, so two receipts cannot collide in it."""
    fields = items.product_item(product)
    key = {name: fields.pop(name) for name in ("pk", "sk")}
    return Write(
        Action.UPDATE,
        table,
        key,
        update="SET " + ", ".join(f"#{name} = if_not_exists(#{name}, :{name})" for name in fields),
        names={f"#{name}": name for name in fields},
        values={f":{name}": value for name, value in fields.items()},
    )


def of_posting(table: str, posting: Posting, at: datetime) -> Write:
    """The mark that makes a repeat harmless."""

    def refused(old: Item | None) -> Exception | None:
        if old and old["digest"] == posting.digest:
            return None
        return Refused(f"{posting.key} was posted with other content", "reference-reused")

    return Write(
        Action.PUT,
        table,
        items.posting_key(posting.key, posting.kind),
        item={"digest": posting.digest, "at": iso(at)},
        # True when nothing was posted under this name yet.
        condition="attribute_not_exists(pk)",
        refused=refused,
    )


def _entry(table: str, movement: Movement) -> Write:
    return Write(
        Action.PUT,
        table,
        items.movement_key(movement.sku, movement.movement_id),
        item=items.movement_fields(movement),
        # False only when this very transaction is sent again after its reply was lost: the id
        # was minted for it.
        condition="attribute_not_exists(pk)",
        refused=lambda old: None,
    )


def _level(table: str, movement: Movement) -> Write:
    changes = figures(movement.changes)
    taken = {name: -change for name, change in changes.items() if change < 0}
    # A level that nothing is taken from may be new: then every figure starts at zero.
    terms = _changing(changes) if taken else _starting(changes)
    used = changes if taken else dict.fromkeys((*BUCKETS, AVAILABLE))
    values = {f":{name}": change for name, change in changes.items()}
    values |= {f":{name}_taken": units for name, units in taken.items()}
    return Write(
        Action.UPDATE,
        table,
        items.level_key(movement.sku, movement.node),
        update="SET " + ", ".join(terms) + " ADD #version :one",
        # True when, for each figure that goes down, at least as much is there.
        condition=" AND ".join(f"#{name} >= :{name}_taken" for name in taken),
        names={f"#{name}": name for name in (*used, "version")},
        values=values | {":one": 1} | ({} if taken else {":zero": 0}),
        refused=_refusal(movement),
    )


def figures(changes: Changes) -> dict[str, int]:
    """What changes in the stored level, `available` included; nothing that stays."""
    stored = {AVAILABLE: available_change(changes), **changes}
    return {name: change for name, change in stored.items() if change}


def _changing(changes: Changes) -> list[str]:
    return [f"#{name} = #{name} + :{name}" for name in changes]


def _starting(changes: Changes) -> list[str]:
    return [
        f"#{name} = if_not_exists(#{name}, :zero)" + (f" + :{name}" if name in changes else "")
        for name in (*BUCKETS, AVAILABLE)
    ]


def _refusal(movement: Movement) -> Callable[[Item | None], Exception]:
    """What a level that is too low means depends on why it was to change."""
    changes = figures(movement.changes)

    def refused(old: Item | None) -> Exception:
        there = {name: (old or {}).get(name, 0) for name in changes}
        short = next(name for name in changes if there[name] + changes[name] < 0)
        return _cause(movement, short, -changes[short], there[short])

    return refused


def _cause(movement: Movement, short: str, wanted: int, there: int) -> Exception:
    if movement.reason == Reason.RESERVATION:
        return OutOfStock(movement.sku, movement.node, wanted, there)
    if movement.reason in (Reason.RELEASE, Reason.SHIPMENT):
        place = f"{movement.sku} at {movement.node}"
        return LevelsDisagree(f"{place}: {there} {short}, {wanted} to be taken off")
    return InsufficientStock(movement.sku, movement.node, wanted, there)
