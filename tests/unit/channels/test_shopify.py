"""What is Shopify's own: prices with tax inside, edits, part deliveries, tips, test orders."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from oms.channels.model import Kind, MappedOrder, Unmappable
from oms.channels.shopify import inbound as shopify
from oms.orders.content import ChannelState, PaymentTerms
from tests.contracts.channels.case import NOW
from tests.unit.channels.samples import ACCOUNTS, encode, headers, sample

ACCOUNT = ACCOUNTS["shopify"]


def mapped(**changes: Any) -> MappedOrder:
    return shopify.map_order({**sample("shopify"), **changes}, ACCOUNT)


def lines(*changes: dict[str, Any]) -> list[dict[str, Any]]:
    plain = {"quantity": 1, "price": "10.00", "requires_shipping": True, "sku": "MUG-BLUE"}
    return [{**plain, "id": n, **change} for n, change in enumerate(changes, start=1)]


def bare(*changes: dict[str, Any], **order: Any) -> MappedOrder:
    """An order of nothing but lines, without tax in its prices."""
    plain = {"taxes_included": False, "shipping_lines": [], "total_tax": "0.00"}
    return mapped(line_items=lines(*changes), **{**plain, **order})


# --- headers -------------------------------------------------------------------------


def test_the_new_header_names_are_believed_and_win() -> None:
    raw = encode(sample("shopify"))
    old = headers("shopify", raw)
    new = {name.removeprefix("x-"): value for name, value in old.items()}
    assert shopify.verify(raw, new, ACCOUNT, NOW)
    assert not shopify.verify(raw, {**old, "shopify-hmac-sha256": "wrong"}, ACCOUNT, NOW)
    assert not shopify.verify(raw, {**old, "shopify-shop-domain": "other"}, ACCOUNT, NOW)


def test_the_case_of_the_shop_does_not_matter() -> None:
    assert shopify.verify(
        b"{}", headers("shopify", b"{}"), replace(ACCOUNT, domain="Demo.MyShopify.com"), NOW
    )


def test_an_account_without_a_domain_believes_nobody() -> None:
    nameless = {**headers("shopify", b"{}"), "x-shopify-shop-domain": ""}
    assert not shopify.verify(b"{}", nameless, replace(ACCOUNT, domain=""), NOW)


@pytest.mark.parametrize("topic", ["create", "paid", "updated", "cancelled", "fulfilled"])
def test_topics_that_carry_an_order(topic: str) -> None:
    sent = headers("shopify", b"{}", topic=f"orders/{topic}")
    assert shopify.identify(b"{}", sent, {"id": 1}, ACCOUNT).kind is Kind.ORDER


@pytest.mark.parametrize(
    "topic, body",
    [
        ("orders/edited", {"order_edit": {"id": 5, "order_id": 77}}),
        ("orders/delete", {"id": 77}),
        ("refunds/create", {"id": 5, "order_id": 77, "updated_at": "2026-11-21T20:27:42+01:00"}),
        ("fulfillments/create", {"id": 5, "order_id": 77, "line_items": []}),
        ("fulfillments/update", {"id": 5, "order_id": 77, "line_items": []}),
    ],
)
def test_topics_about_an_order_that_must_be_fetched(topic: str, body: dict[str, Any]) -> None:
    """Their ids and times are those of the refund or the fulfilment."""
    raw = encode(body)
    delivery = shopify.identify(raw, headers("shopify", raw, topic=topic), body, ACCOUNT)
    assert (delivery.kind, delivery.external_id) == (Kind.NOTICE, "77")
    assert delivery.version_at is None


@pytest.mark.parametrize("body", [None, {}, {"id": 5}, {"order_id": None}, {"order_id": "x"}])
def test_a_refund_of_no_order_is_nothing_to_fetch(body: Any) -> None:
    sent = headers("shopify", b"?", topic="refunds/create")
    assert shopify.identify(b"?", sent, body, ACCOUNT).kind is Kind.IGNORED


@pytest.mark.parametrize(
    "topic", ["inventory_levels/update", "products/update", "app/uninstalled", "customers/create"]
)
def test_topics_about_something_else(topic: str) -> None:
    sent = headers("shopify", b"{}", topic=topic)
    assert shopify.identify(b"{}", sent, {"id": 1}, ACCOUNT).kind is Kind.IGNORED


def test_without_a_topic_the_body_decides() -> None:
    order = sample("shopify")
    assert shopify.identify(encode(order), {}, order, ACCOUNT).kind is Kind.ORDER
    assert shopify.identify(b'{"id":1}', {}, {"id": 1}, ACCOUNT).kind is Kind.IGNORED


def test_a_delivery_has_the_key_of_its_id_and_its_body() -> None:
    """The id alone is not signed: a replay under a foreign id would swallow that delivery."""
    sent = headers("shopify", b"{}")
    keys = {
        shopify.identify(raw, {**sent, "x-shopify-webhook-id": number}, {}, ACCOUNT).delivery_key
        for raw in (b"{}", b"{ }")
        for number in ("1", "2")
    }
    assert len(keys) == 4


# --- money ---------------------------------------------------------------------------


def test_prices_that_contain_tax_are_taken_apart() -> None:
    content = mapped().content
    totals, mug = content.totals, content.lines[0]
    assert str(mug.tax) == "5.57 EUR"
    assert mug.unit_price.amount_minor * 3 - mug.discount.amount_minor == 3870 - 557 - 380
    assert (str(totals.shipping), str(totals.tax)) == ("4.12 EUR", "9.21 EUR")
    assert str(totals.total) == "57.70 EUR"


def test_several_taxes_of_a_line_are_all_counted() -> None:
    tax = {"title": "District", "price": "0.15"}
    content = bare({"tax_lines": [{"title": "State", "price": "0.60"}, tax, tax]}).content
    assert str(content.lines[0].tax) == "0.90 EUR"


def test_a_tax_that_only_the_order_knows_is_shared_over_its_lines() -> None:
    content = bare({"price": "30.00"}, {"price": "10.00"}, total_tax="4.00").content
    assert [str(line.tax) for line in content.lines] == ["3.00 EUR", "1.00 EUR"]


def test_yen_have_no_decimals() -> None:
    order = bare({"price": "23600"}, {"price": "1500", "quantity": 2}, currency="JPY")
    assert str(order.content.totals.total) == "26600 JPY"


def test_the_discount_is_that_of_the_allocations() -> None:
    split = [{"discount_allocations": [{"amount": cents}]} for cents in ("3.34", "3.33", "3.33")]
    content = bare(*({**each, "total_discount": "9.99"} for each in split)).content
    assert str(content.totals.discount) == "10.00 EUR"


def test_an_old_order_without_allocations_gives_the_discount_on_the_line() -> None:
    assert str(bare({"total_discount": "2.50"}).content.totals.discount) == "2.50 EUR"


def test_shipping_is_what_is_left_after_its_own_discount() -> None:
    shipping: list[dict[str, Any]] = [
        {"price": "9.00", "discount_allocations": [{"amount": "4.00"}]},
        {"price": "7.00", "discounted_price": "6.00", "tax_lines": [{"price": "0.60"}]},
        {"price": "99.00", "is_removed": True},
    ]
    totals = bare({}, shipping_lines=shipping).content.totals
    assert (str(totals.shipping), str(totals.tax)) == ("11.00 EUR", "0.60 EUR")
    assert str(totals.total) == "21.60 EUR"


def test_tips_duties_and_fees_are_lines_that_nobody_sends() -> None:
    content = bare(
        {},
        total_tip_received="1.00",
        current_total_duties_set={"shop_money": {"amount": "2.00", "currency_code": "EUR"}},
        original_total_additional_fees_set={"shop_money": {"amount": "3.00"}},
    ).content
    assert [(line.title, line.needs_shipping) for line in content.lines[1:]] == [
        ("Tip", False), ("Duties", False), ("Fees", False),
    ]  # fmt: skip
    assert str(content.totals.total) == "16.00 EUR"


def test_a_tip_that_is_a_line_already_is_not_counted_twice() -> None:
    tip = {"price": "1.00", "requires_shipping": False, "tip": {"payment_gateway": "x"}}
    content = bare({}, tip, total_tip_received="1.00").content
    assert str(content.totals.total) == "11.00 EUR"


def test_duties_inside_the_prices_are_not_counted_twice() -> None:
    duties = {"shop_money": {"amount": "2.00"}}
    order = bare({}, current_total_duties_set=duties, duties_included=True)
    assert str(order.content.totals.total) == "10.00 EUR"


def test_a_line_in_another_currency_is_a_mix_up() -> None:
    foreign = {"price_set": {"shop_money": {"amount": "10.00", "currency_code": "USD"}}}
    with pytest.raises(Unmappable) as unfit:
        bare({}, foreign)
    assert unfit.value.code == "currency-mismatch"
    assert unfit.value.pointer == "/line_items/1/price_set/shop_money/currency_code"


# --- what is left of it --------------------------------------------------------------


def test_removed_units_are_gone_and_the_total_of_today_is_compared() -> None:
    content = bare(
        {"quantity": 4, "current_quantity": 1, "tax_lines": [{"price": "4.00"}]},
        {"current_quantity": 0},
        total_price="54.00",
        current_total_price="11.00",
    ).content
    assert [(line.quantity, str(line.tax)) for line in content.lines] == [(1, "1.00 EUR")]
    assert content.totals.variance.amount_minor == 0


def test_a_partly_refunded_order_keeps_the_rest_of_its_lines() -> None:
    """Three lines of which two were refunded: 199.00 - 3.33 + 3.98 is what is left."""
    each = {"price": "199.00", "tax_lines": [{"price": "3.98"}]}
    off = [{"discount_allocations": [{"amount": cents}]} for cents in ("3.34", "3.33", "3.33")]
    content = bare(
        *({**each, **cents, "current_quantity": n == 1} | {"current_quantity": int(n == 1)}
          for n, cents in enumerate(off)),
        financial_status="partially_refunded",
        total_price="598.94",
        current_total_price="199.65",
    ).content  # fmt: skip
    assert content.terms is PaymentTerms.PAID_IN_CHANNEL
    assert (str(content.totals.total), content.totals.variance.amount_minor) == ("199.65 EUR", 0)


def test_a_refund_of_money_only_compares_with_the_total_as_placed() -> None:
    content = bare({"current_quantity": 1}, total_price="10.00", current_total_price="7.00").content
    assert content.totals.variance.amount_minor == 0


def test_units_that_the_shop_sent_itself_are_not_sent_again() -> None:
    partly = {"quantity": 3, "fulfillable_quantity": 1, "fulfillment_status": "partial"}
    wholly = {"fulfillable_quantity": 0, "fulfillment_status": "fulfilled"}
    content = bare(partly, wholly, fulfillment_status="partial").content
    assert [(line.external_id, line.quantity) for line in content.shippable] == [("1", 1)]
    assert sum(line.quantity for line in content.lines) == 4
    assert str(content.totals.total) == "40.00 EUR"


@pytest.mark.parametrize(
    "line, sent",
    [
        ({"requires_shipping": False}, False),
        ({"requires_shipping": None, "gift_card": True}, False),
        ({"requires_shipping": None}, True),
        ({"requires_shipping": True, "gift_card": True}, True),
    ],
)
def test_what_needs_no_parcel(line: dict[str, Any], sent: bool) -> None:
    assert bare(line).content.lines[0].needs_shipping is sent


def test_a_custom_item_has_no_sku_and_no_product() -> None:
    line = bare({"sku": None, "title": "Boots", "product_id": None}).content.lines[0]
    assert (line.sku, line.title) == ("", "Boots")


# --- what was given back -------------------------------------------------------------


def given_back(amount: str, **changes: Any) -> dict[str, Any]:
    done = {"kind": "refund", "status": "success", "amount": amount, "currency": "EUR"}
    return {"transactions": [{**done, **changes}], "refund_line_items": [{"subtotal": "99.00"}]}


def test_what_was_given_back_is_the_sum_of_the_transactions() -> None:
    """The refunded lines cost 99.00; the customer got 12.50."""
    order = mapped(refunds=[given_back("10.00"), given_back("2.50")])
    assert str(order.refunded) == "12.50 EUR"
    assert order.content.totals.variance.amount_minor == 0


@pytest.mark.parametrize(
    "change", [{"status": "failure"}, {"status": "pending"}, {"kind": "void"}, {"kind": "sale"}]
)
def test_money_that_did_not_go_back_is_not_counted(change: dict[str, Any]) -> None:
    assert str(mapped(refunds=[given_back("10.00", **change)]).refunded) == "0.00 EUR"


def test_a_refund_in_the_customers_currency_counts_in_the_shops() -> None:
    both = {"shop_money": {"amount": "9.10", "currency_code": "EUR"}}
    order = mapped(refunds=[given_back("10.00", currency="USD", amount_set=both)])
    assert (str(order.refunded), order.content.apart) == ("9.10 EUR", ())


def test_a_refund_that_only_the_customers_currency_tells_stands_apart() -> None:
    order = mapped(refunds=[given_back("10.00", currency="USD")])
    assert str(order.refunded) == "0.00 EUR"
    assert [(each.title, str(each.amount)) for each in order.content.apart] == [
        ("Refund", "10.00 USD")
    ]


def test_the_version_is_when_shopify_last_changed_it() -> None:
    version_at = mapped().version_at
    assert version_at and version_at.isoformat() == "2026-11-21T19:27:42+00:00"
    assert mapped(updated_at="yesterday").version_at is None


# --- terms and state -----------------------------------------------------------------


@pytest.mark.parametrize(
    "status, terms",
    [
        ("paid", PaymentTerms.PAID_IN_CHANNEL),
        ("partially_refunded", PaymentTerms.PAID_IN_CHANNEL),
        ("authorized", PaymentTerms.AUTHORIZED_IN_CHANNEL),
        ("pending", PaymentTerms.UNPAID_IN_CHANNEL),
        ("partially_paid", PaymentTerms.UNPAID_IN_CHANNEL),
        ("voided", PaymentTerms.UNPAID_IN_CHANNEL),
        ("expired", PaymentTerms.UNPAID_IN_CHANNEL),
        ("a new word", PaymentTerms.UNPAID_IN_CHANNEL),
        (None, PaymentTerms.UNPAID_IN_CHANNEL),
    ],
)
def test_who_collects_the_money(status: str | None, terms: PaymentTerms) -> None:
    assert mapped(financial_status=status).content.terms is terms


WHEN = "2026-11-21T20:30:00+01:00"


@pytest.mark.parametrize(
    "order, state",
    [
        ({}, ChannelState.OPEN),
        ({"fulfillment_status": "pending"}, ChannelState.OPEN),
        ({"fulfillment_status": "partial"}, ChannelState.OPEN),
        ({"fulfillment_status": "fulfilled"}, ChannelState.FULFILLED),
        ({"cancelled_at": WHEN}, ChannelState.CANCELLED),
        ({"financial_status": "refunded"}, ChannelState.CANCELLED),
        (
            {"financial_status": "refunded", "fulfillment_status": "fulfilled"},
            ChannelState.FULFILLED,
        ),
        ({"test": True, "cancelled_at": WHEN, "confirmed": False}, ChannelState.TEST),
    ],
)
def test_what_the_channel_did_already(order: dict[str, Any], state: ChannelState) -> None:
    assert mapped(**order).content.channel_state is state


def test_an_order_of_which_nothing_is_left_is_cancelled_and_keeps_its_lines() -> None:
    content = bare({"quantity": 2, "current_quantity": 0}, total_price="20.00").content
    assert content.channel_state is ChannelState.CANCELLED
    assert content.lines[0].quantity == 2


# --- people and places ---------------------------------------------------------------


def test_without_a_customer_the_parcel_still_has_a_name() -> None:
    order = mapped(customer=None, email="", contact_email=None)
    assert (order.content.customer.name, order.content.customer.email) == ("Edda Lind", "")


@pytest.mark.parametrize("address", [None, {}, {"name": "Edda Lind", "city": "", "zip": None}])
def test_an_address_without_a_place_is_none(address: dict[str, Any] | None) -> None:
    assert mapped(shipping_address=address).content.shipping_address is None


def test_a_time_without_an_offset_is_refused() -> None:
    with pytest.raises(Unmappable) as unfit:
        mapped(processed_at="2026-11-21T20:30:00")
    assert (unfit.value.code, unfit.value.pointer) == ("invalid-time", "/processed_at")
