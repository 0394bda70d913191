"""End a subscription whose server is gone or has failed for days, and tell people so."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from oms.kernel.clock import Clock, iso
from oms.kernel.errors import NotFound, VersionConflict
from oms.notifications.subscription import Cause, Subscription, SubscriptionState
from oms.notifications.webhook_ports import Subscriptions
from oms.orders.events import BusEvent
from oms.platform.unit import Committer
from oms.tasks.notices import Notice, NoticeKind, Notices

VERSION = 1  # of the event's schema
SOURCE = "oms.notifications"
PUBLISHED = ("WebhookDisabled",)
ACTOR = "webhooks"

_WHY = {
    Cause.GONE: "its server says that it is gone",
    Cause.FAILING: "nothing got through for three days",
}

Tell = Callable[[Sequence[BusEvent]], None]


@dataclass(frozen=True, slots=True)
class DisableFailing:
    """The notice commits together with the change; the event is told after it."""

    subscriptions: Subscriptions
    notices: Notices
    database: Committer
    tell: Tell
    clock: Clock

    def __call__(self, subscription: Subscription, cause: Cause, error: str) -> bool:
        """Whether this call ended it: no when it was ended, enabled again or changed meanwhile,
        as the failures that are held against it are of another time then."""
        try:
            before = self.subscriptions.get(subscription.subscription_id)
        except NotFound:
            return False
        if before.version != subscription.version or not before.is_active:
            return False
        after = before.ended(SubscriptionState.DISABLED, cause, ACTOR, self.clock.now())
        notice = self.notices.raised(_notice(after, cause, error))
        try:
            self.database.commit([self.subscriptions.saved(before, after), notice])
        except VersionConflict:
            return False
        self.tell([_event(after)])
        return True


def notice_key(subscription: Subscription) -> str:
    return f"webhook#{subscription.subscription_id}"


def _notice(ended: Subscription, cause: Cause, error: str) -> Notice:
    assert ended.disabled_at is not None
    return Notice(
        notice_key(ended),
        NoticeKind.WEBHOOK_DISABLED,
        f"{ended.description or ended.url} is not told of events any more: {_WHY[cause]}",
        ended.disabled_at,
        {
            "subscription_id": ended.subscription_id,
            "url": ended.url,
            "cause": cause.value,
            "last_error": error,
        },
    )


def _event(ended: Subscription) -> BusEvent:
    assert ended.disabled_at is not None
    detail = {
        "id": f"{ended.subscription_id}#{ended.version + 1}",
        "version": VERSION,
        "occurred_at": iso(ended.disabled_at),
        "subscription_id": ended.subscription_id,
        "cause": ended.cause.value,
    }
    return BusEvent(SOURCE, "WebhookDisabled", detail)
