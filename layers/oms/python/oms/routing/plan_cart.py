"""Plan a cart as its order would be planned: which units would stand for it, or what is left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from oms.inventory.reservation import Asked
from oms.inventory.reserve import CartPlan
from oms.inventory.selling import kits_sellable
from oms.kernel.address import Address
from oms.kernel.clock import Clock
from oms.kernel.ids import LineId, Sku
from oms.orders.ports import Stock
from oms.routing.facts import Buyer, Facts, Wanted
from oms.routing.model import Plan
from oms.routing.route import Books, look, planned


@dataclass(frozen=True, slots=True)
class PlanCart:
    """`Planner` by the routing of orders.

    `glance` reads a hot SKU in part (`oms.inventory.spread_store`): who finds too little by it
    looks again at everything.
    """

    stock: Stock
    clock: Clock
    glance: Books | None = None

    def __call__(
        self, asked: Sequence[Asked], channel: str, country: str, postal_code: str, seed: str
    ) -> CartPlan:
        buyer = Buyer(
            channel=channel,
            destination=_destination(country, postal_code),
            seed=seed,
            on=self.clock.now().date().isoformat(),
        )
        wanted = [
            Wanted(LineId(str(number)), each.sku, each.quantity)
            for number, each in enumerate(asked, 1)
        ]
        facts = look(wanted, buyer, stock=self.glance or self.stock)
        plan = planned(facts, buyer)
        if plan.shortages and self.glance and _are_spread(facts):
            facts = look(wanted, buyer, stock=self.stock)
            plan = planned(facts, buyer)
        left = _left(asked, plan, facts) if plan.shortages else {}
        return CartPlan(plan.legs, left, facts.policy, plan.terms)


def _are_spread(facts: Facts) -> bool:
    """Only of a spread SKU a glance sees a part."""
    return any(position.selling.spread for position in facts.positions.values())


def _destination(country: str, postal_code: str) -> Address | None:
    if not country:
        return None
    return Address("", (), "", "", postal_code, country)


def _left(asked: Sequence[Asked], plan: Plan, facts: Facts) -> dict[Sku, int]:
    """What can be had at most of each SKU of the cart that is short."""
    short: dict[str, int] = {}
    for shortage in plan.shortages:
        line = shortage.line_id.partition(".")[0]
        short[line] = short.get(line, 0) + shortage.quantity
    # Where everything must come from one node, that is the most there is at one.
    together = sum if facts.policy.routing.get("splits", True) else max
    by_sku: dict[Sku, list[int]] = {}
    for offer in facts.offers:
        by_sku.setdefault(offer.sku, []).append(offer.units)
    offered = {sku: together(units) for sku, units in by_sku.items()}
    left: dict[Sku, int] = {}
    for number, each in enumerate(asked, 1):
        if str(number) in short:
            parts = facts.positions[each.sku].selling.components
            left[each.sku] = (
                kits_sellable((offered.get(p.sku, 0), p.quantity) for p in parts)
                if parts
                # What the plan would promise beyond stock counts too.
                else max(offered.get(each.sku, 0), each.quantity - short[str(number)])
            )
    return left
