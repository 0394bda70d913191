"""What an Amazon order's status, people and places mean, in both versions of the API.

The words are those of 2026-01-01; version 0 spells them otherwise and is translated.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

from oms.channels.reading import Reading
from oms.kernel.address import Address
from oms.orders.content import ChannelState, PaymentTerms

ORDER_ID = re.compile(r"[A-Za-z0-9-]{1,40}")
_OLDEST_YEAR = 1995  # Amazon's first; sandboxes and unset dates say 1970
_PAID = frozenset({"UNSHIPPED", "PARTIALLY_SHIPPED", "SHIPPED"})
_STATES = {"CANCELLED": ChannelState.CANCELLED, "SHIPPED": ChannelState.FULFILLED}


def terms(status: str) -> PaymentTerms:
    """Amazon collects. A pending order is not paid yet and may never be."""
    return PaymentTerms.PAID_IN_CHANNEL if status in _PAID else PaymentTerms.UNPAID_IN_CHANNEL


def state(status: str, is_by_amazon: bool) -> ChannelState:
    """What Amazon's own warehouses send never takes our stock."""
    return _STATES.get(status, ChannelState.ELSEWHERE if is_by_amazon else ChannelState.OPEN)


def order_id(order: Reading, key: str) -> str:
    found = order.at(key).required()
    text = order.text(key, 100)
    if not ORDER_ID.fullmatch(text):
        raise found.fail("invalid-id", "not the id of an Amazon order")
    return text


def time_of(order: Reading, key: str) -> datetime | None:
    """None also for a date before there was an Amazon."""
    at = order.time(key)
    return at if at and at.year >= _OLDEST_YEAR else None


def version_of(order: Reading, key: str) -> datetime | None:
    at = order.time_or_none(key)
    return at if at and at.year >= _OLDEST_YEAR else None


def address(place: Reading, named: Callable[[str], str]) -> Address | None:
    """Without access to personal data only town, region and postal code are there.

    `named` spells a key as the version of the API does.
    """
    lines = (place.text(named(f"addressLine{number}")) for number in (1, 2, 3))
    found = Address(
        name=place.text(named("name"), 200),
        lines=tuple(filter(None, lines)),
        city=place.text(named("city"), 100),
        region=place.text(named("stateOrRegion"), 100),
        postal_code=place.text(named("postalCode"), 20),
        country=place.text(named("countryCode"), 60).upper(),
        company=place.text(named("companyName"), 200),
        phone=place.text(named("phone"), 40),
    )
    is_place = found.lines or found.city or found.postal_code or found.country
    return found if is_place else None


def units_ordered(
    items: list[tuple[Reading, int]], is_cancelled: bool
) -> list[tuple[Reading, int]]:
    """The items that are still wanted: Amazon sets the quantity of a cancelled one to zero.

    When the whole order is cancelled each is kept as one unit, so that there is a record of it.
    """
    wanted = [(item, units) for item, units in items if units]
    if not wanted and is_cancelled:
        return [(item, 1) for item, _ in items]
    if not wanted:
        raise items[0][0].fail("invalid-quantity", "nothing is ordered")
    return wanted
