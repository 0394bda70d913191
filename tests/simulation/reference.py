"""The rules of stock once more, for whoever doubts the engine: dictionaries and integers.

One caller, no shelves, no conditions, nothing is tried again. Every command says what the engine
must answer, and what lies where afterwards. Times are seconds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from tests.simulation.reference_stock import (
    BY_NAME,
    NEAREST,
    Buffer,
    Claim,
    Leg,
    Order,
    ReferenceStock,
    Wants,
    claimed,
)

LONGEST_HOLD, LONGEST_LIFE = 3_600, 86_400


@dataclass
class Cart:
    asked: Wants
    claims: Counter[Claim]
    made: int
    until: int
    state: str = "HELD"

    def over(self, now: int) -> bool:
        return self.state == "HELD" and self.until <= now


class Reference(ReferenceStock):
    def __init__(
        self, kits: dict[str, Wants], oversell: Wants, buffers: Sequence[Buffer] = ()
    ) -> None:
        super().__init__(kits, oversell, buffers)
        self.carts: list[Cart] = []
        self.now = 0

    # --- carts -------------------------------------------------------------------------

    def reclaim(self, skus: Collection[str]) -> bool:
        """Who lacks units ends the holds that are over, on them or on several places."""
        if not any(self.stock[sku, node]["reserved"] for sku in skus for node in BY_NAME):
            return False
        over = [c for c in self.carts if c.over(self.now)]
        mine = [c for c in over if len(places(c)) > 1 or {sku for sku, _ in places(c)} & set(skus)]
        return [self.end(cart, "EXPIRED") for cart in mine] != []

    def end(self, cart: Cart, state: str) -> str:
        self.take(cart.claims.items(), -1)
        cart.state = state
        return state

    def sweep(self) -> None:
        """Every hold that is over ends, whoever may want its units."""
        for cart in self.carts:
            if cart.over(self.now):
                self.end(cart, "EXPIRED")

    def hold(self, asked: Wants, seconds: int) -> tuple[str, Wants]:
        lines = self.exploded(asked)
        legs, short = self.plan(lines, "web", BY_NAME)
        names = {name.partition(".")[0] for name, _, _ in short}
        lacking = [sku for number, sku in enumerate(asked, 1) if str(number) in names]
        parts = {part for sku in lacking for part in (sku, *self.kits.get(sku, ()))}
        if short and self.reclaim(parts):
            return self.hold(asked, seconds)
        if short:
            return "sold-out", {sku: self.at_most(sku) for sku in lacking}
        claims = claimed(legs)
        self.take(claims.items())
        until = self.now + min(seconds, LONGEST_HOLD)
        self.carts.append(Cart(asked, claims, self.now, until))
        return "held", {}

    def at_most(self, sku: str) -> int:
        """What can be had of a SKU if nothing else is asked for."""
        if parts := self.kits.get(sku):
            return min(sum(self.offers(part, "web").values()) // n for part, n in parts.items())
        room = max(0, self.room(sku, BY_NAME[0], Counter()))
        return sum(self.offers(sku, "web").values()) + room

    def extend(self, cart: Cart, seconds: int) -> str:
        if cart.state != "HELD" or cart.over(self.now):
            return "hold-ended"
        wished = min(self.now + min(seconds, LONGEST_HOLD), cart.made + LONGEST_LIFE)
        cart.until = max(cart.until, wished)
        return "HELD"

    def release(self, cart: Cart) -> str:
        if cart.state == "COMMITTED":
            return "hold-ended"
        return self.end(cart, "RELEASED") if cart.state == "HELD" else cart.state

    # --- orders ------------------------------------------------------------------------

    def order(self, order: Order, cart: Cart | None = None) -> str:
        if cart and cart.state == "COMMITTED":
            return "reservation-used"
        if cart and cart.state == "HELD" and not cart.over(self.now):
            if (legs := self.adopted(order, cart)) is None:
                return "reservation-too-small"
            order.legs = legs
            self.take((cart.claims - claimed(legs)).items(), -1)
            cart.state = "COMMITTED"
            order.since = self.now if any(leg[3] for leg in legs) else None
        self.orders.append(order)
        return self.allocate(order)

    def adopted(self, order: Order, cart: Cart) -> Counter[Leg] | None:
        """The cart's units as the order's lines; None when there are too few."""
        left, legs = Counter(cart.claims), Counter[Leg]()
        for name, sku, units in self.exploded(order.wants):
            for claim in sorted(left):
                taken = min(units, left[claim]) if claim[0] == sku else 0
                legs[name, *claim] += taken
                left[claim] -= taken
                units -= taken
            if units:
                return None
        return +legs

    def allocate(self, order: Order) -> str:
        """Also the second and later looks of an order that waits."""
        if order.state == "CANCELLED":
            return "ENDED"
        if order.state not in ("VALIDATED", "BACKORDERED"):
            return "ALLOCATED"
        had = Counter[str]()
        for leg, units in order.legs.items():
            had[leg[0]] += units
        lines = [(name, sku, n - had[name]) for name, sku, n in self.exploded(order.wants)]
        lines = [each for each in lines if each[2]]
        legs, short = self.plan(lines, "api", [n for n in NEAREST if n not in order.avoid], order)
        if short and self.reclaim({sku for _, sku, _ in short}):
            return self.allocate(order)
        self.take(claimed(legs).items())
        order.legs += legs
        order.short = Counter()
        for _, sku, units in short:
            order.short[sku] += units
        waits = short or any(leg[3] for leg in order.legs)
        order.since = (self.now if order.since is None else order.since) if waits else None
        order.state = "BACKORDERED" if short else "ALLOCATED"
        return order.state

    def give_up(self, order: Order, state: str) -> str:
        self.take(claimed(order.legs).items(), -1)
        order.legs, order.short, order.since = Counter(), Counter(), None
        order.state = state
        return state

    def cancel(self, order: Order) -> str:
        gone = order.state in ("PARTIALLY_SHIPPED", "SHIPPED")
        return "wrong-stage" if gone else self.give_up(order, "CANCELLED")

    def deallocate(self, order: Order) -> str:
        if order.state == "ALLOCATED":
            self.give_up(order, "VALIDATED")
        return "UNDONE"

    def to_nodes(self, order: Order) -> str:
        if order.state == "ALLOCATED":
            order.state = "RELEASED"
        return order.state

    def ship(self, order: Order, most: int) -> str:
        """Hand over the parcels of the first `most` nodes that have some."""
        nodes = sorted({leg[2] for leg in order.legs})[:most]
        if self.to_nodes(order) not in ("RELEASED", "PARTIALLY_SHIPPED") or not nodes:
            return order.state
        gone = Counter({leg: n for leg, n in order.legs.items() if leg[2] in nodes})
        self.take(claimed(gone).items(), -1)
        for (_, sku, node, beyond), units in gone.items():
            self.stock[sku, node]["on_hand"] -= units * (not beyond)
        order.legs -= gone
        order.state = "PARTIALLY_SHIPPED" if order.legs else "SHIPPED"
        order.since = order.since if any(leg[3] for leg in order.legs) else None
        return order.state

    def reject(self, order: Order) -> str:
        """Its node cannot do it: the order is taken back, and goes round that node."""
        nodes = {leg[2] for leg in order.legs}
        if order.state not in ("RELEASED", "PARTIALLY_SHIPPED"):
            return order.state
        if order.state == "PARTIALLY_SHIPPED" or len(nodes) > 1:
            return "already-under-way"
        order.avoid |= nodes
        return self.give_up(order, "VALIDATED")

    def back(self, order: Order, sku: str) -> None:
        """Units that are there now take the place of units beyond stock, at their node first."""
        movable = order.state in ("VALIDATED", "BACKORDERED", "ALLOCATED")
        for leg in sorted(leg for leg in order.legs if leg[1] == sku and leg[3]):
            others = [node for node in BY_NAME if node != leg[2] and movable]
            for node in (leg[2], *others):
                units = max(0, min(order.legs[leg], self.free(sku, node)))
                swap = Counter({leg: units})
                there = Counter({(leg[0], sku, node, False): units})
                self.take(claimed(swap).items(), -1)
                self.take(claimed(there).items())
                order.legs = order.legs - swap + there
        order.since = (
            order.since
            if any(map(order.lacks, {leg[1] for leg in order.legs} | set(order.short)))
            else None
        )


def places(cart: Cart) -> set[tuple[str, str]]:
    return {(sku, node) for sku, node, _ in cart.claims}
