"""Stock at Walmart: an absolute figure for each SKU, of the seller or of one of its ship nodes."""

from __future__ import annotations

import urllib.parse
from dataclasses import dataclass
from typing import Any

from oms.channels.push import PushOutcome, PushRefused, StockLevel
from oms.channels.reading import Reading
from oms.channels.shop_client import Answer, query
from oms.channels.walmart.charges import several
from oms.channels.walmart.gateway import Gateway
from oms.kernel.errors import Unavailable


@dataclass(frozen=True, slots=True)
class Inventory:
    """Without a `ship_node` the seller has one place only."""

    gateway: Gateway
    ship_node: str

    def set(self, level: StockLevel) -> tuple[PushOutcome, bool]:
        """What became of it, and whether Walmart takes more now."""
        try:
            answer = self.gateway.ask("PUT", self._path(level.sku), self._body(level))
        except PushRefused as refused:
            if refused.code != "not-in-shop":
                raise
            return PushOutcome.UNSUPPORTED, True
        told = Reading(answer.body)
        if told.text("sku", 100) != level.sku or any(map(_has_failed, several(told, "nodes"))):
            raise Unavailable("Walmart did not take the figure")
        return PushOutcome.TOLD, _has_tokens(answer)

    def units(self, sku: str) -> int | None:
        """None for a SKU that is not listed. Raises Unmappable."""
        try:
            found = self.gateway.get(self._path(sku))
        except PushRefused as refused:
            if refused.code != "not-in-shop":
                raise
            return None
        if not self.ship_node:
            return found.at("quantity").units("amount", least=0)
        return sum(_sellable(node) for node in several(found, "nodes") if self._is_ours(node))

    def _is_ours(self, node: Reading) -> bool:
        return node.text("shipNode") == self.ship_node

    def _path(self, sku: str) -> str:
        if self.ship_node:
            return f"/v3/inventories/{urllib.parse.quote(sku, safe='')}"
        return f"/v3/inventory{query(sku=sku)}"

    def _body(self, level: StockLevel) -> dict[str, Any]:
        quantity = {"unit": "EACH", "amount": max(0, level.units)}
        if not self.ship_node:
            return {"sku": level.sku, "quantity": quantity}
        return {"inventories": {"nodes": [{"shipNode": self.ship_node, "inputQty": quantity}]}}


def _sellable(node: Reading) -> int:
    """What is left of our figure after what customers have in their baskets and orders."""
    left = node.at("availToSellQty") or node.at("inputQty")
    return left.units("amount", least=0)


def _has_failed(node: Reading) -> bool:
    return node.text("status", 40) != "Success"


def _has_tokens(answer: Answer) -> bool:
    """Each call takes a token; who goes on without any is shut out for longer."""
    return answer.headers.get("x-current-token-count", "").strip() != "0"
