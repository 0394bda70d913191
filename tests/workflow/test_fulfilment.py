"""At the node and on the way: quantities move forward, money follows the parcels, scans tell."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.workflow.invariants import check
from tests.workflow.plays import (
    CARD,
    arrived,
    events,
    live_shipment,
    odd_order,
    packed,
    parcels,
    placed,
    released,
    shipped,
)
from tests.workflow.world import World, api_order, world


@pytest.fixture(scope="module")
def oms() -> Iterator[World]:
    with world() as made:
        made.stock_up("MUG-BLUE", 1000)
        made.stock_up("TEE-RED", 1000)
        made.stock_up("MUG-BLUE", 100, "WH-WEST")
        yield made


def of(oms: World, shipment: str, action: str, **lines: int) -> tuple[int, Any]:
    body = [{"line_id": line, "quantity": quantity} for line, quantity in lines.items()]
    return oms.ship(shipment, action, {"lines": body} if lines else {})


def states(oms: World, order_id: str, line: int = 0) -> dict[str, int]:
    found: dict[str, int] = oms.order(order_id)["lines"][line]["states"]
    assert found.pop("ordered") == sum(found.values())
    return {name: units for name, units in found.items() if units}


def test_picked_packed_and_shipped_in_parts_every_unit_counts_once(oms: World) -> None:
    order_id, shipment = released(oms, **odd_order())
    assert states(oms, order_id) == {"released": 3}
    assert of(oms, shipment, "pick", L1=2)[0] == 200
    assert states(oms, order_id) == {"released": 1, "picked": 2}
    assert of(oms, shipment, "pick", L1=2)[0] == 422
    assert of(oms, shipment, "pack", L1=3)[0] == 422
    assert of(oms, shipment, "pack", L1=1)[0] == 200
    assert states(oms, order_id) == {"released": 1, "picked": 1, "packed": 1}
    oms.run()
    assert oms.ship(shipment, "ship")[0] == 200
    assert oms.order(order_id)["status"] == "PARTIALLY_SHIPPED"
    assert states(oms, order_id) == {"released": 1, "picked": 1, "shipped": 1}
    assert oms.ship(shipment, "reject")[0] == 409
    assert oms.ship(shipment, "ship")[0] == 409
    check(oms)
    assert oms.ship(shipment, "pick")[0] == 200
    assert oms.ship(shipment, "pack")[0] == 200
    oms.run()
    assert oms.ship(shipment, "ship")[0] == 200
    assert oms.order(order_id)["status"] == "SHIPPED"
    check(oms)


@pytest.mark.parametrize(
    "boxes",
    [
        [{"L1": 3, "L2": 2}],
        [{"L1": 1}, {"L1": 1}, {"L1": 1}, {"L2": 1}, {"L2": 1}],
        [{"L2": 1}, {"L1": 3, "L2": 1}],
        [{"L1": 2, "L2": 2}, {"L1": 1}],
    ],
)
@pytest.mark.parametrize("at_once", [True, False])
def test_the_captures_of_the_parcels_add_up_to_the_total(
    oms: World, boxes: list[dict[str, int]], at_once: bool
) -> None:
    order_id, shipment = released(oms, **odd_order())
    assert oms.ship(shipment, "pick")[0] == 200
    for number, box in enumerate(boxes, 1):
        assert of(oms, shipment, "pack", **box)[0] == 200
        if not at_once:
            oms.run()
            assert oms.ship(shipment, "ship", {"parcel": number})[0] == 200
    oms.run()
    if at_once:
        assert oms.ship(shipment, "ship")[0] == 200
    order = oms.order(order_id)
    captures = [p["amount"]["amount_minor"] for p in order["payments"] if p["kind"] == "CAPTURE"]
    assert len(captures) == len(boxes)
    assert sum(captures) == order["totals"]["total"]["amount_minor"]
    assert min(captures) > 0
    assert (order["status"], order["payment_status"]) == ("SHIPPED", "PAID")
    check(oms)


def test_an_order_from_two_nodes_is_two_shipments_with_their_own_numbers(oms: World) -> None:
    oms.stock_up("ONLY-WEST", 5, "WH-WEST")
    line = api_order()["lines"][0]
    order_id, _ = released(oms, lines=[line | {"sku": "TEE-RED"}, line | {"sku": "ONLY-WEST"}])
    order = oms.order(order_id)
    assert sorted(each["node"] for each in order["shipments"]) == ["WH-EAST", "WH-WEST"]
    for each in order["shipments"]:
        packed(oms, each["shipment_id"])
        assert oms.ship(each["shipment_id"], "ship")[0] == 200
    numbers = {box["tracking_number"] for box in parcels(oms, order_id)}
    assert len(numbers) == 2
    first, second = parcels(oms, order_id)
    oms.scan(first["tracking_number"], "DELIVERED")
    assert oms.order(order_id)["status"] == "SHIPPED"
    oms.scan(second["tracking_number"], "DELIVERED")
    assert oms.order(order_id)["status"] == "DELIVERED"
    oms.run()
    check(oms)


def test_a_node_that_refuses_is_avoided_and_the_card_is_not_charged_again(oms: World) -> None:
    order_id, shipment = released(oms)
    assert oms.order(order_id)["shipments"][0]["node"] == "WH-EAST"
    assert oms.ship(shipment, "reject", {"reason": "flooded"})[0] == 200
    oms.run()
    oms.heal(1)
    order = oms.order(order_id)
    assert [each["state"] for each in order["shipments"]] == ["REJECTED", "RELEASED"]
    assert order["shipments"][1]["node"] == "WH-WEST"
    assert [each["state"] for each in order["payments"]] == ["DONE"]
    check(oms)
    assert oms.ship(shipment, "pick")[0] == 409
    packed(oms, live_shipment(order))
    assert oms.ship(live_shipment(order), "ship")[0] == 200
    oms.run()
    check(oms)


def test_a_label_is_a_real_file_behind_a_link_that_is_short_lived(oms: World) -> None:
    order_id, shipment = released(oms)
    packed(oms, shipment)
    (box,) = parcels(oms, order_id)
    path = {"shipment_id": shipment}
    status, headers = oms.call("GET /shipments/{shipment_id}/label", path, query={"parcel": "1"})
    assert status == 303
    assert "X-Amz-Expires=300" in headers["location"]
    for ending, start in (("pdf", b"%PDF"), ("zpl", b"^XA")):
        key = f"labels/{shipment}/1-{box['tracking_number']}.{ending}"
        assert oms.s3.get_object(Bucket="labels", Key=key)["Body"].read().startswith(start)
    assert oms.call("GET /shipments/{shipment_id}/label", path, query={"parcel": "2"})[0] == 404


def test_scans_out_of_order_and_repeated_make_one_history(oms: World) -> None:
    order_id, _ = shipped(oms)
    (box,) = parcels(oms, order_id)
    number, start = box["tracking_number"], oms.clock.now()
    for hours, status in ((5, "OUT_FOR_DELIVERY"), (1, "PICKED_UP"), (3, "IN_TRANSIT")) * 2:
        assert oms.scan(number, status, at=start + timedelta(hours=hours))[0] == 200
    (box,) = parcels(oms, order_id)
    assert [s["status"] for s in box["scans"]] == ["PICKED_UP", "IN_TRANSIT", "OUT_FOR_DELIVERY"]
    oms.scan(number, "DELIVERED", at=start + timedelta(hours=6))
    oms.scan(number, "IN_TRANSIT", "late-news", at=start + timedelta(hours=7))
    order = oms.order(order_id)
    assert order["status"] == "DELIVERED"
    assert events(order).count("OrderDelivered") == 1
    assert oms.scan("NOT-OURS", "DELIVERED") == (200, {"received": 1, "unknown": 1})
    oms.run()
    check(oms)


def test_a_scan_proves_the_hand_over_though_nobody_clicked(oms: World) -> None:
    on_hand = oms.stock("MUG-BLUE")["on_hand"]
    order_id, shipment = released(oms)
    packed(oms, shipment)
    (box,) = parcels(oms, order_id)
    oms.scan(box["tracking_number"], "LABEL_CREATED")
    assert oms.order(order_id)["status"] == "RELEASED"
    oms.scan(box["tracking_number"], "IN_TRANSIT")
    oms.run()
    assert oms.order(order_id)["status"] == "SHIPPED"
    assert oms.stock("MUG-BLUE")["on_hand"] == on_hand - 2
    assert oms.ship(shipment, "ship")[0] == 409
    check(oms)


def test_a_carrier_whose_signature_is_wrong_or_old_is_not_believed(oms: World) -> None:
    order_id, _ = shipped(oms)
    (box,) = parcels(oms, order_id)
    status, _ = oms.scan(box["tracking_number"], "DELIVERED", secret="guess")
    assert status == 401
    assert oms.order(order_id)["status"] == "SHIPPED"


def test_delivered_is_closed_when_the_return_window_is_over(oms: World) -> None:
    order_id, _ = shipped(oms)
    arrived(oms, order_id)
    oms.pass_time(timedelta(seconds=20))
    assert oms.order(order_id)["status"] == "DELIVERED"
    oms.pass_time(timedelta(seconds=20))
    order = oms.order(order_id)
    assert (order["status"], order["worklist"], order["due_at"]) == ("CLOSED", None, None)
    check(oms)


def test_stock_that_arrives_wakes_a_backorder(oms: World) -> None:
    line = {**api_order()["lines"][0], "sku": "RARE", "quantity": 3}
    oms.stock_up("RARE", 2)
    order_id = placed(oms, lines=[line], payment=CARD)
    order = oms.order(order_id)
    assert (order["status"], order["lines"][0]["states"]["backordered"]) == ("BACKORDERED", 1)
    assert oms.stock("RARE")["reserved"] == 2  # what there is waits for the rest
    oms.stock_up("RARE", 2)
    oms.run()
    assert oms.order(order_id)["status"] == "CONFIRMED"
    assert oms.stock("RARE")["reserved"] == 3
    check(oms)
