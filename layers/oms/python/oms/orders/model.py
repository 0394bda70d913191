"""The order: where it stands (`Order`). What was bought is its `Content` (`content.py`).

`Order` is one consistency boundary. Its stage, holds, allocation, shipments, money records
and timeline are one document with a version, so one conditional write changes them together
and two callers racing (cancel against ship, a click made twice) have exactly one winner.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from oms.fulfilment.model import Parcel, Shipment
from oms.inventory.shelves import GENERAL, Shelf
from oms.inventory.waiting import Waiting
from oms.kernel.errors import NotFound
from oms.kernel.ids import LineId, NodeId, OrderId, Sku
from oms.orders.content import Content, PaymentTerms, Verdict
from oms.payments.model import Settlement


class Stage(StrEnum):
    """Where an order stands on its way. Holds lie over a stage and never replace it."""

    CAPTURED = "CAPTURED"
    VALIDATED = "VALIDATED"
    BACKORDERED = "BACKORDERED"
    ALLOCATED = "ALLOCATED"
    AUTHORIZED = "AUTHORIZED"
    CONFIRMED = "CONFIRMED"
    RELEASED = "RELEASED"
    PARTIALLY_SHIPPED = "PARTIALLY_SHIPPED"
    SHIPPED = "SHIPPED"
    DELIVERED = "DELIVERED"
    CLOSED = "CLOSED"
    CANCELLED = "CANCELLED"
    REJECTED = "REJECTED"


FINAL = frozenset({Stage.CLOSED, Stage.CANCELLED, Stage.REJECTED})
# The stages that the intake workflow works through, in its order.
INTAKE = (Stage.CAPTURED, Stage.VALIDATED, Stage.BACKORDERED, Stage.ALLOCATED, Stage.AUTHORIZED)


class HoldKind(StrEnum):
    """Why an order waits for a person. Each hold is one task of operations."""

    ADDRESS = "ADDRESS"  # no deliverable address
    CUSTOMER = "CUSTOMER"  # contact data missing or malformed
    SKU = "SKU"  # a line that names no product we know
    TOTALS = "TOTALS"  # the channel's figures do not add up beyond rounding
    PAYMENT = "PAYMENT"  # not paid, or the charge was declined
    REVIEW = "REVIEW"  # the fraud screen wants a person
    MANUAL = "MANUAL"  # somebody put it on hold
    LATE = "LATE"  # overdue: tells, does not block
    CREDIT = "CREDIT"  # a business buyer would owe more than its limit
    SHORTAGE = "SHORTAGE"  # units that were promised to it were sold over a counter
    CHANGED = "CHANGED"  # the channel changed what we cannot change any more
    ATTENTION = "ATTENTION"  # an undo failed or the rules do not know how to go on


TELLS_ONLY = frozenset({HoldKind.LATE})


@dataclass(frozen=True, slots=True)
class Hold:
    """`number` is unique in the order and never used again; `until` is when it lapses."""

    number: int
    kind: HoldKind
    reason: str
    since: datetime
    until: datetime | None = None
    owner: str = ""
    subject: str = ""  # the line or shipment it is about


@dataclass(frozen=True, slots=True)
class Leg:
    """Units of one line promised from one shelf of a node. Reserved until shipped or released.

    Part 2 of a kit in line 3 is line `3.2`, and `sku` is the part's. `delivers_on` is the day
    (ISO) that was promised for it; empty when none could be.
    """

    line_id: LineId
    sku: Sku
    node: NodeId
    quantity: int
    shelf: Shelf = GENERAL
    delivers_on: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the timeline. `seq` starts at 1 and has no gaps."""

    seq: int
    at: datetime
    actor: str
    event: str
    detail: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Screening:
    """What the fraud screen said. `cleared_by` names who overruled a REVIEW."""

    score: int
    verdict: Verdict
    reasons: tuple[str, ...] = ()
    cleared_by: str = ""


# --- where it stands -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Order:
    """The state of one order. Immutable: every change gives a new one.

    `version` is the one stored when this was loaded (0: not stored yet). `intake` is the
    number of the newest intake execution wanted; its name is `{order_id}-{intake}`.
    `waived` are the checks that a person decided to let pass; `stuck` counts how often the
    sweeper took the order on since its stage last moved.
    `waiting` are its places in the lines for stock that is not there yet; `not_before` is when
    it may first be promised stock, `expected_on` the day (ISO) by which the rest should come.
    `promised_on` is the day by which the customer has it all; the timeline keeps earlier ones.
    `channel_version` is when the channel last changed what we know of it, and
    `channel_refunded_minor` what it has given back.
    `worklist` and `due_at` are set by the store (`oms.orders.agenda`) and by nobody else.
    """

    order_id: OrderId
    number: str
    channel: str
    account: str
    external_id: str
    currency: str
    total_minor: int
    captured_at: datetime
    stage: Stage = Stage.CAPTURED
    intake: int = 1
    holds: tuple[Hold, ...] = ()
    next_hold: int = 1
    legs: tuple[Leg, ...] = ()
    waiting: tuple[Waiting, ...] = ()
    not_before: datetime | None = None
    expected_on: str = ""
    promised_on: str = ""
    avoid_nodes: tuple[NodeId, ...] = ()
    waived: tuple[HoldKind, ...] = ()
    stuck: int = 0
    screening: Screening | None = None
    settlement: Settlement = Settlement()
    shipments: tuple[Shipment, ...] = ()
    delivered_at: datetime | None = None
    release_at: datetime | None = None
    correlation_id: str = ""
    channel_version: datetime | None = None
    channel_refunded_minor: int = 0
    worklist: str = ""
    due_at: datetime | None = None
    timeline: tuple[Entry, ...] = ()
    version: int = 0

    # reading

    @property
    def is_final(self) -> bool:
        return self.stage in FINAL

    @property
    def blocked(self) -> bool:
        return any(hold.kind not in TELLS_ONLY for hold in self.holds)

    @property
    def status(self) -> str:
        """The one word that lists and customers see: the hold over the stage, if any."""
        kinds = {hold.kind for hold in self.holds} - TELLS_ONLY
        if self.is_final or not kinds:
            return self.stage.value
        if HoldKind.ATTENTION in kinds:
            return "NEEDS_ATTENTION"
        return "IN_REVIEW" if HoldKind.REVIEW in kinds else "ON_HOLD"

    def charges_card(self, content: Content) -> bool:
        """Whether we collect the money: there is some, by card, and nobody said that it is paid."""
        by_card = content.terms is PaymentTerms.CARD and bool(content.totals.total)
        return by_card and HoldKind.PAYMENT not in self.waived

    def hold(self, kind: HoldKind) -> Hold | None:
        return next((hold for hold in self.holds if hold.kind is kind), None)

    def hold_numbered(self, number: int) -> Hold | None:
        return next((hold for hold in self.holds if hold.number == number), None)

    def shipment(self, number: int) -> Shipment | None:
        return next((each for each in self.shipments if each.number == number), None)

    def parcel(self, shipment: int, parcel: int) -> tuple[Shipment, Parcel]:
        """A parcel and the shipment it is in. Raises NotFound."""
        there = self.shipment(shipment)
        box = there.parcel(parcel) if there else None
        if there is None or box is None:
            raise NotFound(f"no parcel {shipment}.{parcel} of order {self.order_id}")
        return there, box

    # changing

    def with_shipment(self, changed: Shipment) -> Order:
        """Put `changed` in the place of the shipment of its number, or at the end."""
        others = (each for each in self.shipments if each.number != changed.number)
        ordered = sorted((*others, changed), key=lambda each: each.number)
        return replace(self, shipments=tuple(ordered))

    def with_hold(
        self, kind: HoldKind, reason: str, at: datetime, until: datetime | None, subject: str = ""
    ) -> Order:
        """Add a hold, unless the very same reason for it stands already."""
        if any((h.kind, h.reason, h.subject) == (kind, reason, subject) for h in self.holds):
            return self
        hold = Hold(self.next_hold, kind, reason, at, until, subject=subject)
        return replace(self, holds=(*self.holds, hold), next_hold=self.next_hold + 1)

    def without_holds(self, numbers: Iterable[int]) -> Order:
        gone = set(numbers)
        return replace(self, holds=tuple(hold for hold in self.holds if hold.number not in gone))

    def on_time(self) -> Order:
        """Whatever was late has happened: the notes that only tell are gone."""
        return self.without_holds(hold.number for hold in self.holds if hold.kind in TELLS_ONLY)

    def noted(self, event: str, actor: str, at: datetime, **detail: Any) -> Order:
        """Append one entry to the timeline."""
        seq = self.timeline[-1].seq + 1 if self.timeline else 1
        kept = {key: value for key, value in detail.items() if value not in (None, "", ())}
        return replace(self, timeline=(*self.timeline, Entry(seq, at, actor, event, kept)))
