"""An order placed on a cart's hold: the units pass to the order, and no level changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from oms.inventory.model import Units
from oms.inventory.ports import Holds
from oms.inventory.reservation import HoldState, Reservation, owned
from oms.kernel.clock import Clock
from oms.kernel.errors import FieldError, Invalid, NotFound
from oms.kernel.ids import Sku
from oms.orders.content import Content
from oms.orders.model import Leg, Order
from oms.orders.ports import Stock
from oms.orders.promises import promised, wanted, with_parts
from oms.platform.unit import Write
from oms.routing.route import dated


@dataclass(frozen=True, slots=True)
class Adoption:
    """The order with its units, and what commits with its capture."""

    order: Order
    content: Content
    writes: tuple[Write, ...] = ()


@dataclass(frozen=True, slots=True)
class AdoptHold:
    stock: Stock
    holds: Holds
    clock: Clock

    def __call__(self, order: Order, content: Content, reservation_id: str, owner: str) -> Adoption:
        """Pass the hold's units to the order; what the order does not name goes back.

        A hold whose time is over changes nothing: the order will look for stock like any
        other, and the timeline says so. Raises Invalid `unknown-reservation` or
        `reservation-too-small`. The commit raises HoldEnded when the hold ends meanwhile.
        """
        hold, now = self._hold(reservation_id, owner), self.clock.now()
        if hold.state in (HoldState.RELEASED, HoldState.EXPIRED) or (
            hold.state is HoldState.HELD and not hold.holds(now)
        ):
            return Adoption(lapsed(order, hold, self.clock), content)
        taken = self.holds.committed(hold, order.order_id, now)
        if hold.state is HoldState.COMMITTED:
            # A repeat, or a second order: which one, the commit will tell.
            return Adoption(order, content, (taken,))
        content = with_parts(content, self.stock)
        legs, rest = _matched(order, content, hold.claims)
        legs = dated(legs, self.stock.nodes(), content.shipping_address, now)
        after = promised(order, legs, since=now, content=content).noted(
            "HoldCommitted", f"caller:{owner}", now, reservation=reservation_id
        )
        back = self.stock.release(rest, reservation_id, owner, now) if rest else []
        return Adoption(
            after,
            content,
            (taken, *back, *self.stock.in_line((), after.waiting)),
        )

    def _hold(self, reservation_id: str, owner: str) -> Reservation:
        try:
            return owned(self.holds.get(reservation_id), owner)
        except NotFound:
            raise Invalid("no such reservation", code="unknown-reservation") from None

    def ended_as(self, reservation_id: str) -> Reservation:
        """The hold as it is now, for whoever lost a race with its end."""
        return self.holds.get(reservation_id)


def lapsed(order: Order, hold: Reservation, clock: Clock) -> Order:
    """`order` with the word that it came after the end of its hold."""
    return order.noted("HoldLapsed", "system", clock.now(), reservation=hold.reservation_id)


def _matched(
    order: Order, content: Content, claims: Sequence[Units]
) -> tuple[tuple[Leg, ...], list[Units]]:
    """The order's legs out of `claims`, and what is left of them."""
    left = [each.quantity for each in claims]
    legs, short = list[Leg](), dict[Sku, int]()
    for want in wanted(order, content):
        missing = want.quantity
        for at, claim in enumerate(claims):
            units = min(missing, left[at]) if claim.sku == want.sku else 0
            if units:
                legs.append(Leg(want.line_id, want.sku, claim.node, units, claim.shelf))
                left[at] -= units
                missing -= units
        if missing:
            short[want.sku] = short.get(want.sku, 0) + missing
    if short:
        raise _too_small(short)
    rest = zip(claims, left, strict=True)
    return tuple(legs), [replace(claim, quantity=units) for claim, units in rest if units]


def _too_small(short: dict[Sku, int]) -> Invalid:
    errors = [
        FieldError(
            "/reservation_id", "reservation-too-small", f"{units} more {sku} ordered than held"
        )
        for sku, units in short.items()
    ]
    return Invalid("the order is larger than its reservation", errors, "reservation-too-small")
