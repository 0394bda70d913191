"""Queues, bus rules, stream consumers and schedules: every asynchronous edge.

Each edge ends in a dead-letter queue, named `<function>-dead`, from which operations send
the messages again (docs/runbook). So a row here needs no mention of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

from infra.catalogue.tables import Table


@dataclass(frozen=True, slots=True)
class QueueRow:
    """A queue and the function of the same name that empties it.

    `max_concurrency` bounds the wave after an outage, so that it meets the account's
    concurrency as a queue and not as throttles of the API.
    """

    function: str
    batch_size: int
    max_concurrency: int
    max_receives: int = 5


@dataclass(frozen=True, slots=True)
class RuleRow:
    """Domain events of these types go to the queue of `function`."""

    function: str
    events: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StreamRow:
    """A function that reads a table's stream, only the items whose `sk` is one of `sort_keys`."""

    function: str
    table: Table
    sort_keys: tuple[str, ...]
    batch_size: int = 100
    retries: int = 10
    max_age_seconds: int = 6 * 3600


@dataclass(frozen=True, slots=True)
class ScheduleRow:
    function: str
    rate: str


EVENT_SOURCE_PREFIX = "oms."

QUEUES = (
    QueueRow("start_intake", batch_size=10, max_concurrency=20),
    QueueRow("start_shipment", batch_size=10, max_concurrency=20),
    QueueRow("settle_payment", batch_size=1, max_concurrency=5),
)

RULES = (
    RuleRow("start_intake", ("OrderCaptured", "IntakeRequested")),
    RuleRow("start_shipment", ("ParcelPacked",)),
    RuleRow("settle_payment", ("SettlementRequested",)),
)

STREAMS = (
    StreamRow("publish_events", Table.ORDERS, ("ORDER",)),
    StreamRow("index_orders", Table.ORDERS, ("ORDER", "CONTENT")),
)

SCHEDULES = (ScheduleRow("sweep_orders", "rate(1 minute)"),)

DEAD_LETTER_OWNERS = tuple(row.function for row in (*QUEUES, *STREAMS, *SCHEDULES))
