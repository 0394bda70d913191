"""Whoever units are kept for: orders, holds, and works that are not posted to their end."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from itertools import islice
from typing import Any, Protocol

from oms.inventory import items
from oms.inventory.findings import Finding, Missing, Owner, OwnerKind, missing_line
from oms.inventory.model import Movement, Units
from oms.inventory.reservation import HoldState, Reservation
from oms.inventory.work_store import MOST_PAIRS
from oms.kernel.errors import VersionConflict
from oms.kernel.ids import LineId, Sku, is_ulid, ulid_floor
from oms.orders.agenda import Worklist
from oms.orders.content import Content
from oms.orders.model import Order, Stage
from oms.orders.promises import wanted
from oms.orders.store import order_key
from oms.platform.dynamo import Dynamo
from oms.platform.unit import Action, Item, Write
from oms.search.listing import merged_worklists
from oms.search.model import fold

# Beyond its allocation, and nothing has left the building yet.
_PROMISED = frozenset(
    {Stage.ALLOCATED, Stage.AUTHORIZED, Stage.CONFIRMED, Stage.RELEASED},
)
MOST_CANDIDATES = 2_000  # orders of a SKU that one look goes back over, the newest first


class Orders(Protocol):
    @property
    def shards(self) -> int: ...
    def load_many(self, order_ids: Iterable[str]) -> Mapping[str, tuple[Order, Content]]: ...
    def worklist(self, worklist: str, shard: int, after: str) -> Iterator[tuple[str, str]]: ...


class Index(Protocol):
    def page(self, pk: str, *, before: str, prefix: str = "", limit: int) -> list[str]: ...


class ClaimsStore:
    """Reads `orders`, `order_index` and the holds and works in `stock`. The index only tells
    where to look; orders and holds themselves are read consistently."""

    def __init__(
        self, dynamo: Dynamo, stock_table: str, orders_table: str, orders: Orders, index: Index
    ) -> None:
        self._dynamo, self._stock, self._table = dynamo, stock_table, orders_table
        self._orders, self._index = orders, index

    def owners(self, references: Collection[str], candidates: Collection[str]) -> list[Owner]:
        """Who stands behind `references`, and the orders among `candidates`."""
        wanted_ids = {each for each in (*references, *candidates) if is_ulid(each)}
        found = dict(self._orders.load_many(sorted(wanted_ids)))
        holds = self._holds(set(references) - found.keys())
        taken_over = {hold.order_id for hold in holds if hold.order_id} - found.keys()
        found |= self._orders.load_many(sorted(taken_over))
        names: dict[str, set[str]] = {}
        for hold in holds:
            if hold.state is HoldState.COMMITTED and hold.order_id:
                names.setdefault(hold.order_id, set()).add(hold.reservation_id)
        orders = [owner_of(o, c, names.get(o.order_id, set())) for o, c in found.values()]
        return [*orders, *(_of_hold(hold) for hold in holds if hold.order_id not in found)]

    def _holds(self, names: Collection[str]) -> list[Reservation]:
        keys = [items.hold_key(each) for each in sorted(names)]
        return [items.hold_of(each) for each in self._dynamo.get_many(self._stock, keys)]

    def candidates(self, sku: Sku, since: datetime | None) -> list[str]:
        """Orders that name the SKU, captured after `since`, the newest first; from the index."""
        found, before = list[str](), ""
        first = ulid_floor(since) if since else ""
        while len(found) < MOST_CANDIDATES:
            keys = self._index.page(f"sku#{fold(sku)}", before=before, limit=500)
            found += [key for key in keys if key >= first]
            if len(keys) < 500 or keys[-1] < first:
                break
            before = keys[-1]
        return found[:MOST_CANDIDATES]

    def pending(self, sku: Sku, now: datetime) -> tuple[list[Movement], bool]:
        """What works will still post of `sku`, and whether any will still change waiting lines.

        The parts of a work without its row are rubbish: an order took over what they would
        give back.
        """
        works = self._dynamo.query_all(
            self._stock, "due_list = :list", {":list": items.WORK}, index="due"
        )
        parts = [part for work in list(works) for part in self._parts(work["pk"])]
        moves = [m for part in parts for m in _left(part, now) if m.sku == sku]
        return moves, any("writes" in part for part in parts)

    def _parts(self, pk: str) -> list[Item]:
        rows = list(self._dynamo.query_all(self._stock, "pk = :pk", {":pk": pk}))
        marks = {row["mark"] for row in rows if row["sk"] == items.WORK}
        return [r for r in rows if r["sk"].startswith(items.PART) and r["mark"] in marks]

    def unchanged(self, owner: Owner) -> Write:
        """True while the owner is as it was read."""
        if owner.kind is OwnerKind.HOLD:
            return self._check(
                self._stock, items.hold_key(owner.reference), "#state = :v", owner.state
            )
        if owner.kind is OwnerKind.ORDER:
            return self._check(
                self._table, order_key(owner.reference), "version = :v", owner.version
            )
        return self._check(self._table, order_key(owner.reference), "attribute_not_exists(pk)")

    @staticmethod
    def _check(table: str, key: Mapping[str, str], condition: str, value: Any = None) -> Write:
        return Write(
            Action.CHECK,
            table,
            key,
            condition=condition,
            names={"#state": "state"} if "#state" in condition else {},
            values={} if value is None else {":v": value},
            refused=lambda old: VersionConflict("it changed since it was looked at"),
        )

    # --- the walk over the orders ------------------------------------------------------------

    def unpromised(self, after: str, limit: int) -> tuple[list[Finding], int, str]:
        """See `reconcile.OpenOrders`. What a look finds counts when a second one finds it."""
        source = merged_worklists(self._orders, Worklist, after)
        rows = list(islice(source, limit))
        ids = sorted({order_id for _, order_id in rows})
        first = self._missing(ids)
        sure = self._missing({each.reference for each in first}) if first else []
        last = rows[-1][0] if len(rows) == limit else ""
        return [each for each in sure if each in first], len(ids), last

    def _missing(self, order_ids: Collection[str]) -> list[Finding]:
        read = self._orders.load_many(sorted(order_ids))
        owners = [owner_of(order, content) for order, content in read.values()]
        return [missing_line(owner, lack) for owner in owners for lack in owner.missing]


def owner_of(order: Order, content: Content, names: Collection[str] = ()) -> Owner:
    """What an order says that it holds, and what it should hold and does not."""
    adopted = {
        str(entry.detail.get("reservation", ""))
        for entry in order.timeline
        if entry.event == "HoldCommitted"
    }
    return Owner(
        order.order_id,
        OwnerKind.ORDER,
        order.stage.value,
        tuple(Units(leg.sku, leg.node, leg.quantity, leg.shelf) for leg in order.legs),
        tuple(sorted({*names, *adopted} - {""})),
        _lacks(order, content),
        order.version,
    )


def _lacks(order: Order, content: Content) -> tuple[Missing, ...]:
    if order.stage not in _PROMISED:
        return ()
    left = wanted(order, content)
    return tuple(Missing(LineId(each.line_id), each.sku, each.quantity) for each in left)


def _of_hold(hold: Reservation) -> Owner:
    claims = hold.claims if hold.state is HoldState.HELD else ()
    return Owner(hold.reservation_id, OwnerKind.HOLD, hold.state.value, tuple(claims))


def _left(part: Item, now: datetime) -> list[Movement]:
    """The movements of a part that are still to be posted."""
    moves = items.moves_of_part(part, now) if "moves" in part else []
    return moves[part.get("done", 0) * MOST_PAIRS :]
