"""Which of an order's rows a parcel is told by.

Lines of ours stand for things, or for the parts of a bundle. Magento ships a bundle's parts one
by one, or the bundle as a whole: that is an attribute of the product, and no order shows it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from oms.channels.magento.api import MagentoApi
from oms.channels.magento.lines import things
from oms.channels.push import ToldLine
from oms.channels.reading import Reading

_TOGETHER = "0"


@dataclass(frozen=True, slots=True)
class Parcels:
    api: MagentoApi

    def units(self, order: Reading, lines: Sequence[ToldLine]) -> dict[str, int]:
        """Units to ship by the row's id. A bundle that is shipped as a whole counts by its first
        part, so each counts once, in however many parcels its parts leave."""
        told: Counter[str] = Counter()
        for line in lines:
            told[line.external_id] += line.quantity
        units: dict[str, int] = {}
        for thing, parts in things(order.each("items")):
            named = {part.identifier("item_id"): part for part in parts}
            if thing.text("product_type") == "bundle" and told.keys() & named.keys():
                units |= self._of_bundle(thing, named, told)
            elif own := told[thing.identifier("item_id")]:
                units[thing.identifier("item_id")] = own
        return units

    def _of_bundle(
        self, bundle: Reading, parts: dict[str, Reading], told: Counter[str]
    ) -> dict[str, int]:
        if not self._leaves_together(bundle):
            return {name: told[name] for name in parts if told[name]}
        name, first = next(iter(parts.items()))
        wholes = bundle.units("qty_ordered", least=1)
        complete = told[name] * wholes // first.units("qty_ordered", least=1)
        return {bundle.identifier("item_id"): complete} if complete else {}

    def _leaves_together(self, bundle: Reading) -> bool:
        found = self.api.page("/products", "entity_id", "eq", bundle.identifier("product_id"), 1)
        return any(
            attribute.text("attribute_code") == "shipment_type"
            and str(attribute.at("value").value) == _TOGETHER
            for product in found.items
            for attribute in product.each("custom_attributes")
        )
