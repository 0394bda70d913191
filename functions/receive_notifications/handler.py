"""Take in what channels send to a queue of ours: Amazon's notifications.

Trust is the queue's policy: only the marketplace's own account may send there.
"""

import json
from typing import Any

from oms.channels.amazon.inbound import seller_of
from oms.channels.model import ChannelAccount
from oms.channels.registry import channel
from oms.kernel.errors import NotFound
from oms.platform.consumer import event_handler
from oms.platform.observability import count
from oms.wiring import channel_accounts
from oms.wiring_channels import take_delivery

_CHANNEL = "amazon"


def _receive(message: dict[str, Any]) -> None:
    account = _account(seller_of(message))
    speaks, raw = channel(_CHANNEL), json.dumps(message, sort_keys=True).encode()
    delivery = speaks.identify(raw, {}, message, account)
    taken = take_delivery()(account, speaks, message, raw, delivery)
    count(f"Notification{taken.outcome.value.title()}")


def _account(seller: str) -> ChannelAccount:
    """Raises NotFound: the message stays, and ends with the dead letters."""
    known = (each for each in channel_accounts().all() if each.channel == _CHANNEL)
    found = next((each for each in known if each.domain == seller), None)
    if found is None:
        raise NotFound("no account of this seller")
    return found


handler = event_handler(_receive)
