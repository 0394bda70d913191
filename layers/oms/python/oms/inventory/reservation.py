"""A hold on stock with an owner and an end: what a cart has until it is an order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

from oms.inventory.model import Units
from oms.kernel.errors import NotFound, OmsError, Refused
from oms.kernel.ids import OrderId, Sku

ReservationId = NewType("ReservationId", str)


class HoldState(StrEnum):
    """HELD is the only one that leads anywhere; each of the others is an end."""

    HELD = "HELD"
    COMMITTED = "COMMITTED"  # an order took it over, and holds the units from then on
    RELEASED = "RELEASED"  # its owner gave it back
    EXPIRED = "EXPIRED"  # nobody did anything until its end


@dataclass(frozen=True, slots=True)
class Asked:
    """Units of a SKU as the buyer names them: a kit is one SKU here."""

    sku: Sku
    quantity: int


@dataclass(frozen=True, slots=True)
class Reservation:
    """`asked` is what the buyer sees, `claims` which units on which shelves stand for it.

    `owner` is the caller that made it; only that caller may use it. `digest` is of the
    request, so that a repeat under one key is told from another request.
    """

    reservation_id: ReservationId
    owner: str
    channel: str
    asked: tuple[Asked, ...]
    claims: tuple[Units, ...]
    created_at: datetime
    expires_at: datetime
    state: HoldState = HoldState.HELD
    order_id: OrderId | None = None
    digest: str = ""

    def holds(self, now: datetime) -> bool:
        """Whether its units are still kept for its owner."""
        return self.state is HoldState.HELD and now < self.expires_at


class SoldOut(Refused):
    """`short` names each SKU of which less can be had than was asked: asked, and available."""

    code = "sold-out"

    def __init__(self, short: tuple[tuple[Asked, int], ...]) -> None:
        super().__init__("; ".join(f"{a.quantity} {a.sku} wanted, {n} left" for a, n in short))
        self.short = short

    @property
    def lines(self) -> list[dict[str, str | int]]:
        return [
            {"sku": each.sku, "requested": each.quantity, "available": left}
            for each, left in self.short
        ]


class HoldEnded(Refused):
    """The hold was committed, released or has expired."""

    code = "hold-ended"


class HoldKnown(OmsError):
    """The name of a new hold stands for one already: a repeat, or another request."""

    code = "hold-known"

    def __init__(self, known: Reservation) -> None:
        super().__init__(known.reservation_id)
        self.known = known


def owned(hold: Reservation, owner: str) -> Reservation:
    """The hold, if it is `owner`'s. Raises NotFound otherwise: no hint that it exists."""
    if hold.owner != owner:
        raise no_such_hold(hold.reservation_id)
    return hold


def no_such_hold(reservation_id: str) -> NotFound:
    return NotFound(f"there is no reservation {reservation_id}")
