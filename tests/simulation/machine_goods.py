"""Commands about goods: they come, go, are withheld, counted, sent, and laid on other rows."""

from __future__ import annotations

import hypothesis.strategies as st
from hypothesis.stateful import (
    precondition,
    rule,
)

from oms.inventory.adjust import Adjustment, AdjustmentLine, adjust
from oms.inventory.count import Counted
from oms.inventory.model import AdjustmentReason
from oms.inventory.transfer import Transfer, TransferLine
from oms.kernel.ids import NodeId, Sku
from tests.simulation.machine_commands import SKUS, Commands, few
from tests.simulation.reference_stock import BY_NAME, EAST, WEST, WITHHELD

PARTS = 2
skus, nodes = st.sampled_from(SKUS), st.sampled_from(BY_NAME)


class Goods(Commands):
    @rule(sku=skus, node=nodes, units=few, twice=st.booleans())
    def receive(self, sku: str, node: str, units: int, twice: bool) -> None:
        name = self.begin("receive", twice)
        heard = self.asked(lambda: self.shop.receive(NodeId(node), name, **{sku: units}))
        self.same(heard or "done", self.stock.receive(sku, node, units))

    @rule(
        sku=skus,
        node=nodes,
        units=st.integers(-4, 4).filter(bool),
        withhold=st.sampled_from(("", *WITHHELD)),
        twice=st.booleans(),
    )
    def adjust(self, sku: str, node: str, units: int, withhold: str, twice: bool) -> None:
        if self.is_parted(sku, node) and units < 0:
            return  # such an adjustment is of the general shelf
        name = self.begin("adjust", twice)
        reason = AdjustmentReason(withhold.upper() or "COUNT")
        change = Adjustment(reason, NodeId(node), (AdjustmentLine(Sku(sku), units),))
        shop = self.shop
        heard = self.asked(
            lambda: adjust(change, "ops", books=shop.stock, clock=shop.clock, key=name)
        )
        heard = "done" if isinstance(heard, list) else heard
        self.same(heard, self.stock.adjust(sku, node, units, withhold))

    @precondition(lambda machine: len(machine.sent) < 2)
    @rule(sku=skus, node=nodes, units=few, twice=st.booleans())
    def send(self, sku: str, node: str, units: int, twice: bool) -> None:
        if self.is_parted(sku, node):
            return
        name, to = self.begin("transfer", twice), WEST if node == EAST else EAST
        line = TransferLine(Sku(sku), units)
        made = Transfer(name, NodeId(node), NodeId(to), (line,))
        heard = self.asked(lambda: self.transfers.send(made, "ops") and "done")
        self.same(heard, self.stock.send(sku, node, to, units))
        if heard == "done":
            self.sent.append((name, sku, to, units))

    @precondition(lambda machine: machine.sent)
    @rule(came=st.integers(0, 3), twice=st.booleans())
    def arrive(self, came: int, twice: bool) -> None:
        """The oldest transfer is received, and what did not come is written off."""
        key = self.begin("arrive", twice)
        name, sku, to, units = self.sent.pop(0)
        came = min(came, units)
        if came:
            told = {Sku(sku): came}
            self.asked(lambda: self.transfers.receive(name, told, "ops", key))
            self.stock.arrive(sku, to, came)
        self.asked(lambda: self.transfers.close(name, "ops"))
        self.stock.lose(sku, to, units - came)
        self.same(None, None)

    @precondition(lambda machine: len(machine.counts) < 2)
    @rule(sku=skus, node=nodes)
    def open_count(self, sku: str, node: str) -> None:
        key = self.begin("count")
        count = self.asked(lambda: self.counting.open(NodeId(node), [Sku(sku)], "ops", key))
        self.counts.append((count.count_id, sku, node))
        self.same(None, None)

    @precondition(lambda machine: machine.counts)
    @rule(off=st.integers(-3, 3))
    def submit_count(self, off: int) -> None:
        """What was counted differs by `off` from what is there at that moment."""
        self.begin("submit")
        name, sku, node = self.counts.pop(0)
        counted = max(0, self.stock.stock[sku, node]["on_hand"] + off)
        off = counted - self.stock.stock[sku, node]["on_hand"]
        line = Counted(Sku(sku), counted, at=self.shop.clock.now())
        heard = self.asked(lambda: self.counting.submit(name, [line], "ops") and "done")
        self.same(heard, self.stock.adjust(sku, node, off))

    @rule(sku=skus, back=st.booleans())
    def spread(self, sku: str, back: bool) -> None:
        """Over several rows, or `back`: that is to be seen by nobody."""
        self.begin("gather" if back else "spread")
        self.stock.sweep()
        self.asked(self.shop.sweep)
        where = [NodeId(node) for node in BY_NAME]
        if back:
            self.asked(lambda: self.gather_stock(Sku(sku), "ops"))
        else:
            self.asked(lambda: self.spread_stock(Sku(sku), PARTS, where, "ops"))
        self.same(None, None)

    def is_parted(self, sku: str, node: str) -> bool:
        """Whether some of its units may be promised from another shelf than the general one."""
        levels = self.shop.stock.levels(Sku(sku))
        return any(each.available for each in levels if each.node == node and each.shelf)
