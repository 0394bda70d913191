"""Logs and events hold ids and outcomes. No person is in them, whatever happens."""

from __future__ import annotations

import io
import json
import logging
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from oms.platform import observability
from tests.workflow.plays import closed, packed, resolve_only, tasks_of
from tests.workflow.world import World, api_order

CANARIES = {
    "name": "Wilhelmina Canarybird",
    "email": "canary.bird@example.org",
    "phone": "+12025550143",
    "street": "77 Yellowfeather Lane",
    "city": "Canaryville",
    "note": "please ring at the yellow door",
    "card": "4242424242424242",
}


@pytest.fixture
def listened(oms: World) -> Iterator[io.StringIO]:
    """Every line of the log, as on AWS and down to the last level."""
    stream = io.StringIO()
    handlers = [each for each in logging.getLogger("oms").handlers if hasattr(each, "setStream")]
    before = [each.setStream(stream) for each in handlers]
    observability.logger().setLevel("DEBUG")
    yield stream
    observability.logger().setLevel("CRITICAL")
    for each, old in zip(handlers, before, strict=True):
        each.setStream(old or sys.stdout)


def test_a_whole_life_and_its_mishaps_leave_no_person_in_logs_or_events(
    oms: World, listened: io.StringIO
) -> None:
    address = {
        **api_order()["shipping_address"],
        "name": CANARIES["name"],
        "lines": [CANARIES["street"]],
        "city": CANARIES["city"],
    }
    customer = {each: CANARIES[each] for each in ("name", "email", "phone")}
    body = api_order(
        customer=customer,
        shipping_address={**address, "postal_code": "?"},
        note=CANARIES["note"],
        payment={"method": "card", "payment_method": "pm_card_visa"},
    )
    refused = {**body, "external_id": "X", "note": CANARIES["card"]}
    assert oms.call("POST /orders", body=refused)[0] == 422
    wrong = {**body, "customer": {**customer, "email": "canary.bird@"}, "Canaryville": 1}
    assert oms.call("POST /orders", body=wrong)[0] == 422
    status, page = oms.call("POST /orders", body=body)
    assert status == 201
    oms.run()
    order_id = page["order_id"]
    oms.call("GET /orders", query={"q": CANARIES["email"]})
    assert tasks_of(oms, order_id)
    oms.network.cut = _down_at(oms, 3, 5, 12)
    resolve_only(oms, order_id, "fix-address", {"shipping_address": address})
    oms.heal(2)
    shipment = oms.order(order_id)["shipments"][0]["shipment_id"]
    with oms.carrier_refuses():
        packed(oms, shipment)
    resolve_only(oms, order_id, "retry")
    assert closed(oms, order_id, shipment)["status"] == "CLOSED"
    lines = listened.getvalue().splitlines()
    assert any("Traceback" in line for line in lines)
    assert len(lines) > 40, "or nothing was listened to"
    steps = [json.loads(line) for line in lines if line.startswith('{"level')]
    assert {each["order_id"] for each in steps if "step" in each} == {order_id}
    told = {"logs": "\n".join(lines), "events": json.dumps(oms.bus.published)}
    for where, text in told.items():
        for canary, value in CANARIES.items():
            for part in (value, *(value.split() if canary in ("name", "street") else ())):
                if len(part) > 4:
                    assert part not in text, f"{canary} in the {where}"
    assert oms.mail.told(CANARIES["email"]) == 1


def _down_at(oms: World, *writes: int) -> Callable[[str, Any], str]:
    first = oms.network.writes
    return lambda operation, request: "down" if oms.network.writes - first in writes else ""


def test_every_step_carries_the_id_of_the_request_that_began_it(
    oms: World, listened: io.StringIO
) -> None:
    oms.call("POST /orders", body=api_order())
    oms.run()
    lines = [json.loads(line) for line in listened.getvalue().splitlines() if "step done" in line]
    assert [line["step"] for line in lines][-1] == "ConfirmOrder"
    assert {line["correlation_id"] for line in lines} == {"req-1"}
