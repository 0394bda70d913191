"""The platform's own promises: patience, partial failures, one answer for each error."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from oms.kernel import errors
from oms.kernel.errors import Refused, Unavailable
from oms.orders.events import BusEvent
from oms.platform.attributes import marshal, unmarshal
from oms.platform.bus import Bus
from oms.platform.consumer import queue_handler, stream_handler
from oms.platform.dynamo import Dynamo
from oms.platform.http import Api, Caller, Reply, Request, problem
from oms.platform.secrets import KEPT_SECONDS, Secrets
from oms.platform.unit import Action, Write

CONTEXT = SimpleNamespace(aws_request_id="r", function_name="f")
PUT = Write(Action.PUT, "t", {"pk": "a", "sk": "b"}, {"n": 1}, condition="x")


class Client:
    """Answers each write with the next of `replies`; an exception is raised."""

    def __init__(self, *replies: Any) -> None:
        self.replies, self.asked = list(replies), []

    def _answer(self, **request: Any) -> Any:
        self.asked.append(request)
        reply = self.replies.pop(0)
        if isinstance(reply, Exception):
            raise reply
        return reply

    put_item = transact_write_items = batch_write_item = put_events = _answer
    get_secret_value = _answer


def refused(code: str, **response: Any) -> ClientError:
    return ClientError({"Error": {"Code": code}, **response}, "op")  # type: ignore[typeddict-item]


def cancelled(*codes: str) -> ClientError:
    reasons = [{"Code": code} for code in codes]
    return refused("TransactionCanceledException", CancellationReasons=reasons)


def dynamo(*replies: Any) -> tuple[Dynamo, Client]:
    client = Client(*replies)
    return Dynamo(client, sleep=lambda seconds: None), client


@pytest.mark.parametrize("code", ["ThrottlingException", "TransactionConflictException"])
def test_a_throttled_write_is_tried_again(code: str) -> None:
    database, client = dynamo(refused(code), refused(code), {})
    database.commit([PUT])
    assert len(client.asked) == 3


def test_a_conflicting_transaction_is_tried_again_with_the_same_token() -> None:
    database, client = dynamo(cancelled("None", "TransactionConflict"), {})
    database.commit([PUT, PUT])
    assert len({each["ClientRequestToken"] for each in client.asked}) == 1


def test_patience_ends_in_unavailable_and_no_answer_is_unavailable_at_once() -> None:
    database, client = dynamo(*[refused("ThrottlingException")] * 20)
    with pytest.raises(Unavailable):
        database.commit([PUT])
    assert len(client.asked) == 8
    database, client = dynamo(ReadTimeoutError(endpoint_url="x"))
    with pytest.raises(Unavailable):
        database.commit([PUT])
    assert len(client.asked) == 1


def test_the_first_failed_condition_speaks_and_a_write_done_before_is_none() -> None:
    def write(answer: Exception | None) -> Write:
        return Write(Action.PUT, "t", PUT.key, PUT.item, condition="x", refused=lambda _: answer)

    both = cancelled("ConditionalCheckFailed", "ConditionalCheckFailed")
    database, _ = dynamo(both)
    with pytest.raises(Refused, match="first"):
        database.commit([write(Refused("first")), write(Refused("second"))])
    database, _ = dynamo(cancelled("ConditionalCheckFailed", "None"))
    database.commit([write(None), write(Refused("second"))])


def test_nothing_to_write_asks_nobody() -> None:
    database, client = dynamo()
    database.commit([])
    assert client.asked == []


def test_values_come_back_as_they_went() -> None:
    values = {"s": "x", "n": -7, "b": b"\x00", "t": True, "z": None, "l": [1, ["a"]], "m": {"k": 0}}
    assert unmarshal(marshal(values)) == values
    with pytest.raises(TypeError):
        marshal({"f": 1.5})


def test_the_bus_gets_again_what_it_refused_and_only_that() -> None:
    events = [BusEvent("s", f"E{n}", {}) for n in range(12)]
    part = {"FailedEntryCount": 1, "Entries": [{}, {"ErrorCode": "x"}, *[{}] * 8]}
    whole = {"FailedEntryCount": 0, "Entries": []}
    client = Client(part, whole, whole)
    Bus("b", client).publish(events)
    assert [len(each["Entries"]) for each in client.asked] == [10, 1, 2]
    never = {"FailedEntryCount": 1, "Entries": [{"ErrorCode": "x"}]}
    with pytest.raises(Unavailable):
        Bus("b", Client(*[never] * 9)).publish(events[:1])


def test_a_queue_hands_back_only_what_failed() -> None:
    def work(detail: dict[str, Any]) -> None:
        assert detail["n"] != 2

    records = [{"messageId": f"m{n}", "body": json.dumps({"detail": {"n": n}})} for n in range(4)]
    records.append({"messageId": "junk", "body": "{"})
    answer = queue_handler(work)({"Records": records}, CONTEXT)
    assert [each["itemIdentifier"] for each in answer["batchItemFailures"]] == ["m2", "junk"]


def test_a_stream_batch_that_fails_comes_back_whole() -> None:
    def work(records: Any) -> None:
        raise RuntimeError("poison")

    records = [{"dynamodb": {"SequenceNumber": str(n)}} for n in (5, 6)]
    answer = stream_handler(work)({"Records": records}, CONTEXT)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "5"}]}


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.Malformed("x"), 400),
        (errors.Unauthenticated("x"), 401),
        (errors.Forbidden("x"), 403),
        (errors.NotFound("x"), 404),
        (errors.Refused("x"), 409),
        (errors.VersionConflict("x"), 409),
        (errors.TooLarge("x"), 413),
        (errors.Invalid("x"), 422),
        (errors.Unavailable("x"), 503),
        (errors.OmsError("secret"), 500),
    ],
)
def test_each_error_has_one_answer(error: errors.OmsError, status: int) -> None:
    reply = problem(error, "req")
    assert (reply.status, reply.body["status"], reply.body["request_id"]) == (status, status, "req")
    assert "secret" not in json.dumps(reply.body)
    assert ("retry-after" in reply.headers) is (status == 503)


def test_an_error_nobody_thought_of_is_500_and_tells_nothing() -> None:
    api = Api()

    @api.route("GET /x")
    def explode(request: Request) -> Reply:
        raise KeyError("secret")

    answer = api({"routeKey": "GET /x", "requestContext": {}}, CONTEXT)
    assert answer["statusCode"] == 500
    assert "secret" not in answer["body"]
    assert api({"routeKey": "GET /y"}, CONTEXT)["statusCode"] == 404


def test_a_route_needs_its_scope_and_ops_may_do_everything() -> None:
    api = Api()
    api.route("GET /x", scope="node")(lambda request: Reply(200, {"name": request.caller.name}))

    def ask(scopes: str) -> int:
        who = {"authorizer": {"lambda": {"name": "kim", "scopes": scopes}}}
        return int(api({"routeKey": "GET /x", "requestContext": who}, CONTEXT)["statusCode"])

    assert [ask(each) for each in ("node", "ops", "stock:read", "")] == [200, 200, 403, 403]
    assert Caller("x", frozenset()).scopes == frozenset()


def test_a_secret_is_read_again_after_five_minutes() -> None:
    now = [0.0]
    client = Client(*[{"SecretString": json.dumps(n)} for n in range(3)])
    kept = Secrets("p", client, lambda: now[0])
    assert [kept.get("a"), kept.get("a")] == [0, 0]
    now[0] = KEPT_SECONDS
    assert kept.get("a") == 1
    assert kept.refresh("a") == 2
