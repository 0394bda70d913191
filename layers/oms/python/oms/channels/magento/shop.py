"""A Magento shop's REST API, with an integration's token.

It takes no key of ours, so what tells looks first: comments of shipments and credit memos carry
our key. Two tellers of one shipment cannot both ship all its units; the loser is refused and
looks again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from oms.channels.documents import document
from oms.channels.magento.api import PAGE, MagentoApi, is_noted, note, order_path
from oms.channels.magento.inbound import changed_at
from oms.channels.magento.parcels import Parcels
from oms.channels.magento.refunds import Refunds, whole_order
from oms.channels.magento.stock import Sources, StockItems
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
from oms.channels.shop_client import ShopClient

_OVER = frozenset({"canceled", "closed"})
# Carriers that it tracks by itself; others are `custom`, with a title.
_CARRIERS = frozenset({"ups", "usps", "fedex", "dhl"})


def connect(account: ChannelAccount) -> MagentoShop | None:
    """None without an `access_token` among the settings. `account.domain` is the shop's address.

    Further settings: `source_code` (`default`) and `stock_id` (1) of multi-source inventory;
    `msi` false where it is switched off. `nodes` maps source codes to our nodes.
    """
    token = account.setting("access_token")
    base_url = (account.setting("base_url") or account.domain).rstrip("/")
    if not token or not base_url:
        return None
    api = MagentoApi(ShopClient(f"{base_url}/rest/V1", {"Authorization": f"Bearer {token}"}))
    source = account.setting("source_code") or "default"
    if account.settings.get("msi") is False:
        return MagentoShop(api, StockItems(api), "", {})
    sources = Sources(api, source, int(account.settings.get("stock_id") or 1))
    return MagentoShop(api, sources, source, {ours: theirs for theirs, ours in _sorted(account)})


def _sorted(account: ChannelAccount) -> list[tuple[str, str]]:
    """Of several sources of one node the first in the alphabet, as the last one wins."""
    return sorted(account.nodes.items(), reverse=True)


@dataclass(frozen=True, slots=True)
class MagentoShop(SilentShop):
    """`source_code` is empty without multi-source inventory; `sources` are by our nodes."""

    api: MagentoApi
    stock: Sources | StockItems
    source_code: str
    sources: Mapping[str, str]
    stock_batch: int = 20  # two questions each

    # --- orders ----------------------------------------------------------------------

    @understood()
    def fetch(self, external_id: str) -> bytes:
        return document(self._order(external_id).value)

    def _order(self, external_id: str) -> Reading:
        order = self.api.get(order_path(external_id))
        if order.identifier("entity_id") != external_id:
            raise order.fail("wrong-type", "another order than was asked for")
        return order

    @understood()
    def changed(self, since: datetime, cursor: str) -> ChangedPage:
        here = Position.of(cursor, since)
        least = here.begun.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
        found = self.api.page(
            "/orders", "updated_at", "gteq", least, here.number, "updated_at", "entity_id"
        )
        items = tuple(
            ChangedOrder(order.identifier("entity_id"), changed_at(order), document(order.value))
            for order in found.items
        )
        # Beyond the last page it gives the last once more: only the total says that it ends.
        is_end = not items or here.number * PAGE >= found.total
        return ChangedPage(items, "" if is_end else here.after(items[-1].version_at))

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
        """UNSUPPORTED also for a parcel of which no unit counts there: the further parts of a
        bundle that the shop ships as a whole."""
        if not any(line.external_id for line in shipment.lines):
            return PushOutcome.UNSUPPORTED
        order = self._order(shipment.external_id)
        if self._is_shipped(shipment):
            return PushOutcome.ALREADY
        units = Parcels(self.api).units(order, shipment.lines)
        if not units:
            return PushOutcome.UNSUPPORTED
        try:
            self._ship(shipment, units)
        except PushRefused:
            # Another teller of the same shipment may have been faster than our look.
            if self._is_shipped(shipment):
                return PushOutcome.ALREADY
            raise
        return PushOutcome.TOLD

    def _is_shipped(self, shipment: ShipmentFacts) -> bool:
        return any(
            is_noted(each, shipment.key) or _is_tracked(each, shipment.tracking_number)
            for each in self.api.of_order("/shipments", shipment.external_id)
        )

    def _ship(self, shipment: ShipmentFacts, units: Mapping[str, int]) -> None:
        source = self.sources.get(shipment.node, self.source_code)
        arguments = {"extension_attributes": {"source_code": source}} if source else {}
        items = [{"order_item_id": int(row), "qty": each} for row, each in units.items()]
        body = {"items": items, "tracks": _tracks(shipment), **note("", shipment.key)}
        path = order_path(shipment.external_id, singular=True)
        self.api.post(f"{path}/ship", {**body, "arguments": arguments})

    @understood()
    def tell_cancelled(self, ended: CancelFacts) -> PushOutcome:
        """What is invoiced cannot be cancelled: a credit memo of all of it closes the order."""
        order = self._order(ended.external_id)
        if order.text("state") in _OVER:
            return PushOutcome.ALREADY
        currency = order.currency("order_currency_code")
        given = order.amount("total_refunded", currency)
        owed = order.amount("total_paid", currency) - given
        if owed.amount_minor > 0 and ended.gives_back:
            lines = () if given else whole_order(order)
            refund = RefundFacts(ended.external_id, owed, lines, ended.reason, ended.key)
            return Refunds(self.api).tell(order, refund)
        if self.api.post(f"{order_path(ended.external_id)}/cancel", None) is not True:
            raise PushRefused("Magento does not cancel the order", "not-cancellable")
        return PushOutcome.TOLD

    @understood()
    def tell_refunded(self, refund: RefundFacts) -> PushOutcome:
        return Refunds(self.api).tell(self._order(refund.external_id), refund)


def _is_tracked(shipment: Reading, number: str) -> bool:
    return bool(number) and any(
        track.text("track_number") == number for track in shipment.each("tracks")
    )


def _tracks(shipment: ShipmentFacts) -> list[dict[str, Any]]:
    carrier = shipment.carrier.lower()
    code = carrier if carrier in _CARRIERS else "custom"
    track = {"track_number": shipment.tracking_number, "title": shipment.carrier}
    return [{**track, "carrier_code": code}] if shipment.tracking_number else []
