"""One event on its way to one subscriber, and when it is tried again.

A delivery's id is made of the subscription and the event, so that however often the bus brings
the event there is one delivery; it begins with the time of the event, so that deliveries sort
by it. It is the `webhook-id` of every attempt and of every replay.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, NewType

from oms.kernel.clock import from_iso, iso
from oms.kernel.errors import NotFound
from oms.kernel.ids import digest, ulid_floor, ulid_time
from oms.notifications.subscription import SubscriptionId

DeliveryId = NewType("DeliveryId", str)

PING = "webhook.ping"
GIVEN_UP_AFTER = timedelta(days=3)
# Longer than an attempt can take: who holds a delivery so long has died.
CLAIM = timedelta(seconds=30)
_PAUSES = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    *(timedelta(hours=hours) for hours in (2, 5, 10, 14, 20, 24)),
)
_JITTER = 0.1
_LONGEST_RETRY_AFTER = timedelta(days=1)
_ASKS_TO_WAIT = frozenset({429, 503})
_GONE = 410
_EPOCH = datetime.fromtimestamp(0, UTC)

Jitter = Callable[[], float]  # a number from -1 to 1


class DeliveryState(StrEnum):
    PENDING = "PENDING"
    DELIVERED = "DELIVERED"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class Message:
    """What all subscribers of an event are sent: the same bytes with the same event id."""

    event_id: str
    event_type: str
    occurred_at: datetime
    body: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of an attempt. `status` is 0 when there was no answer; then `error` says why.

    `retry_after` is what a server asked for, in seconds.
    """

    status: int = 0
    error: str = ""
    milliseconds: int = 0
    retry_after: int = 0

    @property
    def is_accepted(self) -> bool:
        return 200 <= self.status < 300

    @property
    def is_gone(self) -> bool:
        return self.status == _GONE

    @property
    def told(self) -> str:
        """In words, for a person; empty for a success."""
        return "" if self.is_accepted else self.error or f"answered {self.status}"


@dataclass(frozen=True, slots=True)
class Delivery:
    """`attempts` counts those begun, `earlier` those of them before the last replay. While it
    is PENDING it is due at `due_at`; it is given up after `give_up_at`."""

    subscription_id: SubscriptionId
    delivery_id: DeliveryId
    event_id: str
    event_type: str
    body: str
    created_at: datetime
    give_up_at: datetime
    due_at: datetime | None = None
    state: DeliveryState = DeliveryState.PENDING
    attempts: int = 0
    earlier: int = 0
    replays: int = 0
    last_attempt_at: datetime | None = None
    last_status: int = 0
    last_error: str = ""
    delivered_at: datetime | None = None

    @classmethod
    def of(cls, message: Message, subscription_id: SubscriptionId, now: datetime) -> Delivery:
        """Due at once, and not begun."""
        return cls(
            subscription_id,
            delivery_id(subscription_id, message),
            message.event_id,
            message.event_type,
            message.body,
            created_at=now,
            give_up_at=now + GIVEN_UP_AFTER,
            due_at=now,
        )

    @property
    def occurred_at(self) -> datetime:
        return ulid_time(self.delivery_id)

    def is_due(self, now: datetime) -> bool:
        return (
            self.state is DeliveryState.PENDING and self.due_at is not None and self.due_at <= now
        )

    def begun(self, now: datetime) -> Delivery:
        """Claimed for an attempt: due again only if whoever makes it dies."""
        return replace(self, attempts=self.attempts + 1, due_at=now + CLAIM)

    def answered(self, answer: Answer, now: datetime, jitter: Jitter) -> Delivery:
        told = replace(self, last_attempt_at=now, last_status=answer.status, last_error=answer.told)
        if answer.is_accepted:
            return replace(told, state=DeliveryState.DELIVERED, due_at=None, delivered_at=now)
        if self.event_type == PING or answer.is_gone or now >= self.give_up_at:
            return replace(told, state=DeliveryState.FAILED, due_at=None)
        wait = max(_pause(self.attempts - self.earlier, jitter), _asked_for(answer))
        return replace(told, due_at=min(now + wait, self.give_up_at))

    def replayed(self, now: datetime) -> Delivery:
        """To be sent again under the same id, as if it were new."""
        return replace(
            self,
            state=DeliveryState.PENDING,
            due_at=now,
            give_up_at=now + GIVEN_UP_AFTER,
            earlier=self.attempts,
            replays=self.replays + 1,
        )


def message_of(event_type: str, detail: Mapping[str, Any]) -> Message:
    """What subscribers are sent of an event on the bus."""
    occurred_at = _time(detail.get("occurred_at"))
    told = {
        "id": detail["id"],
        "type": event_type,
        "timestamp": iso(occurred_at),
        "data": detail,
    }
    return Message(detail["id"], event_type, occurred_at, _json(told))


def ping(event_id: str, subscription_id: str, now: datetime) -> Message:
    return message_of(
        PING, {"id": event_id, "occurred_at": iso(now), "subscription_id": subscription_id}
    )


def delivery_id(subscription_id: SubscriptionId, message: Message) -> DeliveryId:
    """A ULID whose random part is not random."""
    name = digest(subscription_id, message.event_id)[:16].upper()
    return DeliveryId(ulid_floor(message.occurred_at)[:10] + name)


def no_such_delivery(name: str) -> NotFound:
    return NotFound(f"there is no delivery {name[:40]}")


def _pause(tries: int, jitter: Jitter) -> timedelta:
    return _PAUSES[min(max(tries, 1), len(_PAUSES)) - 1] * (1 + _JITTER * jitter())


def _asked_for(answer: Answer) -> timedelta:
    if answer.status not in _ASKS_TO_WAIT:
        return timedelta(0)
    return min(timedelta(seconds=max(0, answer.retry_after)), _LONGEST_RETRY_AFTER)


def _time(text: Any) -> datetime:
    """The epoch for what is no time: an id must be the same each time the event comes."""
    try:
        return from_iso(text)
    except (TypeError, ValueError):
        return _EPOCH


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
