"""One WooCommerce shop, called by its REST API v3."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from oms.channels.documents import document
from oms.channels.model import ChannelAccount
from oms.channels.push import (
    CancelFacts,
    ChangedPage,
    PushOutcome,
    PushRefused,
    RefundFacts,
    ShipmentFacts,
    SilentShop,
    StockLevel,
)
from oms.channels.reading import understood
from oms.channels.shop_client import ShopClient
from oms.channels.woocommerce import changes, endings, shipments, stock
from oms.channels.woocommerce.orders import Orders


def connect(account: ChannelAccount) -> WooCommerceShop | None:
    """None without `consumer_key` and `consumer_secret` among the account's settings."""
    key, secret = account.setting("consumer_key"), account.setting("consumer_secret")
    if not key or not secret:
        return None
    basic = base64.b64encode(f"{key}:{secret}".encode()).decode()
    base_url = account.setting("base_url") or account.domain
    client = ShopClient(base_url.rstrip("/"), {"Authorization": f"Basic {basic}"})
    return WooCommerceShop(client, Orders(client))


@dataclass(frozen=True, slots=True)
class WooCommerceShop(SilentShop):
    client: ShopClient
    orders: Orders

    stock_batch = stock.LARGEST_BATCH

    @understood()
    def fetch(self, external_id: str) -> bytes:
        if not external_id.isdigit():
            raise PushRefused("not the id of a WooCommerce order", "not-in-shop")
        return document(self.orders.get(external_id).value)

    @understood()
    def changed(self, since: datetime, cursor: str) -> ChangedPage:
        return changes.page(self.client, since, cursor)

    @understood()
    def set_stock(self, levels: Sequence[StockLevel]) -> Mapping[str, PushOutcome]:
        return stock.set_to(self.client, levels)

    @understood()
    def stock_of(self, skus: Sequence[str]) -> Mapping[str, int]:
        return stock.units_of(self.client, skus)

    @understood()
    def tell_shipped(self, shipment: ShipmentFacts) -> PushOutcome:
        if not shipment.external_id.isdigit():
            return PushOutcome.UNSUPPORTED
        return shipments.tell(self.orders, shipment)

    @understood()
    def tell_cancelled(self, ended: CancelFacts) -> PushOutcome:
        return endings.cancel(self.orders, ended)

    @understood()
    def tell_refunded(self, refund: RefundFacts) -> PushOutcome:
        return endings.give_back(self.orders, refund)
