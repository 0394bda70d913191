"""What tests make happen to orders, in the words of the trade."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from tests.workflow.world import World, api_order

CARD = {"method": "card", "payment_method": "pm_card_visa"}
DECLINED = {"method": "card", "payment_method": "pm_card_chargeDeclined"}
INTAKE = (
    "validate_order",
    "allocate_stock",
    "screen_fraud",
    "authorize_payment",
    "confirm_order",
)
SHIPMENT = ("buy_label", "capture_payment", "notify_customer", "notify_channel")


class Killed(Exception):
    """The process is gone."""


def kill(oms: World, step: str, when: str, times: int) -> None:
    """The next `times` visits of `step` die `when` ("before" or "after" its work)."""
    kill_each(oms, {(step, when): times})


def kill_each(oms: World, deaths: Mapping[tuple[str, str], int]) -> None:
    left = dict(deaths)

    def fault(step: str, when: str) -> None:
        if left.get((step, when)):
            left[step, when] -= 1
            raise Killed(step)

    oms.fault = fault


def posted(oms: World, **changes: Any) -> str:
    """A clean order by card, captured and not yet worked on; each from another customer."""
    number = oms.next_number()
    body = api_order(external_id=f"PO-{number}", payment=CARD)
    body["customer"]["email"] = f"customer{number}@example.com"
    status, page = oms.call("POST /orders", body={**body, **changes})
    assert status == 201, page
    return str(page["order_id"])


def placed(oms: World, **changes: Any) -> str:
    """Posted, and taken as far as intake takes it."""
    order_id = posted(oms, **changes)
    oms.run()
    return order_id


def released(oms: World, **changes: Any) -> tuple[str, str]:
    """An order with its node: its id and that of its first live shipment."""
    order_id = placed(oms, **changes)
    oms.pass_time(timedelta(seconds=10))
    order = oms.order(order_id)
    assert order["status"] == "RELEASED", order["timeline"]
    return order_id, live_shipment(order)


def live_shipment(order: Any) -> str:
    return str(order["shipments"][-1]["shipment_id"])


def packed(oms: World, shipment: str) -> None:
    for action in ("pick", "pack"):
        status, reply = oms.ship(shipment, action)
        assert status == 200, reply
    oms.run()


def shipped(oms: World, **changes: Any) -> tuple[str, str]:
    order_id, shipment = released(oms, **changes)
    packed(oms, shipment)
    assert oms.ship(shipment, "ship")[0] == 200
    oms.run()
    return order_id, shipment


def parcels(oms: World, order_id: str) -> list[Any]:
    return [box for each in oms.order(order_id)["shipments"] for box in each["parcels"]]


def arrived(oms: World, order_id: str) -> None:
    for box in parcels(oms, order_id):
        oms.scan(box["tracking_number"], "DELIVERED")
    oms.run()


def closed(oms: World, order_id: str, shipment: str) -> Any:
    """From packed to the end, and the order as it is then."""
    assert oms.ship(shipment, "ship")[0] == 200
    arrived(oms, order_id)
    oms.pass_time(timedelta(seconds=40))
    return oms.order(order_id)


def tasks_of(oms: World, order_id: str) -> list[Any]:
    status, page = oms.call("GET /tasks", query={"limit": "200"})
    assert status == 200
    return [each for each in page["items"] if each["order_id"] == order_id]


def resolve(oms: World, task_id: str, action: str, body: Any = None) -> tuple[int, Any]:
    path = {"task_id": task_id, "action": action}
    answer = oms.call("POST /tasks/{task_id}/{action}", path, body or {})
    oms.run()
    return answer


def resolve_only(oms: World, order_id: str, action: str, body: Any = None) -> None:
    (task,) = tasks_of(oms, order_id)
    status, reply = resolve(oms, task["task_id"], action, body)
    assert status == 200, reply


def events(order: Any) -> list[str]:
    return [entry["event"] for entry in order["timeline"]]


def odd_order() -> dict[str, Any]:
    """Three mugs and two tees at prices, discount, tax and shipping that divide badly."""
    mug, tee = (
        {
            "sku": sku,
            "quantity": quantity,
            "unit_price": {"amount_minor": 3333, "currency": "USD"},
            "discount": {"amount_minor": 1000, "currency": "USD"},
            "tax": {"amount_minor": 701, "currency": "USD"},
        }
        for sku, quantity in (("MUG-BLUE", 3), ("TEE-RED", 2))
    )
    return {"lines": [mug, tee], "shipping": {"amount_minor": 499, "currency": "USD"}}
