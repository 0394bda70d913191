"""A hot SKU, spread as the engine spreads it."""

from __future__ import annotations

from oms.inventory.spread import SpreadStock
from oms.inventory.spread_store import DynamoSpread
from oms.kernel.ids import Sku
from tests.simulation.shop import EAST, Shop


def spread_over(shop: Shop, sku: str, parts: int) -> None:
    """Lay what is available at the first node over so many parts."""
    books = DynamoSpread(shop.dynamo, shop.names.stock)
    SpreadStock(books, shop.clock)(Sku(sku), parts, [EAST], "ops")
