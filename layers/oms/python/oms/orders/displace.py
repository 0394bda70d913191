"""Who loses units that were promised and are gone: carts first, then the youngest orders.

A cart simply ends. An order keeps its promise, as one beyond stock: it stands in the waiting line,
so real units from anywhere reach it before anybody new, and it is held with a task until they do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from oms.inventory.model import Movement, Reason, Units, movements_of
from oms.inventory.reservation import Reservation
from oms.inventory.shelves import OVERSOLD, UNTRACKED, Shelf
from oms.inventory.waiting import Need, Waiting
from oms.kernel.ids import NodeId, Sku
from oms.orders.content import Content
from oms.orders.hold import resumed, without_hold
from oms.orders.model import HoldKind, Leg, Order, Stage
from oms.orders.promises import merged, waiting_for

_AT_NODE = (Stage.RELEASED, Stage.PARTIALLY_SHIPPED)


class Claimants(Protocol):
    """Who the units of a SKU at a node are promised to. Reads are consistent."""

    def carts(self, sku: Sku, node: NodeId) -> Sequence[Reservation]: ...

    def orders(self, sku: Sku, node: NodeId) -> Sequence[tuple[Order, Content]]: ...


@dataclass(frozen=True, slots=True)
class Loss:
    """`units` of `sku` at `node` that `order` or `cart` is to lose from `shelf`."""

    sku: Sku
    node: NodeId
    shelf: Shelf
    units: int
    order: Order | None = None
    content: Content | None = None
    cart: Reservation | None = None


def losses(sku: Sku, node: NodeId, units: int, claimants: Claimants) -> list[Loss]:
    """Who loses `units` of `sku` at `node`; less when not so many are promised there.

    A cart that loses one unit loses all: what it held of other shelves is free then.
    """
    found, left = list[Loss](), units
    for loss in _candidates(sku, node, claimants):
        taken = min(left, loss.units)
        if taken:
            found.append(replace(loss, units=taken))
            left -= taken
    return found


def _candidates(sku: Sku, node: NodeId, claimants: Claimants) -> Iterator[Loss]:
    for cart in claimants.carts(sku, node):
        for claim in _real(cart.claims, sku, node):
            yield Loss(sku, node, claim.shelf, claim.quantity, cart=cart)
    known = [each for each in claimants.orders(sku, node) if not _set_aside(each[0], node)]
    for order, content in sorted(known, key=_youngest_first):
        for leg in _real(order.legs, sku, node):
            yield Loss(sku, node, leg.shelf, leg.quantity, order, content)


def _real(claims: Iterable[Units | Leg], sku: Sku, node: NodeId) -> list[Units | Leg]:
    """The claims on units that lie there."""
    beyond = (OVERSOLD, UNTRACKED)
    return [e for e in claims if (e.sku, e.node) == (sku, node) and e.shelf not in beyond]


def _set_aside(order: Order, node: NodeId) -> bool:
    """Its units were picked: they are not the ones that a customer took off the shelf."""
    there = (each for each in order.shipments if each.is_live and each.node == node)
    return any(each.parcels or any(line.picked for line in each.lines) for each in there)


def _youngest_first(known: tuple[Order, Content]) -> tuple[bool, float]:
    order, _ = known
    return order.stage in _AT_NODE, -order.captured_at.timestamp()


def displaced(order: Order, content: Content, lost: Sequence[Loss], at: datetime) -> Order:
    """`order` with what it lost promised beyond stock, in line for it, and held."""
    legs = order.legs
    for loss in lost:
        legs = merged(_moved(legs, loss))
    after = replace(order, legs=legs)
    places = {(each.need, each.sku): each for each in waiting_for(after, legs)}
    for sku in {loss.sku for loss in lost} - {sku for need, sku in places if need is Need.OVERSOLD}:
        places[Need.OVERSOLD, sku] = _place(order, content, sku, legs)
    after = replace(after, waiting=tuple(places.values()))
    for loss in lost:
        why = f"{loss.units} {loss.sku} promised from {loss.node} were sold there"
        after = after.with_hold(HoldKind.SHORTAGE, why, at, None, loss.sku)
    return after


def _moved(legs: Iterable[Leg], loss: Loss) -> Iterator[Leg]:
    left = loss.units
    for leg in legs:
        same = (leg.sku, leg.node, leg.shelf) == (loss.sku, loss.node, loss.shelf)
        taken = min(left, leg.quantity) if same else 0
        left -= taken
        if leg.quantity > taken:
            yield replace(leg, quantity=leg.quantity - taken)
        if taken:
            yield replace(leg, quantity=taken, shelf=OVERSOLD)


def _place(order: Order, content: Content, sku: Sku, legs: Iterable[Leg]) -> Waiting:
    """As old as the order: it had its promise before whoever came since."""
    units = sum(e.quantity for e in legs if (e.sku, e.shelf) == (sku, OVERSOLD))
    return Waiting(
        sku,
        order.order_id,
        units,
        order.captured_at,
        content.priority,
        content.ship_complete,
        Need.OVERSOLD,
    )


def movements_of_loss(loss: Loss, actor: str, at: datetime) -> list[Movement]:
    """What an order's loss does to the books; a cart's is its release."""
    assert loss.order, "only an order keeps its promise"
    units, reference = Units(loss.sku, loss.node, loss.units, loss.shelf), loss.order.order_id
    beyond = replace(units, shelf=OVERSOLD)
    return [
        *movements_of([units], Reason.RELEASE, reference, actor, at),
        *movements_of([beyond], Reason.RESERVATION, reference, actor, at),
    ]


def restored(order: Order, actor: str, at: datetime) -> Order:
    """`order` without the holds of shortages that are over; it goes on when none is left."""
    beyond = {leg.sku for leg in order.legs if leg.shelf == OVERSOLD}
    over = [
        hold
        for hold in order.holds
        if hold.kind is HoldKind.SHORTAGE and hold.subject not in beyond
    ]
    if not over:
        return order
    for hold in over:
        order = without_hold(order, hold.number, actor, at, "the units are there")
    return resumed(order, actor, at)
