"""Hold our books against a channel's: orders, customers, money and stock, with nobody's help.

The channel is asked through the same API that everything else uses. In a quiet moment there is no
difference; while messages are under way there may be some, so a difference is a question and
repairs nothing by itself: a poll or a push does.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from oms.channels.model import LONGEST_BODY, ChannelAccount, MappedOrder, Unmappable
from oms.channels.ports import Inbound as Speaks
from oms.channels.ports import Shop
from oms.channels.push import ChangedOrder
from oms.channels.take import in_our_words
from oms.inventory.model import Product
from oms.inventory.ports import Page
from oms.inventory.publish import Published
from oms.kernel.clock import Clock
from oms.kernel.ids import OrderId, Sku
from oms.orders.content import ChannelState, Content
from oms.orders.model import Order, Stage
from oms.orders.ports import OrderStore
from oms.platform.gate import parse

_AT_ONCE = 100


class About(StrEnum):
    MISSING_HERE = "MISSING_HERE"  # the channel has an order that we do not know
    MISSING_THERE = "MISSING_THERE"  # we have one that the channel does not show
    STATE = "STATE"
    TOTAL = "TOTAL"
    REFUNDED = "REFUNDED"
    UNITS = "UNITS"  # of a line of the order
    CUSTOMER = "CUSTOMER"
    STOCK = "STOCK"  # what the channel believes it can sell


@dataclass(frozen=True, slots=True)
class Difference:
    """`subject` is the channel's id of the order, or our SKU."""

    about: About
    subject: str
    ours: str
    theirs: str


@dataclass(slots=True)
class Report:
    """`is_whole`: everything was compared before the deadline."""

    orders: int = 0
    skus: int = 0
    differences: list[Difference] = field(default_factory=list)
    is_whole: bool = True


class Known(Protocol):
    def order_of(self, channel: str, account: str, external_id: str) -> OrderId | None: ...


class Figures(Protocol):
    def known(self, skus: Collection[Sku]) -> Mapping[Sku, Published]: ...


class Catalogue(Protocol):
    def catalogue(self, limit: int, after: str = "", text: str = "") -> Page[Product]: ...


@dataclass(frozen=True, slots=True)
class CompareBooks:
    """`taken_since` gives the channel's ids of the orders that we took of an account since then."""

    speaks: Callable[[str], Speaks]
    shop_of: Callable[[ChannelAccount], Shop]
    known: Known
    orders: OrderStore
    figures: Figures
    catalogue: Catalogue
    taken_since: Callable[[ChannelAccount, datetime], Iterator[str]]
    clock: Clock

    def __call__(self, account: ChannelAccount, since: datetime, deadline: datetime) -> Report:
        """Compare what changed at the channel since then, and all stock figures."""
        report = Report()
        self._orders(account, since, deadline, report)
        if report.is_whole:
            self._stock(account, deadline, report)
        return report

    def _orders(
        self, account: ChannelAccount, since: datetime, deadline: datetime, report: Report
    ) -> None:
        shop, cursor, seen = self.shop_of(account), "", set[str]()
        while True:
            page = shop.changed(since, cursor)
            for each in page.items:
                seen.add(each.external_id)
                report.differences += self._order(account, shop, each)
            report.orders += len(page.items)
            cursor = page.next_cursor
            if not cursor:
                break
            if self.clock.now() >= deadline:
                report.is_whole = False
                return
        report.differences += [
            Difference(About.MISSING_THERE, external_id, "known", "")
            for external_id in self.taken_since(account, since)
            if external_id not in seen
        ]

    def _order(
        self, account: ChannelAccount, shop: Shop, changed: ChangedOrder
    ) -> Iterator[Difference]:
        name = changed.external_id
        order_id = self.known.order_of(account.channel, account.account, name)
        raw = changed.document or shop.fetch(name)
        try:
            parsed = parse(raw, LONGEST_BODY * 4)
            theirs = in_our_words(self.speaks(account.channel).map_order(parsed, account), account)
        except Unmappable as problem:
            yield Difference(About.MISSING_HERE, name, problem.code, "known")
            return
        if order_id is None:
            yield Difference(About.MISSING_HERE, name, "", "known")
            return
        yield from _differences(name, *self.orders.load_with_content(order_id), theirs)

    def _stock(self, account: ChannelAccount, deadline: datetime, report: Report) -> None:
        shop, after = self.shop_of(account), ""
        while True:
            page = self.catalogue.catalogue(_AT_ONCE, after)
            report.differences += self._figures(account, shop, [each.sku for each in page.items])
            report.skus += len(page.items)
            after = page.after
            if not after:
                return
            if self.clock.now() >= deadline:
                report.is_whole = False
                return

    def _figures(
        self, account: ChannelAccount, shop: Shop, skus: Collection[Sku]
    ) -> Iterator[Difference]:
        ours = {
            sku: max(0, told.channels[account.channel].units)
            for sku, told in self.figures.known(skus).items()
            if account.channel in told.channels
        }
        theirs = shop.stock_of([account.their_sku(sku) for sku in ours])
        for sku, units in ours.items():
            there = theirs.get(account.their_sku(sku))
            if there is not None and there != units:
                yield Difference(About.STOCK, sku, str(units), str(there))


def _differences(
    name: str, order: Order, content: Content, theirs: MappedOrder
) -> Iterator[Difference]:
    refunded = theirs.refunded.amount_minor if theirs.refunded else 0
    pairs = [
        (About.STATE, _state(order), _state_there(theirs.content.channel_state)),
        (About.TOTAL, content.totals.channel_total, theirs.content.totals.channel_total),
        (About.REFUNDED, order.channel_refunded_minor, refunded),
        (About.CUSTOMER, content.customer.email, theirs.content.customer.email),
    ]
    if order.stage not in (Stage.CANCELLED, Stage.REJECTED):
        pairs.append((About.UNITS, _units(content), _units(theirs.content)))
    for about, ours, there in pairs:
        if ours != there:
            yield Difference(about, name, str(ours), str(there))


def _state(order: Order) -> str:
    if order.stage in (Stage.CANCELLED, Stage.REJECTED):
        return "CANCELLED"
    return "SENT" if order.stage in (Stage.SHIPPED, Stage.DELIVERED, Stage.CLOSED) else "OPEN"


def _state_there(state: ChannelState) -> str:
    if state in (ChannelState.CANCELLED, ChannelState.TEST):
        return "CANCELLED"
    return "OPEN" if state is ChannelState.OPEN else "SENT"


def _units(content: Content) -> dict[str, int]:
    """Units by the channel's own id of the line."""
    units: dict[str, int] = {}
    for line in content.lines:
        units[line.external_id] = units.get(line.external_id, 0) + line.quantity
    return units
