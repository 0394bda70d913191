"""Turns a folder into the zip that Lambda mounts: the same bytes for the same input.

Zips are made here and not by the CDK command line, so that the local stack needs no CLI and
both deploy the same file. A zip is named after a digest of its inputs and made once.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from infra.settings import Settings

ROOT = Path(__file__).parents[1]
BUILD = Path(os.environ.get("OMS_BUILD_DIR", ROOT / ".local" / "build"))
_SKIPPED_FOLDERS = {"__pycache__", ".mypy_cache", ".ruff_cache", "bin"}
_SKIPPED_SUFFIXES = {".pyc", ".pyi"}
_FORMAT = "4"  # part of every digest: raise it when zips are made differently
_EPOCH = (1980, 1, 1, 0, 0, 0)


class BytecodeMissing(RuntimeError):
    """A deployment without bytecode would start two to three times slower."""


def zip_of(name: str, sources: Iterable[tuple[Path, str]], mount: str, settings: Settings) -> Path:
    """A zip of every source folder under its prefix, compiled for the stage's Python.

    `mount` is where Lambda puts it: compiled files carry that path into tracebacks.
    """
    files = {
        f"{prefix}{path.relative_to(folder).as_posix()}": path
        for folder, prefix in sources
        for path in _files(folder)
    }
    compiler = compiler_for(settings.python)
    target = BUILD / "zips" / f"{name}-{_digest(files, settings, compiler is not None)}.zip"
    if not target.exists():
        _make(target, files, mount, compiler, stored=settings.is_local)
    return target


@cache
def compiler_for(python: str) -> str | None:
    """An interpreter of exactly this minor version, as bytecode fits no other; else None.

    `OMS_REQUIRE_BYTECODE=1` (set by `make deploy`) makes its absence an error.
    """
    pyenv = Path.home().glob(f".pyenv/versions/{python}.*/bin/python")
    candidates = (sys.executable, shutil.which(f"python{python}"), *map(str, pyenv))
    found = next((each for each in candidates if each and _version(each) == python), None)
    if not found and os.environ.get("OMS_REQUIRE_BYTECODE") == "1":
        raise BytecodeMissing(f"install Python {python}: functions deploy with its bytecode")
    return found


def _version(interpreter: str) -> str:
    ask = "import sys; print('%d.%d' % sys.version_info[:2])"
    return subprocess.run([interpreter, "-c", ask], capture_output=True, text=True).stdout.strip()


def _files(folder: Path) -> list[Path]:
    return sorted(
        path
        for path in folder.rglob("*")
        if path.is_file()
        and path.suffix not in _SKIPPED_SUFFIXES
        and not _SKIPPED_FOLDERS.intersection(path.relative_to(folder).parts)
    )


def _digest(files: dict[str, Path], settings: Settings, compiled: bool) -> str:
    digest = hashlib.sha256(f"{_FORMAT} {settings.python} {settings.is_local} {compiled}".encode())
    for name, path in files.items():
        digest.update(f"\n{name} ".encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:32]


def _make(
    target: Path, files: dict[str, Path], mount: str, compiler: str | None, *, stored: bool
) -> None:
    work = target.with_name(f"{target.name}.{os.getpid()}")
    shutil.rmtree(work, ignore_errors=True)
    for name, path in files.items():
        copy = work / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
    if compiler:
        _compile(work, mount, compiler)
    # The emulator unpacks a layer for each worker: plain storage unpacks fastest.
    _write(target, work, zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED)
    shutil.rmtree(work)


def _compile(folder: Path, mount: str, compiler: str) -> None:
    """Unchecked: /opt and /var/task are read-only, and a date in a zip proves nothing."""
    subprocess.run(
        [
            compiler,
            "-m",
            "compileall",
            "-q",
            "--invalidation-mode",
            "unchecked-hash",
            "-s",
            str(folder),
            "-p",
            mount,
            str(folder),
        ],
        check=True,
    )


def _write(target: Path, folder: Path, compression: int) -> None:
    partial = target.with_name(f"{target.name}.{os.getpid()}.part")
    with zipfile.ZipFile(partial, "w", compression) as archive:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), _EPOCH)
            entry.external_attr = 0o644 << 16
            entry.compress_type = compression
            archive.writestr(entry, path.read_bytes())
    partial.replace(target)
