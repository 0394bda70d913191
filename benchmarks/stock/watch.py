"""What calls of the in-memory DynamoDB took: requests, units, and the CPU that is not ours."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from tests.simulation.dynamo.capacity import Units
from tests.simulation.dynamo.client import DynamoDouble
from tests.simulation.shop import Shop

Figures = dict[str, float]


@dataclass
class Watch:
    """`cpu_ns` of all, `inside_ns` of it in the double; `units` by AWS's published rules."""

    cpu_ns: int = 0
    inside_ns: int = 0
    requests: int = 0
    units: Units = Units()

    def each(self, number: int) -> Figures:
        """Per one of `number` equal pieces of work."""
        return {
            "cpu_ms": round(self.cpu_ns / number / 1e6, 3),
            "ours_ms": round((self.cpu_ns - self.inside_ns) / number / 1e6, 3),
            "requests": round(self.requests / number, 2),
            "read_units": round(self.units.reads / number, 2),
            "write_units": round((self.units.writes - self.units.index_writes) / number, 2),
            "index_units": round(self.units.index_writes / number, 2),
        }


@contextmanager
def watched(shop: Shop) -> Iterator[Watch]:
    """Fills what it gives when it ends. CPU is that of this thread."""
    watch, serve = Watch(), DynamoDouble._serve

    def counted(double: DynamoDouble, operation: str, request: Any) -> Any:
        watch.requests += 1
        began = time.thread_time_ns()
        try:
            return serve(double, operation, request)
        finally:
            watch.inside_ns += time.thread_time_ns() - began

    with patch.object(DynamoDouble, "_serve", counted), shop.client.capacity.measure() as meter:
        began = time.thread_time_ns()
        yield watch
        watch.cpu_ns = time.thread_time_ns() - began
    watch.units = meter.total()
