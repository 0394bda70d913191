"""Movements, products and postings as conditional writes of the `stock` table.

Every level is guarded by the same sub-conditions, one for each figure that goes down:
"there is at least as much as is taken". So the check and the taking are one write.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from oms.inventory import items
from oms.inventory.model import (
    AVAILABLE,
    BUCKETS,
    PLAIN,
    Changes,
    InsufficientStock,
    LevelsDisagree,
    LotBlocked,
    Movement,
    OutOfStock,
    Posting,
    Product,
    Reason,
    Terms,
    available_change,
)
from oms.inventory.selling import Component, SellingPolicy
from oms.inventory.shelves import lot_name
from oms.kernel.clock import iso
from oms.kernel.codec import dump
from oms.kernel.errors import Refused, VersionConflict
from oms.kernel.ids import Sku
from oms.platform.unit import Action, Item, Write

# What may not happen to a lot that is recalled or has expired.
_LEAVES = (Reason.RESERVATION, Reason.SHIPMENT)
_NO_LIMIT = 10**9  # units beyond stock


def of_movement(table: str, movement: Movement, terms: Terms = PLAIN) -> list[Write]:
    """The level's change and the movement that tells of it."""
    return [_level(table, movement, terms), _entry(table, movement)]


def of_one_change(table: str, movements: Sequence[Movement]) -> list[Write]:
    """`movements` of one row as one change of it: only their sum has to leave nothing below zero.

    What an order loses to the others among them is counted as promised beyond stock, whatever
    the SKU's policy says: it was promised before.
    """
    sums: dict[str, int] = {}
    for movement in movements:
        for bucket, change in movement.changes.items():
            sums[bucket] = sums.get(bucket, 0) + change
    together = replace(movements[0], changes=sums)
    terms = Terms(oversell={together.sku: _NO_LIMIT})
    return [_level(table, together, terms), *(_entry(table, each) for each in movements)]


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


def of_selling(table: str, sku: Sku, terms: Mapping[str, object]) -> Write:
    """Set some of the terms on which a SKU is sold."""
    return Write(
        Action.UPDATE,
        table,
        items.selling_key(sku),
        update="SET " + ", ".join(f"#{name} = :{name}" for name in terms),
        names={f"#{name}": name for name in terms},
        values={f":{name}": dump(value) for name, value in terms.items()},
    )


def of_parts(
    table: str, kit: Sku, before: Iterable[Component], after: Iterable[Component]
) -> list[Write]:
    """The rows by which a part finds its kits, when the parts of `kit` change."""
    was, now = ({each.sku for each in side} for side in (before, after))
    rows = [(sku, {"pk": items.kits_partition(sku), "sk": kit}) for sku in sorted(was ^ now)]
    return [
        Write(Action.PUT, table, key, item={}) if sku in now else Write(Action.DELETE, table, key)
        for sku, key in rows
    ]


def of_policy(table: str, policy: SellingPolicy) -> Write:
    """The next version of the selling rules."""
    return Write(
        Action.PUT,
        table,
        items.policy_key(),
        item=dump(replace(policy, version=policy.version + 1)),
        # True when the rules are still those that were read.
        condition="#version = :version" if policy.version else "attribute_not_exists(pk)",
        names={"#version": "version"} if policy.version else {},
        values={":version": policy.version} if policy.version else {},
        refused=lambda old: VersionConflict("the selling rules were changed meanwhile"),
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
        items.movement_key(movement),
        item=items.movement_fields(movement),
        # False only when this very transaction is sent again after its reply was lost: the id
        # was minted for it.
        condition="attribute_not_exists(pk)",
        refused=lambda old: None,
    )


def _level(table: str, movement: Movement, terms: Terms) -> Write:
    changes = figures(movement.changes)
    taken = {name: -change for name, change in changes.items() if change < 0}
    # A level that nothing is taken from may be new: then every figure starts at zero.
    used = changes if taken else {**dict.fromkeys((*BUCKETS, AVAILABLE), 0), **changes}
    guards = [
        *(_enough(name, units, movement, terms) for name, units in taken.items()),
        *_sellable_lot(movement, terms),
        *_oversell(movement, terms),
    ]
    return Write(
        Action.UPDATE,
        table,
        items.level_key(movement.sku, movement.node, movement.shelf),
        update="SET "
        + ", ".join([*map(_term, used.items()), "#effect = :effect"])
        + " ADD #version :one",
        condition=" AND ".join(guard.condition for guard in guards),
        names={f"#{name}": name for name in (*used, "effect", "version")}
        | {name: text for guard in guards for name, text in guard.names.items()},
        values={f":{name}": change for name, change in changes.items()}
        | {name: value for guard in guards for name, value in guard.values.items()}
        | {":one": 1, ":effect": _effect(movement.changes)}
        | ({":zero": 0} if any(change >= 0 for change in used.values()) else {}),
        refused=_refusal(movement, terms),
    )


def _effect(changes: Changes) -> str:
    """What units that ship do is the SAME to who sells: they were reserved before."""
    more = available_change(changes)
    if more > 0:
        return items.MORE
    return items.LESS if more or changes.get("safety") else items.SAME


def _term(figure: tuple[str, int]) -> str:
    """A figure that grows may be new; one that shrinks is there, or its guard refuses."""
    name, change = figure
    if change < 0:
        return f"#{name} = #{name} + :{name}"
    started = f"#{name} = if_not_exists(#{name}, :zero)"
    return f"{started} + :{name}" if change else started


@dataclass(frozen=True, slots=True)
class _Guard:
    """One named sub-condition, and what it speaks of."""

    condition: str
    values: Mapping[str, Any]
    names: Mapping[str, str] = field(default_factory=dict)


def _enough(name: str, units: int, movement: Movement, terms: Terms) -> _Guard:
    """True when at least as much is there as is taken, and as must stay for others."""
    keep = terms.keep.get(movement.place, 0) if name == AVAILABLE else 0
    return _Guard(f"#{name} >= :{name}_taken", {f":{name}_taken": units + keep})


def _sellable_lot(movement: Movement, terms: Terms) -> list[_Guard]:
    """True while the lot is not recalled, and will not have expired on the day it is for.

    What a carrier has in hand is gone whatever became of its lot: such a shipment names no day.
    """
    if not lot_name(movement.shelf) or movement.reason not in _LEAVES:
        return []
    if movement.reason == Reason.SHIPMENT and not terms.on:
        return []
    guards = [_Guard("attribute_not_exists(#blocked)", {}, {"#blocked": "blocked"})]
    if terms.on:
        guards.append(
            _Guard(
                "(attribute_not_exists(#expires_on) OR #expires_on > :on)",
                {":on": terms.on},
                {"#expires_on": "expires_on"},
            )
        )
    return guards


def _oversell(movement: Movement, terms: Terms) -> list[_Guard]:
    """True while fewer units stand promised beyond stock than the SKU's policy allows."""
    units = movement.changes.get("oversold", 0)
    if units <= 0:
        return []
    room = terms.oversell.get(movement.sku, 0) - units
    if room < 0:
        # Never true of what exists: more than the limit, all by itself.
        return [_Guard("#oversold < :never", {":never": 0}, {"#oversold": "oversold"})]
    return [
        _Guard(
            "(attribute_not_exists(#oversold) OR #oversold <= :room)",
            {":room": room},
            {"#oversold": "oversold"},
        )
    ]


def figures(changes: Changes) -> dict[str, int]:
    """What changes in the stored level, `available` included; nothing that stays."""
    stored = {AVAILABLE: available_change(changes), **changes}
    return {name: change for name, change in stored.items() if change}


def _refusal(movement: Movement, terms: Terms) -> Callable[[Item | None], Exception]:
    """What a level that refuses means depends on why it was to change."""
    changes = figures(movement.changes)

    def refused(old: Item | None) -> Exception:
        level = old or {}
        short = next((n for n in changes if level.get(n, 0) + changes[n] < 0), AVAILABLE)
        there = level.get(short, 0)
        if lot_name(movement.shelf) and (level.get("blocked") or short == AVAILABLE):
            lost = _unsellable(movement, level, terms)
            if lost:
                return lost
        if movement.reason in (Reason.RESERVATION, Reason.BACKING):
            there = max(0, there - terms.keep.get(movement.place, 0))
        wanted = -changes.get(short, 0) or movement.changes.get("reserved", 0)
        return _cause(movement, short, wanted, there)

    return refused


def _unsellable(movement: Movement, level: Item, terms: Terms) -> Exception | None:
    name = f"lot {lot_name(movement.shelf)} of {movement.sku} at {movement.node}"
    if level.get("blocked"):
        return LotBlocked(f"{name} is recalled")
    if terms.on and level.get("expires_on", terms.on + "~") <= terms.on:
        return LotBlocked(f"{name} expires on {level['expires_on']}")
    return None


def _cause(movement: Movement, short: str, wanted: int, there: int) -> Exception:
    if movement.reason in (Reason.RESERVATION, Reason.BACKING):
        return OutOfStock(movement.sku, movement.node, wanted, there)
    if movement.reason in (Reason.RELEASE, Reason.SHIPMENT):
        place = f"{movement.sku} at {movement.node}"
        return LevelsDisagree(f"{place}: {there} {short}, {wanted} to be taken off")
    return InsufficientStock(movement.sku, movement.node, wanted, there)
