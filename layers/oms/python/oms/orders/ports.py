"""What the use cases of orders need from outside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar

from oms.inventory.ports import StockLedger, StockReader, WaitingLine
from oms.kernel.address import Address
from oms.kernel.clock import iso
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

    def changed(self, before: Order, after: Order) -> Write:
        """The write of `save`, for a transaction that another order owns."""

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
    one; `digest` is of the body.

    `version_at` is when the channel last changed the order. `follow` says that the order is to
    be brought up to date with the channel. A `thin` one only says that something happened, so
    that two bodies of one `key` are one message.
    """

    body: bytes
    digest: str
    key: str = ""
    topic: str = ""
    version_at: datetime | None = None
    follow: bool = False
    thin: bool = False
    must_be_known: bool = False  # it changes an order and makes none

    @property
    def name(self) -> str:
        """What is the same when the message comes again; sorts by the channel's versions."""
        version = iso(self.version_at) if self.version_at else ""
        return f"{version}#{self.key if self.thin and self.key else self.digest}"


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
        """Keep a further delivery of an order; False when it was kept before.

        With `follow` it is noted in the same write that the order has news.
        """

    def quarantine(
        self, channel: str, account: str, delivery: RawDelivery, code: str, reason: str
    ) -> None:
        """Keep what is genuine but cannot be mapped, as a task."""
