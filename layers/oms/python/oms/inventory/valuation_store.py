"""What each SKU of a page of the catalogue is worth, as its movements say up to now."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from oms.inventory.checkpoint_store import MovementSums
from oms.inventory.ports import Page, StockReader
from oms.inventory.sums import summed
from oms.inventory.valuation import Value, Valued
from oms.kernel.ids import Sku


@dataclass(frozen=True, slots=True)
class ValueStock:
    """From the checkpoint of the last check of the books, and the movements since."""

    stock: StockReader
    sums: MovementSums

    def __call__(self, limit: int, after: str = "") -> Page[Valued]:
        page = self.stock.catalogue(limit, after)
        on_hand = self._on_hand([product.sku for product in page.items])
        return Page(
            tuple(
                Valued(each.sku, each.title, self._value(each.sku), on_hand[each.sku])
                for each in page.items
            ),
            page.after,
        )

    def _on_hand(self, skus: Collection[Sku]) -> dict[Sku, int]:
        positions = self.stock.positions(skus)
        return {sku: sum(lv.on_hand for lv in each.levels) for sku, each in positions.items()}

    def _value(self, sku: Sku) -> Value:
        kept = self.sums.checkpoint(sku)
        parts = max(self.stock.selling([sku])[sku].parts, kept.parts)
        return summed(kept, self.sums.movements(sku, parts, kept.upto)).value
