"""Walmart Marketplace's webhooks and orders (developer.walmart.com, Notifications and Orders v3).

A message names a purchase order and is thin: its fields differ from those of the API's order, so
the order is fetched. `map_order` takes what the API answers: `{"order": {...}}`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from oms.channels.drafts import numbered
from oms.channels.model import (
    ChannelAccount,
    Delivery,
    Headers,
    Kind,
    MappedOrder,
    Unmappable,
)
from oms.channels.reading import Reading
from oms.channels.walmart import proofs
from oms.channels.walmart.charges import refunded
from oms.channels.walmart.lines import Bought, bought, order_lines
from oms.kernel.address import Address, Customer
from oms.kernel.ids import digest
from oms.kernel.money import Money
from oms.orders.content import ChannelState, Content, PaymentTerms, Totals, own_totals

_ORDER_EVENTS = frozenset(
    {"PO_CREATED", "ORDER_UPDATES", "PO_LINE_AUTOCANCELLED", "INTENT_TO_CANCEL"}
)
SELLER_FULFILLED = "SellerFulfilled"
# ISO 3166-1 alpha-3, of the countries in which Walmart has a marketplace.
_COUNTRIES = {"USA": "US", "CAN": "CA", "MEX": "MX", "CHL": "CL"}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST = 4_102_444_800_000  # the year 2100


def is_ping(raw: bytes) -> bool:
    """Its test notification proves itself like any other."""
    return False


def challenge(query: Mapping[str, str], account: ChannelAccount) -> Mapping[str, str] | None:
    """It asks nothing."""
    return None


def verify(raw: bytes, headers: Headers, account: ChannelAccount, now: datetime) -> bool:
    return proofs.is_genuine(raw, headers, account, now)


def identify(raw: bytes, headers: Headers, parsed: Any, account: ChannelAccount) -> Delivery:
    message = Reading(parsed)
    event = _event(message)
    return Delivery(
        kind=Kind.NOTICE if event in _ORDER_EVENTS else Kind.IGNORED,
        external_id=message.id_or_empty("payload", "purchaseOrderId"),
        # `source.eventId`, which is the same when it is sent again, stands in the body.
        delivery_key=digest("walmart", hashlib.sha256(raw).hexdigest()),
        topic=event,
        version_at=message.time_or_none("source", "eventTime"),
    )


def map_order(parsed: Any, account: ChannelAccount) -> MappedOrder:
    order = Reading(parsed).at("order")
    external_id = order.identifier("purchaseOrderId")
    goods = bought(order)
    placed_at = _instant(order, "orderDate")
    return MappedOrder(
        external_id=external_id,
        number=order.text("customerOrderId", 50) or external_id,
        currency=goods.currency,
        content=_content(order, goods, placed_at),
        placed_at=placed_at,
        version_at=version_at(order),
        refunded=refunded(order_lines(order), goods.currency),
    )


# --- what a message is about ---------------------------------------------------------


def _event(message: Reading) -> str:
    try:
        return message.at("source").text("eventType", 60)
    except Unmappable:
        return ""


# --- the order -----------------------------------------------------------------------


def _content(order: Reading, goods: Bought, placed_at: datetime | None) -> Content:
    address = _address(order.at("shippingInfo"))
    totals = _totals(order, goods)
    return Content(
        lines=numbered(goods.drafts),
        customer=_customer(order, address),
        shipping_address=address,
        billing_address=None,
        totals=totals,
        terms=PaymentTerms.PAID_IN_CHANNEL,  # it is the one who charges the customer
        channel_state=_state(order, goods),
        placed_at=placed_at,
        tax_by_channel=totals.tax or None,
        apart=goods.apart,
    )


def _totals(order: Reading, goods: Bought) -> Totals:
    """Walmart gives a grand total of some orders only."""
    ours = own_totals(numbered(goods.drafts), goods.shipping, None)
    ours = replace(ours, tax=ours.tax + goods.shipping_tax, total=ours.total + goods.shipping_tax)
    given = _grand_total(order, goods.currency)
    return replace(ours, channel_total=ours.total if given is None else given)


def _grand_total(order: Reading, currency: str) -> Money | None:
    given = order.at("orderSummary", "totalAmount")
    if given.at("currencyAmount").value is None:
        return None
    if given.at("currencyUnit").value not in (None, currency):
        raise given.at("currencyUnit").fail("currency-mismatch", "not the currency of the order")
    return given.amount("currencyAmount", currency)


def _state(order: Reading, goods: Bought) -> ChannelState:
    if goods.all_cancelled:
        return ChannelState.CANCELLED
    if not is_sellers(order):
        return ChannelState.ELSEWHERE
    return ChannelState.FULFILLED if goods.all_sent else ChannelState.OPEN


def is_sellers(order: Reading) -> bool:
    """Whether the seller sends it. Older answers do not say, and have no others."""
    return order.at("shipNode").text("type", 60) in ("", SELLER_FULFILLED)


def _customer(order: Reading, address: Address | None) -> Customer:
    """The e-mail is a relay of Walmart's."""
    return Customer(
        name=address.name if address else "",
        email=order.text("customerEmailId"),
        phone=order.at("shippingInfo").text("phone", 40),
    )


def _address(shipping: Reading) -> Address | None:
    address = shipping.at("postalAddress")
    country = address.text("country", 60).upper()
    found = Address(
        name=address.text("name", 200),
        lines=tuple(filter(None, (address.text("address1"), address.text("address2")))),
        city=address.text("city", 100),
        region=address.text("state", 100),
        postal_code=address.text("postalCode", 20),
        country=_COUNTRIES.get(country, country),
        phone=shipping.text("phone", 40),
    )
    is_place = found.lines or found.city or found.postal_code or found.country
    return found if is_place else None


def version_at(order: Reading) -> datetime | None:
    """An order has no time of its own change: the last one of its lines stands for it."""
    stamps = [_instant(line, "statusDate") for line in order_lines(order)]
    return max(filter(None, (*stamps, _instant(order, "orderDate"))), default=None)


def _instant(of: Reading, key: str) -> datetime | None:
    """Walmart's times are milliseconds since 1970."""
    field = of.at(key)
    if field.value is None:
        return None
    if isinstance(field.value, bool) or not isinstance(field.value, int):
        raise field.fail("invalid-time", "a time is a number of milliseconds")
    if not 0 <= field.value <= _LATEST:
        raise field.fail("invalid-time", "a time out of range")
    return _EPOCH + timedelta(milliseconds=field.value)
