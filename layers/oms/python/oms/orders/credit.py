"""Credit: what a business buyer's open orders are worth, against what it may owe.

An order claims its worth in the very write that validates it, on condition of the ledger's
version: of two orders at once the second one sees the first. Nothing is written when an order ends:
a claim counts as long as its order is open, and the orders are asked before anybody is held.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from oms.kernel.errors import NotFound
from oms.kernel.ids import OrderId
from oms.kernel.money import Money
from oms.orders.buyers import CHANNEL, Buyer, BuyerStore, Ledger
from oms.orders.content import Content
from oms.orders.model import Order
from oms.platform.unit import Write

# Claims in a ledger from which those of ended orders are dropped: it is one row.
_MANY = 200


class Orders(Protocol):
    def load_many(self, order_ids: Iterable[str]) -> Mapping[str, tuple[Order, Content]]: ...


@dataclass(frozen=True, slots=True)
class Claimed:
    """`problem`: why a person has to agree; empty when the credit is there. `writes` put the order
    on the ledger, either way."""

    problem: str = ""
    writes: tuple[Write, ...] = ()


@dataclass(frozen=True, slots=True)
class Exposure:
    """What the open orders of a buyer are worth together, in minor units, and how many they are."""

    minor: int
    orders: int


@dataclass(frozen=True, slots=True)
class ClaimCredit:
    buyers: BuyerStore
    orders: Orders

    def __call__(self, order: Order) -> Claimed:
        """The claim of `order`, for the transaction that lets it pass. Reads only."""
        if order.channel != CHANNEL:
            return Claimed()
        try:
            buyer = self.buyers.load(order.account)
        except NotFound:
            return Claimed(f"there is no buyer {order.account}")
        ledger, own = self.buyers.ledger(buyer.buyer_id), {order.order_id: order.total_minor}
        claims = {**ledger.claims, **own}
        if len(claims) > _MANY or _problem(buyer, claims):
            claims = {**self._still_open(ledger), **own}
        return Claimed(_problem(buyer, claims), (self.buyers.kept(ledger, claims),))

    def exposure(self, buyer_id: str) -> Exposure:
        claims = self._still_open(self.buyers.ledger(buyer_id))
        return Exposure(sum(claims.values()), len(claims))

    def _still_open(self, ledger: Ledger) -> dict[OrderId, int]:
        known = self.orders.load_many(sorted(ledger.claims))
        return {
            order_id: minor
            for order_id, minor in ledger.claims.items()
            if order_id in known and not known[order_id][0].is_final
        }


def _problem(buyer: Buyer, claims: Mapping[OrderId, int]) -> str:
    if buyer.blocked:
        return "the buyer is blocked"
    limit, owed = buyer.credit_limit_minor, sum(claims.values())
    if limit is None or owed <= limit:
        return ""
    money = Money(owed, buyer.currency), Money(limit, buyer.currency)
    return f"open orders of {money[0]} with this one, credit of {money[1]}"
