"""Capture: from the outside to one durable order, however often it is sent.

One transaction writes the raw delivery under the order's business key, the order, its
content, its tracking key and with them the first event. Whoever comes second, at the same
instant or a year later, fails on the business key and is told the first one's order.
"""

from __future__ import annotations

from dataclasses import dataclass

from oms.inventory.reservation import HoldEnded, HoldState
from oms.kernel.clock import Clock
from oms.kernel.errors import Invalid
from oms.kernel.ids import OrderId, new_ulid
from oms.orders.adopt_hold import AdoptHold, Adoption, lapsed
from oms.orders.content import Content
from oms.orders.model import Order
from oms.orders.ports import AlreadyCaptured, Inbound, OrderStore, RawDelivery
from oms.platform.unit import Committer
from oms.tracking.token import TrackingTokens


@dataclass(frozen=True, slots=True)
class NewOrder:
    """An order as it came in. Without an `external_id` its own id serves as one."""

    channel: str
    account: str
    external_id: str
    number: str
    currency: str
    content: Content


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
    ) -> Captured:
        """With a `hold` the order takes over a cart's units in the same transaction.

        Raises Invalid `idempotency-key-reused` when the key came with another body before, or
        whatever is wrong with the hold.
        """
        adoption = self._adopted(self._order(new, correlation_id), new.content, hold)
        try:
            return self._capture(new, adoption, delivery, key)
        except HoldEnded:
            # It ended between our look and our write.
            order = self._order(new, correlation_id)
            return self._capture(new, self._too_late(order, new.content, hold), delivery, key)

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
    ) -> Captured:
        order, content = adoption.order, adoption.content
        token = self.tokens.token(order.order_id)
        stored, writes = self.orders.first_writes(order, content, self.tokens.hash(token))
        writes.extend(adoption.writes)
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
        )
        return order.noted(
            "OrderCaptured", f"channel:{new.channel}/{new.account}", now, intake=order.intake
        )

    def _repeat(self, new: NewOrder, delivery: RawDelivery, known: AlreadyCaptured) -> Captured:
        if known.by_key and known.digest != delivery.digest:
            raise Invalid(
                "this Idempotency-Key was used with another body", code="idempotency-key-reused"
            )
        if known.digest != delivery.digest:
            self.inbound.later(new.channel, new.account, new.external_id, delivery)
        return Captured(known.order_id, self.tokens.token(known.order_id), duplicate=True)
