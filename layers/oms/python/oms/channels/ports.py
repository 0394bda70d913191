"""The two halves of a channel: what comes in, and the shop that is called.

A channel is a package `oms/channels/<name>/` of two modules of the same shape. `inbound.py` is
functions without state, in this order: `is_ping` on the raw body, `verify`, then `gate.parse`,
`identify`, `map_order`. `shop.py` has `connect(account)`, which gives a `Shop`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from oms.channels.model import ChannelAccount, Delivery, Headers, MappedOrder
from oms.channels.push import (
    CancelFacts,
    ChangedPage,
    PushOutcome,
    RefundFacts,
    ShipmentFacts,
    StockLevel,
)


class Inbound(Protocol):
    def is_ping(self, raw: bytes) -> bool:
        """Whether this is the channel's unsigned try of our address. Nothing comes of it."""

    def challenge(
        self, query: Mapping[str, str], account: ChannelAccount
    ) -> Mapping[str, str] | None:
        """The answer to a GET by which the channel asks whether the address is ours; else None."""

    def verify(self, raw: bytes, headers: Headers, account: ChannelAccount, now: datetime) -> bool:
        """Whether these very bytes were sent by that shop, lately where the scheme has a time.

        Raises Unavailable when the sender's public key cannot be had now, and nothing else.
        """

    def identify(
        self, raw: bytes, headers: Headers, parsed: Any, account: ChannelAccount
    ) -> Delivery:
        """What a verified message is about. Never raises."""

    def map_order(self, parsed: Any, account: ChannelAccount) -> MappedOrder:
        """An order from a fat message, or from what `Shop.fetch` gave for a thin one.

        Raises Unmappable, and nothing else, for any JSON.
        """


class Shop(Protocol):
    """The channel's API, for one account.

    Every method may raise Unavailable (it may have happened or not), its child RateLimited
    (it did not) and PushRefused (asking again changes nothing). What tells is safe to repeat.
    """

    @property
    def stock_batch(self) -> int:
        """The most levels that one `set_stock` may be given."""

    def fetch(self, external_id: str) -> bytes:
        """The order as a JSON document that `map_order` understands."""

    def changed(self, since: datetime, cursor: str) -> ChangedPage:
        """Orders changed at or after `since`, a page at a time; the first has cursor ""."""

    def set_stock(self, levels: Sequence[StockLevel]) -> Mapping[str, PushOutcome]:
        """By SKU what became of it: TOLD, or UNSUPPORTED when the shop does not list it.

        A SKU that is not in the answer was not told, and is told again.
        """

    def stock_of(self, skus: Sequence[str]) -> Mapping[str, int]:
        """Units that the shop believes it can sell; without the SKUs it does not list."""

    def tell_shipped(self, shipment: ShipmentFacts) -> PushOutcome: ...

    def tell_cancelled(self, ended: CancelFacts) -> PushOutcome: ...

    def tell_refunded(self, refund: RefundFacts) -> PushOutcome: ...

    def acknowledge(self, external_id: str) -> PushOutcome:
        """Say that the order is in good hands, to channels that take it away otherwise."""
