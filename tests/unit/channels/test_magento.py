"""What is Magento's own: rows that are parts of others, tax in discounts, stock less what is
reserved, bundles that leave as a whole, credit memos to the cent, and Adobe's signed events."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from local.standins.platform import Answered, Books, Misbehaviour, Shopfront
from local.standins.shop_http import ShopServer
from local.standins.shop_street import ShopStreet
from local.standins.shops.magento_events import EventKeys
from oms.channels.magento import inbound, signatures
from oms.channels.magento.shop import MagentoShop, connect
from oms.channels.model import ChannelAccount, Kind, MappedOrder, Unmappable
from oms.channels.push import (
    CancelFacts,
    PushOutcome,
    PushRefused,
    RefundFacts,
    ShipmentFacts,
    StockLevel,
    ToldLine,
)
from oms.kernel.clock import SettableClock
from oms.kernel.errors import Unavailable
from oms.kernel.money import Money
from oms.orders.content import ChannelState, Line, PaymentTerms
from oms.platform import gate
from tests.contracts.channels.case import NOW
from tests.contracts.channels.magento import CASE, document, message, row
from tests.contracts.channels.place import serving
from tests.recorded import PAYLOADS
from tests.unit.channels.samples import event

ACCOUNT = CASE.account
YESTERDAY = NOW - timedelta(days=1)


def mapped(**changes: Any) -> MappedOrder:
    return inbound.map_order({**document(), **changes}, ACCOUNT)


def with_row(number: int, **changes: Any) -> MappedOrder:
    order = document()
    for each in order["items"]:
        if each["item_id"] == number:
            each.update(changes)
    return inbound.map_order(order, ACCOUNT)


def lines(order: MappedOrder) -> list[tuple[str, int, str]]:
    """SKU, units, and what the line costs with its tax."""
    return [(line.sku, line.quantity, str(_cost(line).decimal())) for line in order.content.lines]


def _cost(line: Line) -> Money:
    return line.unit_price * line.quantity - line.discount + line.tax


# --- rows ----------------------------------------------------------------------------


def test_each_unit_of_stock_and_each_amount_counts_once() -> None:
    """Seven rows: a thing, a variant's two, a bundle's three, and a service."""
    order = mapped()
    assert lines(order) == [
        ("MUG-BLUE", 2, "21.60"),
        ("CUP-RED", 1, "30.00"),
        ("PLATE-GREEN", 2, "12.00"),
        ("BOWL-GREEN", 1, "6.00"),
        ("GIFT-NOTE", 1, "6.00"),
    ]
    assert [line.needs_shipping for line in order.content.lines] == [True] * 4 + [False]
    assert order.content.totals.variance.amount_minor == 0


def test_the_recorded_order_of_four_things_comes_to_160() -> None:
    raw = (
        PAYLOADS / "magento/order_3_mixed_simple_bundle_configurable_downloadable.json"
    ).read_bytes()
    order = inbound.map_order(gate.parse(raw), ACCOUNT)
    assert lines(order) == [
        ("WS12-M-Orange", 1, "22.00"),
        ("240-LV08", 1, "18.00"),
        ("24-WG082-blue", 1, "27.00"),
        ("24-WG084", 1, "5.00"),
        ("24-WG086", 1, "17.00"),
        ("24-WG088", 1, "19.00"),
        ("MH01-S-Gray", 1, "52.00"),
    ]
    content = order.content
    assert [line.sku for line in content.lines if not line.needs_shipping] == ["240-LV08"]
    assert (str(content.totals.items), str(content.totals.total)) == ("160.00 USD", "165.00 USD")
    assert content.totals.variance.amount_minor == 0
    assert (order.external_id, order.number) == ("3", "000000003")
    assert content.terms is PaymentTerms.UNPAID_IN_CHANNEL
    assert content.shipping_address and content.shipping_address.region == "NY"
    assert str(order.placed_at) == "2017-08-21 22:22:19+00:00"


def test_a_variant_is_sold_by_its_own_sku_and_told_by_the_upper_row() -> None:
    cup = with_row(12, sku="CUP").content.lines[1]
    assert (cup.sku, cup.external_id, str(cup.unit_price)) == ("CUP-RED", "12", "25.00 EUR")


def test_a_variant_that_is_no_thing_is_not_sent() -> None:
    assert not with_row(13, is_virtual=1).content.lines[1].needs_shipping


def test_a_bundle_at_a_fixed_price_shares_it_among_its_parts() -> None:
    order = document()
    for part in order["items"][4:6]:
        part.update(row_total=0, tax_amount=0)
    found = inbound.map_order(order, ACCOUNT)
    assert lines(found)[2:4] == [("PLATE-GREEN", 2, "12.00"), ("BOWL-GREEN", 1, "6.00")]
    assert found.content.totals.variance.amount_minor == 0


def test_parts_of_a_thing_that_is_not_listed_stand_for_themselves() -> None:
    order = document()
    order["items"] = [each for each in order["items"] if each["item_id"] not in (12, 14)]
    assert [sku for sku, *_ in lines(inbound.map_order(order, ACCOUNT))] == [
        "MUG-BLUE", "CUP-RED", "PLATE-GREEN", "BOWL-GREEN", "GIFT-NOTE",
    ]  # fmt: skip


def test_rows_that_are_parts_of_each_other_are_not_lost() -> None:
    order = document()
    order["items"] = [row(1, "MUG-BLUE", 1, 5, 0, parent_item_id=2),
                      row(2, "CUP-RED", 1, 5, 0, parent_item_id=1)]  # fmt: skip
    found = inbound.map_order(gate.parse(json.dumps(order, default=str).encode()), ACCOUNT)
    assert [sku for sku, *_ in lines(found)] == ["MUG-BLUE", "CUP-RED"]


@pytest.mark.parametrize(
    "number, done, open_units",
    [
        (11, {"qty_shipped": 1}, {"MUG-BLUE": 1}),
        (11, {"qty_canceled": 1, "qty_refunded": 1}, {"MUG-BLUE": 0}),
        (11, {"qty_shipped": 1, "qty_refunded": 1}, {"MUG-BLUE": 1}),
        (12, {"qty_shipped": 1}, {"CUP-RED": 0}),
        (14, {"qty_shipped": 1}, {"PLATE-GREEN": 0, "BOWL-GREEN": 0}),
        (15, {"qty_shipped": 1}, {"PLATE-GREEN": 1, "BOWL-GREEN": 1}),
    ],
)
def test_units_that_are_done_there_need_no_shipping(
    number: int, done: dict[str, int], open_units: dict[str, int]
) -> None:
    content = with_row(number, **done).content
    for sku, units in open_units.items():
        assert sum(line.quantity for line in content.shippable if line.sku == sku) == units
    assert content.totals.variance.amount_minor == 0


@pytest.mark.parametrize("quantity", [Decimal("1.5"), 0, "2"])
def test_goods_by_weight_wait_for_a_person(quantity: Any) -> None:
    with pytest.raises(Unmappable) as unfit:
        with_row(11, qty_ordered=quantity)
    assert unfit.value.code == "invalid-quantity"


# --- money ---------------------------------------------------------------------------


def test_the_tax_in_a_discount_is_given_back() -> None:
    mug = mapped().content.lines[0]
    assert (str(mug.unit_price), str(mug.discount)) == ("10.00 EUR", "2.00 EUR")
    assert str(mug.tax) == "3.60 EUR"


def test_amounts_in_the_shops_currency_are_not_read() -> None:
    order = mapped(base_currency_code="USD", base_grand_total=Decimal("95.00"))
    assert (order.currency, str(order.content.totals.channel_total)) == ("EUR", "81.60 EUR")


def test_discounted_shipping() -> None:
    order = mapped(
        shipping_discount_amount=2, shipping_tax_amount=Decimal("0.6"), grand_total=Decimal("79.2")
    )
    assert str(order.content.totals.shipping) == "3.00 EUR"
    assert order.content.totals.variance.amount_minor == 0


def test_gift_cards_pay_and_wrapping_costs() -> None:
    more = {**document()["extension_attributes"], "gift_cards_amount": 10, "gw_price": 3}
    content = mapped(extension_attributes=more, grand_total=Decimal("74.6")).content
    assert content.lines[-1].title == "Gift wrapping"
    assert str(content.totals.channel_total) == "84.60 EUR"
    assert content.totals.variance.amount_minor == 0


def test_a_fixed_product_tax_is_tax() -> None:
    order = with_row(11, weee_tax_applied_row_amount=Decimal("0.50"))
    assert str(order.content.lines[0].tax) == "4.10 EUR"
    assert order.content.totals.variance.amount_minor == -50


def test_what_was_given_back_is_told() -> None:
    assert str(mapped(total_refunded=Decimal("12.5")).refunded) == "12.50 EUR"


# --- terms, state, places ------------------------------------------------------------


@pytest.mark.parametrize(
    "state, paid, held, terms, where",
    [
        ("processing", "81.6", "0", "PAID_IN_CHANNEL", "OPEN"),
        ("processing", "0", "81.6", "AUTHORIZED_IN_CHANNEL", "OPEN"),
        ("processing", "40", "0", "UNPAID_IN_CHANNEL", "OPEN"),
        ("new", "0", "0", "UNPAID_IN_CHANNEL", "OPEN"),
        ("pending_payment", "0", "81.6", "UNPAID_IN_CHANNEL", "OPEN"),
        ("payment_review", "81.6", "0", "UNPAID_IN_CHANNEL", "OPEN"),
        ("holded", "81.6", "0", "UNPAID_IN_CHANNEL", "OPEN"),
        ("complete", "81.6", "0", "PAID_IN_CHANNEL", "FULFILLED"),
        ("closed", "81.6", "0", "PAID_IN_CHANNEL", "CANCELLED"),
        ("canceled", "0", "0", "UNPAID_IN_CHANNEL", "CANCELLED"),
    ],
)
def test_state_and_payment(state: str, paid: str, held: str, terms: str, where: str) -> None:
    payment = {"amount_authorized": Decimal(held)}
    content = mapped(state=state, total_paid=Decimal(paid), payment=payment).content
    assert (content.terms, content.channel_state) == (PaymentTerms(terms), ChannelState(where))


def test_an_order_of_services_goes_nowhere() -> None:
    assert mapped(extension_attributes={}).content.shipping_address is None


def test_a_street_is_a_list() -> None:
    address = mapped().content.shipping_address
    assert address and address.lines == ("Kastanienallee 7", "Hinterhaus")
    with pytest.raises(Unmappable):
        mapped(billing_address={"street": [7]})


# --- events --------------------------------------------------------------------------


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
    opened = server.street.shop("magento", "demo")
    opened.platform.take_order(document())
    signatures.KEYS = signatures.PublicKeys()
    return opened


@pytest.fixture
def account(server: ShopServer) -> ChannelAccount:
    settings = {**CASE.settings, "base_url": server.base_url("magento", "demo")}
    return replace(ACCOUNT, settings=settings)


@pytest.fixture(scope="module")
def keys() -> EventKeys:
    return EventKeys()


@pytest.fixture
def signed(front: Shopfront, keys: EventKeys) -> dict[str, str]:
    """`message()` as Adobe would send it."""
    front.platform._keys = keys  # type: ignore[attr-defined]
    return keys.headers(message())


Headers = dict[str, str]


def test_an_event_is_a_notice_of_its_order(account: ChannelAccount, front: Shopfront) -> None:
    sent = front.platform.message("42")
    assert sent and inbound.verify(sent.body, sent.headers, account, NOW)
    delivery = inbound.identify(sent.body, sent.headers, gate.parse(sent.body), ACCOUNT)
    assert (delivery.kind, delivery.external_id) == (Kind.NOTICE, "42")


def test_either_of_the_two_signatures_is_enough(account: ChannelAccount, signed: Headers) -> None:
    for number in (1, 2):
        spoilt = {**signed, f"x-adobe-digital-signature-{number}": "AAAA"}
        assert inbound.verify(message(), spoilt, account, NOW)
    both = {**signed, **{f"x-adobe-digital-signature-{n}": "AAAA" for n in (1, 2)}}
    assert not inbound.verify(message(), both, account, NOW)


def test_another_body_is_not_believed(account: ChannelAccount, signed: Headers) -> None:
    assert inbound.verify(message(), signed, account, NOW)
    assert not inbound.verify(message(entity_id=43), signed, account, NOW)


def test_an_event_for_another_customer_of_adobe_is_not_believed_nor_looked_into(
    account: ChannelAccount, signed: Headers, front: Shopfront
) -> None:
    for client_id in ("other-client", "", None):
        stranger = replace(account, settings={**account.settings, "client_id": client_id})
        assert not inbound.verify(message(), signed, stranger, NOW)
    assert not front.platform.books.calls


@pytest.mark.parametrize(
    "path",
    ["", "//evil.example/key.pem", "https://evil.example/key.pem", "@evil.example/key.pem",
     "/prod/../key.pem", "/prod/keys?x", "/prod/ke ys", "/" + "a" * 300, "\x00"],
)  # fmt: skip
def test_only_a_path_names_a_key(
    path: str, account: ChannelAccount, signed: Headers, front: Shopfront
) -> None:
    sent = {**signed, **{f"x-adobe-public-key{n}-path": path for n in (1, 2)}}
    assert not inbound.verify(message(), sent, account, NOW)
    assert not front.platform.books.calls


def test_a_key_is_kept_for_hours_and_no_longer(
    account: ChannelAccount, signed: Headers, front: Shopfront
) -> None:
    for hours in (0, 1, 5, 7):
        assert inbound.verify(message(), signed, account, NOW + timedelta(hours=hours))
    assert sum(front.platform.books.calls.values()) == 2


def test_a_key_that_cannot_be_had_now_is_asked_for_again(
    account: ChannelAccount, signed: Headers, front: Shopfront
) -> None:
    front.is_down = True
    with pytest.raises(Unavailable):
        inbound.verify(message(), signed, account, NOW)
    front.is_down = False
    assert inbound.verify(message(), signed, account, NOW)


@pytest.mark.parametrize("status, body", [(404, b""), (200, b"no key"), (200, b"\xff"),
    (200, b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----")])  # fmt: skip
def test_what_is_no_key_verifies_nothing(
    status: int, body: bytes, account: ChannelAccount, signed: Headers, front: Shopfront,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(front.platform, "answer", lambda asked: Answered(status, body))
    assert not inbound.verify(message(), signed, account, NOW)


def test_no_redirect_is_followed_to_another_hosts_key(
    account: ChannelAccount, signed: Headers, front: Shopfront, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = Answered(302, b"", {"Location": "http://127.0.0.1:1/key.pem"})
    monkeypatch.setattr(front.platform, "answer", lambda asked: elsewhere)
    with pytest.raises(Unavailable):
        inbound.verify(message(), signed, account, NOW)


def test_a_commerce_webhook_is_signed_with_the_shops_own_key(keys: EventKeys) -> None:
    raw = b'{"order":{"entity_id":42}}'
    sent = {"x-adobe-commerce-webhook-signature": keys.sign(raw)}
    pem, other = keys.public.decode(), EventKeys().public.decode()
    for known in (pem, f"{other}\n{pem}"):
        assert inbound.verify(raw, sent, replace(ACCOUNT, settings={"public_key": known}), NOW)
    for unknown in (other, "", "no key"):
        shop = replace(ACCOUNT, settings={"public_key": unknown})
        assert not inbound.verify(raw, sent, shop, NOW)
    assert inbound.identify(raw, sent, gate.parse(raw), ACCOUNT).external_id == "42"


@pytest.mark.parametrize("signature", ["x", "====", "é", "\ud800", "A" * 100_000, "AAAA"])
def test_a_strange_signature_is_no_and_no_crash(signature: str, keys: EventKeys) -> None:
    shop = replace(ACCOUNT, settings={"public_key": keys.public.decode()})
    assert not inbound.verify(b"{}", {"x-adobe-commerce-webhook-signature": signature}, shop, NOW)


@pytest.mark.parametrize(
    "happened, value, external_id",
    [
        ("sales_order_place_after", {"entity_id": 42}, "42"),
        ("sales_order_creditmemo_save_commit_after", {"entity_id": 7, "order_id": 42}, "42"),
        ("sales_order_shipment_save_commit_after", {"entity_id": 7, "order_id": 42}, "42"),
        ("sales_order_address_save_commit_after", {"entity_id": 7, "parent_id": 42}, ""),
        ("cataloginventory_stock_item_save_commit_after", {"entity_id": 42}, ""),
        ("sales_order_save_commit_after", {"entity_id": "x"}, ""),
    ],
)
def test_what_an_event_is_about(happened: str, value: dict[str, Any], external_id: str) -> None:
    raw = message(happened, **value)
    delivery = inbound.identify(raw, {}, gate.parse(raw), ACCOUNT)
    assert delivery.external_id == external_id
    assert delivery.kind is (Kind.NOTICE if external_id else Kind.IGNORED)


def test_the_challenge_of_a_registration_is_said_back() -> None:
    asked = event("receive_webhook/magento_challenge")["queryStringParameters"]
    assert inbound.challenge(asked, ACCOUNT) == {"challenge": asked["challenge"]}
    assert inbound.challenge({}, ACCOUNT) is None
    assert inbound.challenge({"challenge": "x" * 1_000}, ACCOUNT) is None


# --- the shop ------------------------------------------------------------------------


@pytest.fixture
def books(front: Shopfront) -> Books:
    return front.platform.books


@pytest.fixture
def shop(account: ChannelAccount, front: Shopfront) -> MagentoShop:
    connected = connect(account)
    assert connected
    return connected


MUGS, CUP, PLATES, BOWL = ToldLine("11", 2), ToldLine("12", 1), ToldLine("15", 2), ToldLine("16", 1)
SHIPPED = ShipmentFacts(
    "42", (MUGS, CUP, PLATES, BOWL), "TRACK-1", "DHL", "https://dhl.example/1", "O#ship#1"
)
ENDED = CancelFacts("42", (), "No stock", "O#cancel")
BACK = RefundFacts("42", Money(2160, "EUR"), (MUGS,), "Broken", "O#refund#1")


def level(sku: str, units: int) -> StockLevel:
    return StockLevel(sku, units, 1, NOW)


def test_a_page_after_the_last_does_not_begin_again(
    shop: MagentoShop, front: Shopfront, clock: SettableClock
) -> None:
    """120 orders within one second, and Magento repeats its last page for ever."""
    for number in range(100, 220):
        front.platform.take_order({**document(), "entity_id": number})
    found, cursor = list[str](), ""
    for _ in range(10):
        page = shop.changed(YESTERDAY, cursor)
        found += [item.external_id for item in page.items]
        cursor = page.next_cursor
        if not cursor:
            break
    assert not cursor
    assert set(found) == {"42", *map(str, range(100, 220))}


def test_a_poll_brings_whole_orders(shop: MagentoShop) -> None:
    (found,) = shop.changed(YESTERDAY, "").items
    assert found.document == shop.fetch("42")
    assert inbound.map_order(gate.parse(found.document), ACCOUNT) == mapped()


def test_buyers_see_our_figure_whatever_is_reserved(shop: MagentoShop, books: Books) -> None:
    """Two mugs are reserved: the source must hold nine for the buyer to see seven."""
    shop.set_stock([level("MUG-BLUE", 7)])
    assert books.stock["MUG-BLUE"] == 7
    source = shop.api.page("/inventory/source-items", "sku", "eq", "MUG-BLUE", 1)
    assert source.items[0].at("quantity").value == 9
    assert shop.stock_of(["MUG-BLUE"]) == {"MUG-BLUE": 7}


def test_units_of_a_source_that_is_switched_off_are_not_reserved_ones(
    shop: MagentoShop, front: Shopfront, books: Books
) -> None:
    books.stock["MUG-BLUE"] = 50
    front.platform.switched_off.add("MUG-BLUE")  # type: ignore[attr-defined]
    assert shop.stock_of(["MUG-BLUE"]) == {"MUG-BLUE": 0}
    shop.set_stock([level("MUG-BLUE", 7)])
    assert books.stock["MUG-BLUE"] == 7


def test_a_shipment_takes_nothing_from_what_buyers_see(shop: MagentoShop, books: Books) -> None:
    shop.set_stock([level("MUG-BLUE", 7), level("CUP-RED", 3), level("PLATE-GREEN", 0)])
    shop.tell_shipped(SHIPPED)
    assert (books.stock["MUG-BLUE"], books.stock["CUP-RED"]) == (7, 3)
    source = shop.api.page("/inventory/source-items", "sku", "eq", "MUG-BLUE", 1)
    assert source.items[0].at("quantity").value == 7


def test_a_sku_with_a_slash_and_one_that_is_not_listed(shop: MagentoShop, books: Books) -> None:
    books.stock["CUP/RED 1"] = 0
    told = shop.set_stock([level("CUP/RED 1", 4), level("NO-SUCH", 1)])
    assert told == {"CUP/RED 1": PushOutcome.TOLD, "NO-SUCH": PushOutcome.UNSUPPORTED}
    assert shop.stock_of(["CUP/RED 1", "NO-SUCH"]) == {"CUP/RED 1": 4}


def test_a_shop_without_sources_has_stock_items(account: ChannelAccount, books: Books) -> None:
    plain = connect(replace(account, settings={**account.settings, "msi": False}))
    assert plain
    told = plain.set_stock([level("MUG-BLUE", 7), level("NO-SUCH", 1)])
    assert told == {"MUG-BLUE": PushOutcome.TOLD, "NO-SUCH": PushOutcome.UNSUPPORTED}
    assert plain.stock_of(["MUG-BLUE"]) == {"MUG-BLUE": 7} == {"MUG-BLUE": books.stock["MUG-BLUE"]}
    plain.tell_shipped(SHIPPED)
    assert books.orders["42"].fulfilments[0]["source"] is None


def tell_ship(shop: MagentoShop) -> PushOutcome:
    return shop.tell_shipped(SHIPPED)


def tell_cancel(shop: MagentoShop) -> PushOutcome:
    return shop.tell_cancelled(ENDED)


def tell_refund(shop: MagentoShop) -> PushOutcome:
    return shop.tell_refunded(BACK)


Tell = Callable[[MagentoShop], PushOutcome]


@pytest.mark.parametrize("tell", [tell_ship, tell_cancel, tell_refund])
@pytest.mark.parametrize("misdeed", Misbehaviour)
def test_whatever_becomes_of_a_reply_it_is_once_in_effect(
    tell: Tell, misdeed: Misbehaviour, shop: MagentoShop, front: Shopfront, books: Books
) -> None:
    front.misbehave(misdeed)
    with pytest.raises(Unavailable):
        tell(shop)
    tell(shop)
    assert tell(shop) is PushOutcome.ALREADY
    order = books.orders["42"]
    assert len(order.fulfilments) + len(order.refunds) == 1


def test_a_parcel_names_the_rows_that_are_shipped(shop: MagentoShop, books: Books) -> None:
    shop.tell_shipped(SHIPPED)
    (told,) = books.orders["42"].fulfilments
    assert told["lines"] == {"11": 2, "12": 1, "15": 2, "16": 1}
    assert (told["source"], books.orders["42"].document["state"]) == ("default", "complete")


def test_a_bundle_that_leaves_as_a_whole_counts_by_its_first_part(
    shop: MagentoShop, front: Shopfront, books: Books
) -> None:
    front.platform.ships_together.add(514)  # type: ignore[attr-defined]
    bowl = replace(SHIPPED, lines=(BOWL,), tracking_number="TRACK-2", key="O#ship#2")
    assert shop.tell_shipped(bowl) is PushOutcome.UNSUPPORTED
    assert shop.tell_shipped(replace(SHIPPED, lines=(MUGS, PLATES))) is PushOutcome.TOLD
    (told,) = books.orders["42"].fulfilments
    assert told["lines"] == {"11": 2, "14": 1}


def test_a_parcel_leaves_the_source_of_its_node(
    account: ChannelAccount, front: Shopfront, books: Books
) -> None:
    placed = connect(replace(account, nodes={"east": "WH-EAST", "west": "WH-WEST"}))
    assert placed
    placed.tell_shipped(replace(SHIPPED, node="WH-WEST"))
    assert books.orders["42"].fulfilments[0]["source"] == "west"


def test_more_units_than_are_left_are_refused(shop: MagentoShop, books: Books) -> None:
    with pytest.raises(PushRefused) as refused:
        shop.tell_shipped(replace(SHIPPED, lines=(replace(MUGS, quantity=3),)))
    assert refused.value.status == 400
    assert books.orders["42"].fulfilments == []


def test_an_unpaid_order_is_cancelled(shop: MagentoShop, books: Books) -> None:
    books.orders["42"].document["total_paid"] = 0
    assert shop.tell_cancelled(ENDED) is PushOutcome.TOLD
    assert shop.tell_cancelled(ENDED) is PushOutcome.ALREADY
    assert books.orders["42"].document["state"] == "canceled"


def test_a_paid_order_is_closed_by_giving_back_all_of_it(shop: MagentoShop, books: Books) -> None:
    shop.tell_cancelled(ENDED)
    order = books.orders["42"]
    (memo,) = order.refunds
    assert (memo["amount"], order.document["state"]) == ("81.6", "closed")
    assert memo["lines"] == {"11": 2, "12": 1, "15": 2, "16": 1, "17": 1}


def test_a_paid_order_whose_money_stays_cannot_be_cancelled(shop: MagentoShop) -> None:
    with pytest.raises(PushRefused) as refused:
        shop.tell_cancelled(replace(ENDED, gives_back=False))
    assert refused.value.code == "not-cancellable"


@pytest.mark.parametrize(
    "amount, told, named",
    [
        (2160, (MUGS,), {"11": 2}),  # the row as it is
        (2100, (MUGS,), {"11": 2}),  # less a fee
        (2660, (MUGS,), {"11": 2}),  # with its shipping
        (1080, (ToldLine("11", 1),), {}),  # half a row is an adjustment
        (333, (), {}),  # a gesture
    ],
)
def test_a_credit_memo_is_of_exactly_our_amount(
    amount: int, told: tuple[ToldLine, ...], named: dict[str, int], shop: MagentoShop, books: Books
) -> None:
    shop.tell_refunded(replace(BACK, amount=Money(amount, "EUR"), lines=told))
    (memo,) = books.orders["42"].refunds
    assert Decimal(memo["amount"]) * 100 == amount
    assert memo["lines"] == named
    assert memo["online"] is False


def test_a_provider_gives_back_what_it_collected(shop: MagentoShop, books: Books) -> None:
    books.orders["42"].document["payment"]["last_trans_id"] = "capture-1"
    shop.tell_refunded(BACK)
    assert books.orders["42"].refunds[0]["online"] is True


def test_a_refund_that_no_invoice_covers_is_for_a_person(shop: MagentoShop, books: Books) -> None:
    books.orders["42"].document["payment"]["last_trans_id"] = "capture-1"
    with pytest.raises(PushRefused) as refused:
        shop.tell_refunded(replace(BACK, amount=Money(9_000, "EUR")))
    assert refused.value.code == "refund-over-invoices"


def test_no_adjustment_is_made_in_another_currency(shop: MagentoShop, books: Books) -> None:
    books.orders["42"].document["base_currency_code"] = "USD"
    with pytest.raises(PushRefused) as refused:
        shop.tell_refunded(replace(BACK, lines=()))
    assert refused.value.code == "foreign-currency"
    assert shop.tell_refunded(BACK) is PushOutcome.TOLD


def test_keys_that_begin_alike_are_two_refunds(shop: MagentoShop) -> None:
    ten, one = (
        replace(BACK, key=f"O#refund#{n}", lines=(), amount=Money(100, "EUR")) for n in (10, 1)
    )
    assert [shop.tell_refunded(each) for each in (ten, one)] == [PushOutcome.TOLD] * 2
