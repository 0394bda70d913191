"""Check all of the stock books, once a day, a piece at each tick of the clock."""

from collections.abc import Mapping
from typing import Any

from oms.platform.observability import count, flush, start
from oms.wiring import reconcile_stock

ENOUGH_MS = 30_000  # what is left of the invocation when no further page is begun


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    log = start(context)
    left = getattr(context, "get_remaining_time_in_millis", lambda: ENOUGH_MS + 1)
    walk = reconcile_stock()(lambda: left() < ENOUGH_MS)
    told = {
        "day": walk.day,
        "phase": walk.phase,
        "orders": walk.orders,
        "skus": walk.skus,
        "found": walk.found,
        "repaired": walk.repaired,
    }
    count("StockDiscrepanciesOfTheDay", walk.found)
    log.info("checked", extra=told)
    flush()
    return told
