"""Starts the emulator (ministack, in its own environment) on a port of this machine."""

from __future__ import annotations

import contextlib
import http.client
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

from local.child import Child
from local.settings import ACCOUNT, EMULATOR_PYTHON, HOME, HOST, REGION, quiet_environment

_PATIENCE_SECONDS = 60.0
_LAYERS = HOME / "cache" / "layers"
_UNUSED_SECONDS = 86_400.0


class Emulator:
    """One ministack process. With `keep_in` it saves its state there when stopped cleanly.

    `environment` reaches every Lambda: the emulator hands its own on.
    """

    def __init__(
        self, home: Path, port: int, *, keep_in: Path | None, environment: Mapping[str, str]
    ) -> None:
        if not EMULATOR_PYTHON.exists():
            raise FileNotFoundError("the emulator is not installed; run `make setup`")
        self.port = port
        self.endpoint = f"http://{HOST}:{port}"
        self._scratch = home / "scratch"
        self._scratch.mkdir(parents=True, exist_ok=True)
        forget_old(_LAYERS)
        self.child = Child(
            "emulator",
            "local.emulator_process",
            [],
            log=home / "logs" / "emulator.log",
            environment=self._environment(keep_in) | dict(environment),
            python=EMULATOR_PYTHON,
        )

    def _environment(self, keep_in: Path | None) -> dict[str, str]:
        """Bound to this machine, writing only below our folders, opening no second port."""
        kept, place = ("1" if keep_in else "0"), keep_in or self._scratch
        return quiet_environment(
            BIND_HOST=HOST,
            GATEWAY_PORT=str(self.port),
            MINISTACK_HOST=HOST,
            MINISTACK_ACCOUNT_ID=ACCOUNT,
            MINISTACK_REGION=REGION,
            AWS_DEFAULT_REGION=REGION,
            IOT_MTLS_ENABLED="0",
            SFTP_ENABLED="0",
            DOCKER_HOST="unix:///nowhere/docker.sock",  # never look for a daemon
            LAMBDA_EXECUTOR="local",
            LAMBDA_WARM_TTL_SECONDS="60",
            PERSIST_STATE=kept,
            S3_PERSIST=kept,
            STATE_DIR=str(place / "state"),
            S3_DATA_DIR=str(place / "s3"),
            TMPDIR=str(self._scratch),
            TZ="UTC",
            OMS_LAYER_CACHE=str(_LAYERS),
            OMS_PLAIN_EMULATOR=os.environ.get("OMS_PLAIN_EMULATOR", ""),
        )

    def wait(self) -> None:
        """Until it answers. Raises ChildDied, or TimeoutError."""
        until = time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < until:
            self.child.check()
            if answers(self.port, "/_ministack/health"):
                return
            time.sleep(0.05)
        raise TimeoutError(f"the emulator does not answer:\n{self.child.tail()}")

    def stop(self) -> None:
        self.child.stop(grace=20)

    def kill_workers(self, function: str) -> int:
        """SIGKILL every process that runs `function`, and only those of this emulator: their
        scripts lie in our scratch folder. Gives how many there were."""
        listed = subprocess.run(
            ["ps", "-A", "-ww", "-o", "pid=,args="], capture_output=True, text=True, check=True
        )
        mark = str(self._scratch / f"ministack-lambda-{function}-")
        pids = [int(line.split()[0]) for line in listed.stdout.splitlines() if mark in line]
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return len(pids)


def forget_old(cache: Path) -> None:
    """Remove unpacked layers that no worker used for a day: every edit makes a new one."""
    for place in cache.glob("*"):
        if time.time() - place.stat().st_mtime > _UNUSED_SECONDS:
            shutil.rmtree(place, ignore_errors=True)


def answers(port: int, path: str) -> bool:
    """Whether something on `port` answers 200 there."""
    connection = http.client.HTTPConnection(HOST, port, timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
