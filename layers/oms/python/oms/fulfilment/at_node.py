"""What a node does with a shipment: pick, pack, hand over, or refuse it.

Each may be partial; quantities only move forward and never beyond what was released. A box
that is packed starts its own `shipment` workflow, which buys the label and takes the money.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from oms.fulfilment.lot_guard import legs_at, refuse, stopped
from oms.fulfilment.model import (
    Parcel,
    ParcelLine,
    ParcelState,
    Shipment,
    ShipmentState,
)
from oms.inventory.model import PLAIN, Product, Terms
from oms.kernel.clock import Clock
from oms.kernel.errors import FieldError, Invalid, NotFound, Refused
from oms.kernel.ids import LineId, NodeId, OrderId, Sku, order_of, shipment_id
from oms.kernel.unchanged import until_unchanged
from oms.orders.content import Content, kit_line
from oms.orders.hold import resumed
from oms.orders.model import Leg, Order, Stage
from oms.orders.ports import OrderStore, Stock
from oms.orders.promises import given_up, promised, without_promises
from oms.orders.transitions import may, moved
from oms.platform.unit import Write

Quantities = Mapping[str, int]  # by line id
Serials = Mapping[str, Sequence[str]]  # by line id
NO_SERIALS: Serials = {}
_AT_NODE = (Stage.RELEASED, Stage.PARTIALLY_SHIPPED)
DEFAULT_WEIGHT_G = 500  # of a product whose weight nobody entered


def workable(order: Order, number: int) -> Shipment:
    """Shipment `number`, if its node may work on it now. Raises NotFound or Refused."""
    shipment = order.shipment(number)
    if shipment is None:
        raise NotFound(f"no shipment {number} of order {order.order_id}")
    if not shipment.is_live or order.stage not in _AT_NODE:
        raise Refused(f"the shipment is {shipment.state}", "wrong-stage")
    if order.blocked:
        raise Refused("the order is on hold", "order-on-hold")
    return shipment


def picked(shipment: Shipment, quantities: Quantities | None) -> Shipment:
    """`shipment` with more units picked: those given, or all that are left."""
    left: dict[str, int] = {line.line_id: line.quantity - line.picked for line in shipment.lines}
    wanted = quantities or left
    _check(wanted, left, "pick")
    return replace(
        shipment,
        lines=tuple(
            replace(line, picked=line.picked + wanted.get(line.line_id, 0))
            for line in shipment.lines
        ),
    )


def packed(
    shipment: Shipment, quantities: Quantities | None, weight: Callable[[Sequence[ParcelLine]], int]
) -> tuple[Shipment, Parcel]:
    """`shipment` with one more parcel: of the units given, or of all picked and not packed."""
    loose: dict[str, int] = {line.line_id: line.picked - line.packed for line in shipment.lines}
    wanted = quantities or loose
    _check(wanted, loose, "pack")
    lines = tuple(
        ParcelLine(line.line_id, line.sku, wanted[line.line_id])
        for line in shipment.lines
        if wanted.get(line.line_id)
    )
    parcel = Parcel(len(shipment.parcels) + 1, lines, weight(lines))
    changed = replace(
        shipment,
        lines=tuple(
            replace(line, packed=line.packed + wanted.get(line.line_id, 0))
            for line in shipment.lines
        ),
    )
    return changed.with_parcel(parcel), parcel


def _check(wanted: Quantities, possible: Quantities, verb: str) -> None:
    if not any(wanted.values()):
        raise Refused(f"nothing left to {verb}", f"nothing-to-{verb}")
    errors = [
        FieldError(f"/lines/{line_id}", "too-many", f"{possible.get(line_id, 0)} left to {verb}")
        for line_id, quantity in wanted.items()
        if not 0 <= quantity <= possible.get(line_id, 0)
    ]
    if errors:
        raise Invalid(f"more than there is to {verb}", errors, "too-many")


@dataclass(frozen=True, slots=True)
class PickShipment:
    orders: OrderStore
    stock: Stock
    clock: Clock

    def __call__(self, shipment: str, actor: str, quantities: Quantities | None = None) -> Order:
        """Raises LotBlocked for units of a recalled or expired lot; the attempt is on record."""
        order_id, number = _parse(shipment)
        return until_unchanged(lambda: self._pick(order_id, number, actor, quantities))

    def _pick(
        self, order_id: OrderId, number: int, actor: str, quantities: Quantities | None
    ) -> Order:
        order, now = self.orders.load(order_id), self.clock.now()
        shipment = workable(order, number)
        changed = picked(shipment, quantities)
        lines = {line.line_id for line in {*changed.lines} - {*shipment.lines}}
        if lots := stopped(legs_at(order, shipment.node, lines), self.stock, now):
            refuse(self.orders, order, number, lots, "pick", actor, now)
        after = order.with_shipment(changed)
        note = after.noted("ShipmentPicked", actor, now, shipment=number, quantities=quantities)
        return self.orders.save(order, note)


@dataclass(frozen=True, slots=True)
class PackShipment:
    orders: OrderStore
    stock: Stock
    clock: Clock

    def __call__(
        self,
        shipment: str,
        actor: str,
        quantities: Quantities | None = None,
        serials: Serials = NO_SERIALS,
    ) -> Order:
        """`serials` name the units of a line that goes into the box; optional. Raises LotBlocked
        as picking does, SerialUnknown and SerialShipped."""
        order_id, number = _parse(shipment)
        return until_unchanged(lambda: self._pack(order_id, number, actor, quantities, serials))

    def _pack(
        self,
        order_id: OrderId,
        number: int,
        actor: str,
        quantities: Quantities | None,
        serials: Serials,
    ) -> Order:
        order, content = self.orders.load_with_content(order_id)
        shipment = workable(order, number)
        products = self.stock.products({line.sku for line in shipment.lines})
        changed, parcel = packed(shipment, quantities, lambda lines: weight_of(lines, products))
        parcel = replace(parcel, lines=kits_counted(parcel.lines, order, content))
        parcel = replace(parcel, lines=with_serials(parcel.lines, serials))
        now, lines = self.clock.now(), {line.line_id for line in parcel.lines}
        if lots := stopped(legs_at(order, shipment.node, lines), self.stock, now):
            refuse(self.orders, order, number, lots, "pack", actor, now)
        note = order.with_shipment(changed.with_parcel(parcel)).noted(
            "ParcelPacked",
            actor,
            now,
            shipment=number,
            parcel=parcel.number,
            weight_g=parcel.weight_g,
        )
        here = [
            self.stock.serials.in_stock(line.sku, serial, shipment.node)
            for line in parcel.lines
            for serial in line.serials
        ]
        return self.orders.save(order, note, also=here)


def with_serials(lines: Sequence[ParcelLine], serials: Serials) -> tuple[ParcelLine, ...]:
    """`lines` of a box with the serials of their units. Raises Invalid `serials-differ` unless
    each line that is named has one serial of its own for each unit."""
    units = {line.line_id: line.quantity for line in lines}
    errors = [
        FieldError(f"/lines/{line_id}/serials", "serials-differ", "one of its own for each unit")
        for line_id, names in serials.items()
        if not len(names) == len(set(names)) == units.get(LineId(line_id), 0)
    ]
    if errors:
        raise Invalid("the serials do not fit the units", errors, "serials-differ")
    return tuple(replace(line, serials=tuple(serials.get(line.line_id, ()))) for line in lines)


def kits_counted(
    lines: Sequence[ParcelLine], order: Order, content: Content
) -> tuple[ParcelLine, ...]:
    """`lines` of a new box of `order`, each part of a kit with the kits that it completes."""
    boxed: dict[str, int] = {}
    for shipment in order.shipments:
        for parcel in shipment.parcels if shipment.is_live else ():
            for line in parcel.lines:
                boxed[line.line_id] = boxed.get(line.line_id, 0) + line.quantity

    def completed(line: ParcelLine) -> int:
        before = boxed.get(line.line_id, 0)
        after = content.whole_units(line.line_id, before + line.quantity)
        return after - content.whole_units(line.line_id, before)

    return tuple(
        replace(line, whole=completed(line)) if kit_line(line.line_id)[1] else line
        for line in lines
    )


def restarted(order: Order, actor: str, at: datetime) -> Order:
    """Ask again for the workflow of every parcel that has not been through it."""
    for shipment in order.shipments:
        for parcel in shipment.unfinished:
            order = order.noted(
                "ParcelPacked", actor, at, shipment=shipment.number, parcel=parcel.number
            )
    return order


def weight_of(lines: Sequence[ParcelLine], products: Mapping[Sku, Product]) -> int:
    """Grams of the goods; a product without a weight counts as half a kilogram."""
    return sum(
        line.quantity * ((p.weight_g if (p := products.get(line.sku)) else 0) or DEFAULT_WEIGHT_G)
        for line in lines
    )


@dataclass(frozen=True, slots=True)
class ShipParcels:
    """Hand labelled parcels to the carrier: they leave the building and the stock."""

    orders: OrderStore
    stock: Stock
    clock: Clock

    def __call__(self, shipment: str, actor: str, parcel: int | None = None) -> Order:
        """One parcel, or every one that has its label. Raises Refused `no-label`."""
        order_id, number = _parse(shipment)
        return until_unchanged(lambda: self._ship(order_id, number, actor, parcel))

    def _ship(self, order_id: OrderId, number: int, actor: str, parcel: int | None) -> Order:
        order, now = self.orders.load(order_id), self.clock.now()
        ready = ready_parcels(workable(order, number), parcel)
        after, legs = handed_over(order, number, ready, actor, now)
        if lots := stopped(legs, self.stock, now):
            refuse(self.orders, order, number, lots, "ship", actor, now)
        gone = gone_from_stock(self.stock, order, after, legs, number, actor, now, seen=False)
        return self.orders.save(order, after, also=gone)


def gone_from_stock(
    stock: Stock,
    before: Order,
    after: Order,
    legs: Sequence[Leg],
    number: int,
    actor: str,
    at: datetime,
    *,
    seen: bool = True,
) -> list[Write]:
    """The writes by which `legs` of shipment `number`, and their serials, leave the books.

    `seen`: the carrier has them in hand, so their serials and lots are not asked about any more.
    """
    name = shipment_id(before.order_id, number)
    terms = PLAIN if seen else Terms(on=at.date().isoformat())
    consumed = stock.consume(legs, name, actor, at, terms=terms)
    left = [
        write
        for line in _left(before, after, number)
        for write in stock.serials.shipped(line.sku, line.serials, name, seen=seen)
    ]
    return [*consumed, *left, *stock.in_line(before.waiting, after.waiting)]


def _left(before: Order, after: Order, number: int) -> list[ParcelLine]:
    """What lay in the parcels that are gone now and were not before."""
    was, now = (each.shipment(number) for each in (before, after))
    there = {box.number for box in was.parcels if box.shipped_at} if was else set()
    boxes = [box for box in now.parcels if box.shipped_at] if now else []
    return [line for box in boxes if box.number not in there for line in box.lines]


def ready_parcels(shipment: Shipment, parcel: int | None) -> tuple[Parcel, ...]:
    """The labelled and paid parcels of `shipment`, or just the one asked for.

    Raises Refused `no-label`.
    """
    ready = tuple(
        each
        for each in shipment.parcels
        if each.state is ParcelState.LABELLED and each.paid and parcel in (None, each.number)
    )
    if not ready:
        raise Refused("no parcel with a label is waiting to be handed over", "no-label")
    return ready


def handed_over(
    order: Order, number: int, parcels: Sequence[Parcel], actor: str, at: datetime
) -> tuple[Order, tuple[Leg, ...]]:
    """`order` with `parcels` gone, and the legs whose stock left with them."""
    shipment = order.shipment(number)
    if shipment is None:
        raise NotFound(f"no shipment {number}")
    for parcel in parcels:
        gone = replace(parcel, state=ParcelState.SHIPPED, shipped_at=at)
        shipment = shipment.with_parcel(gone)
    units = [line for parcel in parcels for line in parcel.lines]
    gone_legs, rest = _parted(order.legs, units, shipment.node)
    order = order.on_time().with_shipment(shipment)
    after = promised(order, rest, since=at)
    return moved(
        after,
        "ship_part" if after.legs else "ship",
        actor,
        at,
        shipment=number,
        parcels=[parcel.number for parcel in parcels],
        tracking=[parcel.tracking_number for parcel in parcels],
    ), gone_legs


def _parted(
    legs: Sequence[Leg], units: Sequence[ParcelLine], node: NodeId
) -> tuple[tuple[Leg, ...], tuple[Leg, ...]]:
    """`legs` as those that `units` fill, with the shelves they stood on, and the rest."""
    left: dict[str, int] = {}
    for line in units:
        left[line.line_id] = left.get(line.line_id, 0) + line.quantity
    gone, rest = list[Leg](), list[Leg]()
    for leg in legs:
        taken = min(leg.quantity, left.get(leg.line_id, 0)) if leg.node == node else 0
        if taken:
            left[leg.line_id] -= taken
            gone.append(replace(leg, quantity=taken))
        if leg.quantity > taken:
            rest.append(replace(leg, quantity=leg.quantity - taken))
    if any(left.values()):
        raise RuntimeError("units left the building that were never reserved there")
    return tuple(gone), tuple(rest)


@dataclass(frozen=True, slots=True)
class RejectShipment:
    """The node cannot do it. Its stock promise is given back, and the order is routed again
    round that node. With other shipments under way that is a decision for a person."""

    orders: OrderStore
    stock: Stock
    clock: Clock

    def __call__(self, shipment: str, actor: str, reason: str) -> Order:
        order_id, number = _parse(shipment)
        return until_unchanged(lambda: self._reject(order_id, number, actor, reason))

    def _reject(self, order_id: OrderId, number: int, actor: str, reason: str) -> Order:
        order, now = self.orders.load(order_id), self.clock.now()
        shipment = workable(order, number)
        if shipment.untouchable or not self._alone(order, number) or not may(order, "reroute"):
            raise Refused("other parcels of the order are under way", "already-under-way")
        ended = order.with_shipment(replace(shipment, ended=ShipmentState.REJECTED))
        ended = replace(without_promises(ended), avoid_nodes=(*order.avoid_nodes, shipment.node))
        after = moved(
            ended, "reroute", actor, now, shipment=number, node=shipment.node, reason=reason
        )
        reference = shipment_id(order_id, number)
        freed = given_up(self.stock, order, after, reference, actor, self.clock)
        return self.orders.save(order, resumed(after, actor, now), also=freed)

    @staticmethod
    def _alone(order: Order, number: int) -> bool:
        return not any(each.is_live for each in order.shipments if each.number != number)


def _parse(shipment: str) -> tuple[OrderId, int]:
    try:
        return order_of(shipment)
    except ValueError:
        raise NotFound(f"no shipment {shipment}") from None
