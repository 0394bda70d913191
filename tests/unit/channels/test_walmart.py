"""Walmart: who sent it, what it is about, what was bought, and what the shop is told."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from local.standins.platform import Misbehaviour, Shopfront, State
from local.standins.shop_http import ShopServer
from local.standins.shops.walmart import WalmartStandIn
from oms.channels.model import ChannelAccount, Kind, Unmappable
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
from oms.channels.walmart import gateway, inbound
from oms.channels.walmart.shop import WalmartShop, connect
from oms.kernel.errors import Unavailable
from oms.kernel.money import Money
from oms.orders.content import ChannelState, PaymentTerms
from oms.platform.gate import parse
from tests.contracts.channels.case import NOW, SECRET, at, put
from tests.contracts.channels.place import serving
from tests.contracts.channels.walmart import CASE, NUMBER, SETTINGS, document, message

LINES = ("order", "orderLines", "orderLine")
TOLD, ALREADY, UNSUPPORTED = PushOutcome.TOLD, PushOutcome.ALREADY, PushOutcome.UNSUPPORTED


# --- who sent it ---------------------------------------------------------------------


def account(scheme: str, *secrets: str, **settings: Any) -> ChannelAccount:
    given = {"webhook_auth": scheme, **settings}
    return replace(CASE.account, secrets=secrets or (SECRET,), settings=given)


def believed(headers: dict[str, str], by: ChannelAccount, raw: bytes = b"{}") -> bool:
    return inbound.verify(raw, headers, by, NOW)


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize("word", ["Basic ", "basic ", ""])
def test_basic_is_user_and_password(word: str) -> None:
    user = account("basic", "walmart:open-sesame")
    assert believed({"Authorization": word + encoded("walmart:open-sesame")}, user)
    assert not believed({"Authorization": word + encoded("walmart:open")}, user)
    assert not believed({"Authorization": "walmart:open-sesame"}, user)


def test_hmac_is_over_the_body_in_base64_or_hex() -> None:
    digest = hmac.new(SECRET.encode(), b"{}", hashlib.sha256)
    for given in (base64.b64encode(digest.digest()).decode(), digest.hexdigest()):
        assert believed({"authorization": given}, account("hmac"))
        assert not believed({"authorization": given}, account("hmac"), b"{ }")
        assert not believed({"authorization": given}, account("hmac", "other"))


def test_oauth_is_a_bearer_token_in_the_header_that_was_agreed() -> None:
    agreed = account("oauth", "token-1", "token-2", auth_header="X-Walmart-Auth")
    assert believed({"x-walmart-auth": "Bearer token-2"}, agreed)
    assert not believed({"x-walmart-auth": "token-2"}, agreed)
    assert not believed({"authorization": "Bearer token-2"}, agreed)


PATH = "/webhooks/walmart/demo?tenant=7"
SIGNING = {"notification_url": f"https://oms.example{PATH}"}


def signature(raw: bytes = b"{}", stamp: str = "", path: str = PATH) -> dict[str, str]:
    stamp = stamp or str(int(NOW.timestamp()))
    text = f"POST\n{path}\n{stamp}\n{hashlib.sha256(raw).hexdigest()}"
    signed = hmac.new(SECRET.encode(), text.encode(), hashlib.sha256).digest()
    return {
        "WM_SEC.SIGNATURE": base64.b64encode(signed).decode(),
        "WM_SEC.TIMESTAMP": stamp,
        "WM_SEC.KEY_ID": "key-2",
    }


def test_a_signature_covers_the_path_the_time_and_the_body() -> None:
    by = account("signature", **SIGNING)
    assert believed(signature(), by)
    assert believed(signature(stamp=f"{int(NOW.timestamp())}000"), by)
    assert not believed(signature(path="/webhooks/walmart/demo"), by)
    assert not believed(signature(), by, b"[]")
    later = {**signature(), "WM_SEC.TIMESTAMP": str(int(NOW.timestamp()) + 1)}
    assert not believed(later, by)


@pytest.mark.parametrize("seconds, good", [(299, True), (301, False), (-299, True), (-301, False)])
def test_a_signature_is_good_for_five_minutes(seconds: int, good: bool) -> None:
    stamp = str(int((NOW + timedelta(seconds=seconds)).timestamp()))
    assert believed(signature(stamp=stamp), account("signature", **SIGNING)) is good


@pytest.mark.parametrize("stamp", ["x", "-1", "١" * 10, "1" * 11, "9" * 13])
def test_a_strange_time_is_no(stamp: str) -> None:
    assert not believed(signature(stamp=stamp), account("signature", **SIGNING))


def test_a_signature_for_no_known_address_is_no() -> None:
    assert not believed(signature(path=""), account("signature"))


@pytest.mark.parametrize("scheme", ["", "none", "HMAC"])
def test_without_a_scheme_nobody_is_believed(scheme: str) -> None:
    assert not believed(CASE.sign(b"{}", SECRET), account(scheme))  # type: ignore[misc]


@pytest.mark.parametrize("scheme", ["basic", "hmac", "oauth", "signature"])
def test_an_empty_secret_proves_nothing(scheme: str) -> None:
    by = account(scheme, "", " ", **SIGNING)
    for given in ("", "Basic ", "Bearer ", "Bearer", encoded(""), encoded(" ")):
        assert not believed({"authorization": given, **signature()}, by)


# --- what it is about ----------------------------------------------------------------


def identified(raw: bytes) -> tuple[Kind, str, str]:
    found = inbound.identify(raw, {}, parse(raw), CASE.account)
    return found.kind, found.external_id, found.topic


@pytest.mark.parametrize(
    "event", ["PO_CREATED", "ORDER_UPDATES", "PO_LINE_AUTOCANCELLED", "INTENT_TO_CANCEL"]
)
def test_what_happened_to_an_order_is_a_notice(event: str) -> None:
    assert identified(message(event)) == (Kind.NOTICE, NUMBER, event)


@pytest.mark.parametrize("event", ["INVENTORY_OOS", "OFFER_UNPUBLISHED", "REPORT_STATUS", ""])
def test_other_events_are_ignored(event: str) -> None:
    assert identified(message(event))[0] is Kind.IGNORED


def test_the_same_message_again_has_the_same_key() -> None:
    first, again, other = (
        inbound.identify(raw, {}, parse(raw), CASE.account)
        for raw in (message(), message(), message("ORDER_UPDATES"))
    )
    assert first.delivery_key == again.delivery_key != other.delivery_key
    assert first.version_at == datetime(2026, 11, 21, 19, 27, 43, tzinfo=UTC)


@pytest.mark.parametrize("parsed", [None, [], 7, {"source": 1}, {"source": {"eventType": []}}])
def test_a_message_of_any_shape_is_identified(parsed: Any) -> None:
    assert inbound.identify(b"?", {}, parsed, CASE.account).kind is Kind.IGNORED


# --- the order -----------------------------------------------------------------------


def mapped(given: Any) -> Any:
    return inbound.map_order(given, CASE.account)


def with_statuses(given: Any, line: int, **units: int) -> Any:
    rows = [
        {"status": name, "statusQuantity": {"unitOfMeasurement": "EACH", "amount": str(count)}}
        for name, count in units.items()
    ]
    at(given, (*LINES, line))["orderLineStatuses"] = {"orderLineStatus": rows}
    return given


def units(content: Any) -> list[tuple[str, int, bool]]:
    return [(line.sku, line.quantity, line.needs_shipping) for line in content.lines]


def test_an_order_becomes_one_of_ours() -> None:
    order = mapped(document())
    content = order.content
    assert (order.external_id, order.number, order.currency) == (NUMBER, "5281956426648", "USD")
    assert units(content)[:2] == [("MUG-BLUE", 3, True), ("CUP-RED", 1, True)]
    assert (content.lines[0].discount, content.lines[0].tax) == (
        Money(380, "USD"),
        Money(279, "USD"),
    )
    assert (content.lines[2].title, content.lines[2].needs_shipping) == ("Recycling fee", False)
    assert content.totals.shipping == Money(490, "USD")
    assert content.totals.total == Money(6395, "USD") == content.totals.channel_total
    assert content.tax_by_channel == Money(279 + 153 + 39, "USD")
    assert content.shipping_address and content.shipping_address.country == "US"
    assert content.customer.email == "0A1B2C3D4E5F@relay.example.com"
    assert content.terms is PaymentTerms.PAID_IN_CHANNEL
    assert content.channel_state is ChannelState.OPEN
    assert order.placed_at == datetime(2026, 11, 21, 19, 27, 40, tzinfo=UTC)
    assert order.version_at == datetime(2026, 11, 21, 19, 27, 42, tzinfo=UTC)


def test_without_a_summary_our_sum_is_the_total() -> None:
    given = document()
    del given["order"]["orderSummary"]
    assert mapped(given).content.totals.variance.amount_minor == 0


def test_a_total_that_differs_is_kept_beside_ours() -> None:
    given = document()
    given["order"]["orderSummary"]["totalAmount"]["currencyAmount"] = Decimal("63.94")
    assert mapped(given).content.totals.variance == Money(-1, "USD")


def test_a_collection_of_one_may_stand_without_its_list() -> None:
    given = document()
    line = at(given, LINES)[1]
    line["charges"]["charge"] = line["charges"]["charge"][0]
    line["orderLineStatuses"]["orderLineStatus"] = line["orderLineStatuses"]["orderLineStatus"][0]
    given["order"]["orderLines"]["orderLine"] = line
    assert units(mapped(given).content) == [("CUP-RED", 1, True)]


def test_cancelled_units_are_not_to_be_sent() -> None:
    content = mapped(with_statuses(document(), 0, Acknowledged=2, Cancelled=1)).content
    assert units(content)[0] == ("MUG-BLUE", 2, True)
    assert content.lines[0].unit_price == Money(1290, "USD")


def test_a_cancelled_line_is_left_out_even_without_a_quantity() -> None:
    given = with_statuses(document(), 0, Cancelled=3)
    put(given, (*CASE.where["quantity"],), "0")
    content = mapped(given).content
    assert content.lines[0].sku == "CUP-RED"
    assert content.channel_state is ChannelState.OPEN


def test_an_order_without_a_unit_left_is_cancelled() -> None:
    given = with_statuses(with_statuses(document(), 0, Cancelled=3), 1, Cancelled=1)
    content = mapped(given).content
    assert content.channel_state is ChannelState.CANCELLED
    assert units(content)[0] == ("MUG-BLUE", 3, True)


def test_units_that_were_sent_need_no_shipping() -> None:
    content = mapped(with_statuses(document(), 0, Acknowledged=2, Shipped=1)).content
    assert units(content)[:2] == [("MUG-BLUE", 2, True), ("MUG-BLUE", 1, False)]
    assert content.channel_state is ChannelState.OPEN


def test_an_order_that_was_sent_is_fulfilled() -> None:
    given = with_statuses(document(), 0, Shipped=1, Delivered=1, Cancelled=1)
    content = mapped(with_statuses(given, 1, Refund=1)).content
    assert content.channel_state is ChannelState.FULFILLED


@pytest.mark.parametrize("kind", ["WFSFulfilled", "3PLFulfilled"])
def test_what_walmart_sends_itself_takes_none_of_our_stock(kind: str) -> None:
    given = document()
    given["order"]["shipNode"]["type"] = kind
    assert mapped(given).content.channel_state is ChannelState.ELSEWHERE


def test_a_replacement_costs_nothing() -> None:
    given = document()
    given["order"]["orderType"] = "REPLACEMENT"
    given["order"]["orderSummary"]["totalAmount"]["currencyAmount"] = 0
    for line in at(given, LINES):
        line["charges"]["charge"] = [{**line["charges"]["charge"][0], "tax": None}]
        line["charges"]["charge"][0]["chargeAmount"] = {"currency": "USD", "amount": 0}
    content = mapped(given).content
    assert (content.totals.total, content.totals.variance) == (Money(0, "USD"), Money(0, "USD"))
    assert units(content) == [("MUG-BLUE", 3, True), ("CUP-RED", 1, True)]


def test_another_currency_stays_out_of_the_sums() -> None:
    given = document()
    fee = at(given, LINES)[1]["charges"]["charge"][2]
    fee["chargeAmount"] = {"currency": "CAD", "amount": Decimal("0.45")}
    content = mapped(given).content
    assert [(each.title, each.amount) for each in content.apart] == [
        ("Recycling fee", Money(45, "CAD"))
    ]
    assert content.totals.variance == Money(34, "USD")


def test_refunds_are_counted_with_their_tax() -> None:
    given = document()
    charge = {
        "chargeType": "PRODUCT",
        "chargeName": "Item Price",
        "chargeAmount": {"currency": "USD", "amount": Decimal("-12.90")},
        "tax": {"taxName": "Tax", "taxAmount": {"currency": "USD", "amount": Decimal("-0.93")}},
    }
    back = {"refundCharges": {"refundCharge": [{"refundReason": "DamagedItem", "charge": charge}]}}
    at(given, LINES)[0]["refund"] = back
    assert mapped(given).refunded == Money(1383, "USD")


@pytest.mark.parametrize(
    "path, value, code",
    [
        (CASE.where["quantity"], "0", "invalid-quantity"),
        (CASE.where["quantity"], "1.5", "invalid-quantity"),
        (CASE.where["quantity"], 3, "invalid-quantity"),
        (CASE.where["currency"], "usd", "unknown-currency"),
        (CASE.where["lines"], [], "invalid-lines"),
        (CASE.where["lines"], None, "invalid-lines"),
        (CASE.where["price"], Decimal("-1"), "invalid-amount"),
        (CASE.where["price"], None, "missing-field"),
        (CASE.where["line_id"], "../4", "invalid-id"),
        (("order", "orderDate"), "2026-11-21", "invalid-time"),
        (("order", "orderDate"), 10**18, "invalid-time"),
        (("order", "purchaseOrderId"), "", "missing-field"),
    ],
)
def test_what_cannot_be_an_order_says_why(path: Any, value: Any, code: str) -> None:
    given = document()
    put(given, path, value)
    with pytest.raises(Unmappable) as unfit:
        mapped(given)
    assert unfit.value.code == code


# --- the shop ------------------------------------------------------------------------


@pytest.fixture
def server() -> Iterator[ShopServer]:
    with serving() as running:
        yield running


@pytest.fixture
def front(server: ShopServer) -> Shopfront:
    front = server.street.shop("walmart", "demo")
    front.platform.take_order(document())
    return front


def shop(server: ShopServer, **settings: str) -> WalmartShop:
    given = {**SETTINGS, "base_url": server.base_url("walmart", "demo"), **settings}
    connected = connect(replace(CASE.account, settings=given))
    assert connected is not None
    return connected


def stand_in(front: Shopfront) -> WalmartStandIn:
    assert isinstance(front.platform, WalmartStandIn)
    return front.platform


def test_what_was_not_shipped_is_cancelled_and_not_refunded(
    server: ShopServer, front: Shopfront
) -> None:
    stand_in(front).refunds_only_shipped = True
    with pytest.raises(PushRefused):
        shop(server).tell_refunded(refund(100))


def shipment(**changes: Any) -> ShipmentFacts:
    lines = (ToldLine("1", 3), ToldLine("4", 1))
    facts = ShipmentFacts(
        NUMBER, lines, "TRACK-1", "ups", "https://ups.example/1", "O-1#ship", True
    )
    return replace(facts, shipped_at=NOW, **changes)


def refund(minor: int, *lines: ToldLine, key: str = "O-1#refund#1") -> RefundFacts:
    return RefundFacts(NUMBER, Money(minor, "USD"), lines, "broken", key)


def test_an_account_without_credentials_cannot_be_called() -> None:
    assert connect(CASE.account) is None


def test_an_order_is_fetched_as_it_is_mapped(server: ShopServer, front: Shopfront) -> None:
    fetched = shop(server).fetch(NUMBER)
    assert mapped(parse(fetched)) == mapped(document())
    assert fetched == shop(server).fetch(NUMBER)


def test_an_order_that_the_shop_does_not_know(server: ShopServer, front: Shopfront) -> None:
    with pytest.raises(PushRefused) as refused:
        shop(server).fetch("404")
    assert refused.value.code == "not-in-shop"


def test_a_token_is_asked_for_once_and_again_when_it_died(
    server: ShopServer, front: Shopfront
) -> None:
    gateway._TOKENS.forget(("walmart", "demo"))
    for _ in range(3):
        shop(server).fetch(NUMBER)
    assert front.platform.books.calls["POST /v3/token"] == 1
    stand_in(front).expire_tokens()
    shop(server).fetch(NUMBER)
    assert front.platform.books.calls["POST /v3/token"] == 2


def test_a_wrong_secret_is_a_matter_of_credentials(server: ShopServer, front: Shopfront) -> None:
    gateway._TOKENS.forget(("walmart", "demo"))
    with pytest.raises(PushRefused) as refused:
        shop(server, client_secret="wrong").fetch(NUMBER)
    assert refused.value.code == "shop-credentials"


def test_an_answer_of_another_shape_is_unavailable(server: ShopServer, front: Shopfront) -> None:
    front.platform.books.orders[NUMBER].document = {"orderLines": "none"}
    with pytest.raises(Unavailable):
        shop(server).tell_shipped(shipment())


def test_changed_orders_are_listed_page_by_page(server: ShopServer, front: Shopfront) -> None:
    for n in range(250):
        given = document()
        given["order"]["purchaseOrderId"] = str(2000 + n)
        front.platform.take_order(given)
    since = datetime.now(UTC) - timedelta(hours=1)
    first = shop(server).changed(since, "")
    second = shop(server).changed(since, first.next_cursor)
    assert (len(first.items), len(second.items), second.next_cursor) == (200, 51, "")
    assert len({each.external_id for each in (*first.items, *second.items)}) == 251
    one = next(each for each in first.items if each.external_id == NUMBER)
    assert mapped(parse(one.document)) == mapped(document())
    assert shop(server).changed(since + timedelta(days=1), "").items == ()


def test_an_order_is_acknowledged_once(server: ShopServer, front: Shopfront) -> None:
    assert [shop(server).acknowledge(NUMBER) for _ in range(2)] == [TOLD, ALREADY]
    assert front.platform.books.orders[NUMBER].acknowledged == 1


def test_what_walmart_sends_itself_is_not_acknowledged(
    server: ShopServer, front: Shopfront
) -> None:
    given = document()
    given["order"]["shipNode"]["type"] = "WFSFulfilled"
    front.platform.take_order(given)
    assert shop(server).acknowledge(NUMBER) is UNSUPPORTED


def test_a_lost_acknowledgement_is_found_again(server: ShopServer, front: Shopfront) -> None:
    shop(server).fetch(NUMBER)  # the token is there
    front.misbehave(Misbehaviour.LOSE_REPLY)
    with pytest.raises(Unavailable):
        shop(server).acknowledge(NUMBER)
    assert shop(server).acknowledge(NUMBER) is ALREADY


# --- shipments -----------------------------------------------------------------------


def parcels(front: Shopfront) -> list[dict[str, Any]]:
    return front.platform.books.orders[NUMBER].fulfilments


def test_a_shipment_is_told_once(server: ShopServer, front: Shopfront) -> None:
    assert [shop(server).tell_shipped(shipment()) for _ in range(2)] == [TOLD, ALREADY]
    assert parcels(front) == [{"tracking": "TRACK-1", "carrier": "UPS", "lines": {"1": 3, "4": 1}}]
    assert front.platform.books.orders[NUMBER].state is State.FULFILLED
    fetched = mapped(parse(shop(server).fetch(NUMBER)))
    assert fetched.content.channel_state is ChannelState.FULFILLED


def test_a_carrier_that_walmart_does_not_know_is_another(
    server: ShopServer, front: Shopfront
) -> None:
    shop(server).tell_shipped(shipment(carrier="Fleet of foot"))
    assert parcels(front)[0]["carrier"] == "Fleet of foot"
    status = at(front.platform.books.orders[NUMBER].document, LINES[1:])[0]
    tracking = status["orderLineStatuses"]["orderLineStatus"][0]["trackingInfo"]
    assert tracking["carrierName"] == {"otherCarrier": "Fleet of foot"}
    assert tracking["shipDateTime"] == int(NOW.timestamp()) * 1000


def test_a_line_of_two_parcels(server: ShopServer, front: Shopfront) -> None:
    one = shipment(lines=(ToldLine("1", 1),), is_last=False)
    two = shipment(
        lines=(ToldLine("1", 1), ToldLine("1", 1), ToldLine("4", 1)), tracking_number="TRACK-2"
    )
    assert [shop(server).tell_shipped(each) for each in (one, two, one, two)] == [
        TOLD, TOLD, ALREADY, ALREADY,
    ]  # fmt: skip
    assert [each["lines"] for each in parcels(front)] == [{"1": 1}, {"1": 2, "4": 1}]


@pytest.mark.parametrize("misdeed", list(Misbehaviour))
def test_a_shipment_is_told_once_whatever_happens(
    misdeed: Misbehaviour, server: ShopServer, front: Shopfront
) -> None:
    shop(server).acknowledge(NUMBER)
    front.misbehave(misdeed)
    with pytest.raises(Unavailable):
        shop(server).tell_shipped(shipment())
    shop(server).tell_shipped(shipment())
    assert len(parcels(front)) == 1


def test_lines_of_ours_that_walmart_has_not_are_left_out(
    server: ShopServer, front: Shopfront
) -> None:
    assert shop(server).tell_shipped(shipment(lines=(ToldLine("", 2),))) is UNSUPPORTED
    shop(server).tell_shipped(shipment(lines=(ToldLine("", 2), ToldLine("4", 1))))
    assert parcels(front)[0]["lines"] == {"4": 1}


def test_more_units_than_are_open_are_refused(server: ShopServer, front: Shopfront) -> None:
    with pytest.raises(PushRefused):
        shop(server).tell_shipped(shipment(lines=(ToldLine("1", 4),)))
    assert parcels(front) == []


# --- cancelling and refunding --------------------------------------------------------


def ended(*lines: ToldLine, reason: str = "out of stock") -> CancelFacts:
    return CancelFacts(NUMBER, lines, reason, "O-1#cancel")


def test_an_order_is_cancelled_once(server: ShopServer, front: Shopfront) -> None:
    whole = ended(ToldLine("1", 3), ToldLine("4", 1))
    assert [shop(server).tell_cancelled(whole) for _ in range(2)] == [TOLD, ALREADY]
    order = front.platform.books.orders[NUMBER]
    assert (order.cancellations, order.state) == (1, State.CANCELLED)
    fetched = mapped(parse(shop(server).fetch(NUMBER)))
    assert fetched.content.channel_state is ChannelState.CANCELLED


def test_a_cancelled_order_of_which_the_reply_was_lost(
    server: ShopServer, front: Shopfront
) -> None:
    shop(server).fetch(NUMBER)
    front.misbehave(Misbehaviour.LOSE_REPLY)
    with pytest.raises(Unavailable):
        shop(server).tell_cancelled(ended())
    assert shop(server).tell_cancelled(ended()) is ALREADY
    assert front.platform.books.orders[NUMBER].cancellations == 1


def test_some_units_are_cancelled_and_the_rest_stays(server: ShopServer, front: Shopfront) -> None:
    for _ in range(2):
        shop(server).tell_cancelled(ended(ToldLine("1", 2)))
    content = mapped(parse(shop(server).fetch(NUMBER))).content
    assert units(content)[0] == ("MUG-BLUE", 1, True)


def test_what_was_sent_is_not_cancelled(server: ShopServer, front: Shopfront) -> None:
    shop(server).tell_shipped(shipment())
    with pytest.raises(PushRefused) as refused:
        shop(server).tell_cancelled(ended(ToldLine("1", 3)))
    assert refused.value.code == "not-cancellable"


def test_a_refund_is_told_once(server: ShopServer, front: Shopfront) -> None:
    shop(server).tell_shipped(shipment())
    back = refund(1256, ToldLine("1", 1))
    assert [shop(server).tell_refunded(back) for _ in range(2)] == [TOLD, ALREADY]
    assert [each["amount"] for each in front.platform.books.orders[NUMBER].refunds] == ["12.56"]
    assert mapped(parse(shop(server).fetch(NUMBER))).refunded == Money(1256, "USD")


def test_everything_is_given_back_and_not_a_cent_more(server: ShopServer, front: Shopfront) -> None:
    shop(server).tell_shipped(shipment())
    shop(server).tell_refunded(refund(1001, ToldLine("4", 1), key="one"))
    shop(server).tell_refunded(refund(6395 - 1001, key="two"))
    with pytest.raises(PushRefused) as refused:
        shop(server).tell_refunded(refund(1, key="three"))
    assert refused.value.code == "refund-too-large"
    assert mapped(parse(shop(server).fetch(NUMBER))).refunded == Money(6395, "USD")


def test_a_gesture_is_given_back_on_what_was_sent(server: ShopServer, front: Shopfront) -> None:
    stand_in(front).refunds_only_shipped = True
    shop(server).tell_shipped(shipment(lines=(ToldLine("4", 1),), is_last=False))
    assert shop(server).tell_refunded(refund(500)) is TOLD
    assert front.platform.books.orders[NUMBER].refunds[0]["lines"] == {"4": 0}


def test_a_refund_of_which_the_reply_was_lost(server: ShopServer, front: Shopfront) -> None:
    shop(server).tell_shipped(shipment())
    front.misbehave(Misbehaviour.LOSE_REPLY)
    with pytest.raises(Unavailable):
        shop(server).tell_refunded(refund(500))
    assert shop(server).tell_refunded(refund(500)) is ALREADY
    assert len(front.platform.books.orders[NUMBER].refunds) == 1


# --- stock ---------------------------------------------------------------------------


def level(sku: str, count: int) -> StockLevel:
    return StockLevel(sku, count, 7, NOW)


@pytest.mark.parametrize("node", ["", "721407"])
def test_stock_is_told_and_read(node: str, server: ShopServer, front: Shopfront) -> None:
    told = shop(server, ship_node=node).set_stock(
        [level("MUG-BLUE", 12), level("CUP-RED", 0), level("NOT LISTED/1", 3)]
    )
    assert told == {"MUG-BLUE": TOLD, "CUP-RED": TOLD, "NOT LISTED/1": UNSUPPORTED}
    seen = shop(server, ship_node=node).stock_of(["MUG-BLUE", "CUP-RED", "NOT LISTED/1"])
    assert seen == {"MUG-BLUE": 12, "CUP-RED": 0}


def test_when_the_tokens_are_used_up_the_rest_is_left_for_later(
    server: ShopServer, front: Shopfront
) -> None:
    stand_in(front).tokens_left = 0
    assert shop(server).set_stock([level("MUG-BLUE", 1), level("CUP-RED", 1)]) == {"MUG-BLUE": TOLD}


def test_a_shop_that_is_asked_too_often_says_so(server: ShopServer, front: Shopfront) -> None:
    shop(server).fetch(NUMBER)
    front.misbehave(Misbehaviour.RATE_LIMIT)
    with pytest.raises(RateLimited):
        shop(server).set_stock([level("MUG-BLUE", 1)])


# --- the stand-in's own webhooks -----------------------------------------------------


def test_the_stand_ins_message_is_believed_and_about_the_order(
    server: ShopServer, front: Shopfront
) -> None:
    sent = front.platform.message(NUMBER)
    assert sent and believed(dict(sent.headers), CASE.account, sent.body)
    assert identified(sent.body)[:2] == (Kind.NOTICE, NUMBER)
    assert json.loads(sent.body)["source"]["eventId"]
