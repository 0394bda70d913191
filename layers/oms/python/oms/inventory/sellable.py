"""How many units of SKUs a channel can sell now: the figure of every list and every message."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from oms.inventory.ports import StockReader
from oms.inventory.selling import Position, SellingPolicy, kits_sellable, sellable
from oms.kernel.ids import NodeId, Sku

Positions = Mapping[Sku, Position]


@dataclass(frozen=True, slots=True)
class Market:
    """What decides besides the position of a SKU: the rules, the day (ISO), who sends parcels."""

    policy: SellingPolicy
    today: str
    senders: frozenset[NodeId]

    def units(self, sku: Sku, positions: Positions, channel: str) -> int:
        """Units of `sku` for `channel`; of a kit as many as can be made of its parts, which are
        among `positions`. Of what is not sold before a later day there are none."""
        selling = positions[sku].selling
        if selling.available_from > self.today:
            return 0
        if not selling.is_kit:
            return sellable(self._sent(positions[sku]), self.policy, channel, self.today)
        needed = dict[Sku, int]()
        for part in selling.components:
            needed[part.sku] = needed.get(part.sku, 0) + part.quantity
        return kits_sellable(
            (self.units(part, positions, channel), each) for part, each in needed.items()
        )

    def _sent(self, position: Position) -> Position:
        """Without what lies where nobody sends from."""
        there = tuple(each for each in position.levels if each.node in self.senders)
        return replace(position, levels=there)


def market(stock: StockReader, now: datetime) -> Market:
    """The market as it is now: two reads."""
    senders = frozenset(node.node_id for node in stock.nodes() if node.ships)
    return Market(stock.policy(), now.date().isoformat(), senders)


def sellable_units(
    positions: Positions, channel: str, now: datetime, *, stock: StockReader
) -> dict[Sku, int]:
    """What `channel` can sell now of each of `positions` (at every node).

    However many SKUs: one read for the policy, one for the nodes, one batch for parts of kits.
    """
    here, known = market(stock, now), with_parts(positions, stock)
    return {sku: here.units(sku, known, channel) for sku in positions}


def with_parts(positions: Positions, stock: StockReader) -> dict[Sku, Position]:
    """`positions`, and those of the parts of the kits among them."""
    parts = {part.sku for each in positions.values() for part in each.selling.components}
    missing: Collection[Sku] = parts - set(positions)
    return {**positions, **(stock.positions(missing) if missing else {})}
