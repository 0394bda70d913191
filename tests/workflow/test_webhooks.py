"""Subscribers are told of events at least once, know repeats, and never hold each other up."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest

from infra.catalogue.messaging import RULES
from local.standins.webhook_receiver import Mood, WebhookReceiver
from oms import wiring
from oms.notifications.deliveries_store import DynamoDeliveries
from oms.notifications.http_sender import HttpSender
from oms.platform.config import config
from tests.workflow.world import CONTEXT, OPS, World, api_order, handler

ROUTE = "/webhook-subscriptions"
ONE = ROUTE + "/{subscription_id}"
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
ORDER = "01M7YRS40GNM2J53CM3Y2J6M4P"


class Killed(BaseException):
    """The worker dies on the spot."""


@contextmanager
def receiving(oms: World) -> Iterator[WebhookReceiver]:
    with WebhookReceiver(now=lambda: oms.clock.now().timestamp(), slow_seconds=0.2) as server:
        yield server


@pytest.fixture
def receiver(oms: World) -> Iterator[WebhookReceiver]:
    with receiving(oms) as server:
        yield server


def subscribed(oms: World, receiver: WebhookReceiver, *events: str) -> str:
    """A subscription of `receiver`, which knows its secret from then on."""
    body = {"url": receiver.url, "events": list(events or ("*",))}
    status, made = oms.call(f"POST {ROUTE}", body=body)
    assert status == 201, made
    receiver.secrets.append(made["secret"])
    name: str = made["subscription_id"]
    return name


def told(oms: World, number: int = 1, event: str = "OrderConfirmed") -> None:
    """An event comes off the bus."""
    detail = {
        "id": f"{ORDER}#{number}",
        "occurred_at": oms.clock.now().isoformat(),
        "order_id": ORDER,
        "sequence": number,
    }
    oms.consume("send_webhooks", {"DetailType": event, "Detail": json.dumps(detail)})


def swept(oms: World, after: timedelta = MINUTE) -> None:
    oms.clock.advance(after)
    oms._function("sweep_webhooks", {})


def shown(oms: World, name: str) -> Any:
    status, page = oms.call(f"GET {ONE}", {"subscription_id": name})
    assert status == 200, page
    return page


def delivered(oms: World, name: str, **query: str) -> Any:
    status, page = oms.call(f"GET {ONE}/deliveries", {"subscription_id": name}, query=query)
    assert status == 200, page
    return page["items"]


def act(oms: World, name: str, action: str) -> tuple[int, Any]:
    return oms.call(f"POST {ONE}/{{action}}", {"subscription_id": name, "action": action})


def post(oms: World, name: str, what: str, body: Any = None) -> tuple[int, Any]:
    return oms.call(f"POST {ONE}/{what}", {"subscription_id": name}, body)


def stored(oms: World) -> int:
    return len(oms.rows(oms.tables.channels))


# --- being told --------------------------------------------------------------------------


def test_a_subscriber_hears_of_an_order_what_it_asked_to_hear(
    oms: World, receiver: WebhookReceiver
) -> None:
    subscribed(oms, receiver, "OrderCaptured", "OrderConfirmed")
    status, order = oms.call("POST /orders", body=api_order())
    assert status == 201
    oms.run()
    heard = [each.body for each in receiver.books.received]
    assert [each["type"] for each in heard] == ["OrderCaptured", "OrderConfirmed"]
    on_the_bus = [json.loads(each["Detail"]) for each in oms.bus.published]
    assert all(each["data"] in on_the_bus for each in heard)
    assert {each["data"]["order_id"] for each in heard} == {order["order_id"]}
    assert not receiver.books.refused


def test_every_event_on_the_bus_is_carried_to_the_sender() -> None:
    (rule,) = (each for each in RULES if each.function == "send_webhooks")
    assert rule.takes("OrderConfirmed") and rule.takes("AnEventOfTomorrow")


def test_two_subscribers_get_one_event_id_and_two_delivery_ids(
    oms: World, receiver: WebhookReceiver
) -> None:
    with receiving(oms) as other:
        subscribed(oms, receiver)
        subscribed(oms, other)
        told(oms)
        (first,), (second,) = receiver.books.received, other.books.received
    assert first.body == second.body
    assert first.body["id"] == f"{ORDER}#1"
    assert first.webhook_id != second.webhook_id


def test_without_a_subscriber_nothing_is_written_and_one_read_serves_a_minute(oms: World) -> None:
    with patch.object(oms.network.client, "query", wraps=oms.network.client.query) as query:
        before = stored(oms), oms.network.writes
        for number in range(1, 6):
            told(oms, number)
        assert (stored(oms), oms.network.writes) == before
        assert query.call_count == 1


def test_an_event_that_nobody_asked_for_leaves_no_row(
    oms: World, receiver: WebhookReceiver
) -> None:
    subscribed(oms, receiver, "OrderCancelled")
    before = stored(oms)
    told(oms)
    assert stored(oms) == before and not receiver.books.received


def test_an_event_that_the_bus_brings_twice_is_sent_once(
    oms: World, receiver: WebhookReceiver
) -> None:
    name = subscribed(oms, receiver)
    told(oms)
    told(oms)
    assert len(receiver.books.received) == len(delivered(oms, name)) == 1


def test_two_workers_with_the_same_event_make_one_row_and_one_request(
    oms: World, receiver: WebhookReceiver
) -> None:
    name = subscribed(oms, receiver)
    told(oms, 99)  # handlers are loaded and subscriptions are read
    start = threading.Barrier(2)
    at = oms.clock.now().isoformat()
    detail = {"id": f"{ORDER}#1", "occurred_at": at, "order_id": ORDER, "sequence": 1}
    message = {"detail-type": "OrderConfirmed", "detail": detail}
    record = {"messageId": "m-1", "body": json.dumps(message)}

    def work() -> None:
        start.wait()
        assert handler("send_webhooks")({"Records": [record]}, CONTEXT) == {"batchItemFailures": []}

    workers = [threading.Thread(target=work) for _ in range(2)]
    for each in workers:
        each.start()
    for each in workers:
        each.join()
    heard = [each.body["id"] for each in receiver.books.received]
    assert heard == [f"{ORDER}#99", f"{ORDER}#1"]
    assert len(delivered(oms, name)) == 2


# --- what goes wrong ---------------------------------------------------------------------


def test_a_worker_that_dies_before_it_sends_is_made_up_for(
    oms: World, receiver: WebhookReceiver
) -> None:
    name = subscribed(oms, receiver)
    with patch.object(HttpSender, "__call__", side_effect=Killed), pytest.raises(Killed):
        told(oms)
    told(oms)  # the queue gives the message again: the row is there, and nobody sends twice
    swept(oms, timedelta(seconds=20))  # it may still be under way
    assert not receiver.books.received
    swept(oms)
    assert len(receiver.books.received) == 1
    (delivery,) = delivered(oms, name)
    assert delivery["status"] == "DELIVERED" and delivery["attempts"] == 2


def test_after_a_lost_reply_the_repeat_has_the_same_id(
    oms: World, receiver: WebhookReceiver
) -> None:
    subscribed(oms, receiver)
    receiver.next_moods.append(Mood.LOSE_REPLY)
    told(oms)
    swept(oms)
    first, again = receiver.books.received
    assert first.webhook_id == again.webhook_id and first.body == again.body
    assert again.timestamp > first.timestamp
    assert len(receiver.books.events) == 1


def test_when_our_own_note_of_a_success_is_lost_the_event_is_sent_again(
    oms: World, receiver: WebhookReceiver
) -> None:
    subscribed(oms, receiver)
    told(oms, 1)

    def cut(operation: str, request: dict[str, Any]) -> str:
        states = request.get("Item", {}).get("state", {}).get("S")
        return "down" if states == "DELIVERED" else ""

    oms.network.cut = cut
    told(oms, 2)
    oms.network.cut = lambda operation, request: ""
    swept(oms)
    swept(oms)
    ids = [each.webhook_id for each in receiver.books.received]
    assert len(ids) == 3 and len(set(ids)) == 2


def test_a_failure_is_tried_again_when_its_pause_is_over_and_not_before(
    oms: World, receiver: WebhookReceiver
) -> None:
    name = subscribed(oms, receiver)
    receiver.mood = Mood.FAIL
    told(oms)
    assert receiver.books.paths["/hooks"] == 1
    swept(oms, timedelta(seconds=10))
    assert receiver.books.paths["/hooks"] == 2
    swept(oms)
    swept(oms)
    assert receiver.books.paths["/hooks"] == 2  # five minutes from the second
    receiver.mood = None
    swept(oms, timedelta(minutes=5))
    (delivery,) = delivered(oms, name)
    assert delivery["status"] == "DELIVERED" and delivery["attempts"] == 3
    assert shown(oms, name)["health"]["failures"] == 0


def test_an_index_that_is_behind_sends_nothing_twice(oms: World, receiver: WebhookReceiver) -> None:
    name = subscribed(oms, receiver)
    told(oms)
    (delivery,) = delivered(oms, name)
    settled = [delivery["delivery_id"]]
    with patch.object(DynamoDeliveries, "due", lambda *_: settled):
        swept(oms)
    assert len(receiver.books.received) == 1


def test_a_server_that_asks_for_time_gets_it(oms: World, receiver: WebhookReceiver) -> None:
    subscribed(oms, receiver)
    receiver.next_moods.append(Mood.BUSY)
    told(oms)
    swept(oms, timedelta(minutes=9))
    assert receiver.books.paths["/hooks"] == 1
    swept(oms, timedelta(minutes=2))
    assert len(receiver.books.received) == 1


def test_after_five_failures_in_a_row_new_events_wait_for_the_sweep(
    oms: World, receiver: WebhookReceiver
) -> None:
    name = subscribed(oms, receiver)
    receiver.mood = Mood.FAIL
    for number in range(1, 6):
        told(oms, number)
    assert receiver.books.paths["/hooks"] == 5
    told(oms, 6)
    assert receiver.books.paths["/hooks"] == 5
    health = shown(oms, name)["health"]
    assert health["failures"] == 5 and health["backlog"] == 6
    assert health["last_error"] == "answered 500"
    receiver.mood = None
    swept(oms)
    assert len(receiver.books.events) == 6
    told(oms, 7)
    assert len(receiver.books.events) == 7
    assert shown(oms, name)["health"]["backlog"] == 0


def test_one_that_is_away_costs_few_attempts_a_round_and_holds_up_nobody(
    oms: World, receiver: WebhookReceiver
) -> None:
    with receiving(oms) as away:
        subscribed(oms, away)
        subscribed(oms, receiver)
        away.mood = receiver.mood = Mood.FAIL
        for number in range(1, 21):
            told(oms, number)
        asked, receiver.mood = away.books.paths["/hooks"], None
        swept(oms)
        assert len(receiver.books.events) == 20
        assert away.books.paths["/hooks"] - asked <= 4


def test_one_that_dawdles_is_left_to_the_sweep(oms: World, receiver: WebhookReceiver) -> None:
    subscribed(oms, receiver)
    with patch("oms.notifications.deliver.SLOW_MILLISECONDS", 100):
        receiver.next_moods.append(Mood.SLOW)
        told(oms, 1)
        assert len(receiver.books.events) == 1
        told(oms, 2)
        assert len(receiver.books.events) == 1
        swept(oms)
        assert len(receiver.books.events) == 2
        told(oms, 3)
    assert len(receiver.books.events) == 3


def test_one_that_fails_slowly_is_tried_at_once_no_more(
    oms: World, receiver: WebhookReceiver
) -> None:
    subscribed(oms, receiver)
    receiver.secrets.clear()
    with patch("oms.notifications.deliver.SLOW_MILLISECONDS", 100):
        receiver.next_moods.append(Mood.SLOW)
        told(oms, 1)
        told(oms, 2)
    assert receiver.books.paths["/hooks"] == 1


# --- the end of a subscription -----------------------------------------------------------


def three_days_of_failure(oms: World, receiver: WebhookReceiver) -> str:
    name = subscribed(oms, receiver, "OrderConfirmed")
    receiver.mood = Mood.FAIL
    told(oms)
    for _ in range(80):
        swept(oms, timedelta(hours=1))
    return name


def test_three_days_of_failure_disable_it_with_a_task_and_an_event(
    oms: World, receiver: WebhookReceiver
) -> None:
    name = three_days_of_failure(oms, receiver)
    page = shown(oms, name)
    assert (page["status"], page["cause"]) == ("DISABLED", "FAILING")
    (delivery,) = delivered(oms, name)
    assert delivery["status"] == "FAILED" and 9 <= delivery["attempts"] <= 11
    asked = receiver.books.paths["/hooks"]
    told(oms, 2)
    swept(oms, DAY)
    assert receiver.books.paths["/hooks"] == asked and len(delivered(oms, name)) == 1
    _, tasks = oms.call("GET /tasks")
    (task,) = (each for each in tasks["items"] if each["kind"] == "WEBHOOK_DISABLED")
    assert task["subject"]["subscription_id"] == name
    assert task["subject"]["last_error"] == "answered 500"
    (event,) = (each for each in oms.bus.published if each["DetailType"] == "WebhookDisabled")
    assert json.loads(event["Detail"])["subscription_id"] == name


def test_a_success_in_between_begins_the_three_days_anew(
    oms: World, receiver: WebhookReceiver
) -> None:
    name = subscribed(oms, receiver)
    receiver.mood = Mood.FAIL
    told(oms, 1)
    for hour in range(80):
        if hour == 40:
            receiver.next_moods.clear()
            receiver.mood = None
            told(oms, 2)
            swept(oms)
            receiver.mood = Mood.FAIL
            told(oms, 3)
        swept(oms, timedelta(hours=1))
    assert shown(oms, name)["status"] == "ACTIVE"


def test_a_success_in_the_same_moment_saves_it(oms: World, receiver: WebhookReceiver) -> None:
    """A worker that began when all was failing must not end what another one has just reached."""
    name = subscribed(oms, receiver)
    receiver.mood = Mood.FAIL
    told(oms, 1)
    oms.clock.advance(3 * DAY)
    stale = wiring.subscriptions().health(name)
    assert stale.has_failed_for_long(oms.clock.now())
    receiver.mood = None
    told(oms, 2)
    receiver.mood = Mood.FAIL
    with patch.object(type(wiring.subscriptions()), "health", _first_then(stale)):
        told(oms, 3)
    assert shown(oms, name)["status"] == "ACTIVE"


def _first_then(stale: Any) -> Any:
    """The store's `health`, whose first answer is an old one."""
    real, answers = type(wiring.subscriptions()).health, [stale]
    return lambda self, name: answers.pop() if answers else real(self, name)


def test_the_task_is_acknowledged_once(oms: World, receiver: WebhookReceiver) -> None:
    three_days_of_failure(oms, receiver)
    _, tasks = oms.call("GET /tasks")
    (task,) = (each for each in tasks["items"] if each["kind"] == "WEBHOOK_DISABLED")
    path = {"task_id": task["task_id"], "action": "acknowledge"}
    status, reply = oms.call("POST /tasks/{task_id}/{action}", path)
    assert (status, reply["resolved"]) == (200, True)
    assert oms.call("POST /tasks/{task_id}/{action}", path)[0] == 404
    assert oms.call("GET /tasks")[1]["items"] == []


def test_enabling_it_ends_the_task_and_goes_on_with_a_clean_slate(
    oms: World, receiver: WebhookReceiver
) -> None:
    name = three_days_of_failure(oms, receiver)
    status, page = act(oms, name, "enable")
    assert (status, page["status"], page["health"]["failures"]) == (200, "ACTIVE", 0)
    assert oms.call("GET /tasks")[1]["items"] == []
    told(oms, 2)
    assert shown(oms, name)["status"] == "ACTIVE"  # one failure more is not three days of them
    receiver.mood = None
    swept(oms)
    assert len(receiver.books.events) == 1


def test_a_server_that_is_gone_is_not_asked_again(oms: World, receiver: WebhookReceiver) -> None:
    name = subscribed(oms, receiver)
    receiver.mood = Mood.GONE
    told(oms)
    page = shown(oms, name)
    assert (page["status"], page["cause"]) == ("DISABLED", "GONE")
    told(oms, 2)
    swept(oms, DAY)
    assert receiver.books.paths["/hooks"] == 1


def test_what_was_pending_when_it_was_disabled_is_sent_when_it_is_enabled(
    oms: World, receiver: WebhookReceiver
) -> None:
    name = subscribed(oms, receiver)
    receiver.next_moods.append(Mood.FAIL)
    told(oms)
    assert act(oms, name, "disable")[1]["cause"] == "ASKED"
    swept(oms, DAY)
    assert not receiver.books.received
    act(oms, name, "enable")
    swept(oms)
    assert len(receiver.books.received) == 1


def test_a_removed_one_is_known_no_more(oms: World, receiver: WebhookReceiver) -> None:
    name = subscribed(oms, receiver)
    assert act(oms, name, "remove")[0] == 200
    assert act(oms, name, "enable")[0] == 404
    assert oms.call(f"GET {ONE}", {"subscription_id": name})[0] == 404
    assert oms.call(f"GET {ROUTE}")[1] == {"items": []}
    told(oms)
    assert not receiver.books.received


# --- secrets -----------------------------------------------------------------------------


def test_while_a_secret_is_rotated_both_sign(oms: World, receiver: WebhookReceiver) -> None:
    name = subscribed(oms, receiver)
    old = receiver.secrets[:]
    status, page = post(oms, name, "rotate")
    assert status == 200 and page["signing_secrets"] == 2
    new = [page["secret"]]
    for number, secrets in ((1, old), (2, new)):
        receiver.secrets[:] = secrets
        told(oms, number)
    assert [each.signatures for each in receiver.books.received] == [2, 2]
    oms.clock.advance(DAY)
    told(oms, 3)
    receiver.secrets[:] = old
    told(oms, 4)
    assert len(receiver.books.received) == 3
    assert receiver.books.refused == ["no good signature"]


def test_the_secret_is_shown_once(oms: World, receiver: WebhookReceiver) -> None:
    name = subscribed(oms, receiver)
    assert "secret" not in shown(oms, name)
    assert all("secret" not in each for each in oms.call(f"GET {ROUTE}")[1]["items"])
    for delivery in delivered(oms, name):
        assert receiver.secrets[0] not in json.dumps(delivery)


def test_a_repeated_request_answers_the_same_while_its_answer_may_be_missed(
    oms: World, receiver: WebhookReceiver
) -> None:
    body = {"url": receiver.url, "events": ["*"]}
    key = {"idempotency-key": "hook-1"}
    (first, made), (second, again) = (
        oms.call(f"POST {ROUTE}", body=body, headers=key) for _ in range(2)
    )
    assert (first, second) == (201, 200) and made == again
    status, _ = oms.call(f"POST {ROUTE}", body={**body, "events": ["OrderHeld"]}, headers=key)
    assert status == 422
    oms.clock.advance(DAY)
    assert "secret" not in oms.call(f"POST {ROUTE}", body=body, headers=key)[1]


def test_the_key_of_a_removed_one_makes_no_other(oms: World, receiver: WebhookReceiver) -> None:
    body, key = {"url": receiver.url, "events": ["*"]}, {"idempotency-key": "hook-1"}
    _, made = oms.call(f"POST {ROUTE}", body=body, headers=key)
    act(oms, made["subscription_id"], "remove")
    assert oms.call(f"POST {ROUTE}", body=body, headers=key)[0] == 409


# --- again -------------------------------------------------------------------------------


def test_a_replay_is_safe_because_its_ids_are_known(oms: World, receiver: WebhookReceiver) -> None:
    name = subscribed(oms, receiver)
    begin = oms.clock.now()
    for number in range(1, 4):
        told(oms, number)
        oms.clock.advance(MINUTE)
    taken = dict(receiver.books.events)
    span = {
        "from": begin.isoformat(),
        "to": (begin + 2 * MINUTE).isoformat(),
    }
    assert post(oms, name, "replay", span) == (200, {"replayed": 2, "rest": None})
    swept(oms)
    assert len(receiver.books.received) == 5
    assert receiver.books.events == taken
    assert [each["replays"] for each in delivered(oms, name)] == [0, 1, 1]


def test_one_failed_delivery_can_be_sent_again_long_after(
    oms: World, receiver: WebhookReceiver
) -> None:
    name = three_days_of_failure(oms, receiver)
    (failed,) = delivered(oms, name, status="FAILED")
    body = {"delivery_id": failed["delivery_id"]}
    status, problem = post(oms, name, "replay", body)
    assert (status, problem["type"]) == (409, "/problems/webhook-disabled")
    act(oms, name, "enable")
    receiver.mood = None
    assert post(oms, name, "replay", body)[1]["replayed"] == 1
    swept(oms)
    (after,) = delivered(oms, name, status="DELIVERED")
    assert after["delivery_id"] == failed["delivery_id"]
    assert delivered(oms, name, status="FAILED") == []


def test_a_replay_can_be_of_some_events_and_of_failures_only(
    oms: World, receiver: WebhookReceiver
) -> None:
    name = subscribed(oms, receiver)
    span = {"from": "2026-01-01T00:00:00Z", "to": "2027-01-01T00:00:00Z"}
    told(oms, 1, "OrderConfirmed")
    told(oms, 2, "OrderCancelled")
    some = {**span, "events": ["OrderCancelled"]}
    assert post(oms, name, "replay", some)[1]["replayed"] == 1
    assert post(oms, name, "replay", {**span, "status": "FAILED"})[1]["replayed"] == 0


def test_a_long_replay_goes_page_by_page(oms: World, receiver: WebhookReceiver) -> None:
    name = subscribed(oms, receiver)
    for number in range(1, 8):
        told(oms, number)
    body: dict[str, Any] = {"from": "2026-01-01T00:00:00Z", "to": "2027-01-01T00:00:00Z"}
    replayed = 0
    with patch("oms.notifications.replay.AT_ONCE", 3):
        while True:
            _, page = post(oms, name, "replay", body)
            replayed += page["replayed"]
            if page["rest"] is None:
                break
            body["rest"] = page["rest"]
    assert replayed == 7
    other = subscribed(oms, receiver)
    assert post(oms, other, "replay", body)[0] == 422  # a cursor of another list


def test_deliveries_are_listed_page_by_page_newest_first(
    oms: World, receiver: WebhookReceiver
) -> None:
    name = subscribed(oms, receiver)
    for number in range(1, 6):
        told(oms, number)
        oms.clock.advance(MINUTE)
    path, seen, query = {"subscription_id": name}, [], {"limit": "2"}
    while True:
        _, page = oms.call(f"GET {ONE}/deliveries", path, query=query)
        seen += [each["event_id"] for each in page["items"]]
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]
    assert seen == [f"{ORDER}#{number}" for number in (5, 4, 3, 2, 1)]


# --- trying, and asking wrongly ----------------------------------------------------------


def test_a_ping_says_at_once_how_it_went(oms: World, receiver: WebhookReceiver) -> None:
    name = subscribed(oms, receiver, "OrderConfirmed")
    status, page = post(oms, name, "test")
    assert (status, page["status"], page["event_type"]) == (200, "DELIVERED", "webhook.ping")
    receiver.mood = Mood.FAIL
    assert post(oms, name, "test")[1]["last_error"] == "answered 500"
    swept(oms, DAY)
    assert receiver.books.paths["/hooks"] == 2


@pytest.mark.parametrize(
    "body",
    [
        {"url": "https://hooks.example.com/"},
        {"url": "https://hooks.example.com/", "events": []},
        {"url": "https://hooks.example.com/", "events": ["NoSuchEvent"]},
        {"url": "ftp://127.0.0.1/", "events": ["*"]},
        {"url": "", "events": ["*"]},
        {"url": 7, "events": ["*"]},
        {"url": "http://127.0.0.1:9/", "events": ["*"], "secret": "whsec_mine"},
        {"url": "http://127.0.0.1:9/", "events": ["*"], "description": "\x00"},
    ],
)
def test_a_subscription_that_makes_no_sense_is_refused_and_not_kept(
    oms: World, body: dict[str, Any]
) -> None:
    before = stored(oms)
    assert oms.call(f"POST {ROUTE}", body=body)[0] == 422
    assert stored(oms) == before


def test_only_the_local_stage_sends_to_this_machine(oms: World) -> None:
    strict = replace(config(), local_webhooks=False)
    with patch.object(wiring, "config", lambda: strict):
        body = {"url": "http://127.0.0.1:9/", "events": ["*"]}
        status, problem = oms.call(f"POST {ROUTE}", body=body)
    assert (status, problem["type"]) == (422, "/problems/unsafe-url")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"from": "2026-01-01T00:00:00Z"},
        {"delivery_id": "x", "from": "2026-01-01T00:00:00Z", "to": "2026-01-02T00:00:00Z"},
        {"from": "2026-01-01T00:00:00", "to": "2026-01-02T00:00:00"},
    ],
)
def test_a_replay_of_neither_or_both_is_refused(
    oms: World, receiver: WebhookReceiver, body: dict[str, Any]
) -> None:
    assert post(oms, subscribed(oms, receiver), "replay", body)[0] == 422


def test_a_replay_of_what_is_not_there_is_not_found(oms: World, receiver: WebhookReceiver) -> None:
    name = subscribed(oms, receiver)
    assert post(oms, name, "replay", {"delivery_id": "nothing"})[0] == 404
    assert post(oms, "nobody", "replay", {"delivery_id": "nothing"})[0] == 404
    assert act(oms, name, "explode")[0] == 404


def test_operations_alone_manage_subscriptions(oms: World) -> None:
    shop = {**OPS, "scopes": "orders:write node"}
    assert oms.call(f"GET {ROUTE}", caller=shop)[0] == 403
    assert oms.call(f"POST {ROUTE}", body={}, caller=shop)[0] == 403


def test_there_is_an_end_to_how_many_there_can_be(oms: World, receiver: WebhookReceiver) -> None:
    with patch("oms.notifications.subscribe.MOST_SUBSCRIPTIONS", 1):
        subscribed(oms, receiver)
        status, problem = oms.call(f"POST {ROUTE}", body={"url": receiver.url, "events": ["*"]})
    assert (status, problem["type"]) == (409, "/problems/too-many-webhooks")
