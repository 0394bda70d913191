"""A BigCommerce store's API: V2 for orders and shipments, V3 for stock and refunds.

It takes no key of ours, so what tells looks first: a shipment by its tracking number and a
refund by its reason both carry our key. Two tellers of one shipment cannot both ship all its
units; the loser is refused and looks again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from oms.channels.bigcommerce.inbound import INCOMPLETE, changed_at
from oms.channels.bigcommerce.refunds import Refunds
from oms.channels.bigcommerce.stock import Stock
from oms.channels.documents import document
from oms.channels.model import ChannelAccount
from oms.channels.paging import Position
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
from oms.channels.shop_client import ShopClient, query
from oms.kernel.clock import iso
from oms.kernel.errors import Unavailable

API = "https://api.bigcommerce.com"
_PAGE = 250
_FIRST_LOCATION = 1  # every store has it
_CANCELLED = 5
_OVER = frozenset({_CANCELLED, 6})  # and declined
# Carriers that it names as we do and links to by itself; for others our own link is given.
_CARRIERS = frozenset({"usps", "ups", "fedex", "dhl"})

Parcels = dict[str, list[dict[str, int]]]


def connect(account: ChannelAccount) -> BigCommerceShop | None:
    """None without an `access_token` among the settings. `account.domain` is the store's hash.

    The setting `location_id` is the location whose stock we set.
    """
    token = account.setting("access_token")
    if not token or not account.domain:
        return None
    base_url = (account.setting("base_url") or API).rstrip("/")
    headers = {"X-Auth-Token": token, "Accept": "application/json"}
    client = ShopClient(f"{base_url}/stores/{account.domain}", headers)
    location = account.settings.get("location_id") or _FIRST_LOCATION
    return BigCommerceShop(client, Refunds(client), Stock(client, int(location)))


@dataclass(frozen=True, slots=True)
class BigCommerceShop(SilentShop):
    client: ShopClient
    refunds: Refunds
    stock: Stock
    stock_batch: int = 2_000

    # --- orders ----------------------------------------------------------------------

    @understood()
    def fetch(self, external_id: str) -> bytes:
        """Addresses and lines are resources of their own. Quota: three requests an order."""
        path = order_path(external_id)
        order = Reading(self.client.call("GET", path))
        if order.identifier("id") != external_id:
            raise order.fail("wrong-type", "another order than was asked for")
        whole = {
            "order": order.value,
            "products": [each.value for each in self._all(f"{path}/products")],
            "shipping_addresses": [each.value for each in self._all(f"{path}/shipping_addresses")],
        }
        return document(whole)

    @understood()
    def changed(self, since: datetime, cursor: str) -> ChangedPage:
        here = Position.of(cursor, since)
        # One second less, as it is not said whether the bound itself is included.
        least = iso(here.begun - timedelta(seconds=1))
        asked = query(
            min_date_modified=least, sort="date_modified:asc", page=here.number, limit=_PAGE
        )
        orders = self._list(f"/v2/orders{asked}")
        items = tuple(
            ChangedOrder(order.identifier("id"), changed_at(order))
            for order in orders
            if order.units("status_id", least=0) != INCOMPLETE
        )
        is_end = len(orders) < _PAGE
        return ChangedPage(items, "" if is_end else here.after(changed_at(orders[-1])))

    # --- stock -----------------------------------------------------------------------

    @understood()
    def set_stock(self, levels: Sequence[StockLevel]) -> Mapping[str, PushOutcome]:
        return self.stock.set(levels)

    @understood()
    def stock_of(self, skus: Sequence[str]) -> Mapping[str, int]:
        return self.stock.of(skus)

    # --- telling ---------------------------------------------------------------------

    @understood()
    def tell_shipped(self, shipment: ShipmentFacts) -> PushOutcome:
        if not any(line.external_id for line in shipment.lines):
            return PushOutcome.UNSUPPORTED
        path = order_path(shipment.external_id)
        parcels = self._parcels(path, shipment)
        untold = self._untold(path, parcels, shipment)
        try:
            for address in untold:
                self.client.call("POST", f"{path}/shipments", _wanted(address, parcels, shipment))
        except PushRefused:
            # Another teller of the same shipment may have been faster than our look.
            if self._untold(path, parcels, shipment):
                raise
            return PushOutcome.ALREADY
        return PushOutcome.TOLD if untold else PushOutcome.ALREADY

    def _parcels(self, path: str, shipment: ShipmentFacts) -> Parcels:
        """By the id of the address (one place may stand there twice) the units sent to it."""
        units: Counter[str] = Counter()
        for shipped in shipment.lines:
            units[shipped.external_id] += shipped.quantity
        parcels: Parcels = {}
        lines = list(self._all(f"{path}/products"))
        if not lines:
            raise Unavailable("BigCommerce shows an order without lines")
        for line in lines:
            if quantity := units.pop(line.identifier("id"), 0):
                item = {"order_product_id": int(line.identifier("id")), "quantity": quantity}
                parcels.setdefault(line.identifier("order_address_id"), []).append(item)
        if not parcels:
            raise PushRefused("BigCommerce has none of these lines", "not-fulfillable")
        return parcels

    def _untold(self, path: str, parcels: Parcels, shipment: ShipmentFacts) -> list[str]:
        told = {
            each.identifier("order_address_id")
            for each in self._all(f"{path}/shipments")
            if _is_ours(each, shipment)
        }
        return [address for address in parcels if address not in told]

    @understood()
    def tell_cancelled(self, ended: CancelFacts) -> PushOutcome:
        """The money first: a shop may forget to give back what a cancelled order had paid."""
        path = order_path(ended.external_id)
        order = Reading(self.client.call("GET", path))
        if ended.gives_back:
            self.refunds.give_back(order, ended)
        if order.units("status_id", least=0) in _OVER:
            return PushOutcome.ALREADY
        self.client.call("PUT", path, {"status_id": _CANCELLED})
        return PushOutcome.TOLD

    @understood()
    def tell_refunded(self, refund: RefundFacts) -> PushOutcome:
        order_path(refund.external_id)
        return self.refunds.tell(refund)

    # --- pages -----------------------------------------------------------------------

    def _all(self, path: str) -> Iterator[Reading]:
        for number in count(1):
            page = self._list(path + query(page=number, limit=_PAGE))
            yield from page
            if len(page) < _PAGE:
                return

    def _list(self, path: str) -> tuple[Reading, ...]:
        """V2 answers a bare list, and 204 without a body for an empty one."""
        return Reading({"list": self.client.call("GET", path)}).each("list")


def order_path(external_id: str) -> str:
    if not (external_id.isascii() and external_id.isdigit()):
        raise PushRefused("not an order of BigCommerce", "not-in-shop")
    return f"/v2/orders/{external_id}"


def _is_ours(told: Reading, shipment: ShipmentFacts) -> bool:
    number = shipment.tracking_number
    return f"[{shipment.key}]" in told.text("comments", 1000) or bool(
        number and told.text("tracking_number") == number
    )


def _wanted(address: str, parcels: Parcels, shipment: ShipmentFacts) -> dict[str, Any]:
    carrier = shipment.carrier.lower()
    return {
        "order_address_id": int(address),
        "items": parcels[address],
        "tracking_number": shipment.tracking_number,
        "tracking_link": shipment.tracking_url,
        "shipping_method": shipment.carrier,
        "shipping_provider": "",
        "comments": f"[{shipment.key}]",
        **({"tracking_carrier": carrier} if carrier in _CARRIERS else {}),
    }
