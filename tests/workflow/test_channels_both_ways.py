"""Every channel, both ways: what customers do in a shop reaches us once, and what we do reaches
the shop once, whatever the messages and the network do."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta

import pytest

from local.standins.platform import Misbehaviour, State
from oms.channels.registry import CHANNELS, channel
from tests.workflow.invariants import check
from tests.workflow.plays import packed
from tests.workflow.shopping import Shopping
from tests.workflow.world import World, api_order, world

# What comes as a file has tests of its own.
NAMES = [name for name, row in CHANNELS.items() if row.arrives != "file"]
# A sale over the counter is done when it is told: there is nothing to send or to cancel.
SENT = [name for name in NAMES if name != "square"]
# The adapters meet every kind in tests/contracts/test_shop_contract.py.
TROUBLES = (None, Misbehaviour.LOSE_REPLY)
every = pytest.mark.parametrize("name", NAMES)
sent = pytest.mark.parametrize("name", SENT)


@pytest.fixture
def shop(name: str) -> Iterator[Shopping]:
    with world(shops=(name,)) as oms:
        oms.clock.advance(timedelta(hours=11))  # the sample orders were placed at 19:27
        shopping = Shopping(oms, name)
        their_mug = shopping.case.account.their_sku("MUG-BLUE")
        shopping.front.platform.books.stock.setdefault(their_mug, 0)
        for sku in ("MUG-BLUE", *_skus(shopping)):
            oms.stock_up(sku, 50)
        oms.run()
        yield shopping


def _skus(shopping: Shopping) -> list[str]:
    case = shopping.case
    content = channel(shopping.name).map_order(case.document(), case.account).content
    return [line.sku for line in content.lines if line.sku]


def status(oms: World, order_id: str) -> str:
    return str(oms.order(order_id)["status"])


@every
def test_an_order_arrives_once_however_its_messages_come(shop: Shopping) -> None:
    """Twice, late, in the wrong order, and once more by the poll."""
    external_id = shop.buy()
    messages = [shop.message(external_id) for _ in range(3)]
    random.Random(shop.name).shuffle(messages)
    for message in (*messages, messages[0]):
        shop.tell(message)
        shop.oms.run()
    shop.poll()
    shop.oms.run()
    assert shop.orders() == 1
    assert status(shop.oms, shop.ours(external_id)) in ("CONFIRMED", "CLOSED")
    check(shop.oms)


@every
def test_an_order_whose_message_is_lost_is_found_by_the_poll(shop: Shopping) -> None:
    external_id = shop.buy()
    shop.oms.clock.advance(timedelta(minutes=30))
    shop.oms.sweep()
    shop.oms.run()
    assert shop.ours(external_id)
    _, page = shop.oms.call(
        "GET /channels/{channel}/{account}", {"channel": shop.name, "account": "demo"}
    )
    tells = bool(CHANNELS[shop.name].arrives)
    assert [gap["external_id"] for gap in page["gaps"]] == [external_id] * tells
    tasks = shop.oms.call("GET /tasks")[1]["items"]
    assert ("CHANNEL_GAP" in [task["kind"] for task in tasks]) is tells
    again = page["gaps"]
    shop.oms.clock.advance(timedelta(minutes=30))
    shop.oms.sweep()
    _, page = shop.oms.call(
        "GET /channels/{channel}/{account}", {"channel": shop.name, "account": "demo"}
    )
    assert page["gaps"] == again, "what was repaired is no gap any more"


@sent
@pytest.mark.parametrize("trouble", TROUBLES)
def test_a_parcel_is_told_once_in_effect(shop: Shopping, trouble: Misbehaviour | None) -> None:
    external_id, order_id = shop.sell()
    shop.oms.pass_time(timedelta(seconds=10))
    for shipment in shop.oms.order(order_id)["shipments"]:
        packed(shop.oms, shipment["shipment_id"])
    if trouble:
        shop.front.misbehave(trouble)
    shop.oms.run()
    shop.oms.heal()
    for shipment in shop.oms.order(order_id)["shipments"]:
        shop.oms.ship(shipment["shipment_id"], "ship")
    shop.oms.run()
    told = shop.order(external_id).fulfilments
    numbers = [
        parcel["tracking_number"]
        for shipment in shop.oms.order(order_id)["shipments"]
        for parcel in shipment["parcels"]
    ]
    assert sorted(each["tracking"] for each in told) == sorted(numbers)
    check(shop.oms)


@sent
def test_a_cancellation_in_the_shop_reaches_the_order(shop: Shopping) -> None:
    external_id, order_id = shop.sell()
    shop.oms.clock.advance(timedelta(minutes=1))
    shop.front.platform.cancel(external_id)
    shop.tell(shop.message(external_id, "cancelled"))
    shop.oms.run()
    assert status(shop.oms, order_id) == "CANCELLED"
    assert shop.order(external_id).cancellations <= 1
    check(shop.oms)


@sent
@pytest.mark.parametrize("trouble", TROUBLES)
def test_a_cancellation_of_ours_reaches_the_shop_once(
    shop: Shopping, trouble: Misbehaviour | None
) -> None:
    external_id, order_id = shop.sell()
    if trouble:
        shop.front.misbehave(trouble)
    assert shop.oms.act(order_id, "cancel", "changed her mind")[0] == 200
    shop.oms.run()
    shop.oms.heal()  # what could not be told is told again
    there = shop.order(external_id)
    if "tell_cancelled" not in shop.case.cannot:
        assert there.state is State.CANCELLED
        assert there.cancellations <= 1
    shop.oms.clock.advance(timedelta(minutes=1))
    shop.tell(shop.message(external_id, "cancelled"))
    shop.oms.run()
    assert there.cancellations <= 1, "the shop's own message about it tells it nothing new"
    check(shop.oms)


@every
def test_a_sale_elsewhere_lowers_what_the_shop_can_sell(shop: Shopping) -> None:
    books, sku = shop.front.platform.books, shop.case.account.their_sku("MUG-BLUE")
    shop.sell()
    before = books.stock[sku]
    line = {"sku": "MUG-BLUE", "quantity": 4}
    price = {"unit_price": {"amount_minor": 1299, "currency": "USD"}}
    assert shop.oms.call("POST /orders", body=api_order(lines=[{**line, **price}]))[0] == 201
    shop.oms.run()
    assert books.stock[sku] == before - 4
    _, page = shop.oms.call("GET /channels")
    (card,) = page["items"]
    assert card["stock"]["waiting"] == 0


@every
def test_after_an_outage_the_shop_hears_the_newest_figure_only(shop: Shopping) -> None:
    shop.sell()
    shop.front.is_down = True
    for _ in range(5):
        shop.oms.stock_up("MUG-BLUE", 1)
        shop.oms.run()
    _, page = shop.oms.call("GET /channels")
    (card,) = page["items"]
    assert (card["stock"]["waiting"], bool(card["stock"]["problem"])) == (1, True)
    shop.front.is_down = False
    books, sku = shop.front.platform.books, shop.case.account.their_sku("MUG-BLUE")
    writes, old = books.stock_writes, books.stock[sku]
    shop.oms.pass_time(timedelta(minutes=20))
    assert (books.stock_writes, books.stock[sku]) == (writes + 1, old + 5)


# --- the books --------------------------------------------------------------------------------


def differences(shop: Shopping) -> list[str]:
    path = {"channel": shop.name, "account": "demo"}
    status, report = shop.oms.call("POST /channels/{channel}/{account}/reconcile", path, {})
    assert (status, report["whole"]) == (200, True), report
    return sorted(each["about"] for each in report["differences"])


@every
def test_the_books_agree_after_all_that_and_every_difference_is_found(shop: Shopping) -> None:
    first, _ = shop.sell(0)
    second, other_id = shop.sell(1)
    shop.oms.pass_time(timedelta(minutes=6))
    if shop.name in SENT:
        shop.oms.act(other_id, "cancel", "changed her mind")
        shop.oms.run()
        shop.oms.clock.advance(timedelta(minutes=1))
        shop.tell(shop.message(second, "cancelled"))
        shop.oms.run()
    assert differences(shop) == []
    planted = _plant(shop, first)
    assert set(differences(shop)) >= planted


def _plant(shop: Shopping, external_id: str) -> set[str]:
    """Differences that nobody told us of."""
    books = shop.front.platform.books
    books.stock[shop.case.account.their_sku("MUG-BLUE")] -= 3
    shop.buy(7)
    shop.front.platform.cancel(external_id)
    return {"STOCK", "MISSING_HERE", "STATE"}


def test_every_channel_is_met() -> None:
    assert set(NAMES) | {"edi"} == set(CHANNELS)
