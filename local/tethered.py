"""Run a module and end when the program that started it ends, however that ended.

    python -m local.tethered local.standins.stripe_http --port 8420

The parent holds the other end of our standard input and writes nothing. When the parent is
gone, even by SIGKILL, the pipe closes and we stop as on SIGTERM: no orphan keeps a port.
Standard library only, for the emulator's environment runs it too.
"""

from __future__ import annotations

import os
import runpy
import signal
import sys
import threading


def end_with_parent() -> None:
    """Send ourselves SIGTERM at the end of standard input."""
    tether = os.dup(0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)  # the module and its children must not hold the pipe
    os.close(nothing)
    threading.Thread(target=_wait, args=(tether,), daemon=True).start()


def _wait(tether: int) -> None:
    while os.read(tether, 64):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def main() -> None:
    end_with_parent()
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
