"""What people do with subscriptions: make, rotate, disable, enable, remove, and try one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from oms.kernel.clock import Clock
from oms.kernel.errors import Invalid, NotFound
from oms.kernel.ids import digest, new_ulid
from oms.kernel.unchanged import until_unchanged
from oms.notifications.deliver import AttemptDelivery
from oms.notifications.delivery import Delivery, ping
from oms.notifications.end_subscription import notice_key
from oms.notifications.subscription import (
    MOST_SUBSCRIPTIONS,
    Cause,
    SigningSecret,
    Subscription,
    SubscriptionId,
    SubscriptionInactive,
    SubscriptionState,
    TooManySubscriptions,
    new_secret,
)
from oms.notifications.webhook_ports import AddressCheck, Deliveries, HealthBook, Subscriptions
from oms.tasks.notices import Notices

_SHOWN_AGAIN = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class NewSubscription:
    url: str
    events: tuple[str, ...]
    description: str = ""

    @property
    def digest(self) -> str:
        return digest(self.url, self.description, *self.events)


@dataclass(frozen=True, slots=True)
class Subscribe:
    subscriptions: Subscriptions
    check: AddressCheck
    clock: Clock

    def __call__(
        self, new: NewSubscription, owner: str, key: str = ""
    ) -> tuple[Subscription, bool]:
        """The subscription, and whether an earlier call with the same `key` made it.

        Raises Invalid `unsafe-url` or `idempotency-key-reused`, TooManySubscriptions, and
        SubscriptionInactive when the one of that key was removed meanwhile.
        """
        now = self.clock.now()
        name = SubscriptionId(digest(owner, key) if key else new_ulid(now))
        if key and (known := self._known(name, new)):
            return known, True
        self.check(new.url)
        if len(self.subscriptions.all()) >= MOST_SUBSCRIPTIONS:
            raise TooManySubscriptions(f"there are {MOST_SUBSCRIPTIONS} subscriptions")
        made = Subscription(
            name,
            new.url,
            new.events,
            (SigningSecret(new_secret()),),
            now,
            owner,
            new.description,
            digest=new.digest,
        )
        if self.subscriptions.first(made):
            return made, False
        if known := self._known(name, new):
            return known, True
        raise SubscriptionInactive("the subscription of this Idempotency-Key was removed")

    def _known(self, name: SubscriptionId, new: NewSubscription) -> Subscription | None:
        try:
            known = self.subscriptions.get(name)
        except NotFound:
            return None
        if known.digest != new.digest:
            raise Invalid(
                "this Idempotency-Key was used with another body", code="idempotency-key-reused"
            )
        return known

    def shown_secret(self, made: Subscription) -> str:
        """For whoever repeats the request because its answer was lost; empty after a day, or
        once it was rotated."""
        is_first = len(made.secrets) == 1 and made.version == 1
        is_fresh = self.clock.now() < made.created_at + _SHOWN_AGAIN
        return made.secrets[0].value if is_first and is_fresh else ""


@dataclass(frozen=True, slots=True)
class ChangeSubscription:
    """Raise NotFound. To disable or enable again changes nothing."""

    subscriptions: Subscriptions
    healths: HealthBook
    notices: Notices
    clock: Clock

    def rotate(self, subscription_id: str) -> Subscription:
        """With a new secret; the old one signs along for a day. Raises TooManySecrets."""
        secret = new_secret()
        return self._changed(subscription_id, lambda it: it.rotated(secret, self.clock.now()))

    def disable(self, subscription_id: str, actor: str) -> Subscription:
        """What is pending waits until it is enabled; what happens meanwhile is not kept."""

        def disabled(it: Subscription) -> Subscription:
            return self._ended(it, SubscriptionState.DISABLED, actor) if it.is_active else it

        return self._changed(subscription_id, disabled)

    def enable(self, subscription_id: str, actor: str) -> Subscription:
        """With a clean slate: its failures are forgotten, and the task about them is done."""
        after = self._changed(subscription_id, lambda it: it if it.is_active else it.enabled())
        self.healths.begin_again(after.subscription_id)
        self.notices.settle(notice_key(after), actor)
        return after

    def remove(self, subscription_id: str, actor: str) -> Subscription:
        """Known no more from then on: what is pending is never sent."""
        after = self._changed(
            subscription_id, lambda it: self._ended(it, SubscriptionState.REMOVED, actor)
        )
        self.notices.settle(notice_key(after), actor)
        return after

    def _ended(
        self, subscription: Subscription, state: SubscriptionState, actor: str
    ) -> Subscription:
        return subscription.ended(state, Cause.ASKED, actor, self.clock.now())

    def _changed(
        self, subscription_id: str, change: Callable[[Subscription], Subscription]
    ) -> Subscription:
        def once() -> Subscription:
            before = self.subscriptions.get(subscription_id)
            after = change(before)
            return after if after == before else self.subscriptions.save(before, after)

        return until_unchanged(once)


@dataclass(frozen=True, slots=True)
class PingSubscription:
    """Send a ping, once, and say what came of it."""

    subscriptions: Subscriptions
    deliveries: Deliveries
    healths: HealthBook
    attempt: AttemptDelivery
    clock: Clock

    def __call__(self, subscription_id: str) -> Delivery:
        """Raises NotFound, SubscriptionInactive."""
        to, now = self.subscriptions.get(subscription_id), self.clock.now()
        if not to.is_active:
            raise SubscriptionInactive("a disabled subscription is sent nothing")
        message = ping(f"ping_{new_ulid(now)}", to.subscription_id, now)
        begun = Delivery.of(message, to.subscription_id, now).begun(now)
        self.deliveries.first(begun)
        return self.attempt(to, begun, self.healths.health(to.subscription_id))
