"""The asynchronous edges. Whatever cannot be delivered or processed ends in a dead-letter
queue: of the bus rule, of the queue, of the stream or of the schedule.
"""

from __future__ import annotations

import json

from aws_cdk import Duration
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.catalogue.messaging import (
    EVENT_SOURCE_PREFIX,
    DropRow,
    QueueRow,
    RuleRow,
    ScheduleRow,
    StreamRow,
)
from infra.constructs.function import OmsFunction
from infra.settings import Settings

_CONSUME = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]
_READ_STREAM = ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"]
_DELIVERY_HOURS = 24
_DELIVERY_ATTEMPTS = 185


def dead_letter_queue(scope: Construct, function: str, settings: Settings) -> sqs.Queue:
    """Kept as long as SQS can, so that a message outlives a holiday."""
    return sqs.Queue(
        scope,
        "Dead",
        queue_name=settings.name(f"{function}-dead"),
        retention_period=Duration.days(14),
        encryption=sqs.QueueEncryption.SQS_MANAGED,
        enforce_ssl=True,
    )


class QueueEdge(Construct):
    """A queue, its dead letters, and the function that empties it."""

    def __init__(
        self, scope: Construct, row: QueueRow, consumer: OmsFunction, settings: Settings
    ) -> None:
        super().__init__(scope, f"{row.function}-queue")
        self.dead = dead_letter_queue(self, row.function, settings)
        self.queue = sqs.Queue(
            self,
            "Queue",
            queue_name=settings.name(row.function),
            # AWS asks for six times the function's timeout, so that a message does not come
            # back while its first worker still has it.
            visibility_timeout=Duration.seconds(6 * consumer.row.timeout),
            retention_period=Duration.days(4),
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            dead_letter_queue=sqs.DeadLetterQueue(
                queue=self.dead, max_receive_count=row.max_receives
            ),
        )
        for account in row.senders:
            self.queue.grant_send_messages(iam.AccountPrincipal(account))
        consumer.allow(_CONSUME, self.queue.queue_arn)
        lambda_.EventSourceMapping(
            self,
            "Mapping",
            target=consumer.function,
            event_source_arn=self.queue.queue_arn,
            batch_size=row.batch_size,
            max_concurrency=row.max_concurrency,
            max_batching_window=(
                Duration.seconds(row.window_seconds) if row.window_seconds else None
            ),
            report_batch_item_failures=True,
        )


def rule_to_queue(
    scope: Construct, row: RuleRow, bus: events.IEventBus, edge: QueueEdge, settings: Settings
) -> events.Rule:
    """Undeliverable events join the queue's own dead letters: one place to send again from."""
    name = row.name or row.function
    return events.Rule(
        scope,
        f"{name}-rule",
        rule_name=settings.name(name),
        description=f"{', '.join(row.events) or 'every event'} to {row.function}",
        event_bus=bus,
        enabled=not row.dormant,
        event_pattern=events.EventPattern(
            source=events.Match.prefix(EVENT_SOURCE_PREFIX),
            detail_type=list(row.events) or None,
            detail=_of_channels(row),
        ),
        targets=[_reliably(edge)],
    )


def _of_channels(row: RuleRow) -> dict[str, object] | None:
    if row.but:
        return {"channel": events.Match.anything_but(*row.but)}
    return {"channel": list(row.channels)} if row.channels else None


def files_to_queue(
    scope: Construct, row: DropRow, bucket: s3.IBucket, edge: QueueEdge, settings: Settings
) -> events.Rule:
    """S3 tells the account's own bus of new files; a name with odd letters arrives as it is."""
    return events.Rule(
        scope,
        f"{row.function}-rule",
        rule_name=settings.name(row.function),
        description=f"files under {row.prefix} to {row.function}",
        event_pattern=events.EventPattern(
            source=["aws.s3"],
            detail_type=["Object Created"],
            detail={
                "bucket": {"name": [bucket.bucket_name]},
                "object": {"key": events.Match.prefix(row.prefix)},
            },
        ),
        targets=[_reliably(edge)],
    )


def _reliably(edge: QueueEdge) -> targets.SqsQueue:
    return targets.SqsQueue(
        edge.queue,
        dead_letter_queue=edge.dead,
        retry_attempts=_DELIVERY_ATTEMPTS,
        max_event_age=Duration.hours(_DELIVERY_HOURS),
    )


class StreamEdge(Construct):
    """A function that reads a table's stream."""

    def __init__(
        self,
        scope: Construct,
        row: StreamRow,
        consumer: OmsFunction,
        table: dynamodb.ITable,
        settings: Settings,
    ) -> None:
        super().__init__(scope, f"{row.function}-stream")
        self.dead = dead_letter_queue(self, row.function, settings)
        consumer.allow(_READ_STREAM, table.table_stream_arn)
        # Lambda looks for the stream before it reads it; the label of a stream is a date.
        consumer.allow(["dynamodb:ListStreams"], f"{table.table_arn}/stream/*")
        consumer.allow(["sqs:SendMessage"], self.dead.queue_arn)
        mapping = lambda_.CfnEventSourceMapping(
            self,
            "Mapping",
            function_name=consumer.function.function_name,
            event_source_arn=table.table_stream_arn,
            starting_position="TRIM_HORIZON",
            batch_size=row.batch_size,
            parallelization_factor=row.parallel if row.parallel > 1 else None,
            maximum_batching_window_in_seconds=settings.stream_window_seconds,
            bisect_batch_on_function_error=True,
            maximum_retry_attempts=row.retries,
            maximum_record_age_in_seconds=row.max_age_seconds,
            function_response_types=["ReportBatchItemFailures"],
            destination_config={"onFailure": {"destination": self.dead.queue_arn}},
            filter_criteria={"filters": [{"pattern": each} for each in patterns_of(row)]},
        )
        # Creation checks that the role may read the stream.
        mapping.node.add_dependency(consumer.role)


def patterns_of(row: StreamRow) -> list[str]:
    """What Lambda keeps of a stream: what fits one of these. A list means: one of its values."""
    whole: list[object] = list(row.sort_keys)
    prefixed: list[object] = [{"prefix": each} for each in row.prefixes]
    if not row.effects:
        return [json.dumps({"dynamodb": _with_key([*whole, *prefixed])})]
    levels = {**_with_key(prefixed), "NewImage": {"effect": {"S": list(row.effects)}}}
    kept = [_with_key(whole), levels] if whole else [levels]
    return [json.dumps({"dynamodb": each}) for each in kept]


def _with_key(sort_keys: list[object]) -> dict[str, object]:
    return {"Keys": {"sk": {"S": sort_keys}}}


class ScheduleEdge(Construct):
    """A function that runs at a fixed rate. A tick that fails is not repeated: the next one
    finds the same work.
    """

    def __init__(
        self, scope: Construct, row: ScheduleRow, target: OmsFunction, settings: Settings
    ) -> None:
        super().__init__(scope, f"{row.function}-schedule")
        self.dead = dead_letter_queue(self, row.function, settings)
        role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("scheduler.amazonaws.com"),
            description=f"{settings.name(row.function)}: invokes it by the clock",
        )
        _may(role, "lambda:InvokeFunction", target.function.function_arn)
        _may(role, "sqs:SendMessage", self.dead.queue_arn)
        target.allow(["sqs:SendMessage"], self.dead.queue_arn)
        scheduler.CfnSchedule(
            self,
            "Schedule",
            name=settings.name(row.function),
            schedule_expression=row.rate,
            flexible_time_window={"mode": "OFF"},
            target={
                "arn": target.function.function_arn,
                "roleArn": role.role_arn,
                "retryPolicy": {"maximumRetryAttempts": 2, "maximumEventAgeInSeconds": 60},
                "deadLetterConfig": {"arn": self.dead.queue_arn},
            },
        )
        lambda_.CfnEventInvokeConfig(
            self,
            "Invocation",
            function_name=target.function.function_name,
            qualifier="$LATEST",
            maximum_retry_attempts=0,
            maximum_event_age_in_seconds=60,
            destination_config={"onFailure": {"destination": self.dead.queue_arn}},
        )


def _may(role: iam.Role, action: str, resource: str) -> None:
    role.add_to_policy(iam.PolicyStatement(actions=[action], resources=[resource]))
