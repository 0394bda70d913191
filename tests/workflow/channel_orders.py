"""A small Shopify order that a test can change: MUG-BLUE at 12.90, paid, to an address."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from tests.workflow.world import START

ADDRESS = {
    "name": "Ada Park",
    "address1": "12 Elm Street",
    "city": "New York",
    "province_code": "NY",
    "zip": "10001",
    "country_code": "US",
}


def at(minutes: float) -> str:
    """A time of the channel, in minutes after the world began."""
    return (START + timedelta(minutes=minutes)).isoformat()


def shopify_order(number: int, units: int = 1, minutes: float = 0, **changes: Any) -> bytes:
    """The body of a webhook about order `number`, changed in the channel at that minute."""
    total = f"{(1290 * units + 490) / 100:.2f}"
    line = {
        "id": number * 100,
        "sku": "MUG-BLUE",
        "name": "Blue mug",
        "quantity": units,
        "price": "12.90",
        "requires_shipping": True,
    }
    order = {
        "id": number,
        "name": f"#{number}",
        "currency": "USD",
        "created_at": at(0),
        "updated_at": at(minutes),
        "financial_status": "paid",
        "fulfillment_status": None,
        "email": "ada@example.com",
        "total_price": total,
        "line_items": [line],
        "shipping_lines": [{"id": number, "title": "Post", "price": "4.90"}],
        "shipping_address": ADDRESS,
        "refunds": [],
    }
    return json.dumps({**order, **changes}).encode()
