"""Recalled and expired lots stay in the building, and every attempt to move one is on record."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import NoReturn

from oms.inventory.model import Level, LotBlocked
from oms.inventory.ports import StockReader
from oms.inventory.shelves import lot_name
from oms.kernel.ids import NodeId
from oms.orders.model import Leg, Order
from oms.orders.ports import OrderStore


def legs_at(order: Order, node: NodeId, line_ids: Collection[str]) -> list[Leg]:
    """The order's units at `node` that stand for these lines."""
    return [leg for leg in order.legs if leg.node == node and leg.line_id in line_ids]


def stopped(legs: Iterable[Leg], stock: StockReader, at: datetime) -> list[Level]:
    """The shelves of `legs` whose lot may not leave at that time. Reads only where lots are."""
    places = {(leg.sku, leg.node, leg.shelf) for leg in legs if lot_name(leg.shelf)}
    if not places:
        return []
    day = at.date().isoformat()
    return [level for level in stock.levels_at(places) if not level.may_leave(day)]


def refuse(
    orders: OrderStore,
    order: Order,
    number: int,
    lots: Sequence[Level],
    attempt: str,
    actor: str,
    at: datetime,
) -> NoReturn:
    """Put the attempt into the order's timeline, then raise LotBlocked.

    The way on is the shipment's `reject`: the order is routed again.
    """
    names = sorted({lot_name(level.shelf) for level in lots})
    skus = sorted({level.sku for level in lots})
    noted = order.noted(
        "LotRefused", actor, at, shipment=number, attempt=attempt, lots=names, skus=skus
    )
    orders.save(order, noted)
    raise LotBlocked(f"recalled or expired: lot {', '.join(names)} of {', '.join(skus)}")
