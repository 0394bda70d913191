"""A shop for orders of a thousand lines: the real use cases over a double that keeps DynamoDB's
limits (100 actions, 400 KB), without a web around it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ConnectionClosedError

from oms.fulfilment.at_node import PackShipment, PickShipment, ShipParcels
from oms.fulfilment.model import ParcelState
from oms.fulfilment.release import released
from oms.inventory.expire import ExpireHold, SweepStock
from oms.inventory.holds_store import DynamoHolds
from oms.inventory.model import Level, Node, Product
from oms.inventory.serve import ServeWaiting, SweepWaiting
from oms.inventory.store import DynamoStock
from oms.inventory.work_store import DynamoWork
from oms.kernel.clock import SettableClock
from oms.kernel.errors import OmsError
from oms.kernel.ids import NodeId, OrderId, Sku, shipment_id
from oms.orders.agenda import Timers
from oms.orders.allocate import AllocateStock
from oms.orders.cancel import CancelOrder, EndOrder
from oms.orders.content import Content, PaymentTerms
from oms.orders.contracts import parse_order
from oms.orders.hold import resumed
from oms.orders.model import Order, Stage
from oms.orders.step import Outcome, Run
from oms.orders.store import DynamoOrders
from oms.orders.wake import WakeOrder
from oms.platform.dynamo import Dynamo
from tests.component.moto_tables import Tables, definitions
from tests.simulation.dynamo.client import DynamoDouble
from tests.workflow.world import NODES, api_order

EAST = NodeId("WH-EAST")
RUN = Run("run", "AllocateStock")


class Cut:
    """The double behind a network: the `nth` write and all after it are lost while `broken`."""

    def __init__(self, client: DynamoDouble) -> None:
        self._client = client
        self.writes, self.nth, self.arrives = 0, 0, False

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._client, name)
        if name not in ("put_item", "update_item", "delete_item", "transact_write_items"):
            return call

        def send(**request: Any) -> Any:
            self.writes += 1
            if not self.nth or self.writes < self.nth:
                return call(**request)
            if self.writes == self.nth and self.arrives:
                call(**request)  # it happens, and its reply is lost
            raise ConnectionClosedError(endpoint_url="https://dynamodb")

        return send


class BigShop:
    def __init__(self) -> None:
        self.clock = SettableClock(datetime(2026, 11, 21, 9, 0, tzinfo=UTC))
        self.net = Cut(DynamoDouble(lambda: self.clock.now().timestamp()))
        dynamo = Dynamo(self.net, sleep=lambda seconds: None)
        self.names = Tables(self.net, dynamo)
        for definition in definitions(self.names):
            self.net.create_table(**definition)
        self.dynamo = dynamo
        self.stock = DynamoStock(dynamo, self.names.stock, self.clock)
        self.work = DynamoWork(dynamo, self.names.stock, self.clock)
        self.orders = DynamoOrders(dynamo, self.names.orders, self.clock, Timers())
        holds = DynamoHolds(dynamo, self.names.stock)
        expire = ExpireHold(self.stock, holds, dynamo, self.clock)
        waiters = WakeOrder(self.orders, self.stock, self.clock)
        self.serve = ServeWaiting(self.stock, waiters, self.clock)
        sweep = SweepStock(holds, self.work, expire, self.clock)
        self.sweep = SweepWaiting(self.stock, self.serve, sweep)
        end = EndOrder(self.orders, self.stock, self.clock)
        self.allocate = AllocateStock(self.orders, self.stock, self.clock, end)
        self.cancel = CancelOrder(end)
        self.stock.save_nodes([replace(node) for node in NODES])

    def fill(self, skus: list[str], units: int, node: Node = NODES[0]) -> None:
        """Rows as a receipt leaves them; a thousand receipts would only take time."""
        self.stock.save_products([Product(Sku(sku), "Bolt", 5) for sku in skus])
        rows = [
            {
                "pk": f"SKU#{sku}",
                "sk": f"NODE#{node.node_id}",
                "on_hand": units,
                "available": units,
                "version": 1,
            }
            for sku in skus
        ]
        self.dynamo.put_many(self.names.stock, rows)

    def order(self, lines: list[dict[str, Any]]) -> OrderId:
        """Captured and validated, on account."""
        asked = parse_order(api_order(lines=lines))
        content: Content = replace(asked.content, terms=PaymentTerms.ON_ACCOUNT)
        order_id = OrderId("01M7YNAYM0CF5VQSMG6XTVR0VB")
        total = content.totals.total.amount_minor
        now = self.clock.now()
        made = Order(order_id, "PO-7", "api", "default", "PO-7", "USD", total, now)
        noted = replace(made, stage=Stage.VALIDATED).noted("OrderCaptured", "api", now, intake=1)
        _, writes = self.orders.first_writes(noted, content, "hash")
        self.dynamo.commit(writes)
        return order_id

    def take(self, order_id: OrderId) -> Outcome:
        return self.allocate(order_id, RUN)

    def heal(self, order_id: OrderId) -> None:
        """What the sweeps and the stream do until the order has what it wants, or has ended."""
        for _ in range(6):
            self.clock.advance(timedelta(minutes=3))
            self.sweep()
            order = self.orders.load(order_id)
            if order.stage is Stage.BACKORDERED:
                self.orders.save(order, resumed(order, "sweeper", self.clock.now()))
            if order.stage in (Stage.VALIDATED, Stage.BACKORDERED):
                self.take(order_id)

    def attempt(self, nth: int, arrives: bool, work: Any) -> bool:
        """`work` while the network breaks at its `nth` write; False when it was not reached."""
        self.net.writes, self.net.nth, self.net.arrives = 0, nth, arrives
        with suppress(OmsError, ConnectionClosedError):
            work()
        reached, self.net.nth = self.net.writes >= nth, 0
        return reached

    def send(self, order_id: OrderId) -> Order:
        """From allocated to shipped, in one parcel."""
        order = self.orders.load(order_id)
        confirmed = replace(order, stage=Stage.CONFIRMED)
        self.orders.save(confirmed, released(confirmed, "sweeper", self.clock.now()))
        name = shipment_id(order_id, 1)
        PickShipment(self.orders, self.stock, self.clock)(name, "node")
        PackShipment(self.orders, self.stock, self.clock)(name, "node")
        order = self.orders.load(order_id)
        shipment, box = order.parcel(1, 1)
        labelled = replace(box, state=ParcelState.LABELLED, paid=True, tracking_number="1Z")
        self.orders.save(order, order.with_shipment(shipment.with_parcel(labelled)))
        return ShipParcels(self.orders, self.stock, self.clock)(name, "node")

    def levels(self, skus: list[str]) -> set[tuple[int, int, int]]:
        """(on hand, reserved, available), as a set: one entry when all SKUs are alike."""
        found: list[Level] = []
        for sku in skus:
            found += self.stock.levels(Sku(sku))
        return {(each.on_hand, each.reserved, each.available) for each in found}

    def largest(self) -> int:
        """Bytes of the largest item that is stored, as JSON: more than DynamoDB counts."""
        return max(
            len(str(item))
            for table in (self.names.orders, self.names.stock)
            for page in self.net.get_paginator("scan").paginate(TableName=table)
            for item in page["Items"]
        )

    def unfinished(self) -> list[str]:
        pages = self.net.get_paginator("scan").paginate(TableName=self.names.stock)
        rows = [item for page in pages for item in page["Items"] if item["sk"]["S"] == "WORK"]
        return [row["pk"]["S"] for row in rows if row["state"]["S"] in ("TAKING", "GIVING")]
