"""Tell the subscribers of an event: at once if all is well, and otherwise from the sweep.

A row says that a delivery is to be made before anybody tries; the row of an attempt that was
begun and never settled falls due again by itself. So a subscriber hears of an event at least
once, and knows a repeat by its `webhook-id`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from oms.channels.standard_webhooks import decoded_key, signed_headers
from oms.kernel.clock import Clock
from oms.kernel.errors import NotFound
from oms.notifications.delivery import (
    Answer,
    Delivery,
    DeliveryId,
    DeliveryState,
    Jitter,
    Message,
    message_of,
)
from oms.notifications.end_subscription import DisableFailing
from oms.notifications.subscription import Cause, Health, Subscription
from oms.notifications.turns import take_turns
from oms.notifications.webhook_ports import Deliveries, HealthBook, Sender, Subscriptions

SLOW_MILLISECONDS = 2_000
# How long a message of the queue may keep its worker: attempts begun later than this are left
# to the sweep.
AT_ONCE_SECONDS = 5.0
SWEEP_SECONDS = 40.0
_DUE_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class AttemptDelivery:
    """One try at a delivery that the caller has claimed, and what follows from it."""

    deliveries: Deliveries
    healths: HealthBook
    send: Sender
    disable: DisableFailing
    clock: Clock
    jitter: Jitter

    def __call__(self, to: Subscription, begun: Delivery, health: Health) -> Delivery:
        raw, now = begun.body.encode(), self.clock.now()
        keys = [decoded_key(each) for each in to.signing(now)]
        headers = {
            "Content-Type": "application/json",
            **signed_headers(begun.delivery_id, now, raw, keys),
        }
        answer = self.send(to.url, headers, raw)
        after = begun.answered(answer, self.clock.now(), self.jitter)
        self.deliveries.save(begun, after)
        self._note(to, answer, health)
        return after

    def _note(self, to: Subscription, answer: Answer, health: Health) -> None:
        now, is_slow = self.clock.now(), answer.milliseconds >= SLOW_MILLISECONDS
        if not answer.is_accepted:
            self.healths.failed(to.subscription_id, now, answer.told, is_slow)
            self._end_if_hopeless(to, answer, now)
        elif health.failures or health.is_slow is not is_slow or not health.is_fresh(now):
            self.healths.succeeded(to.subscription_id, now, is_slow)

    def _end_if_hopeless(self, to: Subscription, answer: Answer, now: datetime) -> None:
        if answer.is_gone:
            self.disable(to, Cause.GONE, answer.told)
        # Read again: another worker may have got through since the round began.
        elif self.healths.health(to.subscription_id).has_failed_for_long(now):
            self.disable(to, Cause.FAILING, answer.told)


@dataclass(frozen=True, slots=True)
class DeliverEvent:
    """What the bus tells, to everybody who wants to hear it."""

    subscriptions: Subscriptions
    deliveries: Deliveries
    healths: HealthBook
    attempt: AttemptDelivery
    clock: Clock

    def __call__(self, event_type: str, detail: Mapping[str, Any]) -> int:
        """How many deliveries are new. An event that comes again makes none."""
        wanted = [each for each in self.subscriptions.active() if each.wants(event_type)]
        if not wanted:
            return 0
        message, over = message_of(event_type, detail), _after(AT_ONCE_SECONDS)
        tries = [self._stored(to, message) for to in wanted]
        take_turns([[each] for each in tries if each.at_once], self._attempt, over)
        return sum(each.is_new for each in tries)

    def _stored(self, to: Subscription, message: Message) -> _Try:
        health = self.healths.health(to.subscription_id)
        new = Delivery.of(message, to.subscription_id, self.clock.now())
        at_once = not health.must_wait
        delivery = new.begun(self.clock.now()) if at_once else new
        is_new = self.deliveries.first(delivery)
        return _Try(to, delivery, health, is_new, at_once and is_new)

    def _attempt(self, each: _Try) -> bool:
        self.attempt(each.to, each.delivery, each.health)
        return True


@dataclass(frozen=True, slots=True)
class _Try:
    to: Subscription
    delivery: Delivery
    health: Health
    is_new: bool
    at_once: bool


@dataclass(frozen=True, slots=True)
class SweepWebhooks:
    """Try what is due. Subscribers take turns; one that fails is let alone until the next round,
    so whoever is away costs one attempt a round and holds up nobody."""

    subscriptions: Subscriptions
    deliveries: Deliveries
    healths: HealthBook
    attempt: AttemptDelivery
    clock: Clock

    def __call__(self) -> int:
        """How many were looked at. Raises an ExceptionGroup of what could not be done."""
        now = self.clock.now()
        queues = [self._queue(each, now) for each in self.subscriptions.all() if each.is_active]
        return take_turns(queues, lambda work: work(), _after(SWEEP_SECONDS))

    def _queue(self, to: Subscription, now: datetime) -> list[partial[bool]]:
        names = self.deliveries.due(to.subscription_id, now, _DUE_AT_ONCE)
        if not names:
            return []
        health = self.healths.health(to.subscription_id)
        return [partial(self._try, to, health, name) for name in names]

    def _try(self, to: Subscription, health: Health, name: DeliveryId) -> bool:
        """Whether the next of this subscriber may be tried."""
        begun = self._claimed(to, name)
        return begun is None or self.attempt(to, begun, health).state is DeliveryState.DELIVERED

    def _claimed(self, to: Subscription, name: DeliveryId) -> Delivery | None:
        """None when there is nothing to do: the index was behind, or another worker faster."""
        now = self.clock.now()
        try:
            known = self.deliveries.get(to.subscription_id, name)
        except NotFound:
            return None
        begun = known.begun(now)
        return begun if known.is_due(now) and self.deliveries.save(known, begun) else None


def _after(seconds: float) -> Callable[[], bool]:
    """Whether so much time is over. Of real time: it is a worker that is being paid for."""
    end = time.monotonic() + seconds
    return lambda: time.monotonic() >= end
