"""Pages of what changed, of shops that sort by the time of the change and count pages.

Pages go on from the last time seen and not by number: an order that changes while we read moves
to the end, and would shift another one past us. Only where a whole page changed at one time are
pages counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from oms.kernel.clock import from_iso, iso


@dataclass(frozen=True, slots=True)
class Position:
    """Page `number` of what changed at or after `begun`."""

    begun: datetime
    number: int = 1

    @classmethod
    def of(cls, cursor: str, since: datetime) -> Position:
        begun, _, number = cursor.rpartition("|")
        return cls(from_iso(begun), int(number)) if begun else cls(since)

    def after(self, last: datetime | None) -> str:
        """The next cursor, when this page is full and its last order changed at `last`."""
        if last is None or last <= self.begun:
            return f"{iso(self.begun)}|{self.number + 1}"
        return f"{iso(last)}|1"
