"""The templates of the stages, rendered once for all tests of a run.

Rendered with handlers that do nothing and layers without content: the laws look at neither,
and need no wheels of another processor.
"""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

from infra.catalogue.functions import FUNCTIONS
from tests.infra.stages import ROOT, STAGES, Stage


@pytest.fixture(scope="session")
def rendered(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """The folder of all stages. With several workers, the first one renders for all."""
    own = tmp_path_factory.getbasetemp()
    shared = (own if worker_id == "master" else own.parent) / "rendered"
    shared.mkdir(exist_ok=True)
    with (shared / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (shared / "done").exists():
            _render(shared)
            (shared / "done").touch()
    return shared


@pytest.fixture(scope="session")
def dev(rendered: Path) -> Stage:
    return Stage("dev", rendered / "dev")


@pytest.fixture(scope="session")
def local(rendered: Path) -> Stage:
    return Stage("local", rendered / "local")


@pytest.fixture(scope="session", params=STAGES)
def stage(request: pytest.FixtureRequest, rendered: Path) -> Stage:
    return Stage(request.param, rendered / request.param)


def _render(shared: Path) -> None:
    handlers = shared / "functions"
    for row in FUNCTIONS:
        (handlers / row.name).mkdir(parents=True)
        (handlers / row.name / "handler.py").write_text("def handler(event, context): ...\n")
    running = [_synthesise(stage, shared, handlers) for stage in STAGES]
    for process in running:
        output, _ = process.communicate()
        assert process.returncode == 0, output


def _synthesise(stage: str, shared: Path, handlers: Path) -> subprocess.Popen[str]:
    environment = {
        **os.environ,
        "STAGE": stage,
        "CDK_OUTDIR": str(shared / stage),
        "OMS_NAG": "1" if stage == "dev" else "",
        "OMS_FUNCTIONS_DIR": str(handlers),
        "OMS_EMPTY_LAYERS": "1",
        "OMS_BUILD_DIR": str(shared / "build"),
    }
    return subprocess.Popen(
        [sys.executable, "-O", "-m", "infra.app"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
