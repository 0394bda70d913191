"""Loads the demo: nodes and catalogue as reference data, stock through the public API."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from local.aws.clients import Clients
from local.client import ApiClient
from oms.inventory.model import Node, NodeKind, Product
from oms.inventory.store import DynamoStock
from oms.kernel.address import Address
from oms.kernel.ids import NodeId, Sku
from oms.platform.dynamo import Dynamo

_HERE = Path(__file__).parent
_OWN = {NodeKind.WAREHOUSE: 1000, NodeKind.STORE: 40, NodeKind.THIRD_PARTY: 200}
_RECORDED = 5000  # trade orders ask for thousands of a SKU


def nodes() -> list[Node]:
    """The demo's nodes: three warehouses, two stores and one 3PL, in the US and the EU."""
    return [_node(row) for row in _rows("nodes.json")]


def load(clients: Clients, stock_table: str, api: ApiClient) -> None:
    """Nodes and products in place, then one receipt for each node. A repeat changes nothing."""
    catalogue = _rows("catalogue.json")
    stock = DynamoStock(Dynamo(clients("dynamodb")), stock_table)
    stock.save_nodes(nodes())
    stock.save_products(_product(row) for row in (*catalogue["own"], *catalogue["recorded"]))
    with ThreadPoolExecutor(2) as hands:
        list(hands.map(lambda node: _receive(api, node, catalogue), nodes()))


def _receive(api: ApiClient, node: Node, catalogue: Any) -> None:
    lines = receipt_lines(node, catalogue)
    body = {"reference": f"DEMO-{node.node_id}", "node": node.node_id, "lines": lines}
    api.post("/stock/receipts", body)


def receipt_lines(node: Node, catalogue: Any) -> list[dict[str, Any]]:
    """Own SKUs everywhere they are kept; recorded ones at the warehouses."""
    own = [
        {"sku": row["sku"], "quantity": _OWN[node.kind]}
        for row in catalogue["own"]
        if node.node_id in row.get("only", (node.node_id,))
    ]
    if node.kind is not NodeKind.WAREHOUSE:
        return own
    return own + [{"sku": row["sku"], "quantity": _RECORDED} for row in catalogue["recorded"]]


def _rows(name: str) -> Any:
    return json.loads((_HERE / name).read_text())


def _node(row: Any) -> Node:
    address = Address(
        name=row["name"],
        lines=tuple(row["lines"]),
        city=row["city"],
        region=row["region"],
        postal_code=row["postal_code"],
        country=row["country"],
    )
    return Node(
        NodeId(row["node_id"]),
        NodeKind(row["kind"]),
        row["name"],
        address,
        row["latitude"],
        row["longitude"],
    )


def _product(row: Any) -> Product:
    return Product(
        Sku(row["sku"]),
        row["title"],
        row["weight_g"],
        row.get("length_mm", 0),
        row.get("width_mm", 0),
        row.get("height_mm", 0),
    )
