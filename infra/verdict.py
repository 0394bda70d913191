"""A synthesis with a warning fails: CloudFormation would refuse later, on AWS.

CDK writes what it and its plug-ins found to `validation-report.json` and warnings to each
stack's metadata, and only prints them. A dependency cycle (F3004) is such a warning.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path


class Unclean(RuntimeError):
    """The templates are written, and not fit to deploy."""


def require_clean(assembly: Path) -> None:
    complaints = sorted({*_validated(assembly), *_warned(assembly)})
    if complaints:
        raise Unclean("\n".join(["synthesis is not clean:", *complaints]))


def _validated(assembly: Path) -> Iterator[str]:
    report = json.loads((assembly / "validation-report.json").read_text())
    for plugin in report["pluginReports"]:
        for violation in plugin["violations"]:
            for where in violation["violatingConstructs"]:
                path = where["constructPath"]
                yield f"{path}: {violation['ruleName']} {violation['description']}"


def _warned(assembly: Path) -> Iterator[str]:
    for file in assembly.glob("*.metadata.json"):
        for path, entries in json.loads(file.read_text()).items():
            for entry in entries:
                if entry["type"] in {"aws:cdk:warning", "aws:cdk:error"}:
                    yield f"{path}: {entry['data']}"
