"""Serials in the `stock` table: one row a unit, under its SKU."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from oms.inventory.serials import (
    Serial,
    SerialKnown,
    SerialShipped,
    SerialState,
    SerialUnknown,
)
from oms.kernel.clock import iso
from oms.kernel.codec import load
from oms.kernel.errors import NotFound
from oms.kernel.ids import NodeId, Sku
from oms.platform.dynamo import Dynamo
from oms.platform.unit import Action, Item, Write


class DynamoSerials:
    """`SerialBook` over one table."""

    def __init__(self, dynamo: Dynamo, table: str) -> None:
        self._dynamo, self._table = dynamo, table

    def get(self, sku: Sku, serial: str) -> Serial:
        item = self._dynamo.get(self._table, _key(sku, serial))
        if item is None:
            raise NotFound(f"there is no {sku} with the serial {serial}")
        return load(Serial, {**item, "sku": sku, "serial": serial})

    def arrived(self, sku: Sku, serial: str, node: NodeId, reference: str, at: datetime) -> Write:
        return Write(
            Action.PUT,
            self._table,
            _key(sku, serial),
            item={
                "node": node,
                "reference": reference,
                "received_at": iso(at),
                "state": SerialState.IN_STOCK.value,
            },
            # True for a serial that never came in before.
            condition="attribute_not_exists(pk)",
            refused=lambda old: SerialKnown(f"{serial} of {sku} was received before"),
        )

    def in_stock(self, sku: Sku, serial: str, node: NodeId) -> Write:
        def refused(old: Item | None) -> Exception:
            if old and old["state"] == SerialState.SHIPPED:
                return SerialShipped(f"{serial} of {sku} left with {old['shipment']}")
            return SerialUnknown(f"{serial} of {sku} is not in stock at {node}")

        return Write(
            Action.CHECK,
            self._table,
            _key(sku, serial),
            # True while that unit lies at the node.
            condition="#state = :here AND #node = :node",
            names={"#state": "state", "#node": "node"},
            values={":here": SerialState.IN_STOCK.value, ":node": node},
            refused=refused,
        )

    def shipped(
        self, sku: Sku, serials: Sequence[str], shipment: str, *, seen: bool = False
    ) -> list[Write]:
        return [self._shipped(sku, each, shipment, seen) for each in serials]

    def _shipped(self, sku: Sku, serial: str, shipment: str, seen: bool) -> Write:
        values = {":gone": SerialState.SHIPPED.value, ":shipment": shipment}
        return Write(
            Action.UPDATE,
            self._table,
            _key(sku, serial),
            update="SET #state = :gone, shipment = :shipment",
            # True unless another shipment took it, which only a wrong scan in packing can mean.
            condition="" if seen else "#state = :here OR shipment = :shipment",
            names={"#state": "state"},
            values=values if seen else {**values, ":here": SerialState.IN_STOCK.value},
            refused=lambda old: SerialShipped(f"{serial} of {sku} left before"),
        )


def _key(sku: Sku, serial: str) -> dict[str, str]:
    return {"pk": f"SERIAL#{sku}", "sk": serial}
