"""Hand over: a sale in a store, whose goods the customer took home.

One transaction closes the order and takes the units off the store's books. Nothing is refused for
want of units: they are gone. Who is promised units that are not there any more loses them in that
same transaction (`displace.py`), so no figure is ever a lie. A repeat meets a closed order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from oms.inventory.counter_sale import MOST_SKUS, Sold, sold
from oms.inventory.model import InsufficientStock, Movement, Reason, movements_of
from oms.inventory.ports import Holds
from oms.inventory.reservation import HoldEnded, Reservation
from oms.inventory.selling import Mode
from oms.kernel.clock import Clock
from oms.kernel.errors import VersionConflict
from oms.kernel.ids import NodeId, OrderId, Sku, new_ulid
from oms.orders.content import Content
from oms.orders.displace import Claimants, Loss, displaced, losses, movements_of_loss
from oms.orders.model import Order
from oms.orders.ports import OrderStore, Stock
from oms.orders.promises import units_by_sku, wanted, with_parts
from oms.orders.step import Outcome, Run
from oms.orders.transitions import moved
from oms.platform.unit import Write

_MOST_WRITES = 98  # of 100: the order and its content come with them


class TooManyAtOnce(Exception):
    """One transaction does not hold the sale."""


@dataclass(frozen=True, slots=True)
class _Sale:
    """One sale as its books are: what is taken off, and who loses it."""

    order: Order
    content: Content
    taken: tuple[Sold, ...]
    lost: tuple[Loss, ...]
    run: Run
    now: datetime

    @property
    def node(self) -> NodeId:
        return NodeId(self.content.handed_over_at)

    @property
    def unbooked(self) -> dict[Sku, int]:
        """Units that were sold, and that the books did not have."""
        return {each.sku: each.short for each in self.taken if each.short}


@dataclass(frozen=True, slots=True)
class HandOver:
    orders: OrderStore
    stock: Stock
    holds: Holds
    claimants: Claimants
    clock: Clock

    def problem(self, order: Order, content: Content) -> str:
        """Why the sale cannot be booked as it stands, in words for a person; empty if it can."""
        node = content.handed_over_at
        if node not in {each.node_id for each in self.stock.nodes()}:
            return f"sold at {node or 'no store'}, which is no node"
        if len(units_by_sku(wanted(order, with_parts(content, self.stock)))) > MOST_SKUS:
            return f"more than {MOST_SKUS} SKUs: adjust the stock by hand, then cancel"
        return ""

    def __call__(self, order: Order, stored: Content, run: Run) -> Outcome:
        """Raises VersionConflict when anything changed meanwhile: look again."""
        content = with_parts(stored, self.stock)
        sale = self._sale(order, content, run)
        writes = self._writes(sale)
        if len(writes) > _MOST_WRITES:
            raise TooManyAtOnce(order.order_id)
        try:
            self.orders.save(
                order, _closed(sale), content=None if content == stored else content, also=writes
            )
        except (InsufficientStock, HoldEnded) as rival:
            raise VersionConflict("the store's stock moved meanwhile") from rival
        return Outcome.ENDED

    def _sale(self, order: Order, content: Content, run: Run) -> _Sale:
        units = units_by_sku(wanted(order, content))
        if self.stock.policy().channel(order.channel).mode is Mode.NONE:
            units = {}  # nobody counts
        node, taken, lost = NodeId(content.handed_over_at), list[Sold](), list[Loss]()
        for sku, number in sorted(units.items()):
            there = [each for each in self.stock.levels(sku) if each.node == node]
            own = sold(sku, number, there)
            losing = losses(sku, node, own.short, self.claimants) if own.short else []
            for loss in losing:
                own = own.without(loss.shelf, loss.units)
            taken.append(own)
            lost += losing
        return _Sale(order, content, tuple(taken), tuple(lost), run, self.clock.now())

    # --- writing -----------------------------------------------------------------------

    def _writes(self, sale: _Sale) -> list[Write]:
        carts = {loss.cart.reservation_id: loss.cart for loss in sale.lost if loss.cart}
        movements = [*_off_the_books(sale), *_given_up(sale, list(carts.values()))]
        ended = [self.holds.released(cart, sale.now) for cart in carts.values()]
        return [*self.stock.book_together(movements), *ended, *self._of_losers(sale)]

    def _of_losers(self, sale: _Sale) -> list[Write]:
        """The orders that lose units, and their places in line."""
        writes, before, after = list[Write](), list[Order](), list[Order]()
        for losing in _by_order(sale.lost):
            order, content = losing[0].order, losing[0].content
            assert order and content, "an order that loses units was read"
            changed = _told(displaced(order, content, losing, sale.now), losing, sale)
            writes.append(self.orders.changed(order, changed))
            before.append(order)
            after.append(changed)
        in_line = self.stock.in_line(
            [place for each in before for place in each.waiting],
            [place for each in after for place in each.waiting],
        )
        return [*writes, *in_line]


def _off_the_books(sale: _Sale) -> list[Movement]:
    return [
        Movement(
            new_ulid(sale.now),
            each.sku,
            sale.node,
            changes,
            Reason.COUNTER_SALE,
            sale.order.order_id,
            sale.run.actor,
            sale.now,
            shelf,
        )
        for each in sale.taken
        for shelf, changes in each.changes.items()
    ]


def _given_up(sale: _Sale, carts: Sequence[Reservation]) -> list[Movement]:
    actor, now = sale.run.actor, sale.now
    of_carts = [
        move
        for cart in carts
        for move in movements_of(cart.claims, Reason.RELEASE, cart.reservation_id, actor, now)
    ]
    of_orders = [m for each in sale.lost if each.order for m in movements_of_loss(each, actor, now)]
    return [*of_carts, *of_orders]


def _by_order(lost: Sequence[Loss]) -> list[list[Loss]]:
    found: dict[OrderId, list[Loss]] = {}
    for loss in lost:
        if loss.order:
            found.setdefault(loss.order.order_id, []).append(loss)
    return list(found.values())


def _told(loser: Order, losing: Sequence[Loss], sale: _Sale) -> Order:
    units = Counter[Sku]()
    for loss in losing:
        units[loss.sku] += loss.units
    return loser.noted(
        "StockRanShort",
        sale.run.actor,
        sale.now,
        node=sale.node,
        short=dict(units),
        sold_in=sale.order.order_id,
    )


def _closed(sale: _Sale) -> Order:
    after = moved(
        sale.order,
        "hand_over",
        sale.run.actor,
        sale.now,
        run=sale.run.name,
        outcome=Outcome.ENDED,
        node=sale.node,
        displaced=sorted({each.order.order_id for each in sale.lost if each.order}) or None,
        carts_ended=sorted({each.cart.reservation_id for each in sale.lost if each.cart}) or None,
    )
    if not sale.unbooked:
        return after
    return after.noted(
        "StockRanShort", sale.run.actor, sale.now, node=sale.node, unbooked=sale.unbooked
    )
