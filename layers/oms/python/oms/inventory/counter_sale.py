"""A sale over the counter: what it does to the shelves of the store.

The goods have left, so nothing is refused. Units that are free go first, then what the store
keeps back (safety stock is for its own customers), then what was not to be sold. What is left
are units that the books promise to others: those lose them. Units beyond all that were never
on the books: they are told, and no figure falls below zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from oms.inventory.model import AVAILABLE, Level
from oms.inventory.shelves import GENERAL, Shelf
from oms.kernel.ids import Sku

MOST_SKUS = 40  # that one transaction takes off the books, with room for those who lose units
# Buckets that a sold unit is taken out of, in this order.
_BUCKETS = (AVAILABLE, "safety", "quality", "damaged")


@dataclass(frozen=True, slots=True)
class Sold:
    """Units of one SKU on the shelves of one node: what a sale takes off each.

    `changes` maps a shelf to its buckets' changes. `short` are units that are promised to others,
    or that the books do not have.
    """

    sku: Sku
    changes: dict[Shelf, dict[str, int]] = field(default_factory=dict)
    short: int = 0

    def without(self, shelf: Shelf, units: int) -> Sold:
        """As this, with `units` more taken off `shelf` that somebody else has lost."""
        there = self.changes.get(shelf, {})
        taken = {**there, "on_hand": there.get("on_hand", 0) - units}
        return replace(self, changes={**self.changes, shelf: taken}, short=self.short - units)


def sold(sku: Sku, units: int, levels: Sequence[Level]) -> Sold:
    """What a sale of `units` takes off `levels`, the shelves of the SKU at the node."""
    changes: dict[Shelf, dict[str, int]] = {}
    left, ordered = units, sorted(levels, key=_who_goes_first)
    for bucket in _BUCKETS:
        for level in ordered:
            taken = min(left, max(0, getattr(level, bucket)))
            if taken:
                _take(changes.setdefault(level.shelf, {}), bucket, taken)
                left -= taken
    return Sold(sku, changes, left)


def _who_goes_first(level: Level) -> tuple[bool, str, str]:
    """The general shelf, then what expires first."""
    return level.shelf != GENERAL, level.expires_on or "~", level.shelf


def _take(changes: dict[str, int], bucket: str, units: int) -> None:
    changes["on_hand"] = changes.get("on_hand", 0) - units
    if bucket != AVAILABLE:
        changes[bucket] = changes.get(bucket, 0) - units
