"""BigCommerce's webhooks, which only name an order, and its V2 orders (docs.bigcommerce.com).

`map_order` takes `{"order", "products", "shipping_addresses"}`: an order and two of its
sub-resources, as `Shop.fetch` puts them together.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from oms.channels.bigcommerce.lines import NOT_SENT, Bought, bought
from oms.channels.drafts import numbered
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
from oms.channels.signing import header
from oms.channels.standard_webhooks import SIGNATURE, is_signed, text_key
from oms.kernel.address import Address, Customer
from oms.kernel.errors import Malformed, TooLarge
from oms.kernel.ids import digest
from oms.orders.content import ChannelState, Content, PaymentTerms, Totals, own_totals
from oms.platform import gate

# Messages between shop and customer (`store/order/message/created`) change nothing.
_ORDER_SCOPES = frozenset(
    "store/order/" + happened
    for happened in ("created", "updated", "archived", "statusUpdated", "refund/created")
)

INCOMPLETE = 0  # a checkout that nobody has paid yet, and most never will
_STATES = {
    **dict.fromkeys((2, 10), ChannelState.FULFILLED),  # shipped, completed
    8: ChannelState.FULFILLED,  # packed in a store, where the customer fetches it
    **dict.fromkeys((4, 5, 6), ChannelState.CANCELLED),  # refunded, cancelled, declined
}
# Pending, awaiting payment, manual verification, disputed: the shop holds them back.
_WAITING = frozenset({1, 7, 12, 13})
_NOT_PAID = frozenset({"declined", "held for review", "pending", "void", "void pending"})
_AUTHORIZED = frozenset({"authorized", "capture pending"})


def is_ping(raw: bytes) -> bool:
    """It never tries an address."""
    return False


def challenge(query: Mapping[str, str], account: ChannelAccount) -> Mapping[str, str] | None:
    """It asks nothing."""
    return None


def verify(raw: bytes, headers: Headers, account: ChannelAccount, now: datetime) -> bool:
    """The secret is the app's, not the store's, so the store that the body names is compared too.

    Hooks made before signatures have a header of our own choosing instead, named by the
    setting `header_name`; it is looked at only where no signature came.
    """
    if header(headers, SIGNATURE):
        keys = [text_key(secret) for secret in account.secrets]
        is_genuine = is_signed(raw, headers, keys, now)
    else:
        is_genuine = _has_agreed_header(headers, account)
    return is_genuine and _is_from(raw, account)


def identify(raw: bytes, headers: Headers, parsed: Any, account: ChannelAccount) -> Delivery:
    """A repeat is the same to the byte: its `hash` and its time of creation are in the body."""
    message, key = Reading(parsed), digest("bigcommerce", hashlib.sha256(raw).hexdigest())
    scope = _text(message, "scope")
    external_id = message.id_or_empty("data", "id")
    kind = Kind.NOTICE if scope in _ORDER_SCOPES else Kind.IGNORED
    return Delivery(kind, external_id if kind is Kind.NOTICE else "", key, scope)


def map_order(parsed: Any, account: ChannelAccount) -> MappedOrder:
    document = Reading(parsed)
    order = document.at("order")
    external_id = order.identifier("id")
    status = order.units("status_id", least=0)
    if status == INCOMPLETE:
        raise order.at("status_id").fail(NOT_YET, "a checkout that is not finished")
    currency = order.currency("default_currency_code")  # `currency_code` was only shown
    content = _content(document, status, currency)
    return MappedOrder(
        external_id=external_id,
        number=external_id,
        currency=currency,
        content=content,
        placed_at=content.placed_at,
        version_at=changed_at(order),
        refunded=order.amount("refunded_amount", currency),
    )


def changed_at(order: Reading) -> datetime | None:
    return _time(order, "date_modified")


def terms_of(order: Reading) -> PaymentTerms:
    """The status decides: `payment_status` is empty where the payment came from elsewhere."""
    paid = order.text("payment_status").lower()
    if order.units("status_id", least=0) in _WAITING or paid in _NOT_PAID:
        return PaymentTerms.UNPAID_IN_CHANNEL
    if paid in _AUTHORIZED:
        return PaymentTerms.AUTHORIZED_IN_CHANNEL
    return PaymentTerms.PAID_IN_CHANNEL


# --- who sent it, and what it is about -----------------------------------------------


def _has_agreed_header(headers: Headers, account: ChannelAccount) -> bool:
    name = account.setting("header_name").lower()
    given = header(headers, name).encode() if name else b""
    agreed = [text_key(secret) for secret in account.secrets]
    return any(hmac.compare_digest(each, given) for each in agreed if each)


def _is_from(raw: bytes, account: ChannelAccount) -> bool:
    """Whether `producer` (`stores/{hash}`) is the account's store, if the body names one."""
    try:
        producer = _text(Reading(gate.parse(raw)), "producer")
    except (Malformed, TooLarge):
        return True  # whoever knows the secret may send nonsense: the next step says so
    return not producer or producer == f"stores/{account.domain}"


def _text(message: Reading, key: str) -> str:
    try:
        return message.text(key)
    except Unmappable:
        return ""


def _time(order: Reading, key: str) -> datetime | None:
    """RFC 2822, without a value an empty text; newer endpoints write ISO 8601."""
    text = order.text(key)
    if not text:
        return None
    try:
        at = parsedate_to_datetime(text)
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return order.time(key)


# --- the order -----------------------------------------------------------------------


def _content(document: Reading, status: int, currency: str) -> Content:
    order = document.at("order")
    goods = bought(document, currency)
    address = _shipping_address(document)
    return Content(
        lines=numbered(goods.drafts),
        customer=_customer(order, address),
        shipping_address=address,
        billing_address=_address(order.at("billing_address")),
        totals=_totals(order, goods, currency),
        terms=terms_of(order),
        channel_state=_state(order, status),
        placed_at=_time(order, "date_created"),
    )


def _totals(order: Reading, goods: Bought, currency: str) -> Totals:
    """Store credit and gift certificates paid for a part of the total; they are no discounts."""
    order.at("total_inc_tax").required()
    ours = own_totals(numbered(goods.drafts), goods.shipping, None)
    return replace(
        ours,
        tax=ours.tax + goods.shipping_tax,
        total=ours.total + goods.shipping_tax,
        channel_total=order.amount("total_inc_tax", currency),
    )


def _state(order: Reading, status: int) -> ChannelState:
    """An archived order is how this platform deletes one."""
    state = _STATES.get(status, ChannelState.OPEN)
    if order.flag("is_deleted") and state is ChannelState.OPEN:
        return ChannelState.CANCELLED
    return state


def _shipping_address(document: Reading) -> Address | None:
    """The one place that all goods go to. Our orders have one: goods for several wait for a
    person, as to send them all to the first would be wrong and to send a part, a loss."""
    goes_to = {
        line.id_or_empty("order_address_id")
        for line in document.each("products")
        if line.text("type") not in NOT_SENT
    }
    listed = document.each("shipping_addresses")
    used = [each for each in listed if each.id_or_empty("id") in goes_to] or listed
    places = list(dict.fromkeys(map(_address, used)))
    if len(places) > 1:
        raise document.at("shipping_addresses").fail(
            "several-addresses", "the goods go to more than one address"
        )
    return places[0] if places else None


def _customer(order: Reading, address: Address | None) -> Customer:
    billing = order.at("billing_address")
    return Customer(
        name=_name(billing) or (address.name if address else ""),
        email=billing.text("email"),
        phone=billing.text("phone", 40) or (address.phone if address else ""),
    )


def _name(person: Reading) -> str:
    return f"{person.text('first_name', 100)} {person.text('last_name', 100)}".strip()


def _address(address: Reading) -> Address | None:
    found = Address(
        name=_name(address),
        lines=tuple(filter(None, (address.text("street_1"), address.text("street_2")))),
        city=address.text("city", 100),
        region=address.text("state", 100),
        postal_code=address.text("zip", 20),
        country=address.text("country_iso2", 60).upper(),
        company=address.text("company", 200),
        phone=address.text("phone", 40),
    )
    is_place = found.lines or found.city or found.postal_code or found.country
    return found if is_place else None
