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
    """(what, dollars a month). `tick` is one run of the sweeper that finds nothing."""
    month, million = PRICES["dollars_per_month"], PRICES["dollars_per_million"]
    reads = sum(tick.reads.values())
    queries = sum(tick.requests.values())
    memory = BY_NAME["sweep_orders"].memory
    seconds = queries * ASSUMED["wait_ms"]["dynamodb"] / 1000 * memory / 1024
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
        (f"sweeper: {_TICKS} runs", _TICKS * million["lambda_request"] / 1e6),
        ("sweeper: duration", _TICKS * seconds * million["lambda_gb_second"] / 1e6),
        (f"sweeper: {queries} queries a run", _TICKS * reads * million["read_unit"] / 1e6),
        ("sweeper: traces", _TICKS * million["trace"] / 1e6),
        (f"{len(QUEUES)} queues polled", polls * million["queue_request"] / 1e6),
    ]
