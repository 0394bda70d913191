"""Webhooks of any shop, understood by the account's mapping alone.

Without a mapping that can be used nothing verifies, so nothing is taken.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from oms.channels.generic.fields import Fields
from oms.channels.generic.mapping import Mapping as Terms
from oms.channels.generic.mapping import mapping_of
from oms.channels.generic.order import mapped
from oms.channels.generic.words import Place
from oms.channels.model import ChannelAccount, Delivery, Headers, Kind, MappedOrder, Unmappable
from oms.channels.reading import Reading
from oms.channels.signing import header
from oms.kernel.ids import digest

_KINDS = {
    "order": Kind.ORDER,
    "change": Kind.CHANGE,
    "cancel": Kind.CHANGE,
    "notice": Kind.NOTICE,
    "ping": Kind.PING,
    "ignore": Kind.IGNORED,
}


def is_ping(raw: bytes) -> bool:
    """Everything is signed."""
    return False


def challenge(query: Mapping[str, str], account: ChannelAccount) -> Mapping[str, str] | None:
    """It asks nothing."""
    return None


def verify(raw: bytes, headers: Headers, account: ChannelAccount, now: datetime) -> bool:
    mapping = mapping_of(account)
    if mapping is None:
        return False
    if mapping.sender:
        sender = header(headers, mapping.sender).casefold()
        if not sender or sender != account.domain.casefold():
            return False
    return mapping.signature.holds(raw, headers, account.secrets, now)


def identify(raw: bytes, headers: Headers, parsed: Any, account: ChannelAccount) -> Delivery:
    """A message without a topic is an order when it has lines."""
    body = hashlib.sha256(raw).hexdigest()
    mapping, message = mapping_of(account), Reading(parsed)
    if mapping is None:
        return Delivery(Kind.IGNORED, "", digest("generic", "", body), "")
    topic = _told(mapping, mapping.topic, headers, message)
    # The delivery's id may not be signed, so the body stands in the key as well.
    key = digest("generic", _told(mapping, mapping.delivery_id, headers, message), body)
    kind = _kind(mapping, topic, message)
    order = _order(mapping, message)
    return Delivery(kind, _external_id(order), key, topic, _version_at(order))


def map_order(parsed: Any, account: ChannelAccount) -> MappedOrder:
    mapping = mapping_of(account)
    if mapping is None:
        raise Unmappable("no-mapping", "", "the account has no mapping that can be used")
    return mapped(mapping, Reading(parsed))


# --- what a message is about ---------------------------------------------------------


def _told(mapping: Terms, place: Place | None, headers: Headers, message: Reading) -> str:
    """What a header, or a place in the body, says; empty when it says nothing."""
    if place is None:
        return ""
    if place.header:
        return header(headers, place.header)[:200]
    try:
        return Fields(mapping, message).word(place.body or ())
    except Unmappable:
        return ""


def _kind(mapping: Terms, topic: str, message: Reading) -> Kind:
    if topic:
        meaning = mapping.topics.get(topic, "ignore")
        # A message that tells of an end by its header alone does not show it: look.
        thin = meaning == "cancel" and not _shows_its_end(mapping)
        return Kind.NOTICE if thin else _KINDS[meaning]
    return Kind.ORDER if _has_lines(mapping, message) else Kind.IGNORED


def _shows_its_end(mapping: Terms) -> bool:
    by_body = mapping.topic is not None and mapping.topic.body is not None
    return by_body or mapping.order.state is not None


def _has_lines(mapping: Terms, message: Reading) -> bool:
    try:
        return _order(mapping, message).at(mapping.order.lines.at).value is not None
    except Unmappable:
        return False


def _order(mapping: Terms, message: Reading) -> Fields:
    """Where the order should stand; nothing when the message has another shape."""
    try:
        return Fields(mapping, Fields(mapping, message).at(mapping.order.root))
    except Unmappable:
        return Fields(mapping, Reading(None))


def _external_id(order: Fields) -> str:
    try:
        return order.identifier(order.mapping.order.id)
    except Unmappable:
        return ""


def _version_at(order: Fields) -> datetime | None:
    return order.time_or_none(order.mapping.order.version_at)
