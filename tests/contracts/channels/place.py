"""A shop of any platform for a test: the stand-in on a port, and our adapter in front of it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from local.standins.platform import Shopfront, ShopOrder
from local.standins.shop_http import ShopServer
from local.standins.shop_street import ShopStreet
from oms.channels import registry
from oms.channels.ports import Shop
from oms.channels.push import CancelFacts, RefundFacts, ShipmentFacts, StockLevel, ToldLine
from oms.kernel.money import Money
from tests.contracts.channels.case import NOW, ChannelCase, case_of

SKUS = ("MUG-BLUE", "CUP-RED")


class Ticking:
    """A clock that goes on by a second whenever it is looked at."""

    def __init__(self) -> None:
        self._at = NOW

    def __call__(self) -> datetime:
        self._at += timedelta(seconds=1)
        return self._at


@dataclass(frozen=True)
class Place:
    """The shop `demo` of one platform; its stand-in has the sample order and lists two SKUs."""

    name: str
    case: ChannelCase
    front: Shopfront
    base_url: str

    def shop(self) -> Shop:
        given = {**self.case.settings, "base_url": self.base_url}
        return registry.shop(replace(self.case.account, settings=given))

    @property
    def order(self) -> ShopOrder:
        return self.front.platform.books.orders[self.case.external_id]


@contextmanager
def serving() -> Iterator[ShopServer]:
    """The stand-ins on a free port of this machine."""
    with ShopServer(ShopStreet()) as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def open_place(name: str, server: ShopServer, now: Callable[[], datetime] | None = None) -> Place:
    """A shop that was never used."""
    server.street = ShopStreet(now or Ticking())
    case, front = case_of(name), server.street.shop(name, "demo")
    front.platform.take_order(case.document())
    front.platform.books.stock |= dict.fromkeys(SKUS, 1)
    return Place(name, case, front, server.base_url(name, "demo"))


# --- what a shop is told -------------------------------------------------------------


def shipment(case: ChannelCase, **changes: Any) -> ShipmentFacts:
    """The whole order in one parcel."""
    url = "https://dhl.example/TRACK1"
    facts = ShipmentFacts(
        case.external_id, _lines(case), "TRACK1", "DHL", url, "ORDER-1#ship#1", shipped_at=NOW
    )
    return replace(facts, **changes)


def cancellation(case: ChannelCase) -> CancelFacts:
    return CancelFacts(case.external_id, _lines(case), "out of stock", "ORDER-1#cancel")


def refund(case: ChannelCase, **changes: Any) -> RefundFacts:
    """A gesture for no goods."""
    currency = _mapped(case).currency
    facts = RefundFacts(
        external_id=case.external_id,
        amount=Money(500, currency),
        lines=(),
        reason="scratched",
        key="ORDER-1#refund#1",
        before=Money.zero(currency),
    )
    return replace(facts, **changes)


def levels(*skus: str, units: int = 7, version: int = 3) -> list[StockLevel]:
    return [StockLevel(sku, units, version, NOW) for sku in skus or SKUS]


def _lines(case: ChannelCase) -> tuple[ToldLine, ...]:
    shippable = _mapped(case).content.shippable
    return tuple(ToldLine(line.external_id, line.quantity) for line in shippable)


def _mapped(case: ChannelCase) -> Any:
    inbound = registry.channel(case.account.channel)
    return inbound.map_order(case.document(), case.account)


TELLS: Mapping[str, Callable[[Place], Any]] = {
    "tell_shipped": lambda place: place.shop().tell_shipped(shipment(place.case)),
    "tell_cancelled": lambda place: place.shop().tell_cancelled(cancellation(place.case)),
    "tell_refunded": lambda place: place.shop().tell_refunded(refund(place.case)),
}
