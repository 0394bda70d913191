"""Stock as the API shows it (`GET /nodes`, `GET /stock...`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from oms.inventory.model import AVAILABLE, BUCKETS, Level, Movement, Node, Product
from oms.inventory.selling import Selling
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


def of_stock(
    product: Product,
    levels: Iterable[Level],
    selling: Selling | None = None,
    sellable: int | None = None,
) -> dict[str, Any]:
    """One SKU: every node's figures, and the network's, which are their sums.

    `sellable` is what the channel that was asked for can sell now; None: none was.
    """
    levels = sorted(levels, key=lambda level: level.place)
    nodes = {level.node: [each for each in levels if each.node == level.node] for level in levels}
    return {
        "sku": product.sku,
        "title": product.title,
        "nodes": [
            {"node": node, **_sum(there), "shelves": [_shelf(e) for e in there if e.shelf]}
            for node, there in nodes.items()
        ],
        "total": _sum(levels),
        "selling": _selling(selling or Selling(product.sku)),
        **({} if sellable is None else {"sellable": sellable}),
    }


def _selling(selling: Selling) -> dict[str, Any]:
    return {
        "components": [{"sku": c.sku, "quantity": c.quantity} for c in selling.components],
        "oversell_limit": selling.oversell,
        "backorders": selling.backorders,
        "available_from": selling.available_from or None,
        "lead_days": selling.lead_days,
        "reorder_point": selling.reorder_point,
        "waiting": selling.waiting,
    }


def _sum(levels: Iterable[Level]) -> dict[str, int]:
    figures = [_figures(level) for level in levels]
    return {name: sum(each[name] for each in figures) for name in _FIGURES}


def _shelf(level: Level) -> dict[str, Any]:
    """A lot, a pool, or a part of a spread SKU; the general shelf is the rest."""
    lot = (
        {"expires_on": level.expires_on, "recalled": level.blocked}
        if level.expires_on or level.blocked
        else {}
    )
    return {"shelf": level.shelf, **_figures(level), **lot}


def of_posted(levels: Iterable[Level]) -> dict[str, Any]:
    """What a receipt or an adjustment answers."""
    shown = [
        {"sku": each.sku, "node": each.node, "shelf": each.shelf, **_figures(each)}
        for each in levels
    ]
    return {"posted": True, "levels": shown}


def of_movement(movement: Movement) -> dict[str, Any]:
    return {
        "movement_id": movement.movement_id,
        "at": iso(movement.at),
        "node": movement.node,
        "shelf": movement.shelf,
        "reason": str(movement.reason),
        "reference": movement.reference,
        "actor": movement.actor,
        "changes": {name: movement.changes.get(name, 0) for name in BUCKETS},
    }


def of_page(items: Iterable[Mapping[str, Any]], next_cursor: str | None) -> dict[str, Any]:
    return {"items": list(items), "next_cursor": next_cursor}


def _figures(level: Level) -> dict[str, int]:
    return {name: getattr(level, name) for name in _FIGURES}
