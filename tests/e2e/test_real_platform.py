"""A real commerce platform sells through the generic channel, by a mapping file alone.

Vendure runs as it is published, with a plugin that posts its orders; no stand-in takes part.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest.mock import patch

import pytest

from oms import wiring, wiring_channels
from oms.channels.model import ChannelAccount
from oms.channels.push import PushOutcome, ShipmentFacts, ToldLine
from oms.channels.registry import shop
from tests.e2e.vendure_shop import SECRET, Door, Vendure, running_vendure
from tests.workflow.world import World, world

MAPPING = Path(__file__).parents[2] / "docs" / "samples" / "vendure.json"


@pytest.fixture(scope="module")
def platform() -> Iterator[tuple[Vendure, Door]]:
    with running_vendure() as started:
        yield started


@pytest.fixture
def account(platform: tuple[Vendure, Door]) -> ChannelAccount:
    vendure, _ = platform
    settings = {
        "mapping": json.loads(MAPPING.read_text()),
        "base_url": vendure.url,
        "access_token": vendure.sign_in(),
    }
    return ChannelAccount("generic", "vendure", (SECRET,), "vendure.example", settings)


@pytest.fixture
def oms(platform: tuple[Vendure, Door], account: ChannelAccount) -> Iterator[World]:
    """A deployment whose only channel account is Vendure's, at today's time: it signs with it."""
    _, door = platform

    def account_of(channel: str, name: str) -> ChannelAccount | None:
        return account if (channel, name) == ("generic", "vendure") else None

    with (
        world() as made,
        patch.object(wiring, "channel_account", account_of),
        patch.object(wiring, "shop_of", lambda channel, name: shop(account)),
        patch.object(wiring_channels, "_shop", shop),
    ):
        made.silent = frozenset({"push_stock"})
        made.clock.advance(datetime.now(UTC) - made.clock.now())
        made.stock_up("MUG-BLUE", 100)
        made.stock_up("TEE-RED", 50)
        door.take = lambda body, headers: made.call(
            "POST /webhooks/{channel}/{account}",
            {"channel": "generic", "account": "vendure"},
            body,
            headers=headers,
            caller=None,
        )
        yield made


def bought(oms: World, platform: tuple[Vendure, Door], **units: int) -> str:
    """Our id of the order that a customer has just placed in Vendure."""
    vendure, door = platform
    vendure.buy(**units)
    status, answer = door.next()
    assert status == 202, answer
    oms.run()
    return str(answer["order_id"])


def test_an_order_of_a_real_platform_is_shipped_and_told(
    oms: World, platform: tuple[Vendure, Door], account: ChannelAccount
) -> None:
    vendure, _ = platform
    order_id = bought(oms, platform, v1=2, v2=1)
    order = oms.order(order_id)
    assert order["status"] == "CONFIRMED"
    assert [(line["sku"], line["quantity"]) for line in order["lines"]] == [
        ("MUG-BLUE", 2),
        ("TEE-RED", 1),
    ]
    assert order["variance"]["amount_minor"] == 0
    assert order["totals"]["items"] == {"amount_minor": 2 * 1299 + 1990, "currency": "USD"}
    assert order["shipping_address"]["city"] == "New York"
    assert order["payment_status"] == "PAID"

    oms.deliver_all(order_id)
    (shipment,) = oms.order(order_id)["shipments"]
    number = shipment["parcels"][0]["tracking_number"]
    (told,) = vendure.order(order["external_id"])["fulfillments"]
    assert told["trackingCode"] == number
    assert sorted(line["quantity"] for line in told["lines"]) == [1, 2]

    facts = ShipmentFacts(
        order["external_id"],
        tuple(ToldLine(line["external_id"], line["quantity"]) for line in order["lines"]),
        number,
        "UPS",
        "",
        "any",
    )
    assert shop(account).tell_shipped(facts) is PushOutcome.ALREADY
    assert len(vendure.order(order["external_id"])["fulfillments"]) == 1


def test_a_cancellation_in_the_real_platform_gives_the_stock_back(
    oms: World, platform: tuple[Vendure, Door]
) -> None:
    vendure, door = platform
    order_id = bought(oms, platform, v1=3)
    assert oms.call("GET /stock/{sku}", {"sku": "MUG-BLUE"})[1]["total"]["available"] == 97
    vendure.cancel(oms.order(order_id)["external_id"])
    assert door.next()[0] == 202
    oms.run()
    oms.pass_time(timedelta(minutes=2))
    assert oms.order(order_id)["status"] == "CANCELLED"
    assert oms.call("GET /stock/{sku}", {"sku": "MUG-BLUE"})[1]["total"]["available"] == 100


def test_a_cancellation_of_ours_is_told_to_the_real_platform(
    oms: World, platform: tuple[Vendure, Door]
) -> None:
    vendure, _ = platform
    order_id = bought(oms, platform, v2=1)
    status, _ = oms.act(order_id, "cancel", "the last one was chipped")
    assert status == 200
    oms.run()
    assert vendure.order(oms.order(order_id)["external_id"])["state"] == "Cancelled"


def test_a_message_that_somebody_else_signed_is_refused(
    oms: World, platform: tuple[Vendure, Door]
) -> None:
    _, door = platform
    status, _ = door.take(b'{"type": "order.placed"}', {"webhook-id": "1"})
    assert status == 401
