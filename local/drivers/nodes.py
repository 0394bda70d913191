"""Demo nodes that pick, pack and ship by themselves, and the offline carrier's scans.

Everything goes through the public API, with the ops token as a person at a node would, and
with the carrier's signature as the carrier would.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

from local.client import ApiClient, Refused, carrier_message
from local.drivers.moves import NodeMove, node_moves, scans_due

log = logging.getLogger("local")
_AT_WORK = ("RELEASED", "PARTIALLY_SHIPPED", "SHIPPED")
_MOST_SCANS = 100
_HANDS = 3


class NodeDriver:
    """Each call is one round over the orders that nodes or the carrier have in hand."""

    def __init__(self, api: ApiClient) -> None:
        self._api = api

    def __call__(self) -> None:
        with ThreadPoolExecutor(_HANDS) as hands:
            orders = list(hands.map(self._order, self._at_work()))
            list(hands.map(self._do, [move for order in orders for move in node_moves(order)]))
        now = datetime.now(UTC)
        self._report([event for order in orders for event in scans_due(order, now)])

    def _at_work(self) -> Iterator[str]:
        for status in _AT_WORK:
            cursor = ""
            while True:
                query = {"status": status, "limit": "100"} | ({"cursor": cursor} if cursor else {})
                page = self._api.get("/orders", **query)
                yield from (each["order_id"] for each in page["items"])
                cursor = page.get("next_cursor") or ""
                if not cursor:
                    break

    def _order(self, order_id: str) -> Any:
        return self._api.get(f"/orders/{order_id}")

    def _do(self, move: NodeMove) -> None:
        """A refusal means that somebody was faster or put the order on hold."""
        try:
            self._api.post(f"/shipments/{move.shipment_id}/{move.action}")
        except Refused as refused:
            log.debug("%s: %s", move, refused)

    def _report(self, events: list[Any]) -> None:
        for start in range(0, len(events), _MOST_SCANS):
            body = json.dumps({"events": events[start : start + _MOST_SCANS]}).encode()
            path, headers = carrier_message(body)
            answer = self._api.send(path, body, headers)
            if answer.status >= 300:
                raise Refused("carrier scans", answer)
