"""Amazon: its notifications, its orders in both versions of the API, and what it is told."""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from local.standins.platform import Answered, Asked, Misbehaviour, ReplyLost, Shopfront
from local.standins.shop_http import ShopServer
from local.standins.shop_street import ShopStreet
from local.standins.shops.amazon import SELLER, STORE
from oms.channels.amazon import inbound
from oms.channels.amazon import shop as amazon_shop
from oms.channels.amazon.shop import AmazonShop
from oms.channels.model import Kind, MappedOrder, Unmappable
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
from tests.contracts.channels.amazon import ACCOUNT, CASE, ORDER, SETTINGS, document, notification
from tests.contracts.channels.case import NOW
from tests.contracts.channels.place import serving
from tests.recorded import MISSING, PAYLOADS, are_missing

ORDER_ID = ORDER["orderId"]
MUG, CUP = (item["orderItemId"] for item in ORDER["orderItems"])
EVENTS = Path(__file__).parents[3] / "events" / "receive_notifications"
recorded_payloads = pytest.mark.skipif(are_missing(), reason=MISSING)


def parsed(value: Any) -> Any:
    return gate.parse(json.dumps(value, default=str).encode())


def mapped(value: Any) -> MappedOrder:
    return inbound.map_order(parsed(value), ACCOUNT)


def usd(amount: str) -> dict[str, str]:
    return {"amount": amount, "currencyCode": "USD"}


# --- what a message is about ---------------------------------------------------------


def test_nobody_may_post_for_amazon() -> None:
    raw = CASE.message()
    assert not inbound.verify(raw, {}, ACCOUNT, NOW)
    assert inbound.challenge({"challenge_code": "x"}, ACCOUNT) is None
    assert not inbound.is_ping(raw)


@pytest.mark.parametrize(
    "wrap",
    [
        lambda told: told,
        lambda told: {"version": "0", "detail-type": "ORDER_CHANGE", "detail": told},
        lambda told: {"Type": "Notification", "Message": json.dumps(told)},
        lambda told: {"messageId": "1", "body": json.dumps({"Message": json.dumps(told)})},
        lambda told: {"body": json.dumps({"detail": told})},
    ],
    ids=["bare", "event bus", "topic", "queue and topic", "queue and event bus"],
)
def test_a_changed_order_is_a_notice_whatever_brings_it(wrap: Any) -> None:
    body = wrap(notification())
    delivery = inbound.identify(json.dumps(body).encode(), {}, parsed(body), ACCOUNT)
    assert (delivery.kind, delivery.external_id, delivery.topic) == (
        Kind.NOTICE, ORDER_ID, "ORDER_CHANGE",
    )  # fmt: skip
    assert delivery.version_at == datetime(2026, 11, 21, 19, 27, 45, tzinfo=UTC)
    assert inbound.seller_of(parsed(body)) == SELLER


def test_a_repeat_has_the_same_key_and_another_notification_has_another() -> None:
    one, other = notification(), notification()
    other["NotificationMetadata"]["NotificationId"] = "another"
    keys = [inbound.identify(b"", {}, each, ACCOUNT).delivery_key for each in (one, one, other)]
    assert keys[0] == keys[1] != keys[2]


def test_the_echo_of_our_own_stock_is_ignored() -> None:
    body = json.loads((EVENTS / "amazon_stock_echo.json").read_text())["Records"][0]["body"]
    told = gate.parse(body.encode())
    assert inbound.identify(body.encode(), {}, told, ACCOUNT).kind is Kind.IGNORED
    assert inbound.seller_of(told) == SELLER


@pytest.mark.parametrize("name", ["amazon_order_change", "amazon_order_change_by_event_bus"])
def test_a_sample_from_the_queue_is_a_notice(name: str) -> None:
    body = json.loads((EVENTS / f"{name}.json").read_text())["Records"][0]["body"].encode()
    delivery = inbound.identify(body, {}, gate.parse(body), ACCOUNT)
    assert (delivery.kind, delivery.external_id) == (Kind.NOTICE, ORDER_ID)


@pytest.mark.parametrize(
    "odd",
    [None, 7, "text", [], {}, {"body": 3}, {"body": "{"}, {"detail": []}, {"Payload": 1},
     {"NotificationType": 4}, notification(AmazonOrderId="../admin"),
     notification(AmazonOrderId=None)],
)  # fmt: skip
def test_what_is_no_notification_is_ignored_and_belongs_to_nobody(odd: Any) -> None:
    assert inbound.identify(b"x", {}, odd, ACCOUNT).kind is Kind.IGNORED
    assert inbound.seller_of(odd) in ("", SELLER)


# --- an order of 2026-01-01 ----------------------------------------------------------


def test_an_order_is_mapped_with_its_money() -> None:
    order = mapped(document())
    content = order.content
    assert (order.external_id, order.number, order.currency) == (ORDER_ID, ORDER_ID, "USD")
    assert [(line.sku, line.quantity, line.external_id) for line in content.lines] == [
        ("MUG-BLUE", 2, MUG),
        ("CUP-RED", 1, CUP),
    ]
    assert str(content.totals.total) == "46.85 USD"
    assert not content.totals.variance
    assert str(content.totals.shipping) == "5.00 USD"
    assert content.terms is PaymentTerms.PAID_IN_CHANNEL
    assert content.channel_state is ChannelState.OPEN
    assert content.customer.email == "otis.relay@marketplace.amazon.example"
    assert content.shipping_address is not None
    assert content.shipping_address.lines == ("18 Juniper Road",)


def changed(**parts: Any) -> dict[str, Any]:
    made = document()
    made["order"].update(parts)
    return made


def test_a_pending_order_waits_unpaid_and_needs_no_total() -> None:
    pending = changed(fulfillment={"fulfillmentStatus": "PENDING", "fulfilledBy": "MERCHANT"})
    for part in ("proceeds", "buyer", "recipient"):
        del pending["order"][part]
    for item in pending["order"]["orderItems"]:
        del item["proceeds"], item["product"]["price"]
    order = mapped(pending)
    assert order.currency == "USD"  # from the store
    assert order.content.terms is PaymentTerms.UNPAID_IN_CHANNEL
    assert order.content.channel_state is ChannelState.OPEN
    assert [line.quantity for line in order.content.lines] == [2, 1]


def test_without_total_price_and_known_store_nothing_tells_the_currency() -> None:
    pending = changed(salesChannel={"channelName": "AMAZON"}, proceeds=None)
    for item in pending["order"]["orderItems"]:
        del item["product"]["price"]
    with pytest.raises(Unmappable) as unfit:
        mapped(pending)
    assert unfit.value.pointer == "/order/salesChannel/marketplaceId"


@pytest.mark.parametrize(
    "status, by, expected",
    [
        ("UNSHIPPED", "AMAZON", ChannelState.ELSEWHERE),
        ("PENDING", "AMAZON", ChannelState.ELSEWHERE),
        ("UNFULFILLABLE", "AMAZON", ChannelState.ELSEWHERE),
        ("SHIPPED", "AMAZON", ChannelState.FULFILLED),
        ("CANCELLED", "AMAZON", ChannelState.CANCELLED),
        ("UNSHIPPED", "MERCHANT", ChannelState.OPEN),
        ("SHIPPED", "MERCHANT", ChannelState.FULFILLED),
        ("CANCELLED", "MERCHANT", ChannelState.CANCELLED),
        ("A_NEW_WORD", "MERCHANT", ChannelState.OPEN),
    ],
)
def test_who_sends_it_and_how_far_it_is(status: str, by: str, expected: ChannelState) -> None:
    order = mapped(changed(fulfillment={"fulfillmentStatus": status, "fulfilledBy": by}))
    assert order.content.channel_state is expected


def test_a_cancelled_order_whose_quantities_are_zero_is_still_known_as_cancelled() -> None:
    cancelled = changed(fulfillment={"fulfillmentStatus": "CANCELLED", "fulfilledBy": "MERCHANT"})
    for item in cancelled["order"]["orderItems"]:
        item["quantityOrdered"] = 0
    content = mapped(cancelled).content
    assert content.channel_state is ChannelState.CANCELLED
    assert [line.quantity for line in content.lines] == [1, 1]


def test_a_cancelled_item_is_gone_and_an_open_order_of_nothing_is_no_order() -> None:
    part = document()
    part["order"]["orderItems"][0]["quantityOrdered"] = 0
    assert [line.sku for line in mapped(part).content.lines] == ["CUP-RED"]
    part["order"]["orderItems"][1]["quantityOrdered"] = 0
    with pytest.raises(Unmappable) as unfit:
        mapped(part)
    assert unfit.value.code == "invalid-quantity"


def test_a_wish_to_cancel_changes_nothing() -> None:
    wished = document()
    wished["order"]["orderItems"][0]["cancellation"] = {
        "cancellationRequest": {"requester": "BUYER", "cancelReason": "Found it cheaper"}
    }
    assert mapped(wished) == mapped(document())


def test_units_already_sent_need_no_shipping() -> None:
    part = changed(
        fulfillment={"fulfillmentStatus": "PARTIALLY_SHIPPED", "fulfilledBy": "MERCHANT"}
    )
    part["order"]["orderItems"][0]["fulfillment"] = {"quantityFulfilled": 1}
    lines = mapped(part).content.lines
    assert [(line.quantity, line.needs_shipping) for line in lines] == [
        (1, True),
        (1, False),
        (1, True),
    ]
    assert {line.external_id for line in lines[:2]} == {MUG}
    assert not mapped(part).content.totals.variance


def test_a_replacement_costs_nothing() -> None:
    free = changed(
        associatedOrders=[{"orderId": "1", "associationType": "REPLACEMENT_ORIGINAL_ID"}],
        proceeds={"grandTotal": usd("0.00")},
    )
    for item in free["order"]["orderItems"]:
        item["proceeds"] = {"breakdowns": [{"type": "ITEM", "subtotal": usd("0.00")}]}
    content = mapped(free).content
    assert (content.totals.total.amount_minor, content.terms) == (0, PaymentTerms.PAID_IN_CHANNEL)


def facilitated(told: str) -> dict[str, Any]:
    made = changed(proceeds={"grandTotal": usd(told)})
    for item in made["order"]["orderItems"]:
        item["tax"] = {"taxCollections": [{"model": "MARKETPLACE_FACILITATOR"}]}
    return made


@pytest.mark.parametrize("told, tax", [("46.85", "3.12"), ("43.73", "0.00")])
def test_tax_that_amazon_remits_is_told_apart_in_or_out_of_the_total(told: str, tax: str) -> None:
    content = mapped(facilitated(told)).content
    assert str(content.tax_by_channel) == "3.12 USD"
    assert str(content.totals.tax) == f"{tax} USD"
    assert not content.totals.variance


def test_tax_that_prices_contain_is_taken_out_of_them() -> None:
    content = mapped(changed(proceeds={"grandTotal": usd("43.73")})).content
    assert not content.totals.variance
    assert str(content.totals.tax) == "3.12 USD"
    assert content.tax_by_channel is None


def test_shipping_has_its_own_tax_and_discount() -> None:
    made = changed(proceeds={"grandTotal": usd("42.25")})
    made["order"]["orderItems"][0]["proceeds"]["breakdowns"] = [
        {"type": "ITEM", "subtotal": usd("25.98")},
        {"type": "SHIPPING", "subtotal": usd("5.00")},
        {"type": "DISCOUNT", "subtotal": usd("-7.00"),
         "detailedBreakdowns": [{"subtype": "SHIPPING", "value": usd("-5.00")}]},
        {"type": "TAX", "subtotal": usd("2.32"),
         "detailedBreakdowns": [{"subtype": "SHIPPING", "value": usd("0.40")}]},
    ]  # fmt: skip
    content = mapped(made).content
    assert str(content.totals.shipping) == "0.00 USD"
    assert str(content.lines[0].discount) == "2.00 USD"
    assert str(content.lines[0].tax) == "1.92 USD"
    assert str(content.totals.total) == "42.25 USD"


def test_gift_wrap_and_tip_are_charges_beside_the_goods() -> None:
    made = document()
    made["order"]["orderItems"][0]["proceeds"]["breakdowns"].append(
        {"type": "GIFT_WRAP", "subtotal": usd("4.00")}
    )
    made["order"]["proceeds"] = {
        "grandTotal": usd("53.85"),
        "breakdowns": [
            {"type": "DELIVERY_TIP", "status": "FINALIZED", "subtotal": usd("3.00")},
            {"type": "ITEM", "subtotal": usd("40.73")},
        ],
    }
    content = mapped(made).content
    assert [line.title for line in content.lines if not line.needs_shipping] == [
        "Gift wrap",
        "Delivery tip",
    ]
    assert not content.totals.variance


def test_another_currency_stands_apart() -> None:
    made = document()
    made["order"]["orderItems"][0]["proceeds"]["breakdowns"].append(
        {"type": "GIFT_WRAP", "subtotal": {"amount": "41.99", "currencyCode": "GBP"}}
    )
    made["order"]["payment"] = {
        "paymentExecutions": [
            {"paymentMethod": "Pix", "paymentAmount": {"amount": "120.00", "currencyCode": "BRL"}},
            {"paymentMethod": "CreditCard", "paymentAmount": usd("20.00")},
        ]
    }
    content = mapped(made).content
    assert [(each.title, str(each.amount)) for each in content.apart] == [
        ("Gift wrap", "41.99 GBP"),
        ("Payment Pix", "120.00 BRL"),
    ]
    assert not content.totals.variance


def test_dates_before_amazon_are_no_dates() -> None:
    order = mapped(
        changed(createdTime="1970-01-19T03:58:30Z", lastUpdatedTime="1970-01-19T03:58:32Z")
    )
    assert (order.placed_at, order.version_at) == (None, None)


def test_a_place_may_be_no_more_than_a_postal_code() -> None:
    made = changed(recipient={"deliveryAddress": {"postalCode": "97205", "stateOrRegion": "OR"}})
    address = mapped(made).content.shipping_address
    assert address is not None
    assert (address.postal_code, address.region, address.lines) == ("97205", "OR", ())


@pytest.mark.parametrize(
    "path, value, code",
    [
        (("api",), "v1", "unknown-api"),
        (("order",), None, "missing-field"),
        (("order", "orderId"), "", "missing-field"),
        (("order", "orderId"), "../../x", "invalid-id"),
        (("order", "orderItems"), [], "invalid-lines"),
        (("order", "orderItems", 0, "quantityOrdered"), Decimal("1.5"), "invalid-quantity"),
        (("order", "orderItems", 0, "orderItemId"), None, "missing-field"),
        (("order", "proceeds", "grandTotal", "currencyCode"), "XXX", "unknown-currency"),
        (("order", "proceeds", "grandTotal", "amount"), "much", "invalid-amount"),
    ],
)
def test_an_order_that_cannot_be_understood_says_where(
    path: tuple[str | int, ...], value: Any, code: str
) -> None:
    made: Any = document()
    inside = made
    for step in path[:-1]:
        inside = inside[step]
    inside[path[-1]] = value
    with pytest.raises(Unmappable) as unfit:
        inbound.map_order(made, ACCOUNT)
    assert unfit.value.code == code


def _spoilt(value: Any, dice: random.Random) -> Any:
    """`value` with one leaf or branch replaced by something of another kind."""
    if dice.random() < 0.15 or not isinstance(value, dict | list) or not value:
        return dice.choice([None, 0, -1, "", "x", [], {}, True, Decimal("1e-18"), 10**19, "-5"])
    key = dice.choice(list(value) if isinstance(value, dict) else range(len(value)))
    value[key] = _spoilt(value[key], dice)
    return value


@pytest.mark.parametrize("make", [document, lambda: v0()], ids=["2026-01-01", "v0"])
def test_spoilt_orders_are_mapped_or_refused_and_never_crash(make: Any) -> None:
    dice, refused = random.Random("amazon"), 0
    for _ in range(1_500):
        try:
            inbound.map_order(_spoilt(make(), dice), ACCOUNT)
        except Unmappable:
            refused += 1
    assert refused > 200


# --- an order of version 0 -----------------------------------------------------------


def v0_money(amount: str, currency: str = "USD") -> dict[str, str]:
    return {"CurrencyCode": currency, "Amount": amount}


def v0(**order: Any) -> dict[str, Any]:
    return {
        "api": "v0",
        "order": {
            "AmazonOrderId": ORDER_ID,
            "PurchaseDate": "2026-11-21T19:27:40Z",
            "LastUpdateDate": "2026-11-21T19:27:45Z",
            "OrderStatus": "Unshipped",
            "FulfillmentChannel": "MFN",
            "MarketplaceId": STORE,
            "OrderTotal": v0_money("35.90"),
            **order,
        },
        "items": [
            {
                "ASIN": "B0LOCAL001",
                "OrderItemId": MUG,
                "SellerSKU": "MUG-BLUE",
                "Title": "Mug, blue",
                "QuantityOrdered": 2,
                "QuantityShipped": 0,
                "ItemPrice": v0_money("25.98"),
                "ItemTax": v0_money("1.92"),
                "ShippingPrice": v0_money("5.00"),
                "PromotionDiscount": v0_money("2.00"),
                "IsGift": "true",
                "BuyerInfo": {"GiftWrapPrice": v0_money("5.00")},
                "BuyerRequestedCancel": {"IsBuyerRequestedCancel": "true"},
            }
        ],
        "address": {"ShippingAddress": {"City": "Portland", "PostalCode": "97205"}},
        "buyer": {"BuyerName": "Otis Marlow", "BuyerEmail": "otis@example.com"},
    }


def test_the_old_api_says_the_same_in_other_words() -> None:
    content = mapped(v0()).content
    assert not content.totals.variance
    assert [(line.sku, line.quantity) for line in content.lines] == [("MUG-BLUE", 2), ("", 1)]
    assert content.terms is PaymentTerms.PAID_IN_CHANNEL
    assert content.channel_state is ChannelState.OPEN
    assert content.customer.name == "Otis Marlow"
    assert content.shipping_address is not None
    assert content.shipping_address.postal_code == "97205"


@pytest.mark.parametrize(
    "order, state, terms",
    [
        ({"OrderStatus": "Canceled"}, ChannelState.CANCELLED, PaymentTerms.UNPAID_IN_CHANNEL),
        ({"OrderStatus": "Pending"}, ChannelState.OPEN, PaymentTerms.UNPAID_IN_CHANNEL),
        ({"OrderStatus": "InvoiceUnconfirmed"}, ChannelState.OPEN, PaymentTerms.PAID_IN_CHANNEL),
        ({"FulfillmentChannel": "AFN"}, ChannelState.ELSEWHERE, PaymentTerms.PAID_IN_CHANNEL),
        ({"OrderStatus": "Shipped"}, ChannelState.FULFILLED, PaymentTerms.PAID_IN_CHANNEL),
    ],
)
def test_the_old_api_spells_states_otherwise(
    order: Any, state: ChannelState, terms: PaymentTerms
) -> None:
    content = mapped(v0(**order)).content
    assert (content.channel_state, content.terms) == (state, terms)


def test_yen_with_a_fraction_are_rounded_and_pounds_among_yen_stand_apart() -> None:
    order = v0(OrderTotal=v0_money("27", "JPY"))
    order["items"][0] = {
        "OrderItemId": "1", "SellerSKU": "CUP-RED", "QuantityOrdered": 1,
        "ItemPrice": v0_money("25.99", "JPY"), "ShippingPrice": v0_money("1.26", "JPY"),
        "BuyerInfo": {"GiftWrapPrice": v0_money("41.99", "GBP")},
    }  # fmt: skip
    content = mapped(order).content
    assert str(content.totals.total) == "27 JPY"
    assert [str(each.amount) for each in content.apart] == ["41.99 GBP"]


# --- what Amazon publishes as samples ------------------------------------------------


def recorded(name: str) -> Any:
    return gate.parse((PAYLOADS / "amazon" / f"{name}.json").read_bytes())


@recorded_payloads
@pytest.mark.parametrize(
    "name, number, total, state",
    [
        ("2026-01-01_getOrder_example", "202-1234567-8901234", "103.97 GBP", "FULFILLED"),
        ("2026-01-01_getOrder_sandbox_1", "171-9876543-2109876", "299.90 BRL", "OPEN"),
    ],
)
def test_a_recorded_order_becomes(name: str, number: str, total: str, state: str) -> None:
    answer = recorded(name)
    order = answer.get("response", answer)["order"]
    content = mapped({"api": "2026-01-01", "order": order}).content
    assert (order["orderId"], str(content.totals.total), content.channel_state) == (
        number, total, state,
    )  # fmt: skip
    assert not content.totals.variance
    assert content.shipping_address is not None


@recorded_payloads
@pytest.mark.parametrize(
    "name", ["2026-01-01_searchOrders_example", "2026-01-01_searchOrders_sandbox_1"]
)
def test_every_recorded_order_of_a_search_maps(name: str) -> None:
    answer = recorded(name)
    orders = answer.get("response", answer)["orders"]
    assert orders
    for order in orders:
        content = mapped({"api": "2026-01-01", "order": order}).content
        assert content.lines[0].external_id
        if order["fulfillment"]["fulfilledBy"] == "AMAZON":
            assert content.channel_state in (ChannelState.ELSEWHERE, ChannelState.FULFILLED)


@recorded_payloads
def test_the_recorded_old_order_becomes_one_of_four_answers() -> None:
    order, items, address, buyer = (
        recorded(f"v0_{name}_sandbox_1")["response"]["payload"]
        for name in ("getOrder", "getOrderItems", "getOrderAddress", "getOrderBuyerInfo")
    )
    whole = {"api": "v0", "order": order, "items": items["OrderItems"], "address": address}
    mapped_order = mapped({**whole, "buyer": buyer})
    content = mapped_order.content
    assert (str(content.totals.total), content.totals.variance.amount_minor) == ("11.01 USD", 0)
    assert mapped_order.placed_at is None  # 1970
    assert content.shipping_address is not None
    assert content.shipping_address.city == "SEATTLE"


@recorded_payloads
def test_the_recorded_pending_order_waits_and_its_yen_items_have_pounds_apart() -> None:
    order = recorded("v0_getOrder_example_pending")["payload"]
    items = recorded("v0_getOrderItems_example")["payload"]["OrderItems"]
    content = mapped({"api": "v0", "order": order, "items": items, "address": None}).content
    assert content.terms is PaymentTerms.UNPAID_IN_CHANNEL
    assert content.totals.total.currency == "JPY"
    assert "41.99 GBP" in [str(each.amount) for each in content.apart]


@recorded_payloads
@pytest.mark.parametrize(
    "name", ["v0_getOrders_example", "v0_getOrders_sandbox_1", "v0_getOrders_sandbox_3"]
)
def test_a_recorded_old_order_without_its_items_is_no_order(name: str) -> None:
    answer = recorded(name)
    for order in answer.get("response", answer)["payload"]["Orders"]:
        with pytest.raises(Unmappable) as unfit:
            mapped({"api": "v0", "order": order, "items": []})
        assert (unfit.value.code, unfit.value.pointer) == ("invalid-lines", "/items")


@recorded_payloads
def test_of_the_recorded_notifications_only_the_changed_order_is_news() -> None:
    found = {}
    for path in sorted((PAYLOADS / "amazon").glob("notification_*.json")):
        delivery = inbound.identify(path.read_bytes(), {}, gate.parse(path.read_bytes()), ACCOUNT)
        found[delivery.topic] = (delivery.kind, inbound.seller_of(gate.parse(path.read_bytes())))
    assert found == {
        "FBA_OUTBOUND_SHIPMENT_STATUS": (Kind.IGNORED, "merchantId"),
        "FULFILLMENT_ORDER_STATUS": (Kind.IGNORED, "A3TH9S8BH6GOGM"),
        "LISTINGS_ITEM_MFN_QUANTITY_CHANGE": (Kind.IGNORED, "AXXXXXXXXXXXXX"),
        "ORDER_CHANGE": (Kind.NOTICE, "A3TH9S8BH6GOGM"),
    }


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
    running.street.shop("amazon", "demo").platform.take_order(document())
    return running


def front(server: ShopServer) -> Shopfront:
    return server.street.shop("amazon", "demo")


def connected(server: ShopServer, **settings: str) -> AmazonShop:
    base_url = server.base_url("amazon", "demo")
    account = replace(ACCOUNT, settings={**SETTINGS, "base_url": base_url, **settings})
    shop = amazon_shop.connect(account)
    assert shop is not None
    return shop


def shipment(**changes: Any) -> ShipmentFacts:
    facts = ShipmentFacts(
        ORDER_ID, (ToldLine(MUG, 2), ToldLine(CUP, 1)), "TRACK-1", "ups", "", "ORDER-1#1#ship",
        shipped_at=NOW,
    )  # fmt: skip
    return replace(facts, **changes)


def level(sku: str, units: int) -> StockLevel:
    return StockLevel(sku, units, 1, NOW)


CANCEL = CancelFacts(ORDER_ID, (ToldLine(MUG, 2), ToldLine(CUP, 1)), "customer asked", "O#cancel")


@pytest.mark.parametrize("missing", SETTINGS)
def test_without_credentials_there_is_no_shop(missing: str) -> None:
    settings = {name: value for name, value in SETTINGS.items() if name != missing}
    assert amazon_shop.connect(replace(ACCOUNT, settings=settings)) is None


@pytest.mark.parametrize(
    "store, host", [("ATVPDKIKX0DER", "na"), ("A1PA6795UKMFR9", "eu"), ("A1VC38T7YXB528", "fe")]
)
def test_each_store_has_its_host(store: str, host: str) -> None:
    shop = amazon_shop.connect(replace(ACCOUNT, settings={**SETTINGS, "marketplace_id": store}))
    assert shop is not None
    assert shop.api.api.base_url == f"https://sellingpartnerapi-{host}.amazon.com"
    assert shop.api.login.base_url == "https://api.amazon.com"


def test_a_fetched_order_is_the_order_and_the_same_each_time(server: ShopServer) -> None:
    shop = connected(server)
    assert shop.fetch(ORDER_ID) == shop.fetch(ORDER_ID)
    assert inbound.map_order(gate.parse(shop.fetch(ORDER_ID)), ACCOUNT) == mapped(document())


def test_the_old_api_fetches_every_page_of_items_and_who_bought(server: ShopServer) -> None:
    fetched = connected(server, orders_api="v0").fetch(ORDER_ID)
    old = inbound.map_order(gate.parse(fetched), ACCOUNT)
    new = mapped(document())
    assert old.content.totals == new.content.totals
    assert [line.sku for line in old.content.lines] == ["MUG-BLUE", "CUP-RED"]
    assert old.content.shipping_address == new.content.shipping_address
    assert old.content.customer == new.content.customer


def test_the_old_api_without_the_right_to_see_people_gives_the_order_still(
    server: ShopServer,
) -> None:
    front(server).platform.reveals_people = False  # type: ignore[attr-defined]
    fetched = gate.parse(connected(server, orders_api="v0").fetch(ORDER_ID))
    assert (fetched["address"], fetched["buyer"]) == (None, None)
    assert inbound.map_order(fetched, ACCOUNT).content.lines


def test_an_order_that_amazon_does_not_know_is_refused(server: ShopServer) -> None:
    with pytest.raises(PushRefused) as refused:
        connected(server).fetch("113-0000000-0000000")
    assert refused.value.code == "not-in-shop"


def test_wrong_credentials_are_told_as_such(server: ShopServer) -> None:
    account = replace(ACCOUNT, account="stranger")
    settings = {**SETTINGS, "base_url": server.base_url("amazon", "demo"), "refresh_token": "no"}
    shop = amazon_shop.connect(replace(account, settings=settings))
    assert shop is not None
    with pytest.raises(PushRefused) as refused:
        shop.fetch(ORDER_ID)
    assert refused.value.code == "shop-credentials"


@pytest.mark.parametrize("api", ["2026-01-01", "v0"])
def test_changed_orders_come_page_by_page_to_the_last(
    api: str, server: ShopServer, clock: SettableClock
) -> None:
    clock.advance(timedelta(hours=1))
    for number in range(1, 121):
        front(server).platform.take_order(changed(orderId=f"113-4711000-{number:07}"))
    shop, cursor, seen = connected(server, orders_api=api), "", list[str]()
    while True:
        page = shop.changed(NOW + timedelta(minutes=1), cursor)
        seen += [item.external_id for item in page.items]
        cursor = page.next_cursor
        if not cursor:
            break
    assert seen == [f"113-4711000-{number:07}" for number in range(1, 121)]
    if api == "2026-01-01":
        assert mapped(gate.parse(page.items[0].document)).external_id == page.items[0].external_id


def test_one_who_searches_too_often_learns_that_it_takes_minutes(server: ShopServer) -> None:
    shop = connected(server)
    for _ in range(20):
        shop.changed(NOW, "")
    with pytest.raises(RateLimited) as limited:
        shop.changed(NOW, "")
    assert 150 < limited.value.wait_seconds < 200


# --- stock ---------------------------------------------------------------------------


def test_stock_is_told_and_read_again(server: ShopServer) -> None:
    shop = connected(server)
    told = shop.set_stock([level("MUG-BLUE", 7), level("CUP-RED", 0), level("NO-SUCH", 3)])
    assert told == {
        "MUG-BLUE": PushOutcome.TOLD,
        "CUP-RED": PushOutcome.TOLD,
        "NO-SUCH": PushOutcome.UNSUPPORTED,
    }
    assert shop.stock_of(["MUG-BLUE", "CUP-RED", "NO-SUCH"]) == {"MUG-BLUE": 7, "CUP-RED": 0}


def test_what_amazons_warehouse_sends_is_left_alone(server: ShopServer) -> None:
    front(server).platform.by_amazon.add("MUG-BLUE")  # type: ignore[attr-defined]
    shop = connected(server)
    assert shop.set_stock([level("MUG-BLUE", 7)]) == {"MUG-BLUE": PushOutcome.UNSUPPORTED}
    assert front(server).platform.books.stock_writes == 0
    assert shop.stock_of(["MUG-BLUE"]) == {}


def test_a_batch_stops_when_amazon_has_enough_and_goes_on_later(
    server: ShopServer, clock: SettableClock
) -> None:
    skus = [f"MUG-{number}" for number in range(12)]
    front(server).platform.books.stock.update(dict.fromkeys(skus, 0))
    shop, left = connected(server), [level(sku, 4) for sku in skus]
    assert shop.stock_batch == 20
    told = shop.set_stock(left)
    assert len(told) == 5  # the burst of the plan
    while left := [each for each in left if each.sku not in told]:
        clock.advance(timedelta(seconds=1))
        told = shop.set_stock(left)
        assert told
    assert {front(server).platform.books.stock[sku] for sku in skus} == {4}
    assert front(server).platform.books.stock_writes == 12


def test_a_refused_listing_does_not_keep_the_others_from_being_told(server: ShopServer) -> None:
    shop = connected(server)
    told = shop.set_stock([level("MUG-BLUE", 10**9), level("CUP-RED", 2)])
    assert told == {"CUP-RED": PushOutcome.TOLD}
    with pytest.raises(PushRefused) as refused:
        shop.set_stock([level("MUG-BLUE", 10**9)])
    assert refused.value.code == "invalid-listing"


def test_a_sku_with_a_comma_is_found_too(server: ShopServer) -> None:
    front(server).platform.books.stock["MUG,BLUE/2"] = 0
    shop = connected(server)
    told = shop.set_stock([level("MUG,BLUE/2", 3), level("NO,SUCH", 1)])
    assert told == {"MUG,BLUE/2": PushOutcome.TOLD, "NO,SUCH": PushOutcome.UNSUPPORTED}
    assert shop.stock_of(["MUG,BLUE/2"]) == {"MUG,BLUE/2": 3}


# --- shipments -----------------------------------------------------------------------


def packages(server: ShopServer) -> list[Any]:
    return front(server).platform.books.orders[ORDER_ID].fulfilments


def test_a_shipment_is_told_once(server: ShopServer) -> None:
    shop = connected(server)
    assert shop.tell_shipped(shipment()) is PushOutcome.TOLD
    assert shop.tell_shipped(shipment()) is PushOutcome.ALREADY
    (package,) = packages(server)
    assert (package["tracking"], package["carrier"]) == ("TRACK-1", "UPS")
    assert package["lines"] == {MUG: 2, CUP: 1}
    assert package["reference"].isdigit()


def test_a_lost_reply_makes_no_second_package(server: ShopServer) -> None:
    shop = connected(server)
    shop.fetch(ORDER_ID)  # so that the next write is the shipment, not the token
    front(server).misbehave(Misbehaviour.LOSE_REPLY)
    with pytest.raises(Unavailable):
        shop.tell_shipped(shipment())
    assert shop.tell_shipped(shipment()) is PushOutcome.ALREADY
    assert len(packages(server)) == 1


def test_a_repeat_that_amazon_does_not_show_yet_corrects_the_same_package(
    server: ShopServer,
) -> None:
    shop = connected(server)
    shop.tell_shipped(shipment())
    del front(server).platform.books.orders[ORDER_ID].document["packages"]
    assert shop.tell_shipped(shipment()) is PushOutcome.TOLD
    assert len(packages(server)) == 1


def test_two_parcels_are_two_packages(server: ShopServer) -> None:
    shop = connected(server)
    one = shipment(lines=(ToldLine(MUG, 1), ToldLine("", 1)), is_last=False)
    two = shipment(
        lines=(ToldLine(MUG, 1), ToldLine(CUP, 1)), tracking_number="TRACK-2", key="ORDER-1#2#ship",
        carrier="Pigeon",
    )  # fmt: skip
    assert [shop.tell_shipped(each) for each in (one, two)] == [PushOutcome.TOLD] * 2
    assert [each["tracking"] for each in packages(server)] == ["TRACK-1", "TRACK-2"]
    assert packages(server)[1]["carrier"] == "Pigeon"


def test_more_than_was_ordered_is_refused(server: ShopServer) -> None:
    with pytest.raises(PushRefused):
        connected(server).tell_shipped(shipment(lines=(ToldLine(CUP, 2),)))
    assert packages(server) == []


def test_a_shipment_of_no_item_of_amazons_has_nobody_to_tell(server: ShopServer) -> None:
    nothing = shipment(lines=(ToldLine("", 1),))
    assert connected(server).tell_shipped(nothing) is PushOutcome.UNSUPPORTED


# --- endings -------------------------------------------------------------------------


def test_a_cancelled_order_is_cancelled_there_by_a_feed_once(server: ShopServer) -> None:
    shop = connected(server)
    assert shop.tell_cancelled(CANCEL) is PushOutcome.TOLD
    assert shop.tell_cancelled(CANCEL) is PushOutcome.ALREADY
    assert front(server).platform.books.orders[ORDER_ID].cancellations == 1
    fetched = inbound.map_order(gate.parse(shop.fetch(ORDER_ID)), ACCOUNT)
    assert fetched.content.channel_state is ChannelState.CANCELLED


def lose_reply_of_write(number: int, platform: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The front spoils the very next writes only; here it is the `number`-th from now."""
    answer, counted = platform.answer, itertools.count(1)

    def answered(asked: Asked) -> Answered:
        reply = answer(asked)
        if asked.writes and next(counted) == number:
            raise ReplyLost
        return reply  # type: ignore[no-any-return]

    monkeypatch.setattr(platform, "answer", answered)


@pytest.mark.parametrize("number", [1, 2, 3], ids=["document", "upload", "feed"])
def test_a_lost_reply_anywhere_on_the_way_cancels_once(
    number: int, server: ShopServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = connected(server)
    shop.fetch(ORDER_ID)  # so that the token is no write of the test
    lose_reply_of_write(number, front(server).platform, monkeypatch)
    with pytest.raises(Unavailable):
        shop.tell_cancelled(CANCEL)
    expected = PushOutcome.ALREADY if number == 3 else PushOutcome.TOLD
    assert shop.tell_cancelled(CANCEL) is expected
    assert front(server).platform.books.orders[ORDER_ID].cancellations == 1


def test_what_is_on_its_way_is_not_cancelled(server: ShopServer) -> None:
    shop = connected(server)
    shop.tell_shipped(shipment(lines=(ToldLine(CUP, 1),)))
    with pytest.raises(PushRefused) as refused:
        shop.tell_cancelled(CANCEL)
    assert refused.value.code == "over-in-shop"


def test_money_is_given_back_by_a_person(server: ShopServer) -> None:
    refund = RefundFacts(ORDER_ID, Money(500, "USD"), (), "broken", "O#refund#1")
    assert connected(server).tell_refunded(refund) is PushOutcome.UNSUPPORTED


def test_the_stand_in_says_what_lies_in_the_queue(server: ShopServer) -> None:
    message = front(server).platform.message(ORDER_ID)
    assert message is not None
    assert message.headers == {}
    delivery = inbound.identify(message.body, {}, gate.parse(message.body), ACCOUNT)
    assert (delivery.kind, delivery.external_id) == (Kind.NOTICE, ORDER_ID)
