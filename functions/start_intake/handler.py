"""Start the intake workflow that an order asks for."""

from typing import Any

from oms.platform.consumer import queue_handler
from oms.wiring import workflows


def _start(detail: dict[str, Any]) -> None:
    workflows().start_intake(detail["order_id"], detail["data"]["intake"])


handler = queue_handler(_start)
