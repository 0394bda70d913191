"""Products and variations of a WooCommerce shop.

A SKU of three parts is a variation (`TEE-RED-M` of `TEE`): it has another path than a product.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from local.standins.platform import Answered, Books, Json

_BATCH = re.compile(r"/products(?:/(\d+)/variations)?/batch")
_LARGEST_BATCH = 100
_WRONG_PATH = "To manipulate product variations you should use the /products/<id>/variations path."


class Products:
    def __init__(self, books: Books) -> None:
        self._books = books
        self._ids: dict[str, int] = {}

    def answer(self, method: str, path: str, query: Mapping[str, str], body: Any) -> Answered:
        if method == "GET" and path == "/products":
            wanted = query["sku"].split(",")
            return Answered(200, [self._seen(sku) for sku in wanted if sku in self._books.stock])
        if method == "POST" and (batch := _BATCH.fullmatch(path)):
            return self._update(body["update"], int(batch[1] or 0))
        return Answered(404, {"code": "rest_no_route", "message": "No route was found."})

    def _seen(self, sku: str) -> Json:
        parent = self._parent(sku)
        return {
            "id": self._id(sku),
            "sku": sku,
            "type": "variation" if parent else "simple",
            "parent_id": parent,
            "manage_stock": True,
            "stock_quantity": self._books.stock[sku],
        }

    def _update(self, rows: list[Json], parent: int) -> Answered:
        """Each row on its own: one that fails bears an error, and the answer is still 200."""
        if len(rows) > _LARGEST_BATCH:
            told = "Unable to accept more than 100 items for this request."
            return Answered(413, {"code": "woocommerce_rest_request_entity_too_large",
                                  "message": told, "data": {"status": 413}})  # fmt: skip
        return Answered(200, {"update": [self._set(row, parent) for row in rows]})

    def _set(self, row: Json, parent: int) -> Json:
        skus = {self._id(sku): sku for sku in self._books.stock}
        sku = skus.get(row["id"])
        if sku is None or self._parent(sku) != parent:
            told = _WRONG_PATH if sku else "Invalid ID."
            return {"id": row["id"], "error": {"code": "invalid_id", "message": told}}
        self._books.stock[sku] = row["stock_quantity"]
        self._books.stock_writes += 1
        return self._seen(sku)

    def _parent(self, sku: str) -> int:
        parts = sku.split("-")
        return self._id(parts[0]) if len(parts) == 3 else 0

    def _id(self, name: str) -> int:
        return self._ids.setdefault(name, 100 + len(self._ids))
