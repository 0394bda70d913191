"""Look at the stock and plan where an order is sent from. Takes nothing: `reserve` does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from oms.inventory.model import Node
from oms.inventory.ports import StockReader
from oms.inventory.selling import Component, Offer, Position, offers
from oms.inventory.shelves import OVERSOLD
from oms.inventory.waiting import Waiting, ahead_of
from oms.kernel.address import Address
from oms.kernel.codec import load
from oms.kernel.ids import LineId, NodeId, Sku
from oms.orders.model import Leg
from oms.routing.criteria import DEFAULT_RULES, RoutingRules
from oms.routing.facts import Buyer, Facts, Wanted, demand_of
from oms.routing.model import Plan, Shortage, decide
from oms.routing.promise import promises


class Books(StockReader, Protocol):
    """What a plan reads: stock, and who waits for it."""

    def line(self, sku: Sku, limit: int = 1_000) -> list[Waiting]: ...


def route(
    wanted: Iterable[Wanted],
    buyer: Buyer,
    *,
    stock: Books,
) -> Plan:
    """A plan for `wanted`, on consistent figures. Kits are there as their components.

    The figures may be old by the time the plan is carried out: the reservation checks them
    again in its own write, and OutOfStock from there means to route again.
    """
    facts = look(wanted, buyer, stock=stock)
    return planned(facts, buyer)


def planned(facts: Facts, buyer: Buyer) -> Plan:
    """The plan by the merchant's rules; all or nothing for who wants one parcel."""
    raw = facts.policy.routing
    rules = load(RoutingRules, raw) if raw else DEFAULT_RULES
    plan = decide(facts, replace(rules, splits=rules.splits and not buyer.ship_complete), buyer)
    if not buyer.ship_complete or not plan.shortages:
        return replace(plan, legs=dated(plan.legs, facts.nodes, buyer.destination, buyer.at))
    return replace(plan, legs=(), shortages=_everything(facts.wanted))


def dated(
    legs: tuple[Leg, ...], nodes: Iterable[Node], destination: Address | None, at: datetime | None
) -> tuple[Leg, ...]:
    """`legs`, each with the day that its node can promise; none for what is not there yet."""
    if at is None or not legs:
        return legs
    days = promises(legs, nodes, destination, at)
    return tuple(
        replace(leg, delivers_on=day.delivers_on.isoformat())
        if leg.shelf != OVERSOLD and (day := days[leg.line_id, leg.node])
        else leg
        for leg in legs
    )


def _everything(wanted: Iterable[Wanted]) -> tuple[Shortage, ...]:
    return tuple(Shortage(each.line_id, each.sku, each.quantity) for each in wanted)


def look(wanted: Iterable[Wanted], buyer: Buyer, *, stock: Books) -> Facts:
    """What a plan for `wanted` rests on."""
    units, nodes, selling = tuple(wanted), tuple(stock.nodes()), stock.policy()
    # What lies where nobody sends from must not count for those ahead in line either.
    node_ids = [node.node_id for node in nodes if node.ships]
    positions = stock.positions({line.sku for line in units}, node_ids)
    if buyer.order_id is None:  # an order keeps the parts that its kits had when it was placed
        units = exploded(units, {sku: each.selling.components for sku, each in positions.items()})
    if parts := {line.sku for line in units} - set(positions):
        positions |= stock.positions(parts, node_ids)
    today, offered = buyer.on, list[Offer]()
    for sku in demand_of(units):
        position = _fresh(positions[sku], buyer.fresh_until)
        made = offers(position, selling, buyer.channel, today)
        offered += _behind(made, position, buyer, stock)
    return Facts(units, buyer.destination, nodes, tuple(offered), buyer.avoid, positions, selling)


def exploded(
    wanted: Iterable[Wanted], components: Mapping[Sku, tuple[Component, ...]]
) -> tuple[Wanted, ...]:
    """Kits as their parts: part 2 of line 3 is line `3.2`."""
    made = list[Wanted]()
    for line in wanted:
        parts = components.get(line.sku, ())
        if not parts:
            made.append(line)
        for number, part in enumerate(parts, 1):
            name = LineId(f"{line.line_id}.{number}")
            made.append(Wanted(name, part.sku, part.quantity * line.quantity))
    return tuple(made)


def _fresh(position: Position, until: str) -> Position:
    """Without the lots that do not keep long enough for this buyer."""
    kept = (each for each in position.levels if each.keeps_past(until))
    return replace(position, levels=tuple(kept))


def _behind(made: list[Offer], position: Position, buyer: Buyer, stock: Books) -> list[Offer]:
    """What is left of the offers for the buyer after those who are before him in line."""
    if not position.selling.waiting:
        return made
    total = sum(offer.units for offer in made)
    line = stock.line(position.selling.sku)
    ahead = ahead_of(line, buyer.order_id, total, buyer.priority)
    left = dict[NodeId, int]()
    for offer in sorted(made, key=lambda each: (-each.units, each.node)):
        taken = min(ahead, offer.units)
        left[offer.node] = offer.units - taken
        ahead -= taken
    # Units for those ahead must stay: they count like a buffer.
    return [
        replace(offer, units=left[offer.node], kept=offer.kept + offer.units - left[offer.node])
        for offer in made
    ]
