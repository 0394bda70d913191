"""Every function has a sample input that a person can invoke it with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from infra.catalogue.function_row import Kind
from infra.catalogue.functions import FUNCTIONS
from infra.catalogue.routes import ROUTES

EVENTS = Path(__file__).parents[2] / "events"
PARCEL_STEPS = {
    "buy_label",
    "capture_payment",
    "notify_customer",
    "notify_channel",
    "void_label",
    "refund_capture",
}


def samples(function: str) -> list[dict[str, Any]]:
    files = (EVENTS / function).glob("*.json")
    return [json.loads(each.read_text()) for each in files if ".body." not in each.name]


@pytest.mark.parametrize("row", FUNCTIONS, ids=lambda row: row.name)
def test_every_function_has_a_sample(row: Any) -> None:
    assert samples(row.name)


@pytest.mark.parametrize(
    "row", [row for row in FUNCTIONS if row.kind is Kind.STEP], ids=lambda row: row.name
)
def test_a_step_gets_ids_and_never_a_body(row: Any) -> None:
    ids = {"order_id", "run"} | ({"shipment", "parcel"} if row.name in PARCEL_STEPS else set())
    for sample in samples(row.name):
        assert set(sample) - {"error"} == ids


@pytest.mark.parametrize(
    "row", [row for row in FUNCTIONS if row.kind is Kind.HTTP], ids=lambda row: row.name
)
def test_a_sample_request_is_for_a_route_of_its_function(row: Any) -> None:
    keys = {route.key for route in ROUTES if route.function == row.name}
    assert all(sample["routeKey"] in keys for sample in samples(row.name))
