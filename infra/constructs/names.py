"""ARNs made from names, for what another stack or a later resource owns.

A name says as much as an export and ties no two stacks together.
"""

from __future__ import annotations

from aws_cdk import ArnFormat, Stack
from constructs import Construct

from infra.settings import Settings


def machine_arn(scope: Construct, workflow: str, settings: Settings) -> str:
    return Stack.of(scope).format_arn(
        service="states",
        resource="stateMachine",
        resource_name=settings.name(workflow),
        arn_format=ArnFormat.COLON_RESOURCE_NAME,
    )


def rule_arn(scope: Construct, bus: str, rule: str, settings: Settings) -> str:
    return Stack.of(scope).format_arn(
        service="events", resource="rule", resource_name=f"{bus}/{settings.name(rule)}"
    )


def identity_arn(scope: Construct, address: str) -> str:
    return Stack.of(scope).format_arn(service="ses", resource="identity", resource_name=address)
