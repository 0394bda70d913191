"""The layers: our package, and the third-party packages, fetched once without Docker.

`python -m infra.layers fetch [stage ...]` (part of `make setup`) unpacks the pinned wheels
of each layer for the stage's Python and processor. Synthesis only packs what is there, so it
needs no network.

`python -m infra.layers lock` pins what each `requirements.in` names to the versions that the
tests run with (requirements/dev.txt).
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from infra.packages import BUILD, ROOT, zip_of
from infra.settings import Settings, settings_of

THIRD_PARTY = ("deps_core", "deps_auth", "deps_payments", "deps_labels")
LAYERS = ("oms", *THIRD_PARTY)
_PLATFORMS = {"arm64": "aarch64-manylinux_2_28", "x86_64": "x86_64-manylinux_2_28"}


class LayerNotFetched(RuntimeError):
    """The wheels of a layer are not on this machine yet."""


def layer_zip(layer: str, settings: Settings) -> Path:
    """The file that becomes the layer."""
    folder = _content(layer, settings)
    if not folder.exists():
        raise LayerNotFetched(
            f"layer {layer} is not fetched: run 'python -m infra.layers fetch {settings.stage}'"
        )
    return zip_of(layer, [(folder, "python/")], "/opt", settings)


def _content(layer: str, settings: Settings) -> Path:
    if os.environ.get("OMS_EMPTY_LAYERS") == "1":
        # Tests of templates look at no content, and must not need another processor's wheels.
        return ROOT / "infra" / "catalogue"
    return ROOT / "layers/oms/python" if layer == "oms" else _fetched(layer, settings)


def fetch(settings: Settings) -> None:
    for layer in THIRD_PARTY:
        target = _fetched(layer, settings)
        if not target.exists():
            _install(layer, settings, target)


def _fetched(layer: str, settings: Settings) -> Path:
    """Named after the pins, so a changed pin is another folder and an old one never serves."""
    pins = hashlib.sha256(_requirements(layer).read_bytes()).hexdigest()[:16]
    return BUILD / "wheels" / f"{layer}-{settings.python}-{settings.architecture}-{pins}"


def _requirements(layer: str) -> Path:
    return ROOT / "layers" / layer / "requirements.txt"


def _install(layer: str, settings: Settings, target: Path) -> None:
    partial = target.with_name(f"{target.name}.{os.getpid()}.part")
    command = [_uv(), "pip", "install", "--quiet", "--target", str(partial)]
    command += ["--requirement", str(_requirements(layer)), "--require-hashes", "--no-deps"]
    command += ["--python-version", settings.python, "--only-binary", ":all:"]
    # This machine may be no Linux; then only its own wheels can run here.
    if not settings.is_local:
        command += ["--python-platform", _PLATFORMS[settings.architecture]]
    subprocess.run(command, check=True)
    shutil.rmtree(target, ignore_errors=True)
    partial.replace(target)


def lock(layer: str) -> None:
    command = [_uv(), "pip", "compile", "--quiet", "--universal", "--generate-hashes"]
    command += ["--no-header", "--no-annotate", "--python-version", "3.11"]
    command += ["--constraint", "requirements/dev.txt", f"layers/{layer}/requirements.in"]
    command += ["--output-file", f"layers/{layer}/requirements.txt"]
    subprocess.run(command, check=True, cwd=ROOT)


def _uv() -> str:
    beside = Path(sys.executable).with_name("uv")
    return str(beside) if beside.exists() else "uv"


def main(arguments: list[str]) -> None:
    match arguments:
        case ["fetch", *stages]:
            for stage in stages or ["local", "dev"]:
                fetch(settings_of(stage))
        case ["lock"]:
            for layer in THIRD_PARTY:
                lock(layer)
        case _:
            raise SystemExit("usage: python -m infra.layers fetch [stage ...] | lock")


if __name__ == "__main__":
    main(sys.argv[1:])
