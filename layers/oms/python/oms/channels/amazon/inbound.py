"""Amazon's notifications (`OrderChangeNotification.json` of Amazon's models).

There is no webhook: they come through the merchant's own queue or event bus into ours, and
whoever may write there is believed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from oms.channels.amazon import orders_2026, orders_v0, states
from oms.channels.model import (
    ChannelAccount,
    Delivery,
    Headers,
    Kind,
    MappedOrder,
    Unmappable,
)
from oms.channels.reading import Reading
from oms.kernel.errors import Malformed, TooLarge
from oms.kernel.ids import digest
from oms.platform import gate

_ORDER_CHANGE = "ORDER_CHANGE"
_WRAPPERS = ("detail", "Message", "body")  # EventBridge, SNS, SQS
_DEEPEST = 3


def is_ping(raw: bytes) -> bool:
    return False


def challenge(query: Mapping[str, str], account: ChannelAccount) -> Mapping[str, str] | None:
    """It asks nothing."""
    return None


def verify(raw: bytes, headers: Headers, account: ChannelAccount, now: datetime) -> bool:
    """Amazon posts nothing: whoever does is somebody else."""
    return False


def seller_of(parsed: Any) -> str:
    """The seller that a notification is about, which is the account's `domain`; else empty."""
    try:
        payload = Reading(_opened(parsed)).at("Payload")
        if seller := payload.text("SellerId", 50):
            return seller
        inside = [payload.at(key) for key in sorted(payload.value or {})]
        sellers = (each.text("SellerId", 50) for each in inside if isinstance(each.value, dict))
        return next(filter(None, sellers), "")
    except Unmappable:
        return ""


def identify(raw: bytes, headers: Headers, parsed: Any, account: ChannelAccount) -> Delivery:
    """Only a changed order is news to us; that stock changed is the echo of our own writing."""
    try:
        return _identified(raw, Reading(_opened(parsed)))
    except Unmappable:
        return Delivery(Kind.IGNORED, "", digest("amazon", _hash(raw)), "")


def map_order(parsed: Any, account: ChannelAccount) -> MappedOrder:
    """`{"api": "2026-01-01", "order"}` or `{"api": "v0", "order", "items", "address", "buyer"}`."""
    document = Reading(parsed)
    match document.text("api"):
        case "2026-01-01":
            return orders_2026.map_order(document.at("order").required())
        case "v0":
            document.at("order").required()
            return orders_v0.map_order(document)
        case _:
            raise document.at("api").fail("unknown-api", "not a version of the Orders API")


def _identified(raw: bytes, notification: Reading) -> Delivery:
    topic = notification.text("NotificationType", 100)
    told_as = notification.at("NotificationMetadata").text("NotificationId", 200)
    key = digest("amazon", told_as or _hash(raw))
    if topic != _ORDER_CHANGE:
        return Delivery(Kind.IGNORED, "", key, topic)
    change = notification.at("Payload", "OrderChangeNotification")
    external_id = states.order_id(change, "AmazonOrderId")
    return Delivery(Kind.NOTICE, external_id, key, topic, _changed_at(notification, change))


def _changed_at(notification: Reading, change: Reading) -> datetime | None:
    trigger = change.at("OrderChangeTrigger")
    return states.version_of(trigger, "TimeOfOrderChange") or states.version_of(
        notification, "EventTime"
    )


def _opened(parsed: Any) -> Any:
    """The notification itself, out of whatever brought it."""
    for _ in range(_DEEPEST):
        if not isinstance(parsed, dict) or "NotificationType" in parsed:
            break
        parsed = next((parsed[name] for name in _WRAPPERS if name in parsed), None)
        if isinstance(parsed, str):
            parsed = _parsed(parsed)
    return parsed


def _parsed(text: str) -> Any:
    try:
        return gate.parse(text.encode(errors="replace"))
    except (Malformed, TooLarge):
        return None


def _hash(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()
