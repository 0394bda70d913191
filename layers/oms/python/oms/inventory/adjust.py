"""A person puts the books right: `POST /stock/adjustments`.

| reason | quantity | what it moves |
|---|---|---|
| DAMAGED | below 0: became unsellable; above 0: mended | `damaged`, the other way; still on hand |
| QUALITY | below 0: held for a check; above 0: passed | `quality`, the other way; still on hand |
| SAFETY | below 0: more safety stock; above 0: less | `safety`, the other way; still on hand |
| LOST | below 0 | `on_hand` |
| FOUND | above 0 | `on_hand` |
| COUNT, CORRECTION | either | `on_hand` |
| RETURN_TO_VENDOR | below 0 | `on_hand` |

Damaged units lie in the building, so they stay on hand and stop being available. To write
damaged units off, or to send them back, mend them in the books first. Units promised to
orders cannot be adjusted away: what is available may not fall below zero. A line may name the
shelf of a lot or a pool that the node has.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from oms.inventory.model import AdjustmentReason, Changes, Level, Movement, Place, Posting
from oms.inventory.ports import StockBooks
from oms.inventory.refusals import post_under_key, unknown_node
from oms.inventory.shelves import GENERAL, Shelf
from oms.kernel.clock import Clock
from oms.kernel.errors import FieldError, Invalid
from oms.kernel.ids import NodeId, Sku, digest, new_ulid

# Level and movement for each line, and the mark: an adjustment is one transaction.
MOST_LINES = 48
# Units that stay in the building, in a bucket that is not for sale.
_WITHHELD = {
    AdjustmentReason.DAMAGED: "damaged",
    AdjustmentReason.QUALITY: "quality",
    AdjustmentReason.SAFETY: "safety",
}
_ONLY_TAKES = frozenset({AdjustmentReason.LOST, AdjustmentReason.RETURN_TO_VENDOR})
_ONLY_GIVES = frozenset({AdjustmentReason.FOUND})


@dataclass(frozen=True, slots=True)
class AdjustmentLine:
    """`quantity` is what to add to the sellable units: below zero takes away."""

    sku: Sku
    quantity: int
    shelf: Shelf = GENERAL


@dataclass(frozen=True, slots=True)
class Adjustment:
    """`reference` is for people (a count sheet, a claim); empty gets a new one."""

    reason: AdjustmentReason
    node: NodeId
    lines: tuple[AdjustmentLine, ...]
    reference: str = ""


def adjust(
    adjustment: Adjustment, actor: str, *, books: StockBooks, clock: Clock, key: str = ""
) -> list[Level]:
    """Post `adjustment`, whole or not at all, and give the levels it touched as they are now.

    `key` is the caller's Idempotency-Key: the same adjustment under it counts once. Raises
    Invalid for an unknown node or SKU, a SKU named twice, a quantity with the wrong sign, or a
    key that stands for another adjustment; InsufficientStock when it would take more than is
    there.
    """
    if errors := _field_errors(adjustment, books):
        raise Invalid("the adjustment cannot be posted", errors)
    post_under_key(books, _posting(adjustment, actor, key, clock.now()))
    return books.levels_at(_places(adjustment))


def changes_of(reason: AdjustmentReason, quantity: int) -> Changes:
    """What `quantity` sellable units more or fewer do to the buckets."""
    if bucket := _WITHHELD.get(reason):
        return {bucket: -quantity}
    return {"on_hand": quantity}


def _field_errors(adjustment: Adjustment, books: StockBooks) -> list[FieldError]:
    if adjustment.node not in {node.node_id for node in books.nodes()}:
        raise unknown_node(adjustment.node)
    known = books.products([line.sku for line in adjustment.lines])
    shelves = {level.place for level in books.levels_at(_places(adjustment))}
    errors, seen = [], set[Place]()
    for number, line in enumerate(adjustment.lines):
        at, place = f"/lines/{number}", (line.sku, adjustment.node, line.shelf)
        if line.sku not in known:
            errors.append(FieldError(f"{at}/sku", "unknown-sku", "not in the catalogue"))
        elif line.shelf and place not in shelves:
            errors.append(FieldError(at, "unknown-shelf", "the node has no such lot or pool"))
        if place in seen:
            errors.append(FieldError(f"{at}/sku", "repeated-sku", "another line has this SKU"))
        if problem := _sign_problem(adjustment.reason, line.quantity):
            errors.append(FieldError(f"{at}/quantity", "wrong-sign", problem))
        seen.add(place)
    return errors


def _sign_problem(reason: AdjustmentReason, quantity: int) -> str:
    if reason in _ONLY_TAKES and quantity >= 0:
        return f"{reason} takes units away: below zero"
    if reason in _ONLY_GIVES and quantity <= 0:
        return f"{reason} adds units: above zero"
    return "" if quantity else "nothing would change"


def _posting(adjustment: Adjustment, actor: str, key: str, at: datetime) -> Posting:
    reference = adjustment.reference or f"ADJ-{new_ulid(at)}"
    content = digest(
        adjustment.reason,
        adjustment.node,
        adjustment.reference,
        *(_content(line) for line in adjustment.lines),
    )
    movements = tuple(
        _movement(adjustment, line, reference, actor, at) for line in adjustment.lines
    )
    return Posting(key or new_ulid(at), f"ADJUSTMENT#{actor}", content, movements)


def _content(line: AdjustmentLine) -> str:
    plain = f"{line.sku}\x1f{line.quantity}"
    return f"{plain}\x1f{line.shelf}" if line.shelf else plain


def _places(adjustment: Adjustment) -> list[Place]:
    return [(line.sku, adjustment.node, line.shelf) for line in adjustment.lines]


def _movement(
    adjustment: Adjustment, line: AdjustmentLine, reference: str, actor: str, at: datetime
) -> Movement:
    return Movement(
        new_ulid(at),
        line.sku,
        adjustment.node,
        changes_of(adjustment.reason, line.quantity),
        adjustment.reason,
        reference,
        actor,
        at,
        line.shelf,
    )
