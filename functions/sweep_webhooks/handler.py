"""Try again what could not be told to subscribers."""

from collections.abc import Mapping
from typing import Any

from oms.platform.observability import count, flush, start
from oms.wiring import listen_for_webhooks, sweep_webhooks


def handler(event: Mapping[str, Any], context: Any) -> dict[str, int]:
    log = start(context)
    listen_for_webhooks()()  # a subscriber that was given up; or the rule was made anew
    tried = sweep_webhooks()()
    if tried:
        count("WebhooksRetried", tried)
    log.info("swept webhooks", extra={"tried": tried})
    flush()
    return {"tried": tried}
