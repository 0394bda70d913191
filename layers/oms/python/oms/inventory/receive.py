"""Goods arrive: `POST /stock/receipts`.

A receipt is known by its reference, its node and, where one reference comes in several
deliveries, the delivery. Sent again with the same lines it changes nothing; with other lines it
is refused. A long one is posted in parts, each under its own mark, so one that broke off in the
middle is finished by sending it again. Under the reference of a purchase order it counts
against that order: what was expected falls as what is there rises, and more than the order and
its tolerance allow is refused whole.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from functools import partial

from oms.inventory.arrival import Arrival, Arrivals, units_of
from oms.inventory.consignment import Consignment, Purpose
from oms.inventory.model import Level, Place
from oms.inventory.ports import StockBooks
from oms.inventory.refusals import unknown_node
from oms.inventory.shelves import GENERAL, Shelf, lot
from oms.kernel.clock import Clock
from oms.kernel.errors import FieldError, Invalid, Refused
from oms.kernel.ids import NodeId, Sku, digest
from oms.kernel.unchanged import until_unchanged

Goods = tuple[Sku, str, str, int]
# Of 100 actions in a transaction: those of the lines, the mark, the consignment's check.
ACTIONS = 90
SERIALS = 60


@dataclass(frozen=True, slots=True)
class ReceiptLine:
    """`unit_cost_minor` is what one unit cost; None where nobody said. A `lot` goes to a shelf
    of its own, with the day (ISO) it expires on; `serials`, if any, name every unit."""

    sku: Sku
    quantity: int
    unit_cost_minor: int | None = None
    lot: str = ""
    expires_on: str = ""
    serials: tuple[str, ...] = ()

    @property
    def goods(self) -> Goods:
        cost = -1 if self.unit_cost_minor is None else self.unit_cost_minor
        return self.sku, self.lot, self.expires_on, cost

    @property
    def shelf(self) -> Shelf:
        return lot(self.lot) if self.lot else GENERAL

    @property
    def content(self) -> str:
        """A plain line says what it has always said: its digest is in marks that stand."""
        plain = f"{self.sku}\x1f{self.quantity}"
        if self.unit_cost_minor is None and not (self.lot or self.serials):
            return plain
        more = (self.lot, self.expires_on, str(self.unit_cost_minor), *self.serials)
        return "\x1f".join((plain, *more))


@dataclass(frozen=True, slots=True)
class Receipt:
    """What came in at `node` under `reference`, for instance a purchase order's number.

    `delivery` names one of several deliveries under the same reference; empty: there is one.
    """

    reference: str
    node: NodeId
    lines: tuple[ReceiptLine, ...]
    delivery: str = ""

    @property
    def units(self) -> dict[Sku, int]:
        """Units per SKU, in a fixed order whatever the order of the lines."""
        return units_of(self.lines)

    @property
    def merged(self) -> list[ReceiptLine]:
        """One line for the same goods, first those of each SKU before second ones."""
        lines: dict[Goods, ReceiptLine] = {}
        for each in self.lines:
            known = lines.get(each.goods)
            lines[each.goods] = _joined(known, each) if known else each
        seen = Counter[Sku]()
        ranked = list[tuple[int, Sku, ReceiptLine]]()
        for _, line in sorted(lines.items()):
            for part in _slices(line):
                ranked.append((seen[line.sku], line.sku, part))
                seen[line.sku] += 1
        return [line for *_, line in sorted(ranked, key=lambda each: each[:2])]

    @property
    def digest(self) -> str:
        """Of the whole, in every part: so no part of another receipt can slip in."""
        return digest(*(line.content for line in self.merged))

    @property
    def places(self) -> list[Place]:
        shelves = {(line.sku, line.shelf) for line in self.lines}
        return [(sku, self.node, shelf) for sku, shelf in sorted(shelves)]

    def kind(self, part: int) -> str:
        """The name of a part's mark beside the reference. Names of nodes have no "#"."""
        delivery = f"D#{self.delivery}#" if self.delivery else ""
        return f"RECEIPT#{self.node}#{delivery}{part}"


def receive(
    receipt: Receipt,
    actor: str,
    *,
    books: StockBooks,
    clock: Clock,
    arrivals: Arrivals | None = None,
) -> list[Level]:
    """Post `receipt` and give the levels it touched, as they stand now.

    A SKU that the catalogue lacks is added to it, with no safety stock. `arrivals` is what lots,
    serials and purchase orders need. Raises Invalid for an unknown node, Refused
    `reference-reused` when the reference stands for other lines, OverReceipt when more came than
    its purchase order allows: then nothing was posted.
    """
    if receipt.node not in {node.node_id for node in books.nodes()}:
        raise unknown_node(receipt.node)
    _check_serials(receipt)
    known = books.products(receipt.units)
    purchase, left = _against(receipt, arrivals)
    for kind, part in _parts(receipt, against=purchase is not None):
        if kind in left or purchase is None:
            step = Arrival(
                receipt, kind, part, actor, clock.now(), books, arrivals, purchase is not None
            )
            until_unchanged(partial(step.post, known))
    return books.levels_at(receipt.places)


def first_kind(node: NodeId) -> str:
    """The mark that every receipt at `node` without a named delivery begins with."""
    return Receipt("", node, ()).kind(0)


def _against(
    receipt: Receipt, arrivals: Arrivals | None
) -> tuple[Consignment | None, Collection[str]]:
    """The purchase order, and the kinds of parts still to be posted. Raises OverReceipt."""
    purchase = arrivals.consignments.find(receipt.reference) if arrivals else None
    if purchase is None or arrivals is None:
        return None, ()
    if purchase.purpose is not Purpose.PURCHASE:
        raise Refused(f"{receipt.reference} is a transfer", "reference-reused")
    if purchase.node != receipt.node:
        detail = FieldError("/node", "wrong-node", f"it is for {purchase.node}")
        raise Invalid("the purchase order is for another node", [detail], "wrong-node")
    done = arrivals.consignments.posted(receipt.reference)
    parts = dict(_parts(receipt, against=True))
    if any(done.get(kind, receipt.digest) != receipt.digest for kind in parts):
        raise Refused(f"{receipt.reference} was posted with other content", "reference-reused")
    left = [kind for kind in parts if kind not in done]
    purchase.check_room(units_of([line for kind in left for line in parts[kind]]))
    return purchase, left


def _parts(receipt: Receipt, *, against: bool) -> Iterator[tuple[str, tuple[ReceiptLine, ...]]]:
    """The lines by transaction, and the name of each. A SKU is in a transaction once."""
    part, weight, number = list[ReceiptLine](), 0, 0
    for line in receipt.merged:
        more = _weight(line, against)
        if part and (weight + more > ACTIONS or line.sku in {each.sku for each in part}):
            yield receipt.kind(number), tuple(part)
            part, weight, number = [], 0, number + 1
        part.append(line)
        weight += more
    yield receipt.kind(number), tuple(part)


def _weight(line: ReceiptLine, against: bool) -> int:
    """Level, movement and catalogue row; the lot; the order's line and what it expects."""
    of_order = (4 if line.lot else 2) if against else 0
    return 3 + bool(line.lot) + of_order + len(line.serials)


def _joined(one: ReceiptLine, other: ReceiptLine) -> ReceiptLine:
    serials = tuple(sorted((*one.serials, *other.serials)))
    return replace(one, quantity=one.quantity + other.quantity, serials=serials)


def _slices(line: ReceiptLine) -> Iterator[ReceiptLine]:
    """`line`, in pieces when its serials are more than a transaction holds."""
    if not line.serials:
        yield line
    for start in range(0, len(line.serials), SERIALS):
        serials = line.serials[start : start + SERIALS]
        yield replace(line, quantity=len(serials), serials=serials)


def _check_serials(receipt: Receipt) -> None:
    errors, seen = list[FieldError](), set[tuple[Sku, str]]()
    for number, line in enumerate(receipt.lines):
        named = {(line.sku, each) for each in line.serials}
        if line.serials and not len(line.serials) == len(named - seen) == line.quantity:
            at = f"/lines/{number}/serials"
            errors.append(FieldError(at, "serials-differ", "one of its own for each unit"))
        seen |= named
    if errors:
        raise Invalid("the serials do not fit the units", errors, "serials-differ")
