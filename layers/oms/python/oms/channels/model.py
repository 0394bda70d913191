"""What a sales channel is to us: an account with secrets, deliveries, and orders in our words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from oms.kernel.errors import OmsError
from oms.orders.content import Content

Headers = Mapping[str, str]

# A Shopify order line is about 1.4 KB: this holds the orders of 700 lines that shops do send.
LONGEST_BODY = 1024 * 1024


@dataclass(frozen=True, slots=True)
class ChannelAccount:
    """One shop that sells for us.

    `secrets` are those that may sign at this moment: two while one is rotated. `domain` is who
    the sender must say it is (`demo.myshopify.com`, `https://shop.example/`): a secret can be
    shared between shops. `settings` are for calling the shop: `base_url`, tokens.
    """

    channel: str
    account: str
    secrets: tuple[str, ...] = field(repr=False)
    domain: str
    settings: Mapping[str, str] = field(default_factory=dict, repr=False)


class Kind(StrEnum):
    ORDER = "ORDER"  # an order, new or changed
    PING = "PING"  # the channel tries the address: answer 200, nothing to keep
    IGNORED = "IGNORED"  # genuine, but about nothing that we capture


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
    """A channel's order in our words. `number` is what people call it there."""

    external_id: str
    number: str
    currency: str
    content: Content
    placed_at: datetime | None


class Unmappable(OmsError):
    """A genuine message that is no order we can understand: it waits for a person.

    `code` names the cause in kebab-case, `pointer` the place in the channel's own JSON.
    """

    code = "unmappable"

    def __init__(self, code: str, pointer: str, message: str) -> None:
        super().__init__(f"{message} (at {pointer or 'the top'})")
        self.code = code
        self.pointer = pointer
