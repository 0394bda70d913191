"""Runs every part and puts the figures together."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Callable
from typing import Any

from benchmarks import machine
from benchmarks.cold_start import cold_starts
from benchmarks.costs import (
    ASSUMED,
    SERVICE,
    WATCHING,
    Measured,
    lines,
    total,
)
from benchmarks.idle import idle_lines
from benchmarks.life import CAPTURE, CONFIRMED, LIFE, Run, idle_tick, live
from benchmarks.mix import KINDS, samples
from benchmarks.sdk_cost import milliseconds_per_call
from benchmarks.tally import Tally, by_second, per_order

Say = Callable[[str], None]


def everything(rounds: int, cold_times: int, stack: dict[str, Any], say: Say) -> dict[str, Any]:
    say("counting: whole order lives over moto")
    counted = live(list(samples(rounds)), weighed=True)
    say("measuring CPU: the same lives")
    timed = live(list(samples(rounds, 1001)), weighed=False, warm_up=list(samples(1)))
    say("cold starts: fresh processes")
    cold = cold_starts(cold_times)
    sdk_ms = milliseconds_per_call()
    result = {
        "machine": machine.notes(),
        "mix": list(KINDS),
        "cpu_ms": _cpu(timed),
        "cold_start": cold,
        "counts": _counts(counted),
        "assumptions": {**ASSUMED, "sdk_ms": round(sdk_ms, 3)},
        "dollars": _dollars(counted, timed, sdk_ms),
        "idle": _idle(),
        "local_stack": stack,
    }
    return {**result, "aims": _aims(result)}


def _cpu(run: Run) -> dict[str, Any]:
    whole = run.tally(*LIFE)
    # The authorizer is part of what a POST /orders costs.
    own_shop = run.meters.samples["manage_orders"]
    capture = run.meters.tallies[CAPTURE]
    return {
        "orders": run.orders,
        "capture_shopify": _median(run.meters.samples["receive_webhook"]),
        "capture_own_shop": _median(own_shop),
        "capture_mean": round(capture.cpu_ms / run.orders, 2),
        "confirmed_median": _median(run.confirmed_ms),
        "confirmed_least": round(min(run.confirmed_ms), 2),
        "closed_mean": round(whole.cpu_ms / run.orders, 2),
        "by_function": {
            name: {
                "median_ms": _median(spent),
                "per_order": round(len(spent) / run.orders, 2),
            }
            for name, spent in sorted(run.meters.samples.items())
        },
    }


def _median(values: list[float]) -> float:
    return round(statistics.median(values), 2)


def _counts(run: Run) -> dict[str, Any]:
    confirmed, closed = run.tally(*CONFIRMED), run.tally(*LIFE)
    return {
        "orders": run.orders,
        "confirmed": per_order(confirmed.figures(), run.orders),
        "closed": per_order(closed.figures(), run.orders),
        "write_units_by_item": _split(confirmed, closed, "writes", run.orders),
        "read_units_by_item": _split(confirmed, closed, "reads", run.orders),
        "events": _shares(closed.events, run.orders),
        "stored_bytes": run.stored_bytes / run.orders,
    }


def _split(confirmed: Tally, closed: Tally, what: str, orders: int) -> dict[str, Any]:
    return {
        "confirmed": _shares(by_second(getattr(confirmed, what)), orders),
        "closed": _shares(by_second(getattr(closed, what)), orders),
    }


def _shares(counter: Counter[str], orders: int) -> dict[str, float]:
    return {name: round(number / orders, 2) for name, number in counter.most_common()}


def _dollars(counted: Run, timed: Run, sdk_ms: float) -> dict[str, Any]:
    made = {}
    for name, phases in (("to confirmed", CONFIRMED), ("to closed, one shipment", LIFE)):
        for engine, express in (("EXPRESS prices", True), ("STANDARD", False)):
            measured = Measured(
                counted.tally(*phases), counted.orders, timed.tally(*phases), timed.orders, sdk_ms
            )
            each = lines(measured, express=express)
            made[f"capture {name}, {engine}"] = {
                "lines": [str(line) for line in each],
                "service": round(total(each, SERVICE), 2),
                "with_logs_and_traces": round(total(each, SERVICE, WATCHING), 2),
            }
    return made


def _idle() -> dict[str, Any]:
    each = idle_lines(idle_tick())
    return {"lines": each, "dollars": round(sum(dollars for _, dollars in each), 2)}


def _aims(result: dict[str, Any]) -> list[dict[str, Any]]:
    cpu, cold, dollars = result["cpu_ms"], result["cold_start"], result["dollars"]
    express = "capture to confirmed, EXPRESS prices"
    whole = "capture to closed, one shipment"
    rows = [
        ("our CPU, capture to confirmed, ms", cpu["confirmed_median"], 20),
        ("our CPU, capture alone, ms", cpu["capture_mean"], 5),
        (
            "cold start, receive_webhook, ms CPU at import",
            cold["receive_webhook"]["import_ms"],
            300,
        ),
        ("cold start, show_tracking, ms CPU at import", cold["show_tracking"]["import_ms"], 300),
        ("million orders to confirmed, EXPRESS, dollars", dollars[express]["service"], 12),
        (
            "million whole lives, EXPRESS, dollars",
            dollars[f"{whole}, EXPRESS prices"]["service"],
            25,
        ),
        ("million whole lives, STANDARD, dollars", dollars[f"{whole}, STANDARD"]["service"], 300),
    ]
    stack = result["local_stack"]
    if "skipped" not in stack:
        rows += [
            ("local stack, POST to 202, p50 ms", stack["accepted_ms"]["p50"], 10),
            ("local stack, POST to 202, p99 ms", stack["accepted_ms"]["p99"], 40),
            ("local stack, POST to CONFIRMED, p50 ms", stack["confirmed_ms"]["p50"], 100),
            ("local stack, POST to CONFIRMED, p99 ms", stack["confirmed_ms"]["p99"], 300),
        ]
    return [{"what": what, "is": is_, "aim": aim, "met": is_ <= aim} for what, is_, aim in rows]
