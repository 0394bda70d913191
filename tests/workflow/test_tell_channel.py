"""What happens here is told to the channel once in effect, whenever it can hear; what it cannot
be told is told to a person."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest

from local.standins.platform import Misbehaviour
from oms import wiring_channels
from oms.kernel.ids import OrderId
from oms.notifications.tell_in_time import Telling, What
from tests.workflow.plays import CARD
from tests.workflow.shopping import Shopping
from tests.workflow.world import World, api_order, world

REFUND = "POST /orders/{order_id}/channel-refund"


def selling(name: str, oms: World) -> Shopping:
    oms.clock.advance(timedelta(hours=11))  # the sample orders were placed at 19:27
    for sku in ("MUG-BLUE", "CUP-RED", "TEE-RED-M"):
        oms.stock_up(sku, 50)
    oms.run()
    return Shopping(oms, name)


@pytest.fixture
def shopify() -> Iterator[Shopping]:
    with world(shops=("shopify",)) as oms:
        yield selling("shopify", oms)


def ask(shop: Shopping, order_id: str, amount: int, key: str = "") -> tuple[int, Any]:
    headers = {"idempotency-key": key} if key else {}
    path, body = {"order_id": order_id}, {"amount_minor": amount, "reason": "a scratch"}
    return shop.oms.call(REFUND, path, body, headers=headers)


def events(shop: Shopping, order_id: str) -> list[str]:
    return [entry["event"] for entry in shop.oms.order(order_id)["timeline"]]


@pytest.mark.parametrize("trouble", [None, *Misbehaviour])
def test_a_refund_is_given_once_in_the_channel(
    shopify: Shopping, trouble: Misbehaviour | None
) -> None:
    external_id, order_id = shopify.sell()
    if trouble:
        shopify.front.misbehave(trouble)
    for _ in range(2):
        assert ask(shopify, order_id, 500, "refund-1")[0] == 202
    shopify.oms.run()
    shopify.oms.heal()
    (given,) = shopify.order(external_id).refunds
    assert float(given["amount"]) == 5.0
    assert events(shopify, order_id).count("ChannelTold") == 1


def test_two_refunds_of_the_same_amount_are_two(shopify: Shopping) -> None:
    external_id, order_id = shopify.sell()
    for key in ("first", "second"):
        assert ask(shopify, order_id, 500, key)[0] == 202
        shopify.oms.run()
    assert len(shopify.order(external_id).refunds) == 2


def test_no_more_is_asked_for_than_the_channel_has(shopify: Shopping) -> None:
    _, order_id = shopify.sell()
    total = shopify.oms.order(order_id)["totals"]["channel_total"]["amount_minor"]
    assert ask(shopify, order_id, total + 1)[0] == 422
    assert ask(shopify, order_id, total, "all")[0] == 202
    assert ask(shopify, order_id, 1, "one more")[0] == 409


def test_what_we_charged_ourselves_is_not_asked_of_a_channel(shopify: Shopping) -> None:
    _, order = shopify.oms.call("POST /orders", body=api_order(payment=CARD))
    shopify.oms.run()
    status, problem = ask(shopify, order["order_id"], 100)
    assert (status, problem["type"]) == (409, "/problems/not-the-channel-s-money")


def test_a_shop_that_is_down_hears_of_it_when_it_is_back(shopify: Shopping) -> None:
    external_id, order_id = shopify.sell()
    shopify.front.is_down = True
    shopify.oms.act(order_id, "cancel", "changed her mind")
    shopify.oms.run()
    shopify.oms.pass_time(timedelta(minutes=10))
    assert shopify.order(external_id).cancellations == 0
    shopify.front.is_down = False
    shopify.oms.pass_time(timedelta(hours=1, minutes=1))
    assert shopify.order(external_id).cancellations == 1


def test_after_three_days_a_person_hears_of_it(shopify: Shopping) -> None:
    _, order_id = shopify.sell()
    shopify.front.is_down = True
    shopify.oms.act(order_id, "cancel", "changed her mind")
    shopify.oms.run()
    for _ in range(5):
        shopify.oms.pass_time(timedelta(days=1))
    tasks = shopify.oms.call("GET /tasks")[1]["items"]
    assert any("three days" in task["reason"] for task in tasks)
    rows = shopify.oms.rows(shopify.oms.tables.channels)
    assert not [row for row in rows if row["sk"] == "TELL"]


def test_two_who_tell_at_once_tell_once(shopify: Shopping) -> None:
    """The second one meets the turn of the first, and comes back when it is told."""
    external_id, order_id = shopify.sell()
    ask(shopify, order_id, 500, "refund-1")
    refund = Telling(OrderId(order_id), What.REFUND, 1)
    tell, inside = wiring_channels.tell_in_time(), list[bool]()
    give = shopify.front.platform.answer

    def meanwhile(asked: Any) -> Any:
        if not inside:
            inside.append(False)
            inside.append(tell(refund))
        return give(asked)

    with patch.object(shopify.front.platform, "answer", meanwhile):
        assert tell(refund)
    assert inside == [False, False]
    shopify.oms.heal()
    assert len(shopify.order(external_id).refunds) == 1


def test_without_turns_two_who_look_at_once_both_tell() -> None:
    """The negative control, at a platform that knows no key: both look before either tells."""
    with world(shops=("woocommerce",)) as oms:
        shop = selling("woocommerce", oms)
        external_id, order_id = shop.sell()
        ask(shop, order_id, 100, "refund-1")
        refund, inside = Telling(OrderId(order_id), What.REFUND, 1), list[bool]()
        tell, give = wiring_channels.tell_in_time(), shop.front.platform.answer

        def meanwhile(asked: Any) -> Any:
            if asked.method == "POST" and not inside:
                inside.append(True)
                tell(refund)
            return give(asked)

        with (
            patch.object(shop.front.platform, "answer", meanwhile),
            patch("oms.channels.turns_store.DynamoTurns.take", lambda *_: True),
        ):
            tell(refund)
        assert len(shop.order(external_id).refunds) == 2


def test_money_that_a_channel_cannot_be_asked_for_is_a_task() -> None:
    """Amazon's refunds know no key: somebody has to make it by hand."""
    with world(shops=("amazon",)) as oms:
        shop = selling("amazon", oms)
        _, order_id = shop.sell()
        assert ask(shop, order_id, 100, "refund-1")[0] == 202
        oms.run()
        assert events(shop, order_id).count("ChannelNotTold") == 1
        assert "CHANNEL" in [task["kind"] for task in oms.call("GET /tasks")[1]["items"]]
        assert oms.order(order_id)["holds"] == [], "the order itself goes on"


def test_walmart_hears_once_that_we_have_the_order() -> None:
    with world(shops=("walmart",)) as oms:
        shop = selling("walmart", oms)
        external_id, _ = shop.sell()
        assert shop.order(external_id).acknowledged == 1
