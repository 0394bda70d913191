"""End holds whose time is over, finish large postings, serve the waiting lines, gather what was
hot."""

from collections.abc import Mapping
from typing import Any

from oms.platform.observability import count, flush, start
from oms.wiring import sweep_all_stock


def handler(event: Mapping[str, Any], context: Any) -> dict[str, int]:
    log = start(context)
    done = {what: number for what, number in sweep_all_stock()().items() if number}
    for what, number in done.items():
        count(f"Stock{what.capitalize()}", number)
    log.info("swept stock", extra={"done": done})
    flush()
    return done
