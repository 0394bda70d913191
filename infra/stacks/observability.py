"""Alarms that a person must act on, where they go, and the dashboard.

Metrics are found by name, so this stack hangs on none but data (the API's id and the key),
and can be deployed or removed without touching the others.
"""

from __future__ import annotations

from aws_cdk import CfnOutput, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from infra.catalogue.functions import FUNCTIONS
from infra.catalogue.messaging import DEAD_LETTER_OWNERS, QUEUES, STREAMS
from infra.catalogue.workflows import WORKFLOWS
from infra.constructs.metrics import Metrics
from infra.settings import Settings
from infra.stacks.data import DataStack

_LATE_SECONDS = 300


class ObservabilityStack(Stack):
    def __init__(
        self,
        scope: Construct,
        settings: Settings,
        data: DataStack,
        **options: object,
    ) -> None:
        super().__init__(scope, settings.name("observability"), **options)
        self._settings = settings
        self._metrics = Metrics(settings, data.api.ref)
        self._topic = self._alarm_topic(data)
        self._alarms()
        self._dashboard()
        CfnOutput(self, "AlarmTopic", value=self._topic.topic_arn)

    def _alarm_topic(self, data: DataStack) -> sns.Topic:
        topic = sns.Topic(
            self,
            "Alarms",
            topic_name=self._settings.name("alarms"),
            master_key=data.key,
            enforce_ssl=True,
        )
        # A topic with a policy of its own loses the one that lets alarms in.
        topic.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                actions=["sns:Publish"],
                resources=[topic.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": self.account}},
            )
        )
        if self._settings.alarm_email:
            topic.add_subscription(subscriptions.EmailSubscription(self._settings.alarm_email))
        return topic

    def _alarms(self) -> None:
        metrics = self._metrics
        for owner in DEAD_LETTER_OWNERS:
            self._alarm(f"{owner}-dead", metrics.dead_letters(owner), "messages that nobody took")
        for workflow in WORKFLOWS:
            for metric in metrics.failures(workflow.name):
                name = f"{workflow.name}-{metric.metric_name}"
                self._alarm(name, metric, "executions that ended red")
        for function in FUNCTIONS:
            errors = metrics.errors(function.name)
            self._alarm(f"{function.name}-errors", errors, "invocations that failed")
        for stream in STREAMS:
            age = metrics.iterator_age(stream.function)
            late = _LATE_SECONDS * 1000
            self._alarm(f"{stream.function}-late", age, "a stream is read late", late)
        for queue in QUEUES:
            age = metrics.message_age(queue.function)
            self._alarm(f"{queue.function}-late", age, "a queue is emptied late", _LATE_SECONDS)
        self._alarm("throttles", metrics.throttles(), "the account's concurrency is used up")
        self._alarm("api-5xx", metrics.server_errors(), "callers were answered 5xx")

    def _alarm(self, name: str, metric: cloudwatch.IMetric, meaning: str, above: int = 0) -> None:
        alarm = cloudwatch.Alarm(
            self,
            name,
            alarm_name=self._settings.name(name),
            alarm_description=f"{meaning}: docs/runbook.md",
            metric=metric,
            threshold=above,
            evaluation_periods=1,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
            # Nothing happened is no trouble.
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        alarm.add_alarm_action(actions.SnsAction(self._topic))

    def _dashboard(self) -> None:
        metrics = self._metrics
        rows = {
            "API": [metrics.requests(), metrics.server_errors(), metrics.latency()],
            "Workflows started": [metrics.started(row.name) for row in WORKFLOWS],
            "Workflows failed": [each for row in WORKFLOWS for each in metrics.failures(row.name)],
            "Age of streams": [metrics.iterator_age(row.function) for row in STREAMS],
            "Age of queues": [metrics.message_age(row.function) for row in QUEUES],
            "Dead letters": [metrics.dead_letters(owner) for owner in DEAD_LETTER_OWNERS],
        }
        board = cloudwatch.Dashboard(
            self, "Dashboard", dashboard_name=self._settings.name("orders")
        )
        graphs = [
            cloudwatch.GraphWidget(title=title, left=left, width=8, height=6)
            for title, left in rows.items()
        ]
        board.add_widgets(*graphs[:3])
        board.add_widgets(*graphs[3:])
