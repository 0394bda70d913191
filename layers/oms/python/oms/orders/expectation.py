"""When a backordered order can expect what it lacks."""

from __future__ import annotations

from datetime import date

from oms.inventory.waiting import Need, Waiting, demand_before
from oms.orders.model import Order
from oms.orders.ports import Stock
from oms.routing.promise import expected_from_incoming, lead_time_date


def expected_on(order: Order, stock: Stock, today: date) -> str:
    """The day (ISO) by which all that `order` waits for should be there; empty when unknown.

    What is on its way goes to those before it in line first, so a later order cannot take the
    day away that an earlier one was told.
    """
    days = [_day(each, stock, today) for each in order.waiting if each.need is Need.SHORT]
    return "" if not days or "" in days else max(days)


def _day(place: Waiting, stock: Stock, today: date) -> str:
    coming = [
        (date.fromisoformat(each.expected_on), each.units)
        for each in stock.incoming(place.sku)
        # What is overdue may come or not: no day can rest on it.
        if each.expected_on and each.expected_on >= today.isoformat()
    ]
    line = stock.line(place.sku)
    before = demand_before(line, place.order_id, place.priority) if coming else 0
    day = expected_from_incoming(coming, before, place.units) or lead_time_date(
        today, stock.selling([place.sku])[place.sku].lead_days
    )
    return day.isoformat() if day else ""
