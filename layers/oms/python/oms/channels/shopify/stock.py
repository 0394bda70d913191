"""What Shopify may sell, by inventory item and location (`inventorySetQuantities`).

Shopify knows stock by inventory item, so the items of our SKUs are looked up each time: a
merchant deletes and makes products as he likes. Several items may bear one SKU; all are set.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from oms.channels.push import PushOutcome, PushRefused, StockLevel
from oms.channels.reading import Reading
from oms.channels.shop_client import batches
from oms.channels.shopify.admin import Admin, gid

LARGEST_BATCH = 250
_SKUS_AT_ONCE, _PAGE = 40, 100

_LOCATION = """query FirstLocation { locations(first: 1) { nodes { id } } }"""
_STOCK = """query StockOfSkus($query: String!, $location: ID!, $first: Int!, $after: String) {
  productVariants(first: $first, after: $after, query: $query) {
    nodes { sku inventoryItem { id tracked inventoryLevel(locationId: $location) {
      quantities(names: ["available"]) { name quantity } } } }
    pageInfo { hasNextPage endCursor } } }"""
_SET = """mutation SetAvailable($input: InventorySetQuantitiesInput!, $key: String!) {
  inventorySetQuantities(input: $input) @idempotent(key: $key) {
    userErrors { code field message } } }"""


@dataclass(frozen=True, slots=True)
class StockItem:
    """One inventory item that is kept at the location."""

    sku: str
    item: str
    available: int


@dataclass(frozen=True, slots=True)
class Stock:
    """`location` is the number or the full name of one; empty for the shop's first active."""

    admin: Admin
    location: str = ""

    def set_to(self, levels: Sequence[StockLevel]) -> Mapping[str, PushOutcome]:
        location, units = self._location(), {level.sku: level.units for level in levels}
        items = self._items(units, location)
        wanted = [_quantity(each.item, location, units[each.sku]) for each in items]
        for quantities in batches(wanted, LARGEST_BATCH):
            self._set(quantities)
        listed = {each.sku for each in items}
        return {
            sku: PushOutcome.TOLD if sku in listed else PushOutcome.UNSUPPORTED for sku in units
        }

    def of(self, skus: Sequence[str]) -> Mapping[str, int]:
        """Of several items of one SKU the greatest figure: that many can be sold at least."""
        found: dict[str, int] = {}
        for each in self._items(skus, self._location()):
            found[each.sku] = max(each.available, found.get(each.sku, each.available))
        return found

    def _set(self, quantities: Sequence[dict[str, Any]]) -> None:
        """The API insists on a key. Absolute figures are safe to repeat without one, and a key
        that repeats would swallow the repair of a figure that drifted: so each has its own."""
        given = {"name": "available", "reason": "correction", "quantities": list(quantities)}
        self.admin.tell(_SET, "inventorySetQuantities", input=given, key=str(uuid4()))

    def _location(self) -> str:
        if self.location:
            is_whole = self.location.startswith("gid:")
            return self.location if is_whole else gid("Location", self.location)
        nodes = self.admin.ask(_LOCATION).at("locations").each_required("nodes")
        if not nodes:
            raise PushRefused("the shop has no location", "no-location")
        return nodes[0].text("id")

    def _items(self, skus: Iterable[str], location: str) -> list[StockItem]:
        """Shopify's search takes words alike for equal: only the very SKU counts."""
        asked = [sku for sku in skus if sku]
        return [
            StockItem(sku, node.at("inventoryItem").text("id"), _available(node))
            for some in batches(asked, _SKUS_AT_ONCE)
            for node in self._nodes(some, location)
            if (sku := node.text("sku")) in some and _is_kept(node)
        ]

    def _nodes(self, skus: Iterable[str], location: str) -> Iterable[Reading]:
        words = " OR ".join(f"sku:{json.dumps(sku, ensure_ascii=False)}" for sku in skus)
        return self.admin.pages(
            _STOCK, "productVariants", query=words, location=location, first=_PAGE
        )


def _is_kept(node: Reading) -> bool:
    """Whether the shop counts it, and at this location."""
    item = node.at("inventoryItem")
    return item.flag("tracked") and bool(item.at("inventoryLevel"))


def _available(node: Reading) -> int:
    """It is below zero when the shop sold more than it had."""
    (quantity,) = node.at("inventoryItem", "inventoryLevel").each("quantities")
    return quantity.units("quantity", least=-1_000_000)


def _quantity(item: str, location: str, units: int) -> dict[str, Any]:
    """Set whatever is there: `changeFromQuantity` null opts out of comparing.

    What the shop sold meanwhile reaches us as an order, so ours is the truth, not its figure;
    to compare would refuse our news whenever the shop had sold something.
    """
    return {
        "inventoryItemId": item,
        "locationId": location,
        "quantity": units,
        "changeFromQuantity": None,
    }
