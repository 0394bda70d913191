"""What the bus carries is what `events/bus` says: one schema and one sample for each event."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource

from oms.inventory.news import PUBLISHED as OF_STOCK
from oms.inventory.reconcile_walk import PUBLISHED as OF_BOOKS
from oms.notifications.end_subscription import PUBLISHED as OF_WEBHOOKS
from oms.orders.events import PUBLISHED, VERSION
from tests.workflow import world as worlds
from tests.workflow.stock_plays import met_the_line
from tests.workflow.world import World, api_order

FOLDER = Path(__file__).parents[2] / "events/bus"
CARD = {"method": "card", "payment_method": "pm_card_visa"}

every_event = pytest.mark.parametrize("name", sorted(PUBLISHED))


def read(name: str) -> Any:
    return json.loads((FOLDER / name).read_text())


@cache
def validator(name: str) -> Draft202012Validator:
    """Of one detail-type, and strict: what a schema does not name must not be there."""
    envelope = Resource.from_contents(read("envelope.json"))
    registry: Any = Registry().with_resource("envelope.json", envelope)
    schema = {**read(f"{name}.schema.json"), "unevaluatedProperties": False}
    schema["properties"]["data"]["additionalProperties"] = False
    return Draft202012Validator(schema, registry=registry, format_checker=FormatChecker())


def test_every_event_has_a_schema_and_a_sample_and_nothing_else_has() -> None:
    names = (*PUBLISHED, *OF_STOCK, *OF_BOOKS, *OF_WEBHOOKS)
    parts = {f"{name}.{part}.json" for name in names for part in ("schema", "sample")}
    assert {path.name for path in FOLDER.iterdir()} == parts | {"envelope.json"}


def test_the_envelope_is_of_the_version_that_is_published() -> None:
    assert read("envelope.json")["properties"]["version"]["const"] == VERSION


@every_event
def test_the_schema_is_one_and_names_its_event(name: str) -> None:
    schema = read(f"{name}.schema.json")
    Draft202012Validator.check_schema(schema)
    assert schema["title"] == name
    assert f"`oms.{PUBLISHED[name]}`" in schema["description"]


@every_event
def test_the_sample_is_valid(name: str) -> None:
    sample = read(f"{name}.sample.json")
    validator(name).validate(sample)
    assert sample["id"] == f"{sample['order_id']}#{sample['sequence']}"


@every_event
def test_a_sample_without_its_envelope_is_not(name: str) -> None:
    sample = read(f"{name}.sample.json")
    for field in ("id", "version", "occurred_at", "order_id", "sequence", "data"):
        without = {key: value for key, value in sample.items() if key != field}
        assert not validator(name).is_valid(without), field


# --- a run -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def entries() -> Iterator[list[dict[str, Any]]]:
    """All that a delivered, a held, a rerouted and a cancelled order put on the bus."""
    with worlds.world() as oms:
        delivered(oms)
        rerouted_then_cancelled(oms)
        short(oms)
        met_the_line(oms)
        yield oms.bus.published


def placed(oms: World, **changes: Any) -> str:
    status, order = oms.call("POST /orders", body=api_order(payment=CARD, **changes))
    assert status == 201, order
    oms.run()
    order_id: str = order["order_id"]
    return order_id


def delivered(oms: World) -> None:
    oms.stock_up("MUG-BLUE", 100)
    oms.deliver_all(placed(oms))
    oms.pass_time(timedelta(seconds=40))


def rerouted_then_cancelled(oms: World) -> None:
    oms.stock_up("MUG-BLUE", 10, "WH-WEST")
    order_id = placed(oms, external_id="PO-8")
    oms.pass_time(timedelta(seconds=10))
    shipment = oms.order(order_id)["shipments"][0]["shipment_id"]
    oms.ship(shipment, "reject", {"reason": "damaged on the shelf"})
    oms.run()
    oms.act(order_id, "hold", "call me first")
    oms.run()
    oms.act(order_id, "cancel", "changed her mind")
    oms.run()


def short(oms: World) -> None:
    line = {"sku": "TEE-RED", "quantity": 2}
    price = {"unit_price": {"amount_minor": 1, "currency": "USD"}}
    placed(oms, external_id="PO-9", lines=[{**line, **price}])
    oms.run()


def test_everything_on_the_bus_is_as_its_schema_says(entries: Any) -> None:
    for entry in entries:
        name = entry["DetailType"]
        if name in OF_STOCK:  # tests/contracts/test_stock_events.py
            continue
        assert entry["Source"] == f"oms.{PUBLISHED[name]}"
        errors = list(validator(name).iter_errors(json.loads(entry["Detail"])))
        assert not errors, f"{name}: {errors[0].json_path} {errors[0].message}"


def test_the_run_met_most_of_the_events(entries: Any) -> None:
    heard = {entry["DetailType"] for entry in entries}
    # These need a fault, a fraudster or a refused capture; their own tests bring them about.
    rare = {"AttentionNeeded", "OrderRejected", "PaymentRefunded"}
    # And these a channel (tests/workflow/test_follow_channel.py, test_tell_channel.py).
    rare |= {"OrderEdited", "RefundedInChannel", "ChannelRefundRequested"}
    assert set(PUBLISHED) - heard <= rare
