"""A shop that is called by the requests of its mapping, over HTTP to the stand-in."""

from __future__ import annotations

import copy
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local.standins.platform import Answered, Asked, Misbehaviour, Shopfront
from local.standins.shop_http import ShopServer
from local.standins.shop_street import ShopStreet
from local.standins.shops import generic as standin
from oms.channels.generic import inbound
from oms.channels.generic.shop import GenericShop, connect
from oms.channels.model import ChannelAccount
from oms.channels.push import (
    CancelFacts,
    PushOutcome,
    PushRefused,
    RateLimited,
    RefundFacts,
    ShipmentFacts,
    StockLevel,
    ToldLine,
)
from oms.kernel.errors import Unavailable
from oms.kernel.money import Money
from oms.orders.content import ChannelState
from oms.platform.gate import parse
from tests.contracts.channels.case import NOW
from tests.contracts.channels.generic import CASE, SOCIAL, document

ID = "SOC-81723-A"


class Time:
    """The stand-in's clock: it moves when a test moves it."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 21, 19, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture(scope="module")
def time() -> Time:
    return Time()


@pytest.fixture(scope="module")
def server(time: Time) -> Iterator[ShopServer]:
    with ShopServer(ShopStreet(time)) as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield running
        running.shutdown()
        thread.join()


@pytest.fixture
def front(server: ShopServer, time: Time) -> Shopfront:
    server.street = ShopStreet(time)
    opened = server.street.shop("generic", "demo")
    opened.platform.take_order(document())
    opened.platform.books.stock.update({"MUG-BLUE": 0, "CUP-RED": 5})
    return opened


def account(server: ShopServer, **settings: Any) -> ChannelAccount:
    base_url = server.base_url("generic", "demo")
    return replace(CASE.account, settings={**CASE.settings, "base_url": base_url, **settings})


@pytest.fixture
def shop(server: ShopServer, front: Shopfront) -> GenericShop:
    connected = connect(account(server))
    assert connected
    return connected


def told(front: Shopfront) -> Any:
    return front.platform.books.orders[ID]


LINES = (ToldLine("i-1", 2), ToldLine("", 1))  # the second is the gift wrap: no line there
SHIPMENT = ShipmentFacts(ID, LINES, "TRACK-1", "DHL", "https://dhl.example/1", "O-1#ship#1")
CANCEL = CancelFacts(ID, LINES, "sold out", "O-1#cancel")
REFUND = RefundFacts(ID, Money(1290, "EUR"), (ToldLine("i-1", 1),), "broken", "O-1#refund#1")
LEVEL = StockLevel("MUG-BLUE", 7, 12, NOW)

Telling = Callable[[GenericShop], PushOutcome]
TELLINGS: dict[str, tuple[Telling, Callable[[Any], int]]] = {
    "shipped": (lambda shop: shop.tell_shipped(SHIPMENT), lambda told: len(told.fulfilments)),
    "cancelled": (lambda shop: shop.tell_cancelled(CANCEL), lambda told: told.cancellations),
    "refunded": (lambda shop: shop.tell_refunded(REFUND), lambda told: len(told.refunds)),
}
each_telling = pytest.mark.parametrize("name", TELLINGS)


# --- who can be called ---------------------------------------------------------------


def test_without_mapping_address_or_credentials_there_is_no_shop(server: ShopServer) -> None:
    assert connect(account(server))
    assert connect(account(server, mapping={})) is None
    assert connect(account(server, access_token="")) is None
    assert connect(account(server, base_url="")) is None  # the domain is no address either


def test_a_wrong_token_is_a_task_for_a_person(server: ShopServer, front: Shopfront) -> None:
    shop = connect(account(server, access_token="other"))
    assert shop
    with pytest.raises(PushRefused) as refused:
        shop.tell_shipped(SHIPMENT)
    assert refused.value.code == "shop-credentials"


def test_what_the_mapping_does_not_name_is_unsupported(server: ShopServer) -> None:
    mapping = {**SOCIAL, "topics": {"order.placed": "order"}, "api": {}}
    shop = connect(account(server, mapping=mapping))
    assert shop
    assert {tell(shop) for tell, _ in TELLINGS.values()} == {PushOutcome.UNSUPPORTED}

    assert shop.set_stock([LEVEL]) == {"MUG-BLUE": PushOutcome.UNSUPPORTED}
    assert (shop.stock_of(["MUG-BLUE"]), shop.changed(NOW, "").items) == ({}, ())
    with pytest.raises(PushRefused):
        shop.fetch(ID)


# --- telling -------------------------------------------------------------------------


@each_telling
def test_telling_twice_is_once_in_effect(name: str, shop: GenericShop, front: Shopfront) -> None:
    tell, effects = TELLINGS[name]
    assert tell(shop) is PushOutcome.TOLD
    tell(shop)
    assert effects(told(front)) == 1


@each_telling
def test_a_lost_reply_is_once_in_effect(name: str, shop: GenericShop, front: Shopfront) -> None:
    tell, effects = TELLINGS[name]
    front.misbehave(Misbehaviour.LOSE_REPLY)
    with pytest.raises(Unavailable):
        tell(shop)
    tell(shop)
    assert effects(told(front)) == 1


@each_telling
@pytest.mark.parametrize("misdeed", [Misbehaviour.FAIL, Misbehaviour.RATE_LIMIT])
def test_a_failure_is_told_on_the_next_try(
    name: str, misdeed: Misbehaviour, shop: GenericShop, front: Shopfront
) -> None:
    tell, effects = TELLINGS[name]
    front.misbehave(misdeed)
    expected = RateLimited if misdeed is Misbehaviour.RATE_LIMIT else Unavailable
    with pytest.raises(expected):
        tell(shop)
    assert effects(told(front)) == 0
    assert tell(shop) is PushOutcome.TOLD


def test_a_shipment_names_the_lines_that_the_shop_knows(
    shop: GenericShop, front: Shopfront
) -> None:
    shop.tell_shipped(SHIPMENT)
    (fulfilment,) = told(front).fulfilments
    assert fulfilment == {"tracking": "TRACK-1", "carrier": "DHL", "lines": {"i-1": 2}}


def test_two_parcels_are_two_shipments(shop: GenericShop, front: Shopfront) -> None:
    shop.tell_shipped(SHIPMENT)
    rest = replace(SHIPMENT, lines=(ToldLine("i-2", 1),), tracking_number="T-2", key="O-1#ship#2")
    assert shop.tell_shipped(rest) is PushOutcome.TOLD
    assert [each["tracking"] for each in told(front).fulfilments] == ["TRACK-1", "T-2"]


def test_a_refund_says_how_much_in_minor_units(shop: GenericShop, front: Shopfront) -> None:
    shop.tell_refunded(REFUND)
    assert told(front).refunds[0]["amount"] == 1290
    assert inbound.map_order(parse(shop.fetch(ID)), CASE.account).refunded == Money(1290, "EUR")


def test_a_shop_that_says_no_is_a_task_for_a_person(shop: GenericShop, front: Shopfront) -> None:
    front.platform.cancel(ID)
    with pytest.raises(PushRefused) as refused:
        shop.tell_shipped(SHIPMENT)
    assert (refused.value.status, refused.value.code) == (409, "conflict")
    assert told(front).fulfilments == []


def test_an_order_that_the_shop_lacks_is_told_as_that(shop: GenericShop) -> None:
    with pytest.raises(PushRefused) as refused:
        shop.tell_shipped(replace(SHIPMENT, external_id="SOC-0"))
    assert refused.value.code == "not-in-shop"


# --- other ways to be safe, with a shop of one request -------------------------------


def with_shipping(server: ShopServer, **request: Any) -> GenericShop:
    mapping = copy.deepcopy(SOCIAL)
    mapping["api"]["tell_shipped"] = {**mapping["api"]["tell_shipped"], **request}
    shop = connect(account(server, mapping=mapping))
    assert shop
    return shop


def test_a_look_before_finds_what_was_told(server: ShopServer, front: Shopfront) -> None:
    look = {
        "path": "/v1/orders/{id}",
        "found": "order.tracking[].number",
        "equals": "{tracking_number}",
    }
    shop = with_shipping(server, look=look)
    assert shop.tell_shipped(SHIPMENT) is PushOutcome.TOLD
    told(front).document["order"]["tracking"] = [{"number": "other"}, {"number": "TRACK-1"}]
    assert shop.tell_shipped(SHIPMENT) is PushOutcome.ALREADY
    assert len(told(front).fulfilments) == 1


def test_a_status_may_mean_that_the_shop_knew(server: ShopServer, front: Shopfront) -> None:
    front.platform.cancel(ID)
    assert with_shipping(server, already=[409]).tell_shipped(SHIPMENT) is PushOutcome.ALREADY


def test_a_no_inside_a_200_is_a_no(server: ShopServer, front: Shopfront) -> None:
    with pytest.raises(PushRefused):
        with_shipping(server, refused_at=["errors", "shipment.id"]).tell_shipped(SHIPMENT)


def test_an_answer_that_does_not_say_so_is_asked_again(
    server: ShopServer, front: Shopfront
) -> None:
    with pytest.raises(Unavailable):
        with_shipping(server, told_at="shipment.number").tell_shipped(SHIPMENT)


# --- stock ---------------------------------------------------------------------------


def test_stock_is_set_and_an_unlisted_sku_is_unsupported(
    shop: GenericShop, front: Shopfront
) -> None:
    unlisted = replace(LEVEL, sku="HAT-GREEN")
    assert shop.set_stock([LEVEL, unlisted]) == {
        "MUG-BLUE": PushOutcome.TOLD,
        "HAT-GREEN": PushOutcome.UNSUPPORTED,
    }
    assert shop.stock_of(["MUG-BLUE", "CUP-RED", "HAT-GREEN"]) == {"MUG-BLUE": 7, "CUP-RED": 5}


def test_older_stock_changes_nothing(shop: GenericShop, front: Shopfront) -> None:
    shop.set_stock([LEVEL])
    shop.set_stock([replace(LEVEL, units=99, version=11)])
    assert front.platform.books.stock["MUG-BLUE"] == 7


def test_what_was_not_told_when_the_shop_had_enough_is_not_in_the_answer(
    shop: GenericShop, front: Shopfront
) -> None:
    assert shop.set_stock([LEVEL]) == {"MUG-BLUE": PushOutcome.TOLD}
    limit, taken = front.limit, iter([True, False])
    assert limit
    limit.takes = lambda cost=1.0: next(taken)  # type: ignore[method-assign]
    answer = shop.set_stock([LEVEL, replace(LEVEL, sku="CUP-RED", units=1)])
    assert answer == {"MUG-BLUE": PushOutcome.TOLD}
    assert front.platform.books.stock["CUP-RED"] == 5


def test_a_batch_of_levels_is_one_call(server: ShopServer, front: Shopfront) -> None:
    mapping = copy.deepcopy(SOCIAL)
    rows = {"for_each": "levels", "item": {"sku": "{sku}", "units": "{units}"}}
    mapping["api"]["set_stock"] = {
        "told_at": "sku",
        "method": "PUT",
        "path": "/v1/stock/all",
        "batch": 50,
        "body": {"units": rows, "version": 1},
    }
    shop = connect(account(server, mapping=mapping))
    front.platform.books.stock["all"] = 0
    assert shop and shop.stock_batch == 50
    shop.set_stock([LEVEL, replace(LEVEL, sku="CUP-RED")])
    assert front.platform.books.stock["all"] == [  # type: ignore[comparison-overlap]
        {"sku": "MUG-BLUE", "units": 7}, {"sku": "CUP-RED", "units": 7},
    ]  # fmt: skip


# --- asking --------------------------------------------------------------------------


def test_a_fetched_order_is_mapped_as_a_message_is(shop: GenericShop) -> None:
    raw = shop.fetch(ID)
    assert raw == shop.fetch(ID)
    fetched = inbound.map_order(parse(raw), CASE.account)
    assert fetched == inbound.map_order(parse(json.dumps(document()).encode()), CASE.account)


def test_a_cancellation_is_seen_in_what_is_fetched(shop: GenericShop, front: Shopfront) -> None:
    front.platform.cancel(ID)
    order = inbound.map_order(parse(shop.fetch(ID)), CASE.account)
    assert order.content.channel_state is ChannelState.CANCELLED


def test_changed_orders_come_page_by_page_and_whole(
    shop: GenericShop, front: Shopfront, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standin, "PAGE", 2)
    for n in range(4):
        time.at += timedelta(seconds=1)
        order = document()
        order["order"]["id"] = f"SOC-{n}"
        front.platform.take_order(order)
    since, cursor, found = time.at - timedelta(seconds=2), "", []
    while True:
        page = shop.changed(since, cursor)
        found += [each.external_id for each in page.items]
        assert all(inbound.map_order(parse(each.document), CASE.account) for each in page.items)
        if not (cursor := page.next_cursor):
            break
    assert found == ["SOC-1", "SOC-2", "SOC-3"]


@pytest.mark.parametrize("body", [None, [], 7, {"order": 7}, {"orders": {}, "stock": [{"sku": 7}]}])
@pytest.mark.parametrize(
    "ask",
    [
        lambda shop: shop.fetch(ID),
        lambda shop: shop.changed(NOW, ""),
        lambda shop: shop.stock_of(["MUG-BLUE"]),
        lambda shop: shop.tell_shipped(SHIPMENT),
    ],
)
def test_an_answer_of_another_shape_is_no_answer(
    ask: Callable[[GenericShop], Any],
    body: Any,
    shop: GenericShop,
    front: Shopfront,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(front.platform, "answer", lambda asked: Answered(200, body))
    with pytest.raises((Unavailable, PushRefused)):
        ask(shop)


def test_a_null_for_an_order_means_that_the_shop_lacks_it(
    shop: GenericShop, front: Shopfront, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(front.platform, "answer", lambda asked: Answered(200, {"order": None}))
    with pytest.raises(PushRefused) as refused:
        shop.fetch(ID)
    assert refused.value.code == "not-in-shop"


def test_another_shop_is_not_found(server: ShopServer, front: Shopfront) -> None:
    asked = Asked.of("GET", "/v1/orders/x", {"Authorization": "Bearer local-shop-token"}, b"")
    assert front.platform.answer(asked).status == 404
