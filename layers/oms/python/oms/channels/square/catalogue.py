"""Square's catalogue: an order and a stock count name a variation, which may have a SKU."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from oms.channels.reading import Reading
from oms.channels.shop_client import ShopClient, batches

_MOST_IDS, _MOST_SKUS = 1000, 250  # of one request


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Its methods raise as ShopClient does, and Unmappable for an answer of another shape."""

    client: ShopClient

    def skus(self, variations: Iterable[str]) -> Mapping[str, str]:
        """SKUs by variation; without those that have none. Deleted ones are still in orders."""
        found = dict[str, str]()
        for ids in batches(sorted(set(variations)), _MOST_IDS):
            body = {"object_ids": ids, "include_deleted_objects": True}
            answer = Reading(self.client.call("POST", "/v2/catalog/batch-retrieve", body))
            found.update(_sku_of(each) for each in answer.each("objects"))
        return {variation: sku for variation, sku in sorted(found.items()) if sku}

    def variations(self, skus: Iterable[str]) -> Mapping[str, str]:
        """Variations by SKU. Square lets two share one: of those the first in the alphabet."""
        wanted, found = set(skus), dict[str, str]()
        for values in batches(sorted(wanted), _MOST_SKUS):
            for variation, sku in sorted(map(_sku_of, self._with_skus(values))):
                if sku in wanted:
                    found.setdefault(sku, variation)
        return found

    def _with_skus(self, values: Sequence[str]) -> Iterator[Reading]:
        query = {"set_query": {"attribute_name": "sku", "attribute_values": list(values)}}
        body: dict[str, Any] = {"object_types": ["ITEM_VARIATION"], "query": query}
        while True:
            answer = Reading(self.client.call("POST", "/v2/catalog/search", body))
            yield from answer.each("objects")
            if not (cursor := answer.text("cursor", 2000)):
                return
            body = {**body, "cursor": cursor}


def _sku_of(variation: Reading) -> tuple[str, str]:
    return variation.text("id", 192), variation.at("item_variation_data").text("sku", 100)
