"""Business buyers: their prices, their terms, their credit, and their own purchase orders."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any
from unittest.mock import patch

import pytest

from oms import wiring
from oms.kernel.ids import OrderId
from oms.orders.buyers_store import DynamoBuyers
from oms.orders.model import Order
from oms.orders.step import Run
from tests.workflow.invariants import check
from tests.workflow.plays import events, resolve_only, tasks_of
from tests.workflow.world import World, api_order, world

_NUMBERS = itertools.count(1)
BUYER = "/buyers/{buyer_id}"


@pytest.fixture(scope="module")
def oms() -> Iterator[World]:
    with world() as made:
        made.stock_up("MUG-BLUE", 10_000)
        made.stock_up("TEE-RED", 10_000)
        yield made


def buyer(oms: World, **changes: Any) -> str:
    """A buyer of its own, with a price for mugs."""
    name = f"CAFE-{next(_NUMBERS)}"
    body = {
        "name": "Harbor Cafe",
        "terms": "NET30",
        "currency": "USD",
        "price_list": {"MUG-BLUE": 900},
        **changes,
    }
    status, account = oms.call(f"PUT {BUYER}", {"buyer_id": name}, body)
    assert status == 200, account
    return name


def account(oms: World, name: str) -> Any:
    status, found = oms.call(f"GET {BUYER}", {"buyer_id": name})
    assert status == 200, found
    return found


def purchase(name: str, mugs: int = 2, **changes: Any) -> dict[str, Any]:
    body = {
        "channel": "b2b",
        "buyer_id": name,
        "po_number": f"PO-{next(_NUMBERS)}",
        "currency": "USD",
        "shipping_address": api_order()["shipping_address"],
        "lines": [{"sku": "MUG-BLUE", "quantity": mugs}],
    }
    return {**body, **changes}


def posted(oms: World, name: str, mugs: int = 2, **changes: Any) -> str:
    status, order = oms.call("POST /orders", body=purchase(name, mugs, **changes))
    assert status == 201, order
    return str(order["order_id"])


def placed(oms: World, name: str, mugs: int = 2, **changes: Any) -> Any:
    order_id = posted(oms, name, mugs, **changes)
    oms.run()
    return oms.order(order_id)


def validate(order_id: str, number: int = 1) -> None:
    wiring.validate_order()(OrderId(order_id), Run(f"{order_id}-{number}", "ValidateOrder"))


# --- the order -----------------------------------------------------------------------


def test_a_buyer_orders_on_terms_at_its_own_prices_without_a_card(oms: World) -> None:
    name = buyer(oms)
    order = placed(
        oms,
        name,
        po_number="PO-4711",
        cost_centre="BAR-2",
        requested_ship_date="2026-12-01",
        ship_complete=True,
        note="rear entrance",
        lines=[
            {"sku": "MUG-BLUE", "quantity": 3},
            {
                "sku": "TEE-RED",
                "quantity": 1,
                "unit_price": {"amount_minor": 1500, "currency": "USD"},
            },
        ],
    )
    assert (order["status"], order["channel"], order["account"]) == ("CONFIRMED", "b2b", name)
    assert (order["buyer_id"], order["po_number"]) == (name, "PO-4711")
    assert (order["payment_terms"], order["invoice_terms"]) == ("ON_ACCOUNT", "NET30")
    assert (order["payment_status"], order["payments"]) == ("NOT_REQUIRED", [])
    assert (order["cost_centre"], order["requested_ship_date"]) == ("BAR-2", "2026-12-01")
    assert (order["ship_complete"], order["note"]) == (True, "rear entrance")
    assert order["totals"]["total"]["amount_minor"] == 3 * 900 + 1500
    assert order["customer"]["name"] == "Harbor Cafe"
    check(oms)


def test_a_po_number_is_its_buyers_own(oms: World) -> None:
    one, other = buyer(oms), buyer(oms)
    body = purchase(one, po_number="PO-1")
    status, first = oms.call("POST /orders", body=body)
    assert status == 201
    status, again = oms.call("POST /orders", body=body)
    assert (status, again["order_id"]) == (200, first["order_id"])
    status, theirs = oms.call("POST /orders", body={**body, "buyer_id": other})
    assert (status, theirs["order_id"] != first["order_id"]) == (201, True)
    oms.run()
    check(oms)


@pytest.mark.parametrize(
    ("changes", "problem", "pointer", "code"),
    [
        ({"lines": [{"sku": "TEE-RED", "quantity": 1}]}, "no-price", "/lines/0/unit_price",
         "no-price"),
        ({"buyer_id": "NOBODY"}, "unknown-buyer", "/buyer_id", "unknown-buyer"),
        ({"currency": "EUR"}, "invalid", "/currency", "currency-mismatch"),
        ({"po_number": None}, "invalid", "/po_number", "missing-field"),
        ({"buyer_id": None}, "invalid", "/buyer_id", "missing-field"),
        ({"external_id": "X-1"}, "invalid", "/external_id", "not-of-channel"),
        ({"payment": {"method": "card", "payment_method": "pm_card_visa"}}, "invalid",
         "/payment/method", "not-of-channel"),
        ({"requested_ship_date": "1.12.2026"}, "invalid", "/requested_ship_date", "invalid-day"),
        ({"channel": "web"}, "invalid", "/buyer_id", "not-of-channel"),
    ],
)  # fmt: skip
def test_what_the_account_or_the_channel_does_not_allow_is_refused(
    oms: World, changes: dict[str, Any], problem: str, pointer: str, code: str
) -> None:
    name = buyer(oms)
    before = oms.row_counts()
    status, reply = oms.call("POST /orders", body=purchase(name, **changes))
    assert (status, reply["type"]) == (422, f"/problems/{problem}")
    assert (pointer, code) in [(each["pointer"], each["code"]) for each in reply["errors"]]
    assert oms.row_counts() == before


def test_a_blocked_buyer_buys_nothing(oms: World) -> None:
    name = buyer(oms, blocked=True)
    status, reply = oms.call("POST /orders", body=purchase(name))
    assert (status, reply["type"]) == (422, "/problems/buyer-blocked")


def test_a_buyer_that_is_blocked_before_validation_is_asked_about(oms: World) -> None:
    name = buyer(oms)
    order_id = posted(oms, name)
    body = {"name": "Harbor Cafe", "terms": "NET30", "currency": "USD", "blocked": True}
    assert oms.call(f"PUT {BUYER}", {"buyer_id": name}, body)[0] == 200
    oms.run()
    assert [each["kind"] for each in oms.order(order_id)["holds"]] == ["CREDIT"]


# --- credit ----------------------------------------------------------------------------


def test_an_order_beyond_the_limit_waits_for_a_person_who_may_accept_it(oms: World) -> None:
    name = buyer(oms, credit_limit_minor=5_000)
    assert placed(oms, name, mugs=5)["status"] == "CONFIRMED"
    held = placed(oms, name, mugs=1)
    assert (held["status"], [h["kind"] for h in held["holds"]]) == ("ON_HOLD", ["CREDIT"])
    assert account(oms, name)["exposure_minor"] == 4_500
    (task,) = tasks_of(oms, held["order_id"])
    assert "54.00 USD" in task["reason"] and "50.00 USD" in task["reason"]
    resolve_only(oms, held["order_id"], "accept")
    assert oms.order(held["order_id"])["status"] == "CONFIRMED"
    shown = account(oms, name)
    assert (shown["exposure_minor"], shown["open_orders"]) == (5_400, 2)
    assert shown["credit_left_minor"] == -400
    check(oms)


def test_an_order_of_exactly_the_limit_passes(oms: World) -> None:
    name = buyer(oms, credit_limit_minor=900)
    assert placed(oms, name, mugs=1)["status"] == "CONFIRMED"
    assert account(oms, name)["credit_left_minor"] == 0


def test_credit_is_free_again_when_an_order_ends(oms: World) -> None:
    name = buyer(oms, credit_limit_minor=2_000)
    first = placed(oms, name, mugs=2)
    assert placed(oms, name, mugs=2)["status"] == "ON_HOLD"
    assert oms.act(first["order_id"], "cancel", "changed their mind")[0] == 200
    assert account(oms, name)["exposure_minor"] == 0
    assert placed(oms, name, mugs=2)["status"] == "CONFIRMED"
    assert account(oms, name)["exposure_minor"] == 1_800


def test_a_run_that_comes_again_claims_no_credit_twice(oms: World) -> None:
    name = buyer(oms, credit_limit_minor=5_000)
    order = placed(oms, name, mugs=2)
    for number in range(2, 5):
        validate(order["order_id"], number)
    assert account(oms, name)["exposure_minor"] == 1_800
    assert events(oms.order(order["order_id"])).count("OrderValidated") == 1


def test_a_validation_whose_reply_is_lost_claims_once(oms: World) -> None:
    name = buyer(oms, credit_limit_minor=5_000)
    order_id = posted(oms, name, mugs=2)
    first = oms.network.writes
    oms.network.cut = lambda op, request: "lost" if oms.network.writes == first + 1 else ""
    with pytest.raises(Exception, match="did not answer"):
        validate(order_id)
    oms.network.cut = lambda op, request: ""
    oms.run()
    assert oms.order(order_id)["status"] == "CONFIRMED"
    assert account(oms, name)["exposure_minor"] == 1_800


def at_once(order_ids: list[str]) -> None:
    gate = Barrier(len(order_ids))

    def run(order_id: str) -> None:
        gate.wait(timeout=30)
        validate(order_id)

    with ThreadPoolExecutor(len(order_ids)) as pool:
        list(pool.map(run, order_ids))


def passed(oms: World, order_ids: list[str]) -> int:
    return sum(oms.order(each)["stage"] != "CAPTURED" for each in order_ids)


@pytest.mark.parametrize("round_", range(5))
def test_of_orders_at_once_only_those_pass_that_the_limit_holds(oms: World, round_: int) -> None:
    name = buyer(oms, credit_limit_minor=2 * 1_800)
    order_ids = [posted(oms, name, mugs=2) for _ in range(4)]
    at_once(order_ids)
    assert passed(oms, order_ids) == 2
    assert account(oms, name)["exposure_minor"] == 3_600


def test_without_the_ledgers_version_orders_at_once_go_beyond_the_limit(oms: World) -> None:
    """The negative control: the same race, with a ledger that anybody may overwrite."""
    guarded = DynamoBuyers.kept

    def unguarded(self: DynamoBuyers, before: Any, claims: Any) -> Any:
        from dataclasses import replace

        return replace(guarded(self, before, claims), condition="", names={}, values={})

    load, gate = DynamoBuyers.ledger, Barrier(3)

    def in_step(self: DynamoBuyers, buyer_id: str) -> Any:
        found = load(self, buyer_id)
        gate.wait(timeout=30)
        return found

    name = buyer(oms, credit_limit_minor=1_800)
    order_ids = [posted(oms, name, mugs=2) for _ in range(3)]
    with (
        patch.object(DynamoBuyers, "kept", unguarded),
        patch.object(DynamoBuyers, "ledger", in_step),
    ):
        at_once(order_ids)
    assert passed(oms, order_ids) == 3


def test_a_ledger_with_many_ended_orders_is_cleared(oms: World) -> None:
    name = buyer(oms)
    order = placed(oms, name, mugs=1)
    store = wiring.buyers()
    ledger = store.ledger(name)
    gone = {OrderId(f"GONE-{n}"): 900 for n in range(300)}
    wiring.dynamo().commit([store.kept(ledger, {**ledger.claims, **gone})])
    assert account(oms, name)["exposure_minor"] == 900
    second = placed(oms, name, mugs=1)
    assert set(store.ledger(name).claims) == {order["order_id"], second["order_id"]}


def test_orders_of_other_channels_have_no_ledger(oms: World) -> None:
    order = Order(OrderId("01M7YNAYM04C9NYAK2TGMEACS0"), "1", "web", "default", "1", "USD", 5,
                  oms.clock.now())  # fmt: skip
    assert wiring.claim_credit()(order).writes == ()


# --- accounts ----------------------------------------------------------------------------


def test_an_account_is_replaced_only_at_the_version_that_was_read(oms: World) -> None:
    name = buyer(oms)
    body = {"name": "Harbor Cafe & Bar", "terms": "NET14", "currency": "USD", "version": 1}
    status, changed = oms.call(f"PUT {BUYER}", {"buyer_id": name}, body)
    assert (status, changed["version"], changed["terms"]) == (200, 2, "NET14")
    assert oms.call(f"PUT {BUYER}", {"buyer_id": name}, body)[0] == 409
    status, reply = oms.call(
        f"PUT {BUYER}", {"buyer_id": name}, {**body, "currency": "EUR", "version": 2}
    )
    assert (status, reply["type"]) == (422, "/problems/currency-fixed")


@pytest.mark.parametrize(
    "changes",
    [
        {"terms": "30 days"},
        {"currency": "usd"},
        {"price_list": {"MUG-BLUE": -1}},
        {"price_list": {"=SUM(A1)": 5}},
        {"credit_limit_minor": 1.5},
        {"name": ""},
        {"colour": "blue"},
    ],
)
def test_an_account_that_makes_no_sense_is_refused(oms: World, changes: dict[str, Any]) -> None:
    body = {"name": "Harbor Cafe", "terms": "NET30", "currency": "USD", **changes}
    assert oms.call(f"PUT {BUYER}", {"buyer_id": "CAFE-ODD"}, body)[0] == 422
    assert oms.call(f"GET {BUYER}", {"buyer_id": "CAFE-ODD"})[0] == 404


def test_the_list_of_buyers_goes_page_by_page(oms: World) -> None:
    made = {buyer(oms) for _ in range(3)}
    seen, cursor = list[str](), ""
    while cursor is not None:
        query = {"limit": "2", **({"cursor": cursor} if cursor else {})}
        _, page = oms.call("GET /buyers", query=query)
        seen += [each["buyer_id"] for each in page["items"]]
        cursor = page["next_cursor"]
    assert made <= set(seen)
    assert seen == sorted(set(seen))
