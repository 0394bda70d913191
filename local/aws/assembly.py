"""Reads a cloud assembly (`cdk.out`): which stacks, in which order, with which assets."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.settings import ACCOUNT, REGION

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Asset:
    """A file, or a folder to zip, that a template finds at `bucket`/`key`."""

    source: Path
    is_folder: bool
    bucket: str
    key: str


@dataclass(frozen=True, slots=True)
class StackTemplate:
    """One stack as synthesised. `needs` are names of stacks that must stand before it."""

    name: str
    template: Path
    needs: tuple[str, ...]
    assets: tuple[Asset, ...]
    parameters: dict[str, str]


def stacks(folder: Path) -> list[StackTemplate]:
    """The stacks of the assembly in `folder`, each after those that it needs."""
    artifacts: Json = json.loads((folder / "manifest.json").read_text())["artifacts"]
    found = {
        artifact_id: artifact
        for artifact_id, artifact in artifacts.items()
        if artifact["type"] == "aws:cloudformation:stack"
    }
    names = {artifact_id: _stack_name(artifact_id, found[artifact_id]) for artifact_id in found}
    read = [_stack(folder, artifact_id, artifacts, names) for artifact_id in found]
    return in_order(read)


def in_order(unsorted: list[StackTemplate]) -> list[StackTemplate]:
    """Needed stacks first, otherwise as given. Raises ValueError on a circle."""
    placed: list[StackTemplate] = []
    waiting = list(unsorted)
    while waiting:
        done = {stack.name for stack in placed}
        ready = [stack for stack in waiting if done.issuperset(stack.needs)]
        if not ready:
            raise ValueError(f"stacks need each other: {sorted(stack.name for stack in waiting)}")
        placed.append(ready[0])
        waiting.remove(ready[0])
    return placed


def _stack_name(artifact_id: str, artifact: Json) -> str:
    name: str = artifact["properties"].get("stackName", artifact_id)
    return name


def _stack(folder: Path, artifact_id: str, artifacts: Json, names: dict[str, str]) -> StackTemplate:
    artifact = artifacts[artifact_id]
    depends = artifact.get("dependencies", [])
    manifests = [
        folder / artifacts[each]["properties"]["file"]
        for each in depends
        if artifacts[each]["type"] == "cdk:asset-manifest"
    ]
    return StackTemplate(
        name=names[artifact_id],
        template=folder / artifact["properties"]["templateFile"],
        needs=tuple(names[each] for each in depends if each in names),
        assets=tuple(asset for path in manifests for asset in _assets(folder, path)),
        parameters=artifact["properties"].get("parameters", {}),
    )


def _assets(folder: Path, manifest: Path) -> Iterator[Asset]:
    for each in json.loads(manifest.read_text())["files"].values():
        source = each["source"]
        for destination in each["destinations"].values():
            yield Asset(
                source=folder / source["path"],
                is_folder=source["packaging"] == "zip",
                bucket=_placed(destination["bucketName"]),
                key=_placed(destination["objectKey"]),
            )


def _placed(text: str) -> str:
    """CDK writes these placeholders when a stack names no account or region."""
    pseudo = {"AccountId": ACCOUNT, "Region": REGION, "Partition": "aws"}
    for name, value in pseudo.items():
        text = text.replace(f"${{AWS::{name}}}", value)
    return text
