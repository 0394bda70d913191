"""Shopify: a fat channel with the order at the top of its messages."""

from __future__ import annotations

from functools import partial

from tests.contracts.channels.case import ChannelCase
from tests.unit.channels.samples import ACCOUNTS, encode, headers, sample

_LINE = ("line_items", 0)

CASE = ChannelCase(
    account=ACCOUNTS["shopify"],
    document=partial(sample, "shopify"),
    message=lambda: encode(sample("shopify")),
    sign=partial(headers, "shopify"),
    signature="x-shopify-hmac-sha256",
    where={
        "external_id": ("id",),
        "currency": ("currency",),
        "lines": ("line_items",),
        "quantity": (*_LINE, "quantity"),
        "sku": (*_LINE, "sku"),
        "line_id": (*_LINE, "id"),
        "price": (*_LINE, "price"),
        "city": ("shipping_address", "city"),
    },
    impostor={"x-shopify-shop-domain": "demo.myshopify.com.evil.example"},
    unsigned=("x-shopify-topic", "x-shopify-webhook-id"),
    settings={"access_token": "local-shop-token"},
    totals=(("total_price",), ("current_total_price",)),
    foreign=(
        (headers("shopify", b'{"id":5}', topic="products/update"), b'{"id":5}'),
        (headers("shopify", b"{}", topic="inventory_levels/update"), b'{"inventory_item_id":5}'),
        ({}, b'{"id":1}'),
    ),
    recorded="shopify/order_*.json",
    page=250,
)
