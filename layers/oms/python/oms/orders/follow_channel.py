"""Follow the channel: what it changed in an order after we had it, by the transition table.

Before the order is with a node, the change is made here too: the promises are given up and the
order goes through intake again with its new content. Later a person is asked. An older
version than the one that we know changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from oms.kernel.clock import Clock
from oms.kernel.errors import Refused
from oms.kernel.ids import OrderId
from oms.kernel.unchanged import until_unchanged
from oms.orders.cancel import EndOrder
from oms.orders.content import ChannelState, Content, PaymentTerms
from oms.orders.hold import resumed
from oms.orders.marks import Part, changed_parts
from oms.orders.model import HoldKind, Order, Stage
from oms.orders.ports import OrderStore, Stock
from oms.orders.promises import given_up, without_promises
from oms.orders.transitions import may, moved

# What validation finds again, if it is still so.
_FOUND_AGAIN = frozenset(
    {HoldKind.ADDRESS, HoldKind.CUSTOMER, HoldKind.SKU, HoldKind.TOTALS, HoldKind.PAYMENT}
)
_MATERIAL = frozenset({Part.LINES, Part.ADDRESS, Part.TOTAL})
_SENT_BY_US = (Stage.PARTIALLY_SHIPPED, Stage.SHIPPED, Stage.DELIVERED)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The order as its channel has it. `is_latest`: it was fetched, so nothing can be newer."""

    content: Content
    refunded_minor: int
    version_at: datetime | None
    actor: str
    is_latest: bool = False


class Followed(StrEnum):
    UNCHANGED = "UNCHANGED"
    STALE = "STALE"  # older than what we know
    UNCLEAR = "UNCLEAR"  # as old as what we know, and different: only the channel can tell
    UPDATED = "UPDATED"
    REVISED = "REVISED"  # it goes through intake again
    CANCELLED = "CANCELLED"
    ASKED = "ASKED"  # a person has to decide


@dataclass(frozen=True, slots=True)
class FollowChannel:
    orders: OrderStore
    stock: Stock
    end: EndOrder
    clock: Clock

    def __call__(self, order_id: OrderId, snapshot: Snapshot) -> Followed:
        return until_unchanged(lambda: self._follow(order_id, snapshot))

    def _follow(self, order_id: OrderId, snapshot: Snapshot) -> Followed:
        order, content = self.orders.load_with_content(order_id)
        changed = changed_parts(content.marks, snapshot.content.marks)
        if answer := _order_in_time(order, changed, snapshot):
            return answer
        if self._cancels(order, changed, snapshot):
            try:
                self.end(order_id, "cancel", snapshot.actor, "cancelled in the channel")
                return Followed.CANCELLED
            except Refused:
                pass  # the carrier has it: the change below asks a person
        change = _Change(order, content, snapshot, changed, self.clock.now())
        after, told = change.made()
        if told is Followed.REVISED:
            freed = given_up(self.stock, order, after, order_id, snapshot.actor, self.clock)
            self.orders.save(order, after, content=change.content_after, also=freed)
        elif told is not Followed.UNCHANGED or after != order:
            self.orders.save(order, after, content=change.content_after)
        return told

    def _cancels(self, order: Order, changed: frozenset[Part], snapshot: Snapshot) -> bool:
        ends = snapshot.content.channel_state is ChannelState.CANCELLED
        return ends and Part.STATE in changed and not order.is_final


def _order_in_time(order: Order, changed: frozenset[Part], snapshot: Snapshot) -> Followed | None:
    """Why `snapshot` is not to be looked at any further; None when it is."""
    known, told = order.channel_version, snapshot.version_at
    if known and told and told < known:
        return Followed.STALE
    if known and known == told and changed and not snapshot.is_latest:
        return Followed.UNCLEAR
    return None


@dataclass(frozen=True, slots=True)
class _Change:
    """One snapshot over one order: what becomes of the order, and what it is called."""

    order: Order
    content: Content
    snapshot: Snapshot
    changed: frozenset[Part]
    now: datetime

    def made(self) -> tuple[Order, Followed]:
        order = self._noted_refund(self._of_version())
        if self.order.is_final or not self.changed:
            told = Followed.UNCHANGED if order == self._of_version() else Followed.UPDATED
            return order, told
        if question := self._question():
            return self._asked(order, question), Followed.ASKED
        if self.changed & _MATERIAL:
            return self._revised(order), Followed.REVISED
        return self._updated(order), Followed.UPDATED

    @property
    def content_after(self) -> Content | None:
        """The content to store; None leaves it. When a person is asked, only the marks move:
        the same change does not ask again."""
        if self.order.is_final or not self.changed:
            return None
        marks = self.snapshot.content.marks
        if self._question():
            return replace(self.content, marks=marks)
        if self.changed & _MATERIAL:
            return self.snapshot.content
        told = self.snapshot.content
        return replace(
            self.content,
            marks=marks,
            terms=told.terms,
            customer=told.customer if Part.CUSTOMER in self.changed else self.content.customer,
            channel_state=told.channel_state,
        )

    def _question(self) -> str:
        """What a person has to decide, if anything."""
        state = self.snapshot.content.channel_state
        if Part.STATE in self.changed and state is not ChannelState.OPEN:
            return self._question_of_end(state)
        if self.changed & _MATERIAL and not may(self.order, "revise"):
            parts = ", ".join(sorted(self.changed & _MATERIAL))
            return f"the channel changed {parts}, too late for us"
        return ""

    def _question_of_end(self, state: ChannelState) -> str:
        if state is ChannelState.FULFILLED:
            ours = self.order.stage in (*_SENT_BY_US, Stage.CAPTURED)
            return "" if ours else "fulfilled in the channel, and not by us"
        if self.order.stage is Stage.CAPTURED:
            return ""  # validation sees to it
        return f"{state.value.lower().replace('_', ' ')} in the channel, too late for us"

    def _of_version(self) -> Order:
        return replace(
            self.order,
            channel_version=self.snapshot.version_at or self.order.channel_version,
        )

    def _noted_refund(self, order: Order) -> Order:
        """Money goes back in the channel and not here: it is only written down."""
        more = self.snapshot.refunded_minor - order.channel_refunded_minor
        if more <= 0:
            return order
        order = replace(order, channel_refunded_minor=self.snapshot.refunded_minor)
        return order.noted("RefundedInChannel", self.snapshot.actor, self.now, amount_minor=more)

    def _asked(self, order: Order, question: str) -> Order:
        held = order.with_hold(HoldKind.CHANGED, question, self.now, None)
        return held.noted("ChangedInChannel", self.snapshot.actor, self.now, reason=question)

    def _revised(self, order: Order) -> Order:
        actor, parts = self.snapshot.actor, sorted(self.changed)
        after = moved(without_promises(order), "revise", actor, self.now, parts=parts)
        after = after.without_holds(
            hold.number
            for hold in after.holds
            if hold.kind in _FOUND_AGAIN or hold.kind is HoldKind.REVIEW
        )
        after = replace(after, screening=None, release_at=None, promised_on="")
        return resumed(after, actor, self.now)

    def _updated(self, order: Order) -> Order:
        actor, parts = self.snapshot.actor, sorted(self.changed)
        after = order.noted("UpdatedInChannel", actor, self.now, parts=parts)
        mended = self._mended()
        if not any(hold.kind in mended for hold in after.holds):
            return after
        after = after.without_holds(hold.number for hold in after.holds if hold.kind in mended)
        return resumed(after, actor, self.now)

    def _mended(self) -> set[HoldKind]:
        """The holds that the change makes an end of."""
        mended = set[HoldKind]()
        if self.snapshot.content.terms is not PaymentTerms.UNPAID_IN_CHANNEL:
            mended.add(HoldKind.PAYMENT)
        if Part.CUSTOMER in self.changed:
            mended.add(HoldKind.CUSTOMER)
        if Part.STATE in self.changed and self.order.stage is Stage.CAPTURED:
            mended |= _FOUND_AGAIN  # ended there: there is nothing left to mend
        return mended
