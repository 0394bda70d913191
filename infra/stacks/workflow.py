"""Everything that happens to an order without a caller: steps, consumers, schedules."""

from __future__ import annotations

from aws_cdk import CfnOutput, Stack
from constructs import Construct

from infra.catalogue.consumers import CONSUMERS
from infra.catalogue.messaging import DROPS, QUEUES, RULES, SCHEDULES, STREAMS
from infra.catalogue.steps import STEPS
from infra.catalogue.workflows import WORKFLOWS, placeholder
from infra.constructs.edges import (
    QueueEdge,
    ScheduleEdge,
    StreamEdge,
    files_to_queue,
    rule_to_queue,
)
from infra.constructs.environment import public_base_url
from infra.constructs.function import Layers, OmsFunction
from infra.constructs.workflow import Workflow
from infra.settings import Settings
from infra.stacks.data import DataStack


class WorkflowStack(Stack):
    def __init__(
        self,
        scope: Construct,
        settings: Settings,
        data: DataStack,
        **options: object,
    ) -> None:
        super().__init__(scope, settings.name("workflow"), **options)
        layers = Layers(self, settings)
        self.functions = {
            row.name: OmsFunction(self, row, settings, data, layers) for row in (*CONSUMERS, *STEPS)
        }
        self._tell_address(public_base_url(self, settings, data.api.attr_api_endpoint))
        self._consumers(settings, data)
        for row in WORKFLOWS:
            workflow = Workflow(self, row, settings, self.functions)
            CfnOutput(
                self, f"Machine{placeholder(row.name)}", value=workflow.machine.state_machine_arn
            )

    def _tell_address(self, address: str) -> None:
        """A mail's link must be whole; answers of the API hold relative ones."""
        for each in self.functions.values():
            if each.row.mails:
                each.function.add_environment("PUBLIC_BASE_URL", address)

    def _consumers(self, settings: Settings, data: DataStack) -> None:
        queues = {
            row.function: QueueEdge(self, row, self.functions[row.function], settings)
            for row in QUEUES
        }
        for rule in RULES:
            rule_to_queue(self, rule, data.bus, queues[rule.function], settings)
        for drop in DROPS:
            files_to_queue(self, drop, data.documents, queues[drop.function], settings)
        for stream in STREAMS:
            consumer = self.functions[stream.function]
            StreamEdge(self, stream, consumer, data.tables[stream.table], settings)
        for schedule in SCHEDULES:
            ScheduleEdge(self, schedule, self.functions[schedule.function], settings)
