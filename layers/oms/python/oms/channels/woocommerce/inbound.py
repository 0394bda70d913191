"""WooCommerce's webhooks (REST API v3; `includes/class-wc-webhook.php` of the plugin)."""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from oms.channels.drafts import Draft, charge, numbered
from oms.channels.model import (
    ChannelAccount,
    Delivery,
    Headers,
    Kind,
    MappedOrder,
)
from oms.channels.reading import MOST_LINES, Reading
from oms.channels.signing import header, is_signed
from oms.kernel.address import Address, Customer
from oms.kernel.ids import digest
from oms.kernel.money import Money, total
from oms.orders.content import (
    ChannelState,
    Content,
    PaymentTerms,
    Totals,
    own_totals,
)
from oms.platform.gate import one_line

_SIGNATURE = "x-wc-webhook-signature"
_SOURCE = "x-wc-webhook-source"
_TOPIC = "x-wc-webhook-topic"
_PING = re.compile(rb"webhook_id=[0-9]{1,20}")

# What WordPress' wp_specialchars_decode(..., ENT_QUOTES) decodes, and nothing else.
_ENTITY = re.compile(
    r"&(lt|gt|amp|quot|#0*(?:34|38|39|60|62)|#[xX]0*(?:22|26|27));", flags=re.ASCII
)

_ORDER_TOPICS = frozenset({"order.created", "order.updated", "order.restored"})
_DELETED = "order.deleted"  # its body is only `{"id": n}`
NOT_YET_ORDERS = ("checkout-draft", "auto-draft")
_STATES = {
    "completed": ChannelState.FULFILLED,
    **dict.fromkeys(("cancelled", "refunded", "trash"), ChannelState.CANCELLED),
}
# Awaiting a transfer, declined, or held back by the shop: not ours to send, whatever was paid.
_WAITING = frozenset({"pending", "on-hold", "failed"})


def is_ping(raw: bytes) -> bool:
    """The try that a new webhook makes: a form, unsigned. It switches itself off without a 200."""
    return bool(_PING.fullmatch(raw))


def challenge(query: Mapping[str, str], account: ChannelAccount) -> Mapping[str, str] | None:
    """It asks nothing."""
    return None


def verify(raw: bytes, headers: Headers, account: ChannelAccount, now: datetime) -> bool:
    """WordPress stores the secret with HTML entities, and signs with what they stand for."""
    source = _site(header(headers, _SOURCE))
    if not source or source != _site(account.domain):
        return False
    secrets = [_ENTITY.sub(lambda entity: html.unescape(entity[0]), s) for s in account.secrets]
    return is_signed(raw, header(headers, _SIGNATURE), secrets)


def identify(raw: bytes, headers: Headers, parsed: Any, account: ChannelAccount) -> Delivery:
    """Its own delivery id is of no use: two orders in one second share it, a repeat does not."""
    topic, order = header(headers, _TOPIC).lower(), Reading(parsed)
    if is_ping(raw):
        return Delivery(Kind.PING, "", digest("woocommerce", raw.decode()), topic)
    source, body = _site(header(headers, _SOURCE)), hashlib.sha256(raw).hexdigest()
    key = digest("woocommerce", source, body)
    return Delivery(_kind(topic, order), order.id_or_empty("id"), key, topic, _version_at(order))


def map_order(parsed: Any, account: ChannelAccount) -> MappedOrder:
    order = Reading(parsed)
    external_id = order.identifier("id")
    currency = order.currency("currency")
    content = _content(order, currency)
    return MappedOrder(
        external_id=external_id,
        number=order.text("number", 50) or external_id,
        currency=currency,
        content=content,
        placed_at=content.placed_at,
        version_at=_version_at(order),
        refunded=_refunded(order, currency),
    )


# --- what a message is about ---------------------------------------------------------


def _site(url: str) -> str:
    """`url` as sites are compared: case of the host, `http` or `https`, a last slash are equal.

    A shop that is moved to https goes on signing with the same secret.
    """
    try:
        parts = urlsplit(url if "//" in url else f"//{url}")
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return ""
    return f"{host}:{port or ''}{parts.path.rstrip('/')}" if host else ""


def _kind(topic: str, order: Reading) -> Kind:
    """A cart in the block checkout is no order yet."""
    if order.has("status") and order.value["status"] in NOT_YET_ORDERS:
        return Kind.IGNORED
    if topic == _DELETED:
        return Kind.NOTICE if order.id_or_empty("id") else Kind.IGNORED
    is_order = topic in _ORDER_TOPICS if topic else order.has("line_items")
    return Kind.ORDER if is_order else Kind.IGNORED


def _version_at(order: Reading) -> datetime | None:
    return order.time_or_none("date_modified_gmt", assumed="Z")


# --- the order -----------------------------------------------------------------------


def _content(order: Reading, currency: str) -> Content:
    drafts = (*_goods(order, currency), *_fees(order, currency))
    return Content(
        lines=numbered(drafts),
        customer=_customer(order),
        shipping_address=_address(order.at("shipping")),
        billing_address=_address(order.at("billing")),
        totals=_totals(order, drafts, currency),
        terms=_terms(order, currency),
        channel_state=_STATES.get(order.text("status"), ChannelState.OPEN),
        placed_at=order.time("date_created_gmt", assumed="Z"),
    )


def _goods(order: Reading, currency: str) -> tuple[Draft, ...]:
    lines, needs_shipping = order.each("line_items"), _needs_shipping(order)
    if not 0 < len(lines) <= MOST_LINES:
        raise order.at("line_items").fail("invalid-lines", f"1 to {MOST_LINES} lines are needed")
    return tuple(_line(line, currency, needs_shipping) for line in lines)


def _line(line: Reading, currency: str, needs_shipping: bool) -> Draft:
    """Amounts are without tax even where the shop's prices contain it; `price` is a float."""
    after = line.at("total").required()
    paid = line.amount("total", currency)
    before = line.amount("subtotal", currency) if line.at("subtotal") else paid
    if paid.amount_minor < 0 or before.amount_minor < 0:
        raise after.fail("invalid-amount", "a price below zero")
    return Draft(
        sku=line.text("sku", 100),
        title=_title(line),
        quantity=line.units("quantity", least=1),
        price=before,
        discount=before - paid,
        tax=line.amount("total_tax", currency),
        external_id=line.identifier("id"),
        needs_shipping=needs_shipping,
    )


def _title(line: Reading) -> str:
    return one_line(html.unescape(line.text("name")), 255)


def _needs_shipping(order: Reading) -> bool:
    """The order says it of no line. Without a place to go and a way to go there, a checkout
    sold nothing that is sent; an order keyed in by hand may only have been left unfinished."""
    if order.at("needs_processing").value is False:
        return False
    goes_somewhere = order.each("shipping_lines") or _address(order.at("shipping"))
    return bool(goes_somewhere) or order.text("created_via") not in ("checkout", "store-api")


def _fees(order: Reading, currency: str) -> tuple[Draft, ...]:
    return tuple(
        charge(
            _title(fee) or "Fee", fee.amount("total", currency), fee.amount("total_tax", currency)
        )
        for fee in order.each("fee_lines")
    )


def _totals(order: Reading, drafts: tuple[Draft, ...], currency: str) -> Totals:
    """`total` is as placed: refunds stand beside it, as negative totals of their own."""
    lines = order.each("shipping_lines")
    shipping = total((line.amount("total", currency) for line in lines), currency)
    tax = total((line.amount("total_tax", currency) for line in lines), currency)
    ours = own_totals(numbered(drafts), shipping, None)
    order.at("total").required()
    return replace(
        ours,
        tax=ours.tax + tax,
        total=ours.total + tax,
        channel_total=order.amount("total", currency),
    )


def _refunded(order: Reading, currency: str) -> Money:
    """Its refunds have negative totals."""
    return -total((each.amount("total", currency) for each in order.each("refunds")), currency)


def _terms(order: Reading, currency: str) -> PaymentTerms:
    """Custom statuses say nothing of money: the date of payment does."""
    if order.text("status") in _WAITING:
        return PaymentTerms.UNPAID_IN_CHANNEL
    paid = order.time("date_paid_gmt", assumed="Z") or not order.amount("total", currency)
    return PaymentTerms.PAID_IN_CHANNEL if paid else PaymentTerms.UNPAID_IN_CHANNEL


def _customer(order: Reading) -> Customer:
    billing, shipping = order.at("billing"), order.at("shipping")
    return Customer(
        name=_name(billing) or _name(shipping),
        email=billing.text("email"),
        phone=billing.text("phone", 40) or shipping.text("phone", 40),
    )


def _name(person: Reading) -> str:
    return f"{person.text('first_name', 100)} {person.text('last_name', 100)}".strip()


def _address(address: Reading) -> Address | None:
    found = Address(
        name=_name(address),
        lines=tuple(filter(None, (address.text("address_1"), address.text("address_2")))),
        city=address.text("city", 100),
        region=address.text("state", 100),
        postal_code=address.text("postcode", 20),
        country=address.text("country", 60).upper(),
        company=address.text("company", 200),
        phone=address.text("phone", 40),
    )
    is_place = found.lines or found.city or found.postal_code or found.country
    return found if is_place else None
