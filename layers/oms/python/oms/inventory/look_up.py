"""Stock as it is: one SKU, a page of the catalogue, a SKU's movements."""

from __future__ import annotations

from collections.abc import Iterator

from oms.inventory.model import Movement, Product
from oms.inventory.ports import Page, StockReader
from oms.inventory.selling import Position
from oms.kernel.errors import NotFound
from oms.kernel.ids import Sku

Stock = tuple[Product, Position]
MOVEMENTS_PER_PAGE = 1_000


def stock_of(sku: Sku, *, stock: StockReader) -> Stock:
    """A SKU of the catalogue with its levels, and how it is sold. Raises NotFound."""
    return _product(sku, stock), stock.positions([sku])[sku]


def stock_page(limit: int, after: str = "", text: str = "", *, stock: StockReader) -> Page[Stock]:
    """A page of the catalogue, each SKU as in `stock_of`; `text` filters SKU and title."""
    page = stock.catalogue(limit, after, text)
    positions = stock.positions([product.sku for product in page.items])
    return Page(tuple((product, positions[product.sku]) for product in page.items), page.after)


def movements_page(sku: Sku, limit: int, after: str = "", *, stock: StockReader) -> Page[Movement]:
    """A page of what happened to a SKU, newest first. Raises NotFound."""
    _product(sku, stock)
    return stock.movements(sku, limit, after)


def every_movement(sku: Sku, *, stock: StockReader) -> Iterator[Movement]:
    """All that ever happened to a SKU, newest first; who has read enough stops."""
    after = ""
    while True:
        page = stock.movements(sku, MOVEMENTS_PER_PAGE, after)
        yield from page.items
        if not (after := page.after):
            return


def _product(sku: Sku, stock: StockReader) -> Product:
    product = stock.products([sku]).get(sku)
    if product is None:
        raise NotFound(f"there is no SKU {sku}")
    return product
