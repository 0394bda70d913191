"""A shipment is told to a shop once in effect, whatever happens to the replies.

The same tests run against both shops, over HTTP to the stand-in with its own books.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from local.standins.shop_books import Misbehaviour, ShopBooks
from local.standins.shop_http import ShopServer
from oms.channels.model import ChannelAccount
from oms.channels.push import (
    PushOutcome,
    PushRefused,
    ShipmentFacts,
    ShippedLine,
    TrackingPush,
)
from oms.channels.registry import tracking_push
from oms.channels.shop_client import ShopClient
from oms.kernel.errors import Unavailable
from tests.unit.channels.samples import ACCOUNTS, sample

SETTINGS = {
    "shopify": {"access_token": "local-token"},
    "woocommerce": {"consumer_key": "ck_local", "consumer_secret": "cs_local"},
}
both = pytest.mark.parametrize("name", SETTINGS)


@pytest.fixture(scope="module")
def server() -> Iterator[ShopServer]:
    with ShopServer(ShopBooks()) as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield running
        running.shutdown()
        thread.join()


@pytest.fixture
def books(server: ShopServer) -> ShopBooks:
    server.books = ShopBooks()
    for name in SETTINGS:
        server.books.take_order(name, "demo", sample(name))
    return server.books


def account(name: str, server: ShopServer) -> ChannelAccount:
    settings = {**SETTINGS[name], "base_url": server.base_url(name, "demo")}
    return replace(ACCOUNTS[name], settings=settings)


def teller(name: str, server: ShopServer) -> TrackingPush:
    return tracking_push(account(name, server))


def shipment(name: str, **changes: Any) -> ShipmentFacts:
    order = sample(name)
    lines = tuple(ShippedLine(str(each["id"]), each["quantity"]) for each in order["line_items"])
    facts = ShipmentFacts(
        str(order["id"]), lines, "TRACK-1", "DHL", "https://dhl.example/TRACK-1", "ORDER-1#ship"
    )
    return replace(facts, **changes)


def told(books: ShopBooks, name: str) -> list[str]:
    """The tracking numbers in the shop's books."""
    order = books.order(name, "demo", str(sample(name)["id"]))
    if name == "shopify":
        return [each["tracking"]["number"] for each in order["fulfilments"]]
    rows = [each for each in order["meta_data"] if each["key"].startswith("_oms_shipment_")]
    return [row["value"].split('"tracking_number": "')[1].split('"')[0] for row in rows]


# --- once in effect ------------------------------------------------------------------


@both
def test_a_shipment_is_told(name: str, server: ShopServer, books: ShopBooks) -> None:
    assert teller(name, server).tell(shipment(name)) is PushOutcome.TOLD
    assert told(books, name) == ["TRACK-1"]


@both
def test_telling_twice_is_told_once(name: str, server: ShopServer, books: ShopBooks) -> None:
    push = teller(name, server)
    assert push.tell(shipment(name)) is PushOutcome.TOLD
    assert push.tell(shipment(name)) is PushOutcome.ALREADY
    assert told(books, name) == ["TRACK-1"]


@both
def test_a_lost_reply_is_found_on_the_next_try(
    name: str, server: ShopServer, books: ShopBooks
) -> None:
    push = teller(name, server)
    books.misbehave(Misbehaviour.LOSE_REPLY)
    with pytest.raises(Unavailable):
        push.tell(shipment(name))
    assert push.tell(shipment(name)) is PushOutcome.ALREADY
    assert told(books, name) == ["TRACK-1"]


@both
@pytest.mark.parametrize("misdeed", [Misbehaviour.FAIL, Misbehaviour.RATE_LIMIT])
def test_a_shop_that_fails_is_told_on_the_next_try(
    name: str, misdeed: Misbehaviour, server: ShopServer, books: ShopBooks
) -> None:
    push = teller(name, server)
    books.misbehave(misdeed)
    with pytest.raises(Unavailable):
        push.tell(shipment(name))
    assert told(books, name) == []
    assert push.tell(shipment(name)) is PushOutcome.TOLD


@both
def test_many_at_once_are_told_once(name: str, server: ShopServer, books: ShopBooks) -> None:
    start, outcomes = threading.Barrier(8), list[PushOutcome]()

    def tell() -> None:
        start.wait()
        outcomes.append(teller(name, server).tell(shipment(name)))

    threads = [threading.Thread(target=tell) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outcomes) == 8
    assert told(books, name) == ["TRACK-1"]


@both
def test_two_shipments_are_both_told(name: str, server: ShopServer, books: ShopBooks) -> None:
    push, line = teller(name, server), shipment(name).lines[0]
    one = shipment(name, lines=(replace(line, quantity=1),), is_last=False)
    two = replace(one, tracking_number="TRACK-2", key="ORDER-1#ship#2", is_last=True)
    assert [push.tell(each) for each in (one, two)] == [PushOutcome.TOLD] * 2
    assert told(books, name) == ["TRACK-1", "TRACK-2"]
    assert [push.tell(each) for each in (one, two)] == [PushOutcome.ALREADY] * 2


# --- what cannot be told -------------------------------------------------------------


@both
def test_an_order_that_the_shop_does_not_know(
    name: str, server: ShopServer, books: ShopBooks
) -> None:
    with pytest.raises(PushRefused) as refused:
        teller(name, server).tell(shipment(name, external_id="404"))
    assert refused.value.code == "not-in-shop"


@both
def test_an_account_without_credentials_cannot_be_told(name: str) -> None:
    push = tracking_push(ACCOUNTS[name])
    assert push.tell(shipment(name)) is PushOutcome.UNSUPPORTED


def test_our_own_shop_has_nobody_to_tell() -> None:
    push = tracking_push(replace(ACCOUNTS["shopify"], channel="api"))
    assert push.tell(shipment("shopify")) is PushOutcome.UNSUPPORTED


@both
def test_a_shop_that_is_not_there_is_unavailable(name: str, server: ShopServer) -> None:
    closed = ShopServer(ShopBooks())
    closed.server_close()
    with pytest.raises(Unavailable):
        teller(name, closed).tell(shipment(name))


def test_units_that_shopify_has_not_left_are_refused(server: ShopServer, books: ShopBooks) -> None:
    line = shipment("shopify").lines[0]
    too_many = shipment("shopify", lines=(replace(line, quantity=line.quantity + 1),))
    with pytest.raises(PushRefused) as refused:
        teller("shopify", server).tell(too_many)
    assert refused.value.code == "not-fulfillable"
    assert told(books, "shopify") == []


def test_lines_that_shopify_does_not_know_are_left_out(
    server: ShopServer, books: ShopBooks
) -> None:
    lines = (*shipment("shopify").lines, ShippedLine("", 2))
    assert teller("shopify", server).tell(shipment("shopify", lines=lines)) is PushOutcome.TOLD
    (fulfilment,) = books.order("shopify", "demo", str(sample("shopify")["id"]))["fulfilments"]
    assert len(fulfilment["lines"]) == len(lines) - 1


def test_an_order_of_250_lines_is_read_page_by_page(server: ShopServer, books: ShopBooks) -> None:
    order = sample("shopify")
    order["id"], first = 77, order["line_items"][0]
    order["line_items"] = [{**first, "id": n} for n in range(1, 251)]
    books.take_order("shopify", "demo", order)
    lines = tuple(ShippedLine(str(n), 3) for n in range(1, 251))
    facts = shipment("shopify", external_id="77", lines=lines)
    assert teller("shopify", server).tell(facts) is PushOutcome.TOLD
    (fulfilment,) = books.order("shopify", "demo", "77")["fulfilments"]
    assert len(fulfilment["lines"]) == 250


def test_the_last_shipment_completes_a_woocommerce_order(
    server: ShopServer, books: ShopBooks
) -> None:
    push, order = teller("woocommerce", server), books.order("woocommerce", "demo", "4711")
    push.tell(shipment("woocommerce", is_last=False))
    assert order["status"] == "processing"
    push.tell(shipment("woocommerce", key="ORDER-1#ship#2"))
    assert order["status"] == "completed"


def test_a_cancelled_woocommerce_order_is_not_completed(
    server: ShopServer, books: ShopBooks
) -> None:
    books.order("woocommerce", "demo", "4711")["status"] = "cancelled"
    with pytest.raises(PushRefused) as refused:
        teller("woocommerce", server).tell(shipment("woocommerce"))
    assert refused.value.code == "over-in-shop"


# --- the stand-in by hand ------------------------------------------------------------


def test_the_stand_in_is_taught_and_read_over_http(server: ShopServer, books: ShopBooks) -> None:
    hand = ShopClient(f"http://127.0.0.1:{server.server_address[1]}", {})
    order = {"id": 99, "status": "processing"}
    hand.call("POST", "/_orders", {"platform": "woocommerce", "shop": "x", "order": order})
    hand.call("POST", "/_misbehave", {"next": ["fail"]})
    assert hand.call("GET", "/_books")["woocommerce/x/99"]["status"] == "processing"
    with pytest.raises(PushRefused):
        hand.call("POST", "/_misbehave", {"next": ["nonsense"]})
    with pytest.raises(PushRefused):
        hand.call("GET", "/nowhere")
