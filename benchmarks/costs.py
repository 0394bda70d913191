"""From counts to dollars per million orders, one line of arithmetic for each service."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.tally import Tally
from infra.catalogue.function_row import Kind
from infra.catalogue.functions import BY_NAME

PRICES: dict[str, Any] = json.loads((Path(__file__).parent / "prices.json").read_text())
ASSUMED: dict[str, Any] = PRICES["assumptions"]
GIB = 2**30

SERVICE, WATCHING, BESIDES = "service", "logs and traces", "besides"


@dataclass(frozen=True, slots=True)
class Line:
    """`quantity` of `unit` an order, at `price` dollars per million of them."""

    name: str
    group: str
    quantity: float
    unit: str
    price: float

    @property
    def dollars(self) -> float:
        """Per million orders."""
        return self.quantity * self.price

    def __str__(self) -> str:
        times = f"{self.quantity:10.3f} {self.unit:<13} x {self.price:>9.4f}"
        return f"{self.name:<34} {times} = {self.dollars:8.2f}"


@dataclass(frozen=True, slots=True)
class Measured:
    """The two runs of the same phases: counts, and CPU; `sdk_ms` is botocore's CPU a call."""

    counts: Tally
    counted_orders: int
    cpu: Tally
    cpu_orders: int
    sdk_ms: float


def lines(measured: Measured, *, express: bool) -> list[Line]:
    counts, orders = measured.counts, measured.counted_orders
    price = PRICES["dollars_per_million"]
    invocations = sum(counts.invocations.values()) / orders
    made = [
        Line("API Gateway HTTP API", SERVICE, counts.http_requests / orders, "requests", 1.0),
        Line("Lambda requests", SERVICE, invocations, "invocations", price["lambda_request"]),
        Line("Lambda duration", SERVICE, gb_seconds(measured), "GB-s", price["lambda_gb_second"]),
        _line("DynamoDB writes", counts.writes, orders, "write units", "write_unit"),
        _line("DynamoDB reads", counts.reads, orders, "read units", "read_unit"),
        *_workflow(measured, express=express),
        _line("EventBridge", counts.events, orders, "events", "bus_event"),
        Line("SQS", SERVICE, _queue_requests(counts) / orders, "requests", price["queue_request"]),
        Line("S3 puts", SERVICE, counts.objects / orders, "puts", price["object_put"]),
        Line(
            "CloudWatch Logs",
            WATCHING,
            log_bytes(counts) / orders / GIB * 1e6,
            "GiB/M orders",
            PRICES["dollars_per_gib"]["log_ingested"],
        ),
        Line(
            "X-Ray, every trace kept", WATCHING, traces(counts) / orders, "traces", price["trace"]
        ),
        Line("SES mail", BESIDES, _calls(counts, "ses") / orders, "mails", price["mail"]),
    ]
    return [line for line in made if line.quantity]


def total(made: Iterable[Line], *groups: str) -> float:
    return sum(line.dollars for line in made if line.group in groups)


def _line(name: str, counter: Any, orders: int, unit: str, price: str) -> Line:
    quantity = sum(counter.values()) / orders
    return Line(name, SERVICE, quantity, unit, PRICES["dollars_per_million"][price])


def _workflow(measured: Measured, *, express: bool) -> list[Line]:
    counts, orders = measured.counts, measured.counted_orders
    if not express:
        return [
            _line(
                "Step Functions STANDARD",
                counts.transitions,
                orders,
                "transitions",
                "standard_transition",
            )
        ]
    price = PRICES["dollars_per_million"]
    return [
        _line("Step Functions EXPRESS", counts.executions, orders, "executions", "express_request"),
        Line(
            "Step Functions EXPRESS duration",
            SERVICE,
            express_seconds(measured) * ASSUMED["express_memory_gb"],
            "GB-s",
            price["express_gb_second"],
        ),
    ]


def billed_ms(measured: Measured, function: str) -> float:
    """Of `function`, per order: CPU at its share of a processor, waits, and rounding up."""
    share = min(1.0, BY_NAME[function].memory / ASSUMED["megabytes_per_processor"])
    ours = measured.cpu.cpu_ns[function] / 1e6 / measured.cpu_orders
    calls = {
        service: number / measured.counted_orders
        for (name, service), number in measured.counts.calls.items()
        if name == function
    }
    waits = sum(number * ASSUMED["wait_ms"][service] for service, number in calls.items())
    invoked = measured.counts.invocations[function] / measured.counted_orders
    return (ours + measured.sdk_ms * sum(calls.values())) / share + waits + 0.5 * invoked


def gb_seconds(measured: Measured) -> float:
    """Lambda GB-seconds of one order."""
    return sum(
        billed_ms(measured, function) / 1000 * BY_NAME[function].memory / 1024
        for function in measured.cpu.cpu_ns
    )


def express_seconds(measured: Measured) -> float:
    """Billed seconds of an order's executions."""
    steps = sum(billed_ms(measured, each) for each in measured.cpu.cpu_ns if _is_step(each))
    orders, counts = measured.counted_orders, measured.counts
    entered = sum(counts.transitions.values()) / orders
    executions = sum(counts.executions.values()) / orders
    rounding = executions * ASSUMED["express_granularity_ms"] / 2
    return (steps + entered * ASSUMED["step_overhead_ms"] + rounding) / 1000


def log_bytes(counts: Tally) -> float:
    """Ours, what Lambda and API Gateway add, and what CloudWatch counts for each line."""
    invocations, lines_of_ours = (
        sum(counts.invocations.values()),
        sum(counts.log_lines.values()),
    )
    platform_lines = 3 * invocations + counts.http_requests
    return (
        sum(counts.log_bytes.values())
        + invocations * ASSUMED["platform_log_bytes_per_invocation"]
        + counts.http_requests * ASSUMED["access_log_bytes_per_request"]
        + (lines_of_ours + platform_lines) * ASSUMED["bytes_per_log_line"]
    )


def traces(counts: Tally) -> int:
    """An execution and its steps are one trace; every other invocation begins its own."""
    alone = sum(number for name, number in counts.invocations.items() if not _is_step(name))
    return alone + sum(counts.executions.values())


def _is_step(function: str) -> bool:
    return BY_NAME[function].kind is Kind.STEP


def _queue_requests(counts: Tally) -> int:
    """Sent by the rule, received and deleted by the consumer, one at a time."""
    return counts.messages * int(ASSUMED["requests_per_queue_message"])


def _calls(counts: Tally, service: str) -> int:
    return sum(number for (_, name), number in counts.calls.items() if name == service)
