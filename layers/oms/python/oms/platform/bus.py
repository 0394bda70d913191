"""The event bus. `PutEvents` answers 200 even when it took only a part."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from typing import Any

import boto3
from botocore.config import Config

from oms.kernel.errors import Unavailable
from oms.orders.events import BusEvent

_AT_ONCE = 10
_TRIES = 4


@cache
def _client() -> Any:
    config = Config(
        connect_timeout=2, read_timeout=4, retries={"mode": "standard", "max_attempts": 3}
    )
    return boto3.client("events", config=config)


class Bus:
    def __init__(self, name: str, client: Any = None) -> None:
        self._name, self._given = name, client

    def publish(self, events: Sequence[BusEvent]) -> None:
        """Every one of `events`, some perhaps twice. Raises Unavailable when some were refused
        to the end; the caller is then given its batch again."""
        for start in range(0, len(events), _AT_ONCE):
            self._publish([self._entry(event) for event in events[start : start + _AT_ONCE]])

    def _publish(self, entries: list[dict[str, Any]]) -> None:
        client = self._given or _client()
        for _ in range(_TRIES):
            reply = client.put_events(Entries=entries)
            if not reply["FailedEntryCount"]:
                return
            results = zip(entries, reply["Entries"], strict=True)
            entries = [entry for entry, result in results if result.get("ErrorCode")]
        raise Unavailable(f"the bus refused {len(entries)} events")

    def _entry(self, event: BusEvent) -> dict[str, Any]:
        return {
            "EventBusName": self._name,
            "Source": event.source,
            "DetailType": event.detail_type,
            "Detail": json.dumps(event.detail, ensure_ascii=False),
        }


class RuleSwitch:
    """Turns one rule of the bus on or off. A rule that nobody listens to costs a message an event.

    What was set last is remembered, so asking again costs nothing while the process lives.
    """

    def __init__(self, rule: str, bus: str, client: Any = None) -> None:
        self._rule, self._bus, self._given = rule, bus, client
        self._is_on: bool | None = None

    def set(self, on: bool) -> None:
        if on is self._is_on:
            return
        client = self._given or _client()
        call = client.enable_rule if on else client.disable_rule
        call(Name=self._rule, EventBusName=self._bus)
        self._is_on = on
