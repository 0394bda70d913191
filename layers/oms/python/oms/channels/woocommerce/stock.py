"""What WooCommerce may sell of a product or a variation. A SKU is unique in a shop.

The API sets figures without comparing: a sale of the same moment is overwritten, reaches us
as an order, and is in the next figure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from oms.channels.push import PushOutcome, StockLevel
from oms.channels.reading import Reading
from oms.channels.shop_client import ShopClient, batches, query
from oms.channels.woocommerce.orders import API

# A batch may be twice as large, but every parent of variations costs a request of its own.
LARGEST_BATCH = 50
_FIELDS = "id,sku,type,parent_id,manage_stock,stock_quantity"


def set_to(client: ShopClient, levels: Sequence[StockLevel]) -> Mapping[str, PushOutcome]:
    """Raises PushRefused, Unavailable, Unmappable."""
    units = {level.sku: level.units for level in levels}
    listed = _listed(client, units)
    told = dict.fromkeys(units.keys() - listed.keys(), PushOutcome.UNSUPPORTED)
    for path, skus in _by_path(listed).items():
        wanted = [_wanted(listed[sku], units[sku]) for sku in skus]
        answer = Reading(client.call("POST", f"{path}/batch", {"update": wanted}))
        # One that failed, as it was deleted meanwhile, bears an error; the others do not.
        every = answer.each_required("update")
        done = {each.identifier("id") for each in every if not each.at("error")}
        told |= {sku: PushOutcome.TOLD for sku in skus if listed[sku].identifier("id") in done}
    return told


def units_of(client: ShopClient, skus: Sequence[str]) -> Mapping[str, int]:
    """Without those whose stock the shop does not count, or counts for the parent only."""
    return {
        sku: product.units("stock_quantity", least=-1_000_000)
        for sku, product in _listed(client, skus).items()
        if product.at("manage_stock").value is True
        and product.at("stock_quantity").value is not None
    }


def _listed(client: ShopClient, skus: Iterable[str]) -> dict[str, Reading]:
    """Products by SKU. One with a comma cannot be asked for: it counts as not listed."""
    asked = [sku for sku in skus if sku and "," not in sku]
    found: dict[str, Reading] = {}
    for some in batches(asked, LARGEST_BATCH):
        searched = query(sku=",".join(some), per_page=100, _fields=_FIELDS)
        answer = Reading({"products": client.call("GET", f"{API}/products{searched}")})
        found |= {each.text("sku"): each for each in answer.each_required("products")}
    return {sku: found[sku] for sku in asked if sku in found}


def _by_path(listed: Mapping[str, Reading]) -> dict[str, list[str]]:
    """Variations are updated below their parent; the products' own batch refuses them."""
    paths: dict[str, list[str]] = {}
    for sku, product in listed.items():
        below = f"/{product.identifier('parent_id')}/variations"
        path = f"{API}/products{below if product.text('type') == 'variation' else ''}"
        paths.setdefault(path, []).append(sku)
    return paths


def _wanted(product: Reading, units: int) -> dict[str, Any]:
    return {"id": int(product.identifier("id")), "manage_stock": True, "stock_quantity": units}
