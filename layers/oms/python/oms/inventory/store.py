"""The stock books in DynamoDB: nodes, catalogue, levels, movements (docs/data-model.md)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime

from oms.inventory import items, writes
from oms.inventory.holds_store import DynamoWaitingLine
from oms.inventory.incoming import Incoming
from oms.inventory.model import (
    PLAIN,
    Claim,
    Level,
    Movement,
    Node,
    Place,
    Posting,
    Product,
    Reason,
    Terms,
    movements_of,
)
from oms.inventory.ports import Page
from oms.inventory.selling import Position, Selling, SellingPolicy
from oms.inventory.serials_store import DynamoSerials
from oms.inventory.shelves import hot
from oms.inventory.waiting import Waiting
from oms.inventory.work_store import MOST_PAIRS, MOST_PLACES, DynamoWork
from oms.kernel.clock import Clock
from oms.kernel.ids import NodeId, Sku
from oms.platform.dynamo import Dynamo
from oms.platform.unit import Item, Write

# Rows of the catalogue that one page reads while it looks for a text.
ROWS_PER_SEARCH = 1_000
# How often a spread SKU is read again while its units are being moved.
_LOOKS = 8


class DynamoStock:
    """`StockBooks` and `StockLedger` over one table. Reads are consistent."""

    def __init__(self, dynamo: Dynamo, table: str, clock: Clock | None = None) -> None:
        self._dynamo, self._table = dynamo, table
        self._work = DynamoWork(dynamo, table, clock)
        self._line = DynamoWaitingLine(dynamo, table)
        self.serials = DynamoSerials(dynamo, table)

    # --- reading ---------------------------------------------------------------------

    def nodes(self) -> list[Node]:
        return [items.node_of(item) for item in self._partition(items.NODES)]

    def levels(self, sku: Sku) -> list[Level]:
        return sorted(self._position(sku).levels, key=lambda level: level.place)

    def positions(
        self, skus: Collection[Sku], nodes: Collection[NodeId] | None = None
    ) -> dict[Sku, Position]:
        """One SKU is one query; several are one batch of keys, a request per 100 of them."""
        wanted = list(dict.fromkeys(skus))
        if len(wanted) == 1:
            return {wanted[0]: _at(self._position(wanted[0]), nodes)}
        places = nodes if nodes is not None else [node.node_id for node in self.nodes()]
        keys = [items.selling_key(sku) for sku in wanted]
        keys += [items.level_key(sku, node) for sku in wanted for node in places]
        found = self._dynamo.get_many(self._table, keys)
        rows: dict[Sku, list[Item]] = {sku: [] for sku in wanted}
        for item in found:
            rows[Sku(item["pk"].removeprefix("SKU#"))].append(item)
        return {sku: _at(self._complete(sku, rows[sku]), nodes) for sku in wanted}

    def _position(self, sku: Sku) -> Position:
        return self._with_parts(sku, list(self._partition(f"SKU#{sku}")))

    def _complete(self, sku: Sku, rows: list[Item]) -> Position:
        """With the shelves that keys alone do not tell."""
        if _selling(sku, rows).has_shelves:
            return self._position(sku)
        return self._with_parts(sku, rows)

    def _with_parts(self, sku: Sku, rows: list[Item]) -> Position:
        """Read again when units moved between the shelves meanwhile: a buyer who finds neither
        the part they left nor the shelf they came to would be told that there are none."""
        for _ in range(_LOOKS):
            found, selling = rows, _selling(sku, rows)
            if not selling.spread:
                break
            found = rows + self._dynamo.get_many(self._table, _part_keys(selling))
            general = [items.level_key(sku, NodeId(node)) for node in selling.spread]
            now = self._dynamo.get_many(self._table, [items.selling_key(sku), *general])
            was, rows = rows, _put_in(rows, now)
            if _moves(was) == _moves(rows):
                break
        levels = (items.level_of(item) for item in found if items.is_level(item))
        ordered = tuple(sorted(levels, key=lambda level: level.place))
        return Position(_selling(sku, rows), ordered)

    def selling(self, skus: Collection[Sku]) -> dict[Sku, Selling]:
        wanted = list(dict.fromkeys(skus))
        found = self._dynamo.get_many(self._table, [items.selling_key(sku) for sku in wanted])
        read = {selling.sku: selling for selling in map(items.selling_of, found)}
        return {sku: read.get(sku) or Selling(sku) for sku in wanted}

    def kits_of(self, sku: Sku) -> list[Sku]:
        """The kits that `sku` goes into."""
        return [Sku(item["sk"]) for item in self._partition(items.kits_partition(sku))]

    def incoming(self, sku: Sku) -> list[Incoming]:
        rows = self._partition(items.incoming_partition(sku))
        return [items.incoming_of(item) for item in rows]

    def policy(self) -> SellingPolicy:
        item = self._dynamo.get(self._table, items.policy_key())
        return items.policy_of(item) if item else SellingPolicy()

    def levels_at(self, places: Collection[Place]) -> list[Level]:
        keys = [items.level_key(*place) for place in dict.fromkeys(places)]
        levels = map(items.level_of, self._dynamo.get_many(self._table, keys))
        return sorted(levels, key=lambda level: level.place)

    def products(self, skus: Collection[Sku]) -> dict[Sku, Product]:
        keys = [items.product_key(sku) for sku in dict.fromkeys(skus)]
        rows = map(items.product_of, self._dynamo.get_many(self._table, keys))
        return {product.sku: product for product in rows}

    def catalogue(self, limit: int, after: str = "", text: str = "") -> Page[Product]:
        """With `text` a page may come back short: it reads a bounded number of rows."""
        rows = max(limit, ROWS_PER_SEARCH) if text else limit
        read, more = self._page(items.CATALOGUE, rows, after)
        found = [product for product in map(items.product_of, read) if _matches(product, text)]
        if len(found) > limit:
            return Page(tuple(found[:limit]), found[limit - 1].sku)
        return Page(tuple(found), more)

    def movements(self, sku: Sku, limit: int, after: str = "") -> Page[Movement]:
        """The movements of a hot SKU lie in several partitions; their ids sort by time."""
        parts: list[int | None] = [None, *range(self.selling([sku])[sku].parts)]
        pages = [
            self._page(items.movements_partition(sku, part), limit, after, newest_first=True)
            for part in parts
        ]
        found = sorted((item for page, _ in pages for item in page), key=_id, reverse=True)
        more = len(found) > limit or any(more for _, more in pages)
        shown = found[:limit]
        return Page(tuple(map(items.movement_of, shown)), _id(shown[-1]) if more else "")

    def _partition(self, pk: str) -> Iterator[Item]:
        return self._dynamo.query_all(self._table, "pk = :pk", {":pk": pk})

    def _page(
        self, pk: str, limit: int, after: str, *, newest_first: bool = False
    ) -> tuple[list[Item], str]:
        found, last = self._dynamo.query(
            self._table,
            "pk = :pk",
            {":pk": pk},
            limit=limit,
            start={"pk": pk, "sk": after} if after else None,
            newest_first=newest_first,
        )
        return found, last["sk"] if last else ""

    # --- writes for the transaction of an order ----------------------------------------

    def reserve(
        self,
        legs: Iterable[Claim],
        reference: str,
        actor: str,
        at: datetime,
        *,
        terms: Terms = PLAIN,
        attempt: str = "",
    ) -> list[Write]:
        """See `StockLedger`: the version of what they are for makes a repeat harmless."""
        moves = movements_of(legs, Reason.RESERVATION, reference, actor, at)
        if len(moves) <= MOST_PAIRS:
            return self._writes(moves, terms)
        return self._work.take(attempt or f"{reference}@{actor}", moves, terms)

    def abandon(self, attempt: str) -> None:
        self._work.carry_out(attempt)

    def release(
        self, legs: Iterable[Claim], reference: str, actor: str, at: datetime
    ) -> list[Write]:
        """See `StockLedger`: the exact inverse of `reserve`."""
        return self._now_or_later(movements_of(legs, Reason.RELEASE, reference, actor, at))

    def consume(
        self,
        legs: Iterable[Claim],
        reference: str,
        actor: str,
        at: datetime,
        *,
        terms: Terms = PLAIN,
    ) -> list[Write]:
        """See `StockLedger`: takes the order's own reserved units, so available may be zero."""
        return self._now_or_later(movements_of(legs, Reason.SHIPMENT, reference, actor, at), terms)

    def back(self, legs: Iterable[Claim], reference: str, actor: str, at: datetime) -> list[Write]:
        """See `StockLedger`."""
        return self._writes(movements_of(legs, Reason.BACKING, reference, actor, at))

    def book_together(self, movements: Iterable[Movement]) -> list[Write]:
        """See `StockLedger`."""
        rows: dict[Place, list[Movement]] = {}
        for each in movements:
            rows.setdefault(each.place, []).append(each)
        return [w for row in rows.values() for w in writes.of_one_change(self._table, row)]

    def line(self, sku: Sku, limit: int = 1_000) -> list[Waiting]:
        return self._line.line(sku, limit)

    def waited_for(self) -> Iterator[Sku]:
        return self._line.waited_for()

    def nobody_waits(self, sku: Sku) -> None:
        self._line.nobody_waits(sku)

    def in_line(self, before: Sequence[Waiting], after: Sequence[Waiting]) -> list[Write]:
        """See `WaitingLine`. More than one transaction holds are written right after it."""
        changes = self._line.in_line(before, after)
        if not changes:
            return []
        work_id = f"LINE#{(*before, *after)[0].order_id}"
        self._work.carry_out(work_id)  # what was to be written earlier comes first
        if len(changes) <= 2 * MOST_PLACES:
            return changes
        return self._work.plain_later(work_id, changes)

    def _now_or_later(self, movements: Sequence[Movement], terms: Terms = PLAIN) -> list[Write]:
        if len(movements) <= MOST_PAIRS:
            return self._writes(movements, terms)
        return self._work.later(movements)

    def _writes(self, movements: Iterable[Movement], terms: Terms = PLAIN) -> list[Write]:
        return [w for each in movements for w in writes.of_movement(self._table, each, terms)]

    # --- posting -----------------------------------------------------------------------

    def post(self, posting: Posting, also: Sequence[Write] = ()) -> None:
        """See `StockBooks`. One transaction: the mark first, so its refusal comes first."""
        mark = writes.of_posting(self._table, posting, posting.at)
        products = [writes.of_product(self._table, each) for each in posting.new_products]
        self._dynamo.commit([mark, *products, *self._writes(posting.movements), *also])

    # --- setting up --------------------------------------------------------------------

    def save_nodes(self, nodes: Iterable[Node]) -> None:
        """Put nodes in place, over what was there."""
        self._dynamo.put_many(self._table, [items.node_item(node) for node in nodes])

    def save_products(self, products: Iterable[Product]) -> None:
        """Put catalogue rows in place, over what was there."""
        self._dynamo.put_many(self._table, [items.product_item(each) for each in products])

    def save_selling(self, sku: Sku, **terms: object) -> None:
        """Set how a SKU is sold; what is not named stays as it is."""
        changed = [writes.of_selling(self._table, sku, terms)]
        parts = terms.get("components")
        if isinstance(parts, tuple):
            before = self.selling([sku])[sku].components
            changed += writes.of_parts(self._table, sku, before, parts)
        self._dynamo.commit(changed)

    def save_policy(self, policy: SellingPolicy) -> None:
        """Replace the selling rules, if `policy.version` is the one that stands.

        Raises VersionConflict when somebody was faster.
        """
        self._dynamo.commit([writes.of_policy(self._table, policy)])


def _id(item: Item) -> str:
    return str(item["sk"])


def _selling(sku: Sku, rows: Iterable[Item]) -> Selling:
    terms = (items.selling_of(item) for item in rows if item["sk"] == items.SELLING)
    return next(terms, None) or Selling(sku)


def _part_keys(selling: Selling) -> list[dict[str, str]]:
    return [
        items.level_key(selling.sku, NodeId(node), hot(number))
        for node, parts in selling.spread.items()
        for number in range(parts)
    ]


def _put_in(rows: Iterable[Item], fresh: Iterable[Item]) -> list[Item]:
    """`rows` with the `fresh` ones in the place of their elders."""
    return list({item["sk"]: item for item in (*rows, *fresh)}.values())


def _moves(rows: Iterable[Item]) -> dict[str, object]:
    """What differs when units moved between the general shelf and the parts of a SKU."""
    return {
        item["sk"]: item.get("spread") if item["sk"] == items.SELLING else item.get("version")
        for item in rows
    }


def _at(position: Position, nodes: Collection[NodeId] | None) -> Position:
    if nodes is None:
        return position
    there = tuple(level for level in position.levels if level.node in nodes)
    return Position(position.selling, there)


def _matches(product: Product, text: str) -> bool:
    folded = text.casefold()
    return folded in product.sku.casefold() or folded in product.title.casefold()
