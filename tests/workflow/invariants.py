"""What must hold in a world whatever happened to it, by everybody's books.

`violations(world)` lists what does not. S, M, O, L and A are the laws of the reliability design:
stock against its movements, its holders and its waiting line, our money against the provider's,
orders against the transition table, labels against the carrier's books, messages against what
was sent.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from local.standins.stripe_ledger import Intent
from oms.fulfilment.model import Parcel, ParcelState, Shipment
from oms.inventory.items import (
    GIVING,
    PART,
    SELLING,
    TAKING,
    WORK,
    hold_of,
    is_level,
    level_of,
    movement_of,
    moves_of_part,
    selling_of,
    waiting_of,
)
from oms.inventory.model import Claim, Level, Movement, Place, demand, rebuilt
from oms.inventory.reservation import HoldState, Reservation
from oms.inventory.shelves import OVERSOLD, row_of
from oms.inventory.work_store import MOST_PAIRS
from oms.kernel.ids import shipment_id
from oms.orders.agenda import worklist_of
from oms.orders.content import Content, PaymentTerms
from oms.orders.model import Order, Stage
from oms.orders.store import content_from_item, order_from_item
from oms.orders.transitions import TABLE
from oms.payments.model import RecordKind
from tests.workflow.world import World

_MOVEMENTS = ("MOVEMENTS#", "HOT-MOVEMENTS#")
_GONE = (ParcelState.SHIPPED, ParcelState.DELIVERED)
_EDGES = {(source, row.target) for row in TABLE for source in row.sources if row.target}


@dataclass
class Books:
    """A world's tables and the outside's books, read once."""

    world: World

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        return self.world.rows(self.world.tables.orders)

    @cached_property
    def parcels(self) -> dict[str, tuple[str, int, int]]:
        return {
            row["pk"].removeprefix("P#"): (row["order_id"], row["shipment"], row["parcel"])
            for row in self.rows
            if row["pk"].startswith("P#")
        }

    @cached_property
    def orders(self) -> dict[str, tuple[Order, Content, dict[str, Any]]]:
        contents = {r["pk"]: content_from_item(r) for r in self.rows if r["sk"] == "CONTENT"}
        return {
            row["pk"]: (order_from_item(row), contents[row["pk"]], row)
            for row in self.rows
            if row["sk"] == "ORDER"
        }

    @cached_property
    def stock(self) -> list[dict[str, Any]]:
        return self.world.rows(self.world.tables.stock)

    @cached_property
    def holds(self) -> list[Reservation]:
        return [hold_of(row) for row in self.stock if row["pk"].startswith("HOLD#")]

    @cached_property
    def parts(self) -> list[dict[str, Any]]:
        """What works under way have still to do; the parts of an ended work are rubbish."""
        under_way = {
            row["pk"]: row["mark"]
            for row in self.stock
            if row["sk"] == WORK and row["state"] in (TAKING, GIVING)
        }
        parts = (row for row in self.stock if row["sk"].startswith(PART))
        return [part for part in parts if under_way.get(part["pk"]) == part["mark"]]

    @cached_property
    def undone_moves(self) -> list[Movement]:
        now = self.world.clock.now()
        return [
            move
            for part in self.parts
            if "moves" in part
            for move in moves_of_part(part, now)[part.get("done", 0) * MOST_PAIRS :]
        ]

    @cached_property
    def unwritten_lines(self) -> set[str]:
        """SKUs of whose waiting line something is still to be written."""
        plain = (write for part in self.parts for write in part.get("writes", ()))
        return {write["key"]["pk"].partition("#")[2] for write in plain}

    def intents_of(self, order: Order) -> list[Intent]:
        made = self.world.stripe.ledger.intents.values()
        return [each for each in made if each.metadata.get("oms_order") == order.order_id]


def violations(world: World, *, healed: bool = True) -> list[str]:
    """Every law that is broken. `healed`: nothing is under way, so both sides' books agree."""
    if healed:
        world.run()
    books = Books(world)
    found = [*_stock(books), *_waiting(books), *_history(world)]
    for order, content, row in books.orders.values():
        laws = [*_order(order, row), *_parcels(books, order, content)]
        if healed:
            laws += [*_money(books, order, content), *_labels(books, order)]
        found += [f"{order.order_id} {law}" for law in laws]
    return [*found, *_index(books)] if healed else found


def check(world: World, *, healed: bool = True) -> None:
    assert not (broken := violations(world, healed=healed)), "\n".join(broken)


# --- stock ---------------------------------------------------------------------------


def _stock(books: Books) -> Iterator[str]:
    levels = {
        level.place: level for row in books.stock if is_level(row) for level in (level_of(row),)
    }
    moves = [movement_of(row) for row in books.stock if row["pk"].startswith(_MOVEMENTS)]
    for place, level in rebuilt(moves).items():
        if (there := levels.get(place)) is None or _figures(there) != level:
            yield f"S1 {place}: {there} is not what its movements make: {level}"
    for place, level in levels.items():
        if not level.is_sound or level.available < 0:
            yield f"S2 {place}: {level}"
    taken = _taken(books)
    for bucket in ("reserved", "oversold"):
        for place in levels.keys() | taken[bucket].keys():
            counted = getattr(levels.get(place, Level(*place[:2], shelf=place[2])), bucket)
            if counted != taken[bucket][place]:
                yield f"S3 {place}: {counted} {bucket}, {taken[bucket][place]} are held"


def _figures(level: Level) -> Level:
    """Without what no movement tells: a lot's last day, and whether it is recalled."""
    return replace(level, expires_on="", blocked=False)


def _taken(books: Books) -> dict[str, Counter[Place]]:
    """What holds units of which row of the books: orders, carts, and work that is under way."""
    claims: list[Claim] = [leg for order, _, _ in books.orders.values() for leg in order.legs]
    claims += [
        claim for hold in books.holds if hold.state is HoldState.HELD for claim in hold.claims
    ]
    taken: dict[str, Counter[Place]] = {"reserved": Counter(), "oversold": Counter()}
    for (sku, node, shelf), units in demand(claims).items():
        taken["reserved"][sku, node, row_of(shelf)] += units
        if shelf == OVERSOLD:
            taken["oversold"][sku, node, row_of(shelf)] += units
    for move in books.undone_moves:
        for bucket, counted in taken.items():
            counted[move.place] -= move.changes.get(bucket, 0)
    return taken


def _waiting(books: Books) -> Iterator[str]:
    """The line of a SKU, the counter beside it and the orders in it say the same."""
    rows = (row for row in books.stock if row["pk"].startswith("WAITING#"))
    line = {each for each in map(waiting_of, rows) if each.sku not in books.unwritten_lines}
    told = {
        each
        for order, _, _ in books.orders.values()
        for each in order.waiting
        if each.sku not in books.unwritten_lines
    }
    if line != told:
        yield f"S9 in line only: {line - told}; in orders only: {told - line}"
    units: Counter[str] = Counter()
    for each in line:
        units[each.sku] += each.units
    terms = (row for row in books.stock if row["pk"].startswith("SKU#") and row["sk"] == SELLING)
    counted = {each.sku: each.waiting for each in map(selling_of, terms)}
    for sku in (counted.keys() | units.keys()) - books.unwritten_lines:
        if counted.get(sku, 0) != units[sku]:
            yield f"S9 {sku}: {counted.get(sku, 0)} counted as waiting, {units[sku]} in line"


# --- one order -----------------------------------------------------------------------


def _order(order: Order, row: dict[str, Any]) -> Iterator[str]:
    if [entry.seq for entry in order.timeline] != list(range(1, len(order.timeline) + 1)):
        yield "REG-01 the timeline has gaps"
    wanted = worklist_of(order)
    if not order.is_final and wanted is None:
        yield "VAL-07 it is not final and on no worklist"
    if (order.worklist or None) != (wanted.value if wanted else None):
        yield f"VAL-07 it stands on {order.worklist!r}, belongs on {wanted}"
    if bool(row.get("worklist")) != bool(wanted) or bool(row.get("due_at")) != bool(wanted):
        yield "VAL-07 its row does not say when it is due"
    if order.is_final and (order.legs or order.waiting):
        yield "S4 it is final and holds stock, or waits for it"
    ended = order.stage in (Stage.CANCELLED, Stage.REJECTED)
    gone = [box for each in order.shipments for box in each.parcels if box.state in _GONE]
    if ended and (gone or any(each.is_live for each in order.shipments)):
        yield "L4 it ended, and a parcel left"


def _history(world: World) -> Iterator[str]:
    """O2: versions rise by one, stages move along the table, the timeline only grows."""
    seen: dict[str, Order] = {}
    for order in world.each_write():
        before = seen.get(order.order_id)
        seen[order.order_id] = order
        if before is None:
            continue
        if order.version != before.version + 1:
            yield f"{order.order_id} O2 version {before.version} became {order.version}"
        if order.stage is not before.stage and (before.stage, order.stage) not in _EDGES:
            yield f"{order.order_id} O2 {before.stage} became {order.stage}"
        if order.timeline[: len(before.timeline)] != before.timeline:
            yield f"{order.order_id} REG-01 the timeline was rewritten"


# --- parcels and labels ----------------------------------------------------------------


def _live(order: Order) -> Iterator[tuple[Shipment, Parcel]]:
    return ((each, box) for each in order.shipments if each.is_live for box in each.parcels)


def _parcels(books: Books, order: Order, content: Content) -> Iterator[str]:
    boxed: Counter[str] = Counter()
    for _, box in _live(order):
        for line in box.lines:
            boxed[line.line_id] += line.quantity
    for line in content.lines:
        if boxed[line.line_id] > line.quantity:
            yield f"L2 line {line.line_id}: {boxed[line.line_id]} packed of {line.quantity}"
    for shipment in order.shipments:
        for each in shipment.lines:
            if not 0 <= each.packed <= each.picked <= each.quantity:
                yield f"L2 shipment {shipment.number}: {each}"
    numbers = [box.tracking_number for _, box in _live(order) if box.tracking_number]
    if len(set(numbers)) != len(numbers):
        yield f"L3 a number stands on two parcels: {numbers}"
    for shipment, box in _live(order):
        place = (order.order_id, shipment.number, box.number)
        if box.tracking_number and books.parcels.get(box.tracking_number) != place:
            yield f"L3 {box.tracking_number} does not lead to {place}"


def _labels(books: Books, order: Order) -> Iterator[str]:
    live = books.world.carrier.live
    for shipment, box in _live(order):
        sold = live.get(f"{shipment_id(order.order_id, shipment.number)}#label#{box.number}", [])
        numbers = [label.tracking_number for label in sold]
        if box.state is ParcelState.PACKED and numbers and not order.blocked:
            yield f"L1 parcel {box.number} has no label, the carrier sold {numbers}"
        if box.tracking_number and numbers != [box.tracking_number]:
            yield f"L1 parcel {box.number} has {box.tracking_number}, the carrier sold {numbers}"
        told = books.world.mail.told(box.tracking_number) if box.tracking_number else 0
        if told > 1:
            yield f"A4 {told} mails about {box.tracking_number}"
        if box.state in _GONE and not box.paid and not order.blocked:
            yield f"M3 parcel {box.number} left unpaid"


# --- money -----------------------------------------------------------------------------


def _money(books: Books, order: Order, content: Content) -> Iterator[str]:
    intents, ours = books.intents_of(order), order.settlement
    captured = sum(each.captured for each in intents)
    refunded = sum(each.refunded for each in intents)
    held = [each for each in intents if each.status == "requires_capture"]
    total = content.totals.total.amount_minor
    if not 0 <= refunded <= captured <= total:
        yield f"M1 {captured} captured and {refunded} refunded of {total}"
    if ours.pending:
        yield f"M2 records stay open: {[each.intent for each in ours.pending]}"
    for kind, theirs in ((RecordKind.CAPTURE, captured), (RecordKind.REFUND, refunded)):
        if (known := ours.done(kind, order.currency).amount_minor) != theirs:
            yield f"M2 {kind}: {known} in our books, {theirs} at the provider"
    if len(held) > 1:
        yield f"M4 held {len(held)} times"
    standing = ours.open_authorization
    if held and (standing is None or held[0].id != standing.provider_id):
        yield "M2 the provider holds money that our books do not know"
    if order.stage in (Stage.CANCELLED, Stage.REJECTED) and (held or captured != refunded):
        yield "M3 it ended, and the customer's money is not back"
    by_card = content.terms is PaymentTerms.CARD and order.charges_card(content)
    through = order.stage in (Stage.SHIPPED, Stage.DELIVERED, Stage.CLOSED)
    if by_card and through and captured - refunded != total:
        yield f"M3 all shipped, {captured - refunded} of {total} taken"
    promised = order.stage in (Stage.CONFIRMED, Stage.RELEASED) and not order.blocked
    there = sum(each.capturable for each in held) + captured - refunded
    if by_card and promised and there < total:
        yield "VAL-03 confirmed, and the money is not there"


# --- the index ---------------------------------------------------------------------------


def _index(books: Books) -> Iterator[str]:
    counted: Counter[str] = Counter()
    for row in books.world.rows(books.world.tables.order_index):
        if row["pk"] == "COUNTS":
            counted.update({name: n for name, n in row.items() if name not in ("pk", "sk")})
    truth = Counter(order.status for order, _, _ in books.orders.values())
    if +counted != truth or any(n < 0 for n in counted.values()):
        yield f"OPS-01 counted {dict(counted)}, there are {dict(truth)}"
