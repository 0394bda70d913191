"""What is BigCommerce's own: hooks without a signature, two kinds of discount, two currencies,
amounts of four decimals, a store that is asked page by page and told once."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from local.standins.platform import Books, Misbehaviour, Shopfront
from local.standins.shop_http import ShopServer
from local.standins.shop_street import ShopStreet
from oms.channels.bigcommerce import inbound
from oms.channels.bigcommerce.shop import BigCommerceShop, connect
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
from tests.contracts.channels.bigcommerce import CASE, document, message, sign
from tests.contracts.channels.case import NOW, SECRET
from tests.contracts.channels.place import serving
from tests.unit.channels.samples import event

ACCOUNT = CASE.account
YESTERDAY = NOW - timedelta(days=1)


def mapped(**changes: Any) -> MappedOrder:
    whole = document()
    whole["order"].update(changes)
    return inbound.map_order(whole, ACCOUNT)


def with_line(number: int = 0, **changes: Any) -> MappedOrder:
    whole = document()
    whole["products"][number].update(changes)
    return inbound.map_order(whole, ACCOUNT)


# --- who sent it, and what it is about -----------------------------------------------


def test_a_signed_message_is_a_notice_of_its_order() -> None:
    raw = message()
    assert inbound.verify(raw, sign(raw, SECRET), ACCOUNT, NOW)
    delivery = inbound.identify(raw, sign(raw, SECRET), gate.parse(raw), ACCOUNT)
    assert (delivery.kind, delivery.external_id) == (Kind.NOTICE, "118")
    assert delivery.topic == "store/order/created"


def test_a_message_of_another_store_of_the_same_app_is_not_believed() -> None:
    raw = message(producer="stores/other")
    assert not inbound.verify(raw, sign(raw, SECRET), ACCOUNT, NOW)


def test_a_message_that_is_sent_again_much_later_is_not_believed() -> None:
    raw = message()
    assert not inbound.verify(raw, sign(raw, SECRET), ACCOUNT, NOW + timedelta(minutes=6))


def test_an_old_hook_shows_the_agreed_header() -> None:
    agreed = replace(ACCOUNT, settings={"header_name": "X-Agreed"})
    raw = message()
    assert inbound.verify(raw, {"x-agreed": SECRET}, agreed, NOW)
    assert not inbound.verify(raw, {"x-agreed": "guess"}, agreed, NOW)
    assert not inbound.verify(raw, {"x-agreed": ""}, agreed, NOW)
    assert not inbound.verify(message(producer="stores/x"), {"x-agreed": SECRET}, agreed, NOW)


def test_without_the_setting_no_header_will_do() -> None:
    assert not inbound.verify(message(), {"x-agreed": SECRET, "": SECRET}, ACCOUNT, NOW)


def test_a_wrong_signature_is_not_made_good_by_the_header() -> None:
    agreed = replace(ACCOUNT, settings={"header_name": "X-Agreed"})
    raw = message()
    headers = {**sign(raw, "other"), "X-Agreed": SECRET}
    assert not inbound.verify(raw, headers, agreed, NOW)


@pytest.mark.parametrize(
    "scope",
    ["store/sku/inventory/updated", "store/product/inventory/order/updated", "store/cart/created",
     "store/order/message/created", "", 7],
)  # fmt: skip
def test_echoes_of_our_stock_and_other_talk_are_ignored(scope: Any) -> None:
    raw = message(scope)
    delivery = inbound.identify(raw, {}, gate.parse(raw), ACCOUNT)
    assert (delivery.kind, delivery.external_id) == (Kind.IGNORED, "")


def test_a_refund_is_a_notice_of_its_order() -> None:
    data = {"type": "order", "id": 118, "refund": {"refund_id": 7}}
    raw = message("store/order/refund/created", data=data)
    assert inbound.identify(raw, {}, gate.parse(raw), ACCOUNT).external_id == "118"


@pytest.mark.parametrize(
    "name, kind", [("order_created", Kind.NOTICE), ("stock_echo", Kind.IGNORED)]
)
def test_the_sample_deliveries_are_signed_and_end_as_their_names_say(name: str, kind: Kind) -> None:
    delivery = event(f"receive_webhook/bigcommerce_{name}")
    raw, sent = gate.body_bytes(delivery), delivery["headers"]
    assert inbound.verify(raw, sent, ACCOUNT, NOW)
    assert inbound.identify(raw, sent, gate.parse(raw), ACCOUNT).kind is kind


# --- money ---------------------------------------------------------------------------


def test_the_sample_adds_up_to_the_cent() -> None:
    """Both discounts subtract, the fee is not in the total, credit is a payment."""
    order = mapped()
    totals = order.content.totals
    assert order.currency == "USD"
    assert str(totals.channel_total) == "61.98 USD"
    assert totals.variance.amount_minor == 0
    assert str(totals.discount) == "6.02 USD"  # two lines do not divide, by a cent each
    assert (str(totals.shipping), str(totals.tax)) == ("10.99 USD", "5.73 USD")
    assert [line.sku for line in order.content.lines] == ["MUG-BLUE", "CUP-RED"]


def test_a_fee_counts_where_the_total_contains_it() -> None:
    content = mapped(total_inc_tax="74.2800").content
    assert [line.title for line in content.lines][-1] == "Season fee"
    assert content.totals.variance.amount_minor == 0
    assert not content.lines[-1].needs_shipping


def test_wrapping_and_handling_are_lines_that_nobody_sends() -> None:
    content = mapped(
        total_inc_tax="68.2800",
        wrapping_cost_inc_tax="3.3000", wrapping_cost_tax="0.3000",
        handling_cost_inc_tax="3.0000", handling_cost_tax="0.0000",
    ).content  # fmt: skip
    assert [line.title for line in content.lines][2:] == ["Gift wrapping", "Handling"]
    assert content.totals.variance.amount_minor == 0


def test_four_decimals_do_not_drift() -> None:
    """62.6793 without tax and 5.1607 of it are 67.84 with it, and not 67.83 or 67.85."""
    line = with_line(total_inc_tax="67.8400", total_tax="5.1607").content.lines[0]
    assert (str(line.unit_price * 2), str(line.tax)) == ("62.68 USD", "5.16 USD")


def test_a_total_of_another_sum_is_a_variance_and_no_refusal() -> None:
    assert mapped(total_inc_tax="60.00").content.totals.variance.amount_minor == -198


def test_what_was_given_back_is_told() -> None:
    assert str(mapped(refunded_amount="12.5000").refunded) == "12.50 USD"


# --- state, terms, places ------------------------------------------------------------


@pytest.mark.parametrize(
    "status, paid, terms, state",
    [
        (11, "", "PAID_IN_CHANNEL", "OPEN"),
        (11, "authorized", "AUTHORIZED_IN_CHANNEL", "OPEN"),
        (11, "declined", "UNPAID_IN_CHANNEL", "OPEN"),
        (9, "captured", "PAID_IN_CHANNEL", "OPEN"),
        (1, "", "UNPAID_IN_CHANNEL", "OPEN"),
        (7, "", "UNPAID_IN_CHANNEL", "OPEN"),
        (12, "captured", "UNPAID_IN_CHANNEL", "OPEN"),
        (13, "captured", "UNPAID_IN_CHANNEL", "OPEN"),
        (3, "captured", "PAID_IN_CHANNEL", "OPEN"),
        (14, "partially refunded", "PAID_IN_CHANNEL", "OPEN"),
        (2, "captured", "PAID_IN_CHANNEL", "FULFILLED"),
        (8, "captured", "PAID_IN_CHANNEL", "FULFILLED"),
        (10, "captured", "PAID_IN_CHANNEL", "FULFILLED"),
        (4, "refunded", "PAID_IN_CHANNEL", "CANCELLED"),
        (5, "", "PAID_IN_CHANNEL", "CANCELLED"),
        (6, "declined", "UNPAID_IN_CHANNEL", "CANCELLED"),
        (99, "captured", "PAID_IN_CHANNEL", "OPEN"),
    ],
)
def test_status_and_payment(status: int, paid: str, terms: str, state: str) -> None:
    content = mapped(status_id=status, payment_status=paid).content
    assert (content.terms, content.channel_state) == (PaymentTerms(terms), ChannelState(state))


def test_an_archived_order_is_cancelled_unless_it_was_sent() -> None:
    assert mapped(is_deleted=True).content.channel_state is ChannelState.CANCELLED
    assert mapped(is_deleted=True, status_id=2).content.channel_state is ChannelState.FULFILLED


def test_a_checkout_that_is_not_finished_is_no_order_yet() -> None:
    with pytest.raises(Unmappable) as unfit:
        mapped(status_id=0)
    assert (unfit.value.code, unfit.value.pointer) == ("not-an-order-yet", "/order/status_id")


@pytest.mark.parametrize(
    "sent, refunded, open_units",
    [(0, 0, [3]), (1, 0, [2]), (0, 1, [2]), (1, 1, [2]), (3, 0, []), (0, 9, [])],
)
def test_units_that_are_done_there_need_no_shipping(
    sent: int, refunded: int, open_units: list[int]
) -> None:
    order = with_line(1, quantity_shipped=sent, quantity_refunded=refunded)
    cups = [line for line in order.content.lines if line.sku == "CUP-RED"]
    assert [line.quantity for line in cups if line.needs_shipping] == open_units
    assert sum(line.quantity for line in cups) == 3
    assert order.content.totals.variance.amount_minor == 0


@pytest.mark.parametrize("kind", ["digital", "giftcertificate"])
def test_what_is_no_thing_is_not_sent(kind: str) -> None:
    assert not with_line(type=kind).content.lines[0].needs_shipping


def to_two_places(**changes: Any) -> dict[str, Any]:
    whole = document()
    other = {**whole["shipping_addresses"][0], "id": 13, **changes}
    whole["shipping_addresses"].append(other)
    whole["products"][1]["order_address_id"] = 13
    return whole


def test_goods_for_two_places_wait_for_a_person() -> None:
    with pytest.raises(Unmappable) as unfit:
        inbound.map_order(to_two_places(street_1="2 Other Street"), ACCOUNT)
    assert unfit.value.code == "several-addresses"


def test_the_same_place_twice_is_one_place() -> None:
    order = inbound.map_order(to_two_places(), ACCOUNT)
    assert order.content.shipping_address and order.content.shipping_address.city == "Portland"


def test_where_a_gift_card_goes_does_not_matter() -> None:
    whole = to_two_places(street_1="2 Other Street")
    whole["products"][1]["type"] = "digital"
    assert inbound.map_order(whole, ACCOUNT).content.shipping_address


def test_times_are_read_in_both_notations() -> None:
    order = mapped(date_created="2026-11-21T19:27:40Z", date_modified="")
    assert order.placed_at == datetime(2026, 11, 21, 19, 27, 40, tzinfo=UTC)
    assert order.version_at is None
    with pytest.raises(Unmappable):
        mapped(date_created="yesterday")


# --- the shop ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def server() -> Iterator[ShopServer]:
    with serving() as running:
        yield running


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock(NOW)


@pytest.fixture
def front(server: ShopServer, clock: SettableClock) -> Shopfront:
    server.street = ShopStreet(clock.now)
    opened = server.street.shop("bigcommerce", "demo")
    opened.platform.take_order(document())
    return opened


@pytest.fixture
def books(front: Shopfront) -> Books:
    return front.platform.books


@pytest.fixture
def shop(server: ShopServer, front: Shopfront) -> BigCommerceShop:
    settings = {**CASE.settings, "base_url": server.base_url("bigcommerce", "demo")}
    connected = connect(replace(ACCOUNT, settings=settings))
    assert connected
    return connected


MUGS, CUPS = ToldLine("31", 2), ToldLine("32", 3)
SHIPPED = ShipmentFacts("118", (MUGS, CUPS), "TRACK-1", "DHL", "https://dhl.example/1", "O#ship#1")
ENDED = CancelFacts("118", (), "No stock", "O#cancel")
BACK = RefundFacts("118", Money(2366, "USD"), (MUGS,), "Broken", "O#refund#1")


def level(sku: str, units: int) -> StockLevel:
    return StockLevel(sku, units, 1, NOW)


def test_without_a_token_there_is_no_shop() -> None:
    assert connect(ACCOUNT) is None


def test_a_wrong_token_is_refused(server: ShopServer, front: Shopfront) -> None:
    settings = {"access_token": "old", "base_url": server.base_url("bigcommerce", "demo")}
    shop = connect(replace(ACCOUNT, settings=settings))
    assert shop
    with pytest.raises(PushRefused) as refused:
        shop.fetch("118")
    assert refused.value.code == "shop-credentials"


def test_a_fetched_order_is_mapped_and_is_the_same_each_time(shop: BigCommerceShop) -> None:
    fetched = shop.fetch("118")
    assert fetched == shop.fetch("118")
    assert inbound.map_order(gate.parse(fetched), ACCOUNT).content == mapped().content


def test_an_order_that_the_shop_does_not_know(shop: BigCommerceShop) -> None:
    for external_id in ("404", "../118", ""):
        with pytest.raises(PushRefused) as refused:
            shop.fetch(external_id)
        assert refused.value.code == "not-in-shop"


def test_an_order_of_300_lines_is_read_page_by_page(
    shop: BigCommerceShop, front: Shopfront
) -> None:
    whole = document()
    whole["order"]["id"] = 300
    whole["products"] = [{**whole["products"][0], "id": n} for n in range(1, 301)]
    front.platform.take_order(whole)
    assert len(gate.parse(shop.fetch("300"))["products"]) == 300


def changed_since(shop: BigCommerceShop, since: datetime) -> list[str]:
    found, cursor = [], ""
    for _ in range(20):
        page = shop.changed(since, cursor)
        found += [item.external_id for item in page.items]
        cursor = page.next_cursor
        if not cursor:
            return found
    raise AssertionError("the pages have no end")


def place_many(front: Shopfront, clock: SettableClock, count: int, apart: timedelta) -> None:
    for number in range(1, count + 1):
        clock.advance(apart)
        whole = document()
        whole["order"].update(id=1_000 + number, date_modified=format_datetime(clock.now()))
        front.platform.take_order(whole)


@pytest.mark.parametrize("apart", [timedelta(0), timedelta(seconds=1), timedelta(seconds=20)])
def test_every_changed_order_is_found(
    shop: BigCommerceShop, front: Shopfront, clock: SettableClock, apart: timedelta
) -> None:
    place_many(front, clock, 600, apart)
    assert set(changed_since(shop, YESTERDAY)) == {"118", *(str(1_000 + n) for n in range(1, 601))}


def test_an_order_that_changes_between_two_pages_hides_no_other(
    shop: BigCommerceShop, front: Shopfront, clock: SettableClock
) -> None:
    place_many(front, clock, 300, timedelta(seconds=1))
    first = shop.changed(YESTERDAY, "")
    clock.advance(timedelta(seconds=1))
    again = document()
    again["order"]["id"] = 1_001  # was on the first page, and moves to the end
    front.platform.take_order(again)
    rest = shop.changed(YESTERDAY, first.next_cursor)
    found = {item.external_id for item in (*first.items, *rest.items)}
    assert found == {"118", *(str(1_000 + n) for n in range(1, 301))}


def test_only_later_changes_are_found_and_no_open_checkouts(
    shop: BigCommerceShop, front: Shopfront, clock: SettableClock
) -> None:
    clock.advance(timedelta(minutes=5))
    open_checkout = document()
    open_checkout["order"].update(id=5, status_id=0)
    front.platform.take_order(open_checkout)
    front.platform.cancel("118")
    front.platform.cancel("5")
    open_checkout["order"]["status_id"] = 0
    assert changed_since(shop, NOW) == ["118"]
    assert changed_since(shop, NOW + timedelta(minutes=6)) == []


def test_stock_is_set_and_read(shop: BigCommerceShop, books: Books) -> None:
    told = shop.set_stock([level("MUG-BLUE", 7), level("CUP-RED", 0)])
    assert set(told.values()) == {PushOutcome.TOLD}
    assert books.stock == {"MUG-BLUE": 7, "CUP-RED": 0}
    assert shop.stock_of(["CUP-RED", "MUG-BLUE", "NO-SUCH"]) == {"CUP-RED": 0, "MUG-BLUE": 7}


def test_a_sku_that_the_shop_does_not_list_does_not_spoil_the_others(
    shop: BigCommerceShop, books: Books
) -> None:
    told = shop.set_stock([level("NO-SUCH", 1), level("MUG-BLUE", 7)])
    assert told == {"NO-SUCH": PushOutcome.UNSUPPORTED, "MUG-BLUE": PushOutcome.TOLD}
    assert books.stock["MUG-BLUE"] == 7


def test_2000_skus_are_told_at_once(shop: BigCommerceShop, books: Books) -> None:
    books.stock = {f"SKU-{n}": 0 for n in range(2_001)}
    levels = [level(sku, 3) for sku in books.stock]
    assert len(shop.set_stock(levels[: shop.stock_batch])) == 2_000
    with pytest.raises(PushRefused):
        shop.set_stock(levels)


def tell_ship(shop: BigCommerceShop) -> PushOutcome:
    return shop.tell_shipped(SHIPPED)


def tell_cancel(shop: BigCommerceShop) -> PushOutcome:
    return shop.tell_cancelled(ENDED)


def tell_refund(shop: BigCommerceShop) -> PushOutcome:
    return shop.tell_refunded(BACK)


def effects(books: Books) -> tuple[int, int, int]:
    order = books.orders["118"]
    return len(order.fulfilments), order.cancellations, len(order.refunds)


TELLS = pytest.mark.parametrize(
    "tell, effect",
    [(tell_ship, (1, 0, 0)), (tell_cancel, (0, 1, 1)), (tell_refund, (0, 0, 1))],
)
Tell = Callable[[BigCommerceShop], PushOutcome]
Effect = tuple[int, int, int]


@TELLS
def test_told_twice_is_once_in_effect(
    tell: Tell, effect: Effect, shop: BigCommerceShop, books: Books
) -> None:
    assert [tell(shop), tell(shop)] == [PushOutcome.TOLD, PushOutcome.ALREADY]
    assert effects(books) == effect


@TELLS
@pytest.mark.parametrize("number", range(3))
@pytest.mark.parametrize("misdeed", Misbehaviour)
def test_whatever_becomes_of_a_reply_it_is_once_in_effect(
    tell: Tell, effect: Effect, number: int, misdeed: Misbehaviour,
    shop: BigCommerceShop, front: Shopfront, books: Books,
) -> None:  # fmt: skip
    """The write of that number loses its reply, or fails."""
    front.platform.answer = spoilt(front, number, misdeed)  # type: ignore[method-assign]
    for _ in range(3):
        try:
            tell(shop)
        except Unavailable:
            continue
    assert effects(books) == effect
    assert tell(shop) is PushOutcome.ALREADY


def spoilt(front: Shopfront, number: int, misdeed: Misbehaviour) -> Any:
    """The platform's `answer`, which spoils the write after the next `number` ones."""
    answer, left = front.platform.answer, [number]

    def spoiling(asked: Any) -> Any:
        if asked.writes:
            left[0] -= 1
            if left[0] == 0:
                front.misbehave(misdeed)
        return answer(asked)

    if number == 0:
        front.misbehave(misdeed)
    return spoiling


def test_many_at_once_ship_once(shop: BigCommerceShop, books: Books) -> None:
    start = threading.Barrier(6)

    def tell() -> None:
        start.wait()
        shop.tell_shipped(SHIPPED)

    threads = [threading.Thread(target=tell) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert effects(books) == (1, 0, 0)


def test_two_parcels_are_both_told(shop: BigCommerceShop, books: Books) -> None:
    one = replace(SHIPPED, lines=(MUGS,), key="O#ship#10", is_last=False)
    two = replace(SHIPPED, lines=(CUPS, ToldLine("", 1)), tracking_number="TRACK-2")
    assert [shop.tell_shipped(each) for each in (one, two)] == [PushOutcome.TOLD] * 2
    assert [each["tracking"] for each in books.orders["118"].fulfilments] == ["TRACK-1", "TRACK-2"]
    assert books.orders["118"].document["order"]["status_id"] == 2


def test_what_somebody_typed_in_there_is_known(shop: BigCommerceShop, books: Books) -> None:
    shop.tell_shipped(SHIPPED)
    books.orders["118"].fulfilments[0]["shipment"]["comments"] = ""
    assert shop.tell_shipped(SHIPPED) is PushOutcome.ALREADY


def test_the_same_place_twice_gets_a_shipment_each(shop: BigCommerceShop, front: Shopfront) -> None:
    front.platform.take_order(to_two_places())
    assert shop.tell_shipped(SHIPPED) is PushOutcome.TOLD
    assert shop.tell_shipped(SHIPPED) is PushOutcome.ALREADY
    told = front.platform.books.orders["118"].fulfilments
    assert [each["shipment"]["order_address_id"] for each in told] == [12, 13]


def test_a_second_address_that_was_not_told_is_told_on_the_next_try(
    shop: BigCommerceShop, front: Shopfront
) -> None:
    front.platform.take_order(to_two_places())
    front.platform.answer = spoilt(front, 1, Misbehaviour.FAIL)  # type: ignore[method-assign]
    with pytest.raises(Unavailable):
        shop.tell_shipped(SHIPPED)
    assert [shop.tell_shipped(SHIPPED) for _ in range(2)] == [PushOutcome.TOLD, PushOutcome.ALREADY]
    told = front.platform.books.orders["118"].fulfilments
    assert [each["lines"] for each in told] == [{"31": 2}, {"32": 3}]


def test_more_units_than_are_left_are_refused(shop: BigCommerceShop, books: Books) -> None:
    with pytest.raises(PushRefused) as refused:
        shop.tell_shipped(replace(SHIPPED, lines=(replace(MUGS, quantity=3),)))
    assert refused.value.status == 400
    with pytest.raises(PushRefused):
        shop.tell_shipped(replace(SHIPPED, lines=(ToldLine("99", 1),)))
    assert effects(books) == (0, 0, 0)


def test_a_shipment_of_no_line_of_theirs_is_nobodys_news(shop: BigCommerceShop) -> None:
    gift = replace(SHIPPED, lines=(ToldLine("", 1),))
    assert shop.tell_shipped(gift) is PushOutcome.UNSUPPORTED


def test_a_cancelled_order_gets_all_its_money_back(shop: BigCommerceShop, books: Books) -> None:
    shop.tell_cancelled(ENDED)
    order = books.orders["118"]
    assert [each["amount"] for each in order.refunds] == ["61.98"]
    assert order.document["order"]["status_id"] == 5


def test_what_was_given_back_before_is_not_given_twice(shop: BigCommerceShop, books: Books) -> None:
    shop.tell_refunded(BACK)
    shop.tell_cancelled(ENDED)
    assert [each["amount"] for each in books.orders["118"].refunds] == ["23.66", "38.32"]


def test_money_that_is_only_held_is_let_go(shop: BigCommerceShop, books: Books) -> None:
    shown = books.orders["118"].document["order"]
    shown["payment_status"] = "authorized"
    assert shop.tell_cancelled(ENDED) is PushOutcome.TOLD
    assert shown["payment_status"] == "void pending"
    assert effects(books) == (0, 1, 0)


def test_an_order_whose_money_is_not_theirs_is_only_cancelled(
    shop: BigCommerceShop, books: Books
) -> None:
    assert shop.tell_cancelled(replace(ENDED, gives_back=False)) is PushOutcome.TOLD
    assert effects(books) == (0, 1, 0)


def test_a_refund_names_its_lines_where_the_shop_comes_to_the_same(
    shop: BigCommerceShop, books: Books
) -> None:
    shop.tell_refunded(BACK)
    assert books.orders["118"].refunds[0]["lines"] == {"31": 2}


def test_a_refund_of_another_amount_names_the_amount(shop: BigCommerceShop, books: Books) -> None:
    shop.tell_refunded(replace(BACK, amount=Money(1000, "USD")))
    (refund,) = books.orders["118"].refunds
    assert (refund["amount"], refund["lines"]) == ("10.00", {"118": 0})


def test_keys_that_begin_alike_are_two_refunds(shop: BigCommerceShop, books: Books) -> None:
    ten = replace(BACK, key="O#refund#10", amount=Money(100, "USD"))
    one = replace(BACK, key="O#refund#1", amount=Money(100, "USD"))
    assert [shop.tell_refunded(each) for each in (ten, one)] == [PushOutcome.TOLD] * 2


def test_a_declined_refund_is_for_a_person_and_may_be_tried_again(
    shop: BigCommerceShop, front: Shopfront, books: Books
) -> None:
    front.platform.declines = True  # type: ignore[attr-defined]
    for _ in range(2):
        with pytest.raises(PushRefused) as refused:
            shop.tell_refunded(BACK)
        assert refused.value.code == "refund-declined"
    front.platform.declines = False  # type: ignore[attr-defined]
    assert [shop.tell_refunded(BACK) for _ in range(2)] == [PushOutcome.TOLD, PushOutcome.ALREADY]
    assert books.orders["118"].document["order"]["refunded_amount"] == "23.6600"


def test_more_than_was_paid_is_refused(shop: BigCommerceShop, books: Books) -> None:
    with pytest.raises(PushRefused) as refused:
        shop.tell_refunded(replace(BACK, lines=(), amount=Money(9_999, "USD")))
    assert refused.value.status == 422
    assert effects(books) == (0, 0, 0)


def test_the_quota_says_how_long_to_wait(shop: BigCommerceShop) -> None:
    with pytest.raises(RateLimited) as limited:
        for _ in range(200):
            shop.stock_of(["MUG-BLUE"])
    assert limited.value.wait_seconds == 1.0


def test_a_shop_that_is_down_is_unavailable(shop: BigCommerceShop, front: Shopfront) -> None:
    front.is_down = True
    with pytest.raises(Unavailable):
        shop.fetch("118")


def test_an_answer_of_another_shape_is_unavailable(shop: BigCommerceShop, books: Books) -> None:
    books.orders["118"].document["order"]["status_id"] = "Awaiting Fulfillment"
    books.orders["118"].document["products"][0]["order_address_id"] = None
    for tell in (tell_ship, tell_cancel):
        with pytest.raises(Unavailable):
            tell(shop)


def test_the_stand_in_signs_as_the_platform_does(front: Shopfront) -> None:
    sent = front.platform.message("118", "cancelled")
    assert sent and inbound.verify(sent.body, sent.headers, ACCOUNT, NOW)
    assert json.loads(sent.body)["scope"] == "store/order/statusUpdated"
