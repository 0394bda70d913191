"""What the use cases of stock, routing and orders need of the stock books."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Protocol, TypeVar

from oms.inventory.incoming import Incoming
from oms.inventory.model import PLAIN, Claim, Level, Movement, Node, Place, Posting, Product, Terms
from oms.inventory.reservation import Reservation, ReservationId
from oms.inventory.selling import Position, Selling, SellingPolicy
from oms.inventory.serials import SerialBook
from oms.inventory.waiting import Waiting
from oms.kernel.ids import NodeId, OrderId, Sku
from oms.platform.unit import Write

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list. `after` is what to ask on from; empty at the end."""

    items: tuple[T, ...]
    after: str = ""


class StockReader(Protocol):
    """What lies where. Reads are consistent."""

    def nodes(self) -> list[Node]:
        """Every node, by id."""

    def levels(self, sku: Sku) -> list[Level]:
        """Every shelf of one SKU, by node and shelf."""

    def positions(
        self, skus: Collection[Sku], nodes: Collection[NodeId] | None = None
    ) -> dict[Sku, Position]:
        """Several SKUs at `nodes` (default: every node), as a buyer may meet them.

        Every SKU asked for is a key of the answer; one without stock has no levels.
        """

    def selling(self, skus: Collection[Sku]) -> dict[Sku, Selling]:
        """How SKUs are sold; every SKU asked for is a key of the answer."""

    def incoming(self, sku: Sku) -> list[Incoming]:
        """What was bought and has not come, the earliest first."""

    def policy(self) -> SellingPolicy:
        """The merchant's selling rules."""

    def levels_at(self, places: Collection[Place]) -> list[Level]:
        """The levels that exist among those places, by place."""

    def products(self, skus: Collection[Sku]) -> dict[Sku, Product]:
        """The catalogue rows that exist."""

    def catalogue(self, limit: int, after: str = "", text: str = "") -> Page[Product]:
        """A page by SKU; `text` keeps rows whose SKU or title contains it."""

    def movements(self, sku: Sku, limit: int, after: str = "") -> Page[Movement]:
        """A page of the SKU's movements, newest first."""


class StockLedger(Protocol):
    """Writes for whoever owns the transaction; what fits into one is not committed here.

    None of these knows whether it happened before. The caller commits them with the record
    that they belong to, on condition of its version: a repeat meets another version and
    writes nothing.
    """

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
        """Take the units if they are available. The commit raises OutOfStock otherwise.

        More than one transaction holds are taken in parts, at once, as the work `attempt`: then
        this raises OutOfStock itself, with nothing held, and the writes make the parts one. A
        caller that does not get to commit them calls `abandon`; if it dies, the sweep does.
        """

    def abandon(self, attempt: str) -> None:
        """Give back what `reserve` took in parts as the work `attempt`. Harmless if nothing."""

    def release(
        self, legs: Iterable[Claim], reference: str, actor: str, at: datetime
    ) -> list[Write]:
        """Give reserved units back: the exact inverse of `reserve`.

        More than one transaction holds become work that is carried out right after the commit.
        """

    def consume(
        self,
        legs: Iterable[Claim],
        reference: str,
        actor: str,
        at: datetime,
        *,
        terms: Terms = PLAIN,
    ) -> list[Write]:
        """Reserved units leave the building. Needs nothing to be available.

        With a day in `terms`, the commit raises LotBlocked for a lot that is recalled or expired.
        """

    def book_together(self, movements: Iterable[Movement]) -> list[Write]:
        """Post `movements`, those of one row as one change. The commit raises InsufficientStock
        when a sum would fall below zero."""

    @property
    def serials(self) -> SerialBook:
        """The units that have names of their own."""

    def back(self, legs: Iterable[Claim], reference: str, actor: str, at: datetime) -> list[Write]:
        """Units that are there now stand for units that were promised beyond stock.

        Raises OutOfStock from the commit when they are not.
        """


class StockBooks(StockReader, Protocol):
    """The books that receipts and adjustments are posted to."""

    def post(self, posting: Posting, also: Sequence[Write] = ()) -> None:
        """Commit `posting` once, and `also` with it; a repeat changes nothing.

        Raises Refused `reference-reused` when its name stands for something else, and
        InsufficientStock when a level would fall below zero. Then nothing was written.
        """

    def save_selling(self, sku: Sku, **terms: object) -> None:
        """Set how a SKU is sold; what is not named stays as it is."""


class Holds(Protocol):
    """Where reservations live. Reads are consistent."""

    def get(self, reservation_id: str) -> Reservation:
        """Raises NotFound."""

    def first(self, hold: Reservation) -> Write:
        """A new hold. Refused: HoldKnown."""

    def extended(self, hold: Reservation, until: datetime, now: datetime) -> Write:
        """Move the end, if it still holds. Refused: HoldEnded."""

    def committed(self, hold: Reservation, order_id: OrderId, now: datetime) -> Write:
        """An order takes it over, if it still holds. Refused: HoldEnded."""

    def released(self, hold: Reservation, now: datetime) -> Write:
        """It ends early, if it has not ended. Refused: HoldEnded."""

    def expired(self, hold: Reservation, now: datetime) -> Write:
        """It ends, if its time is over. Refused: HoldEnded."""

    def overdue(
        self, now: datetime, claims: Collection[Place] | None = None
    ) -> Iterator[ReservationId]:
        """Holds whose time is over and that have not ended, oldest first.

        `claims`: only those that may hold units of these places. From an index: may be behind.
        """


class WaitingLine(Protocol):
    """Who waits for which SKU, in the order of service."""

    def line(self, sku: Sku, limit: int = 1_000) -> list[Waiting]:
        """The head of the line, first come first. Consistent."""

    def in_line(self, before: Sequence[Waiting], after: Sequence[Waiting]) -> list[Write]:
        """The writes that turn one order's places in line from `before` to `after`."""


class StockWork(Protocol):
    """What was taken, or has to be posted, in several transactions."""

    def carry_out(self, work_id: str) -> bool:
        """Post the parts that are left; False when there was nothing to do."""

    def overdue(self, now: datetime) -> Iterator[str]:
        """Work that should have been done by now. From an index: may be behind."""
