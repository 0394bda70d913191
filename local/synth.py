"""Synthesises the `local` stage, and reuses what was synthesised while its inputs are the same."""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from local.settings import HOME, OMS_SOURCE, ROOT, STAGE, quiet_environment

INPUTS = ("infra", "layers", "functions", "statemachines", "requirements", "cdk.json")
_SKIPPED = {"__pycache__", ".mypy_cache", ".ruff_cache"}
_KEPT = 3  # assemblies: going back to the commit before is quick too


class SynthFailed(Exception):
    """`python -m infra.app` failed; the message carries what it said."""


def assembly(home: Path = HOME) -> tuple[Path, bool]:
    """The folder of the cloud assembly, and whether it was there already."""
    folder = home / "assemblies" / fingerprint(ROOT, INPUTS)[:16]
    if (folder / "manifest.json").exists():
        os.utime(folder)
        return folder, True
    partial = folder.with_name(f"{folder.name}.{os.getpid()}.part")
    shutil.rmtree(partial, ignore_errors=True)
    _run(partial, home)
    shutil.rmtree(folder, ignore_errors=True)
    partial.rename(folder)
    _forget_old(folder.parent)
    return folder, False


def fingerprint(root: Path, inputs: Iterable[str]) -> str:
    """A digest over the names and contents below `inputs`, and over what builds them."""
    digest = hashlib.sha256(f"{sys.version_info[:2]} {platform.machine()}".encode())
    for path in _files(root, inputs):
        digest.update(f"\n{path.relative_to(root).as_posix()} ".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _files(root: Path, inputs: Iterable[str]) -> Iterator[Path]:
    for name in inputs:
        start = root / name
        found = sorted(start.rglob("*")) if start.is_dir() else [start]
        for path in found:
            if path.is_file() and path.suffix != ".pyc" and not _SKIPPED.intersection(path.parts):
                yield path


def _run(target: Path, home: Path) -> None:
    """jsii keeps a cache in the home folder unless told otherwise; ours stays in here."""
    scratch = home / "tmp"
    scratch.mkdir(parents=True, exist_ok=True)
    environment = quiet_environment(
        STAGE=STAGE,
        CDK_OUTDIR=str(target),
        TMPDIR=str(scratch),
        JSII_RUNTIME_PACKAGE_CACHE_ROOT=str(home / "cache" / "jsii"),
        CDK_DEFAULT_REGION="us-east-1",
        PYTHONPATH=os.pathsep.join((str(ROOT), str(OMS_SOURCE))),
    )
    done = subprocess.run(
        [sys.executable, "-m", "infra.app"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode != 0 or not (target / "manifest.json").exists():
        last = "\n".join(done.stdout.splitlines()[-40:])
        raise SynthFailed(f"python -m infra.app ended with {done.returncode}:\n{last}")


def _forget_old(folder: Path) -> None:
    newest = sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
    for old in newest[_KEPT:]:
        shutil.rmtree(old, ignore_errors=True)
