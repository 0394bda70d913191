"""How right the books were when somebody counted: each SKU at each node, by its last count."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from oms.inventory.count import Accuracy
from oms.inventory.model import Node
from oms.inventory.ports import Page
from oms.kernel.ids import NodeId

_BETWEEN = "\x1f"  # node and place in its list


class Nodes(Protocol):
    def nodes(self) -> list[Node]: ...


class Told(Protocol):
    def accuracy(self, node: NodeId, limit: int, after: str) -> tuple[list[Accuracy], str]:
        """A page by SKU, and where the next one begins; empty at the end."""


@dataclass(frozen=True, slots=True)
class ReportAccuracy:
    stock: Nodes
    counts: Told

    def __call__(self, limit: int, after: str = "", node: str = "") -> Page[Accuracy]:
        """A page by node and SKU, of all nodes or of one; what nobody counted is not in it."""
        first, _, start = after.partition(_BETWEEN)
        names = [each.node_id for each in self.stock.nodes() if node in ("", each.node_id)]
        found = list[Accuracy]()
        for name in (each for each in names if each >= first):
            room = limit - len(found)
            if not room:
                return Page(tuple(found), f"{name}{_BETWEEN}")
            read, more = self.counts.accuracy(name, room, start if name == first else "")
            found += read
            if more:
                return Page(tuple(found), f"{name}{_BETWEEN}{more}")
        return Page(tuple(found))
