"""What a run costs, counted: one tally for each phase of an order's life."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Tally:
    """Sums over all orders of one phase. Keys are (function, what)."""

    cpu_ns: Counter[str] = field(default_factory=Counter)
    invocations: Counter[str] = field(default_factory=Counter)
    http_requests: int = 0
    log_bytes: Counter[str] = field(default_factory=Counter)
    log_lines: Counter[str] = field(default_factory=Counter)
    calls: Counter[tuple[str, str]] = field(default_factory=Counter)  # outside, by service
    requests: Counter[tuple[str, str]] = field(default_factory=Counter)  # DynamoDB, by operation
    writes: Counter[tuple[str, str]] = field(default_factory=Counter)  # write units, by item
    reads: Counter[tuple[str, str]] = field(default_factory=Counter)  # read units, by item
    transitions: Counter[str] = field(default_factory=Counter)
    executions: Counter[str] = field(default_factory=Counter)
    events: Counter[str] = field(default_factory=Counter)
    messages: int = 0
    objects: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(**{name: mine + getattr(other, name) for name, mine in vars(self).items()})

    @property
    def cpu_ms(self) -> float:
        return sum(self.cpu_ns.values()) / 1e6

    def figures(self) -> dict[str, float]:
        """The counters that a budget is set for."""
        return {
            "http_requests": self.http_requests,
            "invocations": sum(self.invocations.values()),
            "dynamodb_requests": sum(self.requests.values()),
            "write_units": sum(self.writes.values()),
            "read_units": sum(self.reads.values()),
            "transitions": sum(self.transitions.values()),
            "executions": sum(self.executions.values()),
            "bus_events": sum(self.events.values()),
            "queue_messages": self.messages,
            "objects_put": self.objects,
            "log_bytes": sum(self.log_bytes.values()),
        }


def per_order(figures: dict[str, float], orders: int) -> dict[str, float]:
    return {name: round(value / orders, 2) for name, value in figures.items()}


def by_first(counter: Counter[tuple[str, str]]) -> Counter[str]:
    """Sums by function."""
    made: Counter[str] = Counter()
    for (function, _), number in counter.items():
        made[function] += number
    return made


def by_second(counter: Counter[tuple[str, str]]) -> Counter[str]:
    """Sums by what was read or written."""
    made: Counter[Any] = Counter()
    for (_, what), number in counter.items():
        made[what] += number
    return made
