"""WooCommerce: a fat channel with the order at the top of its messages."""

from __future__ import annotations

from functools import partial

from tests.contracts.channels.case import ChannelCase
from tests.unit.channels.samples import ACCOUNTS, encode, headers, sample

_LINE = ("line_items", 0)
_CART = b'{"id":5,"status":"checkout-draft"}'

CASE = ChannelCase(
    account=ACCOUNTS["woocommerce"],
    document=partial(sample, "woocommerce"),
    message=lambda: encode(sample("woocommerce")),
    sign=partial(headers, "woocommerce"),
    signature="x-wc-webhook-signature",
    where={
        "external_id": ("id",),
        "currency": ("currency",),
        "lines": ("line_items",),
        "quantity": (*_LINE, "quantity"),
        "sku": (*_LINE, "sku"),
        "line_id": (*_LINE, "id"),
        "price": (*_LINE, "total"),
        "city": ("shipping", "city"),
    },
    impostor={"x-wc-webhook-source": "https://demo.example.evil.example/"},
    unsigned=("x-wc-webhook-topic",),
    settings={"consumer_key": "local-shop-token", "consumer_secret": "local-shop-token"},
    totals=(("total",),),
    foreign=(
        (headers("woocommerce", b'{"id":5}', topic="product.updated"), b'{"id":5}'),
        (headers("woocommerce", _CART, topic="order.updated"), _CART),
        ({}, b'{"id":1}'),
    ),
    recorded="woocommerce/order_7*.json",
    one_at_a_time=frozenset({"tell_refunded"}),
)
