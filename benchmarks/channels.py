"""What a captured order costs by channel: our CPU, and how many a processor takes in a second.

A thin channel's capture is its message, the fetch, and the order. What the shop, DynamoDB and the
bus do is not counted.
"""

from __future__ import annotations

import statistics
from datetime import timedelta
from typing import Any
from unittest.mock import patch

from benchmarks.life import metered_world
from benchmarks.meters import Meters
from oms.channels import shop_client
from oms.channels.registry import CHANNELS
from tests.workflow.shopping import Shopping
from tests.workflow.world import World

_WARM = 3
# Slower than the narrowest plan fills up again (Amazon's getOrder, one in two seconds): a refused
# fetch is asked again by the queue, and is not what is measured here.
_BETWEEN = timedelta(seconds=3)


def captures(orders: int) -> dict[str, dict[str, Any]]:
    """By channel: `cpu_ms` of a capture (median) and `a_second` on one processor."""
    meters, names = Meters(), [name for name, row in CHANNELS.items() if row.arrives != "file"]
    found = {}
    with metered_world(meters, weighed=False, shops=tuple(CHANNELS)) as oms:
        oms.silent = frozenset({"push_stock", "tell_channel", "send_webhooks"})
        with patch.object(shop_client, "_OPENER", _Outside(shop_client._OPENER, meters)):
            for name in names:
                spent = [_capture(oms, meters, name, n) for n in range(1, orders + _WARM + 1)]
                median = statistics.median(spent[_WARM:])
                found[name] = {"cpu_ms": round(median, 2), "a_second": round(1_000 / median)}
    return found


def _capture(oms: World, meters: Meters, name: str, number: int) -> float:
    shop = Shopping(oms, name)
    external_id = shop.buy(number)
    message = shop.message(external_id)
    oms.clock.advance(_BETWEEN)
    phase = f"{name} {number}"
    with meters.during(phase):
        shop.tell(message)
        oms.channel_stream.carry()
    assert shop.ours(external_id), f"{name} {number} is not here"
    return meters.tallies[phase].cpu_ms


class _Outside:
    """The network to the shops, which is not our code."""

    def __init__(self, opener: Any, meters: Meters) -> None:
        self._opener, self._meters = opener, meters

    def open(self, request: Any, timeout: float) -> Any:
        with self._meters.outside("shop", "request"):
            return self._opener.open(request, timeout)
