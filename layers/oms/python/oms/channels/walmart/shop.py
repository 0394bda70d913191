"""Walmart Marketplace's API: orders, shipments, refunds and stock (Orders and Inventory v3).

Nothing here has an idempotency key. Whatever is told is looked for first: a parcel by its
tracking number, a refund by our mark in its comment, cancelled units by their count.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from oms.channels.documents import document
from oms.channels.model import ChannelAccount
from oms.channels.push import (
    CancelFacts,
    ChangedOrder,
    ChangedPage,
    PushOutcome,
    PushRefused,
    RateLimited,
    RefundFacts,
    ShipmentFacts,
    SilentShop,
    StockLevel,
)
from oms.channels.reading import Reading, understood
from oms.channels.shop_client import query
from oms.channels.walmart import parcels, refunds
from oms.channels.walmart.charges import several
from oms.channels.walmart.gateway import HOST, Gateway
from oms.channels.walmart.inbound import is_sellers, version_at
from oms.channels.walmart.lines import order_lines, statuses
from oms.channels.walmart.stock import Inventory
from oms.kernel.clock import SystemClock, iso

_PAGE = 200
# Without it only orders of the last seven days are listed, however lately they changed.
_OLDEST_ORDER = timedelta(days=170)


def connect(account: ChannelAccount) -> WalmartShop | None:
    """None without `client_id` and `client_secret` among the account's settings. `ship_node`
    names the place whose stock is told, where the seller has several."""
    client_id, secret = account.setting("client_id"), account.setting("client_secret")
    if not client_id or not secret:
        return None
    base_url = (account.setting("base_url") or HOST).rstrip("/")
    gateway = Gateway.of(base_url, (account.channel, account.account), client_id, secret)
    return WalmartShop(gateway, Inventory(gateway, account.setting("ship_node")))


@dataclass(frozen=True, slots=True)
class WalmartShop(SilentShop):
    gateway: Gateway
    inventory: Inventory
    now: Callable[[], datetime] = SystemClock().now

    stock_batch = 20  # each is a call of its own

    @understood()
    def fetch(self, external_id: str) -> bytes:
        return document({"order": self._order(external_id).value})

    @understood()
    def changed(self, since: datetime, cursor: str) -> ChangedPage:
        """The cursor is the query of the next page, as Walmart gives it."""
        asked = cursor or query(
            lastModifiedStartDate=iso(since),
            createdStartDate=iso(since - _OLDEST_ORDER),
            limit=_PAGE,
            replacementInfo="true",
        )
        listed = self.gateway.get(f"/v3/orders{asked}").at("list").required()
        orders = several(listed.at("elements"), "order")
        return ChangedPage(
            tuple(_changed(order) for order in orders),
            listed.at("meta").text("nextCursor", 2000) if orders else "",
        )

    @understood()
    def acknowledge(self, external_id: str) -> PushOutcome:
        """To be said within four hours. Of lines that are sent or cancelled it must not be."""
        order = self._order(external_id)
        if not is_sellers(order):
            return PushOutcome.UNSUPPORTED
        if not _is_new(order):
            return PushOutcome.ALREADY
        self._tell(external_id, "acknowledge")
        return PushOutcome.TOLD

    @understood()
    def set_stock(self, levels: Sequence[StockLevel]) -> Mapping[str, PushOutcome]:
        """As many as Walmart takes now; the others are not in the answer."""
        told = dict[str, PushOutcome]()
        for level in levels:
            try:
                told[level.sku], may_go_on = self.inventory.set(level)
            except RateLimited:
                if told:
                    return told
                raise
            if not may_go_on:
                return told
        return told

    @understood()
    def stock_of(self, skus: Sequence[str]) -> Mapping[str, int]:
        found = {sku: self.inventory.units(sku) for sku in skus}
        return {sku: units for sku, units in found.items() if units is not None}

    @understood()
    def tell_shipped(self, shipment: ShipmentFacts) -> PushOutcome:
        """It is also what makes Walmart charge the customer."""
        units = parcels.units_by_line(shipment.lines)
        if not units:
            return PushOutcome.UNSUPPORTED
        order = self._order(shipment.external_id)
        untold = _untold(order, units, shipment)
        if not untold:
            return PushOutcome.ALREADY
        try:
            if _is_new(order):  # what is not acknowledged cannot be shipped
                self._tell(shipment.external_id, "acknowledge")
            body = parcels.shipped(order, untold, shipment, self.now())
            self._tell(shipment.external_id, "shipping", body)
        except PushRefused:
            # Another teller of the same parcel may have been faster than our look.
            if _untold(self._order(shipment.external_id), units, shipment):
                raise
            return PushOutcome.ALREADY
        return PushOutcome.TOLD

    @understood()
    def tell_cancelled(self, ended: CancelFacts) -> PushOutcome:
        """Units that were sent cannot be cancelled: they are refunded. Money that was not yet
        taken needs no giving back."""
        units = parcels.units_by_line(ended.lines)
        order = self._order(ended.external_id)
        if parcels.is_too_late(order, units):
            raise PushRefused("Walmart has units as sent", "not-cancellable")
        left = parcels.to_cancel(order, units)
        if not left:
            return PushOutcome.ALREADY
        try:
            self._tell(ended.external_id, "cancel", parcels.cancelled(left, ended.reason))
        except PushRefused:
            if parcels.to_cancel(self._order(ended.external_id), units):
                raise
            return PushOutcome.ALREADY
        return PushOutcome.TOLD

    @understood()
    def tell_refunded(self, refund: RefundFacts) -> PushOutcome:
        order = self._order(refund.external_id)
        if refunds.is_known(order, refund):
            return PushOutcome.ALREADY
        self._tell(refund.external_id, "refund", refunds.wanted(order, refund))
        return PushOutcome.TOLD

    def _order(self, external_id: str) -> Reading:
        if not external_id.isdecimal():
            raise PushRefused("not an order of Walmart's", "not-in-shop")
        path = _path(external_id) + query(replacementInfo="true")
        return self.gateway.get(path).at("order").required()

    def _tell(self, external_id: str, what: str, body: Any = None) -> None:
        self.gateway.post(f"{_path(external_id)}/{what}", body)


def _path(external_id: str) -> str:
    return f"/v3/orders/{external_id}"


def _changed(order: Reading) -> ChangedOrder:
    whole = document({"order": order.value})
    return ChangedOrder(order.identifier("purchaseOrderId"), version_at(order), whole)


def _is_new(order: Reading) -> bool:
    return any(
        status.text("status", 40) == "Created"
        for line in order_lines(order)
        for status in statuses(line)
    )


def _untold(order: Reading, units: Mapping[str, int], shipment: ShipmentFacts) -> Mapping[str, int]:
    """The units whose line was not told to be in that parcel."""
    tracking = shipment.tracking_number
    return {n: count for n, count in units.items() if not parcels.is_known(order, n, tracking)}
