"""Stock of listings that the merchant sends himself (Listings Items API 2021-08-01).

One SKU a call, five calls a second. A batch is looked up first: to write merchant's stock onto a
listing that Amazon's warehouses send would turn it into one that they do not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from oms.channels.amazon.calls import Api, quoted
from oms.channels.push import PushOutcome, PushRefused, StockLevel
from oms.channels.reading import Reading
from oms.channels.shop_client import batches, query
from oms.kernel.errors import Unavailable

LARGEST_BATCH = 20  # identifiers that one search takes
_OURS = "DEFAULT"  # the fulfilment channel of a merchant without places of his own
_ANY_TYPE = "PRODUCT"  # a product type that has the attributes all products share
_SECONDS_APART = 1.0  # after a second the whole burst is there again


@dataclass(frozen=True, slots=True)
class Listings:
    api: Api
    seller: str
    marketplace: str

    def set_stock(self, levels: Sequence[StockLevel]) -> Mapping[str, PushOutcome]:
        """What was told until Amazon had enough. Raises when it was nothing at all."""
        listed = self.stock_of([level.sku for level in levels])
        told: dict[str, PushOutcome] = {}
        problem: Unavailable | PushRefused | None = None
        for level in levels:
            if level.sku not in listed:
                told[level.sku] = PushOutcome.UNSUPPORTED
                continue
            try:
                self._patch(level)
            except PushRefused as refused:  # this listing only: the next may be sound
                problem = refused
            except Unavailable as unavailable:
                problem = unavailable
                break
            else:
                told[level.sku] = PushOutcome.TOLD
        if problem and not told:
            raise problem
        return told

    def stock_of(self, skus: Sequence[str]) -> Mapping[str, int]:
        """By SKU, of those listed as sent by the merchant."""
        stock: dict[str, int] = {}
        for batch in batches([sku for sku in skus if "," not in sku], LARGEST_BATCH):
            stock |= self._searched(batch)
        for sku in skus:
            if "," in sku:  # the list of a search is parted by commas
                stock |= self._looked_up(sku)
        return stock

    def _searched(self, skus: Sequence[str]) -> Mapping[str, int]:
        asked = query(
            marketplaceIds=self.marketplace,
            identifiers=",".join(skus),
            identifiersType="SKU",
            includedData="fulfillmentAvailability",
            pageSize=LARGEST_BATCH,
        )
        path = f"/listings/2021-08-01/items/{quoted(self.seller)}{asked}"
        answer = self.api.ask("GET", path, seconds_apart=_SECONDS_APART)
        return _counted(answer.each_required("items"))

    def _looked_up(self, sku: str) -> Mapping[str, int]:
        asked = query(marketplaceIds=self.marketplace, includedData="fulfillmentAvailability")
        try:
            item = self.api.ask("GET", self._path(sku) + asked, seconds_apart=_SECONDS_APART)
        except PushRefused as refused:
            if refused.status == 404:
                return {}
            raise
        return _counted([item])

    def _path(self, sku: str) -> str:
        return f"/listings/2021-08-01/items/{quoted(self.seller)}/{quoted(sku)}"

    def _patch(self, level: StockLevel) -> None:
        change = {
            "op": "merge",  # leaves the handling time as it is
            "path": "/attributes/fulfillment_availability",
            "value": [{"fulfillment_channel_code": _OURS, "quantity": level.units}],
        }
        answer = self.api.ask(
            "PATCH",
            self._path(level.sku) + query(marketplaceIds=self.marketplace),
            {"productType": _ANY_TYPE, "patches": [change]},
            seconds_apart=_SECONDS_APART,
        )
        if answer.text("status") != "ACCEPTED":
            issues = [issue.text("message") for issue in answer.each("issues")]
            raise PushRefused(f"Amazon refuses the stock: {' '.join(issues)}", "invalid-listing")


def _counted(items: Iterable[Reading]) -> Mapping[str, int]:
    found = ((item.text("sku", 100), _units(item)) for item in items)
    return {sku: units for sku, units in found if units is not None}


def _units(item: Reading) -> int | None:
    """None for a listing that Amazon's warehouses send. Never counted is none to sell."""
    places = item.each("fulfillmentAvailability")
    ours = [each for each in places if each.text("fulfillmentChannelCode") == _OURS]
    if places and not ours:
        return None
    counted = [each.units("quantity", least=0) for each in ours if each.at("quantity")]
    return sum(counted)
