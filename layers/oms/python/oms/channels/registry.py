"""Which channels there are, one row each. A channel's code is loaded when it is first used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, cast

from oms.channels.model import ChannelAccount
from oms.channels.ports import Inbound, Shop
from oms.channels.push import SilentShop
from oms.kernel.errors import NotFound

if TYPE_CHECKING:  # the type checker proves that each module has the shape
    from oms.channels.amazon import inbound as amazon
    from oms.channels.bigcommerce import inbound as bigcommerce
    from oms.channels.ebay import inbound as ebay
    from oms.channels.edi import inbound as edi
    from oms.channels.generic import inbound as generic
    from oms.channels.magento import inbound as magento
    from oms.channels.shopify import inbound as shopify
    from oms.channels.square import inbound as square
    from oms.channels.walmart import inbound as walmart
    from oms.channels.woocommerce import inbound as woocommerce

    _INBOUND: tuple[Inbound, ...] = (
        amazon,
        bigcommerce,
        ebay,
        edi,
        generic,
        magento,
        shopify,
        square,
        walmart,
        woocommerce,
    )


@dataclass(frozen=True, slots=True)
class ChannelRow:
    """`acknowledges`: it must be told that an order was taken. `polls`: it can be asked what
    changed. `takes_stock`: it can be told what it can sell. `arrives` is how its messages reach
    us: `webhook`, `queue` or `file`."""

    arrives: str = "webhook"
    polls: bool = True
    acknowledges: bool = False
    takes_stock: bool = True


CHANNELS: Mapping[str, ChannelRow] = {
    "shopify": ChannelRow(),
    "woocommerce": ChannelRow(),
    "magento": ChannelRow(),
    "bigcommerce": ChannelRow(),
    "amazon": ChannelRow(arrives="queue"),
    "ebay": ChannelRow(),
    "walmart": ChannelRow(acknowledges=True),
    "square": ChannelRow(),
    "edi": ChannelRow(arrives="file", polls=False, acknowledges=True, takes_stock=False),
    "generic": ChannelRow(),
}


def tells_by_itself(account: ChannelAccount) -> bool:
    """Whether messages come, so that what a poll finds is a gap. An account may do without."""
    row = CHANNELS.get(account.channel)
    return bool(row and row.arrives and account.settings.get("messages", True))


def hears_of_stock(channel: str, settings: Mapping[str, object]) -> bool:
    """Whether an account is to be told what it can sell. One whose stock somebody else keeps has
    the setting `stock` false; what is no channel of ours hears by the bus."""
    row = CHANNELS.get(channel)
    return (row is None or row.takes_stock) and settings.get("stock", True) is not False


def channel(name: str) -> Inbound:
    """What the channel `name` sends. Raises NotFound."""
    if name not in CHANNELS:
        raise NotFound("no such channel")
    return cast(Inbound, import_module(f"oms.channels.{name}.inbound"))


def shop(account: ChannelAccount) -> Shop:
    """The shop behind `account`; one that answers UNSUPPORTED when it cannot be called."""
    if account.channel not in CHANNELS:
        return SilentShop()
    adapter = import_module(f"oms.channels.{account.channel}.shop")
    return cast(Shop, adapter.connect(account) or SilentShop())
