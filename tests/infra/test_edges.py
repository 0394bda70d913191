"""Asynchronous edges lose nothing, and no caller gives up before its function does."""

from __future__ import annotations

import json
from typing import Any

from infra.catalogue.functions import BY_NAME
from infra.catalogue.messaging import (
    DEAD_LETTER_OWNERS,
    DROPS,
    EVENT_SOURCE_PREFIX,
    QUEUES,
    RULES,
    SCHEDULES,
    STREAMS,
)
from infra.catalogue.routes import ROUTES
from tests.infra.stages import Resource, Stage

API_SECONDS = 29


def test_every_rule_has_a_retry_policy_and_a_dead_letter_queue(stage: Stage) -> None:
    rules = list(stage.resources("AWS::Events::Rule"))
    assert len(rules) == len(RULES) + len(DROPS)
    for rule in rules:
        for target in rule.properties["Targets"]:
            assert target["DeadLetterConfig"]["Arn"], rule
            assert target["RetryPolicy"]["MaximumEventAgeInSeconds"] > 0, rule
            assert target["RetryPolicy"]["MaximumRetryAttempts"] > 0, rule


def test_a_rule_takes_only_our_own_events(stage: Stage) -> None:
    for rule in stage.resources("AWS::Events::Rule"):
        pattern = rule.properties["EventPattern"]
        if "EventBusName" not in rule.properties:  # the account's own bus: files of our bucket
            assert (pattern["source"], list(pattern["detail"])) == (
                ["aws.s3"],
                ["bucket", "object"],
            )
        else:
            assert pattern["source"] == [{"prefix": EVENT_SOURCE_PREFIX}]


def test_every_queue_is_or_has_a_dead_letter_queue(stage: Stage) -> None:
    queues = {_name(queue): queue for queue in stage.resources("AWS::SQS::Queue")}
    dead = {name for name in queues if name.endswith("-dead")}
    assert dead == {f"oms-{stage.name}-{owner}-dead" for owner in DEAD_LETTER_OWNERS}
    for name in queues.keys() - dead:
        redrive = queues[name].properties["RedrivePolicy"]
        assert 3 <= redrive["maxReceiveCount"] <= 5, name


def test_dead_letters_are_kept_for_two_weeks(stage: Stage) -> None:
    for queue in stage.resources("AWS::SQS::Queue"):
        if _name(queue).endswith("-dead"):
            assert queue.properties["MessageRetentionPeriod"] == 14 * 86_400


def test_every_queue_is_encrypted_and_refuses_plain_http(stage: Stage) -> None:
    policies = json.dumps([each.body for each in stage.resources("AWS::SQS::QueuePolicy")])
    for queue in stage.resources("AWS::SQS::Queue"):
        assert queue.properties["SqsManagedSseEnabled"] is True, queue
        assert f'"Queues": [{{"Ref": "{queue.id}"}}]' in policies, queue
    assert '"aws:SecureTransport": "false"' in policies


def test_every_stream_consumer_splits_bounds_and_parks_what_fails(stage: Stage) -> None:
    mappings = [each for each in _mappings(stage) if "StartingPosition" in each.properties]
    assert len(mappings) == len(STREAMS)
    for mapping in mappings:
        found = mapping.properties
        assert found["BisectBatchOnFunctionError"] is True
        assert 0 < found["MaximumRetryAttempts"] <= 100
        assert 0 < found["MaximumRecordAgeInSeconds"] < 86_400
        assert found["DestinationConfig"]["OnFailure"]["Destination"]
        assert found["FilterCriteria"]["Filters"]


def test_every_consumer_reports_failures_by_item(stage: Stage) -> None:
    for mapping in _mappings(stage):
        assert mapping.properties["FunctionResponseTypes"] == ["ReportBatchItemFailures"], mapping


def test_stream_filters_are_json_on_the_sort_key(stage: Stage) -> None:
    for mapping in _mappings(stage):
        for each in mapping.properties.get("FilterCriteria", {}).get("Filters", ()):
            assert json.loads(each["Pattern"])["dynamodb"]["Keys"]["sk"]["S"]


def test_every_schedule_has_a_dead_letter_queue_on_both_ways(stage: Stage) -> None:
    """The scheduler may fail to invoke; the invocation, which is asynchronous, may fail."""
    for schedule in stage.resources("AWS::Scheduler::Schedule"):
        assert schedule.properties["Target"]["DeadLetterConfig"]["Arn"]
    for config in stage.resources("AWS::Lambda::EventInvokeConfig"):
        assert config.properties["DestinationConfig"]["OnFailure"]["Destination"]
    schedules = list(stage.resources("AWS::Scheduler::Schedule"))
    configs = list(stage.resources("AWS::Lambda::EventInvokeConfig"))
    assert len(schedules) == len(configs) == len(SCHEDULES)


def test_a_message_stays_hidden_six_times_as_long_as_its_worker_may_take(stage: Stage) -> None:
    queues = {_name(queue): queue.properties for queue in stage.resources("AWS::SQS::Queue")}
    for row in QUEUES:
        hidden = queues[f"oms-{stage.name}-{row.function}"]["VisibilityTimeout"]
        assert hidden >= 6 * _timeout(stage, row.function)


def test_functions_behind_the_api_answer_before_it_gives_up(stage: Stage) -> None:
    for name in {route.function for route in ROUTES} | {"authorize_request"}:
        assert _timeout(stage, name) < API_SECONDS, name
    for integration in stage.resources("AWS::ApiGatewayV2::Integration"):
        assert integration.properties["TimeoutInMillis"] == API_SECONDS * 1000


def test_the_sweeper_ends_before_its_next_tick(stage: Stage) -> None:
    assert _timeout(stage, "sweep_orders") < 60


def test_every_dead_letter_queue_has_an_alarm(stage: Stage) -> None:
    alarms = json.dumps([each.properties for each in stage.resources("AWS::CloudWatch::Alarm")])
    for owner in DEAD_LETTER_OWNERS:
        assert f'"oms-{stage.name}-{owner}-dead"' in alarms


def test_every_alarm_reaches_the_topic(stage: Stage) -> None:
    alarms = list(stage.resources("AWS::CloudWatch::Alarm"))
    assert len(alarms) > len(BY_NAME)
    for alarm in alarms:
        assert alarm.properties["AlarmActions"], alarm
        assert alarm.properties["MetricName"], f"{alarm}: the emulator reads no metric math"
    (policy,) = stage.resources("AWS::SNS::TopicPolicy")
    allowed = [
        each["Principal"]
        for each in policy.properties["PolicyDocument"]["Statement"]
        if each["Effect"] == "Allow"
    ]
    assert {"Service": "cloudwatch.amazonaws.com"} in allowed


def test_alarms_cover_workflows_streams_throttles_and_the_api(stage: Stage) -> None:
    watched = {each.properties["MetricName"] for each in stage.resources("AWS::CloudWatch::Alarm")}
    assert watched >= {
        "ApproximateNumberOfMessagesVisible",
        "ApproximateAgeOfOldestMessage",
        "ExecutionsFailed",
        "ExecutionsTimedOut",
        "Errors",
        "Throttles",
        "IteratorAge",
        "5xx",
    }


def _mappings(stage: Stage) -> list[Resource]:
    return list(stage.resources("AWS::Lambda::EventSourceMapping"))


def _name(queue: Resource) -> str:
    name: Any = queue.properties["QueueName"]
    return str(name)


def _timeout(stage: Stage, function: str) -> int:
    (found,) = [
        each.properties["Timeout"]
        for each in stage.resources("AWS::Lambda::Function")
        if each.properties.get("FunctionName") == f"oms-{stage.name}-{function}"
    ]
    return int(found)
