"""The order: what was bought (`Content`) and where it stands (`Order`).

`Order` is one consistency boundary. Its stage, holds, allocation, shipments, money records
and timeline are one document with a version, so one conditional write changes them together
and two callers racing (cancel against ship, a click made twice) have exactly one winner.
`Content` is written at capture and touched again only by a correction.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from oms.fulfilment.model import Parcel, Shipment
from oms.kernel.address import Address, Customer
from oms.kernel.errors import NotFound
from oms.kernel.ids import LineId, NodeId, OrderId, Sku
from oms.kernel.money import Money, total
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
    """Units of one line promised from one node. Reserved until shipped or released."""

    line_id: LineId
    sku: Sku
    node: NodeId
    quantity: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the timeline. `seq` starts at 1 and has no gaps."""

    seq: int
    at: datetime
    actor: str
    event: str
    detail: dict[str, Any] = field(default_factory=dict)


class Verdict(StrEnum):
    ACCEPT = "ACCEPT"
    REVIEW = "REVIEW"
    REJECT = "REJECT"


@dataclass(frozen=True, slots=True)
class Screening:
    """What the fraud screen said. `cleared_by` names who overruled a REVIEW."""

    score: int
    verdict: Verdict
    reasons: tuple[str, ...] = ()
    cleared_by: str = ""


# --- what was bought -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Line:
    """`unit_price` is before discount; `discount` and `tax` are for the whole line.

    `sku` is empty when the channel named none: that line makes a SKU hold. `external_id` is
    the channel's own id of the line. Lines that need no shipping are never allocated.
    """

    line_id: LineId
    sku: Sku
    title: str
    quantity: int
    unit_price: Money
    discount: Money
    tax: Money
    external_id: str = ""
    needs_shipping: bool = True


class PaymentTerms(StrEnum):
    """Who collects the money."""

    PAID_IN_CHANNEL = "PAID_IN_CHANNEL"
    AUTHORIZED_IN_CHANNEL = "AUTHORIZED_IN_CHANNEL"
    UNPAID_IN_CHANNEL = "UNPAID_IN_CHANNEL"  # pending or part-paid: wait for the channel
    CARD = "CARD"  # we authorise and capture `payment_method`
    ON_ACCOUNT = "ON_ACCOUNT"  # invoice; nothing is charged here


@dataclass(frozen=True, slots=True)
class Totals:
    """Our own sums, and the channel's grand total as it gave it."""

    items: Money
    discount: Money
    shipping: Money
    tax: Money
    total: Money
    channel_total: Money

    @property
    def variance(self) -> Money:
        return self.channel_total - self.total


class ChannelState(StrEnum):
    """What the channel says already happened to the order."""

    OPEN = "OPEN"
    CANCELLED = "CANCELLED"
    FULFILLED = "FULFILLED"
    TEST = "TEST"


@dataclass(frozen=True, slots=True)
class Content:
    """What the customer bought, from whom we have it, and where it goes."""

    lines: tuple[Line, ...]
    customer: Customer
    shipping_address: Address | None
    billing_address: Address | None
    totals: Totals
    terms: PaymentTerms
    payment_method: str = ""
    card_country: str = ""
    channel_risk: Verdict | None = None
    channel_state: ChannelState = ChannelState.OPEN
    placed_at: datetime | None = None

    def line(self, line_id: str) -> Line | None:
        return next((line for line in self.lines if line.line_id == line_id), None)

    @property
    def customer_name(self) -> str:
        return self.customer.name or (self.shipping_address.name if self.shipping_address else "")

    @property
    def shippable(self) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.needs_shipping)


def own_totals(lines: Iterable[Line], shipping: Money, channel_total: Money | None) -> Totals:
    """Sum `lines`. Without a channel total (our own API) there is nothing to differ from."""
    lines, currency = tuple(lines), shipping.currency
    items = total((line.unit_price * line.quantity for line in lines), currency)
    discount = total((line.discount for line in lines), currency)
    tax = total((line.tax for line in lines), currency)
    grand = items - discount + shipping + tax
    told = grand if channel_total is None else channel_total
    return Totals(items, discount, shipping, tax, grand, told)


# --- where it stands -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Order:
    """The state of one order. Immutable: every change gives a new one.

    `version` is the one stored when this was loaded (0: not stored yet). `intake` is the
    number of the newest intake execution wanted; its name is `{order_id}-{intake}`.
    `waived` are the checks that a person decided to let pass; `stuck` counts how often the
    sweeper took the order on since its stage last moved.
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
    avoid_nodes: tuple[NodeId, ...] = ()
    waived: tuple[HoldKind, ...] = ()
    stuck: int = 0
    screening: Screening | None = None
    settlement: Settlement = Settlement()
    shipments: tuple[Shipment, ...] = ()
    delivered_at: datetime | None = None
    release_at: datetime | None = None
    correlation_id: str = ""
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
