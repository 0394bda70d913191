"""The one shape of a channel module, and what is told to a channel.

`shopify.py` and `woocommerce.py` are such modules: three functions and no state. In this order:
`is_ping` on the raw body, `verify`, then `gate.parse`, `identify`, `map_order`.
"""

from __future__ import annotations

from typing import Any, Protocol

from oms.channels.model import ChannelAccount, Delivery, Headers, MappedOrder


class Channel(Protocol):
    def is_ping(self, raw: bytes) -> bool:
        """Whether this is the channel's unsigned try of our address. Nothing comes of it."""

    def verify(self, raw: bytes, headers: Headers, account: ChannelAccount) -> bool:
        """Whether these very bytes were sent by that shop. Never raises."""

    def identify(self, raw: bytes, headers: Headers, parsed: Any) -> Delivery:
        """What a verified message is about. Never raises."""

    def map_order(self, parsed: Any, account: ChannelAccount) -> MappedOrder:
        """Raises Unmappable, and nothing else, for any JSON."""
