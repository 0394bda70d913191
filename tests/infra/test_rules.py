"""Other people's rules: cdk-nag, cfn-lint, and what CDK itself warns of."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from infra.acknowledged import ROWS
from infra.verdict import Unclean, require_clean
from tests.infra.stages import ROOT, Stage

_OPEN_QUEUE = """
from pathlib import Path
from aws_cdk import App, Stack, Validations, aws_sqs
from cdk_nag import AwsSolutionsChecks
app = App(outdir=OUT)
aws_sqs.CfnQueue(Stack(app, "S"), "Q")
Validations.of(app).add_plugins(AwsSolutionsChecks(app))
app.synth()
"""

_CYCLE = """
from aws_cdk import App, Stack, aws_sns
app = App(outdir=OUT)
stack = Stack(app, "S")
first = aws_sns.CfnTopic(stack, "A")
first.display_name = aws_sns.CfnTopic(stack, "B", display_name=first.ref).ref
app.synth()
"""


def test_synthesis_is_clean_and_cdk_nag_finds_nothing_unanswered(dev: Stage) -> None:
    require_clean(dev.folder)


def test_the_local_synthesis_is_clean(local: Stage) -> None:
    require_clean(local.folder)


def test_every_acknowledgement_has_a_reason() -> None:
    for row in ROWS:
        assert len(row.reason.split()) >= 4, row
        assert row.where, row


def test_cdk_nag_would_have_spoken(tmp_path: Path) -> None:
    _run(_OPEN_QUEUE, tmp_path)
    with pytest.raises(Unclean, match="AwsSolutions-SQS4"):
        require_clean(tmp_path)


def test_a_dependency_cycle_fails_the_synthesis(tmp_path: Path) -> None:
    _run(_CYCLE, tmp_path)
    with pytest.raises(Unclean, match="F3004"):
        require_clean(tmp_path)


def test_cfn_lint_accepts_every_template(dev: Stage) -> None:
    files = map(str, sorted(dev.folder.glob("*.template.json")))
    # W3005: CDK repeats a dependency that a reference already makes.
    command = [str(Path(sys.executable).with_name("cfn-lint")), "--ignore-checks", "W3005", "--"]
    checked = subprocess.run([*command, *files], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout


def test_the_package_lock_names_no_registry() -> None:
    lock = json.loads((ROOT / "package-lock.json").read_text())
    for name, package in lock["packages"].items():
        assert "resolved" not in package, name
    wanted = json.loads((ROOT / "package.json").read_text())["devDependencies"]
    for name, version in wanted.items():
        assert lock["packages"][f"node_modules/{name}"]["version"] == version


def _run(program: str, folder: Path) -> None:
    quiet = {"JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "20"}
    subprocess.run(
        [sys.executable, "-O", "-c", program.replace("OUT", repr(str(folder)))],
        env={**os.environ, **quiet},
        capture_output=True,
    )
