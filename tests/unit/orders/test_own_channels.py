"""The channels of our own API: what each asks of an order, and what it does not take."""

from __future__ import annotations

from typing import Any

import pytest

from oms.kernel.errors import Invalid
from oms.orders.buyers import Buyer
from oms.orders.content import ChannelState, PaymentTerms
from oms.orders.contracts import parse_order
from tests.workflow.world import api_order

CAFE = Buyer("CAFE", "Harbor Cafe", "USD", "NET30", {"MUG-BLUE": 900})


def causes(body: dict[str, Any]) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as refused:
        parse_order(body, lambda name: CAFE)
    return [(each.pointer, each.code) for each in refused.value.errors]


def purchase(**changes: Any) -> dict[str, Any]:
    lines = [{"sku": "MUG-BLUE", "quantity": 2}]
    body = {"channel": "b2b", "currency": "USD", "buyer_id": "CAFE", "po_number": "PO-1"}
    return {**body, "lines": lines, **changes}


def test_without_a_channel_nothing_is_new() -> None:
    order = parse_order(api_order())
    assert (order.channel, order.account, order.external_id) == ("api", "default", "PO-7")
    assert parse_order(api_order(channel="api")) == order


@pytest.mark.parametrize("channel", ["web", "phone", "pos"])
def test_a_channel_is_taken_over(channel: str) -> None:
    order = parse_order(api_order(channel=channel))
    assert (order.channel, order.account) == (channel, "default")
    assert order.content == parse_order(api_order()).content


@pytest.mark.parametrize("channel", ["shopify", "", "API", None, 1])
def test_a_channel_that_is_not_ours_to_send_for_is_refused(channel: Any) -> None:
    ((pointer, code),) = causes(api_order(channel=channel))
    assert (pointer, code) == ("/channel", "unknown-value")


def test_a_purchase_order_goes_by_buyer_and_number_and_has_the_buyers_prices() -> None:
    order = parse_order(purchase(), lambda name: CAFE)
    assert (order.channel, order.account, order.external_id) == ("b2b", "CAFE", "PO-1")
    assert order.content.totals.total.amount_minor == 1800
    assert order.content.terms is PaymentTerms.ON_ACCOUNT
    assert order.content.invoice_terms == "NET30"


def test_a_price_that_the_order_names_goes_before_the_list() -> None:
    line = {"sku": "MUG-BLUE", "quantity": 1, "unit_price": {"amount_minor": 5, "currency": "USD"}}
    order = parse_order(purchase(lines=[line]), lambda name: CAFE)
    assert order.content.totals.total.amount_minor == 5


def test_only_a_business_buyer_leaves_out_the_price() -> None:
    body = api_order(lines=[{"sku": "MUG-BLUE", "quantity": 2}])
    assert causes(body) == [("/lines/0/unit_price", "missing-field")]


def test_a_sale_that_is_over_is_paid_and_needs_no_name() -> None:
    body = api_order(channel="pos", handed_over_at="ST-SOHO")
    del body["customer"]
    content = parse_order(body).content
    assert content.channel_state is ChannelState.HANDED_OVER
    assert (content.terms, content.handed_over_at) == (PaymentTerms.PAID_IN_CHANNEL, "ST-SOHO")


def test_a_sale_has_no_more_skus_than_one_transaction_holds() -> None:
    line = api_order()["lines"][0]
    body = api_order(channel="pos", handed_over_at="ST-SOHO")
    most = [{**line, "sku": f"PIN-{n}"} for n in range(40)]
    assert len(parse_order({**body, "lines": most}).content.lines) == 40
    assert causes({**body, "lines": [*most, line]}) == [("/lines", "too-many-lines")]
