"""Square: who sent it, what it is about, what was bought, and what the shop is told."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local.standins.platform import Misbehaviour, Shopfront, State
from local.standins.shop_http import ShopServer
from local.standins.shops.square import LOCATION, SquareStandIn
from oms.channels.model import NOT_YET, Kind, Unmappable
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
from oms.channels.square import inbound
from oms.channels.square.shop import SquareShop, connect
from oms.kernel.errors import Unavailable
from oms.kernel.money import Money
from oms.orders.content import ChannelState, PaymentTerms
from oms.platform.gate import parse
from tests.contracts.channels.case import NOW, SECRET, put
from tests.contracts.channels.place import serving
from tests.contracts.channels.square import (
    CASE,
    NUMBER,
    SETTINGS,
    document,
    dollars,
    line,
    message,
)
from tests.recorded import PAYLOADS

TOLD, ALREADY, UNSUPPORTED = PushOutcome.TOLD, PushOutcome.ALREADY, PushOutcome.UNSUPPORTED
STORE = "STORE-1"


# --- who sent it ---------------------------------------------------------------------


def test_the_address_is_signed_to_the_letter() -> None:
    raw = message()
    headers = CASE.sign(raw, SECRET) if CASE.sign else {}
    assert inbound.verify(raw, headers, CASE.account, NOW)
    for url in ("", f"{CASE.account.setting('notification_url')}/"):
        moved = replace(CASE.account, settings={"notification_url": url})
        assert not inbound.verify(raw, headers, moved, NOW)


def test_the_published_signatures_are_good() -> None:
    vectors = parse((PAYLOADS / "signatures" / "vectors.json").read_bytes())["square"]
    assert len(vectors) == 3
    for vector in vectors:
        settings = {"notification_url": vector["notification_url"]}
        account = replace(CASE.account, secrets=(vector["signature_key"],), settings=settings)
        raw, headers = vector["body"].encode(), {vector["header_name"]: vector["expected"]}
        assert inbound.verify(raw, headers, account, NOW)
        assert not inbound.verify(raw + b" ", headers, account, NOW)


# --- what it is about ----------------------------------------------------------------


def identified(raw: bytes) -> tuple[Kind, str]:
    found = inbound.identify(raw, {}, parse(raw), CASE.account)
    return found.kind, found.external_id


@pytest.mark.parametrize(
    "event, holder",
    [
        ("order.created", "order_created"),
        ("order.updated", "order_updated"),
        ("order.fulfillment.updated", "order_fulfillment_updated"),
        ("payment.created", "payment"),
        ("payment.updated", "payment"),
        ("refund.created", "refund"),
        ("refund.updated", "refund"),
    ],
)
def test_what_happened_to_an_order_is_a_notice(event: str, holder: str) -> None:
    assert identified(message(event, holder)) == (Kind.NOTICE, NUMBER)


@pytest.mark.parametrize(
    "event", ["inventory.count.updated", "dispute.created", "webhooks.test_notification", ""]
)
def test_other_events_are_ignored(event: str) -> None:
    assert identified(message(event, "inventory_counts"))[0] is Kind.IGNORED


def test_a_payment_without_an_order_is_ignored_and_an_order_without_an_id_is_not() -> None:
    assert identified(message("payment.created", "payment", order_id=None))[0] is Kind.IGNORED
    assert identified(message(order_id=None)) == (Kind.NOTICE, "")


def test_a_notice_has_the_orders_time() -> None:
    found = inbound.identify(message(), {}, parse(message()), CASE.account)
    assert found.version_at == datetime(2026, 11, 21, 19, 27, 42, tzinfo=UTC)


@pytest.mark.parametrize(
    "parsed", [None, [], 7, {"type": []}, {"type": "order.created", "data": 1}]
)
def test_a_message_of_any_shape_is_identified(parsed: Any) -> None:
    assert inbound.identify(b"?", {}, parsed, CASE.account).external_id == ""


RECORDED_EVENTS = {
    "OrderCreatedEvent": (Kind.NOTICE, "eA3vssLHKJrv9H0IdJCM3gNqfdcZY"),
    "OrderUpdatedEvent": (Kind.NOTICE, "eA3vssLHKJrv9H0IdJCM3gNqfdcZY"),
    "OrderFulfillmentUpdatedEvent": (Kind.NOTICE, "eA3vssLHKJrv9H0IdJCM3gNqfdcZY"),
    "PaymentCreatedEvent": (Kind.NOTICE, "03O3USaPaAaFnI6kkwB1JxGgBsUZY"),
    "PaymentUpdatedEvent": (Kind.NOTICE, "03O3USaPaAaFnI6kkwB1JxGgBsUZY"),
    "RefundCreatedEvent": (Kind.NOTICE, "haOyDuHiqtAXMk0d8pDKXpL7Jg4F"),
    "RefundUpdatedEvent": (Kind.NOTICE, "haOyDuHiqtAXMk0d8pDKXpL7Jg4F"),
    "InventoryCountUpdatedEvent": (Kind.IGNORED, ""),
    "DisputeCreatedEvent": (Kind.IGNORED, ""),
}


def recorded(name: str) -> bytes:
    return (PAYLOADS / "square" / f"{name}.json").read_bytes()


@pytest.mark.parametrize("name", RECORDED_EVENTS)
def test_a_recorded_event_is_about(name: str) -> None:
    assert identified(recorded(name)) == RECORDED_EVENTS[name]


def test_recorded_events_of_one_refund_share_their_id_and_not_their_key() -> None:
    created, updated = recorded("RefundCreatedEvent"), recorded("RefundUpdatedEvent")
    assert parse(created)["event_id"] == parse(updated)["event_id"]
    keys = {
        inbound.identify(raw, {}, parse(raw), CASE.account).delivery_key
        for raw in (created, updated)
    }
    assert len(keys) == 2


# --- the order -----------------------------------------------------------------------


def mapped(given: Any) -> Any:
    return inbound.map_order(given, CASE.account)


def refused(given: Any) -> str:
    with pytest.raises(Unmappable) as unfit:
        mapped(given)
    return unfit.value.code


def over_the_counter(**changes: Any) -> dict[str, Any]:
    """A sale in the store: paid, and no fulfilment."""
    given = document()
    del given["order"]["fulfillments"]
    given["order"].update({"state": "COMPLETED", **changes})
    return given


def with_way(kind: str, stands: str, **changes: Any) -> dict[str, Any]:
    given = document()
    details = f"{kind.lower()}_details"
    way = {"uid": "way-1", "type": kind, "state": stands, details: {"recipient": {}}}
    given["order"]["fulfillments"] = [way]
    given["order"].update(changes)
    return given


def test_an_order_to_be_sent_becomes_one_of_ours() -> None:
    order = mapped(document())
    content = order.content
    assert (order.external_id, order.number, order.currency) == (NUMBER, "WEB-2017", "USD")
    assert [(each.sku, each.quantity, each.needs_shipping) for each in content.lines] == [
        ("MUG-BLUE", 3, True), ("CUP-RED", 1, True), ("", 1, False),
    ]  # fmt: skip
    assert (content.lines[0].discount, content.lines[0].tax) == (
        Money(380, "USD"),
        Money(279, "USD"),
    )
    assert (content.lines[2].title, content.lines[2].tax) == ("Shipping", Money(39, "USD"))
    assert content.totals.total == Money(6361, "USD") == content.totals.channel_total
    assert content.channel_state is ChannelState.OPEN
    assert content.terms is PaymentTerms.PAID_IN_CHANNEL
    assert content.shipping_address and content.shipping_address.lines[1] == "Apt 3"
    assert (content.customer.name, content.customer.phone) == ("Edda Lind", "+12025550143")
    assert content.handed_over_at == ""
    assert order.version_at == datetime(2026, 11, 21, 19, 27, 42, tzinfo=UTC)


def test_a_sale_over_the_counter_left_its_store() -> None:
    content = mapped(over_the_counter()).content
    assert content.channel_state is ChannelState.HANDED_OVER
    assert content.handed_over_at == STORE
    assert content.shipping_address is None
    assert content.lines[0].needs_shipping


def test_an_open_sale_that_is_paid_left_the_store_too() -> None:
    assert mapped(over_the_counter(state="OPEN")).content.handed_over_at == STORE


def test_a_sale_at_a_location_without_a_node_waits_for_a_person() -> None:
    assert refused(over_the_counter(location_id="ELSEWHERE")) == "unknown-location"


def test_an_order_to_be_sent_may_come_from_any_location() -> None:
    given = document()
    given["order"]["location_id"] = "ELSEWHERE"
    assert mapped(given).content.channel_state is ChannelState.OPEN


@pytest.mark.parametrize("kind", ["PICKUP", "IN_STORE"])
def test_what_the_customer_fetched_is_handed_over(kind: str) -> None:
    assert mapped(with_way(kind, "COMPLETED")).content.handed_over_at == STORE
    assert mapped(with_way(kind, "PREPARED")).content.channel_state is ChannelState.OPEN


@pytest.mark.parametrize(
    "given, state",
    [
        (with_way("SHIPMENT", "COMPLETED"), ChannelState.FULFILLED),
        (with_way("DELIVERY", "RESERVED"), ChannelState.OPEN),
        (with_way("SHIPMENT", "CANCELED"), ChannelState.CANCELLED),
        (with_way("SHIPMENT", "PROPOSED", state="CANCELED"), ChannelState.CANCELLED),
        (over_the_counter(state="CANCELED"), ChannelState.CANCELLED),
    ],
)
def test_the_state_follows_the_fulfilments(given: Any, state: ChannelState) -> None:
    assert mapped(given).content.channel_state is state


def test_what_is_sent_decides_where_some_is_fetched() -> None:
    given = with_way("PICKUP", "COMPLETED")
    given["order"]["fulfillments"] += document()["order"]["fulfillments"]
    assert mapped(given).content.channel_state is ChannelState.OPEN


def test_a_draft_and_an_open_ticket_are_no_orders_yet() -> None:
    draft = document()
    draft["order"]["state"] = "DRAFT"
    ticket = over_the_counter(state="OPEN", net_amount_due_money=dollars(6361))
    assert (refused(draft), refused(ticket)) == (NOT_YET, NOT_YET)


def test_goods_that_came_back_are_no_order() -> None:
    back = over_the_counter(line_items=[], returns=[{"source_order_id": NUMBER}])
    assert refused(back) == "return-order"


@pytest.mark.parametrize(
    "changes, expected",
    [
        ({}, PaymentTerms.PAID_IN_CHANNEL),
        ({"net_amount_due_money": dollars(1)}, PaymentTerms.UNPAID_IN_CHANNEL),
        ({"net_amount_due_money": None}, PaymentTerms.PAID_IN_CHANNEL),
        ({"net_amount_due_money": None, "tenders": []}, PaymentTerms.UNPAID_IN_CHANNEL),
    ],
)
def test_an_open_order_is_paid_when_nothing_is_due(
    changes: dict[str, Any], expected: PaymentTerms
) -> None:
    given = document()
    given["order"].update(changes)
    assert mapped(given).content.terms is expected


def test_a_payment_that_is_only_approved_is_an_authorisation() -> None:
    given = document()
    given["payments"][0]["status"] = "APPROVED"
    assert mapped(given).content.terms is PaymentTerms.AUTHORIZED_IN_CHANNEL


def test_a_tax_that_the_price_contains_is_not_added() -> None:
    given = over_the_counter(
        line_items=[line("L", "VARMUGBLUE", "Mug", "3", 1190, tax=570)],
        taxes=[{"uid": "sales-tax", "type": "INCLUSIVE"}],
        service_charges=[],
        total_money=dollars(3570),
    )
    content = mapped(given).content
    assert (content.totals.total, content.totals.tax) == (Money(3570, "USD"), Money(570, "USD"))
    assert content.lines[0].unit_price == Money(1000, "USD")


def test_modifiers_are_in_the_price() -> None:
    mug = line("L", "VARMUGBLUE", "Mug", "2", 1000)
    mug.update(gross_sales_money=dollars(2100), variation_name="Large")
    given = over_the_counter(line_items=[mug], service_charges=[], total_money=dollars(2100))
    content = mapped(given).content
    assert content.lines[0].unit_price == Money(1050, "USD")
    assert (content.lines[0].title, content.totals.variance.amount_minor) == ("Mug - Large", 0)


def test_tips_and_rounding_are_charges() -> None:
    given = over_the_counter(
        total_tip_money=dollars(200),
        rounding_adjustment={"uid": "r", "amount_money": dollars(-1)},
        total_money=dollars(6361 + 199),
    )
    content = mapped(given).content
    assert [each.title for each in content.lines[2:]] == ["Shipping", "Tip", "Rounding"]
    assert content.totals.variance.amount_minor == 0


@pytest.mark.parametrize("kind", ["CUSTOM_AMOUNT", "GIFT_CARD"])
def test_what_is_no_goods_needs_no_sku_and_no_shipping(kind: str) -> None:
    custom = {**line("L", "", "Keyed in", "1", 500), "item_type": kind}
    content = mapped(over_the_counter(line_items=[custom])).content
    assert (content.lines[0].sku, content.lines[0].needs_shipping) == ("", False)


def test_a_variation_without_a_sku_is_kept() -> None:
    given = document()
    del given["skus"]["VARMUGBLUE"]
    assert mapped(given).content.lines[0].sku == ""


def test_refunds_come_from_the_payments() -> None:
    given = document()
    given["payments"][0]["refunded_money"] = dollars(1290)
    assert mapped(given).refunded == Money(1290, "USD")
    del given["payments"]
    given["order"]["refunds"] = [
        {"status": "APPROVED", "amount_money": dollars(700)},
        {"status": "REJECTED", "amount_money": dollars(999)},
    ]
    assert mapped(given).refunded == Money(700, "USD")


@pytest.mark.parametrize("units", ["1.0", "3.00000"])
def test_a_whole_quantity_may_be_written_as_a_decimal(units: str) -> None:
    given = document()
    given["order"]["line_items"][0]["quantity"] = units
    assert mapped(given).content.lines[0].quantity == int(units[0])


@pytest.mark.parametrize(
    "path, value, code",
    [
        (CASE.where["quantity"], "0.5", "invalid-quantity"),
        (CASE.where["quantity"], "0", "invalid-quantity"),
        (CASE.where["quantity"], 2, "invalid-quantity"),
        (CASE.where["quantity"], "1e3", "invalid-quantity"),
        (CASE.where["currency"], "usd", "unknown-currency"),
        (CASE.where["currency"], None, "missing-field"),
        (CASE.where["lines"], [], "invalid-lines"),
        (CASE.where["price"], "12.90", "invalid-amount"),
        (CASE.where["price"], -1, "invalid-amount"),
        (CASE.where["price"], 10**17, "invalid-amount"),
        (("order", "line_items", 0, "base_price_money", "currency"), "EUR", "currency-mismatch"),
        (CASE.where["external_id"], "../../x", "invalid-id"),
        (CASE.where["external_id"], 7, "invalid-id"),
        (CASE.where["line_id"], None, "missing-field"),
    ],
)
def test_what_cannot_be_an_order_says_why(path: Any, value: Any, code: str) -> None:
    given = document()
    put(given, path, value)
    assert refused(given) == code


# number, total, units and tax of each line
RECORDED_ORDERS = {
    "RetrieveOrderResponse": ("CAISENgvlJ6jLWAzERDzjyHVybY", "5.50 USD", [(1, 0), (2, 0)]),
    "CreateOrderResponse": ("my-order-001", "61.76 USD", [(1, 136), (2, 374)]),
    "UpdateOrderResponse": ("DREk7wJcyXNHqULq8JJ2iPAsluJZY", "9.00 USD", [(1, 0), (2, 0)]),
}


@pytest.mark.parametrize("name", RECORDED_ORDERS)
def test_a_recorded_order_is_an_open_ticket_until_it_is_paid(name: str) -> None:
    given = parse(recorded(name))
    assert refused(given) == NOT_YET
    given["order"]["state"] = "COMPLETED"
    assert refused(given) == "unknown-location"
    location = given["order"]["location_id"]
    order = inbound.map_order(given, replace(CASE.account, nodes={location: STORE}))
    content = order.content
    assert RECORDED_ORDERS[name] == (
        order.number,
        str(content.totals.total),
        [(each.quantity, each.tax.amount_minor) for each in content.lines],
    )
    assert content.totals.variance.amount_minor == 0
    assert (content.channel_state, content.handed_over_at) == (ChannelState.HANDED_OVER, STORE)


def test_a_recorded_calculation_names_no_order() -> None:
    assert refused(parse(recorded("CalculateOrderResponse"))) == "missing-field"


def test_a_recorded_draft_is_no_order_yet() -> None:
    assert refused(parse(recorded("CloneOrderResponse"))) == NOT_YET


def test_a_recorded_order_of_an_old_version_says_little_and_maps() -> None:
    (order,) = parse(recorded("BatchRetrieveOrdersResponse"))["orders"]
    order.update(fulfillments=document()["order"]["fulfillments"])
    found = mapped({"order": order})
    assert (found.number, str(found.content.totals.total)) == ("my-order-001", "75.99 USD")
    assert found.content.totals.variance.amount_minor == 0
    assert found.content.terms is PaymentTerms.UNPAID_IN_CHANNEL


# --- the shop ------------------------------------------------------------------------


@pytest.fixture
def server() -> Iterator[ShopServer]:
    with serving() as running:
        yield running


@pytest.fixture
def front(server: ShopServer) -> Shopfront:
    front = server.street.shop("square", "demo")
    front.platform.take_order(document())
    return front


def shop(server: ShopServer, nodes: dict[str, str] | None = None, **settings: str) -> SquareShop:
    given = {**SETTINGS, "base_url": server.base_url("square", "demo"), **settings}
    where = {LOCATION: STORE} if nodes is None else nodes
    connected = connect(replace(CASE.account, settings=given, nodes=where))
    assert connected is not None
    return connected


def stand_in(front: Shopfront) -> SquareStandIn:
    assert isinstance(front.platform, SquareStandIn)
    return front.platform


def shipment(**changes: Any) -> ShipmentFacts:
    lines = (ToldLine("line-mug", 3), ToldLine("line-cup", 1))
    facts = ShipmentFacts(NUMBER, lines, "TRACK-1", "UPS", "https://ups.example/1", "O-1#ship")
    return replace(facts, **changes)


def refund(minor: int, key: str = "O-1#refund#1") -> RefundFacts:
    return RefundFacts(NUMBER, Money(minor, "USD"), (), "broken", key)


def ended(*lines: ToldLine, gives_back: bool = True) -> CancelFacts:
    return CancelFacts(NUMBER, lines, "out of stock", "O-1#cancel", gives_back)


def given_back(front: Shopfront) -> list[str]:
    return [each["amount"] for each in front.platform.books.orders[NUMBER].refunds]


def test_an_account_without_credentials_cannot_be_called() -> None:
    assert connect(CASE.account) is None


def test_an_order_is_fetched_with_its_skus_and_payments(
    server: ShopServer, front: Shopfront
) -> None:
    fetched = shop(server).fetch(NUMBER)
    assert mapped(parse(fetched)) == mapped(document())
    assert fetched == shop(server).fetch(NUMBER)


def test_what_a_payment_says_of_cards_is_not_kept(server: ShopServer, front: Shopfront) -> None:
    stand_in(front).payments["PAY1"]["card_details"] = {"card": {"last_4": "9029"}}
    assert b"9029" not in shop(server).fetch(NUMBER)


def test_of_goods_that_came_back_the_sale_is_fetched(server: ShopServer, front: Shopfront) -> None:
    back = {
        "id": "RETURN1",
        "returns": [{"source_order_id": NUMBER}],
        "updated_at": "2026-11-21T20:00:00.000Z",
    }
    front.platform.take_order(back)
    assert shop(server).fetch("RETURN1") == shop(server).fetch(NUMBER)
    page = shop(server).changed(datetime(2026, 11, 21, 19, 59, tzinfo=UTC), "")
    assert [each.external_id for each in page.items] == [NUMBER]


def test_an_order_that_the_shop_does_not_know(server: ShopServer, front: Shopfront) -> None:
    with pytest.raises(PushRefused) as refusal:
        shop(server).fetch("404")
    assert refusal.value.code == "not-in-shop"


def test_a_wrong_token_is_a_matter_of_credentials(server: ShopServer, front: Shopfront) -> None:
    with pytest.raises(PushRefused) as refusal:
        shop(server, access_token="wrong").fetch(NUMBER)
    assert refusal.value.code == "shop-credentials"


def test_an_answer_of_another_shape_is_unavailable(server: ShopServer, front: Shopfront) -> None:
    front.platform.books.orders[NUMBER].document["fulfillments"] = "none"
    with pytest.raises(Unavailable):
        shop(server).tell_shipped(shipment())


def test_changed_orders_are_listed_page_by_page(server: ShopServer, front: Shopfront) -> None:
    for n in range(130):
        given = document()
        given["order"]["id"] = f"N{n:03d}"
        front.platform.take_order(given)
    draft = document()
    draft["order"].update(id="DRAFT", state="DRAFT")
    front.platform.take_order(draft)
    since, seen, cursor = datetime(2026, 11, 21, 19, 27, tzinfo=UTC), list[str](), ""
    while True:
        page = shop(server).changed(since, cursor)
        seen += [each.external_id for each in page.items]
        if not (cursor := page.next_cursor):
            break
    assert sorted(seen) == sorted([NUMBER, *(f"N{n:03d}" for n in range(130))])
    assert shop(server).changed(since + timedelta(hours=1), "").items == ()


def test_more_than_ten_locations_are_asked_in_turn(server: ShopServer, front: Shopfront) -> None:
    nodes = {f"A{n:02d}": f"NODE-{n}" for n in range(12)}
    many = shop(server, nodes)
    first = many.changed(datetime(2026, 11, 21, tzinfo=UTC), "")
    second = many.changed(datetime(2026, 11, 21, tzinfo=UTC), first.next_cursor)
    assert (len(first.items), len(second.items), second.next_cursor) == (0, 1, "")


# --- shipments -----------------------------------------------------------------------


def parcels(front: Shopfront) -> list[str]:
    return [each["tracking"] for each in front.platform.books.orders[NUMBER].fulfilments]


def test_a_shipment_is_told_once(server: ShopServer, front: Shopfront) -> None:
    assert [shop(server).tell_shipped(shipment()) for _ in range(2)] == [TOLD, ALREADY]
    assert parcels(front) == ["TRACK-1"]
    assert front.platform.books.orders[NUMBER].state is State.FULFILLED
    fetched = mapped(parse(shop(server).fetch(NUMBER)))
    assert fetched.content.channel_state is ChannelState.FULFILLED


def test_only_the_last_parcel_completes_the_order(server: ShopServer, front: Shopfront) -> None:
    one = shipment(lines=(ToldLine("line-mug", 3),), is_last=False)
    two = shipment(lines=(ToldLine("line-cup", 1),), tracking_number="TRACK-2", key="O-1#ship#2")
    assert shop(server).tell_shipped(one) is TOLD
    assert front.platform.books.orders[NUMBER].state is State.OPEN
    assert shop(server).tell_shipped(two) is TOLD
    assert [shop(server).tell_shipped(each) for each in (one, two)] == [ALREADY, ALREADY]
    assert parcels(front) == ["TRACK-1", "TRACK-2"]
    assert front.platform.books.orders[NUMBER].state is State.FULFILLED


def test_a_number_that_somebody_typed_in_is_known(server: ShopServer, front: Shopfront) -> None:
    way = front.platform.books.orders[NUMBER].document["fulfillments"][0]
    way["shipment_details"]["tracking_number"] = "TRACK-1"
    assert shop(server).tell_shipped(shipment(is_last=False)) is ALREADY


@pytest.mark.parametrize("misdeed", list(Misbehaviour))
def test_a_shipment_is_told_once_whatever_happens(
    misdeed: Misbehaviour, server: ShopServer, front: Shopfront
) -> None:
    front.misbehave(misdeed)
    with pytest.raises(Unavailable):
        shop(server).tell_shipped(shipment())
    again = shop(server).tell_shipped(shipment())
    assert again is (ALREADY if misdeed is Misbehaviour.LOSE_REPLY else TOLD)
    assert parcels(front) == ["TRACK-1"]


def test_many_tellers_at_once_tell_once(server: ShopServer, front: Shopfront) -> None:
    start, outcomes = threading.Barrier(6), list[PushOutcome]()

    def tell() -> None:
        start.wait()
        outcomes.append(shop(server).tell_shipped(shipment()))

    threads = [threading.Thread(target=tell) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(outcomes), outcomes.count(TOLD), parcels(front)) == (6, 1, ["TRACK-1"])


def test_a_stale_version_is_looked_at_again(
    server: ShopServer, front: Shopfront, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody edits the order between our look and our change."""
    connected, order = shop(server), front.platform.books.orders[NUMBER]
    look, edits = SquareShop._order, [1]

    def look_and_be_late(self: SquareShop, external_id: str) -> Any:
        found = look(self, external_id)
        if edits:
            order.document["version"] += edits.pop()
        return found

    monkeypatch.setattr(SquareShop, "_order", look_and_be_late)
    assert connected.tell_shipped(shipment()) is TOLD
    assert parcels(front) == ["TRACK-1"]


def test_a_cancelled_order_is_not_shipped(server: ShopServer, front: Shopfront) -> None:
    front.platform.cancel(NUMBER)
    with pytest.raises(PushRefused) as refusal:
        shop(server).tell_shipped(shipment())
    assert refusal.value.code == "over-in-shop"


def test_of_a_sale_over_the_counter_nobody_is_told(server: ShopServer, front: Shopfront) -> None:
    front.platform.take_order(over_the_counter())
    assert shop(server).tell_shipped(shipment()) is UNSUPPORTED


# --- cancelling and refunding --------------------------------------------------------


def test_a_cancelled_order_gives_its_money_back_once(server: ShopServer, front: Shopfront) -> None:
    whole = ended(ToldLine("line-mug", 3), ToldLine("line-cup", 1))
    assert [shop(server).tell_cancelled(whole) for _ in range(2)] == [TOLD, ALREADY]
    order = front.platform.books.orders[NUMBER]
    assert (order.state, order.cancellations, given_back(front)) == (State.CANCELLED, 1, ["6361"])


def test_a_cancelled_order_of_which_we_keep_the_money(server: ShopServer, front: Shopfront) -> None:
    assert shop(server).tell_cancelled(ended(gives_back=False)) is TOLD
    assert given_back(front) == []


@pytest.mark.parametrize("lost", [1, 2])
def test_a_cancellation_of_which_a_reply_was_lost(
    lost: int, server: ShopServer, front: Shopfront
) -> None:
    """The first write cancels, the second gives the money back."""
    if lost == 2:
        assert shop(server).tell_cancelled(ended(gives_back=False)) is TOLD
    front.misbehave(Misbehaviour.LOSE_REPLY)
    with pytest.raises(Unavailable):
        shop(server).tell_cancelled(ended())
    shop(server).tell_cancelled(ended())
    order = front.platform.books.orders[NUMBER]
    assert (order.cancellations, given_back(front)) == (1, ["6361"])


def test_a_payment_that_was_not_taken_is_let_go(server: ShopServer, front: Shopfront) -> None:
    stand_in(front).payments["PAY1"]["status"] = "APPROVED"
    assert shop(server).tell_cancelled(ended()) is TOLD
    assert stand_in(front).payments["PAY1"]["status"] == "CANCELED"
    assert given_back(front) == []


def test_of_an_order_that_ended_in_part_the_part_is_given_back(
    server: ShopServer, front: Shopfront
) -> None:
    part = ended(ToldLine("line-cup", 1))
    assert [shop(server).tell_cancelled(part) for _ in range(2)] == [TOLD, ALREADY]
    assert given_back(front) == ["2063"]
    assert front.platform.books.orders[NUMBER].state is State.OPEN


def test_a_refund_is_told_once(server: ShopServer, front: Shopfront) -> None:
    assert [shop(server).tell_refunded(refund(500)) for _ in range(2)] == [TOLD, ALREADY]
    assert shop(server).tell_refunded(refund(500, "O-1#refund#2")) is TOLD
    assert given_back(front) == ["500", "500"]
    assert mapped(parse(shop(server).fetch(NUMBER))).refunded == Money(1000, "USD")


def test_a_refund_over_two_payments_is_not_spread_again(
    server: ShopServer, front: Shopfront
) -> None:
    given = document()
    tender = {"id": "T2", "type": "CARD", "payment_id": "PAY2", "amount_money": dollars(3000)}
    given["order"]["tenders"] += [tender]
    given["payments"] = [
        {"id": "PAY1", "status": "COMPLETED", "total_money": dollars(3361)},
        {"id": "PAY2", "status": "COMPLETED", "total_money": dollars(3000)},
    ]
    front.platform.take_order(given)
    front.misbehave(Misbehaviour.LOSE_REPLY)
    with pytest.raises(Unavailable):
        shop(server).tell_refunded(refund(4000))
    assert shop(server).tell_refunded(refund(4000)) is TOLD
    assert shop(server).tell_refunded(refund(4000)) is ALREADY
    assert given_back(front) == ["3361", "639"]


def test_more_than_was_paid_is_refused(server: ShopServer, front: Shopfront) -> None:
    with pytest.raises(PushRefused) as refusal:
        shop(server).tell_refunded(refund(6362))
    assert refusal.value.code == "refund-too-large"
    assert given_back(front) == []


# --- stock ---------------------------------------------------------------------------


def level(sku: str, count: int, version: int = 7, at: datetime | None = None) -> StockLevel:
    return StockLevel(sku, count, version, at or datetime.now(UTC) - timedelta(minutes=5))


def test_stock_is_told_and_read(server: ShopServer, front: Shopfront) -> None:
    told = shop(server).set_stock(
        [level("MUG-BLUE", 12), level("CUP-RED", -2), level("mug-blue", 5), level("NOT-LISTED", 3)]
    )
    assert told == {
        "MUG-BLUE": TOLD, "CUP-RED": TOLD, "mug-blue": UNSUPPORTED, "NOT-LISTED": UNSUPPORTED,
    }  # fmt: skip
    assert shop(server).stock_of(["MUG-BLUE", "CUP-RED", "NOT-LISTED"]) == {
        "MUG-BLUE": 12, "CUP-RED": 0,
    }  # fmt: skip


def test_the_same_levels_again_are_written_once(server: ShopServer, front: Shopfront) -> None:
    levels = [level("MUG-BLUE", 12), level("CUP-RED", 4)]
    for each in (levels, levels[::-1], levels):
        assert set(shop(server).set_stock(each).values()) == {TOLD}
    assert front.platform.books.stock_writes == 2


def test_a_count_that_somebody_made_in_the_shop_is_put_right(
    server: ShopServer, front: Shopfront
) -> None:
    """Square would ignore a count that is older than that."""
    now = datetime.now(UTC)
    shop(server).set_stock([level("MUG-BLUE", 3, 9, now - timedelta(minutes=1))])
    shop(server).set_stock([level("MUG-BLUE", 8, 10, now - timedelta(minutes=2))])
    assert shop(server).stock_of(["MUG-BLUE"]) == {"MUG-BLUE": 8}


def test_a_figure_that_the_shop_counts_already_is_not_written(
    server: ShopServer, front: Shopfront
) -> None:
    front.platform.books.stock["MUG-BLUE"] = 12
    assert shop(server).set_stock([level("MUG-BLUE", 12)]) == {"MUG-BLUE": TOLD}
    assert front.platform.books.stock_writes == 0


def test_a_level_of_last_week_is_told_as_of_now(server: ShopServer, front: Shopfront) -> None:
    """Square refuses a count that is over a day old."""
    shop(server).set_stock([level("MUG-BLUE", 3, 9, datetime.now(UTC) - timedelta(days=7))])
    counted = stand_in(front)._counted_at["MUG-BLUE"]
    assert datetime.fromisoformat(counted) > datetime.now(UTC) - timedelta(hours=2)


def test_without_a_location_there_is_no_stock_to_tell(server: ShopServer, front: Shopfront) -> None:
    nowhere = shop(server, location_id="")
    assert nowhere.set_stock([level("MUG-BLUE", 3)]) == {"MUG-BLUE": UNSUPPORTED}
    assert nowhere.stock_of(["MUG-BLUE"]) == {}


def test_a_shop_that_is_asked_too_often_says_so(server: ShopServer, front: Shopfront) -> None:
    front.misbehave(Misbehaviour.RATE_LIMIT)
    with pytest.raises(RateLimited):
        shop(server).tell_shipped(shipment())


# --- the stand-in's own webhooks -----------------------------------------------------


def test_the_stand_ins_message_is_believed_and_about_the_order(
    server: ShopServer, front: Shopfront
) -> None:
    sent = front.platform.message(NUMBER)
    assert sent and inbound.verify(sent.body, sent.headers, CASE.account, NOW)
    assert identified(sent.body) == (Kind.NOTICE, NUMBER)
    assert json.loads(sent.body)["type"] == "order.created"
