"""Orders in the waiting line, when what they wait for has come.

`resume` asks for the next intake run of an order that could be promised more than it is.
`back` puts units that are there now behind units that were promised beyond stock.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from oms.inventory.model import Level, OutOfStock
from oms.inventory.selling import SellingPolicy
from oms.inventory.shelves import GENERAL, OVERSOLD
from oms.kernel.clock import Clock
from oms.kernel.errors import NotFound
from oms.kernel.ids import OrderId, Sku
from oms.kernel.unchanged import until_unchanged
from oms.orders.content import Content
from oms.orders.displace import restored
from oms.orders.hold import resumed
from oms.orders.model import INTAKE, Leg, Order, Stage
from oms.orders.ports import OrderStore, Stock
from oms.orders.promises import buyer_of, later, merged, units_by_sku, waiting_for, wanted
from oms.platform.unit import Write
from oms.routing.facts import Buyer
from oms.routing.route import route

ACTOR = "stock"


@dataclass(frozen=True, slots=True)
class WakeOrder:
    """`Waiters`: the two ways in which stock that came in reaches an order."""

    orders: OrderStore
    stock: Stock
    clock: Clock

    def resume(self, order_id: OrderId) -> Mapping[Sku, int]:
        """The units that the order would get, by SKU; empty leaves it as it is."""
        return until_unchanged(lambda: self._resume(order_id))

    def _resume(self, order_id: OrderId) -> Mapping[Sku, int]:
        now = self.clock.now()
        try:
            order, content = self.orders.load_with_content(order_id)
        except NotFound:
            return {}
        too_early = later(content, now.date())
        if order.stage is not Stage.BACKORDERED or order.blocked or too_early:
            return {}
        plan = route(wanted(order, content), buyer_of(order, content, now), stock=self.stock)
        units = units_by_sku(plan.legs)
        if units or not plan.shortages:
            self.orders.save(order, resumed(order, ACTOR, now))
        return units

    def back(self, order_id: OrderId, sku: Sku) -> int:
        """How many units of `sku` that were promised beyond stock have real ones now."""
        try:
            return until_unchanged(lambda: self._back(order_id, sku))
        except OutOfStock:
            return 0  # somebody was faster; what comes next is offered again

    def _back(self, order_id: OrderId, sku: Sku) -> int:
        try:
            order, content = self.orders.load_with_content(order_id)
        except NotFound:
            return 0
        levels, now = self.stock.levels(sku), self.clock.now()
        buyer, policy, total = buyer_of(order, content, now), self.stock.policy(), 0
        for leg in [each for each in order.legs if (each.sku, each.shelf) == (sku, OVERSOLD)]:
            open_levels = _open(levels, policy, buyer)
            for swap in _swaps(order, leg, open_levels):
                order = self._swapped(order, content, swap, now)
                levels = self.stock.levels(sku)
                total += swap.to.quantity
        return total

    def _swapped(self, order: Order, content: Content, swap: _Swap, now: datetime) -> Order:
        """One swap, in one transaction: the units, the order, its place in line."""
        legs = merged([*_without(order.legs, swap), swap.to])
        after = replace(order, legs=legs, waiting=waiting_for(order, legs)).noted(
            "StockBacked", ACTOR, now, sku=swap.to.sku, units=swap.to.quantity, node=swap.to.node
        )
        after = restored(after, ACTOR, now)
        writes = [*self._moved(order, swap, now), *self.stock.in_line(order.waiting, after.waiting)]
        return self.orders.save(order, after, also=writes)

    def _moved(self, order: Order, swap: _Swap, now: datetime) -> list[Write]:
        if swap.in_place:
            return self.stock.back([swap.beyond], order.order_id, ACTOR, now)
        return [
            *self.stock.release([swap.beyond], order.order_id, ACTOR, now),
            *self.stock.reserve([swap.to], order.order_id, ACTOR, now),
        ]


@dataclass(frozen=True, slots=True)
class _Swap:
    """Part of a leg beyond stock, and the leg of real units that takes its place."""

    beyond: Leg
    to: Leg

    @property
    def in_place(self) -> bool:
        """The real units stand in the very row in which the promise is counted."""
        return (self.beyond.node, GENERAL) == (self.to.node, self.to.shelf)


def _open(levels: Sequence[Level], policy: SellingPolicy, buyer: Buyer) -> list[Level]:
    """The shelves with units that the buyer may have."""
    return [
        each
        for each in levels
        if each.available > 0
        and policy.may_take(each, buyer.channel, buyer.on)
        and each.keeps_past(buyer.fresh_until)
    ]


def _swaps(order: Order, leg: Leg, levels: Sequence[Level]) -> Iterator[_Swap]:
    """What of `leg` the `levels` can stand for, its own node first.

    At another node only as long as no node has been told of the order.
    """
    movable = order.stage in (*INTAKE, Stage.CONFIRMED)
    missing = leg.quantity
    for level in sorted(levels, key=lambda each: (each.node != leg.node, each.node, each.shelf)):
        units = min(missing, level.available)
        if units > 0 and (movable or level.node == leg.node):
            to = replace(leg, node=level.node, shelf=level.shelf, quantity=units)
            yield _Swap(replace(leg, quantity=units), to)
            missing -= units


def _without(legs: Sequence[Leg], swap: _Swap) -> Iterator[Leg]:
    """`legs` less what is swapped."""
    left = swap.beyond.quantity
    for leg in legs:
        same = (leg.line_id, leg.node, leg.shelf) == (
            swap.beyond.line_id,
            swap.beyond.node,
            OVERSOLD,
        )
        taken = min(left, leg.quantity) if same else 0
        left -= taken
        if leg.quantity > taken:
            yield replace(leg, quantity=leg.quantity - taken)
