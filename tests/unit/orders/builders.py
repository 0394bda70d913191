"""Orders with defaults, for tests that care about one thing of them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from oms.kernel.address import Address, Customer
from oms.kernel.ids import LineId, OrderId, Sku
from oms.kernel.money import Money
from oms.orders.content import Content, Line, PaymentTerms, own_totals
from oms.orders.model import Order

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
ORDER_ID = OrderId("01M7YNAYM04C9NYAK2TGMEACS0")
NEW_YORK = Address("Ada Park", ("12 Elm Street",), "New York", "NY", "10001", "US")


def usd(minor: int) -> Money:
    return Money(minor, "USD")


def order(**changes: Any) -> Order:
    fields: dict[str, Any] = {
        "order_id": ORDER_ID,
        "number": "PO-7",
        "channel": "api",
        "account": "default",
        "external_id": "PO-7",
        "currency": "USD",
        "total_minor": 2598,
        "captured_at": NOW,
    }
    return Order(**{**fields, **changes})


def line(number: int = 1, **changes: Any) -> Line:
    fields: dict[str, Any] = {
        "line_id": LineId(f"L{number}"),
        "sku": Sku("MUG-BLUE"),
        "title": "Blue mug",
        "quantity": 2,
        "unit_price": usd(1299),
        "discount": usd(0),
        "tax": usd(0),
    }
    return Line(**{**fields, **changes})


def content(*lines: Line, **changes: Any) -> Content:
    bought = lines or (line(),)
    fields: dict[str, Any] = {
        "lines": bought,
        "customer": Customer("Ada Park", "ada@example.com"),
        "shipping_address": NEW_YORK,
        "billing_address": None,
        "totals": own_totals(bought, usd(0), None),
        "terms": PaymentTerms.CARD,
        "payment_method": "pm_card_visa",
    }
    return Content(**{**fields, **changes})
