"""Have one account told every figure again: a new shop, or one whose stock is in doubt."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol

from oms.channels.model import ChannelAccount
from oms.channels.push_stock import Figure
from oms.inventory.model import Product
from oms.inventory.ports import Page
from oms.inventory.publish import Published
from oms.kernel.clock import Clock
from oms.kernel.ids import Sku

_AT_ONCE = 100


class Catalogue(Protocol):
    def catalogue(self, limit: int, after: str = "", text: str = "") -> Page[Product]: ...


class Figures(Protocol):
    def known(self, skus: Collection[Sku]) -> dict[Sku, Published]: ...


class Backlog(Protocol):
    def again(self, channel: str, account: str, figures: Collection[Figure]) -> None:
        """Put figures on the list though they were told before."""


@dataclass(frozen=True, slots=True)
class PushEverything:
    catalogue: Catalogue
    figures: Figures
    backlog: Backlog
    clock: Clock

    def __call__(
        self, account: ChannelAccount, after: str = "", pages: int = 10
    ) -> tuple[int, str]:
        """How many figures were put on the list, and the SKU to go on after; empty at the end."""
        listed = 0
        for _ in range(pages):
            page = self.catalogue.catalogue(_AT_ONCE, after)
            figures = self._of(account.channel, [product.sku for product in page.items])
            self.backlog.again(account.channel, account.account, figures)
            listed, after = listed + len(figures), page.after
            if not after:
                break
        return listed, after

    def _of(self, channel: str, skus: Collection[Sku]) -> list[Figure]:
        now = self.clock.now()
        return [
            Figure(channel, sku, told.channels[channel].units, told.channels[channel].version, now)
            for sku, told in self.figures.known(skus).items()
            if channel in told.channels
        ]
