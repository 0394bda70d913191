"""Serial numbers: each unit by its own name, from receipt to shipment. Optional for a SKU."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from oms.kernel.errors import Refused
from oms.kernel.ids import NodeId, Sku
from oms.platform.unit import Write


class SerialState(StrEnum):
    IN_STOCK = "IN_STOCK"
    SHIPPED = "SHIPPED"


@dataclass(frozen=True, slots=True)
class Serial:
    """`reference` is the receipt that brought it in, `shipment` what it left with."""

    sku: Sku
    serial: str
    node: NodeId
    reference: str
    received_at: datetime
    state: SerialState = SerialState.IN_STOCK
    shipment: str = ""


class SerialKnown(Refused):
    """A unit with that serial was received before."""

    code = "serial-known"


class SerialUnknown(Refused):
    """No unit with that serial is in stock at the node."""

    code = "serial-unknown"


class SerialShipped(Refused):
    """The unit with that serial left before."""

    code = "serial-shipped"


class SerialBook(Protocol):
    """Where serials live."""

    def arrived(self, sku: Sku, serial: str, node: NodeId, reference: str, at: datetime) -> Write:
        """A new one. Refused: SerialKnown."""

    def in_stock(self, sku: Sku, serial: str, node: NodeId) -> Write:
        """Checks that it may be packed at `node`. Refused: SerialUnknown, SerialShipped."""

    def shipped(
        self, sku: Sku, serials: Sequence[str], shipment: str, *, seen: bool = False
    ) -> list[Write]:
        """They leave with `shipment`. Refused: SerialShipped. `seen`: the carrier has the parcel
        in hand, so nothing is asked any more."""

    def get(self, sku: Sku, serial: str) -> Serial:
        """Raises NotFound."""
