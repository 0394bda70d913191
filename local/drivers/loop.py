"""A piece of work done again and again in the background, until it is told to stop."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

log = logging.getLogger("local")


class Loop:
    """Calls `work` every `seconds`. A failure is logged when it is another than before, and
    the next round tries again: what it drives may be busy, or stopping."""

    def __init__(self, name: str, work: Callable[[], object], seconds: float = 1.0) -> None:
        self._name, self._work, self._seconds = name, work, seconds
        self._stopped = threading.Event()
        self._last_failure = ""
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """No round starts after this; one that runs gets a moment."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join(2)

    def _run(self) -> None:
        while not self._stopped.wait(self._seconds):
            try:
                self._work()
                self._last_failure = ""
            except Exception as error:
                self._tell(error)

    def _tell(self, error: Exception) -> None:
        failure = f"{type(error).__name__}: {error}"
        if failure != self._last_failure and not self._stopped.is_set():
            log.warning("%s: %s", self._name, failure[:500])
        self._last_failure = failure
