"""Work with stock over HTTP, up to the orders that feel it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.workflow.world import World, api_order, world

LEAD = {"name": "lead", "scopes": "ops"}
COUNTER = {"name": "counter", "scopes": "ops"}


@pytest.fixture
def oms() -> Iterator[World]:
    with world() as made:
        yield made


def asked(oms: World, route: str, status: int, body: Any = None, **path: str) -> Any:
    """The answer to a request that has to end with `status`."""
    answered, reply = oms.call(route, path, body)
    assert answered == status, reply
    return reply


def bought(oms: World, quantity: int = 10, **more: Any) -> Any:
    lines = [{"sku": "MUG-BLUE", "quantity": quantity}]
    body = {"reference": "PO-1", "node": "WH-EAST", "lines": lines, **more}
    return asked(oms, "POST /purchase-orders", 201, body)


def came(oms: World, quantity: int, delivery: str, status: int = 201, **line: Any) -> Any:
    lines = [{"sku": "MUG-BLUE", "quantity": quantity, **line}]
    body = {"reference": "PO-1", "node": "WH-EAST", "delivery": delivery, "lines": lines}
    return asked(oms, "POST /stock/receipts", status, body)


def a_released_order(oms: World) -> tuple[str, str]:
    """An order of two mugs at its node; its id and its shipment's."""
    _, order = oms.call("POST /orders", body=api_order())
    oms.run()
    oms.pass_time(timedelta(seconds=10))
    (shipment,) = oms.order(order["order_id"])["shipments"]
    return order["order_id"], shipment["shipment_id"]


def test_a_purchase_order_is_received_in_deliveries_and_never_beyond(oms: World) -> None:
    cost = {"amount_minor": 410, "currency": "USD"}
    lines = [{"sku": "MUG-BLUE", "quantity": 10, "unit_cost": cost}]
    order = bought(oms, lines=lines, expected_on="2026-12-01", supplier="Kiln & Co")
    assert (order["state"], order["lines"][0]["unit_cost"]) == ("OPEN", cost)
    assert oms.stock("MUG-BLUE")["incoming"] == 10
    came(oms, 6, "monday")
    came(oms, 6, "monday")
    problem = came(oms, 5, "friday", 422)
    assert problem["type"] == "/problems/over-receipt"
    shown = asked(oms, "GET /purchase-orders/{reference}", 200, reference="PO-1")
    assert (shown["state"], shown["lines"][0]["outstanding"]) == ("PARTIALLY_RECEIVED", 4)
    act = "POST /purchase-orders/{reference}/{action}"
    later = asked(
        oms, act, 200, {"expected_on": "2026-12-08"}, reference="PO-1", action="reschedule"
    )
    assert later["expected_on"] == "2026-12-08"
    assert asked(oms, act, 200, reference="PO-1", action="cancel")["state"] == "CLOSED"
    assert asked(oms, act, 404, reference="PO-1", action="paint")
    assert asked(oms, act, 422, {}, reference="PO-1", action="reschedule")
    assert (oms.stock("MUG-BLUE")["on_hand"], oms.stock("MUG-BLUE")["incoming"]) == (6, 0)


def test_a_transfer_goes_through_its_steps(oms: World) -> None:
    oms.stock_up("MUG-BLUE", 10)
    lines = [{"sku": "MUG-BLUE", "quantity": 4}]
    body = {"reference": "TR-1", "from": "WH-EAST", "to": "WH-WEST", "lines": lines}
    assert asked(oms, "POST /stock/transfers", 201, body)["state"] == "OPEN"
    part = {"delivery": "pallet-1", "lines": [{"sku": "MUG-BLUE", "quantity": 3}]}
    receive = "POST /stock/transfers/{reference}/receive"
    for _ in range(2):
        moved = asked(oms, receive, 200, part, reference="TR-1")
    assert moved["lines"][0]["outstanding"] == 1
    closed = asked(oms, "POST /stock/transfers/{reference}/close", 200, reference="TR-1")
    assert closed == asked(oms, "GET /stock/transfers/{reference}", 200, reference="TR-1")
    assert (closed["state"], oms.stock("MUG-BLUE")["on_hand"]) == ("CLOSED", 9)
    assert asked(oms, "POST /stock/transfers", 422, {**body, "to": "WH-EAST", "reference": "T"})


def test_a_count_needs_a_second_person_for_a_large_difference(oms: World) -> None:
    oms.stock_up("MUG-BLUE", 100)
    opened = asked(oms, "POST /stock/counts", 201, {"node": "WH-EAST", "skus": ["MUG-BLUE"]})
    path = {"count_id": opened["count_id"]}
    body = {"lines": [{"sku": "MUG-BLUE", "counted": 70}]}
    submit, approve = (f"POST /stock/counts/{{count_id}}/{each}" for each in ("submit", "approve"))
    _, waiting = oms.call(submit, path, body, caller=COUNTER)
    assert (waiting["state"], waiting["lines"][0]["variance"]) == ("AWAITING_APPROVAL", -30)
    status, problem = oms.call(approve, path, caller=COUNTER)
    assert (status, problem["type"]) == (409, "/problems/same-person")
    status, posted = oms.call(approve, path, caller=LEAD)
    assert (status, posted["state"], posted["approved_by"]) == (200, "POSTED", "lead")
    assert asked(oms, "GET /stock/counts/{count_id}", 200, **path) == posted
    assert oms.stock("MUG-BLUE")["on_hand"] == 70


def test_a_recalled_lot_is_not_picked_and_the_attempt_is_on_record(oms: World) -> None:
    came(oms, 10, "", lot="L-7", expires_on="2027-05-01")
    order_id, shipment = a_released_order(oms)
    lot = {"sku": "MUG-BLUE", "lot": "L-7"}
    act = "POST /stock/lots/{sku}/{lot}/{action}"
    status = asked(oms, act, 200, {"reason": "glass"}, action="recall", **lot)
    assert status["holders"] == [{"kind": "ORDER", "id": order_id, "units": 2}]
    answered, problem = oms.ship(shipment, "pick")
    assert (answered, problem["type"]) == (409, "/problems/lot-blocked")
    refused = [e for e in oms.order(order_id)["timeline"] if e["event"] == "LotRefused"]
    assert [(e["actor"], e["detail"]["attempt"]) for e in refused] == [("ops", "pick")]
    assert asked(oms, "GET /stock/lots/{sku}/{lot}", 200, **lot)["recalled"]
    assert not asked(oms, act, 200, action="clear", **lot)["recalled"]
    assert oms.ship(shipment, "pick")[0] == 200


def test_an_order_on_a_recalled_lot_is_routed_round_it_by_the_nodes_reject(oms: World) -> None:
    came(oms, 10, "", lot="L-7")
    oms.stock_up("MUG-BLUE", 5, "WH-WEST")
    order_id, shipment = a_released_order(oms)
    there = next(e for e in oms.order(order_id)["shipments"])["node"]
    assert there == "WH-EAST"
    path = {"sku": "MUG-BLUE", "lot": "L-7", "action": "recall"}
    asked(oms, "POST /stock/lots/{sku}/{lot}/{action}", 200, **path)
    assert oms.ship(shipment, "reject", {"reason": "recalled"})[0] == 200
    oms.run()
    oms.pass_time(timedelta(seconds=30))
    live = [e for e in oms.order(order_id)["shipments"] if e["state"] != "REJECTED"]
    assert [each["node"] for each in live] == ["WH-WEST"]
    again = asked(oms, "POST /stock/lots/{sku}/{lot}/{action}", 200, **path)
    assert (again["holders"], again["levels"][0]["quality"]) == ([], 10)


def test_an_expired_lot_is_not_picked(oms: World) -> None:
    came(oms, 10, "", lot="L-7", expires_on="2026-12-01")
    order_id, shipment = a_released_order(oms)
    oms.clock.advance(timedelta(days=20))
    assert oms.ship(shipment, "pick")[1]["type"] == "/problems/lot-blocked"
    assert any(e["event"] == "LotRefused" for e in oms.order(order_id)["timeline"])


def test_serials_named_at_packing_leave_with_the_shipment(oms: World) -> None:
    from oms import wiring
    from oms.kernel.ids import Sku

    came(oms, 2, "", serials=["SN-1", "SN-2"])
    order_id, shipment = a_released_order(oms)
    assert oms.ship(shipment, "pick")[0] == 200
    (line,) = oms.order(order_id)["lines"]
    named = {"line_id": line["line_id"], "quantity": 2}
    answered, problem = oms.ship(
        shipment, "pack", {"lines": [{**named, "serials": ["SN-1", "SN-9"]}]}
    )
    assert (answered, problem["type"]) == (409, "/problems/serial-unknown")
    answered, problem = oms.ship(shipment, "pack", {"lines": [{**named, "serials": ["SN-1"]}]})
    assert (answered, problem["type"]) == (422, "/problems/serials-differ")
    body = {"lines": [{**named, "serials": ["SN-1", "SN-2"]}]}
    assert oms.ship(shipment, "pack", body)[0] == 200
    oms.run()
    assert oms.ship(shipment, "ship")[0] == 200
    gone = wiring.stock().serials.get(Sku("MUG-BLUE"), "SN-2")
    assert (gone.state, gone.shipment) == ("SHIPPED", shipment)


def test_a_pool_is_filled_from_the_general_shelf(oms: World) -> None:
    policy = {"pools": [{"name": "wholesale", "channels": ["b2b"]}]}
    _, known = oms.call("GET /policies/selling")
    status, reply = oms.call("PUT /policies/selling", body={**policy, "version": known["version"]})
    assert status == 200, reply
    oms.stock_up("MUG-BLUE", 10)
    lines = [{"sku": "MUG-BLUE", "quantity": 4}]
    body = {"pool": "wholesale", "node": "WH-EAST", "lines": lines}
    asked(oms, "POST /stock/pools", 201, body)
    assert asked(oms, "POST /stock/pools", 422, {**body, "pool": "none"})
    damaged = [{"sku": "MUG-BLUE", "quantity": -1, "pool": "wholesale"}]
    adjusted = {"reason": "DAMAGED", "node": "WH-EAST", "lines": damaged}
    asked(oms, "POST /stock/adjustments", 201, adjusted)
    assert (oms.stock("MUG-BLUE")["on_hand"], oms.stock("MUG-BLUE")["available"]) == (10, 9)
