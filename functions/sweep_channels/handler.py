"""See to what waited for its time: news of orders, stock figures, polls."""

from collections.abc import Mapping
from typing import Any

from oms.platform.observability import count, flush, start
from oms.wiring_channels import sweep_channels


def handler(event: Mapping[str, Any], context: Any) -> dict[str, int]:
    log = start(context)
    done = {what: number for what, number in sweep_channels()().items() if number}
    for what, number in done.items():
        count(f"Channel{what.capitalize()}", number)
    log.info("swept channels", extra={"done": done})
    flush()
    return done
