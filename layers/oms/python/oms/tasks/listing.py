"""The list of everything that waits for a person: quarantined deliveries and notices, then the
holds of orders, the most urgent first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from oms.kernel.clock import Clock
from oms.search.cursor import Cursors
from oms.search.listing import WITH_TASKS, merged_worklists
from oms.search.ports import OrderReader
from oms.tasks.model import of_hold, of_notice, of_quarantined
from oms.tasks.notices import Notices

_QUESTION = {"list": "tasks"}
_AT_ONCE = 100


class Quarantine(Protocol):
    def quarantined(self, limit: int, start: str = "") -> list[dict[str, Any]]: ...


@dataclass(frozen=True, slots=True)
class ListTasks:
    orders: OrderReader
    quarantine: Quarantine
    notices: Notices
    cursors: Cursors
    clock: Clock

    def __call__(self, limit: int, cursor: str = "") -> Mapping[str, Any]:
        """`{items, next_cursor}`. Quarantine and notices are few and stand on the first page."""
        after = self.cursors.open(cursor, _QUESTION) if cursor else ""
        now = self.clock.now()
        items = [] if after else self._without_order(now)
        rows = merged_worklists(self.orders, WITH_TASKS, after)
        last = ""
        while len(items) < limit and (row := next(rows, None)):
            last, order_id = row
            if found := self.orders.load_many([order_id]).get(order_id):
                items += [of_hold(*found, hold, now) for hold in found[0].holds]
        if len(items) < limit:
            last = ""
        sealed = self.cursors.seal(last, _QUESTION) if last else None
        return {"items": items, "next_cursor": sealed}

    def _without_order(self, now: datetime) -> list[dict[str, Any]]:
        quarantined = self.quarantine.quarantined(_AT_ONCE)
        items = [of_quarantined(each, now) for each in quarantined]
        return items + [of_notice(each, now) for each in self.notices.listed(_AT_ONCE)]
