"""What an order is promised, and what it still waits for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Protocol

from oms.inventory.shelves import OVERSOLD
from oms.inventory.waiting import NORMAL_PRIORITY, Need, Waiting
from oms.kernel.clock import Clock
from oms.kernel.ids import Sku
from oms.orders.content import Content, Part
from oms.orders.model import Leg, Order
from oms.orders.ports import Stock
from oms.platform.unit import Write
from oms.routing.facts import Buyer, Wanted
from oms.routing.model import Shortage, line_order


def wanted(order: Order, content: Content) -> tuple[Wanted, ...]:
    """The lines that need a node, less what the order is promised already.

    A kit of which parts are promised is there as its missing parts.
    """
    held: dict[str, int] = {}
    for leg in order.legs:
        held[leg.line_id] = held.get(leg.line_id, 0) + leg.quantity
    parts: dict[str, list[Part]] = {}
    for part in content.parts:
        parts.setdefault(part.line_id, []).append(part)
    asked = list[Wanted]()
    for line in content.shippable:
        if line.line_id in parts:
            asked += (Wanted(p.name, p.sku, p.per_kit * line.quantity) for p in parts[line.line_id])
        else:
            asked.append(Wanted(line.line_id, line.sku, line.quantity))
    left = (replace(w, quantity=w.quantity - held.get(w.line_id, 0)) for w in asked)
    return tuple(each for each in left if each.quantity > 0)


def with_parts(content: Content, stock: Stock) -> Content:
    """`content` with the parts of its kits, as they are from now on for this order."""
    if content.parts or not content.shippable:
        return content
    selling = stock.selling({line.sku for line in content.shippable})
    parts = tuple(
        Part(line.line_id, number, part.sku, part.quantity)
        for line in content.shippable
        for number, part in enumerate(selling[line.sku].components, 1)
    )
    return replace(content, parts=parts)


def buyer_of(order: Order, content: Content, now: datetime) -> Buyer:
    today = now.date()
    fresh = (today + timedelta(days=content.fresh_days)).isoformat() if content.fresh_days else ""
    return Buyer(
        channel=order.channel,
        destination=content.shipping_address,
        avoid=frozenset(order.avoid_nodes),
        order_id=order.order_id,
        ship_complete=content.ship_complete,
        priority=content.priority,
        seed=order.order_id,
        at=now,
        on=today.isoformat(),
        fresh_until=fresh,
    )


def later(content: Content, today: date) -> str:
    """The day (ISO) before which the order locks no stock; empty when that is past or unset."""
    days = (line.reserve_after for line in content.shippable)
    latest = max(days, default="")
    return latest if latest > today.isoformat() else ""


def promised(
    order: Order,
    legs: Sequence[Leg],
    shortages: Iterable[Shortage] = (),
    *,
    since: datetime,
    content: Content | None = None,
) -> Order:
    """`order` with these legs, in line for what is short and for what is beyond stock.

    Who stood in line before keeps the place.
    """
    priority = content.priority if content else NORMAL_PRIORITY
    complete = bool(content and content.ship_complete)
    lacks = {Need.SHORT: units_by_sku(shortages), Need.OVERSOLD: units_by_sku(_beyond(legs))}
    known = {(each.need, each.sku): each for each in order.waiting}
    first = min((each.since for each in order.waiting), default=since)
    places = tuple(
        replace(known[need, sku], units=units)
        if (need, sku) in known
        else Waiting(sku, order.order_id, units, first, priority, complete, need)
        for need, units_of in lacks.items()
        for sku, units in sorted(units_of.items())
    )
    return replace(order, legs=merged(legs), waiting=places)


def waiting_for(order: Order, legs: Sequence[Leg]) -> tuple[Waiting, ...]:
    """The places of `order` in line when its legs are `legs` and it lacks what it lacked."""
    beyond = units_by_sku(_beyond(legs))
    places = (
        each if each.need is Need.SHORT else replace(each, units=beyond.get(each.sku, 0))
        for each in order.waiting
    )
    return tuple(each for each in places if each.units)


def merged(legs: Iterable[Leg]) -> tuple[Leg, ...]:
    """`legs` in their order, those of one line on one shelf as one."""
    found: dict[tuple[str, str, str], Leg] = {}
    for leg in legs:
        place = leg.line_id, leg.node, leg.shelf
        same = found.get(place)
        found[place] = replace(leg, quantity=leg.quantity + same.quantity) if same else leg
    return tuple(
        sorted(found.values(), key=lambda leg: (line_order(leg.line_id), leg.node, leg.shelf))
    )


def _beyond(legs: Iterable[Leg]) -> list[Leg]:
    return [leg for leg in legs if leg.shelf == OVERSOLD]


class _Counted(Protocol):
    @property
    def sku(self) -> Sku: ...
    @property
    def quantity(self) -> int: ...


def units_by_sku(counted: Iterable[_Counted]) -> dict[Sku, int]:
    units: dict[Sku, int] = {}
    for each in counted:
        units[each.sku] = units.get(each.sku, 0) + each.quantity
    return units


def latest_day(legs: Sequence[Leg]) -> str:
    """When all of it is there; empty as long as one leg has no day."""
    days = [leg.delivers_on for leg in legs]
    return "" if not days or "" in days else max(days)


def without_promises(order: Order) -> Order:
    """`order` with nothing promised, and in no line."""
    return replace(order, legs=(), waiting=(), not_before=None, expected_on="")


def given_up(
    stock: Stock, before: Order, after: Order, reference: str, actor: str, clock: Clock
) -> list[Write]:
    """The writes that give back every leg of `before`, and its places in line."""
    freed = stock.release(before.legs, reference, actor, clock.now()) if before.legs else []
    return [*freed, *stock.in_line(before.waiting, after.waiting)]
