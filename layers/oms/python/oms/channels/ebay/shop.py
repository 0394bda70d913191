"""eBay, called by its REST APIs for one seller."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from oms.channels.documents import document
from oms.channels.ebay import endings
from oms.channels.ebay.calls import Api, quoted, seller_api
from oms.channels.ebay.orders import ORDER_ID, order_id
from oms.channels.ebay.stock import LARGEST_BATCH, Stock
from oms.channels.model import ChannelAccount
from oms.channels.push import (
    CancelFacts,
    ChangedOrder,
    ChangedPage,
    PushOutcome,
    PushRefused,
    RefundFacts,
    ShipmentFacts,
    SilentShop,
    StockLevel,
)
from oms.channels.reading import Reading, understood
from oms.channels.shop_client import query
from oms.kernel.clock import iso

_ORDERS = "/sell/fulfillment/v1/order"
_PAGE = 100  # of 200 that eBay allows: an answer has to fit into what we read
_TAXES = "TAX_BREAKDOWN"
_NOT_TRACKING = re.compile(r"[^A-Za-z0-9]")
_CARRIERS = {
    "fedex": "FedEx",
    "royalmail": "RoyalMail",
    "deutschepost": "DeutschePost",
    "canadapost": "CanadaPost",
    "australiapost": "AustraliaPost",
    "hermes": "Hermes",
    "evri": "Hermes",
    "laposte": "LaPoste",
    "colissimo": "Colissimo",
    "chronopost": "Chronopost",
    "ontrac": "OnTrac",
}


def connect(account: ChannelAccount) -> EbayShop | None:
    """None without credentials; see `seller_api`."""
    api = seller_api(account)
    return EbayShop(api, Stock(api)) if api else None


@dataclass(frozen=True, slots=True)
class EbayShop(SilentShop):
    api: Api
    stock: Stock

    stock_batch = LARGEST_BATCH

    @understood()
    def fetch(self, external_id: str) -> bytes:
        if not ORDER_ID.fullmatch(external_id):
            raise PushRefused("not the id of an eBay order", "not-in-shop")
        path = f"{_ORDERS}/{quoted(external_id)}" + query(fieldGroups=_TAXES)
        order = self.api.ask("GET", path)
        order_id(order)
        return document(order.value)

    @understood()
    def changed(self, since: datetime, cursor: str) -> ChangedPage:
        """The cursor is eBay's offset. eBay lists by age, the newest order first: one that comes
        meanwhile shows another a second time, and one that changes stays in its place."""
        offset = int(cursor or 0)
        asked = query(
            filter=f"lastmodifieddate:[{iso(since)}..]",
            fieldGroups=_TAXES,
            limit=_PAGE,
            offset=offset,
        )
        answer = self.api.ask("GET", _ORDERS + asked)
        items = tuple(_changed(order) for order in answer.each_required("orders"))
        return ChangedPage(items, str(offset + _PAGE) if answer.text("next", 4096) else "")

    @understood()
    def set_stock(self, levels: Sequence[StockLevel]) -> Mapping[str, PushOutcome]:
        return self.stock.set_to(levels)

    @understood()
    def stock_of(self, skus: Sequence[str]) -> Mapping[str, int]:
        return self.stock.of(skus)

    @understood()
    def tell_shipped(self, shipment: ShipmentFacts) -> PushOutcome:
        lines = _lines(shipment)
        if not lines:
            return PushOutcome.UNSUPPORTED
        if not _tracking(shipment.tracking_number):
            raise PushRefused("eBay wants a tracking number of letters and digits", "no-tracking")
        if self._is_known(shipment):
            return PushOutcome.ALREADY
        try:
            self.api.ask("POST", _path(shipment), _wanted(shipment, lines))
        except PushRefused:
            # Another teller of the same shipment may have been faster than our look.
            if self._is_known(shipment):
                return PushOutcome.ALREADY
            raise
        return PushOutcome.TOLD

    @understood()
    def tell_cancelled(self, ended: CancelFacts) -> PushOutcome:
        return endings.cancel(self.api, ended)

    @understood()
    def tell_refunded(self, refund: RefundFacts) -> PushOutcome:
        return endings.give_back(self.api, refund)

    def _is_known(self, shipment: ShipmentFacts) -> bool:
        told = self.api.ask("GET", _path(shipment)).each_required("fulfillments")
        wanted = _tracking(shipment.tracking_number)
        return any(_tracking(each.text("shipmentTrackingNumber")) == wanted for each in told)


def _changed(order: Reading) -> ChangedOrder:
    modified = order.time_or_none("lastModifiedDate")
    return ChangedOrder(order_id(order), modified, document(order.value))


def _path(shipment: ShipmentFacts) -> str:
    return f"{_ORDERS}/{quoted(shipment.external_id)}/shipping_fulfillment"


def _tracking(number: str) -> str:
    return _NOT_TRACKING.sub("", number).upper()


def _lines(shipment: ShipmentFacts) -> list[dict[str, Any]]:
    """Several lines of ours may be one line of eBay's."""
    units: dict[str, int] = {}
    for line in filter(lambda each: each.external_id, shipment.lines):
        units[line.external_id] = units.get(line.external_id, 0) + line.quantity
    return [{"lineItemId": line, "quantity": quantity} for line, quantity in units.items()]


def _wanted(shipment: ShipmentFacts, lines: list[dict[str, Any]]) -> dict[str, Any]:
    carrier = shipment.carrier.strip()
    named = _CARRIERS.get(_NOT_TRACKING.sub("", carrier).casefold(), carrier.upper())
    shipped = {"shippedDate": iso(shipment.shipped_at)} if shipment.shipped_at else {}
    return {
        "lineItems": lines,
        "shippingCarrierCode": named or "Other",
        "trackingNumber": _tracking(shipment.tracking_number),
        **shipped,
    }
