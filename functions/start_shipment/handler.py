"""Start the shipment workflow of a packed parcel."""

from typing import Any

from oms.platform.consumer import queue_handler
from oms.wiring import workflows


def _start(detail: dict[str, Any]) -> None:
    data = detail["data"]
    workflows().start_shipment(
        detail["order_id"], data["shipment"], data["parcel"], detail["sequence"]
    )


handler = queue_handler(_start)
