"""Identifiers: what each one is, and how a new one is made."""

from __future__ import annotations

import hashlib
import secrets
from datetime import UTC, datetime
from typing import NewType

OrderId = NewType("OrderId", str)  # a ULID: sorts by time of capture
ShipmentId = NewType("ShipmentId", str)  # "{order_id}-{n}", so it finds its order by itself
LineId = NewType("LineId", str)  # unique inside its order only
Sku = NewType("Sku", str)
NodeId = NewType("NodeId", str)
TaskId = NewType("TaskId", str)

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def _crockford(number: int, length: int) -> str:
    digits = []
    for _ in range(length):
        number, digit = divmod(number, 32)
        digits.append(_CROCKFORD[digit])
    return "".join(reversed(digits))


def new_ulid(at: datetime) -> str:
    """A ULID (github.com/ulid/spec): 48 bits of milliseconds, 80 random bits, 26 characters."""
    return _crockford(int(at.timestamp() * 1000), 10) + _crockford(secrets.randbits(80), 16)


def is_ulid(text: str) -> bool:
    return len(text) == 26 and text[0] <= "7" and all(letter in _CROCKFORD for letter in text)


def ulid_time(ulid: str) -> datetime:
    """When a ULID was made, to the millisecond."""
    number = 0
    for letter in ulid[:10]:
        number = number * 32 + _CROCKFORD.index(letter)
    return datetime.fromtimestamp(number / 1000, UTC)


def ulid_floor(at: datetime) -> str:
    """The smallest ULID of that millisecond: a bound for queries by time."""
    return _crockford(int(at.timestamp() * 1000), 10) + "0" * 16


def shipment_id(order_id: OrderId, number: int) -> ShipmentId:
    return ShipmentId(f"{order_id}-{number}")


def order_of(shipment: str) -> tuple[OrderId, int]:
    """The order that a shipment id belongs to, and its number there. ValueError if malformed."""
    order, _, number = shipment.rpartition("-")
    if not is_ulid(order) or not number.isascii() or not number.isdigit() or len(number) > 4:
        raise ValueError("not a shipment id")
    return OrderId(order), int(number)


def digest(*parts: str) -> str:
    """A stable 32-character name for `parts`; no two lists of parts share one."""
    joined = "\x1f".join(f"{len(part)}:{part}" for part in parts)
    return hashlib.sha256(joined.encode()).hexdigest()[:32]
