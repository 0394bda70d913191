"""`make demo`: the sample orders of every channel, through to the end, without a person.

    python -m local.demo.run [--url http://127.0.0.1:8080]

Without `--url` it starts a stack of its own, fresh and on a free port. Exits 0 only when
every order arrives where its sample says.
"""

from __future__ import annotations

import argparse
import contextlib
import signal
import sys
import time
from collections.abc import Iterator
from types import FrameType
from typing import Any

from local.aws.deploy import DeployFailed
from local.child import ChildDied
from local.client import ApiClient, Refused
from local.demo import journey, people
from local.demo.samples import Sample, samples, send
from local.stack import Stack
from local.synth import SynthFailed

PATIENCE_SECONDS = 300  # for a slow machine; two minutes are usual
STILL_SECONDS = 60  # longer than any timer of the stage: nothing will come of it any more
_ROUND_SECONDS = 1.0

Json = dict[str, Any]


class Demo:
    """Sends the samples, watches them, and helps where a person must."""

    def __init__(self, url: str, run: int, patience: float = PATIENCE_SECONDS) -> None:
        self._api, self._url, self._run, self._patience = ApiClient(url), url, run, patience
        self._samples: dict[str, Sample] = {}  # by order id
        self._orders: dict[str, Json] = {}

    def __call__(self) -> bool:
        """Whether all arrived."""
        self._send()
        self._watch()
        return self._report()

    def _send(self) -> None:
        for sample in samples():
            self._samples[send(sample, self._url, self._run)] = sample
        print(f"{len(self._samples)} orders sent\n", flush=True)

    def _watch(self) -> None:
        started = moved = time.monotonic()
        while (now := time.monotonic()) < started + self._patience and now < moved + STILL_SECONDS:
            before = self._versions()
            for done in people.resolve(self._api, self._samples):
                _show(f"a person helped: {done}")
            self._look()
            _tick(time.monotonic() - started, list(self._orders.values()))
            if all(order["status"] in journey.FINAL for order in self._orders.values()):
                break
            moved = moved if self._versions() == before else time.monotonic()
            time.sleep(_ROUND_SECONDS)
        print(flush=True)

    def _versions(self) -> dict[str, int]:
        return {order_id: len(order["timeline"]) for order_id, order in self._orders.items()}

    def _look(self) -> None:
        for order_id in self._samples:
            known = self._orders.get(order_id)
            if known is None or known["status"] not in journey.FINAL:
                self._orders[order_id] = self._api.get(f"/orders/{order_id}")

    def _report(self) -> bool:
        rows = self._api.get("/nodes")["items"]
        countries = {row["node_id"]: row["country"] for row in rows}
        failed = 0
        for order_id, sample in self._samples.items():
            order = self._orders[order_id]
            been = journey.stops(order)
            problems = journey.complaints(sample, order, been, countries)
            failed += bool(problems)
            print(journey.line(sample, been, problems), flush=True)
        total = len(self._samples)
        print(f"\n{total - failed} of {total} orders arrived where they should", flush=True)
        return not failed


def _tick(seconds: float, orders: list[Json]) -> None:
    """One line that is written over, or on a pipe one line every ten seconds."""
    counts: dict[str, int] = {}
    for order in orders:
        counts[order["status"]] = counts.get(order["status"], 0) + 1
    text = "  ".join(f"{status} {count}" for status, count in sorted(counts.items()))
    if sys.stdout.isatty():
        print(f"\r\033[K{seconds:4.0f} s  {text}", end="", flush=True)
    elif int(seconds) % 10 == 0:
        print(f"{seconds:4.0f} s  {text}", flush=True)


def _show(line: str) -> None:
    print(f"\r\033[K{line}" if sys.stdout.isatty() else line, flush=True)


@contextlib.contextmanager
def _stack_at(url: str) -> Iterator[str]:
    """The stack given by `url`, or one of our own."""
    if url:
        yield url.rstrip("/")
        return
    with Stack(name="demo", say=lambda line: print(line, flush=True)) as stack:
        yield stack.url


def main() -> int:
    parser = argparse.ArgumentParser(description="Sends sample orders through to delivery")
    parser.add_argument("--url", default="", help="a running stack; default: one of its own")
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, _interrupt)
    # In a stack that runs already, earlier runs have used the samples' own numbers.
    run = int(time.time()) if asked.url else 0
    try:
        with _stack_at(asked.url) as url:
            return 0 if Demo(url, run)() else 1
    except KeyboardInterrupt:
        print("\nstopped", file=sys.stderr)
    except (Refused, SynthFailed, DeployFailed, ChildDied, OSError) as error:
        print(f"\n{error}", file=sys.stderr)
    return 1


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
