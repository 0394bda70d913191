"""The stock books in DynamoDB: the only code that knows the `stock` table."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from oms.inventory import items, writes
from oms.inventory.model import (
    Claim,
    Level,
    Movement,
    Node,
    Posting,
    Product,
    Reason,
    TooManyLegs,
    movements_of,
)
from oms.inventory.ports import Page
from oms.kernel.ids import NodeId, Sku
from oms.platform.dynamo import Dynamo
from oms.platform.unit import Item, Write

# A transaction holds 100 actions; four are left to the order that the legs belong to.
MOST_ACTIONS = 96
# Rows of the catalogue that one page reads while it looks for a text.
ROWS_PER_SEARCH = 1_000


class DynamoStock:
    """`StockBooks` and `StockLedger` over one table. Reads are consistent."""

    def __init__(self, dynamo: Dynamo, table: str) -> None:
        self._dynamo, self._table = dynamo, table

    # --- reading ---------------------------------------------------------------------

    def nodes(self) -> list[Node]:
        return [items.node_of(item) for item in self._partition(items.NODES)]

    def levels(self, sku: Sku) -> list[Level]:
        return [items.level_of(item) for item in self._partition(f"SKU#{sku}")]

    def levels_of(
        self, skus: Collection[Sku], nodes: Collection[NodeId] | None = None
    ) -> dict[Sku, list[Level]]:
        """One SKU is one query; several are one batch of keys, a request per 100 of them."""
        wanted = dict.fromkeys(skus)
        if len(wanted) == 1:
            return {sku: self._at(self.levels(sku), nodes) for sku in wanted}
        places = nodes if nodes is not None else [node.node_id for node in self.nodes()]
        found: dict[Sku, list[Level]] = {sku: [] for sku in wanted}
        for level in self.levels_at([(sku, node) for sku in wanted for node in places]):
            found[level.sku].append(level)
        return found

    @staticmethod
    def _at(levels: list[Level], nodes: Collection[NodeId] | None) -> list[Level]:
        return [level for level in levels if nodes is None or level.node in nodes]

    def levels_at(self, places: Collection[tuple[Sku, NodeId]]) -> list[Level]:
        keys = [items.level_key(sku, node) for sku, node in dict.fromkeys(places)]
        levels = map(items.level_of, self._dynamo.get_many(self._table, keys))
        return sorted(levels, key=lambda level: (level.sku, level.node))

    def products(self, skus: Collection[Sku]) -> dict[Sku, Product]:
        keys = [items.product_key(sku) for sku in dict.fromkeys(skus)]
        rows = map(items.product_of, self._dynamo.get_many(self._table, keys))
        return {product.sku: product for product in rows}

    def catalogue(self, limit: int, after: str = "", text: str = "") -> Page[Product]:
        """With `text` a page may come back short: it reads a bounded number of rows."""
        rows = max(limit, ROWS_PER_SEARCH) if text else limit
        read, more = self._page(items.CATALOGUE, rows, after)
        found = [product for product in map(items.product_of, read) if _matches(product, text)]
        if len(found) > limit:
            return Page(tuple(found[:limit]), found[limit - 1].sku)
        return Page(tuple(found), more)

    def movements(self, sku: Sku, limit: int, after: str = "") -> Page[Movement]:
        read, more = self._page(f"MOVEMENTS#{sku}", limit, after, newest_first=True)
        return Page(tuple(map(items.movement_of, read)), more)

    def _partition(self, pk: str) -> Iterable[Item]:
        return self._dynamo.query_all(self._table, "pk = :pk", {":pk": pk})

    def _page(
        self, pk: str, limit: int, after: str, *, newest_first: bool = False
    ) -> tuple[list[Item], str]:
        found, last = self._dynamo.query(
            self._table,
            "pk = :pk",
            {":pk": pk},
            limit=limit,
            start={"pk": pk, "sk": after} if after else None,
            newest_first=newest_first,
        )
        return found, last["sk"] if last else ""

    # --- writes for the transaction of an order ----------------------------------------

    def reserve(
        self, legs: Iterable[Claim], reference: str, actor: str, at: datetime
    ) -> list[Write]:
        """See `StockLedger`: the order's version in the same commit makes a repeat harmless."""
        return self._writes(movements_of(legs, Reason.RESERVATION, reference, actor, at))

    def release(
        self, legs: Iterable[Claim], reference: str, actor: str, at: datetime
    ) -> list[Write]:
        """See `StockLedger`: the exact inverse of `reserve`."""
        return self._writes(movements_of(legs, Reason.RELEASE, reference, actor, at))

    def consume(
        self, legs: Iterable[Claim], reference: str, actor: str, at: datetime
    ) -> list[Write]:
        """See `StockLedger`: takes the order's own reserved units, so available may be zero."""
        return self._writes(movements_of(legs, Reason.SHIPMENT, reference, actor, at))

    def _writes(self, movements: Iterable[Movement]) -> list[Write]:
        made = [write for each in movements for write in writes.of_movement(self._table, each)]
        if len(made) > MOST_ACTIONS:
            raise TooManyLegs(
                f"{len(made) // 2} pairs of SKU and node; a transaction holds {MOST_ACTIONS // 2}"
            )
        return made

    # --- posting -----------------------------------------------------------------------

    def post(self, posting: Posting) -> None:
        """See `StockBooks`. One transaction: the mark first, so its refusal comes first."""
        mark = writes.of_posting(self._table, posting, posting.movements[0].at)
        products = [writes.of_product(self._table, each) for each in posting.new_products]
        moves = [w for each in posting.movements for w in writes.of_movement(self._table, each)]
        self._dynamo.commit([mark, *products, *moves])

    # --- setting up --------------------------------------------------------------------

    def save_nodes(self, nodes: Iterable[Node]) -> None:
        """Put nodes in place, over what was there."""
        self._dynamo.put_many(self._table, [items.node_item(node) for node in nodes])

    def save_products(self, products: Iterable[Product]) -> None:
        """Put catalogue rows in place, over what was there."""
        self._dynamo.put_many(self._table, [items.product_item(each) for each in products])


def _matches(product: Product, text: str) -> bool:
    folded = text.casefold()
    return folded in product.sku.casefold() or folded in product.title.casefold()
