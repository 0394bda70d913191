"""Hold stock for a cart, extend the hold, give it back.

A cart is held in one transaction or refused with what is left of each SKU; nothing is held by
half. Which shelves stand for it is decided by the same plan that allocates an order, so a cart
and its order mean the same node. A hold ends by itself: nothing may consume it from its end
on, whoever still lacks units takes them back on the spot, and the sweep finds the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from oms.inventory.expire import ReclaimExpired
from oms.inventory.model import PLAIN, Claim, Place, Terms, Units
from oms.inventory.ports import Holds, StockLedger
from oms.inventory.reservation import (
    Asked,
    HoldEnded,
    HoldKnown,
    HoldState,
    Reservation,
    ReservationId,
    SoldOut,
    owned,
)
from oms.inventory.selling import HoldsNotOffered, Mode, SellingPolicy
from oms.inventory.take import until_taken
from oms.kernel.clock import Clock
from oms.kernel.errors import Invalid, NotFound
from oms.kernel.ids import Sku, digest, new_ulid
from oms.platform.unit import Committer, Write

# From a hold's making to its last end, however often it is extended.
LONGEST_LIFE = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class CartPlan:
    """Which units would stand for a cart; `left` is what can be had of each SKU that is short.
    `policy` is what it was planned by."""

    claims: tuple[Claim, ...]
    left: dict[Sku, int]
    policy: SellingPolicy
    terms: Terms = PLAIN


class Planner(Protocol):
    """Plans a cart as an order would be planned."""

    def __call__(
        self, asked: Sequence[Asked], channel: str, country: str, postal_code: str, seed: str
    ) -> CartPlan: ...


@dataclass(frozen=True, slots=True)
class NewHold:
    """What a shop asks for. `seconds` None: as long as the channel's policy says."""

    asked: tuple[Asked, ...]
    channel: str
    seconds: int | None = None
    country: str = ""
    postal_code: str = ""


@dataclass(frozen=True, slots=True)
class ReserveStock:
    stock: StockLedger
    holds: Holds
    database: Committer
    plan: Planner
    reclaim: ReclaimExpired
    clock: Clock

    def __call__(self, new: NewHold, owner: str, key: str = "") -> tuple[Reservation, bool]:
        """A hold for `owner`, and whether it was made by an earlier call with the same `key`.

        Raises SoldOut with what is left, HoldsNotOffered when the channel takes stock with the
        order only, Invalid `idempotency-key-reused`, Unavailable when too many want the same
        units at once (nothing is held then).
        """
        content = _digest(new)
        name = ReservationId(digest(owner, key) if key else new_ulid(self.clock.now()))
        if key and (known := self._known(name, content)):
            return known, True
        return until_taken(lambda attempt: self._attempt(new, name, owner, content, attempt))

    def _attempt(
        self, new: NewHold, name: ReservationId, owner: str, content: str, attempt: int
    ) -> tuple[Reservation, bool] | None:
        asked, now = _summed(new.asked), self.clock.now()
        seed = f"{name}#{attempt}" if attempt else name
        plan = self.plan(asked, new.channel, new.country, new.postal_code, seed)
        policy = plan.policy.channel(new.channel)
        if policy.mode is Mode.ON_ORDER:
            raise HoldsNotOffered(f"{new.channel} takes stock with the order")
        if plan.left:
            if self.reclaim(plan.left):
                return None
            raise SoldOut(tuple((a, plan.left[a.sku]) for a in asked if a.sku in plan.left))
        hold = Reservation(
            name,
            owner,
            new.channel,
            asked,
            _claims(plan.claims),
            now,
            now + policy.life(new.seconds),
            digest=content,
        )
        try:
            self._take(hold, plan.terms)
        except HoldKnown as twin:
            return _same(twin.known, content), True
        return hold, False

    def _take(self, hold: Reservation, terms: Terms) -> None:
        name = hold.reservation_id
        taken = self.stock.reserve(
            hold.claims, name, hold.owner, hold.created_at, terms=terms, attempt=name
        )
        try:
            self.database.commit([self.holds.first(hold), *taken])
        except Exception:
            self.stock.abandon(name)
            raise

    def _known(self, name: ReservationId, content: str) -> Reservation | None:
        try:
            return _same(self.holds.get(name), content)
        except NotFound:
            return None


def _same(known: Reservation, content: str) -> Reservation:
    if known.digest != content:
        raise Invalid(
            "this Idempotency-Key was used with another body", code="idempotency-key-reused"
        )
    return known


def _summed(asked: Sequence[Asked]) -> tuple[Asked, ...]:
    units: dict[Sku, int] = {}
    for each in asked:
        units[each.sku] = units.get(each.sku, 0) + each.quantity
    return tuple(Asked(sku, quantity) for sku, quantity in units.items())


def _claims(claims: Sequence[Claim]) -> tuple[Units, ...]:
    """Units per place, those that nobody counts included: the order will ask for them."""
    sums: dict[Place, int] = {}
    for each in claims:
        place = each.sku, each.node, each.shelf
        sums[place] = sums.get(place, 0) + each.quantity
    return tuple(Units(sku, node, n, shelf) for (sku, node, shelf), n in sorted(sums.items()))


def _digest(new: NewHold) -> str:
    lines = (f"{each.sku}\x1f{each.quantity}" for each in new.asked)
    return digest(new.channel, str(new.seconds), f"{new.country}\x1f{new.postal_code}", *lines)


@dataclass(frozen=True, slots=True)
class ExtendHold:
    holds: Holds
    database: Committer
    clock: Clock

    def __call__(
        self, reservation_id: str, owner: str, seconds: int | None, policy: SellingPolicy
    ) -> Reservation:
        """Move the end to `seconds` from now (default: the channel's policy), never earlier than
        it is. Raises NotFound, HoldEnded."""
        hold, now = owned(self.holds.get(reservation_id), owner), self.clock.now()
        until = now + policy.channel(hold.channel).life(seconds)
        until = max(hold.expires_at, min(until, hold.created_at + LONGEST_LIFE))
        if not hold.holds(now):
            raise HoldEnded(f"reservation {reservation_id} has ended")
        self.database.commit([self.holds.extended(hold, until, now)])
        return replace(hold, expires_at=until)


@dataclass(frozen=True, slots=True)
class ReleaseReservation:
    stock: StockLedger
    holds: Holds
    database: Committer
    clock: Clock

    def __call__(self, reservation_id: str, owner: str) -> Reservation:
        """Give the units back. Repeating it, or releasing what has expired, changes nothing.

        Raises NotFound, HoldEnded when an order has taken the hold over.
        """
        hold, now = owned(self.holds.get(reservation_id), owner), self.clock.now()
        if hold.state is HoldState.HELD:
            try:
                self.database.commit(_given_back(self.stock, self.holds, hold, owner, now))
            except HoldEnded:
                hold = self.holds.get(reservation_id)  # somebody was faster: how did it end?
            else:
                return replace(hold, state=HoldState.RELEASED)
        if hold.state is HoldState.COMMITTED:
            raise HoldEnded(f"reservation {reservation_id} belongs to order {hold.order_id}")
        return hold


def _given_back(
    stock: StockLedger, holds: Holds, hold: Reservation, actor: str, now: datetime
) -> list[Write]:
    back = stock.release(hold.claims, hold.reservation_id, actor, now)
    return [holds.released(hold, now), *back]
