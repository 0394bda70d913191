"""Stock of listings that were made by the Inventory API.

A buyer sees the smaller of two figures: what the item has for all marketplaces, and what the offer
has for one. So both are set, in one call for up to 25 items.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from oms.channels.ebay.calls import Api
from oms.channels.push import PushOutcome, PushRefused, StockLevel
from oms.channels.reading import Reading
from oms.channels.shop_client import batches, query

LARGEST_BATCH = 25
_INVENTORY = "/sell/inventory/v1"
_MOST_OFFERS = 100
_NOT_LISTED = frozenset({25702, 25710, 25713})


@dataclass(frozen=True, slots=True)
class Stock:
    api: Api

    def set_to(self, levels: Sequence[StockLevel]) -> Mapping[str, PushOutcome]:
        """A listing that eBay refuses is left out; raises PushRefused when all are refused."""
        offers = {level.sku: self._offers(level.sku) for level in levels}
        told = {sku: PushOutcome.UNSUPPORTED for sku, live in offers.items() if not live}
        wanted = [_wanted(level, offers[level.sku]) for level in levels if offers[level.sku]]
        if not wanted:
            return told
        answer = self.api.ask(
            "POST", f"{_INVENTORY}/bulk_update_price_quantity", {"requests": wanted}
        )
        refused = _sort(answer.each_required("responses"), told)
        if refused and not told:
            raise PushRefused(f"eBay refuses the stock: {refused[0]}", "invalid-listing")
        return told

    def of(self, skus: Sequence[str]) -> Mapping[str, int]:
        stock: dict[str, int] = {}
        for batch in batches(skus, LARGEST_BATCH):
            wanted = {"requests": [{"sku": sku} for sku in batch]}
            answer = self.api.ask("POST", f"{_INVENTORY}/bulk_get_inventory_item", wanted)
            for item in answer.each_required("responses"):
                sku = item.text("sku", 100)
                if item.at("inventoryItem") and (offers := self._offers(sku)):
                    stock[sku] = min(_units(item), max(map(_offered, offers)))
        return stock

    def _offers(self, sku: str) -> list[Reading]:
        """Those that buyers see. A listing made in another way has none."""
        path = f"{_INVENTORY}/offer" + query(sku=sku, limit=_MOST_OFFERS)
        try:
            answer = self.api.ask("GET", path)
        except PushRefused as refused:
            if refused.status == 404:
                return []
            raise
        offers = answer.each_required("offers")
        return [offer for offer in offers if offer.text("status") == "PUBLISHED"]


def _wanted(level: StockLevel, offers: Sequence[Reading]) -> dict[str, object]:
    return {
        "sku": level.sku,
        "shipToLocationAvailability": {"quantity": level.units},
        "offers": [
            {"offerId": offer.text("offerId"), "availableQuantity": level.units} for offer in offers
        ],
    }


def _sort(responses: Sequence[Reading], told: dict[str, PushOutcome]) -> list[str]:
    """Enters into `told` what became of each SKU; answers why others were refused.

    There is one response an offer: a SKU is told when none of its responses is an error.
    """
    problems: dict[str, str] = {}
    for response in responses:
        sku = response.text("sku", 100)
        if 200 <= response.units("statusCode", least=100) < 300:
            told.setdefault(sku, PushOutcome.TOLD)
        elif any(error.at("errorId").value in _NOT_LISTED for error in response.each("errors")):
            told[sku] = PushOutcome.UNSUPPORTED
        else:
            problems[sku] = " ".join(e.text("message") for e in response.each("errors"))
    for sku in problems:
        told.pop(sku, None)
    return list(problems.values())


def _units(item: Reading) -> int:
    available = item.at("inventoryItem", "availability", "shipToLocationAvailability")
    return available.units("quantity", least=0) if available.at("quantity") else 0


def _offered(offer: Reading) -> int:
    return offer.units("availableQuantity", least=0) if offer.at("availableQuantity") else 0
