"""Square's webhooks and orders (developer.squareup.com, Webhooks and Orders API).

A message names an order and is thin. `map_order` takes what `shop.py` fetches: `{"order": {...},
"skus": {variation: sku}, "payments": [...]}`, as an order names variations of the catalogue and
says little of its money.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from oms.channels.drafts import Draft, numbered
from oms.channels.model import (
    NOT_YET,
    ChannelAccount,
    Delivery,
    Headers,
    Kind,
    MappedOrder,
    Unmappable,
)
from oms.channels.reading import Reading
from oms.channels.signing import header, is_signed
from oms.channels.square.fulfilments import Way, way_of
from oms.channels.square.lines import bought, identifier, money
from oms.channels.square.payments import refunded, terms
from oms.kernel.address import Address, Customer
from oms.kernel.ids import digest
from oms.orders.content import ChannelState, Content, PaymentTerms, Totals, own_totals

_SIGNATURE = "x-square-hmacsha256-signature"
# What holds the order's id, below `data.object`.
_HOLDERS = {
    "order.created": "order_created",
    "order.updated": "order_updated",
    "order.fulfillment.updated": "order_fulfillment_updated",
    "payment.created": "payment",
    "payment.updated": "payment",
    "refund.created": "refund",
    "refund.updated": "refund",
}


def is_ping(raw: bytes) -> bool:
    """Its test notification is signed."""
    return False


def challenge(query: Mapping[str, str], account: ChannelAccount) -> Mapping[str, str] | None:
    """It asks nothing."""
    return None


def verify(raw: bytes, headers: Headers, account: ChannelAccount, now: datetime) -> bool:
    """The address is signed too, to the letter as it was given to Square."""
    url = account.setting("notification_url")
    return bool(url) and is_signed(url.encode() + raw, header(headers, _SIGNATURE), account.secrets)


def identify(raw: bytes, headers: Headers, parsed: Any, account: ChannelAccount) -> Delivery:
    """Counts of stock are the echo of our own writes, or follow from orders: ignored."""
    message = Reading(parsed)
    event = _event(message)
    about = _about(message, event)
    external_id = _order_id(about)
    return Delivery(
        kind=_kind(event, external_id),
        external_id=external_id,
        # The event's id stands in the body; two events of one refund have been seen to share it.
        delivery_key=digest("square", hashlib.sha256(raw).hexdigest()),
        topic=event,
        version_at=about.time_or_none("updated_at") or about.time_or_none("created_at"),
    )


def map_order(parsed: Any, account: ChannelAccount) -> MappedOrder:
    document = Reading(parsed)
    order = document.at("order")
    external_id = identifier(order, "id")
    currency = order.at("total_money").currency("currency")
    content = _content(document, currency, account)
    return MappedOrder(
        external_id=external_id,
        number=order.text("reference_id", 50) or order.text("ticket_name", 50) or external_id,
        currency=currency,
        content=content,
        placed_at=content.placed_at,
        version_at=order.time("updated_at"),
        refunded=refunded(document, currency),
    )


# --- what a message is about ---------------------------------------------------------


def _event(message: Reading) -> str:
    try:
        return message.text("type", 60)
    except Unmappable:
        return ""


def _about(message: Reading, event: str) -> Reading:
    try:
        return message.at("data", "object", _HOLDERS.get(event, ""))
    except Unmappable:
        return Reading(None)


def _order_id(about: Reading) -> str:
    try:
        return identifier(about, "order_id")
    except Unmappable:
        return ""


def _kind(event: str, external_id: str) -> Kind:
    """Money that was taken or given back without an order is no business of ours."""
    if event not in _HOLDERS:
        return Kind.IGNORED
    is_about_order = event.startswith("order.") or external_id
    return Kind.NOTICE if is_about_order else Kind.IGNORED


# --- the order -----------------------------------------------------------------------


def _content(document: Reading, currency: str, account: ChannelAccount) -> Content:
    order = document.at("order")
    way, paid = way_of(order), terms(document, currency)
    state = _state(order, way, paid)
    drafts = bought(order, document.at("skus"), currency)
    return Content(
        lines=numbered(drafts),
        customer=_customer(way.recipient),
        shipping_address=_address(way.recipient) if way.is_sent else None,
        billing_address=None,
        totals=_totals(order, drafts, currency),
        terms=paid,
        channel_state=state,
        placed_at=order.time("created_at"),
        handed_over_at=_store(order, account) if state is ChannelState.HANDED_OVER else "",
    )


def _totals(order: Reading, drafts: tuple[Draft, ...], currency: str) -> Totals:
    """What is sent costs a service charge, which is a line: Square knows no shipping price."""
    order.at("total_money", "amount").required()
    nothing = money(order, "shipping_money", currency)
    ours = own_totals(numbered(drafts), nothing, None)
    return replace(ours, channel_total=money(order, "total_money", currency))


def _state(order: Reading, way: Way, paid: PaymentTerms) -> ChannelState:
    """A sale over the counter has no fulfilment: its goods leave when they are paid."""
    state = order.text("state", 40)
    if state == "DRAFT":
        raise order.at("state").fail(NOT_YET, "a draft")
    if state == "CANCELED" or way.is_off:
        return ChannelState.CANCELLED
    if way.is_sent:
        return ChannelState.FULFILLED if way.is_done else ChannelState.OPEN
    if way.is_done or (not way.exists and paid is PaymentTerms.PAID_IN_CHANNEL):
        return ChannelState.HANDED_OVER
    if not way.exists:
        raise order.at("state").fail(NOT_YET, "an open ticket, not paid")
    return ChannelState.OPEN


def _store(order: Reading, account: ChannelAccount) -> str:
    location = order.text("location_id", 100)
    if location not in account.nodes:
        raise order.at("location_id").fail("unknown-location", "no node is named for this location")
    return account.nodes[location]


def _customer(recipient: Reading) -> Customer:
    return Customer(
        name=recipient.text("display_name", 200),
        email=recipient.text("email_address"),
        phone=recipient.text("phone_number", 40),
    )


def _address(recipient: Reading) -> Address | None:
    address = recipient.at("address")
    found = Address(
        name=recipient.text("display_name", 200) or _name(address),
        lines=tuple(filter(None, (address.text(f"address_line_{n}") for n in (1, 2, 3)))),
        city=address.text("locality", 100),
        region=address.text("administrative_district_level_1", 100),
        postal_code=address.text("postal_code", 20),
        country=address.text("country", 60).upper(),
        phone=recipient.text("phone_number", 40),
    )
    is_place = found.lines or found.city or found.postal_code or found.country
    return found if is_place else None


def _name(address: Reading) -> str:
    return f"{address.text('first_name', 100)} {address.text('last_name', 100)}".strip()
