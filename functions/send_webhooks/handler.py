"""Tell the subscribers of an event on the bus."""

from typing import Any

from oms.platform.consumer import event_handler
from oms.platform.observability import count
from oms.wiring import deliver_event


def _send(event: dict[str, Any]) -> None:
    if new := deliver_event()(event["detail-type"], event["detail"]):
        count("WebhooksStored", new)


handler = event_handler(_send)
