"""Whom the units of a SKU at a node are promised to: from its movements, then from themselves."""

from __future__ import annotations

from collections.abc import Iterable

from oms.inventory.checkpoint_store import MovementSums
from oms.inventory.holds_store import DynamoHolds
from oms.inventory.reservation import HoldState, Reservation
from oms.inventory.store import DynamoStock
from oms.inventory.sums import summed
from oms.kernel.errors import NotFound
from oms.kernel.ids import NodeId, Sku
from oms.orders.content import Content
from oms.orders.model import Order
from oms.orders.store import DynamoOrders

MOST_LOOKED_AT = 200  # of those who hold units, the newest first


class DynamoClaimants:
    """Answers `oms.orders.displace.Claimants`. Movements name who reserved; the order or the cart
    itself says whether it still holds."""

    def __init__(
        self, sums: MovementSums, stock: DynamoStock, holds: DynamoHolds, orders: DynamoOrders
    ) -> None:
        self._sums, self._stock, self._holds, self._orders = sums, stock, holds, orders

    def carts(self, sku: Sku, node: NodeId) -> list[Reservation]:
        found = (self._hold(name) for name in self._references(sku, node))
        return [each for each in found if each and each.state is HoldState.HELD]

    def orders(self, sku: Sku, node: NodeId) -> list[tuple[Order, Content]]:
        """An order that took over a cart's hold is found under the cart's name."""
        names = self._references(sku, node)
        holds = ((name, self._hold(name)) for name in names)
        ids = {hold.order_id or "" if hold else name for name, hold in holds}
        return list(self._orders.load_many(sorted(ids - {""})).values())

    def _references(self, sku: Sku, node: NodeId) -> list[str]:
        claims = self._claims(sku)
        at_node = {name for name, where in claims if where == node}
        return sorted(at_node, reverse=True)[:MOST_LOOKED_AT]

    def _claims(self, sku: Sku) -> Iterable[tuple[str, NodeId]]:
        start = self._sums.checkpoint(sku)
        parts = max(start.parts, self._stock.selling([sku])[sku].parts)
        sums = summed(start, self._sums.movements(sku, parts, start.upto))
        return [
            (reference, place[1])
            for (reference, place), held in sums.claims.items()
            if held.reserved > held.oversold
        ]

    def _hold(self, name: str) -> Reservation | None:
        try:
            return self._holds.get(name)
        except NotFound:
            return None
