"""Magento 2 and Adobe Commerce (REST `V1/orders`; developer.adobe.com/commerce).

Open-source Magento sends nothing: its orders are polled. Adobe Commerce can send events and
webhooks; which fields stand in them is the merchant's setting, so they are notices only.
`map_order` takes an order as `GET V1/orders/{id}` gives it. Amounts are those in the order's
currency; `base_...` repeats them in the shop's.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from oms.channels.drafts import numbered
from oms.channels.magento.lines import Bought, bought
from oms.channels.magento.signatures import COMMERCE_SIGNATURE, is_commerce_webhook, is_event
from oms.channels.model import (
    ChannelAccount,
    Delivery,
    Headers,
    Kind,
    MappedOrder,
    Unmappable,
)
from oms.channels.reading import Reading
from oms.channels.signing import header
from oms.kernel.address import Address, Customer
from oms.kernel.ids import digest
from oms.kernel.money import total
from oms.orders.content import ChannelState, Content, PaymentTerms, Totals, own_totals
from oms.platform.gate import one_line

_LONGEST_CHALLENGE = 512
# Where the order's id stands in an event and in a webhook: in what belongs to an order, and in
# the order itself. Addresses, payments and the like have an `entity_id` of their own.
_ORDER_IDS = (("data", "value", "order_id"), ("order", "entity_id"), ("order_id",))
_OWN_IDS = (("data", "value", "entity_id"), ("entity_id",))
_OF_AN_ORDER = re.compile(r"sales_order_(?:save|place|cancel)|sales\.api\.order_")
_STATES = {
    "complete": ChannelState.FULFILLED,
    **dict.fromkeys(("canceled", "closed"), ChannelState.CANCELLED),
}
# The `state` is the platform's own; `status` is whatever the merchant calls it.
_WAITING = frozenset({"new", "pending_payment", "payment_review", "holded"})
# Means of payment of Adobe Commerce, which `grand_total` is without.
_CREDITS = ("gift_cards_amount", "customer_balance_amount", "reward_currency_amount")


def is_ping(raw: bytes) -> bool:
    return False


def challenge(query: Mapping[str, str], account: ChannelAccount) -> Mapping[str, str] | None:
    """What I/O Events asks when the address is registered: to say after it."""
    asked = query.get("challenge", "")
    return {"challenge": asked} if 0 < len(asked) <= _LONGEST_CHALLENGE else None


def verify(raw: bytes, headers: Headers, account: ChannelAccount, now: datetime) -> bool:
    """Raises Unavailable when Adobe's public key cannot be had."""
    if header(headers, COMMERCE_SIGNATURE):
        return is_commerce_webhook(raw, headers, account)
    return is_event(raw, headers, account, now)


def identify(raw: bytes, headers: Headers, parsed: Any, account: ChannelAccount) -> Delivery:
    """An event's id is in the body, so a repeat is the same to the byte."""
    message, key = Reading(parsed), digest("magento", hashlib.sha256(raw).hexdigest())
    topic = _topic(message)
    external_id = _order_id(message, topic)
    kind = Kind.NOTICE if external_id else Kind.IGNORED
    return Delivery(kind, external_id, key, topic)


def map_order(parsed: Any, account: ChannelAccount) -> MappedOrder:
    order = Reading(parsed)
    external_id = order.identifier("entity_id")
    currency = order.currency("order_currency_code")
    content = _content(order, bought(order, currency), currency)
    return MappedOrder(
        external_id=external_id,
        number=order.text("increment_id", 50) or external_id,
        currency=currency,
        content=content,
        placed_at=content.placed_at,
        version_at=changed_at(order),
        refunded=order.amount("total_refunded", currency),
    )


def changed_at(order: Reading) -> datetime | None:
    """It writes UTC and does not say so."""
    return order.time_or_none("updated_at", assumed="Z")


def _topic(message: Reading) -> str:
    try:
        return message.text("type")
    except Unmappable:
        return ""


def _order_id(message: Reading, topic: str) -> str:
    if topic and "order" not in topic:
        return ""  # of products, customers, or of the stock that we set ourselves
    is_order = not topic or _OF_AN_ORDER.search(topic)
    places = (*_ORDER_IDS, *_OWN_IDS) if is_order else _ORDER_IDS
    return next(filter(None, (message.id_or_empty(*place) for place in places)), "")


# --- the order -----------------------------------------------------------------------


def _content(order: Reading, goods: Bought, currency: str) -> Content:
    billing, shipping = order.at("billing_address"), _shipping_address(order)
    return Content(
        lines=numbered(goods.drafts),
        customer=_customer(order, billing, shipping),
        shipping_address=_address(shipping),
        billing_address=_address(billing),
        totals=_totals(order, goods, currency),
        terms=_terms(order, currency),
        channel_state=_STATES.get(order.text("state"), ChannelState.OPEN),
        placed_at=order.time("created_at", assumed="Z"),
    )


def _totals(order: Reading, goods: Bought, currency: str) -> Totals:
    """`grand_total` is what was left to pay: gift cards and credit paid for the rest."""
    order.at("grand_total").required()
    ours = own_totals(numbered(goods.drafts), goods.shipping, None)
    more = order.at("extension_attributes")
    credits = total((more.amount(name, currency) for name in _CREDITS), currency)
    return replace(
        ours,
        tax=ours.tax + goods.shipping_tax,
        total=ours.total + goods.shipping_tax,
        channel_total=order.amount("grand_total", currency) + credits,
    )


def _terms(order: Reading, currency: str) -> PaymentTerms:
    """Paid is what is invoiced and paid; in processing without, it is only authorised."""
    if order.text("state") in _WAITING:
        return PaymentTerms.UNPAID_IN_CHANNEL
    owed = order.amount("grand_total", currency) - order.amount("total_paid", currency)
    if owed.amount_minor <= 0:
        return PaymentTerms.PAID_IN_CHANNEL
    held = order.at("payment").amount("amount_authorized", currency)
    if (owed - held).amount_minor <= 0:
        return PaymentTerms.AUTHORIZED_IN_CHANNEL
    return PaymentTerms.UNPAID_IN_CHANNEL


def _shipping_address(order: Reading) -> Reading:
    """An order that is all virtual has none. One to several places is split by the checkout."""
    assignments = order.at("extension_attributes").each("shipping_assignments")
    return assignments[0].at("shipping", "address") if assignments else Reading(None)


def _customer(order: Reading, billing: Reading, shipping: Reading) -> Customer:
    own = f"{order.text('customer_firstname', 100)} {order.text('customer_lastname', 100)}"
    return Customer(
        name=own.strip() or _name(billing) or _name(shipping),
        email=order.text("customer_email") or billing.text("email"),
        phone=billing.text("telephone", 40) or shipping.text("telephone", 40),
    )


def _name(person: Reading) -> str:
    return f"{person.text('firstname', 100)} {person.text('lastname', 100)}".strip()


def _address(address: Reading) -> Address | None:
    found = Address(
        name=_name(address),
        lines=tuple(filter(None, map(_street, address.each("street")))),
        city=address.text("city", 100),
        region=address.text("region_code", 100) or address.text("region", 100),
        postal_code=address.text("postcode", 20),
        country=address.text("country_id", 60).upper(),
        company=address.text("company", 200),
        phone=address.text("telephone", 40),
    )
    is_place = found.lines or found.city or found.postal_code or found.country
    return found if is_place else None


def _street(line: Reading) -> str:
    if not isinstance(line.value, str | None):
        raise line.fail("wrong-type", "text is expected")
    return one_line(line.value or "", 255)
