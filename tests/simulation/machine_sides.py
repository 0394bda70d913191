"""What the engine has and does, in the reference's words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from oms.fulfilment.at_node import RejectShipment, ShipParcels, packed, picked
from oms.fulfilment.model import ParcelState, Shipment, ShipmentState
from oms.fulfilment.release import released
from oms.inventory.model import Claim as Claimed
from oms.inventory.shelves import OVERSOLD
from oms.kernel.ids import OrderId, shipment_id
from oms.orders.model import Order, Stage
from tests.simulation.laws import Books
from tests.simulation.reference import Reference
from tests.simulation.reference_stock import WITHHELD, Claim, Leg
from tests.simulation.reference_stock import Order as Placed
from tests.simulation.shop import Shop


def differences(
    shop: Shop, known: Reference, hold_ids: Sequence[str], order_ids: Sequence[OrderId]
) -> list[str]:
    """What the tables say otherwise than the reference."""
    books = Books(shop)
    levels: dict[tuple[str, str], Counter[str]] = {}
    for level in books.levels.values():
        there = levels.setdefault((level.sku, level.node), Counter())
        for bucket in ("on_hand", "reserved", *WITHHELD, "incoming", "oversold"):
            there[bucket] += getattr(level, bucket)
        there["available"] += level.available
    found = []
    for place in levels.keys() | known.stock.keys():
        mine = +Counter(known.stock[place]) + Counter(available=known.free(*place))
        if +levels.get(place, Counter()) != +mine:
            found.append(f"{place}: {dict(+levels[place])}, it should be {dict(+mine)}")
    holds = {each.reservation_id: each for each in books.holds}
    for name, cart in zip(hold_ids, known.carts, strict=True):
        hold = holds.pop(name)
        has = hold.state, hold.expires_at.timestamp(), claims_of(hold.claims)
        if has != (cart.state, cart.until, cart.claims):
            found.append(f"hold {name}: {has}, it should be {cart}")
    orders = {each.order_id: each for each in books.orders}
    for name, order in zip(order_ids, known.orders, strict=True):
        if wrong := _order_differs(orders.pop(name), order):
            found.append(f"order {name}: {wrong}, it should be {order}")
    return found + [f"nobody made {each}" for each in (*holds, *orders)]


def _order_differs(has: Order, order: Placed) -> str:
    legs = Counter[Leg]()
    for leg in has.legs:
        legs[leg.line_id, leg.sku, leg.node, leg.shelf == OVERSOLD] += leg.quantity
    lacks = Counter[str]()
    for each in has.waiting:
        lacks[each.sku] += each.units
    mine = {sku: n for sku in lacks.keys() | order.short.keys() if (n := order.lacks(sku))}
    same = (has.stage, legs, lacks) == (order.state, order.legs, mine)
    return "" if same else f"{has.stage} {dict(legs)} lacks {dict(lacks)}"


def claims_of(claims: Iterable[Claimed]) -> Counter[Claim]:
    units = Counter[Claim]()
    for each in claims:
        units[each.sku, each.node, each.shelf == OVERSOLD] += each.quantity
    return units


# --- what nodes do, each to be repeated as it is -------------------------------------------


def at_nodes(shop: Shop, name: OrderId) -> Order:
    order = shop.orders.load(name)
    if order.stage is not Stage.ALLOCATED:
        return order
    ready = replace(order, stage=Stage.CONFIRMED)
    return shop.orders.save(order, released(ready, "sweeper", shop.clock.now()))


def rejected(shop: Shop, name: OrderId, number: int) -> Stage:
    order = shop.orders.load(name)
    shipment = order.shipment(number)
    if shipment and shipment.is_live and shipment.state is not ShipmentState.SHIPPED:
        reject = RejectShipment(shop.orders, shop.stock, shop.clock)
        return reject(shipment_id(name, number), "node", "the roof leaks").stage
    return order.stage


def hand_over(shop: Shop, name: OrderId, sites: list[str]) -> Stage:
    order = at_nodes(shop, name)
    for shipment in order.shipments:
        if shipment.is_live and shipment.node in sites and shipment.state != ShipmentState.SHIPPED:
            if not shipment.parcels:
                before = shop.orders.load(name)
                shop.orders.save(before, before.with_shipment(_packed(shipment)))
            order = ShipParcels(shop.orders, shop.stock, shop.clock)(
                shipment_id(name, shipment.number), "node"
            )
    return order.stage


def _packed(shipment: Shipment) -> Shipment:
    full, parcel = packed(picked(shipment, None), None, lambda lines: 100)
    return full.with_parcel(replace(parcel, state=ParcelState.LABELLED, paid=True))
