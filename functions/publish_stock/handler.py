"""Tell every channel what it can sell, and raise and end alerts of low stock."""

from collections.abc import Mapping, Sequence
from typing import Any

from oms.inventory.publish_store import events_of, refreshes_in, rules_changed, touched_by
from oms.platform.consumer import stream_handler
from oms.platform.observability import count
from oms.wiring import bus, publish_stock, refresh_stock


def _publish(records: Sequence[Mapping[str, Any]]) -> None:
    # What was looked at before goes out before anything else is looked at.
    events = events_of(records)
    bus().publish(events)
    for event in events:
        count(event.detail_type)
    publish_stock()(touched_by(records))
    if rules_changed(records):
        refresh_stock()()
    for cause, after in refreshes_in(records):
        refresh_stock().step(cause, after)


handler = stream_handler(_publish)
