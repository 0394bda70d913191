"""Send stored deliveries again, under the ids that they had: who knows them ignores them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from oms.kernel.clock import Clock
from oms.notifications.delivery import Delivery, DeliveryState
from oms.notifications.subscription import EVERY_EVENT, Subscription, SubscriptionInactive
from oms.notifications.webhook_ports import Deliveries, Subscriptions

AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Span:
    """Deliveries of events from `since` up to `until`; `state` None: whatever became of them."""

    since: datetime
    until: datetime
    events: tuple[str, ...] = (EVERY_EVENT,)
    state: DeliveryState | None = None

    def has(self, delivery: Delivery) -> bool:
        wanted = EVERY_EVENT in self.events or delivery.event_type in self.events
        return wanted and self.state in (None, delivery.state)


@dataclass(frozen=True, slots=True)
class ReplayDeliveries:
    """They are due at once; the sweep sends them. Raise NotFound, SubscriptionInactive."""

    subscriptions: Subscriptions
    deliveries: Deliveries
    clock: Clock

    def one(self, subscription_id: str, delivery_id: str) -> int:
        to = self._active(subscription_id)
        return self._again(self.deliveries.get(to.subscription_id, delivery_id))

    def span(self, subscription_id: str, span: Span, after: str = "") -> tuple[int, str]:
        """How many of a page of deliveries are sent again, and where to go on (empty: done)."""
        to = self._active(subscription_id)
        page, rest = self.deliveries.between(
            to.subscription_id, span.since, span.until, AT_ONCE, after
        )
        return sum(self._again(each) for each in page if span.has(each)), rest

    def _active(self, subscription_id: str) -> Subscription:
        found = self.subscriptions.get(subscription_id)
        if not found.is_active:
            raise SubscriptionInactive("a disabled subscription is sent nothing: enable it first")
        return found

    def _again(self, delivery: Delivery) -> int:
        """Not when a worker settles it in this moment: it was just sent, or will be."""
        return int(self.deliveries.save(delivery, delivery.replayed(self.clock.now())))
