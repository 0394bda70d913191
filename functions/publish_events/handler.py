"""Put what the orders' timelines have to tell on the bus."""

from collections.abc import Mapping, Sequence
from typing import Any

from oms.orders.stream import new_events
from oms.platform.consumer import stream_handler
from oms.platform.observability import count
from oms.wiring import bus


def _publish(records: Sequence[Mapping[str, Any]]) -> None:
    events = new_events(records)
    bus().publish(events)
    for event in events:
        count(event.detail_type)


handler = stream_handler(_publish)
