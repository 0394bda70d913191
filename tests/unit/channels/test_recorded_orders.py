"""What every order that the platforms publish as a sample becomes here."""

from __future__ import annotations

import pytest

from oms.channels import registry
from oms.orders.content import ChannelState, PaymentTerms
from oms.platform import gate
from tests.unit.channels.samples import ACCOUNTS, RECORDED, recorded

PAID, UNPAID = PaymentTerms.PAID_IN_CHANNEL, PaymentTerms.UNPAID_IN_CHANNEL
OPEN, CANCELLED, FULFILLED = ChannelState.OPEN, ChannelState.CANCELLED, ChannelState.FULFILLED

# file: id, number, total, variance, terms, state, has an address, e-mail, (sku, units) per line
TABLE = {
    "shopify/order_simple_paid_single_line": (
        "1073459966", "#1002", "199.00 USD", 0, PAID, OPEN, False, "", [("IPOD2009BLACK", 1)],
    ),
    "shopify/order_discount_code_no_tax": (
        "1073459981", "#1002", "181.09 USD", 0, PAID, OPEN, True, "jane@example.com",
        [("IPOD2009BLACK", 1)],
    ),
    "shopify/order_eur_taxed_custom_item": (
        "1073459976", "#1002", "238.47 EUR", 0, PAID, OPEN, False, "", [("", 3)],
    ),
    "shopify/order_paid_fulfilled_with_tracking": (
        "1073459972", "#1002", "199.00 USD", 0, PAID, FULFILLED, False, "foo@example.com",
        [("IPOD2009BLACK", 1)],
    ),
    "shopify/order_partially_paid": (
        "1073459980", "#1002", "199.00 USD", 0, UNPAID, OPEN, True, "jane@example.com",
        [("IPOD2009BLACK", 1)],
    ),
    "shopify/order_pending_payment": (
        "1073459983", "#1002", "199.00 USD", 0, UNPAID, OPEN, False,
        "bob.norman@mail.example.com", [("IPOD2009BLACK", 1)],
    ),
    "shopify/order_cancelled_fully_refunded_restock": (
        "450789469", "#1001", "598.94 USD", 0, PAID, CANCELLED, True,
        "bob.norman@mail.example.com",
        [("IPOD2008GREEN", 1), ("IPOD2008RED", 1), ("IPOD2008BLACK", 1)],
    ),
    "woocommerce/order_727_processing_tax_variation_emptysku": (
        "727", "727", "29.35 USD", 0, PAID, OPEN, True, "john.doe@example.com",
        [("", 2), ("Bar3", 1)],
    ),
    "woocommerce/order_729_processing": (
        "729", "729", "54.40 USD", 0, PAID, OPEN, True, "john.doe@example.com",
        [("Bar3", 1), ("", 1)],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", TABLE)
def test_a_recorded_order_becomes(name: str) -> None:
    channel = name.partition("/")[0]
    order = registry.channel(channel).map_order(
        gate.parse(recorded(f"{name}.json")), ACCOUNTS[channel]
    )
    content = order.content
    assert TABLE[name] == (
        order.external_id,
        order.number,
        str(content.totals.total),
        content.totals.variance.amount_minor,
        content.terms,
        content.channel_state,
        content.shipping_address is not None,
        content.customer.email,
        [(line.sku, line.quantity) for line in content.lines],
    )


@pytest.mark.parametrize("channel", ["shopify", "woocommerce"])
def test_every_recorded_order_maps(channel: str) -> None:
    """Also those that were recorded after the table was written."""
    for path in sorted((RECORDED / channel).glob("order_[!r]*.json")):
        order = registry.channel(channel).map_order(
            gate.parse(path.read_bytes()), ACCOUNTS[channel]
        )
        assert order.content.lines, path.name
