"""The rows of the `stock` table (docs/data-model.md) and what they mean."""

from __future__ import annotations

from typing import Any

from oms.inventory.model import AVAILABLE, BUCKETS, Level, Movement, Node, NodeKind, Product
from oms.kernel.address import Address
from oms.kernel.clock import from_iso, iso
from oms.kernel.codec import dump, load
from oms.kernel.ids import NodeId, Sku
from oms.platform.unit import Item

NODES = "NODES"
CATALOGUE = "CATALOGUE"
POSITION = ("latitude", "longitude")


def level_key(sku: Sku, node: NodeId) -> dict[str, str]:
    return {"pk": f"SKU#{sku}", "sk": f"NODE#{node}"}


def product_key(sku: Sku) -> dict[str, str]:
    return {"pk": CATALOGUE, "sk": sku}


def movement_key(sku: Sku, movement_id: str) -> dict[str, str]:
    return {"pk": f"MOVEMENTS#{sku}", "sk": movement_id}


def posting_key(key: str, kind: str) -> dict[str, str]:
    return {"pk": f"POSTING#{key}", "sk": kind}


def level_of(item: Item) -> Level:
    figures = {bucket: item.get(bucket, 0) for bucket in (*BUCKETS, AVAILABLE)}
    sku, node = item["pk"].removeprefix("SKU#"), item["sk"].removeprefix("NODE#")
    return Level(Sku(sku), NodeId(node), **figures)


def product_item(product: Product) -> Item:
    fields = dump(product)
    return {**product_key(fields.pop("sku")), **fields}


def product_of(item: Item) -> Product:
    return load(Product, {**item, "sku": item["sk"]})


def movement_fields(movement: Movement) -> dict[str, Any]:
    return {
        "node": movement.node,
        "changes": dict(movement.changes),
        "reason": movement.reason,
        "reference": movement.reference,
        "actor": movement.actor,
        "at": iso(movement.at),
    }


def movement_of(item: Item) -> Movement:
    return Movement(
        item["sk"],
        Sku(item["pk"].removeprefix("MOVEMENTS#")),
        NodeId(item["node"]),
        item["changes"],
        item["reason"],
        item["reference"],
        item["actor"],
        from_iso(item["at"]),
    )


def node_item(node: Node) -> Item:
    """A position is kept as text: the table's numbers are whole ones with us."""
    return {
        "pk": NODES,
        "sk": node.node_id,
        "kind": node.kind.value,
        "name": node.name,
        "address": dump(node.address),
        "country": node.address.country,
        "ships": node.ships,
        **{name: repr(getattr(node, name)) for name in POSITION},
    }


def node_of(item: Item) -> Node:
    return Node(
        NodeId(item["sk"]),
        NodeKind(item["kind"]),
        item["name"],
        load(Address, item["address"]),
        float(item["latitude"]),
        float(item["longitude"]),
        item["ships"],
    )
