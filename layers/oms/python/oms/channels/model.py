"""What a sales channel is to us: an account with secrets, deliveries, and orders in our words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from oms.kernel.errors import OmsError
from oms.kernel.money import Money
from oms.orders.content import Content

Headers = Mapping[str, str]

# A Shopify order line is about 1.4 KB: this holds the orders of 700 lines that shops do send.
LONGEST_BODY = 1024 * 1024


@dataclass(frozen=True, slots=True)
class ChannelAccount:
    """One shop that sells for us.

    `secrets` are those that may sign at this moment: two while one is rotated. `domain` is who
    the sender must say it is (`demo.myshopify.com`, `https://shop.example/`): a secret can be
    shared between shops. `settings` are for calling the shop: `base_url`, tokens. `nodes` maps
    the channel's names of places to our nodes, `skus` its SKUs to ours where they differ.
    """

    channel: str
    account: str
    secrets: tuple[str, ...] = field(repr=False)
    domain: str
    settings: Mapping[str, Any] = field(default_factory=dict, repr=False)
    nodes: Mapping[str, str] = field(default_factory=dict)
    skus: Mapping[str, str] = field(default_factory=dict)

    def setting(self, name: str) -> str:
        """A setting as text; empty when it is missing."""
        value = self.settings.get(name)
        return value if isinstance(value, str) else ""

    def our_sku(self, theirs: str) -> str:
        return self.skus.get(theirs, theirs)

    def their_sku(self, ours: str) -> str:
        """The channel's name of one of our SKUs; of several the first in the alphabet."""
        named = (theirs for theirs, sku in self.skus.items() if sku == ours)
        return min(named, default=ours)


class Kind(StrEnum):
    ORDER = "ORDER"  # a whole order, new or changed
    CHANGE = "CHANGE"  # a whole order, but only of one that is known: it waits for the first
    NOTICE = "NOTICE"  # something happened to an order, which must be fetched
    PING = "PING"  # the channel tries the address: answer 200, nothing to keep
    IGNORED = "IGNORED"  # genuine, but about nothing that we capture; or our own echo


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message, before its body is understood.

    `external_id` is empty when an order's message names none (`map_order` then says so).
    `delivery_key` is the same for the same message sent again and differs otherwise.
    `version_at` is when the channel last changed the order: an older one is late news.
    """

    kind: Kind
    external_id: str
    delivery_key: str
    topic: str
    version_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class MappedOrder:
    """A channel's order in our words. `number` is what people call it there.

    `version_at` is when the channel last changed it. `refunded` is all that the channel has
    given back of it until then.
    """

    external_id: str
    number: str
    currency: str
    content: Content
    placed_at: datetime | None
    version_at: datetime | None = None
    refunded: Money | None = None


# The code of what looks like an order and is none yet: a cart, a draft. It is not kept.
NOT_YET = "not-an-order-yet"


class Unmappable(OmsError):
    """A genuine message that is no order we can understand: it waits for a person.

    `code` names the cause in kebab-case, `pointer` the place in the channel's own JSON (or the
    segment of an EDI file).
    """

    code = "unmappable"

    def __init__(self, code: str, pointer: str, message: str) -> None:
        super().__init__(f"{message} (at {pointer or 'the top'})")
        self.code = code
        self.pointer = pointer
