"""Orders of a WooCommerce shop, as its REST API has them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from oms.channels.push import PushRefused
from oms.channels.reading import Reading
from oms.channels.shop_client import ShopClient

API = "/wp-json/wc/v3"
ENDED = frozenset({"cancelled", "refunded", "trash"})


@dataclass(frozen=True, slots=True)
class Orders:
    """Another shape than expected raises Unmappable: read the answers within `understood`."""

    client: ShopClient

    def get(self, external_id: str) -> Reading:
        """PushRefused `not-in-shop` when there is no such order."""
        order = Reading(self.client.call("GET", f"{API}/orders/{external_id}"))
        order.identifier("id")
        return order

    def change(self, external_id: str, wanted: dict[str, Any]) -> None:
        answer = Reading(self.client.call("PUT", f"{API}/orders/{external_id}", wanted))
        answer.identifier("id")

    def refund(self, external_id: str, wanted: dict[str, Any]) -> None:
        path = f"{API}/orders/{external_id}/refunds"
        Reading(self.client.call("POST", path, wanted)).identifier("id")

    def gateway_refunds(self, order: Reading) -> bool:
        """Whether the order's way of paying can send money back by itself, if it still exists."""
        if not (gateway := order.text("payment_method", 100)):
            return False
        path = f"{API}/payment_gateways/{quote(gateway, safe='')}"
        try:
            found = Reading(self.client.call("GET", path))
        except PushRefused as refused:
            if refused.code == "not-in-shop":
                return False
            raise
        return any(each.value == "refunds" for each in found.each_required("method_supports"))
