"""A delivery: one name for an event and a subscriber, and when it is tried again."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from oms.kernel.ids import is_ulid
from oms.notifications.delivery import (
    CLAIM,
    Answer,
    Delivery,
    DeliveryState,
    Message,
    delivery_id,
    message_of,
    ping,
)
from oms.notifications.http_sender import TIMEOUT_SECONDS
from oms.notifications.subscription import SubscriptionId
from oms.notifications.webhook_events import EVENTS

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
HOOK, OTHER = SubscriptionId("01KAKZ8F2M7Q4R6S8T0V2W4X6Y"), SubscriptionId("other")
CONFIRMED: dict[str, Any] = {
    "id": "01M7YRS40GNM2J53CM3Y2J6M4P#8",
    "occurred_at": "2026-11-21T08:59:59.500Z",
    "order_id": "01M7YRS40GNM2J53CM3Y2J6M4P",
    "sequence": 8,
    "data": {"note": "für Ada"},
}
MESSAGE = message_of("OrderConfirmed", CONFIRMED)
FAILED = Answer(500)


def new(message: Message = MESSAGE) -> Delivery:
    return Delivery.of(message, HOOK, NOW)


def no_jitter() -> float:
    return 0.0


def tried(delivery: Delivery, answer: Answer, at: datetime) -> Delivery:
    return delivery.begun(at).answered(answer, at, no_jitter)


def test_the_body_says_which_event_it_is_and_holds_its_detail() -> None:
    told = json.loads(MESSAGE.body)
    assert told == {
        "id": CONFIRMED["id"],
        "type": "OrderConfirmed",
        "timestamp": "2026-11-21T08:59:59.500Z",
        "data": CONFIRMED,
    }


def test_an_event_has_one_delivery_for_a_subscriber_however_often_it_comes() -> None:
    assert delivery_id(HOOK, MESSAGE) == delivery_id(
        HOOK, message_of("OrderConfirmed", dict(CONFIRMED))
    )
    assert delivery_id(HOOK, MESSAGE) != delivery_id(OTHER, MESSAGE)
    later = message_of("OrderConfirmed", {**CONFIRMED, "id": "01M7YRS40GNM2J53CM3Y2J6M4P#9"})
    assert delivery_id(HOOK, MESSAGE) != delivery_id(HOOK, later)


def test_a_delivery_is_named_so_that_it_sorts_by_the_time_of_its_event() -> None:
    assert is_ulid(new().delivery_id)
    assert new().occurred_at == NOW - timedelta(milliseconds=500)


@pytest.mark.parametrize("occurred_at", ["", None, 7, "yesterday", "2026-11-21T09:00:00"])
def test_an_event_without_a_time_has_a_name_that_stays(occurred_at: object) -> None:
    detail = {**CONFIRMED, "occurred_at": occurred_at}
    first, again = (delivery_id(HOOK, message_of("OrderConfirmed", detail)) for _ in range(2))
    assert first == again


def test_pauses_grow_until_three_days_are_over() -> None:
    delivery, at, pauses = new(), NOW, []
    while delivery.state is DeliveryState.PENDING:
        delivery = tried(delivery, FAILED, at)
        if delivery.due_at:
            pauses.append(delivery.due_at - at)
            at = delivery.due_at
    hours = [timedelta(hours=each) for each in (2, 5, 10, 14, 20)]
    assert pauses[:8] == [
        timedelta(seconds=5),
        timedelta(minutes=5),
        timedelta(minutes=30),
        *hours,
    ]
    assert at - NOW == timedelta(days=3) and len(pauses) == 9
    assert delivery.state is DeliveryState.FAILED and delivery.attempts == 10


def test_pauses_differ_by_up_to_a_tenth_so_that_retries_do_not_come_in_waves() -> None:
    begun = new().begun(NOW)
    early = begun.answered(FAILED, NOW, lambda: -1.0)
    late = begun.answered(FAILED, NOW, lambda: 1.0)
    assert early.due_at == NOW + timedelta(seconds=4.5)
    assert late.due_at == NOW + timedelta(seconds=5.5)


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_2xx_is_a_success(status: int) -> None:
    after = tried(new(), Answer(status), NOW)
    assert after.state is DeliveryState.DELIVERED and after.due_at is None
    assert after.delivered_at == NOW


@pytest.mark.parametrize("status", [0, 301, 302, 307, 400, 401, 404, 429, 500, 503])
def test_anything_else_is_tried_again(status: int) -> None:
    after = tried(new(), Answer(status), NOW)
    assert after.state is DeliveryState.PENDING
    assert after.due_at is not None and after.due_at > NOW


def test_a_gone_server_is_not_asked_again() -> None:
    assert tried(new(), Answer(410), NOW).state is DeliveryState.FAILED


@pytest.mark.parametrize(
    ("answer", "wait"),
    [
        (Answer(429, retry_after=600), timedelta(minutes=10)),
        (Answer(503, retry_after=600), timedelta(minutes=10)),
        (Answer(503, retry_after=1), timedelta(seconds=5)),  # our own pause is longer
        (Answer(503, retry_after=10**8), timedelta(days=1)),
        (Answer(500, retry_after=600), timedelta(seconds=5)),
    ],
)
def test_a_server_that_names_a_time_is_left_alone_for_so_long(
    answer: Answer, wait: timedelta
) -> None:
    assert tried(new(), answer, NOW).due_at == NOW + wait


def test_a_ping_is_tried_once() -> None:
    pinged = new(ping("ping_1", HOOK, NOW))
    assert tried(pinged, FAILED, NOW).state is DeliveryState.FAILED


def test_a_replay_has_the_same_name_and_begins_anew() -> None:
    failed = replace(tried(new(), FAILED, NOW), state=DeliveryState.FAILED, due_at=None)
    later = NOW + timedelta(days=20)
    again = failed.replayed(later)
    assert again.delivery_id == failed.delivery_id and again.body == failed.body
    assert again.is_due(later) and again.attempts == 1 and again.replays == 1
    after = tried(again, FAILED, later)
    assert after.due_at == later + timedelta(seconds=5)
    assert after.give_up_at == later + timedelta(days=3)


def test_who_holds_a_delivery_has_time_for_one_attempt() -> None:
    assert CLAIM.total_seconds() > 2 * TIMEOUT_SECONDS
    begun = new().begun(NOW)
    assert not begun.is_due(NOW + CLAIM - timedelta(seconds=1))
    assert begun.is_due(NOW + CLAIM)


def test_every_event_that_has_a_schema_can_be_subscribed_to() -> None:
    folder = Path(__file__).parents[3] / "events/bus"
    described = {each.name.partition(".")[0] for each in folder.glob("*.schema.json")}
    assert described == EVENTS
