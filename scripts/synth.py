"""Renders stages into `cdk.out/<stage>` and tells what is in them and what changed.

python -m scripts.synth dev prod
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "cdk.out"
_MOST_RESOURCES = 500  # CloudFormation's limit for one stack
_SHOWN = 12

Resources = dict[str, Any]


def main(stages: list[str]) -> int:
    for stage in stages:
        target = OUT / stage
        before = resources(target)
        if code := _synth(stage, target):
            return code
        _tell(stage, target, before)
    print(f"\nTemplates: {OUT.name}/<stage>/*.template.json")
    print("Next: make diff STAGE=dev (against your account), make deploy STAGE=dev")
    return 0


def _synth(stage: str, target: Path) -> int:
    """Into a folder beside it first, so that a failure leaves the last good one."""
    partial = target.with_name(f"{target.name}.part")
    shutil.rmtree(partial, ignore_errors=True)
    environment = os.environ | {"STAGE": stage, "CDK_OUTDIR": str(partial)}
    done = subprocess.run(
        [sys.executable, "-m", "infra.app"], cwd=ROOT, env=environment, check=False
    )
    if done.returncode == 0:
        shutil.rmtree(target, ignore_errors=True)
        partial.rename(target)
    return done.returncode


def resources(folder: Path) -> dict[str, Resources]:
    """Each stack's resources by logical id."""
    templates = sorted(folder.glob("*.template.json"))
    return {
        path.name.removesuffix(".template.json"): json.loads(path.read_text())["Resources"]
        for path in templates
    }


def _tell(stage: str, folder: Path, before: dict[str, Resources]) -> None:
    after = resources(folder)
    print(f"\n{stage}: {len(after)} stacks in {OUT.name}/{stage}")
    for stack, found in after.items():
        kinds = Counter(each["Type"].removeprefix("AWS::") for each in found.values())
        common = ", ".join(f"{count} {kind}" for kind, count in kinds.most_common(5))
        print(f"  {stack:24} {len(found):3} of {_MOST_RESOURCES} resources: {common}")
    lines = changes(before, after) if before else []
    for line in lines[:_SHOWN]:
        print(f"  {line}")
    if len(lines) > _SHOWN:
        print(f"  ... and {len(lines) - _SHOWN} more")
    if before and not lines:
        print("  unchanged since the synth before")


def changes(before: dict[str, Resources], after: dict[str, Resources]) -> list[str]:
    """One line for each resource that came, went or is another than in the synth before."""
    old = {(stack, each): body for stack, found in before.items() for each, body in found.items()}
    new = {(stack, each): body for stack, found in after.items() for each, body in found.items()}
    lines = []
    for key in sorted(old.keys() | new.keys()):
        if old.get(key) != new.get(key):
            mark = "~" if key in old and key in new else "+" if key in new else "-"
            kind = (new.get(key) or old[key])["Type"]
            lines.append(f"{mark} {key[0]}/{key[1]} ({kind})")
    return lines


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or ["dev", "prod"]))
