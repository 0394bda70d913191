"""A child process: its own group, its own log, and an end that leaves nothing behind."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from local.settings import ROOT

_ASK_AGAIN_SECONDS = 1.0


class ChildDied(Exception):
    """A child ended by itself; the message carries the tail of its log."""


class Child:
    """`python -m module arguments`, tethered to this process (see `local.tethered`)."""

    def __init__(
        self,
        name: str,
        module: str,
        arguments: Sequence[str],
        *,
        log: Path,
        environment: dict[str, str],
        python: str | Path = sys.executable,
    ) -> None:
        self.name, self.log = name, log
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as sink:
            self._process = subprocess.Popen(
                [str(python), "-m", "local.tethered", module, *arguments],
                cwd=ROOT,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=sink,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    def check(self) -> None:
        """Raises ChildDied."""
        code = self._process.poll()
        if code is not None:
            raise ChildDied(f"{self.name} ended with {code}. The end of {self.log}:\n{self.tail()}")

    def tail(self, lines: int = 20) -> str:
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return "\n".join(f"    {line}" for line in text.splitlines()[-lines:])

    def stop(self, grace: float = 10.0) -> None:
        """SIGTERM to its group, which is ours alone, and wait; then end what is left of it.

        To the group, and again: the emulator waits for calls that are under way, those wait
        for the emulator, and while it stops it starts workers for calls that failed.
        """
        until = time.monotonic() + grace
        while self.is_alive and time.monotonic() < until:
            _signal_group(self.pid, signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_ASK_AGAIN_SECONDS)
        self._end_group()
        self._process.wait()
        if self._process.stdin:
            self._process.stdin.close()

    def _end_group(self) -> None:
        """Workers that outlive the leader get a moment, then SIGKILL."""
        for sent, wait in ((signal.SIGTERM, 1.0), (signal.SIGKILL, 1.0)):
            if not _signal_group(self.pid, sent):
                return
            until = time.monotonic() + wait
            while time.monotonic() < until and _signal_group(self.pid, 0):
                self._process.poll()
                time.sleep(0.02)


def _signal_group(group: int, number: int) -> bool:
    """Whether the group still has members."""
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True
