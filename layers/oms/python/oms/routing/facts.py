"""What a routing decision rests on, and the nodes it is between."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from oms.inventory.model import Node
from oms.inventory.selling import Offer, Position, SellingPolicy
from oms.inventory.waiting import NORMAL_PRIORITY
from oms.kernel.address import Address
from oms.kernel.ids import LineId, NodeId, OrderId, Sku
from oms.routing.places import Position as Spot
from oms.routing.places import metres, position

Demand = dict[Sku, int]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Units of one line that still need a node."""

    line_id: LineId
    sku: Sku
    quantity: int


@dataclass(frozen=True, slots=True)
class Buyer:
    """For whom a plan is made.

    `order_id` is the order that may stand in a waiting line; None for somebody new, who comes
    after everybody of the same `priority`. `seed` picks among equal shelves, so that buyers of a
    hot SKU meet on different ones. `at` is now, for dates of delivery (None: none wanted), `on`
    today (ISO); `fresh_until` the day up to which units must keep, for the lots that expire.
    `ship_complete`: everything in one parcel, or nothing yet.
    """

    channel: str = ""
    destination: Address | None = None
    avoid: frozenset[NodeId] = frozenset()
    order_id: OrderId | None = None
    ship_complete: bool = False
    priority: int = NORMAL_PRIORITY
    seed: str = ""
    at: datetime | None = None
    on: str = ""
    fresh_until: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """All that a decision rests on. `avoid` are nodes that turned this order down."""

    wanted: tuple[Wanted, ...]
    destination: Address | None
    nodes: tuple[Node, ...]
    offers: tuple[Offer, ...]
    avoid: frozenset[NodeId] = frozenset()
    positions: Mapping[Sku, Position] = field(default_factory=dict)
    policy: SellingPolicy = SellingPolicy()


@dataclass(frozen=True, slots=True)
class Candidate:
    """A node that may send, how far away it is, and what it could send of the demand.

    `distance` is in metres; None when we do not know where the parcel goes: then ids decide.
    """

    node_id: NodeId
    distance: int | None
    sends: Demand

    @property
    def rank(self) -> tuple[int, NodeId]:
        return self.distance or 0, self.node_id


def demand_of(lines: Iterable[Wanted]) -> Demand:
    """Units per SKU, in a fixed order."""
    demand: Demand = {}
    for line in lines:
        demand[line.sku] = demand.get(line.sku, 0) + line.quantity
    return dict(sorted(demand.items()))


def candidates(facts: Facts, demand: Demand) -> list[Candidate]:
    """The nodes that may and can send something, nearest first."""
    return [each for each in senders(facts, demand) if each.sends]


def senders(facts: Facts, demand: Demand) -> list[Candidate]:
    """The nodes that may send, nearest first, whether they have anything or not."""
    offered = {(offer.node, offer.sku): offer.units for offer in facts.offers}
    there = destination(facts)
    made = [
        Candidate(node.node_id, distance(node, there), _sendable(node, demand, offered))
        for node in facts.nodes
        if node.ships and node.node_id not in facts.avoid
    ]
    return sorted(made, key=lambda each: each.rank)


def destination(facts: Facts) -> Spot | None:
    """Where the parcels go; None when the address does not tell."""
    to = facts.destination
    return position(to.country, to.region, to.postal_code) if to else None


def distance(node: Node, there: Spot | None) -> int | None:
    """Metres from `node`; None when `there` is unknown."""
    return metres((node.latitude, node.longitude), there) if there else None


def _sendable(node: Node, demand: Demand, offered: dict[tuple[NodeId, Sku], int]) -> Demand:
    there = {sku: offered.get((node.node_id, sku), 0) for sku in demand}
    return {sku: min(demand[sku], units) for sku, units in there.items() if units > 0}
