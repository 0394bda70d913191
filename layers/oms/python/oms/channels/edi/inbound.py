"""Purchase orders of a trading partner. They come as files through the bucket (`receive`), so
no web request is believed; each order of a file is one JSON document (`purchase_order`).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from oms.channels.drafts import numbered
from oms.channels.edi.goods import Bought, bought
from oms.channels.edi.places import address_of, ship_to
from oms.channels.model import ChannelAccount, Delivery, Headers, Kind, MappedOrder
from oms.channels.reading import Reading
from oms.kernel.address import Customer
from oms.kernel.money import CURRENCIES
from oms.orders.content import (
    ChannelState,
    Content,
    PaymentTerms,
    Verdict,
    own_totals,
)

_EXTERNAL_ID = re.compile(r"[A-Za-z0-9._~%:-]{1,200}")
_DEFAULT_CURRENCY = "USD"

# BEG01: what an 850 is to an order that we may have.
CANCEL = "01"
_KINDS = {
    CANCEL: Kind.CHANGE,
    "04": Kind.CHANGE,  # change
    "05": Kind.CHANGE,  # replace
    "06": Kind.IGNORED,  # confirmation of what was ordered by telephone
    "22": Kind.IGNORED,  # a copy for information
}


def is_ping(raw: bytes) -> bool:
    return False


def challenge(query: Mapping[str, str], account: ChannelAccount) -> Mapping[str, str] | None:
    """Files ask nothing."""
    return None


def verify(raw: bytes, headers: Headers, account: ChannelAccount, now: datetime) -> bool:
    """Nobody sends orders of this channel over the web: who may write to the folder may send."""
    return False


def identify(raw: bytes, headers: Headers, parsed: Any, account: ChannelAccount) -> Delivery:
    """One order's document, by its purpose (BEG01)."""
    order, fields = Reading(parsed), parsed if isinstance(parsed, dict) else {}
    purpose, named = fields.get("purpose"), fields.get("external_id")
    kind = _KINDS.get(purpose, Kind.ORDER) if isinstance(purpose, str) else Kind.ORDER
    is_name = isinstance(named, str) and _EXTERNAL_ID.fullmatch(named)
    return Delivery(
        kind,
        str(named) if is_name else "",
        hashlib.sha256(raw).hexdigest()[:32],
        f"850/{purpose}" if isinstance(purpose, str) and purpose.isalnum() else "850",
        order.time_or_none("sent_at"),
    )


def map_order(parsed: Any, account: ChannelAccount) -> MappedOrder:
    order = Reading(parsed)
    external_id = _external_id(order)
    currency = _currency(order, account)
    content = _content(order, account, bought(order, account, currency), currency)
    return MappedOrder(
        external_id=external_id,
        number=order.text("number", 50) or external_id,
        currency=currency,
        content=content,
        placed_at=content.placed_at,
        version_at=order.time("sent_at"),
    )


def _external_id(order: Reading) -> str:
    field = order.at("external_id").required()
    if not isinstance(field.value, str) or not _EXTERNAL_ID.fullmatch(field.value):
        raise field.fail("invalid-id", "no name that we gave to an order")
    return field.value


def _currency(order: Reading, account: ChannelAccount) -> str:
    """CUR, or what the partner pays in."""
    if order.has("currency") and order.at("currency").value != "":
        return order.currency("currency") if order.at("currency").value else _usual(account)
    return order.currency("currency")


def _usual(account: ChannelAccount) -> str:
    given = account.setting("currency")
    return given if given in CURRENCIES else _DEFAULT_CURRENCY


def _content(order: Reading, account: ChannelAccount, goods: Bought, currency: str) -> Content:
    lines = numbered(goods.drafts)
    total = order.at("total").value
    return Content(
        lines=lines,
        customer=_customer(order),
        shipping_address=ship_to(order, account),
        billing_address=address_of(order.at("parties", "BT"), account),
        totals=own_totals(
            lines, goods.shipping, None if total is None else order.amount("total", currency)
        ),
        terms=PaymentTerms.ON_ACCOUNT,
        # A price that nobody named must be looked at by a person, unless it is agreed.
        channel_risk=Verdict.REVIEW if goods.is_unpriced else None,
        channel_state=_state(order),
        placed_at=_placed_at(order),
        ship_complete=order.flag("ship_complete"),
    )


def _customer(order: Reading) -> Customer:
    contact, buyer = order.at("contact"), order.at("parties", "BY")
    name = buyer.text("name", 200) or contact.text("name", 200)
    return Customer(name, contact.text("email", 254), contact.text("phone", 40))


def _state(order: Reading) -> ChannelState:
    if order.flag("is_test"):
        return ChannelState.TEST
    is_over = order.text("purpose") == CANCEL
    return ChannelState.CANCELLED if is_over else ChannelState.OPEN


def _placed_at(order: Reading) -> datetime | None:
    """A day, which begins in UTC; no day at all where a partner writes something else."""
    day = order.text("placed_on")
    try:
        return datetime.fromisoformat(f"{day}T00:00:00+00:00") if day else None
    except ValueError:
        return None
