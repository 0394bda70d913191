"""What the bus hears of stock: what each channel can sell, and what ran low.

An event is made of the row that says what was published, so an event that comes twice has the
same id. `sequence` grows with each event of its kind of a SKU (and channel): the bus may deliver
out of order, and an older figure is to be ignored. `version` is of the schema.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from oms.inventory.alerts import Alert
from oms.inventory.publish import Figure, Published
from oms.kernel.clock import iso
from oms.kernel.ids import Sku
from oms.orders.events import BusEvent

VERSION = 1  # of the events' schemas
SOURCE = "oms.inventory"
PUBLISHED = ("SellableChanged", "StockRanLow", "StockRecovered")


def news(before: Published | None, after: Published) -> Iterable[BusEvent]:
    """What the change of a SKU's row means for the bus."""
    known = before.channels if before else {}
    for channel, figure in after.channels.items():
        if channel not in known or known[channel].version < figure.version:
            yield _sellable_changed(after.sku, channel, figure)
    if after.alerts > (before.alerts if before else 0):
        yield _alert_changed(before.low if before else None, after)


def _sellable_changed(sku: Sku, channel: str, figure: Figure) -> BusEvent:
    detail = _detail(f"{sku}#{channel}#{figure.version}", figure.at, figure.version, sku)
    return BusEvent(
        SOURCE, "SellableChanged", {**detail, "channel": channel, "sellable": figure.units}
    )


def _alert_changed(was: Alert | None, after: Published) -> BusEvent:
    name = "StockRanLow" if after.low else "StockRecovered"
    detail = _detail(f"{after.sku}#LOW#{after.alerts}", after.at, after.alerts, after.sku)
    if after.low:
        detail |= {"available": after.low.available, "reorder_point": after.low.reorder_point}
    elif was:
        detail |= {"low_since": iso(was.since)}
    return BusEvent(SOURCE, name, detail)


def _detail(event_id: str, at: datetime | None, sequence: int, sku: Sku) -> dict[str, Any]:
    return {
        "id": event_id,
        "version": VERSION,
        "occurred_at": iso(at) if at else "",
        "sequence": sequence,
        "sku": sku,
    }
