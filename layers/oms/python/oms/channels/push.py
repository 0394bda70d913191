"""What a channel is told, and what it answers: once in effect, however often it is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from oms.kernel.errors import OmsError, Unavailable
from oms.kernel.money import Money


@dataclass(frozen=True, slots=True)
class ToldLine:
    """`external_id` is the channel's id of the line."""

    external_id: str
    quantity: int


@dataclass(frozen=True, slots=True)
class ShipmentFacts:
    """What a shop learns of one parcel.

    `external_id` is the channel's id of the order. `key` is ours for this very shipment, the
    same each time it is told. `is_last` says that nothing of the order remains to be sent.
    `node` is ours; the account maps the channel's places to nodes.
    """

    external_id: str
    lines: tuple[ToldLine, ...]
    tracking_number: str
    carrier: str
    tracking_url: str
    key: str
    is_last: bool = True
    shipped_at: datetime | None = None
    node: str = ""


@dataclass(frozen=True, slots=True)
class CancelFacts:
    """An order that ended with us. `gives_back`: the channel has its money, and must return it."""

    external_id: str
    lines: tuple[ToldLine, ...]
    reason: str
    key: str
    gives_back: bool = True


@dataclass(frozen=True, slots=True)
class RefundFacts:
    """Money that the channel shall give back. `lines` may be empty: a gesture for no goods.

    `before` is what it was asked to give back of this order earlier, for channels that know no key.
    """

    external_id: str
    amount: Money
    lines: tuple[ToldLine, ...]
    reason: str
    key: str
    before: Money | None = None


@dataclass(frozen=True, slots=True)
class StockLevel:
    """What the shop may sell of `sku` (its own name of it). A greater `version` is newer."""

    sku: str
    units: int
    version: int
    at: datetime


@dataclass(frozen=True, slots=True)
class ChangedOrder:
    """`document` is what `map_order` takes; empty when it must be fetched."""

    external_id: str
    version_at: datetime | None
    document: bytes = b""


@dataclass(frozen=True, slots=True)
class ChangedPage:
    """An empty `next_cursor` is the end."""

    items: tuple[ChangedOrder, ...]
    next_cursor: str = ""


class PushOutcome(StrEnum):
    TOLD = "TOLD"
    ALREADY = "ALREADY"  # the shop knew: from us, or because somebody typed it in
    UNSUPPORTED = "UNSUPPORTED"  # nobody is there to tell


class PushRefused(OmsError):
    """The shop says no, and telling it again changes nothing: a task for a person.

    `status` and `detail` are the answer's, where there was one.
    """

    code = "push-refused"

    def __init__(
        self, message: str, code: str = "", *, status: int = 0, detail: Any = None
    ) -> None:
        super().__init__(message)
        self.code = code or type(self).code
        self.status, self.detail = status, detail


class RateLimited(Unavailable):
    """The shop wants to be asked less often: nothing was done. `wait_seconds` is what it asks
    for, or our guess."""

    code = "rate-limited"

    def __init__(self, message: str, wait_seconds: float = 5.0) -> None:
        super().__init__(message)
        self.wait_seconds = wait_seconds


class SilentShop:
    """A shop that cannot be called: no such API, or no credentials for it.

    Also what the shops of channels begin with: each overrides what its platform can do.
    """

    stock_batch = 100

    def fetch(self, external_id: str) -> bytes:
        raise PushRefused("there is no access to this shop", "no-access")

    def changed(self, since: datetime, cursor: str) -> ChangedPage:
        return ChangedPage(())

    def set_stock(self, levels: Sequence[StockLevel]) -> Mapping[str, PushOutcome]:
        return {level.sku: PushOutcome.UNSUPPORTED for level in levels}

    def stock_of(self, skus: Sequence[str]) -> Mapping[str, int]:
        return {}

    def tell_shipped(self, shipment: ShipmentFacts) -> PushOutcome:
        return PushOutcome.UNSUPPORTED

    def tell_cancelled(self, ended: CancelFacts) -> PushOutcome:
        return PushOutcome.UNSUPPORTED

    def tell_refunded(self, refund: RefundFacts) -> PushOutcome:
        return PushOutcome.UNSUPPORTED

    def acknowledge(self, external_id: str) -> PushOutcome:
        return PushOutcome.UNSUPPORTED
