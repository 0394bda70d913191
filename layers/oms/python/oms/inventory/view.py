"""Stock as the API shows it (`GET /nodes`, `GET /stock...`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from oms.inventory.model import AVAILABLE, BUCKETS, Level, Movement, Node, Product
from oms.kernel.clock import iso

_FIGURES = (*BUCKETS, AVAILABLE)


def of_node(node: Node) -> dict[str, Any]:
    return {
        "node_id": node.node_id,
        "kind": node.kind.value,
        "name": node.name,
        "country": node.address.country,
        "city": node.address.city,
        "postal_code": node.address.postal_code,
    }


def of_stock(product: Product, levels: Iterable[Level]) -> dict[str, Any]:
    """One SKU: every node's figures, and the network's, which are their sums."""
    figures = {level.node: _figures(level) for level in levels}
    return {
        "sku": product.sku,
        "title": product.title,
        "nodes": [{"node": node, **each} for node, each in figures.items()],
        "total": {name: sum(each[name] for each in figures.values()) for name in _FIGURES},
    }


def of_posted(levels: Iterable[Level]) -> dict[str, Any]:
    """What a receipt or an adjustment answers."""
    shown = [{"sku": each.sku, "node": each.node, **_figures(each)} for each in levels]
    return {"posted": True, "levels": shown}


def of_movement(movement: Movement) -> dict[str, Any]:
    return {
        "movement_id": movement.movement_id,
        "at": iso(movement.at),
        "node": movement.node,
        "reason": str(movement.reason),
        "reference": movement.reference,
        "actor": movement.actor,
        "changes": {name: movement.changes.get(name, 0) for name in BUCKETS},
    }


def of_page(items: Iterable[Mapping[str, Any]], next_cursor: str | None) -> dict[str, Any]:
    return {"items": list(items), "next_cursor": next_cursor}


def _figures(level: Level) -> dict[str, int]:
    return {name: getattr(level, name) for name in _FIGURES}
