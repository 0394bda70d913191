"""How a command is given to the engine and to the reference, and how it may go wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import hypothesis.strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
)

from oms.inventory import selling
from oms.inventory.consignment_store import DynamoConsignments
from oms.inventory.count_stock import CountStock
from oms.inventory.count_store import DynamoCounts
from oms.inventory.gather import GatherStock
from oms.inventory.lots_store import DynamoLots
from oms.inventory.reservation import SoldOut
from oms.inventory.spread import SpreadStock
from oms.inventory.spread_store import DynamoSpread
from oms.inventory.transfer import Transfers
from oms.kernel.errors import OmsError, Unavailable
from oms.kernel.ids import NodeId, OrderId, Sku
from oms.orders.wake import WakeOrder
from tests.simulation.dynamo.faults import WRITES, Crash, FaultKind, FaultPlan
from tests.simulation.laws import broken
from tests.simulation.machine_sides import differences
from tests.simulation.reference import Reference
from tests.simulation.reference_stock import EAST, WEST, Buffer
from tests.simulation.shop import Shop, seeded

KIT = "SET"  # a mug and two cups
KITS = {KIT: {"MUG": 1, "CUP": 2}}
OVERSOLD_SKU = "LP"  # two may be promised beyond stock
SKUS = ("MUG", "CUP", OVERSOLD_SKU)
POLICIES: tuple[tuple[Buffer, ...], ...] = (
    (),
    (Buffer(1, channel="web"),),
    (Buffer(2), Buffer(1, sku="MUG", node=EAST), Buffer(0, sku="CUP", channel="api")),
)
TRIES = 40
few, some = st.integers(1, 3), st.integers(2, 6)


class Commands(RuleBasedStateMachine):
    """`tally` counts what ran, over all examples of a class."""

    tally: Counter[str] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.holds: list[str] = []
        self.ids: list[OrderId] = []
        self.sent: list[tuple[str, str, str, int]] = []
        self.counts: list[tuple[str, str, str]] = []
        self._seeding = seeded(1)
        self._seeding.__enter__()
        self.tally["examples"] += 1

    def teardown(self) -> None:
        self._seeding.__exit__(None, None, None)

    @initialize(buffers=st.sampled_from(POLICIES), mugs=some, cups=some, lps=few)
    def opens(self, buffers: tuple[Buffer, ...], mugs: int, cups: int, lps: int) -> None:
        self.shop = shop = Shop()
        shop.dynamo._sleep = lambda seconds: None
        self.stock = Reference(KITS, {OVERSOLD_SKU: 2}, buffers)
        self.numbers = 0
        self.nothing_goes_wrong()
        for node, more in ((EAST, 1), (WEST, 0)):
            for sku, units in zip(SKUS, (mugs, cups, lps), strict=True):
                shop.receive(NodeId(node), **{sku: units + more})
                self.stock.receive(sku, node, units + more)
        components = tuple(selling.Component(Sku(sku), n) for sku, n in KITS[KIT].items())
        shop.stock.save_selling(Sku(KIT), components=components)
        shop.stock.save_selling(Sku(OVERSOLD_SKU), oversell=2)
        rules = tuple(selling.Buffer(b.units, b.sku, b.channel, b.node) for b in buffers)
        shop.stock.save_policy(selling.SellingPolicy(buffers=rules))
        self._services()

    def _services(self) -> None:
        shop = self.shop
        parts = DynamoSpread(shop.dynamo, shop.names.stock)
        on_the_way = DynamoConsignments(shop.dynamo, shop.names.stock)
        lots = DynamoLots(shop.dynamo, shop.names.stock)
        counts = DynamoCounts(shop.dynamo, shop.names.stock)
        self.spread_stock = SpreadStock(parts, shop.clock)
        self.gather_stock = GatherStock(parts, shop.clock)
        self.transfers = Transfers(shop.stock, on_the_way, lots, shop.clock)
        self.counting = CountStock(shop.stock, counts, shop.clock)
        self.waiters = WakeOrder(shop.orders, shop.stock, shop.clock)

    # --- how a command is given --------------------------------------------------------

    def begin(self, what: str, twice: bool = False) -> str:
        """A second later; the name of this command, the same at every try.

        `twice`: who gives it does not trust the answer, and asks once more.
        """
        self.doubts = twice
        self.shop.wait(1)
        self.stock.now = int(self.shop.seconds())
        self.numbers += 1
        self.tally[what] += 1
        return f"{what}-{self.numbers}"

    def asked(self, call: Callable[[], Any]) -> Any:
        """What a caller is told who asks again until there is an answer."""
        self.shop.client.plan = self.plan
        try:
            first = self._insisted(call)
            return self._insisted(call) if self.doubts else first
        finally:
            self.shop.client.plan = None

    def _insisted(self, call: Callable[[], Any]) -> Any:
        for _ in range(TRIES):
            try:
                return call()
            except (Crash, Unavailable, ExceptionGroup):
                continue
            except SoldOut as refused:
                return "sold-out", {each.sku: left for each, left in refused.short}
            except OmsError as refused:
                return refused.code
        raise AssertionError(f"neither yes nor no after {TRIES} tries")

    def nothing_goes_wrong(self) -> None:
        self.plan, self.doubts = FaultPlan(), False

    def same(self, heard: Any, expected: Any) -> None:
        self.nothing_goes_wrong()
        assert heard == expected, f"the engine says {heard}, it should be {expected}"

    @rule(kind=st.sampled_from(FaultKind), writing=st.booleans(), at=st.integers(0, 9))
    def mishap(self, kind: FaultKind, writing: bool, at: int) -> None:
        """What goes wrong at one call, or one `writing`, of the next command."""
        passed = iter(range(at // 5 if writing else at))
        self.plan = FaultPlan().when(
            lambda operation, request: (
                (operation in WRITES or not writing) and next(passed, None) is None
            ),
            kind,
        )

    # --- what must be the same ---------------------------------------------------------

    @invariant()
    def agrees(self) -> None:
        if not hasattr(self, "shop"):
            return
        self.tally["steps"] += 1
        if found := [
            *differences(self.shop, self.stock, self.holds, self.ids),
            *broken(self.shop, settled=False),
        ]:
            raise AssertionError("\n".join(found))
