"""A shipment into WooCommerce, by its REST API v3.

Tracking is no part of the core, so it goes into the order's meta data under a name made from
our key for the shipment. Setting that name again changes nothing, which is what makes a
repeat harmless even when two tell at once.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any

from oms.channels.model import ChannelAccount, Unmappable
from oms.channels.push import PushOutcome, PushRefused, ShipmentFacts
from oms.channels.reading import Reading
from oms.channels.shop_client import ShopClient
from oms.kernel.errors import Unavailable
from oms.kernel.ids import digest

_OVER = frozenset({"cancelled", "refunded", "trash", "failed"})


def connect(account: ChannelAccount) -> WooCommercePush | None:
    """None without `consumer_key` and `consumer_secret` among the account's settings."""
    key, secret = (account.settings.get(name) for name in ("consumer_key", "consumer_secret"))
    if not key or not secret:
        return None
    basic = base64.b64encode(f"{key}:{secret}".encode()).decode()
    base_url = account.settings.get("base_url") or account.domain
    return WooCommercePush(ShopClient(base_url.rstrip("/"), {"Authorization": f"Basic {basic}"}))


@dataclass(frozen=True, slots=True)
class WooCommercePush:
    client: ShopClient

    def tell(self, shipment: ShipmentFacts) -> PushOutcome:
        """Raises PushRefused, Unavailable."""
        if not shipment.external_id.isdigit():
            return PushOutcome.UNSUPPORTED
        path = f"/wp-json/wc/v3/orders/{shipment.external_id}"
        try:
            return self._tell(path, shipment)
        except Unmappable as unreadable:
            raise Unavailable(f"an answer of another shape {unreadable.pointer}") from None

    def _tell(self, path: str, shipment: ShipmentFacts) -> PushOutcome:
        order = Reading(self.client.call("GET", path))
        status = order.text("status")
        completes = shipment.is_last and status != "completed"
        if _is_known(order, shipment) and not completes:
            return PushOutcome.ALREADY
        if status in _OVER:
            raise PushRefused(f"the order is {status} in the shop", "over-in-shop")
        self.client.call("PUT", path, _wanted(shipment, completes))
        return PushOutcome.TOLD


def _meta_key(shipment: ShipmentFacts) -> str:
    return f"_oms_shipment_{digest(shipment.key)[:16]}"


def _is_known(order: Reading, shipment: ShipmentFacts) -> bool:
    return any(meta.text("key") == _meta_key(shipment) for meta in order.each("meta_data"))


def _wanted(shipment: ShipmentFacts, completes: bool) -> dict[str, Any]:
    """One request, so that status and tracking are written together or not at all."""
    tracking = {
        "tracking_number": shipment.tracking_number,
        "carrier": shipment.carrier,
        "tracking_url": shipment.tracking_url,
        "lines": {line.external_id: line.quantity for line in shipment.lines},
    }
    meta = {"key": _meta_key(shipment), "value": json.dumps(tracking)}
    return {"meta_data": [meta], **({"status": "completed"} if completes else {})}
