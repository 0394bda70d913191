"""The nightly check of all books: every open order's lines, then every SKU of the catalogue."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Protocol
from zlib import crc32

from oms.inventory.findings import Finding, Kind
from oms.inventory.model import Product
from oms.inventory.ports import Page
from oms.inventory.reconcile import Checked, ReconcileSku, evidence
from oms.kernel.clock import Clock, iso
from oms.kernel.errors import VersionConflict
from oms.kernel.ids import Sku
from oms.orders.events import BusEvent

PUBLISHED = ("StockDiscrepancyFound",)
FULL_EVERY_DAYS = 28  # how often a SKU is rebuilt from its first movement
SKUS_A_PAGE, ORDERS_A_PAGE = 25, 100


@dataclass(frozen=True, slots=True)
class Walk:
    """How far the check of one day has come: over the orders first, then over the catalogue.

    `phase` is ORDERS, STOCK or DONE; `after` is where to go on in it.
    """

    day: str = ""
    phase: str = "DONE"
    after: str = ""
    orders: int = 0
    skus: int = 0
    found: int = 0
    repaired: int = 0
    version: int = 0


class Walks(Protocol):
    def load(self) -> Walk: ...
    def save(self, walk: Walk) -> Walk:
        """Raises VersionConflict when another walker has gone on from there."""


class Catalogue(Protocol):
    def catalogue(self, limit: int, after: str = "", text: str = "") -> Page[Product]: ...


class OpenOrders(Protocol):
    def unpromised(self, after: str, limit: int) -> tuple[list[Finding], int, str]:
        """Findings of kind LINE among the next `limit` orders that are not at their end, how
        many were looked at, and where to go on (empty at the end)."""


Tell = Callable[[Sequence[Checked], datetime], None]


@dataclass(frozen=True, slots=True)
class ReconcileStock:
    """Walk over all of the books once a day, in pieces as long as a function may run.

    Each page is told of before it is ticked off, so a page that breaks off is told of twice
    rather than never; the event's id is of the finding.
    """

    check: ReconcileSku
    orders: OpenOrders
    stock: Catalogue
    walks: Walks
    tell: Tell
    clock: Clock
    repair: bool = False

    def __call__(self, enough: Callable[[], bool] = lambda: False) -> Walk:
        """Go on until the day's walk is done or there was `enough`. SKUs that fail stop no
        other; they are raised at the end as one ExceptionGroup."""
        walk, failures = self._today(), list[Exception]()
        while walk.phase != "DONE" and not enough():
            step = self._orders if walk.phase == "ORDERS" else self._stock
            try:
                walk = self.walks.save(step(walk, failures))
            except VersionConflict:
                break  # another walker is at it
        if failures:
            raise ExceptionGroup("SKUs that could not be checked", failures)
        return walk

    def _today(self) -> Walk:
        walk, day = self.walks.load(), self.clock.now().date().isoformat()
        if walk.phase == "DONE" and walk.day < day:
            return Walk(day, "ORDERS", version=walk.version)
        return walk

    def _orders(self, walk: Walk, failures: list[Exception]) -> Walk:
        found, looked, after = self.orders.unpromised(walk.after, ORDERS_A_PAGE)
        self._told([Checked(each, note="needs a person") for each in found])
        went = replace(walk, orders=walk.orders + looked, found=walk.found + len(found))
        return replace(went, after=after) if after else replace(went, phase="STOCK", after="")

    def _stock(self, walk: Walk, failures: list[Exception]) -> Walk:
        page = self.stock.catalogue(SKUS_A_PAGE, walk.after)
        found = list(self._page((each.sku for each in page.items), walk.day, failures))
        self._told(found)
        went = replace(
            walk,
            skus=walk.skus + len(page.items),
            found=walk.found + len(found),
            repaired=walk.repaired + sum(each.repaired for each in found),
        )
        return replace(went, after=page.after, phase="STOCK" if page.after else "DONE")

    def _page(self, skus: Iterable[Sku], day: str, failures: list[Exception]) -> Iterator[Checked]:
        for sku in skus:
            try:
                report = self.check(sku, repair=self.repair, full=is_due(sku, day))
            except Exception as error:
                error.add_note(f"SKU {sku}")
                failures.append(error)
            else:
                # Lines are found once, on the walk over the orders.
                yield from (c for c in report.checked if c.finding.kind is not Kind.LINE)

    def _told(self, found: Sequence[Checked]) -> None:
        if found:
            self.tell(found, self.clock.now())


def is_due(sku: Sku, day: str) -> bool:
    """Whether the nightly walk rebuilds `sku` in full on that day."""
    return crc32(sku.encode()) % FULL_EVERY_DAYS == date.fromisoformat(day).toordinal() % (
        FULL_EVERY_DAYS
    )


def discrepancy(checked: Checked, at: datetime) -> BusEvent:
    """The event of a finding. Its id is the evidence: the same one told twice is known as one."""
    found = checked.finding
    detail = {
        "id": evidence(found),
        "version": 1,
        "occurred_at": iso(at),
        "sku": found.sku,
        "kind": found.kind.value,
        "node": found.node,
        "shelf": found.shelf,
        "reference": found.reference,
        "why": found.why,
        "holds": dict(found.holds),
        "should": dict(found.should),
        "repaired": checked.repaired,
    }
    return BusEvent("oms.inventory", "StockDiscrepancyFound", detail)
