"""A Step Functions workflow from its row in the catalogue."""

from __future__ import annotations

import json
from collections.abc import Mapping

from aws_cdk import aws_iam as iam
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.catalogue.workflows import WorkflowRow
from infra.constructs.function import OmsFunction, log_group
from infra.settings import Settings


class Workflow(Construct):
    """STANDARD, for the history and redrive that operations look at (docs/adr/0006)."""

    def __init__(
        self,
        scope: Construct,
        row: WorkflowRow,
        settings: Settings,
        functions: Mapping[str, OmsFunction],
    ) -> None:
        super().__init__(scope, row.name)
        arns = {name: functions[name].function.function_arn for name in row.functions}
        self.machine = sfn.StateMachine(
            self,
            "Machine",
            state_machine_name=settings.name(row.name),
            # In the template itself, not in an asset, so that a diff shows a changed workflow.
            definition_body=sfn.DefinitionBody.from_string(_compact(row)),
            definition_substitutions={
                placeholder: arns[function] for placeholder, function in row.placeholders.items()
            },
            role=_role(self, row, settings, list(arns.values())),
            tracing_enabled=True,
            logs=sfn.LogOptions(
                destination=log_group(
                    self, "Logs", settings, f"/aws/vendedlogs/states/{settings.name(row.name)}"
                ),
                level=sfn.LogLevel.ERROR,
                include_execution_data=False,
            ),
        )


def _compact(row: WorkflowRow) -> str:
    """Without the layout, as a template holds at most 1 MB."""
    return json.dumps(json.loads(row.definition.read_text()), separators=(",", ":"))


def _role(scope: Construct, row: WorkflowRow, settings: Settings, arns: list[str]) -> iam.Role:
    """Only what the definition names: all functions would tie it to its own starter."""
    role = iam.Role(
        scope,
        "Role",
        assumed_by=iam.ServicePrincipal("states.amazonaws.com"),
        description=f"{settings.name(row.name)}: invokes its steps",
    )
    role.add_to_policy(iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=arns))
    return role
