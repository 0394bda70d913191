"""The speed-ups fit the pinned emulator, and say so when they do not."""

from __future__ import annotations

import io
import json
import subprocess
import zipfile
from pathlib import Path

import pytest

from local import emulator_patch
from local.settings import EMULATOR_PYTHON, ROOT, quiet_environment

CHANGES = [
    "keep_layers_unpacked",
    "bound_worker_pools",
    "start_executions_at_once",
    "read_logs_fast",
]


def test_text_is_replaced_when_it_is_there_exactly_once() -> None:
    assert emulator_patch.rewritten("a b c", "b", "x") == "a x c"
    for source in ("a c", "b b"):
        with pytest.raises(emulator_patch.TextMoved):
            emulator_patch.rewritten(source, "b", "x")


def test_a_layer_is_unpacked_once_for_its_content(tmp_path: Path) -> None:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        archive.writestr("python/oms/__init__.py", "1")
    first = emulator_patch.unpacked(sink.getvalue(), tmp_path)
    (first / "mark").touch()
    again = emulator_patch.unpacked(sink.getvalue(), tmp_path)
    assert (again / "mark").exists()
    assert (again / "python/oms/__init__.py").read_text() == "1"
    assert len(list(tmp_path.iterdir())) == 1


def test_every_change_fits_the_pinned_emulator(tmp_path: Path) -> None:
    """Left out silently, they would only show as a slow stack."""
    if not EMULATOR_PYTHON.exists():
        pytest.fail("the emulator is not installed; run `make setup`")
    done = subprocess.run(
        [
            str(EMULATOR_PYTHON),
            "-c",
            "import json; from local.emulator_patch import apply; print(json.dumps(apply()))",
        ],
        cwd=ROOT,
        env=quiet_environment(OMS_LAYER_CACHE=str(tmp_path), TMPDIR=str(tmp_path)),
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout.splitlines()[-1]) == CHANGES, done.stderr
