"""The stand-ins of the shops by hand: orders placed over HTTP, moods, and books that are kept."""

from __future__ import annotations

import json
import pickle
from collections.abc import Iterator
from typing import Any

import pytest

from local.front.shops import DemoShops
from local.standins.platform import Asked, State
from local.standins.shop_http import ShopServer
from local.standins.shop_street import ShopStreet
from oms.channels import registry
from oms.channels.push import PushRefused
from oms.channels.shop_client import ShopClient
from oms.kernel.errors import Unavailable
from tests.contracts.channels.case import NOW
from tests.contracts.channels.place import open_place, serving, shipment
from tests.unit.channels.samples import ACCOUNTS, encode, sample

FAT = pytest.mark.parametrize("name", ["shopify", "woocommerce"])


@pytest.fixture
def server() -> Iterator[ShopServer]:
    with serving() as running:
        yield running


@pytest.fixture
def hand(server: ShopServer) -> ShopClient:
    return ShopClient(f"http://127.0.0.1:{server.server_address[1]}", {})


def placed(name: str, hand: ShopClient) -> Any:
    given = {"platform": name, "shop": "demo", "order": json.loads(encode(sample(name)))}
    return hand.call("POST", "/_orders", given)


@FAT
def test_an_order_is_placed_and_answered_with_its_webhook(name: str, hand: ShopClient) -> None:
    sent = placed(name, hand)
    raw, inbound = sent["body"].encode(), registry.channel(name)
    assert inbound.verify(raw, sent["headers"], ACCOUNTS[name], NOW)
    found = inbound.identify(raw, sent["headers"], json.loads(raw), ACCOUNTS[name])
    assert found.external_id == sent["external_id"] == str(sample(name)["id"])


@FAT
def test_an_order_is_cancelled_as_its_customer_would(
    name: str, hand: ShopClient, server: ShopServer
) -> None:
    external_id = placed(name, hand)["external_id"]
    given = {"platform": name, "shop": "demo", "external_id": external_id}
    sent = hand.call("POST", "/_cancel", given)
    order = registry.channel(name).map_order(json.loads(sent["body"]), ACCOUNTS[name])
    assert order.content.channel_state.value == "CANCELLED"
    books = hand.call("GET", "/_books")[f"{name}/demo"]
    assert books["orders"][external_id]["state"] == "CANCELLED"
    assert books["orders"][external_id]["cancellations"] == 0  # not by us


def test_books_show_what_was_asked_and_told(hand: ShopClient, server: ShopServer) -> None:
    place = open_place("shopify", server)
    place.shop().tell_shipped(shipment(place.case))
    books = hand.call("GET", "/_books")["shopify/demo"]
    (order,) = books["orders"].values()
    assert [each["tracking"] for each in order["fulfilments"]] == ["TRACK1"]
    assert sum(books["calls"].values()) == 3


def test_a_shop_is_put_into_a_mood_and_closed(hand: ShopClient, server: ShopServer) -> None:
    place = open_place("woocommerce", server)
    there = {"platform": "woocommerce", "shop": "demo"}
    hand.call("POST", "/_misbehave", {**there, "next": ["fail"]})
    with pytest.raises(Unavailable):
        place.shop().tell_shipped(shipment(place.case))
    hand.call("POST", "/_down", {**there, "down": True})
    with pytest.raises(Unavailable):
        place.shop().fetch(place.case.external_id)
    hand.call("POST", "/_down", {**there, "down": False})
    assert place.shop().fetch(place.case.external_id)


@pytest.mark.parametrize(
    "path, given",
    [
        ("/_misbehave", {"platform": "shopify", "shop": "demo", "next": ["nonsense"]}),
        ("/_orders", {"platform": "nowhere", "shop": "demo", "order": {}}),
        ("/_orders", {"platform": "shopify", "shop": "demo", "order": {}}),
        ("/_orders", []),
        ("/_nonsense", {"platform": "shopify", "shop": "demo"}),
        ("/nowhere/demo/x", None),
        ("/shopify_graphql/demo/x", None),
        ("/../x", None),
        ("/", None),
    ],
)
def test_what_makes_no_sense_is_refused(path: str, given: Any, hand: ShopClient) -> None:
    with pytest.raises(PushRefused) as refused:
        hand.call("POST", path, given)
    assert refused.value.status in (400, 404)


# --- kept books ----------------------------------------------------------------------


@FAT
def test_a_shop_goes_on_after_a_restart(name: str) -> None:
    street = ShopStreet()
    front = street.shop(name, "demo")
    external_id = front.platform.take_order(sample(name))
    front.platform.books.stock["MUG-BLUE"] = 3
    again = ShopStreet()
    again.reopen(pickle.loads(pickle.dumps(street.pages())))
    books = again.books()[f"{name}/demo"]
    assert (books.orders[external_id].state, books.stock["MUG-BLUE"]) == (State.OPEN, 3)
    assert again.handle(Asked("GET", f"/{name}/demo/x")).status == 401


@FAT
def test_an_order_that_comes_again_forgets_nothing_that_was_told(
    name: str, server: ShopServer
) -> None:
    place = open_place(name, server)
    facts = shipment(place.case)
    place.shop().tell_shipped(facts)
    place.front.platform.take_order(place.case.document())
    assert place.shop().tell_shipped(facts).value in ("TOLD", "ALREADY")
    assert len(place.order.fulfilments) == 1


# --- the demo shops learn from webhooks ----------------------------------------------


@FAT
def test_a_demo_shop_knows_the_order_that_it_sent(
    name: str, server: ShopServer, hand: ShopClient
) -> None:
    DemoShops(hand.base_url)(f"/webhooks/{name}/demo?x=1", encode(sample(name)))
    assert list(server.street.books()[f"{name}/demo"].orders) == [str(sample(name)["id"])]


@pytest.mark.parametrize(
    "path, body",
    [
        ("/webhooks/shopify/demo", b'{"id":5,"order_id":77,"line_items":[]}'),
        ("/webhooks/shopify/demo", b'{"id":5,"order_id":77}'),
        ("/webhooks/woocommerce/demo", b'{"id":5}'),
        ("/webhooks/woocommerce/demo", b"webhook_id=3"),
        ("/webhooks/shopify/demo", b"7"),
        ("/webhooks/shopify/demo", b'{"line_items":[]}'),
        ("/webhooks/square/demo", b'{"id":5,"line_items":[]}'),
        ("/orders", b"{}"),
    ],
)
def test_what_is_no_order_is_not_learnt(
    path: str, body: bytes, server: ShopServer, hand: ShopClient
) -> None:
    DemoShops(hand.base_url)(path, body)
    assert not any(books.orders for books in server.street.books().values())


def test_a_shop_that_is_not_there_disturbs_nobody() -> None:
    DemoShops("http://127.0.0.1:9")("/webhooks/shopify/demo", encode(sample("shopify")))
