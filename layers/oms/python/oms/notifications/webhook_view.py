"""Subscriptions and deliveries as the API shows them. A secret is shown when it is made."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from oms.kernel.clock import iso
from oms.kernel.ids import ulid_time
from oms.notifications.delivery import Delivery
from oms.notifications.subscription import Health, Subscription
from oms.notifications.webhook_ports import Deliveries, HealthBook

MOST_COUNTED = 1_000


@dataclass(frozen=True, slots=True)
class ShowSubscription:
    deliveries: Deliveries
    healths: HealthBook

    def __call__(
        self, subscription: Subscription, now: datetime, secret: str = ""
    ) -> dict[str, Any]:
        name = subscription.subscription_id
        waiting = self.deliveries.waiting(name, MOST_COUNTED)
        oldest = ulid_time(min(waiting)) if waiting else now
        page = {
            "subscription_id": name,
            "url": subscription.url,
            "events": list(subscription.events),
            "description": subscription.description,
            "status": subscription.state.value,
            "cause": subscription.cause.value,
            "disabled_at": _time(subscription.disabled_at),
            "disabled_by": subscription.disabled_by,
            "created_at": iso(subscription.created_at),
            "signing_secrets": len(subscription.signing(now)),
            "health": {
                **_health(self.healths.health(name)),
                "backlog": len(waiting),
                "lag_seconds": max(0, round((now - oldest).total_seconds())),
            },
        }
        return {**page, "secret": secret} if secret else page


def _health(health: Health) -> dict[str, Any]:
    return {
        "last_success_at": _time(health.last_success_at),
        "failing_since": _time(health.failing_since),
        "failures": health.failures,
        "last_error": health.last_error,
    }


def of_delivery(delivery: Delivery) -> dict[str, Any]:
    return {
        "delivery_id": delivery.delivery_id,
        "event_id": delivery.event_id,
        "event_type": delivery.event_type,
        "status": delivery.state.value,
        "attempts": delivery.attempts,
        "replays": delivery.replays,
        "created_at": iso(delivery.created_at),
        "last_attempt_at": _time(delivery.last_attempt_at),
        "last_status": delivery.last_status or None,
        "last_error": delivery.last_error,
        "delivered_at": _time(delivery.delivered_at),
        "next_attempt_at": _time(delivery.due_at),
    }


def _time(at: datetime | None) -> str | None:
    return iso(at) if at else None
