"""What a merchant's rules prefer: of several sets of nodes that could send, which one does.

Each criterion measures a set in whole numbers, less is better. Rules are criteria in order of
weight: the first one in which two sets differ decides, node ids break what is left of a tie.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import combinations
from math import comb
from typing import Protocol, TypeVar

from oms.kernel.ids import NodeId, Sku


class Criterion(StrEnum):
    FEWEST_NODES = "fewest_nodes"
    DISTANCE = "distance"
    STOCK = "stock"
    SHIPPING_COST = "shipping_cost"
    PRIORITY = "priority"


class Site(Protocol):
    """A node that could send. `distance` is in metres, None when the destination is unknown."""

    @property
    def node_id(self) -> NodeId: ...
    @property
    def distance(self) -> int | None: ...


class Stock(Protocol):
    """What a node can sell of a SKU: an offer."""

    @property
    def sku(self) -> Sku: ...
    @property
    def node(self) -> NodeId: ...
    @property
    def units(self) -> int: ...


@dataclass(frozen=True, slots=True)
class ShippingCost:
    """What a parcel from a node costs: `base`, and `per_100_km` for each 100 km begun.

    Minor units of one currency, the same one in the whole rule file.
    """

    base: int
    per_100_km: int = 0

    def __post_init__(self) -> None:
        if self.base < 0 or self.per_100_km < 0:
            raise ValueError("a cost below nothing")

    def of(self, metres: int) -> int:
        return self.base + self.per_100_km * -(-metres // 100_000)


@dataclass(frozen=True, slots=True)
class RoutingRules:
    """How nodes are chosen. ValueError for a criterion that has nothing to go by.

    `costs` by node serve `shipping_cost`, `priorities` (best first) `priority`; a node that they
    leave out comes after all they name. `splits` False: everything from one node, or nothing.
    Sets are compared one by one while there are at most `most_sets` of a size.
    """

    criteria: tuple[Criterion, ...] = (Criterion.FEWEST_NODES, Criterion.DISTANCE)
    costs: dict[NodeId, ShippingCost] = field(default_factory=dict)
    priorities: tuple[NodeId, ...] = ()
    splits: bool = True
    most_sets: int = 2_000

    def __post_init__(self) -> None:
        if not self.criteria:
            raise ValueError("no criterion")
        if len(set(self.criteria)) < len(self.criteria):
            raise ValueError("a criterion stands there twice")
        if len(set(self.priorities)) < len(self.priorities):
            raise ValueError("a node stands there twice")
        if Criterion.SHIPPING_COST in self.criteria and not self.costs:
            raise ValueError("shipping_cost needs costs")
        if Criterion.PRIORITY in self.criteria and not self.priorities:
            raise ValueError("priority needs priorities")
        if self.most_sets < 1:
            raise ValueError("most_sets below 1")


DEFAULT_RULES = RoutingRules()

S = TypeVar("S", bound=Site)
Available = Mapping[NodeId, int]
Measure = tuple[int, ...]
SortKey = tuple[tuple[Measure, ...], tuple[NodeId, ...]]


def available_units(offers: Iterable[Stock], skus: Collection[Sku]) -> dict[NodeId, int]:
    """Units of `skus` that each node has available, as the criterion `stock` counts them."""
    sums: dict[NodeId, int] = {}
    for offer in offers:
        if offer.sku in skus:
            sums[offer.node] = sums.get(offer.node, 0) + max(offer.units, 0)
    return sums


def sort_key(rules: RoutingRules, available: Available) -> Callable[[Sequence[Site]], SortKey]:
    """The key by which sets of nodes are sorted, the best one first. Made for `min` and `sorted`.

    Sets are equal under it only when they are the same nodes.
    """

    def key(nodes: Sequence[Site]) -> SortKey:
        measures = tuple(measure(each, nodes, rules, available) for each in rules.criteria)
        return measures, _ids(nodes)

    return key


def measure(
    criterion: Criterion, nodes: Sequence[Site], rules: RoutingRules, available: Available
) -> Measure:
    """How a set does in one criterion; the smaller tuple is better."""
    match criterion:
        case Criterion.FEWEST_NODES:
            return (len(nodes),)
        case Criterion.DISTANCE:
            return (sum(node.distance or 0 for node in nodes),)
        case Criterion.STOCK:  # the node with the least counts: it runs dry first
            return (-min((available.get(node.node_id, 0) for node in nodes), default=0),)
        case Criterion.SHIPPING_COST:  # a cost that nobody knows is above any known one
            known = [node for node in nodes if node.node_id in rules.costs]
            costs = (rules.costs[node.node_id].of(node.distance or 0) for node in known)
            return len(nodes) - len(known), sum(costs)
        case Criterion.PRIORITY:
            return tuple(sorted(_place(node.node_id, rules) for node in nodes))


def best_set(
    able: Sequence[S],
    covers: Callable[[Sequence[S]], bool],
    rules: RoutingRules,
    available: Available,
) -> tuple[S, ...] | None:
    """Of the sets of nodes for which `covers` holds, the one that `rules` prefer.

    Only sets that need each of their nodes are looked at. () when no set covers it all; None when
    there are too many to compare and none was found among the smaller ones: choose otherwise.
    """
    key, best = sort_key(rules, available), tuple[S, ...]()
    for size in range(1, (len(able) if rules.splits else min(len(able), 1)) + 1):
        if size > 1 and comb(len(able), size) > rules.most_sets:
            return best or None
        fitting = [each for each in combinations(able, size) if _is_needed(each, covers)]
        best = min([*fitting, best] if best else fitting, key=key, default=())
        if best and rules.criteria[0] is Criterion.FEWEST_NODES:
            return best
    return best


def why(
    first: Sequence[Site], second: Sequence[Site], rules: RoutingRules, available: Available
) -> str:
    """In one sentence, which of two sets is preferred and what decided between them."""
    better, worse = sorted((first, second), key=sort_key(rules, available))
    if _ids(better) == _ids(worse):
        return f"{_named(better)}: the same nodes"
    over = f"{_named(better)} rather than {_named(worse)}"
    for criterion in rules.criteria:
        here, there = (measure(criterion, each, rules, available) for each in (better, worse))
        if here != there:
            return f"{over}: {criterion} decides, {_compared(criterion, here, there, rules)}"
    return f"{over}: equal in {' and '.join(rules.criteria)}, so node ids decide"


def _is_needed(nodes: tuple[S, ...], covers: Callable[[Sequence[S]], bool]) -> bool:
    """Whether `nodes` cover it, and would not without any one of them."""
    return covers(nodes) and not any(
        covers(nodes[:at] + nodes[at + 1 :]) for at in range(len(nodes))
    )


def _ids(nodes: Sequence[Site]) -> tuple[NodeId, ...]:
    """Nearest first, as nodes are ranked everywhere."""
    ranked = sorted((node.distance or 0, node.node_id) for node in nodes)
    return tuple(node_id for _, node_id in ranked)


def _place(node_id: NodeId, rules: RoutingRules) -> int:
    known = node_id in rules.priorities
    return rules.priorities.index(node_id) if known else len(rules.priorities)


def _named(nodes: Sequence[Site]) -> str:
    return " + ".join(_ids(nodes))


def _compared(criterion: Criterion, here: Measure, there: Measure, rules: RoutingRules) -> str:
    match criterion:
        case Criterion.FEWEST_NODES:
            return f"{here[0]} against {there[0]}"
        case Criterion.DISTANCE:
            return _distances(here[0], there[0])
        case Criterion.STOCK:
            return f"{-here[0]:,} units against {-there[0]:,}"
        case Criterion.SHIPPING_COST:
            return f"{_cost(here)} against {_cost(there)}"
        case Criterion.PRIORITY:
            return f"{_places(here, rules)} against {_places(there, rules)}"


def _distances(here: int, there: int) -> str:
    near, far = round(here / 1000), round(there / 1000)
    if near == far:
        return f"{here:,} m against {there:,} m"
    return f"{near:,} km against {far:,} km"


def _cost(of: Measure) -> str:
    unknown, amount = of
    return "a cost that is not known" if unknown else f"{amount:,} minor units"


def _places(places: Measure, rules: RoutingRules) -> str:
    unlisted = len(rules.priorities)
    return " and ".join(f"place {at + 1}" if at < unlisted else "no place" for at in places)
