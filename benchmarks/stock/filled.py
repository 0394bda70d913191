"""A shop in memory whose stock table holds as many other levels as wanted."""

from __future__ import annotations

from dataclasses import replace

from oms.inventory.model import AVAILABLE, BUCKETS, Product
from oms.inventory.spread_store import GlancingStock
from oms.kernel.ids import Sku
from oms.routing.plan_cart import PlanCart
from tests.simulation.dynamo.scheduler import Scheduler
from tests.simulation.dynamo.tables import Stored
from tests.simulation.dynamo.values import Item, item_size
from tests.simulation.shop import EAST, Shop
from tests.simulation.spreading import spread_over

HOT = Sku("CONSOLE")
# SKUs that a cart may name besides.
SHELF = tuple(Sku(f"MUG-{number}") for number in range(10))


class Filled(Shop):
    """A shop that reserves as the function does: it looks first whether it knows the SKUs."""

    def __init__(self, scheduler: Scheduler | None = None) -> None:
        super().__init__(scheduler=scheduler)
        names, clock = self.names, self.clock
        self._glance = GlancingStock(self.dynamo, names.stock, clock, passed=self.seconds)
        self.reserve = replace(self.reserve, plan=PlanCart(self.stock, clock, self._glance))

    def cart(self, skus: tuple[Sku, ...], key: str = "") -> str:
        """Hold one unit of each. Raises SoldOut, Unavailable."""
        assert self._glance.products(skus).keys() == set(skus)
        return self.hold(key=key, **dict.fromkeys(skus, 1))


def filled(
    rows: int, *, parts: int = 1, units: int = 1_000_000, scheduler: Scheduler | None = None
) -> Filled:
    """`rows` levels of other SKUs, and `HOT` with `units`, on `parts` rows."""
    shop = Filled(scheduler)
    _lay_out(shop, rows)
    shop.stock.save_products([Product(sku, sku) for sku in (HOT, *SHELF)])
    shop.receive(EAST, "PO-HOT", **{HOT: units})
    shop.receive(EAST, "PO-SHELF", **dict.fromkeys(SHELF, 1_000_000))
    if parts > 1:
        spread_over(shop, HOT, parts)
    return shop


def _lay_out(shop: Shop, rows: int) -> None:
    """Straight into the table: through the API a million would take an hour. Nobody reads
    them, so all share one content; each has a key of its own."""
    table = shop.client._store.tables[shop.names.stock]
    figures: Item = {name: {"N": "1000"} for name in (*BUCKETS, AVAILABLE, "version")}
    like = {"pk": {"S": "SKU#OTHER-0000000"}, "sk": {"S": f"NODE#{EAST}"}, **figures}
    stored = Stored(like, item_size(like))
    for number in range(rows):
        table.replace((f"SKU#OTHER-{number:07d}", f"NODE#{EAST}"), stored)
