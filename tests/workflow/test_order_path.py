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
        "quality": 0,
        "incoming": 0,
        "oversold": 0,
        "available": 98,
    }
    seqs = [entry["seq"] for entry in oms.order(page["order_id"])["timeline"]]
    assert seqs == list(range(1, len(seqs) + 1))


def test_a_merchant_sets_up_a_node_and_a_product_and_sells_from_it(oms: World) -> None:
    node = {
        "kind": "STORE",
        "name": "Shop in Boston",
        "lines": ["1 Main Street"],
        "city": "Boston",
        "region": "MA",
        "postal_code": "02108",
        "country": "US",
    }
    assert oms.call("PUT /nodes/{node_id}", {"node_id": "ST-BOS"}, node)[0] == 200
    product = {"title": "Green cap", "weight_g": 90}
    assert oms.call("PUT /products/{sku}", {"sku": "CAP-GREEN"}, product)[0] == 200
    oms.stock_up("CAP-GREEN", 3, "ST-BOS")
    lines = [
        {"sku": "CAP-GREEN", "quantity": 1, "unit_price": {"amount_minor": 900, "currency": "USD"}}
    ]
    _, page = oms.call("POST /orders", body=api_order(lines=lines))
    oms.run()
    assert oms.order(page["order_id"])["nodes"] == ["ST-BOS"]


def test_a_node_that_nobody_can_find_is_refused(oms: World) -> None:
    node = {"kind": "STORE", "name": "X", "lines": ["1"], "city": "Y", "country": "ZZ"}
    status, problem = oms.call("PUT /nodes/{node_id}", {"node_id": "N1"}, node)
    assert (status, problem["errors"][0]["pointer"]) == (422, "/latitude")
