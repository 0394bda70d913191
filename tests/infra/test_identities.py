"""Who may do what: the policies of every role."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from infra.catalogue.functions import BY_NAME, FUNCTIONS
from infra.catalogue.tables import TABLES
from tests.infra.stages import UPLOADER, Resource, Stage, functions_of

# Actions that IAM can grant on no narrower resource, and what they are for.
NAMELESS = {
    "xray:PutTraceSegments": "tracing",
    "xray:PutTelemetryRecords": "tracing",
    "xray:GetSamplingRules": "tracing of workflows",
    "xray:GetSamplingTargets": "tracing of workflows",
    "logs:CreateLogDelivery": "logs of workflows",
    "logs:DeleteLogDelivery": "logs of workflows",
    "logs:DescribeLogGroups": "logs of workflows",
    "logs:DescribeResourcePolicies": "logs of workflows",
    "logs:GetLogDelivery": "logs of workflows",
    "logs:ListLogDeliveries": "logs of workflows",
    "logs:PutResourcePolicy": "logs of workflows",
    "logs:UpdateLogDelivery": "logs of workflows",
}


def test_no_policy_names_an_action_by_a_wildcard(stage: Stage) -> None:
    for policy, statement in _statements(stage):
        wild = [action for action in _list(statement["Action"]) if "*" in action]
        assert not wild, f"{policy} allows {wild}"


def test_only_actions_without_a_resource_are_allowed_on_everything(stage: Stage) -> None:
    for policy, statement in _statements(stage):
        if "*" in _list(statement["Resource"]):
            unknown = set(_list(statement["Action"])) - NAMELESS.keys()
            assert not unknown, f"{policy} allows {unknown} on everything"


def test_a_resource_ends_in_a_wildcard_only_below_a_prefix_or_a_tables_streams(
    stage: Stage,
) -> None:
    allowed = ("/labels/*", "/raw/*", "/edi/in/*", "/edi/out/*", "/stream/*")
    for policy, statement in _statements(stage):
        for resource in _list(statement["Resource"]):
            text = json.dumps(resource)
            if resource != "*" and "*" in text:
                assert any(f'{ending}"' in text for ending in allowed), f"{policy}: {text}"


def test_no_role_has_a_managed_policy(stage: Stage) -> None:
    roles = [role for role in stage.resources("AWS::IAM::Role") if not role.id.startswith(UPLOADER)]
    assert roles
    for role in roles:
        assert not role.properties.get("ManagedPolicyArns"), role


def test_every_function_has_a_role_of_its_own(stage: Stage) -> None:
    roles = [json.dumps(each.properties["Role"]) for each in functions_of(stage)]
    assert len(roles) == len(set(roles)) == len(FUNCTIONS)


def test_a_function_touches_the_tables_of_its_row_and_no_other(stage: Stage) -> None:
    ids = {_table_id(stage, row.table): row.table for row in TABLES}
    for name, row in BY_NAME.items():
        granted = {grant.table: set(grant.actions) for grant in row.tables}
        found: dict[str, set[str]] = {}
        for statement in _policy_of(stage, name):
            actions = {
                action.removeprefix("dynamodb:")
                for action in _list(statement["Action"])
                if action.startswith("dynamodb:")
            }
            for resource in _list(statement["Resource"]):
                text = json.dumps(resource)
                if actions and "Stream" not in text and "/stream/" not in text:
                    table = next(table for id_, table in ids.items() if id_ in text)
                    found.setdefault(table, set()).update(actions)
        assert found == granted, name


def test_nobody_scans(stage: Stage) -> None:
    assert "dynamodb:Scan" not in json.dumps([statement for _, statement in _statements(stage)])


def test_the_key_is_used_only_through_a_service(stage: Stage) -> None:
    for policy, statement in _statements(stage):
        if any(action.startswith("kms:") for action in _list(statement["Action"])):
            assert "kms:ViaService" in statement["Condition"]["StringEquals"], policy


def test_only_starters_start_workflows(stage: Stage) -> None:
    starters = {
        str(policy)
        for policy, statement in _statements(stage)
        if "states:StartExecution" in _list(statement["Action"])
    }
    assert len(starters) == len([row for row in FUNCTIONS if row.starts])


def _statements(stage: Stage) -> Iterator[tuple[Resource, dict[str, Any]]]:
    for policy in stage.resources("AWS::IAM::Policy"):
        if not policy.id.startswith(UPLOADER):
            for statement in policy.properties["PolicyDocument"]["Statement"]:
                yield policy, statement


def _policy_of(stage: Stage, function: str) -> list[dict[str, Any]]:
    prefix = f"{function.replace('_', '')}RoleDefaultPolicy"
    (policy,) = [each for each in stage.resources("AWS::IAM::Policy") if each.id.startswith(prefix)]
    return policy.properties["PolicyDocument"]["Statement"]


def _table_id(stage: Stage, table: str) -> str:
    """How other stacks name the table: the export of its ARN."""
    (found,) = [
        each.id
        for each in stage.resources("AWS::DynamoDB::Table")
        if each.properties["TableName"].endswith(f"-{table}")
    ]
    return f"GetAtt{found}Arn"


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
