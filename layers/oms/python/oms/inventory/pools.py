"""Units ring-fenced for the channels of a pool: moved between the general shelf and the pool's.

A pool holds units of the general shelf only. The units of a lot lie on the lot's own shelf and
are in no pool: a unit lies on one shelf.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from oms.inventory.model import Level, Movement, Posting, Reason
from oms.inventory.ports import StockBooks
from oms.inventory.refusals import (
    post_under_key,
    repeated_skus,
    unknown_node,
    unknown_skus,
)
from oms.inventory.shelves import GENERAL, Shelf, pool
from oms.kernel.clock import Clock
from oms.kernel.errors import FieldError, Invalid
from oms.kernel.ids import NodeId, Sku, digest, new_ulid

# Two levels and two movements for each line, and the mark: one transaction.
MOST_LINES = 24


@dataclass(frozen=True, slots=True)
class PoolLine:
    """`quantity` units go into the pool; below zero they go back."""

    sku: Sku
    quantity: int


@dataclass(frozen=True, slots=True)
class PoolMove:
    pool: str
    node: NodeId
    lines: tuple[PoolLine, ...]

    @property
    def digest(self) -> str:
        lines = (f"{line.sku}\x1f{line.quantity}" for line in self.lines)
        return digest(self.pool, self.node, *lines)


def move_to_pool(
    move: PoolMove, actor: str, *, books: StockBooks, clock: Clock, key: str = ""
) -> list[Level]:
    """Move available units, all lines or none, and give the levels as they stand now.

    `key` is the caller's Idempotency-Key. Raises Invalid for an unknown node, pool or SKU, or a
    key that stands for something else; InsufficientStock when less is available.
    """
    _check(move, books)
    # Before the units are there: an empty promise of shelves only costs a query.
    selling = books.selling([line.sku for line in move.lines])
    for sku in (sku for sku, known in selling.items() if not known.has_shelves):
        books.save_selling(sku, has_shelves=True)
    now = clock.now()
    moves = tuple(_movements(move, actor, now))
    post_under_key(books, Posting(key or new_ulid(now), f"POOL#{actor}", move.digest, moves))
    shelves = (GENERAL, pool(move.pool))
    return books.levels_at([(line.sku, move.node, e) for line in move.lines for e in shelves])


def _check(move: PoolMove, books: StockBooks) -> None:
    if move.node not in {node.node_id for node in books.nodes()}:
        raise unknown_node(move.node)
    if move.pool not in {each.name for each in books.policy().pools}:
        detail = FieldError("/pool", "unknown-pool", "the selling rules name no such pool")
        raise Invalid(f"there is no pool {move.pool}", [detail], "unknown-pool")
    repeated_skus([line.sku for line in move.lines])
    known = books.products([line.sku for line in move.lines])
    if errors := unknown_skus((line.sku for line in move.lines), known):
        raise Invalid("the units cannot be moved", errors)


def _movements(move: PoolMove, actor: str, at: datetime) -> Iterator[Movement]:
    for line in move.lines:
        for shelf, units in ((GENERAL, -line.quantity), (pool(move.pool), line.quantity)):
            yield _movement(move, line.sku, shelf, units, actor, at)


def _movement(
    move: PoolMove, sku: Sku, shelf: Shelf, units: int, actor: str, at: datetime
) -> Movement:
    changes = {"on_hand": units}
    return Movement(
        new_ulid(at), sku, move.node, changes, Reason.SHELVED, move.pool, actor, at, shelf
    )
