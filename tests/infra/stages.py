"""A synthesised stage, as tests read it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
STAGES = ("local", "dev")

# CDK's own uploader of the console's files brings its own role; it runs while deploying.
UPLOADER = "CustomCDKBucketDeployment"


@dataclass(frozen=True)
class Resource:
    stack: str
    id: str
    body: dict[str, Any]

    @property
    def type(self) -> str:
        return self.body["Type"]

    @property
    def properties(self) -> dict[str, Any]:
        return self.body.get("Properties", {})

    def __str__(self) -> str:
        return f"{self.stack}/{self.id}"


@dataclass(frozen=True)
class Stage:
    """One synthesised stage."""

    name: str
    folder: Path

    @property
    def stacks(self) -> list[str]:
        prefix = f"oms-{self.name}-"
        files = sorted(self.folder.glob(f"{prefix}*.template.json"))
        return [file.name.removeprefix(prefix).split(".")[0] for file in files]

    def template(self, stack: str) -> dict[str, Any]:
        return json.loads((self.folder / f"oms-{self.name}-{stack}.template.json").read_text())

    def resources(self, *types: str) -> Iterator[Resource]:
        for stack in self.stacks:
            for name, body in self.template(stack)["Resources"].items():
                if not types or body["Type"] in types:
                    yield Resource(stack, name, body)

    def find(self, stack: str, name: str) -> Resource:
        return Resource(stack, name, self.template(stack)["Resources"][name])


def functions_of(stage: Stage) -> list[Resource]:
    """Our own functions."""
    found = stage.resources("AWS::Lambda::Function")
    return [each for each in found if not each.id.startswith(UPLOADER)]
