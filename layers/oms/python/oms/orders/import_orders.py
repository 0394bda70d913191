"""Orders of the past, taken over from the shop or system that dealt with them.

Each becomes history in one transaction: the order at its last stage, under the business key that
a webhook about it would have. So nothing is sent, charged, promised or told; a repeat changes
nothing; and a message of the channel that comes later is about an order that is known.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from oms.fulfilment.model import Parcel, ParcelLine, ParcelState, Shipment, ShipmentLine
from oms.kernel.clock import Clock, iso
from oms.kernel.ids import LineId, NodeId, OrderId, new_ulid
from oms.orders.capture import NewOrder
from oms.orders.content import ChannelState, Content
from oms.orders.model import Order, Stage
from oms.orders.ports import AlreadyCaptured, Inbound, OrderStore, RawDelivery
from oms.platform.unit import Committer
from oms.tracking.token import TrackingTokens

# Whatever a channel says is over stays over; who sends it, or sent it, is not asked.
_STAGES = {
    ChannelState.FULFILLED: Stage.CLOSED,
    ChannelState.HANDED_OVER: Stage.CLOSED,
    ChannelState.ELSEWHERE: Stage.CLOSED,
    ChannelState.CANCELLED: Stage.CANCELLED,
}
NOT_FINISHED = "not-finished"
_EARLIEST = 1990
_LONGEST_DETAIL = 200


@dataclass(frozen=True, slots=True)
class PastShipment:
    """A parcel that left long ago. `units` by line."""

    node: str
    carrier: str
    tracking_number: str
    shipped_at: datetime
    units: tuple[tuple[LineId, int], ...]


@dataclass(frozen=True, slots=True)
class PastOrder:
    """`document` is what it was read from."""

    new: NewOrder
    document: bytes
    shipments: tuple[PastShipment, ...] = ()


class ImportedAs(StrEnum):
    CREATED = "created"
    KNOWN = "known"  # from an import before, or from the channel
    SKIPPED = "skipped"  # it is open in the channel, and the caller wants no word of those
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of the order at `index` of the call. `pointer` is into the order's JSON."""

    index: int
    outcome: ImportedAs
    external_id: str = ""
    order_id: str = ""
    code: str = ""
    pointer: str = ""
    detail: str = ""


class Unfit(Exception):
    """What a reader of documents raises for one that is no order, or none of the past."""

    def __init__(self, code: str, pointer: str, detail: str, external_id: str = "") -> None:
        super().__init__(detail)
        self.code, self.pointer, self.detail = code, pointer, detail[:_LONGEST_DETAIL]
        self.external_id = external_id


Reader = Callable[[Any], PastOrder]  # raises Unfit


@dataclass(frozen=True, slots=True)
class ImportOrders:
    orders: OrderStore
    inbound: Inbound
    database: Committer
    tokens: TrackingTokens
    clock: Clock

    def __call__(
        self, documents: Sequence[Any], read: Reader, actor: str, *, skip_open: bool = False
    ) -> Iterator[Imported]:
        """One outcome for each document, in their order. Each is stored by itself: whoever is
        interrupted begins again, and what was stored is known.

        Raises Unavailable.
        """
        for index, document in enumerate(documents):
            try:
                past = read(document)
                yield self._import(index, past, past_order(past, actor, self.clock.now()))
            except Unfit as problem:
                yield _refused(index, problem, skip_open)

    def _import(self, index: int, past: PastOrder, order: Order) -> Imported:
        external_id = past.new.external_id
        try:
            self._store(order, past)
        except AlreadyCaptured as known:
            return Imported(index, ImportedAs.KNOWN, external_id, known.order_id)
        return Imported(index, ImportedAs.CREATED, external_id, order.order_id)

    def _store(self, order: Order, past: PastOrder) -> None:
        """Raises AlreadyCaptured."""
        token = self.tokens.token(order.order_id)
        content = past.new.content
        stored, writes = self.orders.first_writes(order, content, self.tokens.hash(token))
        raw = RawDelivery(
            body=past.document,
            digest=hashlib.sha256(past.document).hexdigest(),
            topic="import",
            version_at=past.new.version_at,
        )
        self.database.commit([self.inbound.first(stored, raw), *writes])


def _refused(index: int, problem: Unfit, skip_open: bool) -> Imported:
    skips = skip_open and problem.code == NOT_FINISHED
    return Imported(
        index,
        ImportedAs.SKIPPED if skips else ImportedAs.REFUSED,
        problem.external_id,
        code=problem.code,
        pointer=problem.pointer,
        detail=problem.detail,
    )


def past_order(past: PastOrder, actor: str, now: datetime) -> Order:
    """The order as history. It stands on the day on which it was placed, so that lists show it
    there. Raises Unfit `not-finished` or `test-order`."""
    new, stage = past.new, _stage(past.new)
    at = _moment(new.content, now)
    order_id = OrderId(new_ulid(at))
    order = Order(
        order_id=order_id,
        number=new.number or new.external_id,
        channel=new.channel,
        account=new.account,
        external_id=new.external_id,
        currency=new.currency,
        total_minor=new.content.totals.total.amount_minor,
        captured_at=at,
        stage=stage,
        shipments=tuple(_shipments(past)),
        channel_version=new.version_at,
        channel_refunded_minor=new.refunded_minor,
    )
    return order.noted(
        "OrderImported",
        actor,
        now,
        source=f"{new.channel}/{new.account}",
        channel_state=new.content.channel_state.value,
        placed_at=iso(new.content.placed_at) if new.content.placed_at else "",
        refunded_minor=new.refunded_minor or None,
    )


def _stage(new: NewOrder) -> Stage:
    state = new.content.channel_state
    if state is ChannelState.TEST:
        raise Unfit("test-order", "", "a test of the channel is no history", new.external_id)
    if state not in _STAGES:
        raise Unfit(NOT_FINISHED, "", "the order is open in its channel", new.external_id)
    return _STAGES[state]


def _moment(content: Content, now: datetime) -> datetime:
    """When it was placed, if that can be."""
    placed_at = content.placed_at
    possible = placed_at is not None and placed_at.year >= _EARLIEST and placed_at <= now
    return placed_at if placed_at and possible else now


def _shipments(past: PastOrder) -> Iterator[Shipment]:
    """Everybody was told and paid long ago."""
    skus = {line.line_id: line.sku for line in past.new.content.lines}
    for number, each in enumerate(past.shipments, start=1):
        parcel = Parcel(
            number=1,
            lines=tuple(ParcelLine(line, skus[line], units) for line, units in each.units),
            weight_g=0,
            state=ParcelState.DELIVERED,
            carrier=each.carrier,
            tracking_number=each.tracking_number,
            shipped_at=each.shipped_at,
            paid=True,
            customer_told=True,
            channel_told=True,
        )
        lines = tuple(ShipmentLine(line, skus[line], n, n, n) for line, n in each.units)
        yield Shipment(number, NodeId(each.node), lines, each.shipped_at, (parcel,))
