"""Capture: from the outside to one durable order, however often it is sent.

One transaction writes the raw delivery under the order's business key, the order, its
content, its tracking key and with them the first event. Whoever comes second, at the same
instant or a year later, fails on the business key and is told the first one's order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from oms.inventory.reservation import HoldEnded, HoldState
from oms.kernel.clock import Clock, iso
from oms.kernel.errors import Invalid
from oms.kernel.ids import LineId, OrderId, Sku, new_ulid
from oms.kernel.money import Money
from oms.orders.adopt_hold import AdoptHold, Adoption, lapsed
from oms.orders.content import Content
from oms.orders.model import Order
from oms.orders.ports import AlreadyCaptured, Inbound, OrderStore, RawDelivery
from oms.platform.unit import Committer, Write
from oms.tracking.token import TrackingTokens


@dataclass(frozen=True, slots=True)
class PriceOverride:
    """A person's own price for one unit of a line, instead of what was `listed`; `by` whom, and
    when."""

    line_id: LineId
    sku: Sku
    listed: Money | None
    price: Money
    reason: str
    by: str
    at: datetime


# What else commits with an order that is captured.
Alongside = Callable[[Order], Sequence[Write]]


@dataclass(frozen=True, slots=True)
class NewOrder:
    """An order as it came in. Without an `external_id` its own id serves as one.

    `version_at` is when its channel last changed it, `refunded_minor` what the channel has given
    back of it. `overrides` are prices that a person set: the timeline tells of them.
    """

    channel: str
    account: str
    external_id: str
    number: str
    currency: str
    content: Content
    version_at: datetime | None = None
    refunded_minor: int = 0
    overrides: tuple[PriceOverride, ...] = ()


@dataclass(frozen=True, slots=True)
class Captured:
    order_id: OrderId
    tracking_token: str
    duplicate: bool


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """The caller's own key for its request; scoped to the caller."""

    caller: str
    key: str


@dataclass(frozen=True, slots=True)
class HeldCart:
    """The reservation that an order is placed on, and the caller that made it."""

    reservation_id: str
    owner: str


@dataclass(frozen=True, slots=True)
class CaptureOrder:
    orders: OrderStore
    inbound: Inbound
    database: Committer
    tokens: TrackingTokens
    clock: Clock
    adopt: AdoptHold | None = None

    def __call__(
        self,
        new: NewOrder,
        delivery: RawDelivery,
        *,
        correlation_id: str = "",
        key: IdempotencyKey | None = None,
        hold: HeldCart | None = None,
        alongside: Alongside = lambda order: (),
    ) -> Captured:
        """With a `hold` the order takes over a cart's units in the same transaction, in which the
        writes of `alongside` commit too.

        Raises Invalid `idempotency-key-reused` when the key came with another body before, or
        whatever is wrong with the hold.
        """
        adoption = self._adopted(self._order(new, correlation_id), new.content, hold)
        try:
            return self._capture(new, adoption, delivery, key, alongside)
        except HoldEnded:
            # It ended between our look and our write.
            order = self._order(new, correlation_id)
            late = self._too_late(order, new.content, hold)
            return self._capture(new, late, delivery, key, alongside)

    def _adopted(self, order: Order, content: Content, hold: HeldCart | None) -> Adoption:
        if hold is None or self.adopt is None:
            return Adoption(order, content)
        return self.adopt(order, content, hold.reservation_id, hold.owner)

    def _too_late(self, order: Order, content: Content, hold: HeldCart | None) -> Adoption:
        assert hold and self.adopt, "only an adoption can meet an ended hold"
        ended = self.adopt.ended_as(hold.reservation_id)
        if ended.state is HoldState.COMMITTED:
            raise Invalid("another order has used this reservation", code="reservation-used")
        return Adoption(lapsed(order, ended, self.clock), content)

    def _capture(
        self,
        new: NewOrder,
        adoption: Adoption,
        delivery: RawDelivery,
        key: IdempotencyKey | None,
        alongside: Alongside,
    ) -> Captured:
        order, content = adoption.order, adoption.content
        token = self.tokens.token(order.order_id)
        stored, writes = self.orders.first_writes(order, content, self.tokens.hash(token))
        writes.extend((*adoption.writes, *alongside(stored)))
        writes.insert(0, self.inbound.first(stored, delivery))
        if key:
            writes.insert(
                0, self.inbound.claim_key(key.caller, key.key, order.order_id, delivery.digest)
            )
        try:
            self.database.commit(writes)
        except AlreadyCaptured as known:
            return self._repeat(new, delivery, known)
        return Captured(order.order_id, token, duplicate=False)

    def _order(self, new: NewOrder, correlation_id: str) -> Order:
        now = self.clock.now()
        order_id = OrderId(new_ulid(now))
        order = Order(
            order_id=order_id,
            number=new.number or new.external_id or order_id[-10:],
            channel=new.channel,
            account=new.account,
            external_id=new.external_id or order_id,
            currency=new.currency,
            total_minor=new.content.totals.total.amount_minor,
            captured_at=now,
            correlation_id=correlation_id,
            channel_version=new.version_at,
            channel_refunded_minor=new.refunded_minor,
        )
        order = order.noted(
            "OrderCaptured", f"channel:{new.channel}/{new.account}", now, intake=order.intake
        )
        for each in new.overrides:
            order = _overridden(order, each, now)
        return order

    def _repeat(self, new: NewOrder, delivery: RawDelivery, known: AlreadyCaptured) -> Captured:
        if known.by_key and known.digest != delivery.digest:
            raise Invalid(
                "this Idempotency-Key was used with another body", code="idempotency-key-reused"
            )
        if known.digest != delivery.digest:
            self.inbound.later(new.channel, new.account, new.external_id, delivery)
        return Captured(known.order_id, self.tokens.token(known.order_id), duplicate=True)


def _overridden(order: Order, override: PriceOverride, at: datetime) -> Order:
    listed = override.listed
    return order.noted(
        "PriceOverridden",
        override.by,
        at,
        line_id=override.line_id,
        sku=override.sku,
        listed_minor=listed.amount_minor if listed else None,
        price_minor=override.price.amount_minor,
        currency=override.price.currency,
        reason=override.reason,
        set_at=iso(override.at),
    )
