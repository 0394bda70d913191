"""What can be promised of a SKU: now, by date, and to somebody who asks for so many of it.

Touches no stock. Whoever asks is answered by the very routing that would plan the order, so
equal facts name the same nodes. Every figure is made by `offers`, the one sellable formula, on
the levels as they are, or as they will be when what is on its way has come.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum

from oms.inventory.outlook import Outlook, Ready, steps
from oms.inventory.selling import (
    NO_LIMIT,
    OWN_SHOP,
    Mode,
    Offer,
    SellingPolicy,
    WhenShort,
    kits_sellable,
    offers,
)
from oms.inventory.shelves import OVERSOLD
from oms.kernel.address import Address
from oms.kernel.clock import Clock
from oms.kernel.ids import LineId, NodeId, Sku
from oms.routing.facts import Buyer, Facts, Wanted, demand_of
from oms.routing.model import Plan
from oms.routing.promise import promises
from oms.routing.route import Books, look, planned
from oms.routing.shelve import beyond_stock, oversell_limit


@dataclass(frozen=True, slots=True)
class Question:
    """`quantity` units of `sku`, sold by `channel`; where to, as far as the buyer said."""

    sku: Sku
    quantity: int = 1
    channel: str = OWN_SHOP
    country: str = ""
    postal_code: str = ""

    @property
    def destination(self) -> Address | None:
        if not self.country:
            return None
        return Address("", (), "", "", self.postal_code, self.country)


@dataclass(frozen=True, slots=True)
class Parcel:
    """What one node would send. The days (ISO) are empty where none can be promised."""

    node: NodeId
    sku: Sku
    quantity: int
    ships_on: str = ""
    delivers_on: str = ""


class Ending(StrEnum):
    """What would become of an order."""

    ALLOCATED = "ALLOCATED"
    BACKORDERED = "BACKORDERED"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True, slots=True)
class Promise:
    """`date` (ISO) is when all of it is there; empty when nobody knows. `parcels` are taken now."""

    quantity: int
    ending: Ending
    date: str
    parcels: tuple[Parcel, ...]


@dataclass(frozen=True, slots=True)
class Availability:
    """`by_node` are the offers before anything goes to the `waiting` units of the line,
    `sellable` is after that. `beyond` units may be promised besides; `limitless`: any number.
    `parts` are the sellable units of what a kit is made of.
    """

    question: Question
    sellable: int
    beyond: int
    limitless: bool
    by_node: tuple[Offer, ...]
    waiting: int
    schedule: tuple[Ready, ...]
    promise: Promise
    parts: Mapping[Sku, int] = field(default_factory=dict)
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CheckAvailability:
    stock: Books
    clock: Clock

    def __call__(self, question: Question) -> Availability:
        """The answer for somebody who is not in line yet. A kit is limited by its parts."""
        now = self.clock.now()
        buyer = Buyer(
            channel=question.channel,
            destination=question.destination,
            at=now,
            on=now.date().isoformat(),
        )
        wanted = (Wanted(LineId("1"), question.sku, question.quantity),)
        facts = look(wanted, buyer, stock=self.stock)
        outlooks = {sku: self._outlook(sku, facts, buyer) for sku in demand_of(facts.wanted)}
        return _answer(question, facts, buyer, outlooks)

    def _outlook(self, sku: Sku, facts: Facts, buyer: Buyer) -> Outlook:
        position = facts.positions[sku]
        senders = {node.node_id for node in facts.nodes if node.ships}
        tomorrow = (self.clock.now() + timedelta(days=1)).date().isoformat()
        coming = tuple(
            # What comes today is not there yet.
            replace(each, expected_on=max(each.expected_on, tomorrow))
            for each in self.stock.incoming(sku)
            # What is overdue may come or not: no day can rest on it.
            if each.node in senders and each.expected_on >= buyer.on
        )
        return Outlook(position, coming, facts.policy, buyer.channel, buyer.on)


def _answer(
    question: Question, facts: Facts, buyer: Buyer, outlooks: Mapping[Sku, Outlook]
) -> Availability:
    plan, parts = planned(facts, buyer), _parts(question.sku, facts)
    days = sorted({day for outlook in outlooks.values() for day in outlook.days})

    def units_on(day: str) -> int:
        return kits_sellable((outlooks[sku].units(day), n) for sku, n in parts.items())

    return Availability(
        question=question,
        sellable=units_on(buyer.on),
        beyond=_beyond(question.sku, facts, buyer),
        limitless=facts.policy.channel(buyer.channel).mode in (Mode.NONE, Mode.TRACK_ONLY),
        by_node=_by_node(question.sku, parts, facts, buyer),
        waiting=max(-(-facts.positions[sku].selling.waiting // n) for sku, n in parts.items()),
        schedule=steps(days, units_on),
        promise=_promise(question, facts, plan, buyer, outlooks),
        parts={sku: outlooks[sku].units(buyer.on) for sku in parts if sku != question.sku},
        reasons=(*_rules(parts, facts, buyer), *plan.reasons),
    )


def _parts(sku: Sku, facts: Facts) -> dict[Sku, int]:
    """What goes into one unit: the parts of a kit, else the SKU itself."""
    components = facts.positions[sku].selling.components
    return {part.sku: part.quantity for part in components} or {sku: 1}


def _by_node(sku: Sku, parts: Mapping[Sku, int], facts: Facts, buyer: Buyer) -> tuple[Offer, ...]:
    """The offers of the SKU; for a kit, how many each node could make by itself."""
    made = {
        part: offers(facts.positions[part], facts.policy, buyer.channel, buyer.on) for part in parts
    }
    if sku in parts:
        return tuple(made[sku])
    units = {(part, offer.node): offer.units for part, each in made.items() for offer in each}
    return tuple(
        Offer(sku, node, kits_sellable((units.get((p, node), 0), n) for p, n in parts.items()))
        for node in sorted({node for _, node in units})
    )


def _beyond(sku: Sku, facts: Facts, buyer: Buyer) -> int:
    """Units that may still be promised beyond stock; none of a kit."""
    position = facts.positions[sku]
    limit = oversell_limit(position, facts.policy, buyer.channel)
    if not limit or position.selling.is_kit:
        return 0
    legs = beyond_stock((Wanted(LineId("1"), sku, NO_LIMIT),), facts, buyer)
    return sum(leg.quantity for leg in legs)


def _promise(
    question: Question,
    facts: Facts,
    plan: Plan,
    buyer: Buyer,
    outlooks: Mapping[Sku, Outlook],
) -> Promise:
    late = {each.sku for each in plan.shortages}
    late |= {leg.sku for leg in plan.legs if leg.shelf == OVERSOLD}
    ending, wanted = _ending(plan, facts, buyer), demand_of(facts.wanted)
    days = [outlooks[sku].first(wanted[sku]) if sku in late else buyer.on for sku in wanted]
    known = ending is not Ending.CANCELLED and "" not in days
    return Promise(
        question.quantity, ending, max(days) if known else "", _parcels(plan, facts, buyer)
    )


def _ending(plan: Plan, facts: Facts, buyer: Buyer) -> Ending:
    """What the policies make of the plan; the same test as at an order's allocation."""
    if not plan.shortages:
        return Ending.ALLOCATED
    waits = all(facts.positions[each.sku].selling.backorders for each in plan.shortages)
    ends = facts.policy.channel(buyer.channel).when_short is WhenShort.CANCEL
    return Ending.BACKORDERED if waits and not ends else Ending.CANCELLED


def _parcels(plan: Plan, facts: Facts, buyer: Buyer) -> tuple[Parcel, ...]:
    """Per node and SKU what would be taken now."""
    at = buyer.at
    days = promises(plan.legs, facts.nodes, buyer.destination, at) if at and plan.legs else {}
    units: dict[tuple[NodeId, Sku], int] = {}
    told: dict[NodeId, tuple[str, str]] = {}
    for leg in plan.legs:
        units[leg.node, leg.sku] = units.get((leg.node, leg.sku), 0) + leg.quantity
        if day := days.get((leg.line_id, leg.node)):
            told[leg.node] = day.ships_on.isoformat(), day.delivers_on.isoformat()
    return tuple(
        Parcel(node, sku, quantity, *told.get(node, ("", "")))
        for (node, sku), quantity in sorted(units.items())
    )


def _rules(parts: Mapping[Sku, int], facts: Facts, buyer: Buyer) -> list[str]:
    """Which buffer rule holds at each node, and what it won over."""
    places = [
        (sku, node)
        for sku in parts
        for node in sorted({level.node for level in facts.positions[sku].levels})
    ]
    told = ((s, n, _rule(facts.policy, s, buyer.channel, n)) for s, n in places)
    return [f"{sku} at {node}: {sentence}" for sku, node, sentence in told if sentence]


def _rule(policy: SellingPolicy, sku: Sku, channel: str, node: NodeId) -> str:
    won = policy.buffer(sku, channel, node)
    others = [e for e in policy.buffers if e.matches(sku, channel, node) and e is not won]
    if won is None or not others:
        return str(won or "")
    best = max(other.rank for other in others)
    lost = [other for other in others if other.rank == best][-1]
    why = "it is more specific" if won.rank > lost.rank else "it stands later"
    return f"{won}, rather than {lost}: {why}"
