"""Look at every SKU of the catalogue again, when something changed for all of them.

Three things do: the selling rules, the channels that are connected, and the day, by which lots
expire, pools open and pre-orders begin. Together they are the *cause* of a refresh, which is
begun once. It goes through the catalogue in steps; the row that says how far it is comes back
through the stream and so takes the next step. A step that was taken twice finds nothing new.

A step of 250 SKUs takes about 2 s, the window of the stream included: 100,000 SKUs are looked
at in some 15 minutes, beside the sales and not before them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from oms.inventory.publish import Channels, PublishStock, Stock
from oms.kernel.clock import Clock
from oms.kernel.ids import digest

_STEP = 250


class Refreshes(Protocol):
    """How far each refresh is."""

    def begin(self, cause: str, now: datetime) -> bool:
        """Whether this call began it."""

    def advance(self, cause: str, before: str, after: str) -> bool:
        """Go on from `before` to `after` (empty: it is done). False: somebody else did."""


@dataclass(frozen=True, slots=True)
class RefreshStock:
    stock: Stock
    refreshes: Refreshes
    publish: PublishStock
    channels: Channels
    clock: Clock

    def __call__(self) -> dict[str, int]:
        """Begin a refresh if today's has not begun, or the rules or channels are others."""
        return {"refreshed": int(self.refreshes.begin(self._cause(), self.clock.now()))}

    def step(self, cause: str, after: str) -> None:
        """Look at the next SKUs, those behind `after`."""
        page = self.stock.catalogue(_STEP, after)
        self.publish({product.sku for product in page.items})
        self.refreshes.advance(cause, after, page.after)

    def _cause(self) -> str:
        day = self.clock.now().date().isoformat()
        version = self.stock.policy().version
        return f"{day}#{version}#{digest(*sorted(self.channels()))[:8]}"
