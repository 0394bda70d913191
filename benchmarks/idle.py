"""What is billed in a month without a single order, counted from the catalogue."""

from __future__ import annotations

from benchmarks.costs import ASSUMED, PRICES
from benchmarks.tally import Tally
from infra.catalogue.functions import BY_NAME, FUNCTIONS
from infra.catalogue.messaging import DEAD_LETTER_OWNERS, QUEUES, STREAMS
from infra.catalogue.secrets import SECRETS
from infra.catalogue.workflows import WORKFLOWS

_TICKS = 60 * 24 * 30  # rate(1 minute)
_POLLS_PER_QUEUE = 5 * 3 * 60 * 24 * 30  # five pollers, each waiting 20 s at a time


def idle_lines(tick: Tally) -> list[tuple[str, float]]:
    """(what, dollars a month). `tick` is one run of each sweeper that finds nothing.

    The check of the books and the daily look at what is published grow with the catalogue: they
    are not in it.
    """
    month, million = PRICES["dollars_per_month"], PRICES["dollars_per_million"]
    reads, writes = sum(tick.reads.values()), sum(tick.writes.values())
    queries, runs = sum(tick.requests.values()), sum(tick.invocations.values()) * _TICKS
    seconds = sum(
        number * ASSUMED["wait_ms"]["dynamodb"] / 1000 * BY_NAME[function].memory / 1024
        for (function, _), number in tick.requests.items()
    )
    alarms = (
        len(DEAD_LETTER_OWNERS)
        + len(WORKFLOWS)
        + len(FUNCTIONS)
        + len(STREAMS)
        + len(QUEUES)
        + 2  # throttles, 5xx
    )
    polls = len(QUEUES) * _POLLS_PER_QUEUE
    return [
        ("1 customer key", month["kms_key"]),
        (f"{len(SECRETS)} secrets", len(SECRETS) * month["secret"]),
        (f"{alarms} alarms", alarms * month["alarm"]),
        ("1 dashboard", month["dashboard"]),
        (f"sweepers: {runs} runs", runs * million["lambda_request"] / 1e6),
        ("sweepers: duration", _TICKS * seconds * million["lambda_gb_second"] / 1e6),
        (f"sweepers: {queries} reads a minute", _TICKS * reads * million["read_unit"] / 1e6),
        ("sweepers: writes", _TICKS * writes * million["write_unit"] / 1e6),
        ("sweepers: traces", runs * million["trace"] / 1e6),
        (f"{len(QUEUES)} queues polled", polls * million["queue_request"] / 1e6),
    ]
