"""Shelves: the parts in which the units of a SKU at a node are kept apart.

Most SKUs have the general shelf only. A lot, a channel's pool and each part of a SKU that is
spread because it is hot have a shelf of their own: one row of the table with its own figures
and its own condition. So every promise is one kind of write, and goes back where it came from.
"""

from __future__ import annotations

from typing import NewType

Shelf = NewType("Shelf", str)

GENERAL = Shelf("")
# Promised beyond what is there, where policy allows it; counted on the general shelf, apart.
OVERSOLD = Shelf("OVERSOLD")
# Promised without books: the channel's policy says that nobody counts.
UNTRACKED = Shelf("UNTRACKED")

_POOL, _LOT, _HOT = "POOL#", "LOT#", "HOT#"


def pool(name: str) -> Shelf:
    """Units ring-fenced for the channels of a pool."""
    return Shelf(_POOL + name)


def lot(name: str) -> Shelf:
    """Units of one lot, which may expire and may be recalled."""
    return Shelf(_LOT + name)


def hot(number: int) -> Shelf:
    """One part of a SKU that is spread over several rows."""
    return Shelf(f"{_HOT}{number}")


def row_of(shelf: Shelf) -> Shelf:
    """The shelf in whose row the figures of `shelf` stand."""
    return GENERAL if shelf == OVERSOLD else shelf


def pool_name(shelf: Shelf) -> str:
    """The name of the pool; empty when it is none."""
    return shelf.removeprefix(_POOL) if shelf.startswith(_POOL) else ""


def lot_name(shelf: Shelf) -> str:
    """The name of the lot; empty when it is none."""
    return shelf.removeprefix(_LOT) if shelf.startswith(_LOT) else ""


def hot_number(shelf: Shelf) -> int | None:
    """Which part of a spread SKU; None when it is none."""
    return int(shelf.removeprefix(_HOT)) if shelf.startswith(_HOT) else None
