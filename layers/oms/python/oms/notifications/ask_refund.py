"""Ask the channel to give money back: a gesture, a part that never came. For orders whose money
the channel has; what we charged ourselves is refunded by `oms.payments`."""

from __future__ import annotations

from dataclasses import dataclass

from oms.kernel.clock import Clock
from oms.kernel.errors import FieldError, Invalid, Refused
from oms.kernel.ids import OrderId
from oms.kernel.unchanged import until_unchanged
from oms.notifications.tell_channel import refundable, refunds_asked
from oms.orders.model import Order
from oms.orders.ports import OrderStore


@dataclass(frozen=True, slots=True)
class AskRefund:
    orders: OrderStore
    clock: Clock

    def __call__(
        self, order_id: OrderId, amount_minor: int, reason: str, actor: str, key: str
    ) -> Order:
        """The same `key` again changes nothing. Raises Refused `not-the-channel-s-money`, or
        Invalid for an amount beyond what the channel still has."""
        return until_unchanged(lambda: self._ask(order_id, amount_minor, reason, actor, key))

    def _ask(
        self, order_id: OrderId, amount_minor: int, reason: str, actor: str, key: str
    ) -> Order:
        order, content = self.orders.load_with_content(order_id)
        asked = refunds_asked(order)
        if key and any(entry.detail.get("key") == key for entry in asked):
            return order
        left = refundable(order, content)
        if left <= 0:
            raise Refused("the channel holds no money of this order", "not-the-channel-s-money")
        if not 0 < amount_minor <= left:
            detail = f"1 to {left} minor units"
            wrong = FieldError("/amount_minor", "invalid-amount", detail)
            raise Invalid("the channel cannot give that back", [wrong])
        after = order.noted(
            "ChannelRefundRequested",
            actor,
            self.clock.now(),
            number=len(asked) + 1,
            amount_minor=amount_minor,
            reason=reason,
            key=key,
        )
        return self.orders.save(order, after)
