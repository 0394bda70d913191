"""Shopify's webhooks (shopify.dev/docs/apps/build/webhooks, REST order resource 2026-07)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from oms.channels.drafts import numbered
from oms.channels.model import (
    ChannelAccount,
    Delivery,
    Headers,
    Kind,
    MappedOrder,
)
from oms.channels.reading import Reading
from oms.channels.shopify.lines import Bought, bought
from oms.channels.shopify.refunds import foreign_refunds, refunded
from oms.channels.signing import header, is_signed
from oms.kernel.address import Address, Customer
from oms.kernel.ids import digest
from oms.orders.content import (
    ChannelState,
    Content,
    PaymentTerms,
    Totals,
    own_totals,
)

# The names without "x-" are the newer ones and win, as in Shopify's own library.
_SIGNATURE = ("shopify-hmac-sha256", "x-shopify-hmac-sha256")
_SHOP = ("shopify-shop-domain", "x-shopify-shop-domain")
_TOPIC = ("shopify-topic", "x-shopify-topic")
_DELIVERY = ("shopify-webhook-id", "x-shopify-webhook-id")

# Topics whose body is a whole order.
_ORDER_TOPICS = frozenset(
    "orders/" + happened
    for happened in ("create", "updated", "paid", "cancelled", "fulfilled", "partially_fulfilled")
)
# Topics about an order whose body is something else, and where that names the order.
_NOTICES = {
    "orders/edited": ("order_edit", "order_id"),
    "orders/delete": ("id",),
    "refunds/create": ("order_id",),
    "fulfillments/create": ("order_id",),
    "fulfillments/update": ("order_id",),
}
_TERMS = {
    "paid": PaymentTerms.PAID_IN_CHANNEL,
    "partially_refunded": PaymentTerms.PAID_IN_CHANNEL,
    "refunded": PaymentTerms.PAID_IN_CHANNEL,
    "authorized": PaymentTerms.AUTHORIZED_IN_CHANNEL,
}


def is_ping(raw: bytes) -> bool:
    """Shopify signs everything it sends."""
    return False


def challenge(query: Mapping[str, str], account: ChannelAccount) -> Mapping[str, str] | None:
    """It asks nothing."""
    return None


def verify(raw: bytes, headers: Headers, account: ChannelAccount, now: datetime) -> bool:
    """The secret is the app's, not the shop's, so the shop is compared too."""
    shop = header(headers, *_SHOP).casefold()
    if not shop or shop != account.domain.casefold():
        return False
    return is_signed(raw, header(headers, *_SIGNATURE), account.secrets)


def identify(raw: bytes, headers: Headers, parsed: Any, account: ChannelAccount) -> Delivery:
    # The delivery's id is not signed, so the body stands in the key as well.
    key = digest("shopify", header(headers, *_DELIVERY), hashlib.sha256(raw).hexdigest())
    topic, order = header(headers, *_TOPIC).lower(), Reading(parsed)
    if topic in _NOTICES:  # its times are those of the refund, or whatever it is
        return _notice(order.id_or_empty(*_NOTICES[topic]), key, topic)
    is_order = topic in _ORDER_TOPICS if topic else order.has("line_items")
    kind = Kind.ORDER if is_order else Kind.IGNORED
    return Delivery(kind, order.id_or_empty("id"), key, topic, order.time_or_none("updated_at"))


def map_order(parsed: Any, account: ChannelAccount) -> MappedOrder:
    order = Reading(parsed)
    external_id = order.identifier("id")
    currency = order.currency("currency")
    content = _content(order, bought(order, currency), currency)
    return MappedOrder(
        external_id=external_id,
        number=order.text("name", 50) or external_id,
        currency=currency,
        content=content,
        placed_at=content.placed_at,
        version_at=order.time_or_none("updated_at"),
        refunded=refunded(order, currency),
    )


# --- what a message is about ---------------------------------------------------------


def _notice(external_id: str, key: str, topic: str) -> Delivery:
    """Without an order's id there is nothing to fetch."""
    return Delivery(Kind.NOTICE if external_id else Kind.IGNORED, external_id, key, topic)


# --- the order -----------------------------------------------------------------------


def _content(order: Reading, goods: Bought, currency: str) -> Content:
    return Content(
        lines=numbered(goods.drafts),
        customer=_customer(order),
        shipping_address=_address(order.at("shipping_address")),
        billing_address=_address(order.at("billing_address")),
        totals=_totals(order, goods, currency),
        terms=_terms(order),
        channel_state=_state(order, goods),
        placed_at=order.time("processed_at") or order.time("created_at"),
        apart=foreign_refunds(order, currency),
    )


def _totals(order: Reading, goods: Bought, currency: str) -> Totals:
    """Our sums beside the channel's grand total.

    Shopify gives two, as placed and as it stands after edits and refunds. Which of them the
    lines add up to depends on what was changed, so one that they do add up to is taken.
    """
    ours = own_totals(numbered(goods.drafts), goods.shipping, None)
    ours = replace(ours, tax=ours.tax + goods.shipping_tax, total=ours.total + goods.shipping_tax)
    order.at("total_price").required()
    given = [order.amount("total_price", currency)]
    if order.at("current_total_price").value is not None:
        given.insert(0, order.amount("current_total_price", currency))
    channel_total = ours.total if ours.total in given else given[0]
    return replace(ours, channel_total=channel_total)


def _terms(order: Reading) -> PaymentTerms:
    """Pending, part-paid, voided, expired and words we do not know all wait for the channel."""
    return _TERMS.get(order.text("financial_status"), PaymentTerms.UNPAID_IN_CHANNEL)


def _state(order: Reading, goods: Bought) -> ChannelState:
    if order.flag("test"):
        return ChannelState.TEST
    if order.time("cancelled_at") or goods.all_removed:
        return ChannelState.CANCELLED
    if order.text("fulfillment_status") == "fulfilled":
        return ChannelState.FULFILLED
    # All money went back and nothing was sent: there is nothing left to send either.
    if order.text("financial_status") == "refunded":
        return ChannelState.CANCELLED
    return ChannelState.OPEN


def _customer(order: Reading) -> Customer:
    person = order.at("customer")
    parties = [order.at("shipping_address"), order.at("billing_address")]
    emails = (order.text("email"), order.text("contact_email"), person.text("email"))
    phones = (order.text("phone", 40), *(each.text("phone", 40) for each in [person, *parties]))
    return Customer(
        name=next(filter(None, map(_name, [person, *parties])), ""),
        email=next(filter(None, emails), ""),
        phone=next(filter(None, phones), ""),
    )


def _name(person: Reading) -> str:
    both = f"{person.text('first_name', 100)} {person.text('last_name', 100)}".strip()
    return person.text("name", 200) or both


def _address(address: Reading) -> Address | None:
    found = Address(
        name=_name(address),
        lines=tuple(filter(None, (address.text("address1"), address.text("address2")))),
        city=address.text("city", 100),
        region=address.text("province_code", 100) or address.text("province", 100),
        postal_code=address.text("zip", 20),
        country=address.text("country_code", 60).upper(),
        company=address.text("company", 200),
        phone=address.text("phone", 40),
    )
    is_place = found.lines or found.city or found.postal_code or found.country
    return found if is_place else None
