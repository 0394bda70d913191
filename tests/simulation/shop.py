"""A shop in memory: the real use cases of stock and orders over DynamoDB's own semantics.

Everything above boto3's client is what runs on AWS. Time is virtual, ids and jitter come from
one seed, and the client may switch between workers, fail, or lose replies at every call.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch

from oms.fulfilment.at_node import ShipParcels, packed, picked
from oms.fulfilment.model import ParcelState
from oms.fulfilment.release import released
from oms.inventory.adjust import Adjustment, AdjustmentLine, adjust
from oms.inventory.expire import ExpireHold, ReclaimExpired, SweepStock
from oms.inventory.holds_store import DynamoHolds
from oms.inventory.model import AdjustmentReason, Level, Movement, Node, NodeKind
from oms.inventory.receive import Receipt, ReceiptLine, receive
from oms.inventory.reservation import Asked, Reservation
from oms.inventory.reserve import ExtendHold, NewHold, ReleaseReservation, ReserveStock
from oms.inventory.spread_store import GlancingStock
from oms.inventory.store import DynamoStock
from oms.inventory.work_store import DynamoWork
from oms.kernel.address import Address, Customer
from oms.kernel.errors import OmsError
from oms.kernel.ids import LineId, NodeId, OrderId, Sku, shipment_id
from oms.kernel.money import Money
from oms.orders.adopt_hold import AdoptHold
from oms.orders.agenda import Timers
from oms.orders.allocate import AllocateStock, ReleaseStock
from oms.orders.cancel import CancelOrder, EndOrder
from oms.orders.capture import CaptureOrder, HeldCart, NewOrder
from oms.orders.content import Content, Line, PaymentTerms, own_totals
from oms.orders.inbound_store import DynamoInbound
from oms.orders.model import Order, Stage
from oms.orders.ports import RawDelivery
from oms.orders.step import Outcome, Run
from oms.orders.store import DynamoOrders
from oms.platform.dynamo import Dynamo
from oms.routing.plan_cart import PlanCart
from oms.tracking.token import TrackingTokens
from tests.component.moto_tables import Tables, definitions
from tests.simulation.dynamo.capacity import ItemLimits
from tests.simulation.dynamo.client import DynamoDouble
from tests.simulation.dynamo.faults import FaultPlan
from tests.simulation.dynamo.scheduler import Scheduler, VirtualClock

EAST, WEST = NodeId("WH-EAST"), NodeId("WH-WEST")
_HERE = Address("Dock", ("1 Dock Road",), "Newark", "NJ", "07102", "US")
NODES = tuple(
    Node(node, NodeKind.WAREHOUSE, node, _HERE, 40.7, -74.2 + at)
    for at, node in enumerate((EAST, WEST))
)
Wants = dict[str, int]


class WallClock:
    """The virtual clock as the use cases see it."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock

    def now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC)


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Ids, tokens and jitter follow from `seed`."""
    rng = random.Random(seed)
    with (
        patch("secrets.randbits", rng.getrandbits),
        patch("secrets.token_hex", lambda n=16: f"{rng.getrandbits(8 * n):0{2 * n}x}"),
        patch("random.uniform", rng.uniform),
        patch("random.sample", rng.sample),
    ):
        yield


class Shop:
    """One merchant. `scheduler` lets workers take turns; without one, calls run through."""

    def __init__(
        self,
        *,
        scheduler: Scheduler | None = None,
        plan: FaultPlan | None = None,
        limits: ItemLimits | None = None,
        nodes: Sequence[Node] = NODES,
    ) -> None:
        self.seconds = scheduler.clock if scheduler else VirtualClock()
        self.clock = WallClock(self.seconds)
        self.client = DynamoDouble(
            self.seconds, scheduler.switch if scheduler else None, limits=limits
        )
        self.dynamo = Dynamo(self.client, scheduler.sleep if scheduler else self.seconds.advance)
        self.names = Tables(self.client, self.dynamo)
        for definition in definitions(self.names):
            self.client.create_table(**definition)
        self._build()
        self.stock.save_nodes(nodes)
        self.client.plan = plan
        self.numbers = iter(range(1, 10**9))

    def _build(self) -> None:
        names, clock = self.names, self.clock
        self.stock = DynamoStock(self.dynamo, names.stock, clock)
        self.holds = DynamoHolds(self.dynamo, names.stock)
        self.work = DynamoWork(self.dynamo, names.stock, clock)
        self.orders = DynamoOrders(self.dynamo, names.orders, clock, Timers())
        self.expire = ExpireHold(self.stock, self.holds, self.dynamo, clock)
        self.reclaim = ReclaimExpired(self.stock, self.holds, self.expire, clock)
        self.end = EndOrder(self.orders, self.stock, clock)
        glance = GlancingStock(
            self.dynamo, names.stock, clock, passed=self.seconds, choose=random.sample
        )
        plan = PlanCart(self.stock, clock, glance)
        self.reserve = ReserveStock(self.stock, self.holds, self.dynamo, plan, self.reclaim, clock)
        nowhere: Any = None  # bodies here are small: none goes to the bucket
        inbound = DynamoInbound(self.dynamo, names.inbound, nowhere, clock)
        adopt = AdoptHold(self.stock, self.holds, clock)
        self._capture = CaptureOrder(
            self.orders, inbound, self.dynamo, TrackingTokens(b"key"), clock, adopt
        )
        self._allocate = AllocateStock(self.orders, self.stock, clock, self.end, self.reclaim)
        self._deallocate = ReleaseStock(self.orders, self.stock, clock)

    # --- goods -------------------------------------------------------------------------

    def receive(self, node: NodeId = EAST, reference: str = "", **units: int) -> None:
        lines = tuple(ReceiptLine(Sku(sku), n) for sku, n in units.items())
        name = reference or f"PO-{next(self.numbers)}"
        receive(Receipt(name, node, lines), "ops", books=self.stock, clock=self.clock)

    def adjust(self, sku: str, units: int, node: NodeId = EAST, key: str = "") -> None:
        change = Adjustment(AdjustmentReason.COUNT, node, (AdjustmentLine(Sku(sku), units),))
        adjust(change, "ops", books=self.stock, clock=self.clock, key=key)

    # --- carts -------------------------------------------------------------------------

    def hold(self, seconds: int = 900, key: str = "", owner: str = "web", **wants: int) -> str:
        """The id of a hold. Raises SoldOut."""
        asked = tuple(Asked(Sku(sku), n) for sku, n in wants.items())
        return self.reserve(NewHold(asked, "web", seconds), owner, key)[0].reservation_id

    def extend(self, hold: str, seconds: int = 900) -> Reservation:
        extend = ExtendHold(self.holds, self.dynamo, self.clock)
        return extend(hold, "web", seconds, self.stock.policy())

    def release(self, hold: str) -> Reservation:
        return ReleaseReservation(self.stock, self.holds, self.dynamo, self.clock)(hold, "web")

    # --- orders ------------------------------------------------------------------------

    def capture(self, name: str, hold: str = "", **wants: int) -> OrderId:
        content = a_content(wants)
        raw = repr((name, sorted(wants.items()), hold)).encode()
        new = NewOrder("api", "default", name, name, "USD", content)
        held = HeldCart(hold, "web") if hold else None
        return self._capture(new, RawDelivery(raw, raw.hex()), hold=held).order_id

    def allocate(self, order_id: OrderId) -> Outcome:
        """Validation is not what is tried here: the order is taken as valid."""
        order = self.orders.load(order_id)
        if order.stage is Stage.CAPTURED:
            self.orders.save(order, replace(order, stage=Stage.VALIDATED))
        return self._allocate(order_id, Run(f"{order_id}-1", "AllocateStock"))

    def deallocate(self, order_id: OrderId) -> Outcome:
        return self._deallocate(order_id, Run(f"{order_id}-1", "ReleaseStock"))

    def order(self, name: str, hold: str = "", **wants: int) -> tuple[OrderId, Outcome]:
        order_id = self.capture(name, hold, **wants)
        return order_id, self.allocate(order_id)

    def cancel(self, order_id: OrderId) -> Order:
        return CancelOrder(self.end)(order_id, "ops", "changed their mind")

    def pack(self, order_id: OrderId) -> list[str]:
        """Everything between allocation and the door, without its own doubts. Gives shipments."""
        before = order = self.orders.load(order_id)
        if order.stage is Stage.ALLOCATED:
            order = released(replace(order, stage=Stage.CONFIRMED), "sweeper", self.clock.now())
            for shipment in order.shipments:
                full, parcel = packed(picked(shipment, None), None, lambda lines: 100)
                ready = replace(parcel, state=ParcelState.LABELLED, paid=True)
                order = order.with_shipment(full.with_parcel(ready))
            self.orders.save(before, order)
        return [shipment_id(order_id, each.number) for each in order.shipments]

    def ship(self, order_id: OrderId) -> None:
        for shipment in self.pack(order_id):
            ShipParcels(self.orders, self.stock, self.clock)(shipment, "node")

    # --- time --------------------------------------------------------------------------

    def sweep(self) -> dict[str, int]:
        return SweepStock(self.holds, self.work, self.expire, self.clock)()

    def wait(self, seconds: float) -> None:
        self.seconds.advance(seconds)

    # --- looking -----------------------------------------------------------------------

    def level(self, sku: str, node: NodeId = EAST) -> Level:
        found = [each for each in self.stock.levels(Sku(sku)) if each.node == node]
        return found[0] if found else Level(Sku(sku), node)

    def movements(self, sku: str) -> tuple[Movement, ...]:
        return self.stock.movements(Sku(sku), 100_000).items


def a_content(wants: Wants) -> Content:
    nothing = Money(0, "USD")
    lines = tuple(
        Line(LineId(str(at)), Sku(sku), sku, n, Money(1000, "USD"), nothing, nothing)
        for at, (sku, n) in enumerate(wants.items(), 1)
    )
    return Content(
        lines,
        Customer("Ada", "ada@example.com"),
        Address("Ada", ("1 Main Street",), "Boston", "MA", "02108", "US"),
        None,
        own_totals(lines, nothing, None),
        PaymentTerms.ON_ACCOUNT,
    )


def answered(call: Callable[[], Any]) -> Any:
    """What a caller hears: the answer, or the refusal by its name."""
    try:
        return call()
    except OmsError as refused:
        return refused.code
