"""Which nodes send an order: `decide(facts, policy)`, a pure function with its reasons.

The merchant's rules choose (`criteria.py`). Without any: fewest nodes first, then the shortest
way, so a node that can send everything beats any split, and node ids break a tie. What no node
can send is part of the result. Equal facts give an equal plan, in whatever order they are listed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from oms.inventory.model import PLAIN, Terms
from oms.inventory.selling import Mode
from oms.kernel.ids import LineId, NodeId, Sku
from oms.orders.model import Leg
from oms.routing.criteria import (
    DEFAULT_RULES,
    Available,
    RoutingRules,
    available_units,
    best_set,
    sort_key,
)
from oms.routing.facts import Buyer, Candidate, Demand, Facts, Wanted, candidates, demand_of
from oms.routing.reasons import explain
from oms.routing.shelve import beyond_stock, shelved, terms, uncounted

Sending = Sequence[Candidate]


@dataclass(frozen=True, slots=True)
class Shortage:
    """Units of one line that will not be sent under this plan."""

    line_id: LineId
    sku: Sku
    quantity: int


@dataclass(frozen=True, slots=True)
class Plan:
    """`reasons` are sentences for the timeline: what was chosen, and why nothing else was.

    `terms` are the conditions on which the legs are to be taken.
    """

    legs: tuple[Leg, ...]
    shortages: tuple[Shortage, ...]
    reasons: tuple[str, ...]
    terms: Terms = PLAIN

    @property
    def is_complete(self) -> bool:
        return not self.shortages

    @property
    def nodes(self) -> tuple[NodeId, ...]:
        return tuple(sorted({leg.node for leg in self.legs}))


ANYBODY = Buyer()


def decide(facts: Facts, rules: RoutingRules = DEFAULT_RULES, buyer: Buyer = ANYBODY) -> Plan:
    """Plan the legs of an order: never more than a node offers, or than is wanted."""
    if facts.policy.channel(buyer.channel).mode is Mode.NONE:
        return _uncounted(facts)
    demand = demand_of(facts.wanted)
    able = candidates(facts, demand)
    sending = _choose(able, demand, rules, available_units(facts.offers, demand))
    legs, shortages = _share(facts.wanted, sending)
    legs = tuple(shelved(legs, facts, buyer))
    extra = beyond_stock((Wanted(s.line_id, s.sku, s.quantity) for s in shortages), facts, buyer)
    legs, shortages = (*legs, *extra), tuple(_less(shortages, extra))
    return Plan(legs, shortages, explain(facts, demand, sending), terms(legs, facts, buyer))


def _uncounted(facts: Facts) -> Plan:
    legs = tuple(uncounted(facts.wanted, facts))
    short = facts.wanted if not legs else ()
    shortages = tuple(Shortage(line.line_id, line.sku, line.quantity) for line in short)
    return Plan(legs, shortages, ("the channel's policy counts no stock",))


def _less(shortages: Iterable[Shortage], extra: Iterable[Leg]) -> Iterable[Shortage]:
    """What is still short after promises beyond stock."""
    promised = {(leg.line_id, leg.sku): leg.quantity for leg in extra}
    for each in shortages:
        left = each.quantity - promised.get((each.line_id, each.sku), 0)
        if left:
            yield Shortage(each.line_id, each.sku, left)


def line_order(line_id: LineId) -> tuple[tuple[int, str], ...]:
    """Sorts "2" before "10", and the parts of a kit ("2.1") after one another."""
    return tuple((len(part), part) for part in line_id.split("."))


def _choose(able: Sending, demand: Demand, rules: RoutingRules, available: Available) -> Sending:
    """The nodes that send: the set that the rules prefer of those that can send all there is."""
    if rules.splits:
        target = {sku: min(units, _together(able, sku)) for sku, units in demand.items()}
    else:
        target = demand
    found = best_set(able, lambda nodes: _covers(nodes, target), rules, available)
    return _most_first(able, target, rules, available) if found is None else found


def _covers(nodes: Sending, target: Demand) -> bool:
    return all(_together(nodes, sku) >= units for sku, units in target.items())


def _together(nodes: Sending, sku: Sku) -> int:
    return sum(node.sends.get(sku, 0) for node in nodes)


def _most_first(
    able: Sending, target: Demand, rules: RoutingRules, available: Available
) -> Sending:
    """Too many sets to compare: take the node that sends most of what is left, and go on."""
    key = sort_key(rules, available)
    left, taken, others = dict(target), list[Candidate](), list(able)
    while any(left.values()):
        best = min(others, key=lambda node: (-_units_of(node, left), key((node,))))
        left = {sku: units - min(units, best.sends.get(sku, 0)) for sku, units in left.items()}
        others.remove(best)
        taken.append(best)
    return sorted(_needed(taken, target), key=lambda node: node.rank)


def _units_of(node: Candidate, left: Demand) -> int:
    return sum(min(units, node.sends.get(sku, 0)) for sku, units in left.items())


def _needed(taken: list[Candidate], target: Demand) -> list[Candidate]:
    """Without the nodes that later ones made superfluous, the farthest dropped first."""
    for node in sorted(taken, key=lambda each: each.rank, reverse=True):
        rest = [each for each in taken if each is not node]
        taken = rest if _covers(rest, target) else taken
    return taken


def _share(
    lines: Iterable[Wanted], sending: Sending
) -> tuple[tuple[Leg, ...], tuple[Shortage, ...]]:
    """Fill the lines one after the other, from the nearest node on."""
    left = {node.node_id: dict(node.sends) for node in sending}
    legs, shortages = list[Leg](), list[Shortage]()
    for line in sorted(lines, key=lambda each: line_order(each.line_id)):
        missing = line.quantity
        for node_id, stock in left.items():
            units = min(missing, stock.get(line.sku, 0))
            if units:
                legs.append(Leg(line.line_id, line.sku, node_id, units))
                stock[line.sku] -= units
                missing -= units
        if missing:
            shortages.append(Shortage(line.line_id, line.sku, missing))
    return tuple(legs), tuple(shortages)
