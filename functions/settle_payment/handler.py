"""Give back the money that an ended order still holds."""

from typing import Any

from oms.kernel.ids import OrderId
from oms.platform.consumer import queue_handler
from oms.wiring import settle_payment


def _settle(detail: dict[str, Any]) -> None:
    settle_payment()(OrderId(detail["order_id"]))


handler = queue_handler(_settle)
