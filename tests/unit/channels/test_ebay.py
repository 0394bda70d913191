"""eBay: its notifications and their signatures, its orders, and what it is told."""

from __future__ import annotations

import base64
import hashlib
import json
import random
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from local.standins.platform import Misbehaviour, Shopfront
from local.standins.shop_http import ShopServer
from local.standins.shop_street import ShopStreet
from local.standins.shops.ebay import SELLER, key_id, public_key, signed
from oms.channels.ebay import inbound
from oms.channels.ebay import shop as ebay_shop
from oms.channels.ebay.shop import EbayShop
from oms.channels.model import ChannelAccount, Kind, MappedOrder, Unmappable
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
from oms.kernel.clock import SettableClock
from oms.kernel.errors import Unavailable
from oms.kernel.money import Money
from oms.orders.content import ChannelState, PaymentTerms
from oms.platform import gate
from tests.contracts.channels.case import NOW
from tests.contracts.channels.ebay import (
    ACCOUNT,
    CASE,
    ORDER,
    SETTINGS,
    document,
    message,
    notification,
)
from tests.contracts.channels.place import serving
from tests.recorded import MISSING, PAYLOADS, are_missing

ORDER_ID = ORDER["orderId"]
MUG, CUP = (line["lineItemId"] for line in ORDER["lineItems"])
EVENTS = Path(__file__).parents[3] / "events" / "receive_webhook"
_BEGIN, _END = "-----BEGIN PUBLIC KEY-----", "-----END PUBLIC KEY-----"
recorded_payloads = pytest.mark.skipif(are_missing(), reason=MISSING)


def verified(raw: bytes, headers: dict[str, str], account: ChannelAccount = ACCOUNT) -> bool:
    return inbound.verify(raw, headers, account, NOW)


def mapped(order: Any) -> MappedOrder:
    return inbound.map_order(gate.parse(json.dumps(order, default=str).encode()), ACCOUNT)


def changed(**parts: Any) -> dict[str, Any]:
    return {**document(), **parts}


def usd(value: str) -> dict[str, str]:
    return {"value": value, "currency": "USD"}


# --- who sent it ---------------------------------------------------------------------


def test_what_ebay_signed_is_believed() -> None:
    assert verified(message(), signed(message()))
    assert verified(message(), {"X-EBAY-SIGNATURE": signed(message())["x-ebay-signature"]})


def test_another_key_another_body_or_no_signature_is_not_believed() -> None:
    raw = message()
    assert not verified(raw, signed(raw, "other-secret"))
    assert not verified(raw.replace(ORDER_ID.encode(), b"99-99999-99999"), signed(raw))
    assert not verified(raw, {})


def test_a_body_with_other_blanks_is_what_ebay_signed() -> None:
    spaced = json.dumps(json.loads(message()), indent=2).encode()
    assert verified(spaced, signed(message()))


def test_letters_beyond_ascii_are_signed_as_they_are() -> None:
    raw = json.dumps(notification(note="Grüße, 東京"), separators=(",", ":"), ensure_ascii=False)
    assert verified(raw.encode(), signed(raw.encode()))
    escaped = json.dumps(notification(note="Grüße, 東京")).encode()
    assert verified(escaped, signed(raw.encode()))


def test_another_seller_of_the_same_application_is_not_believed() -> None:
    raw = message(user={"userId": "somebody-else", "username": "other_shop"})
    assert not verified(raw, signed(raw))
    assert verified(raw, signed(raw), replace(ACCOUNT, domain="other_shop"))


def header_of(**said: Any) -> dict[str, str]:
    written = json.dumps(said, separators=(",", ":")).encode()
    return {"x-ebay-signature": base64.b64encode(written).decode()}


@pytest.mark.parametrize(
    "value",
    ["", "x", "é" * 40, "\ud800", "A" * 100_000, "\x00", "==", "bnVsbA==", "W10=", "e30="],
)
def test_a_strange_header_is_no_and_no_crash(value: str) -> None:
    assert not verified(message(), {"x-ebay-signature": value})


@pytest.mark.parametrize(
    "change",
    [
        {"kid": "../../admin/keys"},
        {"kid": key_id() + "/.."},
        {"kid": 7},
        {"alg": "none"},
        {"alg": "RSA"},
        {"digest": "SHA256"},
        {"signature": ""},
        {"signature": "AAAA"},
        {"signature": None},
    ],
)
def test_a_header_that_says_something_else_is_not_believed(change: Any) -> None:
    raw = message()
    said = json.loads(base64.b64decode(signed(raw)["x-ebay-signature"]))
    assert verified(raw, header_of(**said))
    assert not verified(raw, header_of(**{**said, **change}))


def test_no_damaged_signature_is_believed() -> None:
    dice, raw = random.Random("ebay"), message()
    good = signed(raw)["x-ebay-signature"]
    for _ in range(500):
        text = bytearray(good.encode())
        text[dice.randrange(len(text))] ^= 1 << dice.randrange(7)
        damaged = text.decode("latin-1")
        assert verified(raw, {"x-ebay-signature": damaged}) is (damaged == good)


@pytest.mark.parametrize(
    "key",
    [None, 7, {}, {"key": "x"}, {**public_key(), "key": f"{_BEGIN}AA=={_END}"},
     {**public_key(), "digest": "MD5"}, {**public_key(), "algorithm": "RSA"}],
)  # fmt: skip
def test_a_key_that_is_none_believes_nobody(key: Any) -> None:
    account = replace(ACCOUNT, settings={"public_keys": {key_id(): key}})
    assert not verified(message(), signed(message()), account)


def test_without_keys_and_credentials_nobody_is_believed() -> None:
    assert not verified(message(), signed(message()), replace(ACCOUNT, settings={}))


@recorded_payloads
def test_the_published_vectors_are_judged_as_ebay_says() -> None:
    vectors = json.loads((PAYLOADS / "signatures" / "vectors.json").read_text())["ebay"]
    raw = (PAYLOADS / "ebay" / "notification_valid.body.json").read_bytes()
    judged = {}
    for vector in vectors:
        kid = json.loads(base64.b64decode(vector["header_value"]))["kid"]
        account = replace(ACCOUNT, settings={"public_keys": {kid: vector["public_key_response"]}})
        judged[vector["expected"]] = verified(
            raw, {"X-EBAY-SIGNATURE": vector["header_value"]}, account
        )
    assert judged == {"valid": True, "invalid": False}


def test_ebay_is_shown_that_the_address_is_ours() -> None:
    settings = {"verification_token": "t" * 32, "notification_url": "https://oms.example/w/ebay"}
    account = replace(ACCOUNT, settings=settings)
    proof = hashlib.sha256(b"abc" + b"t" * 32 + b"https://oms.example/w/ebay").hexdigest()
    assert inbound.challenge({"challenge_code": "abc"}, account) == {"challengeResponse": proof}
    assert inbound.challenge({}, account) is None
    assert inbound.challenge({"challenge_code": "abc"}, ACCOUNT) is None


# --- what it is about ----------------------------------------------------------------


def test_a_confirmed_order_is_a_notice() -> None:
    delivery = inbound.identify(message(), {}, gate.parse(message()), CASE.account)
    assert (delivery.kind, delivery.external_id, delivery.topic) == (
        Kind.NOTICE, ORDER_ID, "ORDER_CONFIRMATION",
    )  # fmt: skip
    assert delivery.version_at == datetime(2026, 11, 21, 19, 27, 45, tzinfo=UTC)


def test_a_repeat_has_the_same_key_though_it_counts_its_attempts() -> None:
    again = notification()
    again["notification"]["publishAttemptCount"] = 2
    other = notification()
    other["notification"]["notificationId"] = "another"
    keys = [
        inbound.identify(b"", {}, each, CASE.account).delivery_key
        for each in (notification(), again, other)
    ]
    assert keys[0] == keys[1] != keys[2]


@pytest.mark.parametrize(
    "odd",
    [None, 7, "x", [], {}, {"metadata": 1}, {"notification": []},
     notification(order={"orderId": "../x"}), notification(order=3)],
)  # fmt: skip
def test_what_names_no_order_is_ignored(odd: Any) -> None:
    assert inbound.identify(b"x", {}, odd, CASE.account).kind is Kind.IGNORED


@pytest.mark.parametrize(
    "name, expected",
    [
        ("ebay_order_confirmation", Kind.NOTICE),
        ("ebay_account_deletion", Kind.IGNORED),
        ("ebay_bad_signature", None),
    ],
)
def test_a_sample_delivery_ends_as_its_name_says(name: str, expected: Kind | None) -> None:
    event = json.loads((EVENTS / f"{name}.json").read_text())
    raw = gate.body_bytes(event)
    is_good = verified(raw, event["headers"])
    kind = (
        inbound.identify(raw, event["headers"], gate.parse(raw), CASE.account).kind
        if is_good
        else None
    )
    assert kind is expected


@recorded_payloads
def test_the_recorded_wish_to_be_forgotten_is_about_no_order() -> None:
    raw = (PAYLOADS / "ebay" / "notification_valid.body.json").read_bytes()
    delivery = inbound.identify(raw, {}, gate.parse(raw), CASE.account)
    assert (delivery.kind, delivery.topic) == (Kind.IGNORED, "MARKETPLACE_ACCOUNT_DELETION")
    with pytest.raises(Unmappable) as unfit:
        inbound.map_order(gate.parse(raw), ACCOUNT)
    assert (unfit.value.code, unfit.value.pointer) == ("missing-field", "/orderId")


# --- the order -----------------------------------------------------------------------


def test_an_order_is_mapped_with_its_money_and_never_the_payout() -> None:
    order = mapped(document())
    content = order.content
    assert (order.external_id, order.number, order.currency) == (ORDER_ID, ORDER_ID, "USD")
    assert [(line.sku, line.quantity, line.external_id) for line in content.lines] == [
        ("MUG-BLUE", 2, MUG),
        ("CUP-RED", 1, CUP),
    ]
    assert str(content.lines[0].unit_price) == "12.99 USD"
    assert str(content.lines[0].discount) == "2.00 USD"
    assert (str(content.totals.total), content.totals.variance.amount_minor) == ("46.85 USD", 0)
    assert content.terms is PaymentTerms.PAID_IN_CHANNEL
    assert content.channel_state is ChannelState.OPEN
    assert content.customer.email == "4f7alias@members.ebay.example"
    assert content.shipping_address is not None
    assert content.shipping_address.postal_code == "97205"
    assert order.refunded == Money(0, "USD")


def test_tax_that_ebay_remits_is_told_apart_and_in_no_total() -> None:
    order = document()
    order["lineItems"][0]["ebayCollectAndRemitTaxes"] = [
        {"taxType": "VAT", "amount": usd("24.41"), "collectionMethod": "NET"}
    ]
    content = mapped(order).content
    assert str(content.tax_by_channel) == "24.41 USD"
    assert str(content.totals.total) == "46.85 USD"


def test_a_line_without_sku_goes_by_its_listing_and_variation() -> None:
    order = document()
    for line, variation in zip(order["lineItems"], ("420", "0"), strict=True):
        del line["sku"]
        line |= {"legacyItemId": "110550000001", "legacyVariationId": variation}
    assert [line.sku for line in mapped(order).content.lines] == [
        "110550000001-420",
        "110550000001",
    ]


def test_a_discount_and_a_tax_of_the_whole_order_are_shared_by_the_lines() -> None:
    order = document()
    for line in order["lineItems"]:
        line.pop("discountedLineItemCost", None)
        del line["taxes"]
    content = mapped(order).content
    assert sum(line.discount.amount_minor for line in content.lines) == 200
    assert sum(line.tax.amount_minor for line in content.lines) == 312
    assert not content.totals.variance


def test_free_delivery_and_an_adjustment_are_in_the_sum() -> None:
    summary = {
        **ORDER["pricingSummary"],
        "deliveryDiscount": usd("-5.0"),
        "adjustment": usd("-1.5"),
        "total": usd("40.35"),
    }
    content = mapped(changed(pricingSummary=summary)).content
    assert not content.totals.variance
    assert content.lines[-1].title == "Adjustment"


@pytest.mark.parametrize(
    "status, terms",
    [
        ("PAID", PaymentTerms.PAID_IN_CHANNEL),
        ("PARTIALLY_REFUNDED", PaymentTerms.PAID_IN_CHANNEL),
        ("PENDING", PaymentTerms.UNPAID_IN_CHANNEL),
        ("FAILED", PaymentTerms.UNPAID_IN_CHANNEL),
        ("A_NEW_WORD", PaymentTerms.UNPAID_IN_CHANNEL),
    ],
)
def test_only_a_paid_order_is_sent(status: str, terms: PaymentTerms) -> None:
    assert mapped(changed(orderPaymentStatus=status)).content.terms is terms


@pytest.mark.parametrize(
    "parts, state",
    [
        ({"cancelStatus": {"cancelState": "CANCELED"}}, ChannelState.CANCELLED),
        ({"cancelStatus": {"cancelState": "IN_PROGRESS"}}, ChannelState.OPEN),
        ({"orderFulfillmentStatus": "FULFILLED"}, ChannelState.FULFILLED),
        ({"orderPaymentStatus": "FULLY_REFUNDED"}, ChannelState.CANCELLED),
        ({"program": {"fulfillmentProgram": {"fulfilledBy": "EBAY"}}}, ChannelState.ELSEWHERE),
    ],
)
def test_how_far_the_order_is(parts: Any, state: ChannelState) -> None:
    assert mapped(changed(**parts)).content.channel_state is state


def test_a_line_that_somebody_has_sent_needs_no_shipping() -> None:
    order = changed(orderFulfillmentStatus="IN_PROGRESS")
    order["lineItems"][0]["lineItemFulfillmentStatus"] = "FULFILLED"
    assert [line.needs_shipping for line in mapped(order).content.lines] == [False, True]


def test_digital_goods_need_no_shipping() -> None:
    order = changed(fulfillmentStartInstructions=[{"fulfillmentInstructionsType": "DIGITAL"}])
    content = mapped(order).content
    assert not any(line.needs_shipping for line in content.lines)
    assert content.shipping_address is None


def test_what_was_given_back_is_counted_in_the_currency_of_the_order() -> None:
    order = document()
    order["paymentSummary"]["refunds"] = [
        {"amount": usd("5.00"), "refundStatus": "REFUNDED"},
        {"amount": usd("9.00"), "refundStatus": "FAILED"},
        {"amount": {"value": "3.00", "currency": "GBP", "convertedFromValue": "4.00",
                    "convertedFromCurrency": "USD"}},
    ]  # fmt: skip
    order["lineItems"][1]["refunds"] = [{"amount": usd("1.25")}]
    assert str(mapped(order).refunded) == "10.25 USD"


def test_another_currency_stands_apart() -> None:
    order = document()
    order["lineItems"][0]["taxes"].append({"amount": {"value": "3.00", "currency": "CAD"}})
    content = mapped(order).content
    assert [str(each.amount) for each in content.apart] == ["3.00 CAD"]
    assert not content.totals.variance


def test_a_phone_may_be_an_empty_object_and_a_buyer_missing() -> None:
    order = document()
    order["fulfillmentStartInstructions"][0]["shippingStep"]["shipTo"]["primaryPhone"] = {}
    del order["buyer"]
    assert mapped(order).content.customer.name == "Otis Marlow"


@pytest.mark.parametrize(
    "path, value, code",
    [
        (("orderId",), None, "missing-field"),
        (("orderId",), "../x", "invalid-id"),
        (("lineItems",), [], "invalid-lines"),
        (("pricingSummary", "total"), None, "missing-field"),
        (("pricingSummary", "total", "value"), None, "missing-field"),
        (("pricingSummary", "total", "currency"), "XXX", "unknown-currency"),
        (("lineItems", 0, "quantity"), 0, "invalid-quantity"),
        (("lineItems", 0, "lineItemCost"), None, "missing-field"),
        (("lineItems", 0, "lineItemCost", "value"), "-1", "invalid-amount"),
    ],
)
def test_an_order_that_cannot_be_understood_says_why(
    path: tuple[str | int, ...], value: Any, code: str
) -> None:
    order: Any = document()
    inside = order
    for step in path[:-1]:
        inside = inside[step]
    inside[path[-1]] = value
    with pytest.raises(Unmappable) as unfit:
        inbound.map_order(order, ACCOUNT)
    assert unfit.value.code == code


def _spoilt(value: Any, dice: random.Random) -> Any:
    """`value` with one leaf or branch replaced by something of another kind."""
    if dice.random() < 0.15 or not isinstance(value, dict | list) or not value:
        return dice.choice([None, 0, -1, "", "x", [], {}, True, Decimal("1e-18"), 10**19, "-5"])
    key = dice.choice(list(value) if isinstance(value, dict) else range(len(value)))
    value[key] = _spoilt(value[key], dice)
    return value


def test_spoilt_orders_are_mapped_or_refused_and_never_crash() -> None:
    dice, refused = random.Random("ebay"), 0
    for _ in range(1_500):
        try:
            inbound.map_order(_spoilt(document(), dice), ACCOUNT)
        except Unmappable:
            refused += 1
    assert refused > 200


# --- the shop ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def running() -> Iterator[ShopServer]:
    with serving() as server:
        yield server


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock(NOW)


@pytest.fixture
def server(running: ShopServer, clock: SettableClock) -> ShopServer:
    running.street = ShopStreet(clock.now)
    running.street.shop("ebay", "demo").platform.take_order(document())
    return running


def front(server: ShopServer) -> Shopfront:
    return server.street.shop("ebay", "demo")


def account_at(server: ShopServer, **settings: Any) -> ChannelAccount:
    base_url = server.base_url("ebay", "demo")
    return replace(ACCOUNT, settings={**SETTINGS, "base_url": base_url, **settings})


def connected(server: ShopServer) -> EbayShop:
    """With a token in hand: the next write is what the test is about."""
    shop = ebay_shop.connect(account_at(server))
    assert shop is not None
    shop.fetch(ORDER_ID)
    return shop


def shipment(**changes: Any) -> ShipmentFacts:
    facts = ShipmentFacts(
        ORDER_ID, (ToldLine(MUG, 2), ToldLine(CUP, 1)), "1Z 999-AA1", "ups", "", "ORDER-1#1#ship",
        shipped_at=NOW,
    )  # fmt: skip
    return replace(facts, **changes)


def level(sku: str, units: int) -> StockLevel:
    return StockLevel(sku, units, 1, NOW)


CANCEL = CancelFacts(ORDER_ID, (ToldLine(MUG, 2),), "out of stock", "ORDER-1#cancel")
REFUND = RefundFacts(ORDER_ID, Money(500, "USD"), (), "a chip in the glaze", "ORDER-1#refund#1")


@pytest.mark.parametrize("missing", ["client_id", "client_secret", "refresh_token"])
def test_without_credentials_there_is_no_shop(missing: str) -> None:
    settings = {name: value for name, value in SETTINGS.items() if name != missing}
    assert ebay_shop.connect(replace(ACCOUNT, settings=settings)) is None


def test_without_another_address_it_is_ebay_itself() -> None:
    shop = ebay_shop.connect(replace(ACCOUNT, settings=SETTINGS))
    assert shop is not None
    assert shop.api.client.base_url == "https://api.ebay.com"


def test_a_fetched_order_is_the_order_and_the_same_each_time(server: ShopServer) -> None:
    shop = connected(server)
    assert shop.fetch(ORDER_ID) == shop.fetch(ORDER_ID)
    assert inbound.map_order(gate.parse(shop.fetch(ORDER_ID)), ACCOUNT) == mapped(document())


def test_an_order_that_ebay_does_not_know_is_refused(server: ShopServer) -> None:
    with pytest.raises(PushRefused) as refused:
        connected(server).fetch("99-99999-99999")
    assert refused.value.code == "not-in-shop"


def test_wrong_credentials_are_told_as_such(server: ShopServer) -> None:
    account = replace(account_at(server, refresh_token="no"), account="stranger")
    shop = ebay_shop.connect(account)
    assert shop is not None
    with pytest.raises(PushRefused) as refused:
        shop.fetch(ORDER_ID)
    assert refused.value.code == "shop-credentials"


def test_a_shop_that_wants_a_pause_is_heard(server: ShopServer) -> None:
    shop = connected(server)
    front(server).misbehave(Misbehaviour.RATE_LIMIT)
    with pytest.raises(RateLimited):
        shop.tell_shipped(shipment())
    assert shop.tell_shipped(shipment()) is PushOutcome.TOLD


def test_changed_orders_come_page_by_page_to_the_last(
    server: ShopServer, clock: SettableClock
) -> None:
    clock.advance(timedelta(hours=1))
    expected = [f"14-04711-{number:05}" for number in range(1, 221)]
    for each in expected:
        front(server).platform.take_order(changed(orderId=each))
    shop, cursor, seen = connected(server), "", list[str]()
    while True:
        page = shop.changed(NOW + timedelta(minutes=1), cursor)
        seen += [item.external_id for item in page.items]
        cursor = page.next_cursor
        if not cursor:
            break
    assert seen == expected[::-1]
    assert mapped(gate.parse(page.items[-1].document)).external_id == expected[0]


def test_a_key_that_ebay_tells_is_asked_for_once_an_hour(
    server: ShopServer, clock: SettableClock
) -> None:
    account = account_at(server)
    sent = front(server).platform.message(ORDER_ID)
    assert sent is not None
    for _ in range(3):
        assert inbound.verify(sent.body, sent.headers, account, clock.now())
    assert asked_for_keys(server) == 1
    clock.advance(timedelta(hours=2))
    assert inbound.verify(sent.body, sent.headers, account, clock.now())
    assert asked_for_keys(server) == 2


def asked_for_keys(server: ShopServer) -> int:
    calls = front(server).platform.books.calls
    return sum(count for path, count in calls.items() if "public_key" in path)


def test_a_key_that_nobody_knows_is_not_asked_for_again_and_again(server: ShopServer) -> None:
    account, forged = account_at(server), signed(message(), "other-secret")
    for _ in range(5):
        assert not inbound.verify(message(), forged, account, NOW)
    assert asked_for_keys(server) == 1


def test_while_the_key_cannot_be_had_nobody_is_turned_away_for_good(server: ShopServer) -> None:
    sent = front(server).platform.message(ORDER_ID)
    assert sent is not None
    front(server).is_down = True
    account = replace(account_at(server), account="another-of-ours")
    with pytest.raises(Unavailable):
        inbound.verify(sent.body, sent.headers, account, NOW)
    front(server).is_down = False
    assert inbound.verify(sent.body, sent.headers, account, NOW)


# --- stock ---------------------------------------------------------------------------


def test_stock_is_told_to_item_and_offer_and_read_again(server: ShopServer) -> None:
    shop = connected(server)
    front(server).platform.books.stock["PLATE-GREEN"] = 0
    front(server).platform.unpublished.add("PLATE-GREEN")  # type: ignore[attr-defined]
    told = shop.set_stock(
        [level("MUG-BLUE", 7), level("CUP-RED", 0), level("PLATE-GREEN", 2), level("NO-SUCH", 3)]
    )
    assert told == {
        "MUG-BLUE": PushOutcome.TOLD,
        "CUP-RED": PushOutcome.TOLD,
        "PLATE-GREEN": PushOutcome.UNSUPPORTED,
        "NO-SUCH": PushOutcome.UNSUPPORTED,
    }
    assert front(server).platform.offered["MUG-BLUE"] == 7  # type: ignore[attr-defined]
    assert shop.stock_of(["MUG-BLUE", "CUP-RED", "NO-SUCH"]) == {"MUG-BLUE": 7, "CUP-RED": 0}


def test_a_buyer_sees_the_smaller_figure(server: ShopServer) -> None:
    shop = connected(server)
    shop.set_stock([level("MUG-BLUE", 7)])
    front(server).platform.offered["MUG-BLUE"] = 4  # type: ignore[attr-defined]
    assert shop.stock_of(["MUG-BLUE"]) == {"MUG-BLUE": 4}


def test_a_full_batch_is_taken_whole(server: ShopServer) -> None:
    shop = connected(server)
    skus = [f"MUG-{number}" for number in range(shop.stock_batch)]
    front(server).platform.books.stock.update(dict.fromkeys(skus, 0))
    assert set(shop.set_stock([level(sku, 3) for sku in skus]).values()) == {PushOutcome.TOLD}
    assert shop.stock_of([*skus, "MUG-BLUE"]) == {**dict.fromkeys(skus, 3), "MUG-BLUE": 0}


def test_a_refused_listing_does_not_keep_the_others_from_being_told(server: ShopServer) -> None:
    shop = connected(server)
    told = shop.set_stock([level("MUG-BLUE", 10**9), level("CUP-RED", 2)])
    assert told == {"CUP-RED": PushOutcome.TOLD}
    with pytest.raises(PushRefused) as refused:
        shop.set_stock([level("MUG-BLUE", 10**9)])
    assert refused.value.code == "invalid-listing"


# --- shipments -----------------------------------------------------------------------


def told(server: ShopServer) -> list[Any]:
    return front(server).platform.books.orders[ORDER_ID].fulfilments


def test_a_shipment_is_told_once_with_a_number_ebay_can_take(server: ShopServer) -> None:
    shop = connected(server)
    assert shop.tell_shipped(shipment()) is PushOutcome.TOLD
    assert shop.tell_shipped(shipment()) is PushOutcome.ALREADY
    assert told(server) == [{"tracking": "1Z999AA1", "carrier": "UPS", "lines": {MUG: 2, CUP: 1}}]


def test_a_lost_reply_is_found_on_the_next_try(server: ShopServer) -> None:
    shop = connected(server)
    front(server).misbehave(Misbehaviour.LOSE_REPLY)
    with pytest.raises(Unavailable):
        shop.tell_shipped(shipment())
    assert shop.tell_shipped(shipment()) is PushOutcome.ALREADY
    assert len(told(server)) == 1


def test_many_at_once_are_told_once(server: ShopServer) -> None:
    shop, start, outcomes = connected(server), threading.Barrier(6), list[PushOutcome]()

    def tell() -> None:
        start.wait()
        outcomes.append(shop.tell_shipped(shipment()))

    threads = [threading.Thread(target=tell) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outcomes) == 6
    assert len(told(server)) == 1


def test_two_parcels_are_two_fulfilments(server: ShopServer) -> None:
    shop = connected(server)
    one = shipment(lines=(ToldLine(MUG, 1), ToldLine(MUG, 1)), is_last=False)
    two = shipment(lines=(ToldLine(CUP, 1),), tracking_number="TRACK2", carrier="Royal Mail")
    assert [shop.tell_shipped(each) for each in (one, two)] == [PushOutcome.TOLD] * 2
    assert [each["carrier"] for each in told(server)] == ["UPS", "RoyalMail"]
    assert told(server)[0]["lines"] == {MUG: 2}


def test_what_ebay_cannot_take_is_refused(server: ShopServer) -> None:
    shop = connected(server)
    for odd in (shipment(lines=(ToldLine(CUP, 2),)), shipment(tracking_number=" -- ")):
        with pytest.raises(PushRefused):
            shop.tell_shipped(odd)
    assert shop.tell_shipped(shipment(lines=(ToldLine("", 1),))) is PushOutcome.UNSUPPORTED
    assert told(server) == []


# --- endings -------------------------------------------------------------------------


def test_a_cancelled_order_is_cancelled_there_once(server: ShopServer) -> None:
    shop = connected(server)
    assert shop.tell_cancelled(CANCEL) is PushOutcome.TOLD
    assert shop.tell_cancelled(CANCEL) is PushOutcome.ALREADY
    assert front(server).platform.books.orders[ORDER_ID].cancellations == 1


def test_a_wish_of_the_buyer_is_agreed_to(server: ShopServer) -> None:
    front(server).platform.ask_to_cancel(ORDER_ID)  # type: ignore[attr-defined]
    assert connected(server).tell_cancelled(CANCEL) is PushOutcome.TOLD
    calls = front(server).platform.books.calls
    assert any("cancellation" in call and call.endswith("5000000001") for call in calls)


def test_a_cancellation_whose_reply_is_lost_is_found(server: ShopServer) -> None:
    shop = connected(server)
    front(server).misbehave(Misbehaviour.LOSE_REPLY)
    with pytest.raises(Unavailable):
        shop.tell_cancelled(CANCEL)
    assert shop.tell_cancelled(CANCEL) is PushOutcome.ALREADY
    assert front(server).platform.books.orders[ORDER_ID].cancellations == 1


def test_what_is_on_its_way_is_not_cancelled(server: ShopServer) -> None:
    shop = connected(server)
    shop.tell_shipped(shipment(lines=(ToldLine(CUP, 1),)))
    with pytest.raises(PushRefused) as refused:
        shop.tell_cancelled(CANCEL)
    assert refused.value.code == "over-in-shop"


def test_money_is_given_back_once(server: ShopServer) -> None:
    shop = connected(server)
    assert shop.tell_refunded(REFUND) is PushOutcome.TOLD
    assert shop.tell_refunded(REFUND) is PushOutcome.ALREADY
    other = replace(REFUND, amount=Money(250, "USD"), key="ORDER-1#refund#2", reason="r" * 200)
    assert shop.tell_refunded(other) is PushOutcome.TOLD
    order = front(server).platform.books.orders[ORDER_ID]
    assert [each["amount"] for each in order.refunds] == ["5.00", "2.50"]
    assert str(inbound.map_order(gate.parse(shop.fetch(ORDER_ID)), ACCOUNT).refunded) == "7.50 USD"


def test_a_refund_whose_reply_is_lost_is_found(server: ShopServer) -> None:
    shop = connected(server)
    front(server).misbehave(Misbehaviour.LOSE_REPLY)
    with pytest.raises(Unavailable):
        shop.tell_refunded(REFUND)
    assert shop.tell_refunded(REFUND) is PushOutcome.ALREADY
    assert len(front(server).platform.books.orders[ORDER_ID].refunds) == 1


def test_the_stand_in_signs_as_ebay_does(server: ShopServer) -> None:
    sent = front(server).platform.message(ORDER_ID)
    assert sent is not None
    assert inbound.verify(sent.body, sent.headers, ACCOUNT, NOW)
    assert ACCOUNT.domain == SELLER
