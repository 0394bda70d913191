"""Wraps what stands round our code, so that what is ours can be told from what is not.

CPU is that of the thread inside a handler, less what is spent inside the outer clients (moto
for DynamoDB and S3, the stand-ins for Stripe, bus, mail and Step Functions).
"""

from __future__ import annotations

import contextlib
import io
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from benchmarks.tally import Tally
from infra.catalogue.routes import AUTHORIZER, ROUTES
from infra.local_secrets import OPS_TOKEN

IDLE = "idle"  # what is spent whether or not there are orders
UNSEEN = ""  # the benchmark itself looking at an order: counted nowhere
_CLOSED = frozenset(route.key for route in ROUTES if not route.open_because)


@dataclass
class Meters:
    """`phase` says what is going on; `function` whose handler runs. `with_logs` keeps what
    handlers print."""

    phase: str = UNSEEN
    function: str = ""
    tallies: dict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    samples: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    with_logs: bool = True
    _outside_ns: int = 0
    _depth: int = 0

    @property
    def tally(self) -> Tally:
        return self.tallies[self.phase]

    @contextmanager
    def during(self, phase: str) -> Iterator[None]:
        before, self.phase = self.phase, phase
        try:
            yield
        finally:
            self.phase = before

    @contextmanager
    def outside(self, service: str, operation: str) -> Iterator[None]:
        """Not our code: its CPU is not ours. Nested calls count once."""
        self._depth += 1
        began = time.thread_time_ns()
        try:
            yield
        finally:
            self._depth -= 1
            if self._depth == 0:
                self._outside_ns += time.thread_time_ns() - began
                self.tally.calls[self.function, service] += 1

    def wrapped(self, name: str, real: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
        """A handler that is measured."""

        def invoke(event: Any, context: Any) -> Any:
            if event.get("routeKey") in _CLOSED and name != AUTHORIZER:
                self._authorize(event)
            return self._measured(name, real, event, context)

        return invoke

    def _authorize(self, event: Any) -> None:
        """API Gateway asks for every request: no result is kept."""
        from tests.workflow import world

        headers = {"authorization": f"Bearer {OPS_TOKEN}"}
        world.handler(AUTHORIZER)({"routeKey": event["routeKey"], "headers": headers}, None)

    def _measured(self, name: str, real: Any, event: Any, context: Any) -> Any:
        before, self.function = self.function, name
        said = io.StringIO()
        outside, began = self._outside_ns, time.thread_time_ns()
        try:
            with contextlib.redirect_stdout(said):
                return real(event, context)
        finally:
            spent = time.thread_time_ns() - began - (self._outside_ns - outside)
            self._note(name, spent, said.getvalue(), "routeKey" in event)
            self.function = before

    def _note(self, name: str, spent: int, said: str, is_http: bool) -> None:
        tally = self.tally
        tally.cpu_ns[name] += spent
        if self.phase:
            self.samples[name].append(spent / 1e6)
        tally.http_requests += is_http and name != AUTHORIZER
        with self.during(IDLE if name.startswith("sweep_") else self.phase):
            self.tally.invocations[name] += 1
            self.tally.log_bytes[name] += len(said.encode())
            self.tally.log_lines[name] += said.count("\n")


class Outside:
    """A client whose calls are not our code."""

    def __init__(self, client: Any, meters: Meters, service: str) -> None:
        self._client, self._meters, self._service = client, meters, service

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._client, name)

        def call(*given: Any, **named: Any) -> Any:
            with self._meters.outside(self._service, name):
                if name == "put_object":
                    self._meters.tally.objects += 1
                return real(*given, **named)

        return call
