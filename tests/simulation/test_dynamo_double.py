"""The store double keeps DynamoDB's rules, alone and compared with moto and the emulator."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, ParamValidationError, ReadTimeoutError

from benchmarks.item_size import size_of
from local.aws.clients import Clients
from local.emulator import Emulator
from local.ports import free_port
from oms.kernel.errors import Unavailable
from oms.platform.dynamo import Dynamo
from oms.platform.unit import Action, Write
from tests.component.moto_tables import tables
from tests.simulation.dynamo.capacity import ItemLimits, Units
from tests.simulation.dynamo.client import DynamoDouble
from tests.simulation.dynamo.differences import (
    EMULATOR,
    EMULATOR_AVOIDS,
    MOTO,
    RULES,
    Rule,
    failed_update_is_no_reason,
)
from tests.simulation.dynamo.differential import first_difference
from tests.simulation.dynamo.faults import Crash, Fault, FaultKind, FaultPlan
from tests.simulation.dynamo.scheduler import (
    Run,
    ScheduleFailed,
    Scheduler,
    VirtualClock,
    World,
    all_schedules,
    at_random,
    random_schedules,
    replay,
    replaying,
)
from tests.simulation.dynamo.sequences import DEFINITION, TABLE
from tests.simulation.dynamo.streams import deliveries
from tests.simulation.dynamo.values import take_in_item

SEQUENCES = int(os.environ.get("OMS_PROOF_SEQUENCES", "150"))
AT_ONCE = 25  # sequences on one moto table, which gets slower as it grows
Request = dict[str, Any]


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def client(clock: VirtualClock) -> DynamoDouble:
    return with_table(DynamoDouble(clock))


def with_table(client: Any) -> Any:
    stream = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
    client.create_table(**DEFINITION, StreamSpecification=stream)
    return client


def key(name: str = "lamp", sort: str = "A") -> Request:
    return {"pk": {"S": name}, "sk": {"S": sort}}


def put(client: Any, name: str = "lamp", **attributes: Request) -> Request:
    item = {**key(name), **attributes}
    client.put_item(TableName=TABLE, Item=item)
    return item


def got(client: Any, name: str = "lamp") -> Request:
    return client.get_item(TableName=TABLE, Key=key(name), ConsistentRead=True).get("Item", {})


def units(client: Any, name: str = "lamp") -> int:
    return int(got(client, name)["units"]["N"])


def update(text: str, name: str = "lamp", /, condition: str = "", **values: Request) -> Request:
    request: Request = {"TableName": TABLE, "Key": key(name), "UpdateExpression": text}
    if values:
        request["ExpressionAttributeValues"] = {f":{k}": value for k, value in values.items()}
    if condition:
        request["ConditionExpression"] = condition
    return request


def one_more(name: str = "lamp") -> Request:
    return update("ADD units :one", name, one={"N": "1"})


def one_less(name: str = "lamp") -> Request:
    return update("SET units = units - :one", name, condition="units >= :one", one={"N": "1"})


def refusal(call: Callable[..., Any], **request: Any) -> Any:
    with pytest.raises(ClientError) as told:
        call(**request)
    return told.value.response


def code(call: Callable[..., Any], **request: Any) -> str:
    return str(refusal(call, **request)["Error"]["Code"])


def reasons(response: Any) -> list[str]:
    return [reason["Code"] for reason in response["CancellationReasons"]]


# --- items and expressions ----------------------------------------------------------------------


def test_nobody_can_change_a_stored_item_from_outside(client: DynamoDouble) -> None:
    doc = {"M": {"deep": {"L": [{"N": "1"}]}}}
    item = put(client, doc=doc)
    doc["M"]["deep"]["L"].append({"N": "2"})
    item["units"] = {"N": "5"}
    seen = got(client)
    seen["doc"]["M"]["deep"]["L"].clear()
    assert got(client) == {**key(), "doc": {"M": {"deep": {"L": [{"N": "1"}]}}}}


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("units = :two", True),
        ("units <> :two", False),
        ("absent <> :two", True),
        ("NOT absent = :two", True),
        ("absent < :two", False),
        ("units = :text", False),
        ("units > :one AND NOT units > :two", True),
        ("units = :one OR units = :two AND attribute_exists(absent)", False),
        ("(units = :two OR units = :one) AND attribute_exists(doc.price)", True),
        ("units BETWEEN :one AND :two", True),
        ("units IN (:one, :text)", False),
        ("begins_with(word, :text)", True),
        ("contains(word, :text)", True),
        ("contains(tags, :text)", True),
        ("size(word) > :two", True),
        ("size(absent) > :two", False),
        ("attribute_not_exists(doc.absent.deeper)", True),
        ("doc.marks[1] = :two", True),
        ("attribute_type(doc, :map)", True),
    ],
)
def test_a_condition_is_read_as_dynamodb_reads_it(
    client: DynamoDouble, condition: str, holds: bool
) -> None:
    doc = {"M": {"price": {"N": "3"}, "marks": {"L": [{"N": "1"}, {"N": "2"}]}}}
    put(client, units={"N": "2.0"}, word={"S": "tea"}, tags={"SS": ["tea", "te"]}, doc=doc)
    values = {"one": {"N": "1"}, "two": {"N": "2"}, "text": {"S": "te"}, "map": {"S": "M"}}
    used = {name: value for name, value in values.items() if f":{name}" in condition}
    request = update("SET seen = :seen", condition=condition, seen={"BOOL": True}, **used)
    if holds:
        client.update_item(**request)
    else:
        assert code(client.update_item, **request) == "ConditionalCheckFailedException"


@pytest.mark.parametrize(
    ("text", "values", "changed"),
    [
        ("SET units = units + :v", {"v": {"N": "3"}}, {"units": {"N": "5"}}),
        ("SET units = units - :v", {"v": {"N": "0.5"}}, {"units": {"N": "1.5"}}),
        ("SET a = if_not_exists(a, :v) + :v", {"v": {"N": "1"}}, {"a": {"N": "2"}}),
        ("SET a = units, units = :v", {"v": {"N": "9"}}, {"a": {"N": "2"}, "units": {"N": "9"}}),
        ("ADD units :v, fresh :v", {"v": {"N": "1"}}, {"units": {"N": "3"}, "fresh": {"N": "1"}}),
        ("SET doc.price = :v", {"v": {"N": "1"}}, {"doc": {"M": {"price": {"N": "1"}}}}),
        ("SET marks[9] = :v", {"v": {"N": "3"}}, {"marks": {"L": [{"N": "1"}, {"N": "3"}]}}),
        (
            "SET marks = list_append(:v, marks)",
            {"v": {"L": [{"N": "0"}]}},
            {"marks": {"L": [{"N": "0"}, {"N": "1"}]}},
        ),
        ("ADD tags :v", {"v": {"SS": ["b"]}}, {"tags": {"SS": ["a", "b"]}}),
        ("REMOVE doc.price", {}, {"doc": {"M": {}}}),
    ],
)
def test_an_update_changes_what_it_names(
    client: DynamoDouble, text: str, values: Request, changed: Request
) -> None:
    before = put(
        client,
        units={"N": "2"},
        doc={"M": {"price": {"N": "3"}}},
        marks={"L": [{"N": "1"}]},
        tags={"SS": ["a"]},
    )
    client.update_item(**update(text, **values))
    assert got(client) == {**before, **changed}


def test_a_set_that_lost_its_last_member_is_gone(client: DynamoDouble) -> None:
    put(client, tags={"SS": ["a"]})
    client.update_item(**update("DELETE tags :v", v={"SS": ["a"]}))
    assert got(client) == key()


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("SET absent = absent + :v", {"v": {"N": "1"}}),
        ("SET word = word + :v", {"v": {"N": "1"}}),
        ("ADD word :v", {"v": {"N": "1"}}),
        ("SET pk = :v", {"v": {"S": "other"}}),
        ("SET a = :v, a.b = :v", {"v": {"N": "1"}}),
        ("SET a.b = :v", {"v": {"N": "1"}}),
        ("SET a = :v SET b = :v", {"v": {"N": "1"}}),
        ("SET status = :v", {"v": {"N": "1"}}),
        ("SET a = :missing", {"v": {"N": "1"}}),
        ("SET a = ", {"v": {"N": "1"}}),
        ("", {}),
    ],
)
def test_a_wrong_update_is_refused_and_changes_nothing(
    client: DynamoDouble, text: str, values: Request
) -> None:
    before = put(client, word={"S": "tea"})
    assert code(client.update_item, **update(text, **values)) == "ValidationException"
    assert got(client) == before


@pytest.mark.parametrize("wanted", [True, False])
def test_a_failed_condition_gives_the_item_that_was_there_to_those_who_ask(
    client: DynamoDouble, wanted: bool
) -> None:
    before = put(client, units={"N": "0"})
    asked = {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"} if wanted else {}
    told = refusal(client.update_item, **one_less(), **asked)
    assert told["Error"]["Code"] == "ConditionalCheckFailedException"
    assert told.get("Item") == (before if wanted else None)


def test_an_empty_or_incomplete_key_is_refused(client: DynamoDouble) -> None:
    for wrong in ({"pk": {"S": "lamp"}}, {**key(), "more": {"S": "x"}}, key(name="")):
        assert code(client.get_item, TableName=TABLE, Key=wrong) == "ValidationException"
    assert code(client.put_item, TableName=TABLE, Item={"pk": {"S": "x"}}) == "ValidationException"
    assert code(client.get_item, TableName="none", Key=key()) == "ResourceNotFoundException"


def test_a_parameter_that_boto3_does_not_know_is_refused_as_boto3_does(
    client: DynamoDouble,
) -> None:
    with pytest.raises(ParamValidationError):
        client.put_item(TableName=TABLE, Item=key(), Condition="attribute_exists(pk)")
    with pytest.raises(ParamValidationError):
        client.get_item(TableName=TABLE)
    with pytest.raises(ParamValidationError):
        client.transact_write_items(**transact({**one_more(), "ReturnValues": "ALL_NEW"}))


def test_an_item_weighs_what_the_cost_report_says() -> None:
    item = {
        **key("mug-ü"),
        "n": {"N": "-123.45"},
        "b": {"B": b"123"},
        "l": {"L": [{"N": "100"}, {"M": {"x": {"BOOL": True}}}]},
        "none": {"NULL": True},
    }
    assert take_in_item(item)[1] == size_of(item)


# --- queries ------------------------------------------------------------------------------------


def sorts(reply: Any) -> list[str]:
    return [item["sk"]["S"] for item in reply["Items"]]


def ask(client: Any, condition: str, values: Request, **options: Any) -> Any:
    return client.query(
        TableName=TABLE,
        KeyConditionExpression=condition,
        ExpressionAttributeValues=values,
        **options,
    )


def test_pages_follow_each_other_both_ways_without_gap_or_repeat(client: DynamoDouble) -> None:
    for n in range(7):
        client.put_item(TableName=TABLE, Item=key(sort=f"S{n}"))
    for forward in (True, False):
        seen: list[str] = []
        options: Request = {"Limit": 3, "ScanIndexForward": forward}
        while True:
            page = ask(client, "pk = :p", {":p": {"S": "lamp"}}, **options)
            seen += sorts(page)
            if "LastEvaluatedKey" not in page:
                break
            options["ExclusiveStartKey"] = page["LastEvaluatedKey"]
        assert seen == sorted(seen, reverse=not forward) and len(seen) == 7


def test_a_page_ends_after_a_megabyte(client: DynamoDouble) -> None:
    for n in range(4):
        big = {"doc": {"S": "x" * 390_000}}
        client.put_item(TableName=TABLE, Item={**key(sort=f"S{n}"), **big})
    page = ask(client, "pk = :p", {":p": {"S": "lamp"}})
    assert sorts(page) == ["S0", "S1", "S2"] and page["LastEvaluatedKey"] == key(sort="S2")


def test_a_filter_drops_items_after_they_were_counted(client: DynamoDouble) -> None:
    for n in range(4):
        client.put_item(TableName=TABLE, Item={**key(sort=f"S{n}"), "units": {"N": str(n)}})
    values = {":p": {"S": "lamp"}, ":n": {"N": "2"}}
    page = ask(client, "pk = :p", values, FilterExpression="units >= :n", Limit=3)
    assert (sorts(page), page["Count"], page["ScannedCount"]) == (["S2"], 1, 3)


def test_an_index_has_what_carries_its_keys_and_shows_what_is_projected(
    client: DynamoDouble,
) -> None:
    keys = {"pile": {"S": "H"}, "rank": {"N": "10"}}
    put(client, "lamp", units={"N": "1"}, doc={"S": "x"}, **keys)
    put(client, "mug", **{**keys, "rank": {"N": "9"}})
    put(client, "cup", pile={"S": "H"})
    page = ask(client, "pile = :h", {":h": {"S": "H"}}, IndexName="by_rank")
    assert page["Items"] == [
        {**key("mug"), **keys, "rank": {"N": "9"}},
        {**key("lamp"), **keys, "units": {"N": "1"}},
    ]
    client.update_item(**update("REMOVE pile"))
    page = ask(client, "pile = :h", {":h": {"S": "H"}}, IndexName="by_rank", Limit=1)
    assert page["LastEvaluatedKey"] == {**key("mug"), "pile": {"S": "H"}, "rank": {"N": "9"}}


def test_a_batch_gives_what_exists_and_a_scan_gives_everything(client: DynamoDouble) -> None:
    items = [{**key(name), "units": {"N": "1"}} for name in ("lamp", "mug")]
    client.batch_write_item(RequestItems={TABLE: [{"PutRequest": {"Item": i}} for i in items]})
    wanted = {TABLE: {"Keys": [key("lamp"), key("none")]}}
    assert client.batch_get_item(RequestItems=wanted)["Responses"] == {TABLE: items[:1]}
    pages = client.get_paginator("scan").paginate(TableName=TABLE, Limit=1)
    assert [item for page in pages for item in page["Items"]] == items


# --- transactions -------------------------------------------------------------------------------


def transact(*updates: Request, token: str = "") -> Request:
    request: Request = {"TransactItems": [{"Update": each} for each in updates]}
    return request | ({"ClientRequestToken": token} if token else {})


def test_a_transaction_that_fails_changes_nothing_and_says_why_by_position(
    client: DynamoDouble,
) -> None:
    before = put(client, "mug", units={"N": "0"})
    none_left = {**one_less("mug"), "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
    told = refusal(client.transact_write_items, **transact(one_more("lamp"), none_left))
    assert told["Error"]["Code"] == "TransactionCanceledException"
    assert reasons(told) == ["None", "ConditionalCheckFailed"]
    assert told["CancellationReasons"][1]["Item"] == before
    assert got(client, "lamp") == {}


@pytest.mark.parametrize(("actions", "allowed"), [(99, True), (100, True), (101, False)])
def test_a_transaction_has_at_most_100_actions(
    client: DynamoDouble, actions: int, allowed: bool
) -> None:
    request = transact(*(one_more(f"lamp-{n}") for n in range(actions)))
    if allowed:
        client.transact_write_items(**request)
    else:
        assert code(client.transact_write_items, **request) == "ValidationException"


def test_a_token_is_good_for_ten_minutes(client: DynamoDouble, clock: VirtualClock) -> None:
    request = transact(one_more(), token="order-1")
    client.transact_write_items(**request)
    clock.advance(599)
    client.transact_write_items(**request)
    other = transact(one_more("mug"), token="order-1")
    mismatch = "IdempotentParameterMismatchException"
    assert code(client.transact_write_items, **other) == mismatch
    assert units(client) == 1
    clock.advance(1)
    client.transact_write_items(**request)
    assert units(client) == 2


def test_the_token_of_a_cancelled_transaction_may_be_used_again(client: DynamoDouble) -> None:
    request = transact(one_less(), token="order-1")
    assert code(client.transact_write_items, **request) == "TransactionCanceledException"
    put(client, units={"N": "1"})
    client.transact_write_items(**request)
    assert units(client) == 0


# --- others meanwhile ---------------------------------------------------------------------------


class Meanwhile:
    """Does something once, at one point of another's operation."""

    def __init__(self) -> None:
        self.at, self.does = "", lambda: None

    def __call__(self, point: str) -> None:
        if point == self.at:
            self.at = ""
            self.does()


@pytest.fixture
def meanwhile() -> Meanwhile:
    return Meanwhile()


@pytest.fixture
def shared(clock: VirtualClock, meanwhile: Meanwhile) -> DynamoDouble:
    made: DynamoDouble = with_table(DynamoDouble(clock, meanwhile))
    put(made, units={"N": "5"})
    return made


def test_others_may_run_before_and_after_each_operation_and_inside_a_transaction(
    clock: VirtualClock,
) -> None:
    points: list[str] = []
    client = with_table(DynamoDouble(clock, points.append))
    refusal(client.update_item, **one_less())
    client.transact_write_items(**transact(one_more()))
    assert points == [
        "before:update_item",
        "after:update_item",
        "before:transact_write_items",
        "inside:transact_write_items",
        "after:transact_write_items",
    ]


def test_items_of_a_running_transaction_are_locked_and_read_as_they_were(
    shared: DynamoDouble, meanwhile: Meanwhile
) -> None:
    seen: list[Any] = []

    def others() -> None:
        told = refusal(shared.transact_write_items, **transact(one_more("mug"), one_more()))
        seen.append(reasons(told))
        seen.append(code(shared.update_item, **one_more()))
        asked = {TABLE: [{"PutRequest": {"Item": key()}}]}
        seen.append(shared.batch_write_item(RequestItems=asked)["UnprocessedItems"] == asked)
        seen.append(units(shared))

    meanwhile.at, meanwhile.does = "inside:transact_write_items", others
    shared.transact_write_items(**transact(one_more()))
    assert seen == [["None", "TransactionConflict"], "TransactionConflictException", True, 5]
    assert units(shared) == 6 and got(shared, "mug") == {}


def test_the_same_token_while_it_is_in_progress_is_told_so(
    shared: DynamoDouble, meanwhile: Meanwhile
) -> None:
    request, seen = transact(one_more(), token="order-1"), []
    meanwhile.at = "inside:transact_write_items"
    meanwhile.does = lambda: seen.append(code(shared.transact_write_items, **request))
    shared.transact_write_items(**request)
    assert seen == ["TransactionInProgressException"] and units(shared) == 6


def test_a_client_that_dies_inside_does_not_stop_the_service(
    shared: DynamoDouble, meanwhile: Meanwhile
) -> None:
    def die() -> None:
        raise Crash

    meanwhile.at, meanwhile.does = "inside:transact_write_items", die
    with pytest.raises(Crash):
        shared.transact_write_items(**transact(one_more()))
    shared.update_item(**one_more())
    assert units(shared) == 7


def naive_buyers(scheduler: Scheduler) -> World:
    """Read first, write afterwards: the classic oversell."""
    client = with_table(DynamoDouble(scheduler.clock, scheduler.switch))
    put(client, units={"N": "1"})

    def buy() -> bool:
        left = units(client)
        if left:
            put(client, units={"N": str(left - 1)})
        return left > 0

    def check(run: Run) -> None:
        assert sum(run.values) == 1

    return World([buy, buy], check)


def careful_buyers(scheduler: Scheduler) -> World:
    """Through the real adapter, with a transaction each."""
    client = with_table(DynamoDouble(scheduler.clock, scheduler.switch))
    dynamo = Dynamo(client, sleep=scheduler.sleep)
    put(client, units={"N": "1"})

    def buy(name: str) -> bool:
        less = one_less()
        take = Write(
            Action.UPDATE,
            TABLE,
            {"pk": "lamp", "sk": "A"},
            update=less["UpdateExpression"],
            condition=less["ConditionExpression"],
            values={":one": 1},
            refused=lambda old: LookupError("sold out"),
        )
        order = Write(Action.PUT, TABLE, {"pk": name, "sk": "A"})
        try:
            dynamo.commit([take, order])
        except LookupError:
            return False
        return True

    def check(run: Run) -> None:
        told = run.values
        assert sum(told) == 1 and units(client) == 0
        assert [bool(got(client, name)) for name in ("first", "second")] == told

    return World([lambda: buy("first"), lambda: buy("second")], check)


def test_every_interleaving_of_careful_buyers_sells_once() -> None:
    explored = all_schedules(careful_buyers, max_schedules=10_000)
    assert explored.complete and explored.schedules > 10
    assert random_schedules(careful_buyers, range(50)) == 50


def test_some_interleaving_of_naive_buyers_sells_twice_and_can_be_replayed() -> None:
    with pytest.raises(ScheduleFailed) as first:
        all_schedules(naive_buyers, max_schedules=10_000)
    with pytest.raises(ScheduleFailed) as again:
        replay(naive_buyers, first.value.choices)
    assert again.value.choices == first.value.choices


def test_exploring_stops_at_the_number_given_and_says_that_there_is_more() -> None:
    explored = all_schedules(careful_buyers, max_schedules=3)
    assert (explored.schedules, explored.complete) == (3, False)


def test_all_ways_to_interleave_two_workers_of_three_steps_are_tried() -> None:
    seen = set()

    def world(scheduler: Scheduler) -> World:
        done: list[str] = []

        def worker(name: str) -> None:
            for _ in range(3):
                done.append(name)
                scheduler.switch("step")

        return World([lambda: worker("a"), lambda: worker("b")], lambda run: seen.add(tuple(done)))

    assert all_schedules(world, 1_000).complete
    assert len(seen) == 20  # 6 over 3


def test_what_a_worker_raised_fails_the_check_that_asks_for_its_value() -> None:
    def check(run: Run) -> None:
        assert run.values == [{}]

    def world(scheduler: Scheduler) -> World:
        plan = FaultPlan().at(0, FaultKind.CRASH_BEFORE)
        client = with_table(DynamoDouble(scheduler.clock, scheduler.switch, plan))
        return World([lambda: got(client)], check)

    with pytest.raises(ScheduleFailed, match="Crash"):
        all_schedules(world, 1)


def test_a_seed_gives_the_same_run_again() -> None:
    def points(seed: int) -> list[tuple[int, str]]:
        scheduler = Scheduler()
        return scheduler.run(careful_buyers(scheduler).workers, at_random(seed), seed).points

    assert points(3) == points(3) and len({tuple(points(seed)) for seed in range(8)}) > 1


def test_a_crash_ends_one_worker_only() -> None:
    scheduler = Scheduler()
    plan = FaultPlan().at(0, FaultKind.CRASH_AFTER)
    client = with_table(DynamoDouble(scheduler.clock, scheduler.switch, plan))
    buyers = [lambda name=name: put(client, name) for name in ("lamp", "mug")]
    run = scheduler.run(buyers, replaying([]))
    assert isinstance(run.endings[0].error, Crash) and run.endings[1].error is None
    assert got(client, "lamp") and got(client, "mug")


# --- faults -------------------------------------------------------------------------------------


def faulty(clock: VirtualClock, plan: FaultPlan) -> DynamoDouble:
    made: DynamoDouble = with_table(DynamoDouble(clock))
    put(made, units={"N": "5"})
    made.plan = plan
    return made


@pytest.mark.parametrize(
    ("kind", "raised", "left"),
    [
        (FaultKind.CRASH_BEFORE, Crash, 5),
        (FaultKind.CRASH_AFTER, Crash, 6),
        (FaultKind.REPLY_LOST, ReadTimeoutError, 6),
        (FaultKind.THROTTLED, ClientError, 5),
        (FaultKind.CONFLICT, ClientError, 5),
    ],
)
def test_a_fault_strikes_before_or_after_the_effect(
    clock: VirtualClock, kind: FaultKind, raised: type[BaseException], left: int
) -> None:
    for operation, request in (
        ("update_item", one_more()),
        ("transact_write_items", transact(one_more())),
    ):
        plan = FaultPlan().at(0, kind)
        client = faulty(clock, plan)
        with pytest.raises(raised):
            getattr(client, operation)(**request)
        assert units(client) == left
        assert plan.visits == {(operation, kind): 1}


def test_a_request_sent_again_counts_twice_unless_it_has_a_token(clock: VirtualClock) -> None:
    resent = Fault(FaultKind.RESENT)
    client = faulty(clock, FaultPlan().at(0, resent).at(1, resent))
    client.update_item(**one_more())
    assert units(client) == 7
    client = faulty(clock, FaultPlan().at(0, resent))
    client.transact_write_items(**transact(one_more()))  # boto3 makes a token by itself
    assert units(client) == 6


def test_a_duplicate_after_eleven_minutes_counts_twice_in_spite_of_its_token(
    clock: VirtualClock,
) -> None:
    client = faulty(clock, FaultPlan().at(0, FaultKind.DUPLICATE))
    client.transact_write_items(**transact(one_more(), token="order-1"))
    clock.advance(659)
    assert units(client) == 6
    clock.advance(1)
    assert units(client) == 7


def test_a_duplicate_may_be_let_in_at_once(clock: VirtualClock) -> None:
    client = faulty(clock, FaultPlan().at(0, FaultKind.DUPLICATE))
    client.update_item(**one_more())
    assert len(client.deliver_late(everything=True)) == 1
    assert units(client) == 7


def test_the_fault_of_a_transaction_has_a_position(clock: VirtualClock) -> None:
    plan = FaultPlan().at(0, Fault(FaultKind.CONFLICT, 1)).at(1, Fault(FaultKind.THROTTLED, 0))
    client = faulty(clock, plan)
    request = transact(one_more(), one_more("mug"))
    for expected in (["None", "TransactionConflict"], ["ThrottlingError", "None"]):
        assert reasons(refusal(client.transact_write_items, **request)) == expected


def test_a_throttled_batch_gives_the_rest_back(clock: VirtualClock) -> None:
    plan = FaultPlan().when(
        lambda operation, request: operation == "batch_get_item", Fault(FaultKind.THROTTLED, 1)
    )
    client = faulty(clock, plan)
    dynamo = Dynamo(client, sleep=clock.advance)
    keys = [{"pk": name, "sk": "A"} for name in ("lamp", "mug")]
    assert [item["pk"] for item in dynamo.get_many(TABLE, keys)] == ["lamp"]
    assert plan.asked == ["batch_get_item"] * 2


def test_faults_at_a_rate_are_the_same_for_the_same_seed(clock: VirtualClock) -> None:
    def visits(seed: int) -> Any:
        plan = FaultPlan().at_rate(seed, dict.fromkeys(FaultKind, 0.1))
        client = faulty(clock, plan)
        for _ in range(100):
            try:
                client.update_item(**one_more())
                got(client)
            except (Crash, ReadTimeoutError, ClientError):
                continue
        return plan.visits

    assert visits(1) == visits(1) != visits(2)
    assert {kind for _, kind in visits(1)} == set(FaultKind)
    assert not visits(1)["get_item", FaultKind.CONFLICT]


def test_the_adapter_tries_conflicts_again_and_tells_of_a_lost_reply(clock: VirtualClock) -> None:
    plan = FaultPlan().at(0, FaultKind.CONFLICT).at(1, FaultKind.THROTTLED)
    client = faulty(clock, plan.at(3, FaultKind.REPLY_LOST))
    write = Write(
        Action.UPDATE, TABLE, {"pk": "lamp", "sk": "A"}, update="ADD units :n", values={":n": 1}
    )
    dynamo = Dynamo(client, sleep=clock.advance)
    dynamo.commit([write])
    with pytest.raises(Unavailable):
        dynamo.commit([write])
    client.plan = None
    assert units(client) == 7


# --- limits and capacity ------------------------------------------------------------------------


def test_a_hot_item_is_throttled_until_the_next_second(clock: VirtualClock) -> None:
    client = with_table(DynamoDouble(clock, limits=ItemLimits(write_units_per_second=4)))
    for _ in range(4):
        client.update_item(**one_more())
    assert code(client.update_item, **one_more()) == "ThrottlingException"
    told = refusal(client.transact_write_items, **transact(one_more("mug"), one_more()))
    assert reasons(told) == ["None", "ThrottlingError"]
    clock.advance(1)
    for _ in range(2):  # a transaction costs double
        client.transact_write_items(**transact(one_more()))
    assert code(client.transact_write_items, **transact(one_more()))
    assert units(client) == 6


def test_a_hot_partition_is_throttled_when_asked_for(clock: VirtualClock) -> None:
    client = with_table(DynamoDouble(clock, limits=ItemLimits(1000, 2)))
    for sort in "AB":
        client.put_item(TableName=TABLE, Item=key(sort=sort))
    assert code(client.put_item, TableName=TABLE, Item=key(sort="C")) == "ThrottlingException"
    put(client, "mug")


KB = {"doc": {"S": "x" * 1000}}  # with its key a little less than a kilobyte
THREE_KB = {"doc": {"S": "x" * 3000}}
INDEXED = {"pile": {"S": "H"}, "rank": {"N": "1"}}


@pytest.mark.parametrize(
    ("before", "act", "used"),
    [
        ({}, lambda c: put(c, **KB), Units(writes=1)),
        (THREE_KB, lambda c: put(c, **KB), Units(writes=3)),
        (THREE_KB, lambda c: c.update_item(**one_more()), Units(writes=3)),
        (THREE_KB, lambda c: c.delete_item(TableName=TABLE, Key=key()), Units(writes=3)),
        ({}, lambda c: c.delete_item(TableName=TABLE, Key=key()), Units(writes=1)),
        (THREE_KB, lambda c: refusal(c.update_item, **one_less()), Units(writes=3)),
        (THREE_KB, lambda c: c.transact_write_items(**transact(one_more())), Units(writes=6)),
        (KB, lambda c: got(c), Units(reads=1)),
        (KB, lambda c: c.get_item(TableName=TABLE, Key=key()), Units(reads=0.5)),
        ({}, lambda c: put(c, **INDEXED), Units(writes=2, index_writes=1)),
        (INDEXED, lambda c: c.update_item(**update("REMOVE pile")), Units(0, 2, 1)),
        (INDEXED, lambda c: put(c, **INDEXED, **KB), Units(writes=1)),
        (INDEXED, lambda c: put(c, **INDEXED, units={"N": "1"}), Units(0, 2, 1)),
        (INDEXED, lambda c: put(c, **INDEXED | {"rank": {"N": "2"}}), Units(0, 3, 2)),
    ],
)
def test_capacity_is_counted_by_the_published_rules(
    client: DynamoDouble, before: Request, act: Callable[[Any], Any], used: Units
) -> None:
    if before:
        put(client, **before)
    with client.capacity.measure() as meter:
        act(client)
    assert meter.total(TABLE) == used


def test_a_query_pays_for_the_sum_of_what_it_reads(client: DynamoDouble) -> None:
    for n in range(5):
        client.put_item(TableName=TABLE, Item={**key(sort=str(n)), **KB})
    with client.capacity.measure() as meter:
        ask(client, "pk = :p", {":p": {"S": "lamp"}}, ConsistentRead=True)
    assert meter.by_operation() == {"query": Units(reads=2)}
    assert client.capacity.by_partition(TABLE) == {"lamp": Units(reads=2, writes=5)}
    assert client.capacity.total() == Units(reads=2, writes=5)


def test_a_repeat_under_the_same_token_costs_reads(client: DynamoDouble) -> None:
    for expected in (Units(writes=2), Units(reads=2)):
        with client.capacity.measure() as meter:
            client.transact_write_items(**transact(one_more(), token="order-1"))
        assert meter.total() == expected


# --- streams ------------------------------------------------------------------------------------


def test_a_stream_tells_of_changes_and_of_nothing_else(client: DynamoDouble) -> None:
    put(client, picture={"B": b"\x00"})
    put(client, picture={"B": b"\x00"})  # nothing changed
    refusal(client.update_item, **one_less())
    refusal(client.transact_write_items, **transact(one_more("mug"), one_less()))
    client.update_item(**update("REMOVE picture"))
    client.delete_item(TableName=TABLE, Key=key())
    records = client.stream(TABLE).records()
    assert [each["eventName"] for each in records] == ["INSERT", "MODIFY", "REMOVE"]
    first, second, third = (each["dynamodb"] for each in records)
    assert first["NewImage"]["picture"] == {"B": "AA=="} and "OldImage" not in first
    assert (second["OldImage"], second["NewImage"]) == (first["NewImage"], key())
    assert third["Keys"] == key() and "NewImage" not in third
    assert first["SequenceNumber"] < second["SequenceNumber"] < third["SequenceNumber"]
    assert len({each["eventID"] for each in records}) == 3


def test_deliveries_keep_the_order_of_each_item_only(client: DynamoDouble) -> None:
    for _ in range(6):
        client.transact_write_items(**transact(one_more("lamp"), one_more("mug")))
    records = client.stream(TABLE).records()
    repeated = interleaved = False
    for seed in range(20):
        batches = list(deliveries(records, seed, largest=4))
        assert batches == list(deliveries(records, seed, largest=4))
        told = [each["eventID"] for batch in batches for each in batch]
        firsts = list(dict.fromkeys(told))
        for name in ("lamp", "mug"):
            own = [r["eventID"] for r in records if r["dynamodb"]["Keys"] == key(name)]
            assert [each for each in firsts if each in own] == own
        repeated |= len(told) > len(firsts)
        interleaved |= firsts != [each["eventID"] for each in records]
    assert repeated and interleaved


# --- compared with others -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def moto() -> Iterator[Any]:
    with tables() as account:
        account.client.create_table(**DEFINITION)
        yield account.client


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The emulator alone, without our templates: it answers in a third of a second."""
    home: Path = tmp_path_factory.mktemp("emulator")
    (home / "logs").mkdir()
    started = Emulator(home, free_port(), keep_in=None, environment={})
    try:
        started.wait()
        client = Clients(started.endpoint)("dynamodb")
        client.create_table(**DEFINITION)
        yield client
    finally:
        started.stop()


def named(rule: Rule) -> str:
    return rule.name.replace(" ", "-")


@pytest.mark.parametrize("rule", RULES, ids=named)
def test_the_double_keeps_each_rule(client: DynamoDouble, rule: Rule) -> None:
    assert rule.is_kept(client)


@pytest.mark.parametrize("rule", RULES, ids=named)
def test_moto_keeps_the_rules_but_those_listed(moto: Any, rule: Rule) -> None:
    assert rule.is_kept(moto) is (MOTO not in rule.broken_by)


@pytest.mark.parametrize("first", range(0, SEQUENCES, AT_ONCE))
def test_moto_gives_the_same_answers_to_random_sequences(
    client: DynamoDouble, moto: Any, first: int
) -> None:
    moto.delete_table(TableName=TABLE)
    moto.create_table(**DEFINITION)
    for seed in range(first, min(first + AT_ONCE, SEQUENCES)):
        excused = [failed_update_is_no_reason]
        assert first_difference(client, moto, seed, excused) is None


@pytest.mark.stack
@pytest.mark.parametrize("rule", RULES, ids=named)
def test_the_emulator_keeps_the_rules_but_those_listed(emulator: Any, rule: Rule) -> None:
    assert rule.is_kept(emulator) is (EMULATOR not in rule.broken_by)


@pytest.mark.stack
def test_the_emulator_gives_the_same_answers_to_random_sequences(
    client: DynamoDouble, emulator: Any
) -> None:
    for seed in range(min(50, SEQUENCES)):
        assert first_difference(client, emulator, seed, avoid=EMULATOR_AVOIDS) is None
