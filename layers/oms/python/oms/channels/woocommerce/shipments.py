"""A shipment into WooCommerce.

Tracking is no part of the core, so it goes into the order's meta data under a name made from
our key for the shipment. Setting that name again changes nothing, which is what makes a
repeat harmless even when two tell at once.
"""

from __future__ import annotations

import json
from typing import Any

from oms.channels.push import PushOutcome, PushRefused, ShipmentFacts
from oms.channels.reading import Reading
from oms.channels.woocommerce.orders import ENDED, Orders
from oms.kernel.ids import digest

_OVER = ENDED | {"failed"}


def tell(orders: Orders, shipment: ShipmentFacts) -> PushOutcome:
    """Raises PushRefused, Unavailable, Unmappable."""
    order = orders.get(shipment.external_id)
    status = order.text("status")
    completes = shipment.is_last and status != "completed"
    if _is_known(order, shipment) and not completes:
        return PushOutcome.ALREADY
    if status in _OVER:
        raise PushRefused(f"the order is {status} in the shop", "over-in-shop")
    orders.change(shipment.external_id, _wanted(shipment, completes))
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
