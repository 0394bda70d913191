"""CloudWatch metrics by the names that a stage gives its resources."""

from __future__ import annotations

from aws_cdk import Duration, Fn
from aws_cdk import aws_cloudwatch as cloudwatch

from infra.settings import Settings

_PERIOD = Duration.minutes(5)
ENDED_RED = ("ExecutionsFailed", "ExecutionsTimedOut")


class Metrics:
    def __init__(self, settings: Settings, api_id: str) -> None:
        self._settings = settings
        self._api = {"ApiId": api_id}

    def dead_letters(self, owner: str) -> cloudwatch.Metric:
        queue = {"QueueName": self._settings.name(f"{owner}-dead")}
        return _metric("SQS", "ApproximateNumberOfMessagesVisible", queue, "Maximum")

    def message_age(self, function: str) -> cloudwatch.Metric:
        queue = {"QueueName": self._settings.name(function)}
        return _metric("SQS", "ApproximateAgeOfOldestMessage", queue, "Maximum")

    def errors(self, function: str) -> cloudwatch.Metric:
        return _metric("Lambda", "Errors", self._function(function), "Sum")

    def iterator_age(self, function: str) -> cloudwatch.Metric:
        return _metric("Lambda", "IteratorAge", self._function(function), "Maximum")

    def throttles(self) -> cloudwatch.Metric:
        """Of the whole account: without reserved concurrency all functions share one limit."""
        return _metric("Lambda", "Throttles", None, "Sum")

    def started(self, workflow: str) -> cloudwatch.Metric:
        return _metric("States", "ExecutionsStarted", self._machine(workflow), "Sum")

    def failures(self, workflow: str) -> list[cloudwatch.Metric]:
        """Ends that nobody chose. Someone who aborts an execution knows of it."""
        machine = self._machine(workflow)
        return [_metric("States", name, machine, "Sum") for name in ENDED_RED]

    def requests(self) -> cloudwatch.Metric:
        return _metric("ApiGateway", "Count", self._api, "Sum")

    def server_errors(self) -> cloudwatch.Metric:
        return _metric("ApiGateway", "5xx", self._api, "Sum")

    def latency(self) -> cloudwatch.Metric:
        return _metric("ApiGateway", "Latency", self._api, "p99")

    def _function(self, name: str) -> dict[str, str]:
        return {"FunctionName": self._settings.name(name)}

    def _machine(self, workflow: str) -> dict[str, str]:
        arn = (
            "arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}:stateMachine:"
            + self._settings.name(workflow)
        )
        return {"StateMachineArn": Fn.sub(arn)}


def _metric(
    service: str, name: str, dimensions: dict[str, str] | None, statistic: str
) -> cloudwatch.Metric:
    """Without a label: CDK writes a labelled metric as metric math, which costs the same and
    which the emulator does not read.
    """
    return cloudwatch.Metric(
        namespace=f"AWS/{service}",
        metric_name=name,
        dimensions_map=dimensions,
        statistic=statistic,
        period=_PERIOD,
    )
