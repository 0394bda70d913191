"""Keep lists, search and live counts in step with the orders."""

from collections.abc import Mapping, Sequence
from typing import Any

from oms.orders.stream import changed_orders
from oms.platform.consumer import stream_handler
from oms.wiring import index_orders


def _index(records: Sequence[Mapping[str, Any]]) -> None:
    index_orders()(changed_orders(records))


handler = stream_handler(_index)
