"""Tell shops what they can sell."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from oms.channels.push_stock import Figure
from oms.kernel.clock import from_iso
from oms.platform.consumer import batch_handler
from oms.platform.observability import count
from oms.wiring import clock
from oms.wiring_channels import push_stock

_BUDGET = timedelta(seconds=30)


def _push(details: Sequence[dict[str, Any]]) -> None:
    figures = [_figure(each) for each in details]
    told = push_stock()(figures, clock().now() + _BUDGET)
    if total := sum(told.values()):
        count("StockTold", total)


def _figure(detail: dict[str, Any]) -> Figure:
    return Figure(
        channel=detail["channel"],
        sku=detail["sku"],
        units=detail["sellable"],
        version=detail["sequence"],
        since=from_iso(detail["occurred_at"]),
    )


handler = batch_handler(_push)
