"""Square's API: orders, refunds and stock.

An order is changed only from the version that was looked at, so of two tellers one finds its
version stale and looks again. Refunds and counts have idempotency keys of ours.
"""

from __future__ import annotations

import urllib.parse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from oms.channels.documents import document
from oms.channels.model import ChannelAccount, Unmappable
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
from oms.channels.shop_client import ShopClient
from oms.channels.square import parcels
from oms.channels.square.catalogue import Catalogue
from oms.channels.square.ended import is_whole, worth
from oms.channels.square.lines import identifier, is_id
from oms.channels.square.refunds import Refunds
from oms.channels.square.stock import MOST_CHANGES, Inventory
from oms.kernel.clock import SystemClock, iso
from oms.kernel.errors import Unavailable

HOST = "https://connect.squareup.com"
API_VERSION = "2026-09-16"
_PAGE, _MOST_LOCATIONS = 100, 10
_TRIES = 5
_STALE = frozenset({"VERSION_MISMATCH", "CONFLICT"})
_OF_PAYMENT = ("id", "status", "total_money", "refunded_money")  # the rest is of cards and people


def connect(account: ChannelAccount) -> SquareShop | None:
    """None without an `access_token` among the account's settings. `location_id` is whose stock
    is told; `account.nodes` names the locations whose orders are ours."""
    if not (token := account.setting("access_token")):
        return None
    version = account.setting("api_version") or API_VERSION
    headers = {"Authorization": f"Bearer {token}", "Square-Version": version}
    client = ShopClient((account.setting("base_url") or HOST).rstrip("/"), headers)
    catalogue, location = Catalogue(client), account.setting("location_id")
    locations = tuple(sorted({*account.nodes, *filter(None, [location])}))
    inventory = Inventory(client, catalogue, location, SystemClock().now)
    return SquareShop(client, catalogue, inventory, Refunds(client), locations)


@dataclass(frozen=True, slots=True)
class SquareShop(SilentShop):
    client: ShopClient
    catalogue: Catalogue
    inventory: Inventory
    refunds: Refunds
    locations: tuple[str, ...]

    stock_batch = MOST_CHANGES

    @understood()
    def fetch(self, external_id: str) -> bytes:
        """Of goods that came back, the order by which they had been sold."""
        order = self._order(external_id)
        if source := _source_of(order):
            order = self._order(source)
        variations = (line.text("catalog_object_id", 192) for line in order.each("line_items"))
        payments = [_trimmed(each) for each in self.refunds.payments(order)]
        skus = self.catalogue.skus(filter(None, variations))
        return document({"order": order.value, "skus": skus, "payments": payments})

    @understood()
    def changed(self, since: datetime, cursor: str) -> ChangedPage:
        """Ten locations at a time: the cursor is the number of the ten, and Square's own."""
        ten, _, theirs = cursor.partition("|")
        start = int(ten or 0) * _MOST_LOCATIONS
        locations = self.locations[start : start + _MOST_LOCATIONS]
        if not locations:
            return ChangedPage(())
        answer = Reading(
            self.client.call("POST", "/v2/orders/search", _search(locations, since, theirs))
        )
        found = (_changed(order) for order in answer.each("orders"))
        more = answer.text("cursor", 2000)
        has_next_ten = start + _MOST_LOCATIONS < len(self.locations)
        following = f"{int(ten or 0) + 1}|" if has_next_ten else ""
        return ChangedPage(
            tuple(order for order in found if order), f"{ten or 0}|{more}" if more else following
        )

    @understood()
    def set_stock(self, levels: Sequence[StockLevel]) -> Mapping[str, PushOutcome]:
        return self.inventory.set(levels)

    @understood()
    def stock_of(self, skus: Sequence[str]) -> Mapping[str, int]:
        return self.inventory.units(skus)

    @understood()
    def tell_shipped(self, shipment: ShipmentFacts) -> PushOutcome:
        return self._change(shipment.external_id, lambda order: parcels.shipped(order, shipment))

    @understood()
    def tell_cancelled(self, ended: CancelFacts) -> PushOutcome:
        """Only an order that ended as a whole is cancelled; of another, its money goes back."""
        order = self._order(ended.external_id)
        told = PushOutcome.ALREADY
        if is_whole(order, ended.lines):
            told = self._change(ended.external_id, parcels.cancelled)
        given = self._given_back(order, ended) if ended.gives_back else PushOutcome.ALREADY
        return PushOutcome.TOLD if PushOutcome.TOLD in (told, given) else PushOutcome.ALREADY

    def _given_back(self, order: Reading, ended: CancelFacts) -> PushOutcome:
        payments = self.refunds.payments(order)
        if is_whole(order, ended.lines):
            return self.refunds.give_back_all(payments, ended.reason, ended.key)
        amount = worth(order, ended.lines)
        return self.refunds.give_back(payments, amount, ended.reason, ended.key)

    @understood()
    def tell_refunded(self, refund: RefundFacts) -> PushOutcome:
        payments = self.refunds.payments(self._order(refund.external_id))
        return self.refunds.give_back(payments, refund.amount, refund.reason, refund.key)

    def _order(self, external_id: str) -> Reading:
        if not is_id(external_id):
            raise PushRefused("not an order of Square's", "not-in-shop")
        return Reading(self.client.call("GET", _path(external_id))).at("order").required()

    def _change(self, external_id: str, change: Callable[[Reading], parcels.Change]) -> PushOutcome:
        """Look and change, and again when somebody else was faster."""
        for _ in range(_TRIES):
            order = self._order(external_id)
            fields = change(order)
            if isinstance(fields, PushOutcome):
                return fields
            version = order.units("version", least=0)
            wanted = {"location_id": order.text("location_id"), "version": version, **fields}
            try:
                self.client.call("PUT", _path(external_id), {"order": wanted})
                return PushOutcome.TOLD
            except PushRefused as refused:
                if not _is_stale(refused):
                    raise
        raise Unavailable("Square's order changes all the time")


def _path(external_id: str) -> str:
    return f"/v2/orders/{urllib.parse.quote(external_id, safe='')}"


def _is_stale(refused: PushRefused) -> bool:
    try:
        errors = Reading(refused.detail).each("errors")
        return refused.status == 409 or any(e.text("code", 60) in _STALE for e in errors)
    except Unmappable:
        return False


def _search(locations: Sequence[str], since: datetime, cursor: str) -> dict[str, Any]:
    changed = {"date_time_filter": {"updated_at": {"start_at": iso(since)}}}
    ordered = {"sort_field": "UPDATED_AT", "sort_order": "ASC"}
    return {
        "location_ids": list(locations),
        "query": {"filter": changed, "sort": ordered},
        "limit": _PAGE,
        **({"cursor": cursor} if cursor else {}),
    }


def _changed(order: Reading) -> ChangedOrder | None:
    """A draft is no order yet; a return is news of the order by which the goods were sold."""
    if order.text("state", 40) == "DRAFT":
        return None
    if source := _source_of(order):
        return ChangedOrder(source, None)
    return ChangedOrder(identifier(order, "id"), order.time("updated_at"))


def _source_of(order: Reading) -> str:
    """The order by which all goods of `order` had been sold, if it is a return."""
    if order.each("line_items"):
        return ""
    sources = (back.text("source_order_id", 192) for back in order.each("returns"))
    return next(filter(None, sources), "")


def _trimmed(payment: Reading) -> dict[str, Any]:
    return {name: payment.at(name).value for name in _OF_PAYMENT if payment.has(name)}
