"""Stock of a Magento shop, with its multi-source inventory (MSI) or without.

With MSI a buyer sees the sources' units less the reservations: an order reserves at once, and
only its shipment takes the units off the source. Our figure is without those orders' units
already. So a source is set to our figure and what is reserved, and the buyer sees our figure;
a shipment later takes off both. Without MSI an order takes the units off at once.
"""

from __future__ import annotations

import math
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from oms.channels.magento.api import MagentoApi
from oms.channels.push import PushOutcome, PushRefused, StockLevel
from oms.channels.reading import Reading

_NOT_STOCKED = frozenset({400, 404})


@dataclass(frozen=True, slots=True)
class Sources:
    """One source of ours; `stock_id` is the stock that the shop's website sells from."""

    api: MagentoApi
    source_code: str
    stock_id: int

    def set(self, levels: Sequence[StockLevel]) -> Mapping[str, PushOutcome]:
        """Another source of the same stock makes the reserved units look fewer, never more:
        buyers then see too little, which harms nobody."""
        salable = self._salable([level.sku for level in levels])
        wanted = [
            self._item(level, max(0, self._held(level.sku) - salable[level.sku]))
            for level in levels
            if level.sku in salable
        ]
        if wanted:
            self.api.post("/inventory/source-items", {"sourceItems": wanted})
        return _outcomes(levels, salable)

    def of(self, skus: Sequence[str]) -> Mapping[str, int]:
        return {sku: max(0, units) for sku, units in self._salable(skus).items()}

    def _salable(self, skus: Sequence[str]) -> dict[str, int]:
        """Below zero where the shop takes orders beyond its stock."""
        path = "/inventory/get-product-salable-quantity/{}/" + str(self.stock_id)
        answers = {sku: _stocked(self.api, path.format(quote(sku, safe=""))) for sku in skus}
        return {sku: _whole(units) for sku, units in answers.items() if units is not None}

    def _held(self, sku: str) -> int:
        """Units at our source; none where it does not carry the SKU, or says it is out."""
        found = self.api.page("/inventory/source-items", "sku", "eq", sku, 1, "source_code")
        ours = (item for item in found.items if item.text("source_code") == self.source_code)
        return sum(_whole(item.at("quantity")) for item in ours if item.at("status").value == 1)

    def _item(self, level: StockLevel, reserved: int) -> dict[str, Any]:
        units = level.units + reserved
        return {
            "sku": level.sku,
            "source_code": self.source_code,
            "quantity": units,
            "status": 1 if units else 0,
        }


@dataclass(frozen=True, slots=True)
class StockItems:
    """A shop that has switched multi-source inventory off."""

    api: MagentoApi

    def set(self, levels: Sequence[StockLevel]) -> Mapping[str, PushOutcome]:
        items = self._items([level.sku for level in levels])
        for level in levels:
            if level.sku in items:
                number = items[level.sku].identifier("item_id")
                path = f"/products/{quote(level.sku, safe='')}/stockItems/{number}"
                units = {"qty": level.units, "is_in_stock": level.units > 0}
                self.api.client.call("PUT", path, {"stockItem": units})
        return _outcomes(levels, items)

    def of(self, skus: Sequence[str]) -> Mapping[str, int]:
        items = self._items(skus)
        return {sku: max(0, _whole(item.at("qty"))) for sku, item in items.items()}

    def _items(self, skus: Sequence[str]) -> dict[str, Reading]:
        found = {sku: _stocked(self.api, f"/stockItems/{quote(sku, safe='')}") for sku in skus}
        return {sku: item for sku, item in found.items() if item is not None}


def _stocked(api: MagentoApi, path: str) -> Reading | None:
    """None for a SKU that the shop does not list, or that is no thing with stock (a bundle)."""
    try:
        return api.get(path).required()
    except PushRefused as refused:
        if refused.status in _NOT_STOCKED:
            return None
        raise


def _whole(units: Reading) -> int:
    """Goods by weight have fractions."""
    if isinstance(units.value, bool) or not isinstance(units.value, int | Decimal):
        raise units.fail("wrong-type", "a number is expected")
    return math.floor(units.value)


def _outcomes(levels: Sequence[StockLevel], listed: Container[str]) -> Mapping[str, PushOutcome]:
    return {
        level.sku: PushOutcome.TOLD if level.sku in listed else PushOutcome.UNSUPPORTED
        for level in levels
    }
