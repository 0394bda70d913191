"""How a SKU is sold (`Selling`), and to whom how much of it (`SellingPolicy`).

Three kinds of figures keep units back from a buyer:
- the level's own safety stock, for everybody: it is not available at all;
- a buffer rule of the policy, for the channels it names. Of all rules that match, the most
  specific wins: one that names the SKU beats one that does not, then the channel, then the
  node; of equals the one written last. What it says is the buffer as a whole: the safety stock
  counts towards it, so a smaller rule never sells safety stock;
- a pool, which sets units aside for its channels until its release date.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any

from oms.inventory.model import Level
from oms.inventory.shelves import pool_name
from oms.kernel.errors import Invalid
from oms.kernel.ids import NodeId, Sku

# Track-only channels promise without a limit; a number, because conditions compare numbers.
NO_LIMIT = 1_000_000_000
# The channel of orders that come in through our own API.
OWN_SHOP = "api"


@dataclass(frozen=True, slots=True)
class Component:
    """`quantity` units of `sku` go into one unit of a kit."""

    sku: Sku
    quantity: int


@dataclass(frozen=True, slots=True)
class Selling:
    """What one needs to know of a SKU before promising it. All of it is optional.

    `spread`: on how many hot shelves its units lie at each node where they are spread.
    `has_shelves`: it has lots or pools, so its rows must be queried. `waiting`: units that
    orders in the waiting line still need. `oversell`: units that may stand promised beyond
    stock at a node. `available_from`: nothing ships before that day (ISO); orders before it
    are pre-orders. `lead_days`: how long it takes to get more when nothing is on its way.
    Below `reorder_point` units it is time to buy; 0 asks nothing. `parts_ever`: on how many hot
    shelves it has ever been; their movements stay there to be read when it is spread no longer.
    """

    sku: Sku
    components: tuple[Component, ...] = ()
    spread: dict[str, int] = field(default_factory=dict)
    has_shelves: bool = False
    waiting: int = 0
    oversell: int = 0
    backorders: bool = True
    available_from: str = ""
    lead_days: int | None = None
    reorder_point: int = 0
    parts_ever: int = 0

    @property
    def parts(self) -> int:
        """How many hot shelves may have movements."""
        return max([*self.spread.values(), self.parts_ever])

    @property
    def is_kit(self) -> bool:
        return bool(self.components)


@dataclass(frozen=True, slots=True)
class Position:
    """One SKU as a buyer may meet it: how it is sold, and every shelf there is."""

    selling: Selling
    levels: tuple[Level, ...] = ()

    def free(self, today: str) -> int:
        """Units at all nodes that nobody has and that may be promised on the day `today`."""
        return sum(level.available for level in self.levels if level.may_leave(today))


class Mode(StrEnum):
    """When a channel's sale takes stock."""

    ON_CART = "ON_CART"  # a cart may hold units before it is an order
    ON_ORDER = "ON_ORDER"  # units are taken when the order is allocated
    TRACK_ONLY = "TRACK_ONLY"  # taken and counted, and never refused
    NONE = "NONE"  # nobody counts


class WhenShort(StrEnum):
    """What becomes of an order that cannot be promised whole."""

    BACKORDER = "BACKORDER"  # it waits in line for stock
    CANCEL = "CANCEL"  # it is cancelled, and money that came with it goes back


class HoldsNotOffered(Invalid):
    """The channel's policy takes stock with the order only."""

    code = "holds-not-offered"


@dataclass(frozen=True, slots=True)
class ChannelPolicy:
    """How one channel sells. Seconds: the life of a hold, unless asked otherwise, and its end."""

    channel: str = "*"
    mode: Mode = Mode.ON_CART
    when_short: WhenShort = WhenShort.BACKORDER
    hold_seconds: int = 900
    most_hold_seconds: int = 3_600

    def life(self, asked: int | None) -> timedelta:
        """How long a hold of this channel may last: what was asked for, up to the most."""
        return timedelta(seconds=min(asked or self.hold_seconds, self.most_hold_seconds))


@dataclass(frozen=True, slots=True)
class Buffer:
    """Keep `units` back. Empty `sku`, `channel` or `node` match any.

    Without a node the units are kept back of all nodes together.
    """

    units: int
    sku: str = ""
    channel: str = ""
    node: str = ""

    def matches(self, sku: Sku, channel: str, node: NodeId) -> bool:
        return self.sku in ("", sku) and self.channel in ("", channel) and self.node in ("", node)

    @property
    def rank(self) -> tuple[bool, bool, bool]:
        """How specific it is: the greater wins."""
        return bool(self.sku), bool(self.channel), bool(self.node)

    def __str__(self) -> str:
        named = {"SKU": self.sku, "channel": self.channel, "node": self.node}
        scope = " and ".join(f"{what} {name}" for what, name in named.items() if name)
        return f"{self.units} kept back for {scope or 'everything'}"


@dataclass(frozen=True, slots=True)
class Pool:
    """Units of the pool are for `channels`; from `release_on` (a day, ISO) on for everybody."""

    name: str
    channels: tuple[str, ...]
    release_on: str = ""

    def opens_to(self, channel: str, today: str) -> bool:
        return channel in self.channels or bool(self.release_on and self.release_on <= today)


@dataclass(frozen=True, slots=True)
class SellingPolicy:
    """The merchant's selling rules: one document, with a version.

    `routing` are the rules by which nodes are chosen, as `oms.routing.criteria` reads them; they
    stand here because whoever plans an order needs both.
    """

    channels: tuple[ChannelPolicy, ...] = ()
    buffers: tuple[Buffer, ...] = ()
    pools: tuple[Pool, ...] = ()
    routing: dict[str, Any] = field(default_factory=dict)
    version: int = 0

    def channel(self, name: str) -> ChannelPolicy:
        """The channel's own policy, else the one for `*`, else the defaults."""
        named = {each.channel: each for each in self.channels}
        return named.get(name) or named.get("*") or ChannelPolicy()

    def buffer(self, sku: Sku, channel: str, node: NodeId) -> Buffer | None:
        """The rule that holds for that SKU, channel and node; see the top of this file."""
        matching = [each for each in self.buffers if each.matches(sku, channel, node)]
        best: Buffer | None = None
        for each in matching:
            if best is None or each.rank >= best.rank:
                best = each
        return best

    def may_take(self, level: Level, channel: str, today: str) -> bool:
        """Whether `channel` may be promised units of that shelf on the day `today`."""
        if not level.may_leave(today):
            return False
        name = pool_name(level.shelf)
        return not name or any(
            pool.name == name and pool.opens_to(channel, today) for pool in self.pools
        )


@dataclass(frozen=True, slots=True)
class Offer:
    """What one node can sell of one SKU to one channel: `units`, after `kept` units of buffer.

    `rule` is the buffer rule that decided, in words; empty when none matched.
    """

    sku: Sku
    node: NodeId
    units: int
    kept: int = 0
    rule: str = ""


def offers(position: Position, policy: SellingPolicy, channel: str, today: str) -> list[Offer]:
    """What `channel` may buy of a SKU on the day `today`, by node: the one sellable formula.

    Every answer about availability and every allocation uses it. A buffer without a node is
    kept back where most is left, so it takes as few nodes as can be out of the offer. Units
    that the waiting line still needs are not subtracted here: who asks may be in that line.
    Before the day from which the SKU is available there is no offer.
    """
    if position.selling.available_from > today:
        return []
    sku, by_node = position.selling.sku, dict[NodeId, list[Level]]()
    for level in position.levels:
        by_node.setdefault(level.node, []).append(level)
    return _kept_back(
        {
            node: (
                sum(each.available for each in shelves if policy.may_take(each, channel, today)),
                sum(each.safety for each in shelves),
            )
            for node, shelves in sorted(by_node.items())
        },
        {node: policy.buffer(sku, channel, node) for node in by_node},
        sku,
    )


def _kept_back(
    figures: dict[NodeId, tuple[int, int]], rules: dict[NodeId, Buffer | None], sku: Sku
) -> list[Offer]:
    shared = {rule for rule in rules.values() if rule and not rule.node}
    kept = dict.fromkeys(figures, 0)
    for rule in shared:
        nodes = [node for node in figures if rules[node] == rule]
        left = max(0, rule.units - sum(figures[node][1] for node in nodes))
        for node in sorted(nodes, key=lambda each: (-figures[each][0], each)):
            kept[node] = min(left, max(0, figures[node][0]))
            left -= kept[node]
    for node, own in rules.items():
        if own and own.node:
            kept[node] = max(0, own.units - figures[node][1])
    return [
        Offer(
            sku,
            node,
            max(0, available - kept[node]),
            kept[node],
            str(rules[node]) if rules[node] else "",
        )
        for node, (available, _) in figures.items()
    ]


def sellable(
    position: Position, policy: SellingPolicy, channel: str, today: str, waiting: int | None = None
) -> int:
    """Units of the SKU that `channel` can sell now, on all nodes that were read.

    `waiting` (default: the whole line) are the units that others need first.
    """
    ahead = position.selling.waiting if waiting is None else waiting
    units = sum(offer.units for offer in offers(position, policy, channel, today))
    return max(0, units - ahead)


def kits_sellable(components: Iterable[tuple[int, int]]) -> int:
    """How many kits can be made of (sellable, needed for one) pairs; 0 for no component."""
    return min((units // needed for units, needed in components), default=0)
