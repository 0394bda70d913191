"""Take on every order whose time has come, and those whose work got lost."""

from collections.abc import Mapping
from typing import Any

from oms.platform.observability import count, flush, start
from oms.wiring import sweep_orders


def handler(event: Mapping[str, Any], context: Any) -> dict[str, int]:
    log = start(context)
    moved = {worklist: number for worklist, number in sweep_orders()().items() if number}
    for worklist, number in moved.items():
        count(f"Swept{worklist.capitalize()}", number)
    log.info("swept", extra={"moved": moved})
    flush()
    return moved
