"""Which module speaks for which channel. A channel's code is loaded when it first sends."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, cast

from oms.channels.model import ChannelAccount
from oms.channels.ports import Channel
from oms.channels.push import NoTrackingPush, TrackingPush
from oms.kernel.errors import NotFound

if TYPE_CHECKING:  # the type checker proves that each module has the shape
    from oms.channels import shopify, woocommerce

    _MODULES: tuple[Channel, ...] = (shopify, woocommerce)

CHANNELS = ("shopify", "woocommerce")


def channel(name: str) -> Channel:
    """The module of the channel `name`. Raises NotFound."""
    if name not in CHANNELS:
        raise NotFound("no such channel")
    return cast(Channel, import_module(f"oms.channels.{name}"))


def tracking_push(account: ChannelAccount) -> TrackingPush:
    """Who tells this shop of a shipment; one that answers UNSUPPORTED when nobody can."""
    if account.channel not in CHANNELS:
        return NoTrackingPush()
    adapter = import_module(f"oms.channels.{account.channel}_push")
    return cast(TrackingPush, adapter.connect(account) or NoTrackingPush())
