"""Orders of the past become history: found like any other, and nothing happens because of them."""

from __future__ import annotations

import copy
from datetime import timedelta
from typing import Any

import pytest

from oms.channels.shopify import inbound as shopify
from oms.orders.import_contracts import channel_reader
from oms.orders.import_orders import ImportedAs, ImportOrders
from oms.orders.inbound_store import DynamoInbound
from oms.platform.gate import parse
from oms.tracking.token import TrackingTokens
from tests.simulation.shop import Shop
from tests.unit.channels.samples import ACCOUNTS, encode, sample
from tests.workflow.world import World

Json = dict[str, Any]


def past(number: int, **changes: Any) -> Json:
    """An order that Shopify has long fulfilled. Each has another quantity and another price."""
    order = sample("shopify")
    mug = {**order["line_items"][0], "id": 10 * number + 1, "fulfillment_status": "fulfilled"}
    units = number % 5 + 1
    mug.update(quantity=units, current_quantity=units, fulfillable_quantity=0, tax_lines=[])
    mug.update(price=f"{number}.{number % 100:02d}", discount_allocations=[], sku="MUG-BLUE")
    total = units * (number * 100 + number % 100)
    return {
        **order,
        "id": 5_000_000 + number,
        "name": f"#{number}",
        "processed_at": "2024-05-06T07:08:09+00:00",
        "updated_at": "2024-05-20T00:00:00+00:00",
        "email": f"reader{number}@example.com",
        "fulfillment_status": "fulfilled",
        "taxes_included": False,
        "total_tax": "0.00",
        "line_items": [mug],
        "shipping_lines": [],
        "total_price": f"{total // 100}.{total % 100:02d}",
        "current_total_price": f"{total // 100}.{total % 100:02d}",
        **changes,
    }


def sent(oms: World, orders: list[Json], **changes: Any) -> tuple[int, Any]:
    body = {"channel": "shopify", "account": "demo", "orders": orders, **changes}
    return oms.call("POST /imports", body=encode(body))


def outcomes(answer: Any) -> list[str]:
    return [each["outcome"] for each in answer["orders"]]


# --- nothing happens -----------------------------------------------------------------


def test_two_hundred_past_orders_are_history_and_nothing_happens(oms: World) -> None:
    oms.run()  # the shelves that the test filled are news of their own
    oms.messages.clear()
    stock_before, books_before = oms.rows(oms.tables.stock), oms.stripe.books()
    status, answer = sent(oms, [past(n) for n in range(1, 201)])
    assert (status, answer["summary"]) == (
        200, {"created": 200, "known": 0, "skipped": 0, "refused": 0},
    )  # fmt: skip
    oms.run()
    assert oms.rows(oms.tables.stock) == stock_before
    oms.pass_time(timedelta(days=30))
    assert (oms.mail.sent, oms.messages, dict(oms.executions)) == ([], [], {})
    assert oms.stripe.books() == books_before


def test_an_imported_order_is_exact_and_found_in_lists(oms: World) -> None:
    _, answer = sent(oms, [past(7)])
    oms.run()
    order = oms.order(answer["orders"][0]["order_id"])
    assert (order["status"], order["number"], order["external_id"]) == ("CLOSED", "#7", "5000007")
    assert order["captured_at"] == "2024-05-06T07:08:09.000Z"
    assert (order["lines"][0]["sku"], order["lines"][0]["quantity"]) == ("MUG-BLUE", 3)
    assert order["lines"][0]["unit_price"] == {"amount_minor": 707, "currency": "EUR"}
    assert order["totals"]["channel_total"]["amount_minor"] == 2121
    assert order["variance"]["amount_minor"] == 0
    assert [each["event"] for each in order["timeline"]] == ["OrderImported"]
    assert order["timeline"][0]["at"].startswith("2026-11-21")
    for query in (
        {"q": "#7"},
        {"status": "CLOSED"},
        {"day": "2024-05-06"},
        {"customer": "reader7@example.com"},
        {"sku": "MUG-BLUE"},
    ):
        _, found = oms.call("GET /orders", query=query)
        assert [each["order_id"] for each in found["items"]] == [order["order_id"]], query


def test_a_cancelled_order_is_cancelled_history(oms: World) -> None:
    _, answer = sent(oms, [past(3, cancelled_at="2024-05-07T00:00:00Z", fulfillment_status=None)])
    order = oms.order(answer["orders"][0]["order_id"])
    assert order["status"] == "CANCELLED"
    assert order["allowed_actions"] == []


# --- again, and later ----------------------------------------------------------------


def test_the_same_import_again_changes_nothing(oms: World) -> None:
    orders = [past(n) for n in range(1, 21)]
    _, first = sent(oms, orders)
    before = {name: oms.rows(name) for name in (oms.tables.orders, oms.tables.inbound)}
    _, again = sent(oms, orders)
    assert again["summary"]["known"] == 20
    assert [e["order_id"] for e in again["orders"]] == [e["order_id"] for e in first["orders"]]
    assert {name: oms.rows(name) for name in before} == before


def test_a_live_webhook_of_an_imported_order_is_a_repeat(oms: World) -> None:
    _, answer = sent(oms, [past(5)])
    status, captured = oms.shopify(encode(past(5, note="the shop touched it")))
    assert (status, captured["duplicate"]) == (202, True)
    assert captured["order_id"] == answer["orders"][0]["order_id"]
    oms.run()
    oms.pass_time(timedelta(minutes=5))
    assert oms.order(captured["order_id"])["status"] == "CLOSED"
    assert (oms.mail.sent, dict(oms.executions)) == ([], {})


def test_an_order_that_came_by_webhook_is_known_to_the_import(oms: World) -> None:
    _, captured = oms.shopify(encode(past(6)))
    _, answer = sent(oms, [past(6)])
    assert outcomes(answer) == ["known"]
    assert answer["orders"][0]["order_id"] == captured["order_id"]


# --- what is refused -----------------------------------------------------------------


def test_each_order_is_judged_by_itself(oms: World) -> None:
    broken = past(2)
    broken["line_items"][0]["quantity"] = 0
    open_one = past(3, fulfillment_status=None)
    open_one["line_items"][0].update(fulfillment_status=None)
    _, answer = sent(oms, [past(1), broken, open_one, past(4, test=True), {"id": 9}])
    assert outcomes(answer) == ["created", "refused", "refused", "refused", "refused"]
    codes = [(each["code"], each["pointer"]) for each in answer["orders"]]
    assert codes == [
        (None, None),
        ("invalid-quantity", "/orders/1/line_items/0/quantity"),
        ("not-finished", "/orders/2"),
        ("test-order", "/orders/3"),
        ("missing-field", "/orders/4/currency"),
    ]


def test_open_orders_are_skipped_when_asked_to(oms: World) -> None:
    open_one = past(3, fulfillment_status=None)
    open_one["line_items"][0].update(fulfillment_status=None)
    _, answer = sent(oms, [open_one, past(1)], open="skip")
    assert outcomes(answer) == ["skipped", "created"]
    assert oms.row_counts()[oms.tables.inbound] == 1


@pytest.mark.parametrize(
    "body, status",
    [
        ({"account": "nobody"}, 404),
        ({"channel": "nowhere"}, 404),
        ({"orders": []}, 422),
        ({"orders": [{}] * 501}, 422),
        ({"orders": [7]}, 422),
        ({"open": "take"}, 422),
        ({"format": "csv"}, 422),
    ],
)
def test_what_is_no_import_is_refused_whole(oms: World, body: Json, status: int) -> None:
    before = oms.row_counts()
    assert sent(oms, body.pop("orders", [past(1)]), **body)[0] == status
    assert oms.row_counts() == before


def test_a_call_of_more_than_five_megabytes_is_too_large(oms: World) -> None:
    assert sent(oms, [past(1, note="x" * 5_300_000)])[0] == 413


def test_only_operations_import(oms: World) -> None:
    caller = {"name": "shop", "scopes": "orders:write"}
    body = {"channel": "shopify", "account": "demo", "orders": [past(1)]}
    assert oms.call("POST /imports", body=body, caller=caller)[0] == 403


# --- our own shape -------------------------------------------------------------------


def own(**changes: Any) -> Json:
    usd = {"currency": "USD"}
    return {
        "external_id": "LEGACY-1",
        "number": "A-77",
        "status": "closed",
        "placed_at": "2023-02-03T04:05:06Z",
        "currency": "USD",
        "customer": {"name": "Ada Park", "email": "ada@example.com"},
        "lines": [
            {
                "sku": "MUG-BLUE", "quantity": 3, "unit_price": {"amount_minor": 1299, **usd},
                "tax": {"amount_minor": 101, **usd},
            },
            {"sku": "TEE-RED", "quantity": 1, "unit_price": {"amount_minor": 1999, **usd}},
        ],
        "shipping": {"amount_minor": 500, **usd},
        "total": {"amount_minor": 6497, **usd},
        "shipments": [
            {
                "node": "WH-OLD", "carrier": "UPS", "tracking_number": "1Z-OLD-1",
                "shipped_at": "2023-02-04T00:00:00Z", "lines": [{"line": 1, "quantity": 2}],
            },
            {
                "shipped_at": "2023-02-05T00:00:00Z",
                "lines": [{"line": 1, "quantity": 1}, {"line": 2, "quantity": 1}],
            },
        ],
        "refunds": [{"amount": {"amount_minor": back, **usd}} for back in (100, 55)],
        **changes,
    }  # fmt: skip


def sent_own(oms: World, *orders: Json) -> Any:
    body = {"channel": "api", "format": "oms", "orders": list(orders)}
    status, answer = oms.call("POST /imports", body=copy.deepcopy(body))
    assert status == 200, answer
    return answer


def test_an_order_of_our_own_shape_keeps_its_parcels_and_refunds(oms: World) -> None:
    answer = sent_own(oms, own())
    oms.run()
    order = oms.order(answer["orders"][0]["order_id"])
    assert (order["status"], order["fulfilment_status"]) == ("CLOSED", "DELIVERED")
    assert [line["states"]["delivered"] for line in order["lines"]] == [3, 1]
    assert order["shipments"][0]["parcels"][0]["tracking_number"] == "1Z-OLD-1"
    assert order["totals"]["total"]["amount_minor"] == 3 * 1299 + 101 + 1999 + 500
    assert order["variance"]["amount_minor"] == 0
    assert order["timeline"][0]["detail"]["refunded_minor"] == 155
    _, found = oms.call("GET /orders", query={"q": "1Z-OLD-1"})
    assert [each["order_id"] for each in found["items"]] == [order["order_id"]]
    assert sent_own(oms, own())["summary"]["known"] == 1
    assert (oms.mail.sent, dict(oms.executions)) == ([], {})


# --- a thousand, on DynamoDB's own semantics -----------------------------------------


def importer(shop: Shop) -> ImportOrders:
    nowhere: Any = None  # bodies here are small: none goes to the bucket
    inbound = DynamoInbound(shop.dynamo, shop.names.inbound, nowhere, shop.clock)
    return ImportOrders(shop.orders, inbound, shop.dynamo, TrackingTokens(b"key"), shop.clock)


def test_a_thousand_past_orders_are_imported_once_and_exactly() -> None:
    shop = Shop()
    run = importer(shop)
    read = channel_reader(ACCOUNTS["shopify"], shopify.map_order)
    documents = [parse(encode(past(n))) for n in range(1, 1001)]
    first = list(run(documents, read, "ops"))
    again = list(run(documents, read, "ops"))
    assert {each.outcome for each in first} == {ImportedAs.CREATED}
    assert {each.outcome for each in again} == {ImportedAs.KNOWN}
    assert [each.order_id for each in first] == [each.order_id for each in again]
    assert len({each.order_id for each in first}) == 1000
    for n, each in enumerate(first, start=1):
        order, content = shop.orders.load_with_content(each.order_id)  # type: ignore[arg-type]
        assert (order.version, order.stage.value, order.worklist) == (1, "CLOSED", "")
        assert content.lines[0].quantity == n % 5 + 1
        assert content.totals.channel_total.amount_minor == (n % 5 + 1) * (n * 100 + n % 100)
        assert content.totals.variance.amount_minor == 0


def test_an_import_that_is_interrupted_goes_on_where_it_was() -> None:
    shop = Shop()
    run = importer(shop)
    read = channel_reader(ACCOUNTS["shopify"], shopify.map_order)
    documents = [parse(encode(past(n))) for n in range(1, 11)]
    started = run(documents, read, "ops")
    for _ in range(4):
        next(started)
    found = [each.outcome for each in run(documents, read, "ops")]
    assert found == [ImportedAs.KNOWN] * 4 + [ImportedAs.CREATED] * 6
