"""What a routing decision rests on, and the nodes it is between."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from oms.inventory.model import Level, Node
from oms.kernel.address import Address
from oms.kernel.ids import LineId, NodeId, Sku
from oms.orders.content import Line
from oms.routing.places import Position, metres, position

Units = dict[Sku, int]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Units of one line that still need a node."""

    line_id: LineId
    sku: Sku
    quantity: int


@dataclass(frozen=True, slots=True)
class Facts:
    """All that a decision rests on. `avoid` are nodes that turned this order down."""

    wanted: tuple[Wanted, ...]
    destination: Address | None
    nodes: tuple[Node, ...]
    levels: tuple[Level, ...]
    avoid: frozenset[NodeId] = frozenset()


@dataclass(frozen=True, slots=True)
class Candidate:
    """A node that may send, how far away it is, and what it could send of the demand.

    `distance` is in metres; None when we do not know where the parcel goes: then ids decide.
    """

    node_id: NodeId
    distance: int | None
    sends: Units

    @property
    def rank(self) -> tuple[int, NodeId]:
        return self.distance or 0, self.node_id


def wanted(lines: Iterable[Line]) -> tuple[Wanted, ...]:
    """The lines of an order that need a node."""
    return tuple(
        Wanted(line.line_id, line.sku, line.quantity) for line in lines if line.needs_shipping
    )


def demand_of(lines: Iterable[Wanted]) -> Units:
    """Units per SKU, in a fixed order."""
    demand: Units = {}
    for line in lines:
        demand[line.sku] = demand.get(line.sku, 0) + line.quantity
    return dict(sorted(demand.items()))


def candidates(facts: Facts, demand: Units) -> list[Candidate]:
    """The nodes that may and can send something, nearest first."""
    available = {(level.node, level.sku): level.available for level in facts.levels}
    there = destination(facts)
    made = [
        Candidate(node.node_id, distance(node, there), _sendable(node, demand, available))
        for node in facts.nodes
        if node.ships and node.node_id not in facts.avoid
    ]
    return sorted((each for each in made if each.sends), key=lambda each: each.rank)


def destination(facts: Facts) -> Position | None:
    """Where the parcels go; None when the address does not tell."""
    to = facts.destination
    return position(to.country, to.region, to.postal_code) if to else None


def distance(node: Node, there: Position | None) -> int | None:
    """Metres from `node`; None when `there` is unknown."""
    return metres((node.latitude, node.longitude), there) if there else None


def _sendable(node: Node, demand: Units, available: dict[tuple[NodeId, Sku], int]) -> Units:
    there = {sku: available.get((node.node_id, sku), 0) for sku in demand}
    return {sku: min(demand[sku], units) for sku, units in there.items() if units > 0}
