"""What the use cases of stock, routing and orders need of the stock books."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Protocol, TypeVar

from oms.inventory.model import Claim, Level, Movement, Node, Posting, Product
from oms.kernel.ids import NodeId, Sku
from oms.platform.unit import Write

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list. `after` is what to ask on from; empty at the end."""

    items: tuple[T, ...]
    after: str = ""


class StockReader(Protocol):
    """What lies where. Reads are consistent."""

    def nodes(self) -> list[Node]:
        """Every node, by id."""

    def levels(self, sku: Sku) -> list[Level]:
        """The levels of one SKU, by node."""

    def levels_of(
        self, skus: Collection[Sku], nodes: Collection[NodeId] | None = None
    ) -> dict[Sku, list[Level]]:
        """The levels of several SKUs at `nodes` (default: every node), by node.

        Every SKU asked for is a key of the answer; one without stock has an empty list.
        """

    def levels_at(self, places: Collection[tuple[Sku, NodeId]]) -> list[Level]:
        """The levels that exist among those (SKU, node) pairs, by SKU and node."""

    def products(self, skus: Collection[Sku]) -> dict[Sku, Product]:
        """The catalogue rows that exist."""

    def catalogue(self, limit: int, after: str = "", text: str = "") -> Page[Product]:
        """A page by SKU; `text` keeps rows whose SKU or title contains it."""

    def movements(self, sku: Sku, limit: int, after: str = "") -> Page[Movement]:
        """A page of the SKU's movements, newest first."""


class StockLedger(Protocol):
    """Writes for whoever owns the order's transaction; nothing is committed here.

    Neither of the three knows whether it happened before. The caller commits them with the
    order, on condition of the order's version: a repeat meets another version and writes
    nothing. All raise TooManyLegs when a transaction cannot hold the legs.
    """

    def reserve(
        self, legs: Iterable[Claim], reference: str, actor: str, at: datetime
    ) -> list[Write]:
        """Take the units if they are available. The commit raises OutOfStock otherwise."""

    def release(
        self, legs: Iterable[Claim], reference: str, actor: str, at: datetime
    ) -> list[Write]:
        """Give reserved units back: the exact inverse of `reserve`."""

    def consume(
        self, legs: Iterable[Claim], reference: str, actor: str, at: datetime
    ) -> list[Write]:
        """Reserved units leave the building. Needs nothing to be available."""


class StockBooks(StockReader, Protocol):
    """The books that receipts and adjustments are posted to."""

    def post(self, posting: Posting) -> None:
        """Commit `posting` once; a repeat changes nothing.

        Raises Refused `reference-reused` when its name stands for something else, and
        InsufficientStock when a level would fall below zero. Then nothing was written.
        """
