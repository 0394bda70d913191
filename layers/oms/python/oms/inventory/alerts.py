"""Low stock: one alert for each time a SKU falls below its reorder point, however many sales.

What counts is what can still be sold over all nodes: reserved units are gone, units of recalled
or expired lots cannot be sold, and units that the waiting line needs are spoken for. An alert
stands from the first figure below the point until a figure at or above it, and then it is armed
again. A SKU without a reorder point has none, and neither has a kit: its parts are bought.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from oms.inventory.ports import Page
from oms.inventory.selling import Position
from oms.kernel.clock import iso
from oms.kernel.ids import Sku


@dataclass(frozen=True, slots=True)
class Alert:
    """`available` units were left when `sku` fell below `reorder_point` at `since`."""

    sku: Sku
    available: int
    reorder_point: int
    since: datetime


class Alerts(Protocol):
    """The alerts that stand."""

    def alerts(self, limit: int, after: str = "") -> Page[Alert]:
        """A page of them, by SKU."""


def left_to_sell(position: Position, today: str) -> int:
    """Units of all nodes that nobody has and that can be sold on the day `today` (ISO)."""
    return max(0, position.free(today) - position.selling.waiting)


def is_low(position: Position, today: str) -> bool:
    selling = position.selling
    return not selling.is_kit and left_to_sell(position, today) < selling.reorder_point


def view_of(alert: Alert) -> dict[str, Any]:
    """An alert as the API shows it."""
    return {
        "sku": alert.sku,
        "available": alert.available,
        "reorder_point": alert.reorder_point,
        "since": iso(alert.since),
    }
