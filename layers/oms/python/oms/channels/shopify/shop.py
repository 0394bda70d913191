"""One Shopify shop, called by its Admin API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from oms.channels.documents import document
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
from oms.channels.shop_client import ShopClient
from oms.channels.shopify import endings, fulfilments
from oms.channels.shopify.admin import API_VERSION, Admin, next_cursor
from oms.channels.shopify.stock import LARGEST_BATCH, Stock
from oms.kernel.clock import iso

_PAGE = 250
_CHANGED = """query ChangedOrders($query: String!, $first: Int!, $after: String) {
  orders(query: $query, first: $first, after: $after, sortKey: UPDATED_AT) {
    nodes { legacyResourceId updatedAt } pageInfo { hasNextPage endCursor } } }"""


def connect(account: ChannelAccount) -> ShopifyShop | None:
    """None without an `access_token` among the account's settings.

    `location_id` names the location whose stock is ours to set.
    """
    token = account.setting("access_token")
    if not token:
        return None
    base_url = account.setting("base_url") or f"https://{account.domain}"
    client = ShopClient(base_url.rstrip("/"), {"X-Shopify-Access-Token": token})
    admin = Admin(client, account.setting("api_version") or API_VERSION)
    return ShopifyShop(admin, Stock(admin, account.setting("location_id")))


@dataclass(frozen=True, slots=True)
class ShopifyShop(SilentShop):
    admin: Admin
    stock: Stock

    stock_batch = LARGEST_BATCH

    @understood()
    def fetch(self, external_id: str) -> bytes:
        """The order as its webhook would tell it.

        By REST, though Shopify calls that its legacy: it is the very shape of the webhooks, so
        there is one mapping. GraphQL has other names, and a page for each list in an order.
        """
        if not _is_number(external_id):
            raise PushRefused("not the id of a Shopify order", "not-in-shop")
        answer = Reading(self.admin.get(f"/orders/{external_id}.json"))
        order = answer.at("order").required()
        order.identifier("id")
        return document(order.value)

    @understood()
    def changed(self, since: datetime, cursor: str) -> ChangedPage:
        """Which orders changed, without the orders: most of them are known as they are, and
        250 long ones are more than an answer may hold.

        By GraphQL, whose pages go on behind the last order seen. One that changes meanwhile
        moves to the end of the list, and is seen there.
        """
        asked = f"updated_at:>='{iso(since)}'"
        answer = self.admin.ask(_CHANGED, query=asked, first=_PAGE, after=cursor or None)
        page = answer.at("orders").required()
        items = tuple(
            ChangedOrder(node.identifier("legacyResourceId"), node.time("updatedAt"))
            for node in page.each_required("nodes")
        )
        return ChangedPage(items, next_cursor(page))

    @understood()
    def set_stock(self, levels: Sequence[StockLevel]) -> Mapping[str, PushOutcome]:
        return self.stock.set_to(levels)

    @understood()
    def stock_of(self, skus: Sequence[str]) -> Mapping[str, int]:
        return self.stock.of(skus)

    @understood()
    def tell_shipped(self, shipment: ShipmentFacts) -> PushOutcome:
        if not any(line.external_id for line in shipment.lines):
            return PushOutcome.UNSUPPORTED
        return fulfilments.tell(self.admin, shipment)

    @understood()
    def tell_cancelled(self, ended: CancelFacts) -> PushOutcome:
        return endings.cancel(self.admin, ended)

    @understood()
    def tell_refunded(self, refund: RefundFacts) -> PushOutcome:
        return endings.give_back(self.admin, refund)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()
