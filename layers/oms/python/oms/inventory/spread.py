"""A hot SKU lies on several rows, each in a partition of its own, while it is hot.

`SpreadStock` moves available units from the general shelf into parts `HOT#0..n-1`, evenly;
`GatherStock` (gather.py) moves them back. Both can be broken off and repeated: they look at
what lies where and move what is still out of place. Each move is one transaction that takes
from one side what it adds to the other, so a unit is always on one shelf or the other.

How the SKU is sold says where its parts are (`Selling.spread`), and that comes first and goes
last: a part is named before anything is put on it, each move is on condition that it is named,
and the name goes in the one transaction that also checks that every part is empty. Units of a
part that are reserved stay, and are gathered by the sweep once they are given back or shipped.

How many parts (`parts_for`)? DynamoDB takes 1,000 write units a second from one partition and
gives 3,000 read units; a write in a transaction costs two. Docs: "Best practices for designing
and using partition keys", "Read and write request units".
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from oms.inventory.model import InsufficientStock, Level, Movement, Reason
from oms.inventory.selling import Position
from oms.inventory.shelves import GENERAL, Shelf, hot, hot_number
from oms.kernel.clock import Clock
from oms.kernel.errors import Refused, Unavailable
from oms.kernel.ids import NodeId, Sku, new_ulid
from oms.kernel.parts import in_parts

LEAST_PARTS, MOST_PARTS = 2, 64
HOT_FOR = timedelta(hours=24)  # unless the caller says until when
_PARTS_A_MOVE = 8  # parts that one transaction fills or empties
_TRIES = 20  # moves that sales may spoil before the caller is asked to come again

# --- arithmetic --------------------------------------------------------------------------

PARTITION_WRITES, PARTITION_READS = 1_000, 3_000  # units a second
TABLE_WRITES = 40_000  # units a second: the default quota of a table, its indexes included
_FULL = 80  # percent of a partition that is planned for: buyers choose parts by chance
_IN_TRANSACTION = 2
PARTS_READ = 2  # parts whose levels a cart's plan looks at first


@dataclass(frozen=True, slots=True)
class Load:
    """Units a second that one kind of row takes: in one of its partitions, and all together."""

    row: str
    each: int
    total: int


def write_loads(rate: int, parts: int) -> tuple[Load, ...]:
    """What `rate` reservations a second of one SKU at one node write, each from one part.

    Every row is below 1 KB. The entry in the index of ends is written by DynamoDB itself and
    costs one unit. Each part has its own list there (64 lists, and at most 64 parts).
    """
    share = -(-rate // parts)
    return (
        Load("level: HOT#k#sku", _IN_TRANSACTION * share, _IN_TRANSACTION * rate),
        Load("movement: HOT-MOVEMENTS#k#sku", _IN_TRANSACTION * share, _IN_TRANSACTION * rate),
        Load("hold: HOLD#id", _IN_TRANSACTION, _IN_TRANSACTION * rate),
        Load("index of ends: HOLDS#n", share, rate),
    )


def read_loads(rate: int, parts: int) -> tuple[Load, ...]:
    """What planning them reads, one unit for a row: a cart looks at `PARTS_READ` parts.

    The SKU's terms, the nodes and the rules are read once a second by each process (some 500
    processes for 10,000 reservations a second), and every part by who found too little.
    """
    read = PARTS_READ * rate
    return (Load("level: HOT#k#sku", -(-read // parts), read),)


def parts_for(rate: int) -> int:
    """How many parts a SKU needs at one node for `rate` reservations a second.

    Raises Refused `too-hot` when even the most would not do.
    """
    for parts in range(LEAST_PARTS, MOST_PARTS + 1):
        writes = max(load.each for load in write_loads(rate, parts))
        reads = max(load.each for load in read_loads(rate, parts))
        if 100 * writes <= _FULL * PARTITION_WRITES and 100 * reads <= _FULL * PARTITION_READS:
            return parts
    raise Refused(f"{rate} reservations a second at one node need more than 64 parts", "too-hot")


def table_writes(rate: int) -> int:
    """Write units a second that the table's quota must allow."""
    return sum(load.total for load in write_loads(rate, MOST_PARTS))


# --- the moves ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Spread:
    """A SKU that is spread, until when it counts as hot, and which row said so."""

    sku: Sku
    hot_until: datetime
    turn: int = 0

    def is_calm(self, now: datetime) -> bool:
        return self.hot_until <= now


class SpreadBooks(Protocol):
    """Where spread SKUs are kept. Reads are consistent."""

    def position(self, sku: Sku) -> Position: ...

    def name_parts(self, sku: Sku, node: NodeId, parts: int, hot_until: datetime) -> None:
        """From now on there are at least so many parts, and the SKU is hot until then."""

    def calm(self, sku: Sku, now: datetime) -> None:
        """The SKU is hot no longer; the sweep gathers what is left."""

    def move(self, movements: Sequence[Movement], parts: int) -> None:
        """In one transaction, while the SKU has `parts` parts there or more.

        Raises InsufficientStock when units are gone, NotSpread when the parts are.
        """

    def forget_parts(self, sku: Sku, node: NodeId, parts: int) -> bool:
        """Whether they are gone: only if each is empty, in one transaction."""

    def spread(self) -> Iterator[Spread]:
        """The SKUs that are spread."""

    def forget(self, spread: Spread) -> None:
        """It is spread no longer, unless it was named again."""


class NotSpread(Refused):
    """The parts are no longer there: they were gathered meanwhile."""

    code = "not-spread"


def spread_moves(levels: Sequence[Level], parts: int) -> list[tuple[Shelf, int]]:
    """Units for each part, so that all parts have the same; only from the general shelf.

    Parts that have more than their share keep it. Empty when nothing has to move.
    """
    there = {hot(number): 0 for number in range(parts)}
    there |= {each.shelf: each.available for each in levels if each.shelf in there}
    left = sum(each.available for each in levels if each.shelf == GENERAL)
    share, over = divmod(left + sum(there.values()), parts)
    moves = list[tuple[Shelf, int]]()
    for number, (shelf, units) in enumerate(there.items()):
        move = min(left, max(0, share + (number < over) - units))
        left -= move
        if move:
            moves.append((shelf, move))
    return moves


def gather_moves(levels: Sequence[Level]) -> list[tuple[Shelf, int]]:
    """What goes back from each part, as units that leave it."""
    parts = sorted((n, each) for each in levels if (n := hot_number(each.shelf)) is not None)
    return [(each.shelf, -each.available) for _, each in parts if each.available > 0]


def movements_for(
    sku: Sku, node: NodeId, moves: Sequence[tuple[Shelf, int]], why: str, actor: str, at: datetime
) -> tuple[Movement, ...]:
    """One movement for each part and one for the general shelf, which sum to nothing."""
    sides = [*moves, (GENERAL, -sum(units for _, units in moves))]
    return tuple(
        Movement(new_ulid(at), sku, node, {"on_hand": units}, Reason.SHELVED, why, actor, at, shelf)
        for shelf, units in sides
    )


@dataclass(frozen=True, slots=True)
class Mover:
    books: SpreadBooks
    clock: Clock

    def move(self, sku: Sku, node: NodeId, parts: int, actor: str, *, back: bool) -> None:
        """Until nothing is out of place. Raises Unavailable when sales spoil every move."""
        why = f"{'GATHER' if back else 'SPREAD'}-{new_ulid(self.clock.now())}"
        for _ in range(_TRIES):
            levels = at_node(self.books.position(sku), node)
            moves = gather_moves(levels) if back else spread_moves(levels, parts)
            if not moves:
                return
            try:
                for some in in_parts(moves, _PARTS_A_MOVE):
                    at = self.clock.now()
                    self.books.move(movements_for(sku, node, some, why, actor, at), parts)
            except InsufficientStock:
                continue  # units were sold meanwhile: look again
        raise Unavailable(f"{sku} sells too fast to be moved: what was moved stays, try again")


def at_node(position: Position, node: NodeId) -> list[Level]:
    return [each for each in position.levels if each.node == node]


@dataclass(frozen=True, slots=True)
class SpreadStock:
    books: SpreadBooks
    clock: Clock

    def __call__(
        self,
        sku: Sku,
        parts: int,
        nodes: Collection[NodeId],
        actor: str,
        hot_until: datetime | None = None,
    ) -> Position:
        """`sku` on `parts` parts (2 to 64) at each of `nodes`; never on fewer than it is already.

        Repeating it tops up the parts with what came in meanwhile. A kit has no stock: Refused.
        """
        position = self.books.position(sku)
        if position.selling.is_kit:
            raise Refused(f"{sku} is a kit: spread its parts", "kit-has-no-stock")
        until = hot_until or self.clock.now() + HOT_FOR
        for node in nodes:
            wanted = max(parts, position.selling.spread.get(node, 0))
            self.books.name_parts(sku, node, wanted, until)
            Mover(self.books, self.clock).move(sku, node, wanted, actor, back=False)
        return self.books.position(sku)
