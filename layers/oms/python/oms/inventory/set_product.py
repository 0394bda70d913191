"""Set up a product: its row of the catalogue, and on what terms it is sold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from oms.inventory.model import Product
from oms.inventory.ports import StockReader
from oms.inventory.selling import Component
from oms.kernel.errors import FieldError, Invalid
from oms.kernel.ids import Sku


class ProductBooks(StockReader, Protocol):
    def save_products(self, products: Sequence[Product]) -> None: ...
    def save_selling(self, sku: Sku, **terms: Any) -> None: ...
    def kits_of(self, sku: Sku) -> list[Sku]: ...


def set_product(product: Product, terms: Mapping[str, Any], *, stock: ProductBooks) -> None:
    """Put `product` in place; of its `terms` (fields of `Selling`) those not named stay.

    Each write says what is to be and not what to add, so repeating it is harmless. Raises
    Invalid for components that cannot make up a kit.
    """
    if components := terms.get("components", ()):
        errors = list(_impossible(product.sku, components, stock))
        if errors:
            raise Invalid("that is no kit", errors)
    stock.save_products([product])
    if terms:
        stock.save_selling(product.sku, **terms)


def _impossible(
    kit: Sku, components: Sequence[Component], stock: ProductBooks
) -> Iterator[FieldError]:
    parts = [each.sku for each in components]
    known, selling = stock.products(parts), stock.selling(parts)
    for at, sku in enumerate(parts):
        pointer = f"/components/{at}/sku"
        if sku == kit or selling[sku].is_kit:
            yield FieldError(pointer, "kit-of-kits", "a kit is made of products, not of kits")
        elif sku not in known:
            yield FieldError(pointer, "unknown-sku", "not in the catalogue")
        elif sku in parts[:at]:
            yield FieldError(pointer, "named-twice", "put its units into one line")
    if stock.kits_of(kit):
        yield FieldError("/components", "kit-of-kits", "another kit is made of this product")
    if any(level.on_hand or level.reserved for level in stock.levels(kit)):
        yield FieldError("/components", "has-stock", "a kit has no stock but that of its parts")
