"""eBay's notifications (Notification API; developer.ebay.com/api-docs/commerce/notification).

They name an order and no more. ORDER_CONFIRMATION comes once for each line of it, and again when
a payment that had failed succeeds.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from oms.channels.ebay import orders, signatures
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
from oms.kernel.errors import Malformed, TooLarge
from oms.kernel.ids import digest
from oms.platform import gate

_SIGNATURE = "x-ebay-signature"
# A person wants to be forgotten: eBay insists on telling it, and it is about no order.
_DELETION = "MARKETPLACE_ACCOUNT_DELETION"


def is_ping(raw: bytes) -> bool:
    """eBay signs everything it sends."""
    return False


def challenge(query: Mapping[str, str], account: ChannelAccount) -> Mapping[str, str] | None:
    """Proof that the address is ours, of the token and the very address that eBay was given."""
    code = query.get("challenge_code", "")
    token, url = account.setting("verification_token"), account.setting("notification_url")
    if not code or not token or not url:
        return None
    proof = hashlib.sha256((code + token + url).encode(errors="replace")).hexdigest()
    return {"challengeResponse": proof}


def verify(raw: bytes, headers: Headers, account: ChannelAccount, now: datetime) -> bool:
    """The key is eBay's and the same for all sellers, so the seller is compared too where the
    message names one: by user id or name. Raises Unavailable when the key cannot be had."""
    said = header(headers, _SIGNATURE)
    return bool(said) and signatures.is_signed(raw, said, account, now) and _is_for(raw, account)


def identify(raw: bytes, headers: Headers, parsed: Any, account: ChannelAccount) -> Delivery:
    body = hashlib.sha256(raw).hexdigest()
    try:
        return _identified(Reading(parsed), body)
    except Unmappable:
        return Delivery(Kind.IGNORED, "", digest("ebay", body), "")


def map_order(parsed: Any, account: ChannelAccount) -> MappedOrder:
    """An order as `getOrder` answers."""
    return orders.map_order(Reading(parsed))


def _identified(message: Reading, body: str) -> Delivery:
    topic = message.at("metadata").text("topic", 100)
    notification = message.at("notification")
    key = digest("ebay", notification.text("notificationId") or body)
    external_id = "" if topic == _DELETION else _order_of(notification.at("data"))
    kind = Kind.NOTICE if external_id else Kind.IGNORED
    return Delivery(kind, external_id, key, topic, notification.time_or_none("eventDate"))


def _order_of(data: Reading) -> str:
    """Topics differ in where they name the order."""
    for place in (data.at("order"), data):
        if place.at("orderId"):
            return orders.order_id(place)
    return ""


def _is_for(raw: bytes, account: ChannelAccount) -> bool:
    try:
        user = Reading(gate.parse(raw, len(raw))).at("notification", "data", "user")
        names = {user.text("userId"), user.text("username")} - {""}
    except (Malformed, TooLarge, Unmappable):
        return True
    return not names or not account.domain or account.domain in names
