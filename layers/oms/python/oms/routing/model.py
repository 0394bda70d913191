"""Which nodes send an order: `decide(facts, policy)`, a pure function with its reasons.

Fewest nodes first, then the shortest way: a node that can send everything beats any split,
among several of those the nearest wins, and node ids break a tie. What no node can send is
part of the result. Equal facts give an equal plan, in whatever order they are listed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb

from oms.kernel.ids import LineId, NodeId, Sku
from oms.orders.model import Leg
from oms.routing.facts import Candidate, Facts, Units, Wanted, candidates, demand_of
from oms.routing.reasons import explain

Sending = Sequence[Candidate]


@dataclass(frozen=True, slots=True)
class Policy:
    """`splits` False: everything from one node, or nothing at all.

    Sets of nodes are compared one by one while there are at most `most_sets` of a size; beyond
    that, the node that can send most is taken first.
    """

    splits: bool = True
    most_sets: int = 2_000


@dataclass(frozen=True, slots=True)
class Shortage:
    """Units of one line that will not be sent under this plan."""

    line_id: LineId
    sku: Sku
    quantity: int


@dataclass(frozen=True, slots=True)
class Plan:
    """`reasons` are sentences for the timeline: what was chosen, and why nothing else was."""

    legs: tuple[Leg, ...]
    shortages: tuple[Shortage, ...]
    reasons: tuple[str, ...]

    @property
    def is_complete(self) -> bool:
        return not self.shortages

    @property
    def nodes(self) -> tuple[NodeId, ...]:
        return tuple(sorted({leg.node for leg in self.legs}))


NEAREST = Policy()


def decide(facts: Facts, policy: Policy = NEAREST) -> Plan:
    """Plan the legs of an order: never more than a node has available, or than is wanted."""
    demand = demand_of(facts.wanted)
    able = candidates(facts, demand)
    sending = _choose(able, demand, policy)
    legs, shortages = _share(facts.wanted, sending)
    return Plan(legs, shortages, explain(facts, demand, sending))


def _choose(able: Sending, demand: Units, policy: Policy) -> Sending:
    """The nodes that send, nearest first: as few as can send all that can be sent."""
    if not policy.splits:
        return _nearest_set(able, demand, 1)
    target = {sku: min(units, _together(able, sku)) for sku, units in demand.items()}
    for size in range(1, len(able) + 1):
        if comb(len(able), size) > policy.most_sets:
            return _most_first(able, target)
        if found := _nearest_set(able, target, size):
            return found
    return ()


def _nearest_set(able: Sending, target: Units, size: int) -> Sending:
    """Of the sets of `size` nodes that can send `target`, the one with the shortest way."""
    fitting = (each for each in combinations(able, size) if _covers(each, target))
    return min(fitting, key=_way, default=())


def _covers(nodes: Sending, target: Units) -> bool:
    return all(_together(nodes, sku) >= units for sku, units in target.items())


def _together(nodes: Sending, sku: Sku) -> int:
    return sum(node.sends.get(sku, 0) for node in nodes)


def _way(nodes: Sending) -> tuple[int, list[NodeId]]:
    return sum(node.distance or 0 for node in nodes), [node.node_id for node in nodes]


def _most_first(able: Sending, target: Units) -> Sending:
    """Take the node that sends most of what is left, the nearer one on a tie, and go on."""
    left, taken, others = dict(target), list[Candidate](), list(able)
    while any(left.values()):
        best = min(others, key=lambda node: (-_units_of(node, left), node.rank))
        left = {sku: units - min(units, best.sends.get(sku, 0)) for sku, units in left.items()}
        others.remove(best)
        taken.append(best)
    return sorted(_needed(taken, target), key=lambda node: node.rank)


def _units_of(node: Candidate, left: Units) -> int:
    return sum(min(units, node.sends.get(sku, 0)) for sku, units in left.items())


def _needed(taken: list[Candidate], target: Units) -> list[Candidate]:
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
    for line in sorted(lines, key=lambda each: (len(each.line_id), each.line_id)):
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
