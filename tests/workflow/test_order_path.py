"""One order's walk, from the outside in to the last scan."""

from __future__ import annotations

from datetime import timedelta

from tests.workflow.world import World, api_order

CARD = {"method": "card", "payment_method": "pm_card_visa"}


def test_an_order_walks_from_capture_to_close(oms: World) -> None:
    status, page = oms.call("POST /orders", body=api_order(payment=CARD))
    assert status == 201
    assert page["status"] == "CAPTURED"
    oms.run()
    order = oms.order(page["order_id"])
    assert order["status"] == "CONFIRMED"
    assert order["payment_status"] == "AUTHORIZED"
    assert oms.stock("MUG-BLUE")["reserved"] == 2
    oms.deliver_all(page["order_id"])
    order = oms.order(page["order_id"])
    assert order["status"] == "DELIVERED"
    assert order["payment_status"] == "PAID"
    assert order["lines"][0]["states"]["delivered"] == 2
    oms.pass_time(timedelta(seconds=40))
    assert oms.order(page["order_id"])["status"] == "CLOSED"
    assert oms.stock("MUG-BLUE") | {"incoming": 0} == {
        "on_hand": 98,
        "reserved": 0,
        "safety": 0,
        "damaged": 0,
        "incoming": 0,
        "available": 98,
    }
    seqs = [entry["seq"] for entry in oms.order(page["order_id"])["timeline"]]
    assert seqs == list(range(1, len(seqs) + 1))
