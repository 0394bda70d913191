"""`make run`: the local stack in the foreground, with the demo in it, until Ctrl-C."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import FrameType

from local.aws.deploy import DeployFailed
from local.banner import banner
from local.child import ChildDied
from local.client import Refused
from local.demo.samples import samples, send
from local.ports import PortTaken
from local.settings import DEFAULT_PORT
from local.stack import Stack
from local.synth import SynthFailed

_LOOK_SECONDS = 0.5


class Stopped(BaseException):
    """A signal asked us to end, wherever we are."""


class Progress:
    """Lines with the seconds since the start."""

    def __init__(self) -> None:
        self._started = time.monotonic()

    def __call__(self, line: str) -> None:
        print(f"{time.monotonic() - self._started:6.1f} s  {line}", flush=True)


def main() -> int:
    logging.basicConfig(format="          %(name)s: %(message)s", level=logging.WARNING)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)
    say = Progress()
    data = os.environ.get("DATA")
    stack = Stack(
        data=Path(data).resolve() if data else None,
        port=int(os.environ.get("PORT") or DEFAULT_PORT),
        name="run",
        say=say,
        first=lambda stack: _send_samples(stack, say),
    )
    return _run(stack, say)


def _run(stack: Stack, say: Progress) -> int:
    code = 0
    try:
        _serve(stack, say)
    except Stopped:
        print("\nstopping ...", flush=True)
    except (PortTaken, SynthFailed, DeployFailed, ChildDied, Refused, OSError) as error:
        print(f"\n{error}", file=sys.stderr, flush=True)
        code = 1
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)  # a second Ctrl-C must not leave children
        stack.stop()
    say("stopped")
    return code


def _serve(stack: Stack, say: Progress) -> None:
    stack.start()
    print(banner(stack), flush=True)
    waiting = threading.Event()
    while not waiting.wait(_LOOK_SECONDS):
        stack.check()


def _send_samples(stack: Stack, say: Progress) -> None:
    """Two at a time. In a kept stack they are known: the same orders, once."""
    with ThreadPoolExecutor(2) as hands:
        sent = list(hands.map(lambda sample: send(sample, stack.url), samples()))
    say(f"demo: {len(sent)} orders are on their way")


def _stop(number: int, frame: FrameType | None) -> None:
    raise Stopped


if __name__ == "__main__":
    sys.exit(main())
