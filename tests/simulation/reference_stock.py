"""What lies where and what can be had, once more: the half of `reference.py` that counts units."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

EAST, WEST = "WH-EAST", "WH-WEST"
BY_NAME = (EAST, WEST)  # a cart does not say where it goes
NEAREST = (WEST, EAST)  # from the customers' town
WITHHELD = ("safety", "damaged", "quality")
Wants = dict[str, int]
Line = tuple[str, str, int]  # name, SKU, units
Leg = tuple[str, str, str, bool]  # line, SKU, node, whether it is beyond stock
Claim = tuple[str, str, bool]  # the same without the line


@dataclass(frozen=True)
class Buffer:
    """Units kept back. An empty field matches any; without a node, of both nodes together."""

    units: int
    sku: str = ""
    channel: str = ""
    node: str = ""

    def fits(self, sku: str, channel: str, node: str) -> bool:
        return self.sku in ("", sku) and self.channel in ("", channel) and self.node in ("", node)


@dataclass
class Order:
    """`state`: VALIDATED, BACKORDERED, ALLOCATED, RELEASED, PARTIALLY_SHIPPED, SHIPPED or
    CANCELLED. `short` is what it waits for, in line since `since`; it goes round `avoid`."""

    wants: Wants
    complete: bool = False
    priority: int = 5
    state: str = "VALIDATED"
    legs: Counter[Leg] = field(default_factory=Counter)
    short: Counter[str] = field(default_factory=Counter)
    since: int | None = None
    avoid: set[str] = field(default_factory=set)

    def lacks(self, sku: str) -> int:
        """Units for which it stands in line: what is short, and what is beyond stock."""
        return self.short[sku] + sum(n for leg, n in self.legs.items() if leg[1] == sku and leg[3])


class ReferenceStock:
    def __init__(self, kits: dict[str, Wants], oversell: Wants, buffers: Sequence[Buffer]) -> None:
        self.kits, self.limit, self.buffers = kits, oversell, buffers
        self.stock: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        self.orders: list[Order] = []

    # --- goods -------------------------------------------------------------------------

    def free(self, sku: str, node: str) -> int:
        there = self.stock[sku, node]
        kept = there["reserved"] + sum(there[bucket] for bucket in WITHHELD)
        return there["on_hand"] + there["oversold"] - kept

    def receive(self, sku: str, node: str, units: int) -> str:
        self.stock[sku, node]["on_hand"] += units
        return "done"

    def adjust(self, sku: str, node: str, units: int, withhold: str = "") -> str:
        """`units` sellable ones more or fewer; the fewer may stay in the house, withheld."""
        bucket, change = (withhold, -units) if withhold else ("on_hand", units)
        if self.free(sku, node) + units < 0 or self.stock[sku, node][bucket] + change < 0:
            return "insufficient-stock"
        self.stock[sku, node][bucket] += change
        return "done"

    def send(self, sku: str, node: str, to: str, units: int) -> str:
        if self.free(sku, node) < units:
            return "insufficient-stock"
        self.stock[sku, node]["on_hand"] -= units
        self.stock[sku, to]["incoming"] += units
        return "done"

    def arrive(self, sku: str, node: str, units: int) -> str:
        self.stock[sku, node]["incoming"] -= units
        return self.receive(sku, node, units)

    def lose(self, sku: str, node: str, units: int) -> str:
        self.stock[sku, node]["incoming"] -= units
        return "done"

    # --- what can be had ---------------------------------------------------------------

    def exploded(self, wants: Wants) -> list[Line]:
        lines: list[Line] = []
        for number, (sku, units) in enumerate(wants.items(), 1):
            parts = self.kits.get(sku)
            if not parts:
                lines.append((f"{number}", sku, units))
            for at, (part, each) in enumerate((parts or {}).items(), 1):
                lines.append((f"{number}.{at}", part, each * units))
        return lines

    def kept_back(self, sku: str, channel: str) -> dict[str, int]:
        kept = dict.fromkeys(BY_NAME, 0)
        shared: defaultdict[Buffer, list[str]] = defaultdict(list)
        for node in BY_NAME:
            fitting = [b for b in self.buffers if b.fits(sku, channel, node)]
            best = max(
                fitting, key=lambda b: (bool(b.sku), bool(b.channel), bool(b.node)), default=None
            )
            if best and best.node:
                kept[node] = max(0, best.units - self.stock[sku, node]["safety"])
            elif best:
                shared[best].append(node)
        for rule, nodes in shared.items():
            left = rule.units - sum(self.stock[sku, node]["safety"] for node in nodes)
            for node in sorted(nodes, key=lambda each: (-self.free(sku, each), each)):
                kept[node] = max(0, min(left, self.free(sku, node)))
                left -= kept[node]
        return kept

    def offers(self, sku: str, channel: str, order: Order | None = None) -> dict[str, int]:
        """By node: what is free, less buffers, less what those before `order` in line get."""
        kept = self.kept_back(sku, channel)
        offered = {node: max(0, self.free(sku, node) - kept[node]) for node in BY_NAME}
        ahead = self.ahead(sku, sum(offered.values()), order)
        for node in sorted(BY_NAME, key=lambda each: (-offered[each], each)):
            gone = min(ahead, offered[node])
            offered[node], ahead = offered[node] - gone, ahead - gone
        return offered

    def line(self, sku: str) -> list[Order]:
        waiting = [order for order in self.orders if order.lacks(sku)]
        return sorted(waiting, key=lambda order: (-order.priority, order.since))

    def ahead(self, sku: str, there: int, order: Order | None) -> int:
        left, priority = there, order.priority if order else 5
        for each in self.line(sku):
            if each is order or each.priority < priority:
                break
            beyond = each.lacks(sku) - each.short[sku]
            for units in (beyond, each.short[sku]):
                if units <= left or not each.complete:
                    left -= min(units, left)
        return there - left

    def plan(
        self, lines: Sequence[Line], channel: str, nodes: Sequence[str], order: Order | None = None
    ) -> tuple[Counter[Leg], list[Line]]:
        """Fewest nodes, then the nearest, then by name; and what nobody can send."""
        need = Counter[str]()
        for _, sku, units in lines:
            need[sku] += units
        offered = {sku: self.offers(sku, channel, order) for sku in need}
        left = {node: {sku: offered[sku][node] for sku in need} for node in nodes}
        sets = [[node] for node in nodes] + [list(nodes)] * (len(nodes) > 1)
        complete = order is not None and order.complete
        if complete:
            sets, most = [[node] for node in nodes], dict(need)
        else:
            most = {sku: min(n, sum(left[node][sku] for node in nodes)) for sku, n in need.items()}
        covers = (s for s in sets if all(sum(left[n][sku] for n in s) >= most[sku] for sku in need))
        sending = next(covers, []) if any(most.values()) else []
        legs, short = Counter[Leg](), list[Line]()
        for name, sku, units in lines:
            for node in sending:
                taken = min(units, left[node][sku])
                left[node][sku] -= taken
                units -= taken
                legs[name, sku, node, False] += taken
            if units and nodes and (beyond := min(units, self.room(sku, nodes[0], legs))) > 0:
                legs[name, sku, nodes[0], True] += beyond
                units -= beyond
            if units:
                short.append((name, sku, units))
        return (Counter(), list(lines)) if complete and short else (+legs, short)

    def room(self, sku: str, node: str, legs: Counter[Leg]) -> int:
        """Units that may still be promised beyond stock."""
        used = sum(n for leg, n in legs.items() if leg[1] == sku and leg[3])
        return self.limit.get(sku, 0) - self.stock[sku, node]["oversold"] - used

    def take(self, claims: Iterable[tuple[Claim, int]], sign: int = 1) -> None:
        for (sku, node, beyond), units in claims:
            self.stock[sku, node]["reserved"] += sign * units
            self.stock[sku, node]["oversold"] += sign * units * beyond


def claimed(legs: Counter[Leg]) -> Counter[Claim]:
    claims = Counter[Claim]()
    for (_, *claim), units in legs.items():
        claims[claim[0], claim[1], claim[2]] += units
    return +claims
