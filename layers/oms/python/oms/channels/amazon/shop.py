"""Amazon, called by its Selling Partner API for one seller in one store.

A shipment's package has a number made from our key: to confirm it again corrects the same
package. Refunds are UNSUPPORTED, and a person's work in Seller Central: Amazon takes them by a feed
that has no key and cannot be looked up, so after a lost reply nobody could know whether to repeat.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from oms.channels.amazon import feeds, states
from oms.channels.amazon.calls import Api, api_of, quoted
from oms.channels.amazon.listings import LARGEST_BATCH, Listings
from oms.channels.documents import document
from oms.channels.model import ChannelAccount
from oms.channels.push import (
    CancelFacts,
    ChangedOrder,
    ChangedPage,
    PushOutcome,
    PushRefused,
    ShipmentFacts,
    SilentShop,
    StockLevel,
)
from oms.channels.reading import Reading, understood
from oms.channels.shop_client import query
from oms.kernel.clock import iso
from oms.kernel.ids import digest

_V0, _V2026 = "v0", "2026-01-01"
_DATA = "BUYER,RECIPIENT,PROCEEDS,PROMOTION,CANCELLATION,FULFILLMENT,PACKAGES,TAX,PAYMENT"
_PAGE = 100  # few and large pages: one search in three minutes is all that Amazon grants
_SEARCH_SECONDS_APART = 1 / 0.0056
_OLD_SEARCH_SECONDS_APART = 60.0
_CARRIERS = {
    "".join(name.casefold().split()): name
    for name in (
        "UPS", "USPS", "FedEx", "DHL", "DPD", "GLS", "Royal Mail", "Hermes", "Evri", "OnTrac",
        "Deutsche Post", "La Poste", "Colissimo", "Chronopost", "Canada Post", "Australia Post",
        "Yamato Transport", "Sagawa Express", "Japan Post", "Correos", "SEUR", "BRT", "InPost",
        "Poste Italiane", "PostNL", "TNT", "DHL eCommerce",
    )
}  # fmt: skip


def connect(account: ChannelAccount) -> AmazonShop | None:
    """None without credentials (see `api_of`) or without a `marketplace_id`."""
    api, marketplace = api_of(account), account.setting("marketplace_id")
    if not api or not marketplace or not account.domain:
        return None
    version = _V0 if account.setting("orders_api") == _V0 else _V2026
    return AmazonShop(api, Listings(api, account.domain, marketplace), version)


@dataclass(frozen=True, slots=True)
class AmazonShop(SilentShop):
    """`version` is that of the Orders API it reads by."""

    api: Api
    listings: Listings
    version: str

    stock_batch = LARGEST_BATCH

    @understood()
    def fetch(self, external_id: str) -> bytes:
        if not states.ORDER_ID.fullmatch(external_id):
            raise PushRefused("not the id of an Amazon order", "not-in-shop")
        if self.version == _V0:
            return document(self._fetched_v0(external_id))
        order = self._order(external_id, _DATA)
        states.order_id(order, "orderId")
        return document({"api": _V2026, "order": order.value})

    @understood()
    def changed(self, since: datetime, cursor: str) -> ChangedPage:
        read = self._changed_v0 if self.version == _V0 else self._changed
        return read(since, cursor)

    @understood()
    def set_stock(self, levels: Sequence[StockLevel]) -> Mapping[str, PushOutcome]:
        return self.listings.set_stock(levels)

    @understood()
    def stock_of(self, skus: Sequence[str]) -> Mapping[str, int]:
        return self.listings.stock_of(skus)

    @understood()
    def tell_shipped(self, shipment: ShipmentFacts) -> PushOutcome:
        items = _items(shipment)
        if not items:
            return PushOutcome.UNSUPPORTED
        return self._tell_shipped(shipment, items)

    @understood()
    def tell_cancelled(self, ended: CancelFacts) -> PushOutcome:
        """TOLD means handed in: that the order is cancelled Amazon says later."""
        order = self._order(ended.external_id, "FULFILLMENT")
        match order.at("fulfillment").text("fulfillmentStatus"):
            case "CANCELLED":
                return PushOutcome.ALREADY
            case "SHIPPED" | "PARTIALLY_SHIPPED":
                raise PushRefused("something of the order is on its way", "over-in-shop")
        feeds.submit_cancellation(self.api, self.listings.seller, self.listings.marketplace, ended)
        return PushOutcome.TOLD

    # --- orders ----------------------------------------------------------------------

    def _order(self, external_id: str, data: str) -> Reading:
        path = f"/orders/2026-01-01/orders/{quoted(external_id)}" + query(includedData=data)
        return self.api.ask("GET", path).at("order").required()

    def _changed(self, since: datetime, cursor: str) -> ChangedPage:
        asked = query(
            lastUpdatedAfter=iso(since),
            marketplaceIds=self.listings.marketplace,
            maxResultsPerPage=_PAGE,
            includedData=_DATA,
            paginationToken=cursor or None,
        )
        answer = self.api.ask(
            "GET", f"/orders/2026-01-01/orders{asked}", seconds_apart=_SEARCH_SECONDS_APART
        )
        items = tuple(
            ChangedOrder(
                states.order_id(order, "orderId"),
                states.version_of(order, "lastUpdatedTime"),
                document({"api": _V2026, "order": order.value}),
            )
            for order in answer.each_required("orders")
        )
        return ChangedPage(items, answer.at("pagination").text("nextToken", 4096))

    def _fetched_v0(self, external_id: str) -> Any:
        path = f"/orders/v0/orders/{quoted(external_id)}"
        personal = self._restricted_token(path)
        return {
            "api": _V0,
            "order": self.api.ask("GET", path).at("payload").required().value,
            "items": self._items_v0(path),
            "address": self._personal(f"{path}/address", personal),
            "buyer": self._personal(f"{path}/buyerInfo", personal),
        }

    def _items_v0(self, path: str) -> list[Any]:
        items, token = list[Any](), ""
        while True:
            page = self.api.ask("GET", f"{path}/orderItems" + query(NextToken=token or None))
            items += [item.value for item in page.at("payload").each("OrderItems")]
            token = page.at("payload").text("NextToken", 4096)
            if not token:
                return items

    def _restricted_token(self, path: str) -> str:
        """For names and addresses; empty when the merchant's application may not see them."""
        wanted = [{"method": "GET", "path": f"{path}/{part}"} for part in ("address", "buyerInfo")]
        try:
            answer = self.api.ask(
                "POST", "/tokens/2021-03-01/restrictedDataToken", {"restrictedResources": wanted}
            )
        except PushRefused as refused:
            if refused.status != 403:
                raise
            return ""
        return answer.text("restrictedDataToken", 4096)

    def _personal(self, path: str, token: str) -> Any:
        return self.api.ask("GET", path, token=token).at("payload").value if token else None

    def _changed_v0(self, since: datetime, cursor: str) -> ChangedPage:
        asked = query(
            LastUpdatedAfter=iso(since),
            MarketplaceIds=self.listings.marketplace,
            NextToken=cursor or None,
        )
        answer = self.api.ask(
            "GET", f"/orders/v0/orders{asked}", seconds_apart=_OLD_SEARCH_SECONDS_APART
        ).at("payload")
        items = tuple(
            ChangedOrder(
                states.order_id(order, "AmazonOrderId"), states.version_of(order, "LastUpdateDate")
            )
            for order in answer.each_required("Orders")
        )
        return ChangedPage(items, answer.text("NextToken", 4096))

    # --- shipments -------------------------------------------------------------------

    def _tell_shipped(self, shipment: ShipmentFacts, items: list[dict[str, Any]]) -> PushOutcome:
        if self._is_known(shipment):
            return PushOutcome.ALREADY
        path = f"/orders/v0/orders/{quoted(shipment.external_id)}/shipmentConfirmation"
        package = {**_package(shipment), "orderItems": items}
        body = {"marketplaceId": self.listings.marketplace, "packageDetail": package}
        try:
            self.api.ask("POST", path, body, seconds_apart=0.5)
        except PushRefused:
            # Another teller of the same shipment may have been faster than our look.
            if self._is_known(shipment):
                return PushOutcome.ALREADY
            raise
        return PushOutcome.TOLD

    def _is_known(self, shipment: ShipmentFacts) -> bool:
        packages = self._order(shipment.external_id, "PACKAGES").each("packages")
        return any(each.text("trackingNumber") == shipment.tracking_number for each in packages)


def _items(shipment: ShipmentFacts) -> list[dict[str, Any]]:
    """Several lines of ours may be one item of Amazon's."""
    units: dict[str, int] = {}
    for line in filter(lambda each: each.external_id, shipment.lines):
        units[line.external_id] = units.get(line.external_id, 0) + line.quantity
    return [{"orderItemId": item, "quantity": quantity} for item, quantity in units.items()]


def _package(shipment: ShipmentFacts) -> dict[str, str]:
    """The number may only be digits. Amazon names carriers it knows, and `Other` by their name."""
    number = int(digest(shipment.key)[:12], 16) % 10**9 + 1
    known = _CARRIERS.get("".join(shipment.carrier.casefold().split()).replace("_", ""))
    return {
        "packageReferenceId": str(number),
        "carrierCode": known or "Other",
        "carrierName": known or shipment.carrier or "Other",
        "trackingNumber": shipment.tracking_number,
        "shipDate": iso(shipment.shipped_at or datetime.now(UTC)),
    }
