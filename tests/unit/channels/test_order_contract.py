"""`POST /orders`: what is taken, and what is refused under which code at which place."""

from __future__ import annotations

import copy
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oms.kernel.errors import Invalid
from oms.kernel.money import Money
from oms.orders import contracts
from oms.orders.content import PaymentTerms
from oms.platform import gate
from tests.unit.channels.samples import event

CARD = "4242424242424242"


def body(name: str = "create_order") -> Any:
    return gate.parse(gate.body_bytes(event(f"manage_orders/{name}")))


def changed(path: str, value: Any) -> Any:
    order = body("create_order_by_card")
    *way, last = [int(key) if key.isdigit() else key for key in path.strip("/").split("/")]
    holder = order
    for key in way:
        holder = holder[key]
    holder[last] = value
    return order


def causes(data: Any) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as refused:
        contracts.parse_order(data)
    return [(error.pointer, error.code) for error in refused.value.errors]


# --- what is taken -------------------------------------------------------------------


def test_an_order_on_account() -> None:
    order = contracts.parse_order(body())
    assert (order.external_id, order.currency) == ("PO-7", "USD")
    assert order.content.terms is PaymentTerms.ON_ACCOUNT
    assert order.content.totals.total == Money(2598, "USD")
    assert order.content.shipping_address and order.content.shipping_address.country == "US"
    assert order.content.customer.phone == "+1 510 555 0134"


def test_an_order_by_card_with_everything() -> None:
    order = contracts.parse_order(body("create_order_by_card"))
    content = order.content
    assert (content.terms, content.payment_method) == (PaymentTerms.CARD, "pm_card_visa")
    assert content.totals.total == Money(1299 - 100 + 108 + 500, "USD")
    assert content.totals.variance == Money(0, "USD")
    assert (content.lines[0].line_id, content.lines[0].title) == ("L1", "Mug, blue")
    assert order.content.note == "Leave at the desk"


def test_what_is_optional_may_be_left_out_or_null() -> None:
    least = {
        "currency": "JPY",
        "customer": {"name": "山田", "email": "yamada@example.co.jp"},
        "lines": [{"sku": "MUG-BLUE", "quantity": 1, "unit_price": money(1500, "JPY")}],
    }
    optional = ("external_id", "shipping_address", "billing_address", "shipping", "payment", "note")
    nulls = dict.fromkeys((*optional, "reservation_id"))
    assert contracts.parse_order(least) == contracts.parse_order({**least, **nulls})
    assert contracts.parse_order(least).external_id == ""


def test_text_is_trimmed_and_in_one_form() -> None:
    order = contracts.parse_order(changed("/customer/name", "  Zoe\u0308 "))
    assert order.content.customer.name == "Zoë"


def test_a_reservation_may_be_named() -> None:
    assert contracts.parse_order({**body(), "reservation_id": "R-1"}).reservation_id == "R-1"


def test_notes_may_have_lines() -> None:
    assert contracts.parse_order({**body(), "note": "two\nlines"}).content.note == "two\nlines"


def test_a_price_of_nothing_is_a_price() -> None:
    order = contracts.parse_order(changed("/lines/0/discount", money(1299)))
    assert order.content.totals.items == order.content.totals.discount


def test_a_phone_number_with_its_country_may_pass_luhn() -> None:
    phone = "+4915122345684"
    assert gate.holds_card_number(phone)
    assert contracts.parse_order(changed("/customer/phone", phone)).content.customer.phone == phone


# --- what is refused -----------------------------------------------------------------


def money(amount: Any, currency: str = "USD") -> dict[str, Any]:
    return {"amount_minor": amount, "currency": currency}


REFUSED: list[tuple[str, Any, str]] = [
    *(("/lines/0/quantity", value, "invalid-quantity")
      for value in (0, -1, 10_001, 2**63, True, "1", " 1 ", Decimal("1.0"), None, [], {})),
    *(("/lines/0/unit_price/amount_minor", value, "invalid-amount")
      for value in (-5, 10**10 + 1, 10**39, True, "1299", Decimal("12.99"), Decimal(1), None)),
    *(("/currency", value, "unknown-currency") for value in ("usd", "XXX", "", " USD", "US")),
    ("/currency", 840, "wrong-type"),
    ("/lines/0/unit_price/currency", "EUR", "currency-mismatch"),
    ("/lines/0/discount/currency", "EUR", "currency-mismatch"),
    ("/lines/0/tax/currency", "EUR", "currency-mismatch"),
    ("/shipping/currency", "EUR", "currency-mismatch"),
    ("/shipping/currency", "QQQ", "unknown-currency"),
    ("/lines", [], "no-lines"),
    ("/lines", [{}] * 1001, "too-many-lines"),
    ("/lines", {}, "wrong-type"),
    ("/lines", None, "wrong-type"),
    ("/lines/0", "MUG-BLUE", "wrong-type"),
    ("/lines/0/sku", "", "empty"),
    ("/lines/0/sku", "  ", "empty"),
    ("/lines/0/sku", "x" * 101, "too-long"),
    ("/lines/0/sku", "=HYPERLINK(1)", "invalid-sku"),
    ("/lines/0/sku", "-1", "invalid-sku"),
    ("/lines/0/sku", "@SUM", "invalid-sku"),
    ("/lines/0/sku", "MUG\x00", "control-character"),
    ("/lines/0/sku", "MUG\nBLUE", "control-character"),
    ("/lines/0/sku", 7, "wrong-type"),
    ("/lines/0/discount/amount_minor", 1300, "discount-too-large"),
    ("/external_id", "", "empty"),
    ("/external_id", "x" * 101, "too-long"),
    ("/external_id", "PO\u202e7", "control-character"),
    ("/external_id", "\ud800", "control-character"),
    ("/external_id", 7, "wrong-type"),
    ("/customer/name", "", "empty"),
    ("/customer/email", "", "empty"),
    ("/customer/email", "nadia", "invalid-email"),
    ("/customer/email", "nadia@localhost", "invalid-email"),
    ("/customer/phone", "call me", "invalid-phone"),
    ("/customer/phone", "123", "invalid-phone"),
    ("/customer", None, "missing-field"),
    ("/shipping_address/country", "us", "unknown-country"),
    ("/shipping_address/country", "UK", "unknown-country"),
    ("/shipping_address/country", "USA", "unknown-country"),
    ("/shipping_address/lines", "400 Harbor Street", "wrong-type"),
    ("/shipping_address/postal_code", "9" * 21, "too-long"),
    ("/payment/method", "cash", "unknown-value"),
    ("/payment/payment_method", "tok_visa", "invalid-payment-method"),
    ("/payment/payment_method", "", "invalid-payment-method"),
    ("/payment/payment_method", None, "invalid-payment-method"),
    ("/note", "x" * 2001, "too-long"),
    ("/total", 1, "unknown-field"),
    ("/status", "CONFIRMED", "unknown-field"),
    ("/lines/0/price", 1, "unknown-field"),
    ("/", 1, "unknown-field"),
    *((place, f"card {CARD}", "card-number")
      for place in ("/note", "/external_id", "/customer/name", "/shipping_address/city",
                    "/lines/0/title", "/lines/0/sku")),
    ("/customer/phone", CARD, "card-number"),
    ("/customer/phone", "4242 4242 4242 4242", "card-number"),
    ("/customer/phone", f"+{CARD}", "card-number"),
]  # fmt: skip


@pytest.mark.parametrize("pointer, value, code", REFUSED)
def test_one_mistake_has_one_cause(pointer: str, value: Any, code: str) -> None:
    place = "/payment/payment_method" if code == "invalid-payment-method" else pointer
    if code == "discount-too-large":
        place = "/lines/0/discount"
    assert causes(changed(pointer, value)) == [(place, code)]


@pytest.mark.parametrize(
    "pointer", ["/currency", "/customer", "/lines", "/customer/name", "/lines/0/quantity"]
)
def test_what_is_missing_is_named(pointer: str) -> None:
    order = body()
    *way, last = pointer.strip("/").split("/")
    holder = order
    for key in way:
        holder = holder[int(key) if key.isdigit() else key]
    del holder[last]
    assert causes(order) == [(pointer, "missing-field")]


def test_a_customer_is_reached_by_mail_or_by_phone() -> None:
    for only in ({"phone": "+12025550100"}, {"email": "nadia@example.com"}):
        order = contracts.parse_order({**body(), "customer": {"name": "Nadia", **only}})
        assert order.content.customer.name == "Nadia"
    nobody = {**body(), "customer": {"name": "Nadia"}}
    assert causes(nobody) == [("/customer/email", "missing-field")]


def test_a_payment_on_account_names_no_card() -> None:
    payment = {"method": "on_account", "payment_method": "pm_1"}
    assert causes({**body(), "payment": payment}) == [
        ("/payment/payment_method", "invalid-payment-method")
    ]


def test_an_order_that_nobody_could_book_is_too_large() -> None:
    line = {"sku": "GOLD", "quantity": 10_000, "unit_price": money(10**10)}
    assert causes({**body(), "lines": [line]}) == [("/lines", "total-too-large")]


def test_all_mistakes_are_told_in_the_order_of_the_fields() -> None:
    found = causes(body("create_order_invalid"))
    assert (
        found
        == causes(body("create_order_invalid"))
        == [
            ("/currency", "unknown-currency"),
            ("/customer/name", "empty"),
            ("/customer/email", "invalid-email"),
            ("/lines/0/quantity", "invalid-quantity"),
            ("/lines/0/unit_price/amount_minor", "invalid-amount"),
        ]
    )


def test_ten_thousand_mistakes_are_not_all_told() -> None:
    line = {"sku": "", "quantity": 0, "unit_price": money(-1, "usd")}
    assert len(causes({**body(), "lines": [line] * 1000})) == 100


@pytest.mark.parametrize("data", [None, [], "x", 1, True, [body()]])
def test_a_body_that_is_no_object(data: Any) -> None:
    assert causes(data) == [("", "wrong-type")]


def test_a_field_with_a_name_of_3_kb_is_cut_and_escaped() -> None:
    ((pointer, code),) = causes({**body(), "a/b~" + "k" * 3000: 1})
    assert (pointer[:9], code) == ("/a~1b~0kk", "unknown-field")
    assert len(pointer) < 200


def test_nothing_of_the_body_is_repeated() -> None:
    with pytest.raises(Invalid) as refused:
        contracts.parse_order(changed("/customer/email", "SECRET"))
    assert "SECRET" not in str(refused.value)
    assert "SECRET" not in str(refused.value.errors)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.decimals(allow_nan=False),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=4,
)
PLACES = sorted({pointer for pointer, _, _ in REFUSED if pointer != "/"})


@settings(max_examples=300)
@given(st.lists(st.tuples(st.sampled_from(PLACES), json_values), min_size=1, max_size=3))
def test_whatever_comes_is_an_order_or_invalid(changes: list[tuple[str, Any]]) -> None:
    order = body("create_order_by_card")
    for pointer, value in changes:
        try:
            order = _put(order, pointer, value)
        except (KeyError, TypeError, IndexError):
            continue
    try:
        contracts.parse_order(order)
    except Invalid as refused:
        assert refused.errors


def _put(order: Any, pointer: str, value: Any) -> Any:
    copied = holder = copy.deepcopy(order)
    *way, last = [int(key) if key.isdigit() else key for key in pointer.strip("/").split("/")]
    for key in way:
        holder = holder[key]
    holder[last] = value
    return copied


# --- corrections ---------------------------------------------------------------------


def test_an_address_is_fixed() -> None:
    address = contracts.parse_address_fix(body("fix_address"))
    assert address.lines == ("400 Harbor Street", "Unit 5")


def test_a_contact_is_fixed() -> None:
    assert contracts.parse_contact_fix(body("fix_contact")).email == "nadia@example.com"


def test_a_fix_is_checked_like_an_order() -> None:
    fix = body("fix_contact")
    fix["customer"]["email"] = "nadia"
    with pytest.raises(Invalid) as refused:
        contracts.parse_contact_fix(fix)
    assert [(e.pointer, e.code) for e in refused.value.errors] == [
        ("/customer/email", "invalid-email")
    ]
    with pytest.raises(Invalid):
        contracts.parse_address_fix({})
