"""Speed for ministack 1.5.33, changed in memory at start; never needed for correctness.

Each change names the text it replaces and is left out, with a warning, when that text is not
there exactly once. Runs inside the emulator's environment: standard library and ministack only.
"""

from __future__ import annotations

import hashlib
import inspect
import io
import logging
import os
import shutil
import tempfile
import textwrap
import threading
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

log = logging.getLogger("oms.emulator_patch")

MOST_WORKERS = min(4, max(2, os.cpu_count() or 2))  # for one function
_LONGEST_WAIT = 15.0


class TextMoved(Exception):
    """The emulator is not the version that this change was written for."""


def apply() -> list[str]:
    """Apply every change that fits; gives the names of those applied."""
    applied = []
    for change in (
        keep_layers_unpacked,
        bound_worker_pools,
        start_executions_at_once,
        read_logs_fast,
    ):
        try:
            change()
            applied.append(change.__name__)
        except (TextMoved, AttributeError, ImportError, OSError) as error:
            log.warning("left out %s: %s", change.__name__, error)
    return applied


def rewritten(source: str, old: str, new: str) -> str:
    """`source` with the one `old` replaced. Raises TextMoved when there is not exactly one."""
    if source.count(old) != 1:
        raise TextMoved(f"{source.count(old)} times {old.strip().splitlines()[0]!r}")
    return source.replace(old, new)


def _redefine(owner: Any, name: str, module: ModuleType, old: str, new: str) -> None:
    """Compile `owner.name` again with one piece of its text replaced."""
    source = textwrap.dedent(inspect.getsource(getattr(owner, name)))
    made: dict[str, Any] = {}
    code = compile(rewritten(source, old, new), f"<{name} of {module.__name__}>", "exec")
    exec(code, module.__dict__, made)
    setattr(owner, name, made[name])


# --- a cold worker unpacks every layer again: most of a cold start --------------------

_UNPACK_OLD = """\
                layer_dir = os.path.join(self._tmpdir, f"layer_{len(layers_dirs)}")
                os.makedirs(layer_dir)
                lzip = os.path.join(self._tmpdir, f"layer_{len(layers_dirs)}.zip")
                try:
                    with open(lzip, "wb") as lf:
                        lf.write(layer_data)
                    with zipfile.ZipFile(lzip) as lzf:
"""
_UNPACK_NEW = """\
                layers_dirs.append(_oms_unpacked(layer_data))
                continue
                try:
                    with zipfile.ZipFile(lzip) as lzf:
"""


def keep_layers_unpacked() -> None:
    """Unpack a layer once for each content, and share the folder among workers and starts."""
    from ministack.core import lambda_runtime  # type: ignore[import-not-found]

    cache = Path(os.environ["OMS_LAYER_CACHE"])
    cache.mkdir(parents=True, exist_ok=True)
    lambda_runtime.__dict__["_oms_unpacked"] = lambda body: str(unpacked(body, cache))
    _redefine(lambda_runtime.Worker, "_spawn", lambda_runtime, _UNPACK_OLD, _UNPACK_NEW)


def unpacked(body: bytes, cache: Path) -> Path:
    """The folder with the content of the zip `body`; complete or not there at all."""
    place = cache / hashlib.sha256(body).hexdigest()[:32]
    if not place.is_dir():
        fresh = Path(tempfile.mkdtemp(dir=cache, prefix="new-"))
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            archive.extractall(fresh)
        try:
            fresh.rename(place)
        except OSError:  # another worker was first
            shutil.rmtree(fresh, ignore_errors=True)
    os.utime(place)
    return place


# --- a pool grows by one process for each concurrent call: 60 calls, 3 GB -------------


def bound_worker_pools() -> None:
    """At MOST_WORKERS a call waits for a worker. After a while it gets its own all the same:
    a function may wait for a call to itself."""
    from ministack.core import lambda_runtime
    from ministack.services import lambda_svc  # type: ignore[import-not-found]

    acquire, release = lambda_runtime.acquire_worker, lambda_runtime.release_worker
    _same(lambda_svc.acquire_worker, acquire)
    _same(lambda_svc.release_worker, release)
    freed = threading.Condition()

    def acquire_bounded(
        name: str, config: dict[str, Any], code: bytes, **options: Any
    ) -> tuple[Any, str]:
        until = time.monotonic() + _LONGEST_WAIT
        bounded = {"max_concurrency": MOST_WORKERS} | options
        with freed:
            while True:
                worker, how = acquire(name, config, code, **bounded)
                if worker is not None:
                    return worker, how
                if time.monotonic() > until:
                    unbounded = options | {"max_concurrency": None}
                    leased: tuple[Any, str] = acquire(name, config, code, **unbounded)
                    return leased
                freed.wait(0.1)

    def release_and_tell(worker: Any) -> None:
        release(worker)
        with freed:
            freed.notify_all()

    for module in (lambda_runtime, lambda_svc):
        module.acquire_worker = acquire_bounded
        module.release_worker = release_and_tell


def _same(found: Callable[..., Any], expected: Callable[..., Any]) -> None:
    if found is not expected:
        raise TextMoved(f"{found} is not {expected}")


# --- fixed sleeps --------------------------------------------------------------------


def start_executions_at_once() -> None:
    """Each execution begins with 150 ms of sleep. A moment stays, so that the answer to
    StartExecution is out before the first step runs."""
    from ministack.services import stepfunctions

    _redefine(
        stepfunctions, "_run_execution", stepfunctions, "time.sleep(0.15)", "time.sleep(0.005)"
    )


def read_logs_fast() -> None:
    """50 ms of waiting for a log line after each call that logs nothing. A late line shows
    with the next call instead."""
    from ministack.core import lambda_runtime

    drain = lambda_runtime.Worker._drain_stderr_bounded
    if drain.__defaults__ != (0.050, 0.005, 0.250):
        raise TextMoved(f"defaults are {drain.__defaults__}")
    drain.__defaults__ = (0.008, 0.002, 0.250)
