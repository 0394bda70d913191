"""Carts that hold stock: made, extended, given back, run out, and turned into orders."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from oms import wiring
from oms.inventory.model import OutOfStock
from oms.orders.adopt_hold import AdoptHold
from tests.workflow.plays import CARD
from tests.workflow.world import World, api_order, handler, world

SHOP = {"name": "shop", "scopes": "orders:write stock:read"}
RIVAL = {"name": "rival", "scopes": "orders:write"}


@pytest.fixture
def oms() -> Iterator[World]:
    with world() as made:
        made.stock_up("MUG-BLUE", 5)
        yield made


def held(oms: World, quantity: int = 2, sku: str = "MUG-BLUE", **changes: Any) -> Any:
    status, page = reserve(oms, (sku, quantity), **changes)
    assert status == 201, page
    return page


def reserve(
    oms: World, *lines: tuple[str, int], key: str = "", caller: Any = SHOP, **changes: Any
) -> tuple[int, Any]:
    body = {"lines": [{"sku": sku, "quantity": n} for sku, n in lines], "channel": "web"}
    headers = {"idempotency-key": key} if key else {}
    return oms.call("POST /reservations", body={**body, **changes}, headers=headers, caller=caller)


def do(oms: World, what: str, hold: Any, body: Any = None, caller: Any = SHOP) -> tuple[int, Any]:
    path = {"reservation_id": hold["reservation_id"]}
    verb = "GET" if not what else "POST"
    route = f"{verb} /reservations/{{reservation_id}}" + (f"/{what}" if what else "")
    return oms.call(route, path, body, caller=caller)


def line(quantity: int, sku: str = "MUG-BLUE", **changes: Any) -> dict[str, Any]:
    return {**api_order()["lines"][0], "sku": sku, "quantity": quantity, **changes}


def ordered(
    oms: World, hold: Any, quantity: int = 2, caller: Any = SHOP, key: str = "", **changes: Any
) -> tuple[int, Any]:
    body = api_order(reservation_id=hold["reservation_id"], lines=[line(quantity)], payment=CARD)
    headers = {"idempotency-key": key} if key else {}
    return oms.call("POST /orders", body={**body, **changes}, caller=caller, headers=headers)


def available(oms: World, sku: str = "MUG-BLUE") -> int:
    return oms.stock(sku)["available"]


def events(order: Any) -> list[str]:
    return [entry["event"] for entry in order["timeline"]]


# --- the life of a hold ----------------------------------------------------------------


def test_a_cart_is_told_what_it_holds_where_and_until_when(oms: World) -> None:
    page = held(oms, 2, ttl_seconds=600)
    assert page["state"] == "HELD"
    assert page["expires_at"] == "2026-11-21T09:10:00.000Z"
    assert page["lines"] == [
        {
            "sku": "MUG-BLUE",
            "quantity": 2,
            "nodes": [{"node": "WH-EAST", "quantity": 2}],
            "parts": [],
        }
    ]
    assert available(oms) == 3
    assert do(oms, "", page) == (200, page)


def test_the_node_nearest_to_where_it_goes_keeps_the_units(oms: World) -> None:
    oms.stock_up("MUG-BLUE", 5, "WH-WEST")
    page = held(oms, 1, country="US", postal_code="90001")
    assert page["lines"][0]["nodes"] == [{"node": "WH-WEST", "quantity": 1}]


def test_a_repeated_key_answers_the_same_hold_and_holds_nothing_more(oms: World) -> None:
    first = held(oms, 2, key="cart-1")
    assert reserve(oms, ("MUG-BLUE", 2), key="cart-1") == (200, first)
    assert available(oms) == 3
    status, problem = reserve(oms, ("MUG-BLUE", 3), key="cart-1")
    assert (status, problem["type"]) == (422, "/problems/idempotency-key-reused")
    assert reserve(oms, ("MUG-BLUE", 2), key="cart-1", caller=RIVAL)[0] == 201


def test_a_cart_that_wants_too_much_holds_nothing_and_hears_what_is_left(oms: World) -> None:
    status, problem = reserve(oms, ("MUG-BLUE", 6), ("TEE-RED", 1))
    assert (status, problem["type"]) == (409, "/problems/sold-out")
    assert problem["lines"] == [
        {"sku": "MUG-BLUE", "requested": 6, "available": 5},
        {"sku": "TEE-RED", "requested": 1, "available": 0},
    ]
    assert available(oms) == 5


def test_lines_of_one_sku_are_one_demand(oms: World) -> None:
    assert reserve(oms, ("MUG-BLUE", 3), ("MUG-BLUE", 3))[0] == 409
    status, page = reserve(oms, ("MUG-BLUE", 3), ("MUG-BLUE", 2))
    assert (status, page["lines"][0]["quantity"], available(oms)) == (201, 5, 0)


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"ttl_seconds": 29}, "/ttl_seconds"),
        ({"ttl_seconds": 86_401}, "/ttl_seconds"),
        ({"lines": []}, "/lines"),
        ({"lines": [{"sku": "MUG-BLUE", "quantity": 0}]}, "/lines/0/quantity"),
        ({"lines": [{"sku": "NO-SUCH", "quantity": 1}]}, "/lines/0/sku"),
        ({"country": "Germany"}, "/country"),
        ({"tll": 1}, "/tll"),
    ],
)
def test_a_bad_request_names_its_field(oms: World, changes: Any, pointer: str) -> None:
    status, problem = reserve(oms, ("MUG-BLUE", 1), **changes)
    assert (status, problem["errors"][0]["pointer"]) == (422, pointer)
    assert available(oms) == 5


def test_a_hold_ends_later_when_it_is_extended_and_never_earlier(oms: World) -> None:
    page = held(oms, ttl_seconds=600)
    status, longer = do(oms, "extend", page, {"ttl_seconds": 1200})
    assert (status, longer["expires_at"]) == (200, "2026-11-21T09:20:00.000Z")
    assert do(oms, "extend", page, {"ttl_seconds": 60})[1]["expires_at"] == longer["expires_at"]
    oms.clock.advance(timedelta(seconds=1000))
    assert do(oms, "", page)[1]["state"] == "HELD"


def test_a_hold_given_back_frees_its_units_once(oms: World) -> None:
    page = held(oms)
    for _ in range(3):
        status, released = do(oms, "release", page)
        assert (status, released["state"], available(oms)) == (200, "RELEASED", 5)
    status, problem = do(oms, "extend", page)
    assert (status, problem["type"]) == (409, "/problems/hold-ended")


def test_from_its_end_on_a_hold_holds_nothing_and_the_sweep_frees_the_units(oms: World) -> None:
    page = held(oms, ttl_seconds=30)
    oms.clock.advance(timedelta(seconds=30))
    assert do(oms, "", page)[1]["state"] == "EXPIRED"
    assert do(oms, "extend", page)[0] == 409
    oms.pass_time(timedelta(seconds=30))
    assert available(oms) == 5


def test_who_lacks_units_takes_them_from_holds_whose_time_is_over(oms: World) -> None:
    held(oms, 5, ttl_seconds=30)
    assert reserve(oms, ("MUG-BLUE", 5))[0] == 409
    oms.clock.advance(timedelta(seconds=31))
    assert reserve(oms, ("MUG-BLUE", 5))[0] == 201


def test_nobody_else_learns_that_a_reservation_exists(oms: World) -> None:
    page = held(oms)
    for what in ("", "extend", "release"):
        status, problem = do(oms, what, page, caller=RIVAL)
        assert (status, problem["type"]) == (404, "/problems/not-found")
    status, problem = ordered(oms, page, caller=RIVAL)
    assert (status, problem["type"]) == (422, "/problems/unknown-reservation")
    assert do(oms, "", page)[1]["state"] == "HELD"


def test_the_scope_of_the_shop_is_needed(oms: World) -> None:
    looker = {"name": "looker", "scopes": "stock:read"}
    assert reserve(oms, ("MUG-BLUE", 1), caller=looker)[0] == 403


def test_200_carts_at_once_get_40_units_between_them(oms: World) -> None:
    """500 carts and 100 units over HTTP: tests/e2e/test_flash_sale.py."""
    oms.stock_up("TEE-RED", 40)
    handler("manage_reservations")
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda n: reserve(oms, ("TEE-RED", 1))[0], range(200)))
    assert sorted(set(answers)) == [201, 409]
    assert (answers.count(201), available(oms, "TEE-RED")) == (40, 0)


def test_a_crowd_at_one_unit_is_asked_to_come_again_shortly(oms: World) -> None:
    def rival(*given: Any, **terms: Any) -> Any:
        raise OutOfStock("MUG-BLUE", "WH-EAST", 1, 0)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(type(wiring.stock()), "reserve", rival)
        status, problem = reserve(oms, ("MUG-BLUE", 1))
    assert (status, problem["type"]) == (503, "/problems/unavailable")
    assert available(oms) == 5


# --- a hold becomes an order -----------------------------------------------------------


def test_an_order_takes_its_cart_over_though_nothing_is_available(oms: World) -> None:
    page = held(oms, 5)
    assert available(oms) == 0
    status, order = ordered(oms, page, 5)
    assert status == 201, order
    assert [(leg["node"], leg["quantity"]) for leg in order["reservations"]] == [("WH-EAST", 5)]
    assert (
        do(oms, "", page)[1] | {"state": "COMMITTED", "order_id": order["order_id"]}
        == (do(oms, "", page)[1])
    )
    oms.run()
    assert oms.order(order["order_id"])["status"] == "CONFIRMED"
    oms.deliver_all(order["order_id"])
    assert oms.stock("MUG-BLUE")["on_hand"] == oms.stock("MUG-BLUE")["reserved"] == 0


def test_units_that_the_order_does_not_name_go_back(oms: World) -> None:
    page = held(oms, 5)
    order = ordered(oms, page, 2)[1]
    assert available(oms) == 3
    oms.run()
    assert oms.stock("MUG-BLUE")["reserved"] == 2
    assert oms.order(order["order_id"])["stage"] == "CONFIRMED"


def test_an_order_larger_than_its_cart_is_refused_and_the_cart_stays(oms: World) -> None:
    page = held(oms, 2)
    status, problem = ordered(oms, page, 3)
    assert (status, problem["type"]) == (422, "/problems/reservation-too-small")
    assert problem["errors"][0]["detail"] == "1 more MUG-BLUE ordered than held"
    assert do(oms, "", page)[1]["state"] == "HELD"
    assert ordered(oms, page, 2)[0] == 201


def test_a_cart_becomes_one_order(oms: World) -> None:
    page = held(oms)
    assert ordered(oms, page)[0] == 201
    for quantity in (2, 3):
        status, problem = ordered(oms, page, quantity, external_id="PO-8")
        assert (status, problem["type"]) == (422, "/problems/reservation-used")
    assert oms.stock("MUG-BLUE")["reserved"] == 2
    status, problem = do(oms, "release", page)
    assert (status, problem["type"]) == (409, "/problems/hold-ended")


def test_the_same_order_again_is_answered_with_itself(oms: World) -> None:
    page = held(oms)
    status, first = ordered(oms, page, key="order-1", external_id=None)
    assert status == 201
    status, again = ordered(oms, page, key="order-1", external_id=None)
    assert (status, again["order_id"]) == (200, first["order_id"])
    other = held(oms)
    made = ordered(oms, other, external_id="PO-9")[1]["order_id"]
    assert ordered(oms, other, external_id="PO-9")[1]["order_id"] == made
    oms.run()
    assert ordered(oms, other, external_id="PO-9")[0] == 200
    assert oms.stock("MUG-BLUE")["reserved"] == 4


def test_an_order_after_the_end_of_its_hold_takes_stock_again(oms: World) -> None:
    page = held(oms, 5, ttl_seconds=30)
    oms.clock.advance(timedelta(seconds=31))
    status, order = ordered(oms, page, 5)
    assert (status, events(order)) == (201, ["OrderCaptured", "HoldLapsed"])
    assert order["reservations"] == []
    oms.run()
    order = oms.order(order["order_id"])
    assert order["stage"] == "CONFIRMED"
    assert (oms.stock("MUG-BLUE")["reserved"], available(oms)) == (5, 0)


def test_who_was_faster_after_the_end_keeps_the_units_and_the_order_waits(oms: World) -> None:
    page = held(oms, 5, ttl_seconds=30)
    oms.clock.advance(timedelta(seconds=31))
    faster = held(oms, 4, ttl_seconds=3600)
    order = ordered(oms, page, 5)[1]
    oms.run()
    order = oms.order(order["order_id"])
    assert (order["stage"], order["lines"][0]["states"]["backordered"]) == ("BACKORDERED", 4)
    figures = oms.stock("MUG-BLUE")
    assert (figures["reserved"], figures["available"], figures["on_hand"]) == (5, 0, 5)
    assert do(oms, "", faster)[1]["state"] == "HELD"


@pytest.mark.parametrize("rival", ["release", "order"])
def test_a_hold_may_end_between_the_look_and_the_write(
    oms: World, rival: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, looked = held(oms), AdoptHold.__call__

    def rival_is_faster(*given: Any) -> Any:
        adoption = looked(*given)
        monkeypatch.setattr(AdoptHold, "__call__", looked)
        made = do(oms, "release", page) if rival == "release" else ordered(oms, page)
        assert made[0] in (200, 201)
        return adoption

    monkeypatch.setattr(AdoptHold, "__call__", rival_is_faster)
    status, reply = ordered(oms, page, external_id="PO-8")
    if rival == "release":
        assert (status, events(reply)) == (201, ["OrderCaptured", "HoldLapsed"])
    else:
        assert (status, reply["type"]) == (422, "/problems/reservation-used")
    oms.run()
    assert oms.stock("MUG-BLUE")["reserved"] == 2


def test_an_order_that_ends_before_its_intake_gives_the_units_back(oms: World) -> None:
    page = held(oms)
    order = ordered(oms, page)[1]
    assert order["stage"] == "CAPTURED"
    status, ended = oms.act(order["order_id"], "cancel")
    assert (status, ended["status"], ended["reservations"]) == (200, "CANCELLED", [])
    assert available(oms) == 5
    oms.run()
    assert oms.stock("MUG-BLUE")["reserved"] == 0


def test_an_order_on_a_cart_is_told_the_day_of_its_delivery(oms: World) -> None:
    node = {
        "kind": "WAREHOUSE",
        "name": "Newark",
        "lines": ["1 Dock Road"],
        "city": "Newark",
        "region": "NJ",
        "postal_code": "07102",
        "country": "US",
        "calendar": {"timezone": "America/New_York", "cut_off": "14:00"},
    }
    assert oms.call("PUT /nodes/{node_id}", {"node_id": "WH-EAST"}, node)[0] == 200
    order = ordered(oms, held(oms))[1]
    oms.run()
    # Saturday: it leaves on Monday, and is on the way for one day.
    assert oms.order(order["order_id"])["promised_on"] == "2026-11-24"


# --- kits, and other kinds of channel ---------------------------------------------------


def a_kit(oms: World) -> None:
    oms.stock_up("TEE-RED", 3)
    parts = [{"sku": "MUG-BLUE", "quantity": 2}, {"sku": "TEE-RED", "quantity": 1}]
    body = {"title": "Gift set", "components": parts}
    status, page = oms.call("PUT /products/{sku}", {"sku": "SET-GIFT"}, body)
    assert status == 200, page


def test_a_kit_in_a_cart_holds_its_parts_and_becomes_an_order(oms: World) -> None:
    a_kit(oms)
    status, page = reserve(oms, ("SET-GIFT", 2), ("MUG-BLUE", 1))
    assert status == 201, page
    kit, mug = page["lines"]
    at_east = [{"node": "WH-EAST", "quantity": 4}]
    assert kit["parts"][0] == {"sku": "MUG-BLUE", "quantity": 4, "nodes": at_east}
    assert mug["nodes"] == [{"node": "WH-EAST", "quantity": 1}]
    lines = [line(2, "SET-GIFT"), line(1)]
    order = ordered(oms, page, lines=lines)[1]
    oms.run()
    order = oms.order(order["order_id"])
    assert order["stage"] == "CONFIRMED"
    assert (oms.stock("MUG-BLUE")["reserved"], oms.stock("TEE-RED")["reserved"]) == (5, 2)


def test_a_kit_is_sold_out_when_a_part_is(oms: World) -> None:
    a_kit(oms)
    status, problem = reserve(oms, ("SET-GIFT", 3))
    assert problem["lines"] == [{"sku": "SET-GIFT", "requested": 3, "available": 2}]
    assert (status, available(oms)) == (409, 5)


def policy(oms: World, **channel: Any) -> None:
    version = oms.call("GET /policies/selling")[1]["version"]
    body = {"version": version, "channels": [{"channel": "web", **channel}]}
    status, page = oms.call("PUT /policies/selling", body=body)
    assert status == 200, page


def test_a_channel_that_takes_stock_with_the_order_has_no_holds(oms: World) -> None:
    policy(oms, mode="ON_ORDER")
    status, problem = reserve(oms, ("MUG-BLUE", 1))
    assert (status, problem["type"]) == (422, "/problems/holds-not-offered")
    assert reserve(oms, ("MUG-BLUE", 1), channel="pos")[0] == 201


def test_a_channel_that_only_tracks_is_never_refused(oms: World) -> None:
    policy(oms, mode="TRACK_ONLY")
    page = held(oms, 7)
    figures = oms.stock("MUG-BLUE")
    assert (figures["reserved"], figures["oversold"], figures["available"]) == (7, 2, 0)
    assert ordered(oms, page, 7)[0] == 201


def test_a_channel_for_which_nobody_counts_leaves_stock_alone(oms: World) -> None:
    policy(oms, mode="NONE")
    page = held(oms, 7)
    assert available(oms) == 5
    status, order = ordered(oms, page, 7)
    assert (status, order["reservations"][0]["shelf"]) == (201, "UNTRACKED")
    assert available(oms) == 5


def test_a_hold_lasts_no_longer_than_the_channel_lets_it(oms: World) -> None:
    policy(oms, hold_seconds=60, most_hold_seconds=120)
    assert held(oms, 1)["expires_at"] == "2026-11-21T09:01:00.000Z"
    assert held(oms, 1, ttl_seconds=900)["expires_at"] == "2026-11-21T09:02:00.000Z"


def test_a_promise_beyond_stock_goes_as_far_as_the_limit_of_the_product(oms: World) -> None:
    body = {"title": "Blue mug", "oversell_limit": 2}
    assert oms.call("PUT /products/{sku}", {"sku": "MUG-BLUE"}, body)[0] == 200
    status, problem = reserve(oms, ("MUG-BLUE", 8))
    assert (status, problem["lines"][0]["available"]) == (409, 7)
    assert reserve(oms, ("MUG-BLUE", 7))[0] == 201
