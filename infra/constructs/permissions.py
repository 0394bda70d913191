"""The policy statements that a function's row in the catalogue stands for.

No statement has a wildcard in its actions. Resources are the table, index, secret, prefix,
bus or workflow named in the row.
"""

from __future__ import annotations

from collections.abc import Iterator

from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.catalogue.function_row import FunctionRow
from infra.catalogue.grants import READING_ACTIONS, TableGrant
from infra.constructs.names import identity_arn, machine_arn, rule_arn
from infra.settings import Settings
from infra.stacks.data import DataStack

_DECRYPT = ("kms:Decrypt", "kms:DescribeKey")
_ENCRYPT = (
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:GenerateDataKeyWithoutPlaintext",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
)


def statements_for(
    scope: Construct, row: FunctionRow, settings: Settings, data: DataStack
) -> Iterator[iam.PolicyStatement]:
    for grant in row.tables:
        yield from _table(grant, data)
    for name in row.secrets:
        yield _allow(["secretsmanager:GetSecretValue"], data.secrets[name].secret_arn)
    for grant in row.objects:
        actions = [f"s3:{action}" for action in grant.actions]
        yield _allow(actions, data.documents.arn_for_objects(f"{grant.prefix}*"))
    if row.publishes:
        yield _allow(["events:PutEvents"], data.bus.event_bus_arn)
    for rule in row.switches:
        arn = rule_arn(scope, data.bus.event_bus_name, rule, settings)
        yield _allow(["events:EnableRule", "events:DisableRule"], arn)
    for workflow in row.starts:
        yield _allow(["states:StartExecution"], machine_arn(scope, workflow, settings))
    if row.mails and settings.sender:
        yield _allow(["ses:SendEmail"], identity_arn(scope, settings.sender))
    if _uses_key(row):
        yield _key(row, data)


def _table(grant: TableGrant, data: DataStack) -> Iterator[iam.PolicyStatement]:
    table = data.tables[grant.table]
    yield _allow([f"dynamodb:{action}" for action in grant.actions], table.table_arn)
    for index in grant.indexes:
        yield _allow(["dynamodb:Query"], f"{table.table_arn}/index/{index}")


def _key(row: FunctionRow, data: DataStack) -> iam.PolicyStatement:
    """The key, only through the services that the row reaches: never for its own use."""
    region = data.region
    services = {
        "dynamodb": bool(row.tables) or row.kind == "stream",
        "secretsmanager": bool(row.secrets),
        "s3": bool(row.objects),
    }
    return iam.PolicyStatement(
        actions=[*_DECRYPT, *(_ENCRYPT if _writes(row) else ())],
        resources=[data.key.key_arn],
        conditions={
            "StringEquals": {
                "kms:ViaService": [
                    f"{service}.{region}.amazonaws.com"
                    for service, used in services.items()
                    if used
                ]
            }
        },
    )


def _uses_key(row: FunctionRow) -> bool:
    return bool(row.tables or row.secrets or row.objects) or row.kind == "stream"


def _writes(row: FunctionRow) -> bool:
    changes = any(not READING_ACTIONS.issuperset(grant.actions) for grant in row.tables)
    return changes or any("PutObject" in grant.actions for grant in row.objects)


def _allow(actions: list[str], resource: str) -> iam.PolicyStatement:
    return iam.PolicyStatement(actions=actions, resources=[resource])
