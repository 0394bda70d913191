"""What the use cases of orders need from outside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from oms.inventory.ports import StockLedger, StockReader, WaitingLine
from oms.kernel.address import Address
from oms.kernel.ids import OrderId
from oms.orders.content import Content
from oms.orders.model import Order, Screening
from oms.platform.unit import Write

T = TypeVar("T")


class OrderStore(Protocol):
    """Where orders live. Reads are consistent."""

    def load(self, order_id: OrderId) -> Order:
        """Raises NotFound."""

    def load_with_content(self, order_id: OrderId) -> tuple[Order, Content]:
        """Raises NotFound."""

    def save(
        self,
        before: Order,
        after: Order,
        *,
        content: Content | None = None,
        also: Sequence[Write] = (),
    ) -> Order:
        """Write `after` if `before.version` still stands; `also` commits with it or not at all.

        Returns the order with its new version. Raises VersionConflict when somebody wrote
        first, and whatever a failed condition of `also` stands for.
        """

    def first_writes(
        self, order: Order, content: Content, token_hash: str
    ) -> tuple[Order, list[Write]]:
        """The writes that a capture adds to its transaction."""

    def claim_parcel(
        self, order_id: OrderId, shipment: int, parcel: int, carrier: str, number: str
    ) -> None:
        """Let a tracking number be found. Repeating it changes nothing."""

    def by_parcel(self, tracking_number: str, carrier: str) -> tuple[OrderId, int, int]:
        """Order, shipment number, parcel number. Raises NotFound."""


class Stock(StockReader, StockLedger, WaitingLine, Protocol):
    """What orders use of inventory: reads, and writes to commit with their own."""


class AddressCheck(Protocol):
    def problem(self, address: Address | None) -> str:
        """Why no parcel would arrive there, in a few words; empty when one would."""


class FraudScreen(Protocol):
    def screen(self, order: Order, content: Content) -> Screening: ...


@dataclass(frozen=True, slots=True)
class RawDelivery:
    """What a channel sent, byte for byte. `key` names the delivery where the channel gives
    one; `digest` is of the body."""

    body: bytes
    digest: str
    key: str = ""
    topic: str = ""


class AlreadyCaptured(Exception):
    """The business key, or the caller's idempotency key (`by_key`), stands for an order.

    `digest` is of the body that made that order.
    """

    def __init__(self, order_id: OrderId, digest: str, *, by_key: bool = False) -> None:
        super().__init__(order_id)
        self.order_id, self.digest, self.by_key = order_id, digest, by_key


class Inbound(Protocol):
    """What channels sent, and the names that orders are known by."""

    def first(
        self,
        order: Order,
        delivery: RawDelivery,
    ) -> Write:
        """Claim the order's business key with its raw body. Refused: AlreadyCaptured."""

    def claim_key(self, caller: str, key: str, order_id: OrderId, digest: str) -> Write:
        """Claim an `Idempotency-Key`. Refused: AlreadyCaptured."""

    def later(self, channel: str, account: str, external_id: str, delivery: RawDelivery) -> bool:
        """Keep a further delivery of a known order; False when that body was kept before."""

    def quarantine(
        self, channel: str, account: str, delivery: RawDelivery, code: str, reason: str
    ) -> None:
        """Keep what is genuine but cannot be mapped, as a task."""
