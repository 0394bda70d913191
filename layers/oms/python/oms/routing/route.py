"""Look at the stock and plan where an order is sent from. Takes nothing: `reserve` does."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from oms.inventory.ports import StockReader
from oms.kernel.address import Address
from oms.kernel.ids import NodeId
from oms.orders.content import Line
from oms.routing.facts import Facts, wanted
from oms.routing.model import NEAREST, Plan, Policy, decide


def route(
    lines: Iterable[Line],
    destination: Address | None,
    avoid: Collection[NodeId] = (),
    *,
    stock: StockReader,
    policy: Policy = NEAREST,
) -> Plan:
    """A plan for those of `lines` that need shipping, on consistent figures.

    The figures may be old by the time the plan is carried out: the reservation checks them
    again in its own write, and OutOfStock from there means to route again.
    """
    units, nodes = wanted(lines), tuple(stock.nodes())
    levels = stock.levels_of({line.sku for line in units}, [node.node_id for node in nodes])
    seen = tuple(level for each in levels.values() for level in each)
    return decide(Facts(units, destination, nodes, seen, frozenset(avoid)), policy)
