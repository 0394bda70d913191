"""What is WooCommerce's own: pings, entities in secrets, fees, statuses, rounding per line."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from oms.channels.model import Kind, MappedOrder, Unmappable
from oms.channels.woocommerce import inbound as woocommerce
from oms.orders.content import ChannelState, PaymentTerms
from tests.contracts.channels.case import NOW
from tests.unit.channels.samples import ACCOUNTS, encode, headers, sample

ACCOUNT = ACCOUNTS["woocommerce"]
NOWHERE = dict.fromkeys(("first_name", "last_name", "address_1", "city", "postcode", "country"), "")


def mapped(**changes: Any) -> MappedOrder:
    return woocommerce.map_order({**sample("woocommerce"), **changes}, ACCOUNT)


def line(**changes: Any) -> dict[str, Any]:
    plain = {"id": 1, "name": "Mug", "sku": "MUG-BLUE", "quantity": 1}
    return {**plain, "subtotal": "10.00", "total": "10.00", "total_tax": "0.00", **changes}


# --- the ping ------------------------------------------------------------------------


def test_the_ping_of_a_new_webhook_is_known_without_a_signature() -> None:
    assert woocommerce.is_ping(b"webhook_id=3")
    assert woocommerce.identify(b"webhook_id=3", {}, None, ACCOUNT).kind is Kind.PING


@pytest.mark.parametrize(
    "raw", [b"", b"webhook_id=", b"webhook_id=3&x=1", b"webhook_id=3\n", b"{}"]
)
def test_nothing_else_passes_for_a_ping(raw: bytes) -> None:
    assert not woocommerce.is_ping(raw)


# --- who sent it ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "stored, signing",
    [
        ("a&amp;b", "a&b"),
        ("&quot;x&#039;&lt;&gt;", "\"x'<>"),
        ("&#38;&#x26;&#X27;&#0034;", "&&'\""),
        ("&amp;lt;", "&lt;"),  # decoded once, not twice
        ("&copy;&eacute;", "&copy;&eacute;"),  # not among what WordPress decodes
        ("a&b", "a&b"),
    ],
)
def test_the_secret_signs_without_its_entities(stored: str, signing: str) -> None:
    account = replace(ACCOUNT, secrets=(stored,))
    assert woocommerce.verify(b"{}", headers("woocommerce", b"{}", signing), account, NOW)


@pytest.mark.parametrize(
    "source", ["https://demo.example", "http://demo.example/", "HTTPS://Demo.Example/"]
)
def test_the_same_site_in_other_spellings(source: str) -> None:
    sent = {**headers("woocommerce", b"{}"), "x-wc-webhook-source": source}
    assert woocommerce.verify(b"{}", sent, ACCOUNT, NOW)


@pytest.mark.parametrize(
    "source",
    ["", "https://", "https://demo.example/shop", "https://demo.example:8443/", "http://[x"],
)
def test_another_site(source: str) -> None:
    sent = {**headers("woocommerce", b"{}"), "x-wc-webhook-source": source}
    assert not woocommerce.verify(b"{}", sent, ACCOUNT, NOW)


@pytest.mark.parametrize("status", ["checkout-draft", "auto-draft"])
def test_a_cart_is_no_order_yet(status: str) -> None:
    raw = encode({"id": 1, "status": status})
    sent = headers("woocommerce", raw, topic="order.updated")
    assert (
        woocommerce.identify(raw, sent, {"id": 1, "status": status}, ACCOUNT).kind is Kind.IGNORED
    )


def test_their_delivery_id_is_not_our_key() -> None:
    """Two orders in one second share it, and a repeat has another."""
    sent = headers("woocommerce", b"{}")
    one, other = ({**sent, "x-wc-webhook-delivery-id": n} for n in "ab")
    first = woocommerce.identify(b'{"id":1}', one, {"id": 1}, ACCOUNT)
    assert (
        first.delivery_key
        == woocommerce.identify(b'{"id":1}', other, {"id": 1}, ACCOUNT).delivery_key
    )
    assert (
        first.delivery_key
        != woocommerce.identify(b'{"id":2}', one, {"id": 2}, ACCOUNT).delivery_key
    )


# --- money ---------------------------------------------------------------------------


def test_the_coupon_is_the_difference_of_the_two_totals() -> None:
    content = mapped().content
    assert str(content.lines[0].unit_price) == "12.99 USD"
    assert str(content.lines[0].discount) == "2.00 USD"
    assert content.lines[0].title == "Mug – Blue"


def test_the_unrounded_unit_price_is_not_read() -> None:
    odd = line(quantity=3, subtotal="10.00", price=Decimal("3.3333333333333335"))
    first = mapped(line_items=[odd]).content.lines[0]
    assert (str(first.unit_price), str(first.discount)) == ("3.34 USD", "0.02 USD")


def test_fees_are_lines_that_nobody_sends_and_may_be_discounts() -> None:
    fees = [
        {"id": 5, "name": "Gift wrap", "total": "3.00", "total_tax": "0.24"},
        {"id": 6, "name": "", "total": "-1.00", "total_tax": "-0.08"},
    ]
    content = mapped(fee_lines=fees, total="32.90").content
    assert [line.title for line in content.lines[1:]] == ["Gift wrap", "Fee"]
    assert not any(line.needs_shipping for line in content.lines[1:])
    assert content.totals.total.amount_minor == 3090 + 300 + 24 - 100 - 8


def test_taxed_shipping_counts_in_tax() -> None:
    shipping = [{"total": "5.00", "total_tax": "0.40"}, {"total": "1.00", "total_tax": "0.08"}]
    totals = mapped(line_items=[line()], shipping_lines=shipping, total="16.48").content.totals
    assert (str(totals.shipping), str(totals.tax)) == ("6.00 USD", "0.48 USD")
    assert totals.variance.amount_minor == 0


def test_rounding_per_line_is_a_variance_and_no_refusal() -> None:
    """As in the vendor's own order 728, whose parts sum to one cent more than its total."""
    parts = [line(id=n, subtotal="10.005", total="10.006") for n in (1, 2)]
    totals = mapped(line_items=parts, shipping_lines=[], total="20.01").content.totals
    assert totals.variance.amount_minor == -1


@pytest.mark.parametrize(
    "body, kind, external_id",
    [({"id": 4711}, Kind.NOTICE, "4711"), ({}, Kind.IGNORED, ""), ([], Kind.IGNORED, "")],
)
def test_a_deleted_order_is_only_its_id(body: Any, kind: Kind, external_id: str) -> None:
    raw = encode(body)
    delivery = woocommerce.identify(
        raw, headers("woocommerce", raw, topic="order.deleted"), body, ACCOUNT
    )
    assert (delivery.kind, delivery.external_id) == (kind, external_id)


def test_without_a_topic_the_body_decides() -> None:
    order = sample("woocommerce")
    assert woocommerce.identify(encode(order), {}, order, ACCOUNT).kind is Kind.ORDER
    assert woocommerce.identify(b'{"id":1}', {}, {"id": 1}, ACCOUNT).kind is Kind.IGNORED


def test_the_version_is_when_the_shop_last_changed_it() -> None:
    version_at = mapped().version_at
    assert version_at and version_at.isoformat() == "2026-11-21T19:27:45+00:00"


def test_refunds_stand_beside_the_total() -> None:
    refunds = [{"id": 9, "reason": "", "total": "-10.00"}, {"id": 10, "total": "-1.50"}]
    order = mapped(status="completed", refunds=refunds)
    assert str(order.refunded) == "11.50 USD"
    assert order.content.totals.variance.amount_minor == 0
    assert order.content.channel_state is ChannelState.FULFILLED


@pytest.mark.parametrize("quantity", [Decimal("1.5"), Decimal("0.2"), "2", None])
def test_goods_by_weight_wait_for_a_person(quantity: Any) -> None:
    with pytest.raises(Unmappable) as unfit:
        mapped(line_items=[line(quantity=quantity)])
    assert unfit.value.code == "invalid-quantity"


def test_a_whole_number_written_as_a_fraction_is_whole() -> None:
    assert mapped(line_items=[line(quantity=Decimal("2.0"))]).content.lines[0].quantity == 2


# --- terms, state, places ------------------------------------------------------------


@pytest.mark.parametrize(
    "status, paid, terms, state",
    [
        ("processing", True, "PAID_IN_CHANNEL", "OPEN"),
        ("processing", False, "UNPAID_IN_CHANNEL", "OPEN"),
        ("pending", False, "UNPAID_IN_CHANNEL", "OPEN"),
        ("on-hold", True, "UNPAID_IN_CHANNEL", "OPEN"),
        ("failed", False, "UNPAID_IN_CHANNEL", "OPEN"),
        ("in-the-workshop", True, "PAID_IN_CHANNEL", "OPEN"),
        ("completed", True, "PAID_IN_CHANNEL", "FULFILLED"),
        ("cancelled", False, "UNPAID_IN_CHANNEL", "CANCELLED"),
        ("refunded", True, "PAID_IN_CHANNEL", "CANCELLED"),
        ("trash", True, "PAID_IN_CHANNEL", "CANCELLED"),
    ],
)
def test_status_and_payment(status: str, paid: bool, terms: str, state: str) -> None:
    when = "2026-11-21T19:27:44" if paid else None
    content = mapped(status=status, date_paid_gmt=when).content
    assert (content.terms, content.channel_state) == (PaymentTerms(terms), ChannelState(state))


@pytest.mark.parametrize(
    "order, sent",
    [
        ({}, True),
        ({"needs_processing": False}, False),
        ({"shipping": NOWHERE, "shipping_lines": []}, False),
        ({"shipping": NOWHERE, "shipping_lines": [], "created_via": "admin"}, True),
        ({"shipping": NOWHERE}, True),
        ({"shipping_lines": []}, True),
    ],
)
def test_what_needs_no_parcel(order: dict[str, Any], sent: bool) -> None:
    assert mapped(**order).content.lines[0].needs_shipping is sent


def test_an_empty_shipping_address_is_none() -> None:
    assert mapped(shipping=NOWHERE).content.shipping_address is None


def test_times_are_utc_though_they_do_not_say_so() -> None:
    placed = mapped(date_created_gmt="2026-03-01T00:30:00").placed_at
    assert placed and placed.isoformat() == "2026-03-01T00:30:00+00:00"


def test_entities_cannot_smuggle_marks_into_a_title() -> None:
    order = mapped(line_items=[line(name="Mug &#x202e;eulB&#8203; &amp; &#1;saucer")])
    assert "\u202e" not in order.content.lines[0].title
    assert "\x01" not in order.content.lines[0].title
