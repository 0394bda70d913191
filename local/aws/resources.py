"""What CloudFormation made, found by type and by the name that the code base uses for it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from local.aws.clients import Clients


@dataclass(frozen=True, slots=True)
class Resource:
    stack: str
    logical_id: str
    type: str
    physical_id: str


class NotDeployed(LookupError):
    """No resource of that type and name is in the stacks."""


class Resources:
    """All resources of the deployed stacks."""

    def __init__(self, found: Iterable[Resource]) -> None:
        self._found = tuple(found)

    @classmethod
    def read(cls, clients: Clients, stacks: Iterable[str]) -> Resources:
        cloudformation = clients("cloudformation")
        return cls(
            Resource(
                stack, each["LogicalResourceId"], each["ResourceType"], each["PhysicalResourceId"]
            )
            for stack in stacks
            for page in cloudformation.get_paginator("list_stack_resources").paginate(
                StackName=stack
            )
            for each in page["StackResourceSummaries"]
        )

    @property
    def api_id(self) -> str:
        return self.named("AWS::ApiGatewayV2::Api").physical_id

    def function(self, name: str) -> str:
        """The Lambda of `functions/<name>`. Raises NotDeployed."""
        return self.named("AWS::Lambda::Function", name).physical_id

    @property
    def documents(self) -> str:
        """The bucket of labels, large messages and files."""
        return self.named("AWS::S3::Bucket", "documents").physical_id

    def table(self, name: str) -> str:
        return self.named(("AWS::DynamoDB::GlobalTable", "AWS::DynamoDB::Table"), name).physical_id

    def of_type(self, kind: str | tuple[str, ...]) -> list[Resource]:
        kinds = (kind,) if isinstance(kind, str) else kind
        return [each for each in self._found if each.type in kinds]

    def named(self, kind: str | tuple[str, ...], name: str = "") -> Resource:
        """The one of `kind` whose physical name ends in `name`, else whose logical id begins so."""
        candidates = self.of_type(kind)
        wanted = _folded(name)
        ends = [each for each in candidates if _folded(each.physical_id).endswith(wanted)]
        begins = [each for each in candidates if _folded(each.logical_id).startswith(wanted)]
        for matches in (ends, begins):
            if matches:
                return min(matches, key=lambda each: len(each.physical_id))
        raise NotDeployed(f"no {kind} named {name!r} among {len(self._found)} resources")


def _folded(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())
