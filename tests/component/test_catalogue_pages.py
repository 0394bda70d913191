"""Availability of a large catalogue: a page costs what a page holds, and nothing is scanned."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from oms.inventory import items
from oms.inventory.look_up import stock_page
from oms.inventory.model import Node, NodeKind, Product
from oms.inventory.sellable import sellable_units
from oms.inventory.store import DynamoStock
from oms.kernel.address import Address
from oms.kernel.ids import NodeId, Sku
from oms.platform.dynamo import Dynamo
from tests.component.moto_tables import tables

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
SKUS = [Sku(f"MUG-{number:05}") for number in range(2_000)]
NODES = [NodeId("WH-EAST"), NodeId("WH-WEST")]
PAGE = 200


class Counting:
    """A client that counts what is asked of it."""

    def __init__(self, client: Any) -> None:
        self._client, self.requests = client, Counter[str]()

    def __getattr__(self, name: str) -> Any:
        self.requests[name] += 1
        return getattr(self._client, name)


@pytest.fixture(scope="module")
def shop() -> Iterator[tuple[DynamoStock, Counting]]:
    """2,000 products at two nodes; every tenth is a kit of the one before and the one after."""
    address = Address("Dock", ("1 Harbor Avenue",), "Newark", "NJ", "07114", "US")
    with tables() as made:
        client = Counting(made.client)
        stock = DynamoStock(Dynamo(client), made.stock)
        kind = NodeKind.WAREHOUSE
        stock.save_nodes([Node(node, kind, "Newark", address, 40.7, -74.2) for node in NODES])
        stock.save_products([Product(sku, "Mug") for sku in SKUS])
        rows = [
            {**items.level_key(sku, node), "on_hand": at % 7, "available": at % 7}
            for at, sku in enumerate(SKUS)
            if at % 10
            for node in NODES
        ]
        kits = [
            {
                **items.selling_key(SKUS[at]),
                "components": [
                    {"sku": SKUS[at - 1], "quantity": 1},
                    {"sku": SKUS[at + 1], "quantity": 2},
                ],
            }
            for at in range(10, len(SKUS), 10)
        ]
        made.dynamo.put_many(made.stock, rows + kits)
        yield stock, client


def test_every_page_costs_the_same_few_requests_wherever_it_stands(
    shop: tuple[DynamoStock, Counting],
) -> None:
    stock, client = shop
    after, costs, found = "", list[int](), dict[Sku, int]()
    while True:
        client.requests.clear()
        page = stock_page(PAGE, after, stock=stock)
        positions = {product.sku: position for product, position in page.items}
        found |= sellable_units(positions, "web", NOW, stock=stock)
        assert set(client.requests) <= {"query", "batch_get_item", "get_item"}
        costs.append(sum(client.requests.values()))
        if not (after := page.after):
            break
    # The page, nodes (for each batch and the choice), the policy; a request per 100 keys.
    assert len(costs) == len(SKUS) // PAGE
    assert max(costs) <= 3 * PAGE // 100 + 6
    assert len(found) == len(SKUS)
    assert (found[SKUS[3]], found[SKUS[13]]) == (6, 12)
    # SKU 20 is made of one SKU 19 (5 at two nodes each) and two SKU 21 (none).
    assert (found[SKUS[20]], found[SKUS[30]]) == (0, min(2 * (29 % 7), 2 * (31 % 7) // 2))
