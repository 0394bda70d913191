"""Stock of a BigCommerce store, at one of its locations (V3 inventory).

An order takes its units off at once, so our figure is set as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from oms.channels.push import PushOutcome, PushRefused, StockLevel
from oms.channels.reading import MOST_UNITS, Reading
from oms.channels.shop_client import ShopClient, query

_SKUS_ASKED = 50


@dataclass(frozen=True, slots=True)
class Stock:
    client: ShopClient
    location_id: int

    def set(self, levels: Sequence[StockLevel]) -> Mapping[str, PushOutcome]:
        try:
            self._set(levels)
        except PushRefused as refused:
            if refused.status != 422:
                raise
            return self._set_listed(levels, refused)
        return {level.sku: PushOutcome.TOLD for level in levels}

    def _set_listed(
        self, levels: Sequence[StockLevel], refused: PushRefused
    ) -> Mapping[str, PushOutcome]:
        """One SKU that the shop does not list spoils a batch: once more, without such."""
        listed = self.of([level.sku for level in levels])
        if len(listed) == len(levels):
            raise refused
        if kept := [level for level in levels if level.sku in listed]:
            self._set(kept)
        return {
            level.sku: PushOutcome.TOLD if level.sku in listed else PushOutcome.UNSUPPORTED
            for level in levels
        }

    def _set(self, levels: Sequence[StockLevel]) -> None:
        """Done a little later: the answer is only the number of a transaction."""
        items = [
            {"location_id": self.location_id, "sku": level.sku, "quantity": level.units}
            for level in levels
        ]
        body = {"reason": "Stock of the warehouses", "items": items}
        answer = self.client.call("PUT", "/v3/inventory/adjustments/absolute", body)
        Reading(answer).at("transaction_id").required()

    def of(self, skus: Sequence[str]) -> Mapping[str, int]:
        found: dict[str, int] = {}
        for start in range(0, len(skus), _SKUS_ASKED):
            asked = ",".join(skus[start : start + _SKUS_ASKED])
            for item in self._items(query(**{"sku:in": asked, "limit": _SKUS_ASKED})):
                units = item.units("available_to_sell", least=-MOST_UNITS)
                found[item.at("identity").text("sku")] = max(0, units)
        return {sku: found[sku] for sku in skus if sku in found}

    def _items(self, asked: str) -> tuple[Reading, ...]:
        path = f"/v3/inventory/locations/{self.location_id}/items{asked}"
        answer = Reading(self.client.call("GET", path))
        answer.at("data").required()
        return answer.each("data")
