"""A flash sale over HTTP: gateway, authorizer, function and table, and not one unit too many.

The sale of 500 buyers is part of the suite. The one of 2,000 takes minutes on a small machine:
`OMS_FULL_SALE=1 make test ARGS="-k flash"` holds it too. 32 buyers are served at a time, the others
stand behind them: the emulator gives each function two to four workers, and whoever waits longer
than 15 s for one a process of its own. 10,000 buyers are played in memory (`make bench`).
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from local.client import ApiClient
from local.stack import Stack
from tests.e2e.flash_buyers import Heard, Shop, all_buy, all_buy_carelessly

pytestmark = pytest.mark.stack
NODE = "WH-EAST"
SOLD_OUT = 409


@dataclass(frozen=True, slots=True)
class Sale:
    sku: str
    buyers: int
    units: int


IN_THE_SUITE = Sale("SNEAKER-DROP", buyers=500, units=100)
IN_FULL = Sale("CONSOLE-DROP", buyers=2_000, units=500)
SALES = (IN_THE_SUITE, IN_FULL) if os.environ.get("OMS_FULL_SALE") else (IN_THE_SUITE,)


@pytest.fixture
def api(local_stack: Stack) -> ApiClient:
    return ApiClient(local_stack.url, local_stack.ops_token)


@pytest.mark.parametrize(
    "sale", SALES, ids=lambda sale: f"{sale.buyers} buyers, {sale.units} units"
)
def test_as_many_buyers_get_a_unit_as_there_are_and_the_others_are_told(
    sale: Sale, local_stack: Stack, api: ApiClient
) -> None:
    put_on_sale(api, sale)
    heard = all_buy(Shop(local_stack.url, local_stack.api_key, sale.sku), sale.buyers)
    assert answers(heard) == {
        (201, ""): sale.units,
        (SOLD_OUT, "sold-out"): sale.buyers - sale.units,
    }
    assert len({each.reservation_id for each in heard if each.status == 201}) == sale.units
    assert figures(api, sale.sku) == {"on_hand": sale.units, "reserved": sale.units, "available": 0}


def put_on_sale(api: ApiClient, sale: Sale) -> None:
    title = {"title": f"A drop of {sale.units}"}
    assert api.ask("PUT", f"/products/{sale.sku}", json.dumps(title).encode()).status == 200
    lines = [{"sku": sale.sku, "quantity": sale.units}]
    api.post("/stock/receipts", {"reference": f"PO-{sale.sku}", "node": NODE, "lines": lines})


def answers(heard: list[Heard]) -> Counter[tuple[int, str]]:
    """How many heard what in the end, by status and by the last word of the problem's type."""
    return Counter((each.status, each.problem.rpartition("/")[2]) for each in heard)


def figures(api: ApiClient, sku: str) -> dict[str, int]:
    total = api.get(f"/stock/{sku}")["total"]
    return {name: total[name] for name in ("on_hand", "reserved", "available")}


@pytest.fixture
def careless_table(local_stack: Stack) -> Iterator[str]:
    """A table in the same emulator, for a shop that writes without a condition."""
    client: Any = local_stack.clients("dynamodb")
    name = "careless-shop"
    client.create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    yield name
    client.delete_table(TableName=name)


def test_code_that_looks_first_and_writes_afterwards_oversells_in_the_same_harness(
    local_stack: Stack, careless_table: str
) -> None:
    units = 100
    level = {"pk": {"S": "SNEAKER-DROP"}, "available": {"N": str(units)}}
    local_stack.clients("dynamodb").put_item(TableName=careless_table, Item=level)
    endpoint = local_stack.clients.endpoint
    sold = all_buy_carelessly(endpoint, careless_table, "SNEAKER-DROP", buyers=500)
    assert sold > units, "the harness would not notice overselling"
