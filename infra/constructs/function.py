"""One Lambda with the defaults of the house, made from its row in the catalogue."""

from __future__ import annotations

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.catalogue.function_row import FunctionRow
from infra.constructs.environment import environment_of
from infra.constructs.permissions import statements_for
from infra.handlers import handler_zip
from infra.layers import LAYERS, layer_zip
from infra.settings import Settings
from infra.stacks.data import DataStack

_RETENTION = {
    1: logs.RetentionDays.ONE_DAY,
    7: logs.RetentionDays.ONE_WEEK,
    30: logs.RetentionDays.ONE_MONTH,
    90: logs.RetentionDays.THREE_MONTHS,
}


def runtime_of(settings: Settings) -> lambda_.Runtime:
    return lambda_.Runtime(f"python{settings.python}", lambda_.RuntimeFamily.PYTHON)


def architecture_of(settings: Settings) -> lambda_.Architecture:
    arm = settings.architecture == "arm64"
    return lambda_.Architecture.ARM_64 if arm else lambda_.Architecture.X86_64


def log_group(scope: Construct, name: str, settings: Settings, path: str) -> logs.LogGroup:
    """Logs hold ids and never bodies; they go with their stack."""
    return logs.LogGroup(
        scope,
        name,
        log_group_name=path,
        retention=_RETENTION[settings.log_days],
        removal_policy=RemovalPolicy.DESTROY,
    )


class Layers(Construct):
    """The layers of one stack.

    Each stack has its own: a layer shared through an export could never change, as
    CloudFormation refuses to change an exported value that another stack imports.
    """

    def __init__(self, scope: Construct, settings: Settings) -> None:
        super().__init__(scope, "Layers")
        self._settings = settings
        self._made = {name: self._layer(name) for name in LAYERS}

    def of(self, row: FunctionRow) -> list[lambda_.ILayerVersion]:
        return [self._made[name] for name in row.layers]

    def _layer(self, name: str) -> lambda_.LayerVersion:
        return lambda_.LayerVersion(
            self,
            name,
            code=lambda_.Code.from_asset(str(layer_zip(name, self._settings))),
            compatible_runtimes=[runtime_of(self._settings)],
            compatible_architectures=[architecture_of(self._settings)],
            description=f"{self._settings.name(name)}: layers/{name}",
        )


class OmsFunction(Construct):
    """The function, its own role and its log group."""

    def __init__(
        self,
        scope: Construct,
        row: FunctionRow,
        settings: Settings,
        data: DataStack,
        layers: Layers,
    ) -> None:
        super().__init__(scope, row.name)
        self.row = row
        name = settings.name(row.name)
        logs_of = log_group(self, "Logs", settings, f"/aws/lambda/{name}")
        self.role = self._role(row, settings, data, logs_of)
        self.function = lambda_.Function(
            self,
            "Function",
            function_name=name,
            description=row.purpose,
            code=lambda_.Code.from_asset(str(handler_zip(row.name, settings))),
            handler="handler.handler",
            runtime=runtime_of(settings),
            architecture=architecture_of(settings),
            memory_size=row.memory,
            timeout=Duration.seconds(row.timeout),
            layers=layers.of(row),
            role=self.role,
            log_group=logs_of,
            tracing=lambda_.Tracing.ACTIVE,
            # Lambda's own lines (start, end, report) are more than half of all log bytes, and
            # its metrics say the same.
            logging_format=lambda_.LoggingFormat.JSON,
            application_log_level_v2=lambda_.ApplicationLogLevel[settings.log_level],
            system_log_level_v2=lambda_.SystemLogLevel.WARN,
            environment=environment_of(self, row, settings, data),
        )

    def allow(self, actions: list[str], resource: str) -> None:
        self.role.add_to_policy(iam.PolicyStatement(actions=actions, resources=[resource]))

    def _role(
        self, row: FunctionRow, settings: Settings, data: DataStack, logs_of: logs.LogGroup
    ) -> iam.Role:
        role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            description=f"{settings.name(row.name)}: {row.purpose}",
        )
        role.add_to_policy(
            iam.PolicyStatement(
                actions=["logs:CreateLogStream", "logs:PutLogEvents"],
                resources=[logs_of.log_group_arn],
            )
        )
        for statement in statements_for(self, row, settings, data):
            role.add_to_policy(statement)
        return role
