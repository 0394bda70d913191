"""Release: hand a confirmed order to its nodes, one shipment each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from oms.fulfilment.model import Shipment, ShipmentLine
from oms.kernel.ids import LineId, Sku, shipment_id
from oms.orders.model import Leg, Order
from oms.orders.transitions import moved


def released(order: Order, actor: str, at: datetime) -> Order:
    """`order` in the hands of its nodes. Raises Refused when a hold stands or it is too soon
    in its life. An order with nothing to ship is complete."""
    if not order.legs:
        return moved(order, "complete", actor, at)
    first = max((each.number for each in order.shipments), default=0) + 1
    nodes = sorted({leg.node for leg in order.legs})
    shipments = tuple(
        Shipment(
            number=number,
            node=node,
            lines=_lines(leg for leg in order.legs if leg.node == node),
            released_at=at,
        )
        for number, node in enumerate(nodes, first)
    )
    names = [shipment_id(order.order_id, each.number) for each in shipments]
    after = replace(order, shipments=(*order.shipments, *shipments))
    return moved(after, "release", actor, at, shipments=names, nodes=nodes)


def _lines(legs: Iterable[Leg]) -> tuple[ShipmentLine, ...]:
    """One line for people to pick, however many shelves its units stand on."""
    units: dict[tuple[LineId, Sku], int] = {}
    for leg in legs:
        units[leg.line_id, leg.sku] = units.get((leg.line_id, leg.sku), 0) + leg.quantity
    return tuple(ShipmentLine(line, sku, quantity) for (line, sku), quantity in units.items())
