"""What is Shopify's own when it is called: GraphQL's ways of saying no, payments, locations."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from local.standins.platform import Answered, Asked, State
from local.standins.shop_http import ShopServer
from oms.channels.push import PushOutcome, PushRefused, RateLimited, ToldLine
from oms.channels.shopify.shop import connect
from oms.kernel.errors import Unavailable
from oms.kernel.money import Money
from tests.contracts.channels.case import NOW
from tests.contracts.channels.place import (
    Place,
    cancellation,
    levels,
    open_place,
    refund,
    serving,
    shipment,
)
from tests.unit.channels.samples import ACCOUNTS, sample

TOLD, ALREADY = PushOutcome.TOLD, PushOutcome.ALREADY


@pytest.fixture(scope="module")
def server() -> Iterator[ShopServer]:
    with serving() as running:
        yield running


@pytest.fixture
def place(server: ShopServer) -> Place:
    return open_place("shopify", server)


def took(place: Place, **changes: Any) -> None:
    """The sample order with `changes`, as the only one of its shop."""
    place.front.platform.books.orders.clear()
    place.front.platform.take_order({**sample("shopify"), **changes})


def answering(place: Place, monkeypatch: pytest.MonkeyPatch, body: Any) -> None:
    monkeypatch.setattr(place.front.platform, "answer", lambda asked: Answered(200, body))


def listening(place: Place, monkeypatch: pytest.MonkeyPatch) -> list[Asked]:
    """What the shop is asked from now on."""
    heard, really = list[Asked](), place.front.platform.answer

    def answer(asked: Asked) -> Answered:
        heard.append(asked)
        return really(asked)

    monkeypatch.setattr(place.front.platform, "answer", answer)
    return heard


# --- how GraphQL says no -------------------------------------------------------------


@pytest.mark.parametrize(
    "cost, available, rate, seconds",
    [(250, 50, 100, 2.0), (250, 249.5, 50.0, 1.0), (9000, 0, 100, 60.0), (10, 0, 0, 10.0)],
)
def test_a_throttled_query_waits_until_the_bucket_holds_it(
    cost: int, available: float, rate: float, seconds: float,
    place: Place, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    status = {"maximumAvailable": 2000, "currentlyAvailable": available, "restoreRate": rate}
    told = {"cost": {"requestedQueryCost": cost, "throttleStatus": status}}
    error = {"message": "Throttled", "extensions": {"code": "THROTTLED"}}
    answering(place, monkeypatch, {"errors": [error], "extensions": told})
    with pytest.raises(RateLimited) as slow:
        place.shop().stock_of(["MUG-BLUE"])
    assert slow.value.wait_seconds == seconds


def test_many_expensive_queries_empty_the_bucket(server: ShopServer) -> None:
    place = open_place("shopify", server, now=lambda: NOW)  # so fast that nothing fills it
    with pytest.raises(RateLimited):
        for _ in range(30):
            place.shop().stock_of(["MUG-BLUE"])


@pytest.mark.parametrize(
    "error, raised",
    [
        ({"message": "no", "extensions": {"code": "ACCESS_DENIED"}}, PushRefused),
        ({"message": "oh", "extensions": {"code": "INTERNAL_SERVER_ERROR"}}, Unavailable),
        ({"message": "oh"}, Unavailable),
        ("oh", Unavailable),
    ],
)
def test_errors_come_with_200(
    error: Any, raised: type[Exception], place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    answering(place, monkeypatch, {"errors": [error], "data": None})
    with pytest.raises(raised):
        place.shop().tell_shipped(shipment(place.case))


def test_a_key_that_is_at_work_elsewhere_is_asked_again(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy = {"message": "busy", "code": "IDEMPOTENCY_CONCURRENT_REQUEST"}
    really = place.front.platform.answer

    def answer(asked: Asked) -> Answered:
        if b"refundCreate" not in asked.body:
            return really(asked)
        return Answered(200, {"data": {"refundCreate": {"refund": None, "userErrors": [busy]}}})

    monkeypatch.setattr(place.front.platform, "answer", answer)
    with pytest.raises(Unavailable):
        place.shop().tell_refunded(refund(place.case))


def test_what_the_shop_knows_is_written_no_second_time(place: Place) -> None:
    parcel, money = shipment(place.case, is_last=False), refund(place.case)
    assert [place.shop().tell_shipped(parcel) for _ in range(2)] == [TOLD, ALREADY]
    assert [place.shop().tell_refunded(money) for _ in range(2)] == [TOLD, ALREADY]


# --- shipments -----------------------------------------------------------------------


def test_two_shipments_are_both_told(place: Place) -> None:
    line = shipment(place.case).lines[0]
    one = shipment(place.case, lines=(replace(line, quantity=1),), is_last=False)
    two = replace(one, tracking_number="TRACK2", key="ORDER-1#ship#2", is_last=True)
    assert [place.shop().tell_shipped(each) for each in (one, two, one, two)] == [
        TOLD, TOLD, ALREADY, ALREADY,
    ]  # fmt: skip
    assert [each["tracking"] for each in place.order.fulfilments] == ["TRACK1", "TRACK2"]


def test_a_tracking_number_that_somebody_typed_in_is_known(place: Place) -> None:
    by_hand = shipment(place.case, key="typed in")
    place.shop().tell_shipped(by_hand)
    assert place.shop().tell_shipped(shipment(place.case)) is ALREADY


def test_units_that_shopify_has_not_left_are_refused(place: Place) -> None:
    line = shipment(place.case).lines[0]
    too_many = shipment(place.case, lines=(replace(line, quantity=line.quantity + 1),))
    with pytest.raises(PushRefused) as refused:
        place.shop().tell_shipped(too_many)
    assert refused.value.code == "not-fulfillable"
    assert place.order.fulfilments == []


def test_lines_that_shopify_does_not_know_are_left_out(place: Place) -> None:
    lines = shipment(place.case).lines
    with_ours = shipment(place.case, lines=(*lines, ToldLine("", 2)))
    assert place.shop().tell_shipped(with_ours) is TOLD
    assert len(place.order.fulfilments[0]["lines"]) == len(lines)
    only_ours = shipment(place.case, lines=(ToldLine("", 2),))
    assert place.shop().tell_shipped(only_ours) is PushOutcome.UNSUPPORTED


def test_an_order_of_250_lines_is_read_page_by_page(place: Place) -> None:
    line = sample("shopify")["line_items"][0]
    took(place, line_items=[{**line, "id": n} for n in range(1, 251)])
    lines = tuple(ToldLine(str(n), 3) for n in range(1, 251))
    assert place.shop().tell_shipped(shipment(place.case, lines=lines)) is TOLD
    assert len(place.order.fulfilments[0]["lines"]) == 250


# --- money ---------------------------------------------------------------------------


def test_a_cancelled_order_gives_its_money_back_and_restocks_nothing(place: Place) -> None:
    place.shop().tell_cancelled(cancellation(place.case))
    assert [each["amount"] for each in place.order.refunds] == ["57.70"]
    assert place.front.platform.books.stock == {"MUG-BLUE": 1, "CUP-RED": 1, "TEE-RED-M": 0}
    assert place.order.document["cancel_reason"] == "inventory"


def test_an_order_whose_money_we_have_gives_nothing_back_there(place: Place) -> None:
    place.shop().tell_cancelled(replace(cancellation(place.case), gives_back=False))
    assert (place.order.cancellations, place.order.refunds) == (1, [])


def test_what_was_sent_cannot_be_cancelled(place: Place) -> None:
    place.shop().tell_shipped(shipment(place.case))
    with pytest.raises(PushRefused):
        place.shop().tell_cancelled(cancellation(place.case))
    assert place.order.state is State.FULFILLED


def test_an_order_that_the_customer_cancelled_is_known(place: Place) -> None:
    place.front.platform.cancel(place.case.external_id)
    assert place.shop().tell_cancelled(cancellation(place.case)) is ALREADY


def test_a_refund_names_the_goods_and_restocks_none(place: Place) -> None:
    line = shipment(place.case).lines[0]
    goods = refund(place.case, lines=(replace(line, quantity=2),))
    assert place.shop().tell_refunded(goods) is TOLD
    (entry,) = place.order.refunds
    assert entry == {"amount": "5.00", "currency": "EUR", "lines": {line.external_id: 2}}
    (given,) = place.order.document["refunds"]
    assert given["note"] == "scratched [ORDER-1#refund#1]"
    assert given["refund_line_items"][0]["restock_type"] == "no_restock"


def test_refunds_whose_keys_begin_alike_are_two(place: Place) -> None:
    first, tenth = (refund(place.case, key=f"ORDER-1#refund#1{end}") for end in ("0", ""))
    assert [place.shop().tell_refunded(each) for each in (first, tenth)] == [TOLD, TOLD]
    assert len(place.order.refunds) == 2


def test_more_than_was_paid_is_not_given_back(place: Place) -> None:
    with pytest.raises(PushRefused) as refused:
        place.shop().tell_refunded(refund(place.case, amount=Money(5771, "EUR")))
    assert refused.value.code == "more-than-paid"
    whole = refund(place.case, amount=Money(5770, "EUR"))
    assert place.shop().tell_refunded(whole) is TOLD


def test_an_unpaid_order_gives_nothing_back(place: Place) -> None:
    took(place, financial_status="pending")
    with pytest.raises(PushRefused) as refused:
        place.shop().tell_refunded(refund(place.case))
    assert refused.value.code == "more-than-paid"


DOLLARS = {
    "presentment_currency": "USD",
    "total_price_set": {
        "shop_money": {"amount": "57.70", "currency_code": "EUR"},
        "presentment_money": {"amount": "61.91", "currency_code": "USD"},
    },
}


def test_what_was_paid_in_dollars_goes_back_whole_and_in_dollars(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    took(place, **DOLLARS)
    asked = listening(place, monkeypatch)
    with pytest.raises(PushRefused):  # the stand-in counts in the shop's currency
        place.shop().tell_refunded(refund(place.case, amount=Money(5770, "EUR")))
    (sent,) = [each.json["variables"]["input"] for each in asked if b"RefundInput" in each.body]
    assert (sent["currency"], sent["transactions"][0]["amount"]) == ("USD", "61.91")


def test_a_part_of_what_was_paid_in_dollars_is_for_a_person(place: Place) -> None:
    """What five euros of it were in dollars, nobody can say."""
    took(place, **DOLLARS)
    for amount in (Money(500, "EUR"), Money(500, "USD")):
        with pytest.raises(PushRefused) as refused:
            place.shop().tell_refunded(refund(place.case, amount=amount))
        assert refused.value.code == "currency-mismatch"


# --- stock and places ----------------------------------------------------------------


@pytest.mark.parametrize("sku", ['MUG "BLUE"', "MUG\\BLUE", "MUG BLUE OR sku:*", "mug-blue"])
def test_a_strange_sku_is_looked_for_as_it_is(sku: str, place: Place) -> None:
    """In Shopify's search MUG-BLUE and mug-blue are the same word."""
    place.front.platform.books.stock[sku] = 2
    place.shop().set_stock(levels(sku))
    assert place.front.platform.books.stock == {
        "MUG-BLUE": 1, "CUP-RED": 1, "TEE-RED-M": 0, sku: 7,
    }  # fmt: skip


def test_what_was_oversold_is_below_zero(place: Place) -> None:
    place.front.platform.books.stock["MUG-BLUE"] = -3
    assert place.shop().stock_of(["MUG-BLUE"]) == {"MUG-BLUE": -3}


@pytest.mark.parametrize(
    "item", [{"tracked": False}, {"inventoryLevel": None}], ids=["not counted", "not kept here"]
)
def test_an_item_that_the_location_does_not_keep_is_not_listed(
    item: dict[str, Any], place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    level = {"quantities": [{"name": "available", "quantity": 1}]}
    whole = {"id": "gid://shopify/InventoryItem/1", "tracked": True, "inventoryLevel": level}
    node = {"sku": "MUG-BLUE", "inventoryItem": {**whole, **item}}
    page = {"nodes": [node], "pageInfo": {"hasNextPage": False, "endCursor": None}}
    locations = {"nodes": [{"id": "gid://shopify/Location/1"}]}
    body = {"data": {"productVariants": page, "locations": locations}}
    answering(place, monkeypatch, body)
    assert place.shop().stock_of(["MUG-BLUE"]) == {}
    assert place.shop().set_stock(levels("MUG-BLUE")) == {"MUG-BLUE": PushOutcome.UNSUPPORTED}


@pytest.mark.parametrize("named", ["7002", "gid://shopify/Location/7002"])
def test_the_location_of_the_settings_is_the_one_that_is_set(
    named: str, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = listening(place, monkeypatch)
    account = replace(
        ACCOUNTS["shopify"],
        settings={**place.case.settings, "base_url": place.base_url, "location_id": named},
    )
    shop = connect(account)
    assert shop and shop.set_stock(levels("MUG-BLUE")) == {"MUG-BLUE": TOLD}
    (sent,) = [each.json["variables"] for each in asked if b"SetAvailable" in each.body]
    (quantity,) = sent["input"]["quantities"]
    assert quantity["locationId"] == "gid://shopify/Location/7002"
    assert quantity["changeFromQuantity"] is None
    assert not any(b"FirstLocation" in each.body for each in asked)
