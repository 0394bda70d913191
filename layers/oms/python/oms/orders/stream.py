"""Reading the stream of the `orders` table."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from oms.orders.events import BusEvent, bus_events
from oms.orders.model import Entry
from oms.orders.store import order_from_item, unpack_timeline
from oms.platform.attributes import unmarshal

Record = Mapping[str, Any]
_NEEDED = ("doc", "packed", "timeline", "version")


def new_events(records: Sequence[Record]) -> list[BusEvent]:
    """What the orders in `records` have to tell since the record before."""
    return [event for record in records for event in _events_of(record)]


def _events_of(record: Record) -> Iterator[BusEvent]:
    images = record["dynamodb"]
    if "NewImage" not in images:
        return
    order = order_from_item(_item(images["NewImage"]))
    fresh = _since(order.timeline, images.get("OldImage"))
    yield from bus_events(order.order_id, order.channel, order.correlation_id, fresh)


def _since(timeline: Iterable[Entry], old_image: Mapping[str, Any] | None) -> list[Entry]:
    known = unpack_timeline(_item(old_image)["timeline"])[-1].seq if old_image else 0
    return [entry for entry in timeline if entry.seq > known]


def changed_orders(records: Sequence[Record]) -> set[str]:
    """The ids of the orders that `records` are about."""
    return {record["dynamodb"]["Keys"]["pk"]["S"].removeprefix("O#") for record in records}


def _item(image: Mapping[str, Any]) -> dict[str, Any]:
    item = unmarshal({name: image[name] for name in _NEEDED if name in image})
    # Lambda hands over binary attributes as base64 text; boto3 hands over the bytes.
    for name in ("packed", "timeline"):
        if isinstance(item.get(name), str):
            item[name] = base64.b64decode(item[name])
    return item
