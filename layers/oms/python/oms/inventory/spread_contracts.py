"""What `POST /stock/{sku}/spread` and `/gather` accept and answer."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from oms.inventory.contracts import Name
from oms.inventory.selling import Position
from oms.inventory.shelves import hot_number
from oms.inventory.spread import LEAST_PARTS, MOST_PARTS, at_node
from oms.kernel.ids import NodeId


class SpreadBody(BaseModel):
    """`{"parts": 25}`: at every node with stock, or at `node`; hot until `hot_until`, else for a
    day."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    parts: Annotated[int, Field(ge=LEAST_PARTS, le=MOST_PARTS)]
    node: Name | None = None
    hot_until: AwareDatetime | None = None


def view_of(position: Position) -> dict[str, Any]:
    """What `POST /stock/{sku}/spread` and `/gather` answer."""
    return {
        "sku": position.selling.sku,
        "nodes": [
            _node_view(NodeId(node), parts, position)
            for node, parts in sorted(position.selling.spread.items())
        ],
    }


def _node_view(node: NodeId, parts: int, position: Position) -> dict[str, Any]:
    on_parts = [e for e in at_node(position, node) if hot_number(e.shelf) is not None]
    return {
        "node": node,
        "parts": parts,
        "on_parts": sum(each.on_hand for each in on_parts),
        "reserved": sum(each.reserved for each in on_parts),
    }
