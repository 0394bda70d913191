"""Whole order lives in one process: real handlers, ASL and wiring over moto, with meters."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from unittest.mock import patch

from benchmarks.costs import ASSUMED
from benchmarks.dynamo_meter import DynamoMeter
from benchmarks.item_size import size_of
from benchmarks.meters import IDLE, Meters, Outside
from benchmarks.mix import SKUS, Sample
from benchmarks.tally import Tally
from infra.settings import settings_of
from local.standins.stripe_in_process import InProcessClient
from oms import wiring
from oms.platform import observability
from oms.platform.dynamo import Dynamo
from tests.workflow import world as worlds
from tests.workflow.world import World

CAPTURE, INTAKE, RELEASE, NODE, DELIVERY, CLOSE = (
    "capture",
    "intake",
    "release",
    "node and shipment",
    "delivery",
    "close",
)
CONFIRMED = (CAPTURE, INTAKE)
LIFE = (CAPTURE, INTAKE, RELEASE, NODE, DELIVERY, CLOSE)
_MACHINES = {"order_intake": INTAKE, "shipment": NODE}
_TRACE = "Root=1-6560a0e0-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"


@dataclass
class Run:
    """What became of the orders, and what it cost."""

    orders: int
    meters: Meters
    confirmed_ms: list[float]  # our CPU of each order, capture to confirmed
    stored_bytes: int = 0  # what the orders left in the tables

    def tally(self, *phases: str) -> Tally:
        return sum((self.meters.tallies[phase] for phase in phases), Tally())


def live(samples: list[Sample], *, weighed: bool, warm_up: list[Sample] | None = None) -> Run:
    """Take `samples` from capture to close, one after the other up to confirmed.

    `weighed` counts units, which costs CPU round our code and so is another run than the one
    that measures it.
    """
    meters = Meters()
    with metered_world(meters, weighed=weighed) as oms:
        if warm_up:
            _walk(oms, meters, warm_up)
            meters.tallies.clear()
            meters.samples.clear()
        stored = _stored(oms) if weighed else 0
        confirmed_ms = _walk(oms, meters, samples)
        stored = _stored(oms) - stored if weighed else 0
    return Run(len(samples), meters, confirmed_ms, stored)


def _stored(oms: World) -> int:
    tables = (oms.tables.orders, oms.tables.inbound, oms.tables.stock, oms.tables.order_index)
    items = [item for table in tables for item in oms.tables.items(table)]
    return sum(map(size_of, items)) + len(items) * ASSUMED["bytes_of_overhead_per_stored_item"]


@contextmanager
def metered_world(meters: Meters, *, weighed: bool, shops: tuple[str, ...] = ()) -> Iterator[World]:
    """The harness of the workflow tests with production settings and meters in every client."""
    real = worlds.handler
    with ExitStack() as stack:
        oms = stack.enter_context(worlds.world(shops=shops))
        meter = DynamoMeter(oms.tables.client, meters, weighed=weighed)
        dynamo = Dynamo(meter, sleep=lambda seconds: None)
        stack.enter_context(patch.object(wiring, "dynamo", lambda: dynamo))
        _use_production_settings()
        stack.callback(_log_to_stdout())
        for target, client, service in (
            ("oms.platform.blobs._client", oms.s3, "s3"),
            ("oms.platform.bus._client", oms.bus, "events"),
            ("oms.orders.workflows._client", oms, "states"),
            ("oms.notifications.mailer._client", oms.mail, "ses"),
        ):
            outside = Outside(client, meters, service)
            stack.enter_context(patch(target, lambda outside=outside: outside))
        ask = InProcessClient.request
        stack.enter_context(patch.object(InProcessClient, "request", _timed(ask, meters)))
        made: dict[str, Any] = {}
        metered = lambda name: made.setdefault(name, meters.wrapped(name, real(name)))  # noqa: E731
        stack.enter_context(patch.object(worlds, "handler", metered))
        for sku in SKUS:
            oms.stock_up(sku, 100_000)
        oms.run()  # what receipts tell the channels is no order's
        yield oms


def _timed(ask: Any, meters: Meters) -> Any:
    def request(self: Any, *given: Any, **named: Any) -> Any:
        with meters.outside("stripe", "request"):
            return ask(self, *given, **named)

    return request


def _use_production_settings() -> None:
    """Inside the world's own patch of the environment, which puts everything back."""
    settings = replace(settings_of("prod"), sender="orders@shop.example")
    os.environ |= {
        "SETTINGS": settings.for_functions,
        "POWERTOOLS_LOG_LEVEL": settings.log_level,
        "POWERTOOLS_METRICS_DISABLED": "false",
        "_X_AMZN_TRACE_ID": _TRACE,
    }
    worlds.forget()


def _log_to_stdout() -> Any:
    """Make the logger write to whatever stdout is at that moment; gives the way back."""
    for made in (observability.logger, observability.metrics):
        made.cache_clear()
    log = observability.logger()
    level, streams = log.level, [(each, each.stream) for each in log.handlers]
    log.setLevel("INFO")
    for handler, _ in streams:
        handler.stream = _Stdout()

    def undo() -> None:
        log.setLevel(level)
        for handler, stream in streams:
            handler.stream = stream
        for made in (observability.logger, observability.metrics):
            made.cache_clear()

    return undo


class _Stdout:
    def write(self, text: str) -> None:
        print(text, end="")

    def flush(self) -> None:
        """Nothing is kept back."""


def _walk(oms: World, meters: Meters, samples: list[Sample]) -> list[float]:
    states, events, messages = len(oms.executions), len(oms.bus.published), len(oms.messages)
    order_ids, confirmed_ms = [], []
    for sample in samples:
        before = sum(meters.tallies[phase].cpu_ms for phase in CONFIRMED)
        with meters.during(CAPTURE):
            order_ids.append(sample.send(oms))
        with meters.during(INTAKE):
            oms.run()
        after = sum(meters.tallies[phase].cpu_ms for phase in CONFIRMED)
        confirmed_ms.append(after - before)
        assert oms.order(order_ids[-1])["status"] == "CONFIRMED", oms.order(order_ids[-1])
    events = _note_events(oms, meters, events, INTAKE)
    messages = _note_messages(oms, meters, messages, INTAKE)
    _sweep(oms, meters, RELEASE, timedelta(minutes=31))
    for order_id in order_ids:
        _ship(oms, meters, order_id)
    _scan(oms, meters, order_ids, "IN_TRANSIT")
    oms.clock.advance(timedelta(hours=30))
    _scan(oms, meters, order_ids, "DELIVERED")
    _sweep(oms, meters, CLOSE, timedelta(days=14, minutes=1))
    assert {oms.order(each)["status"] for each in order_ids} == {"CLOSED"}
    _note_events(oms, meters, events, NODE)
    _note_messages(oms, meters, messages, NODE)
    for execution in list(oms.executions.values())[states:]:
        tally = meters.tallies[_MACHINES[execution.machine]]
        tally.executions[execution.machine] += 1
        tally.transitions[execution.machine] += len(execution.states)
    return confirmed_ms


def _sweep(oms: World, meters: Meters, phase: str, by: timedelta) -> None:
    """One tick of the schedule takes on every order that is due. The daily look at all that is
    published comes first: it costs the same with and without orders."""
    oms.clock.advance(by)
    with meters.during(IDLE):
        oms.stock_stream.sweep()
        oms.channel_stream.sweep()
        oms.run()
    with meters.during(phase):
        oms.sweep_orders()
        oms.run()


def _ship(oms: World, meters: Meters, order_id: str) -> None:
    for shipment in oms.order(order_id)["shipments"]:
        for action in ("pick", "pack", "ship"):
            with meters.during(NODE):
                status, reply = oms.ship(shipment["shipment_id"], action)
                oms.run()
            assert status == 200, reply


def _scan(oms: World, meters: Meters, order_ids: list[str], status: str) -> None:
    for order_id in order_ids:
        for shipment in oms.order(order_id)["shipments"]:
            for parcel in shipment["parcels"]:
                with meters.during(DELIVERY):
                    oms.scan(parcel["tracking_number"], status)
                    oms.run()


def _note_events(oms: World, meters: Meters, seen: int, phase: str) -> int:
    for entry in oms.bus.published[seen:]:
        meters.tallies[phase].events[entry["DetailType"]] += 1
    return len(oms.bus.published)


def _note_messages(oms: World, meters: Meters, seen: int, phase: str) -> int:
    meters.tallies[phase].messages += len(oms.messages) - seen
    return len(oms.messages)


def idle_tick() -> Tally:
    """What one tick of the sweepers costs when there are no orders, and the day has begun."""
    meters = Meters()
    with metered_world(meters, weighed=True) as oms, meters.during(IDLE):
        oms.sweep()
        oms.run()
        meters.tallies.clear()
        oms.sweep()
    return meters.tallies[IDLE]
