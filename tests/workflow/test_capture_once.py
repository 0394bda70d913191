"""An account that may capture an authorisation only once."""

from __future__ import annotations

from tests.workflow.invariants import check
from tests.workflow.plays import odd_order, released
from tests.workflow.world import world


def test_the_first_parcel_takes_all_and_the_later_ones_are_paid_with_it() -> None:
    with world(captures_in_parts=False) as oms:
        oms.stock_up("MUG-BLUE", 10)
        oms.stock_up("TEE-RED", 10)
        order_id, shipment = released(oms, **odd_order())
        assert oms.ship(shipment, "pick")[0] == 200
        for box in ({"L1": 1}, {"L1": 2, "L2": 2}):
            lines = [{"line_id": line, "quantity": units} for line, units in box.items()]
            assert oms.ship(shipment, "pack", {"lines": lines})[0] == 200
            oms.run()
        assert oms.ship(shipment, "ship")[0] == 200
        order = oms.order(order_id)
        assert (order["status"], order["payment_status"]) == ("SHIPPED", "PAID")
        captures = [each for each in order["payments"] if each["kind"] == "CAPTURE"]
        assert [each["amount"] for each in captures] == [order["totals"]["total"]]
        check(oms)
