"""What the tests of channels send: the platforms' own recorded orders, and orders built here."""

from __future__ import annotations

import base64
import copy
import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

from oms.channels.model import ChannelAccount
from oms.platform import gate
from tests.recorded import PAYLOADS

ROOT = Path(__file__).parents[3]
EVENTS = ROOT / "events"
# Recorded orders stay outside the repository: they are the platforms' own samples.
RECORDED = PAYLOADS

SECRET = "local-secret"
ACCOUNTS = {
    "shopify": ChannelAccount("shopify", "demo", (SECRET,), "demo.myshopify.com"),
    "woocommerce": ChannelAccount("woocommerce", "demo", (SECRET,), "https://demo.example/"),
}


def recorded(name: str) -> bytes:
    """The raw recorded body, e.g. `shopify/order_partially_paid.json`."""
    return (RECORDED / name).read_bytes()


def event(name: str) -> dict[str, Any]:
    return json.loads((EVENTS / f"{name}.json").read_text())  # type: ignore[no-any-return]


def sample(channel: str) -> dict[str, Any]:
    """A fresh copy of our own written order of that channel, as `gate.parse` gives it."""
    body = gate.body_bytes(event(f"receive_webhook/{channel}_order"))
    return copy.deepcopy(gate.parse(body))


def encode(order: Any) -> bytes:
    return json.dumps(order, default=str).encode()


def headers(channel: str, raw: bytes, secret: str = SECRET, topic: str = "") -> dict[str, str]:
    signature = base64.b64encode(hmac.new(secret.encode(), raw, hashlib.sha256).digest()).decode()
    if channel == "shopify":
        return {
            "x-shopify-hmac-sha256": signature,
            "x-shopify-shop-domain": "demo.myshopify.com",
            "x-shopify-topic": topic or "orders/create",
            "x-shopify-webhook-id": "w-1",
        }
    return {
        "x-wc-webhook-signature": signature,
        "x-wc-webhook-source": "https://demo.example/",
        "x-wc-webhook-topic": topic or "order.created",
    }
