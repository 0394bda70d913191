"""Turns at what must not be done twice at the very same moment, in the `channels` table.

| pk | sk | what |
|---|---|---|
| `TURN#{name}` | `TURN` | whoever wrote it may act until `ends_at` |
"""

from __future__ import annotations

from datetime import timedelta

from oms.kernel.clock import Clock, iso
from oms.platform.dynamo import Dynamo
from oms.platform.unit import Action, Write, goes_through

_KEPT_FOR = timedelta(days=1)


class DynamoTurns:
    """Answers `oms.notifications.tell_channel.Turns`."""

    def __init__(self, dynamo: Dynamo, table: str, clock: Clock) -> None:
        self._dynamo, self._table, self._clock = dynamo, table, clock

    def take(self, name: str, life: timedelta) -> bool:
        now = self._clock.now()
        turn = Write(
            Action.PUT,
            self._table,
            {"pk": f"TURN#{name}", "sk": "TURN"},
            {"ends_at": iso(now + life), "purge_at": int((now + _KEPT_FOR).timestamp())},
            # True while nobody acts, or whoever did has had its time.
            condition="attribute_not_exists(pk) OR ends_at < :now",
            values={":now": iso(now)},
        )
        return goes_through(self._dynamo, turn)
