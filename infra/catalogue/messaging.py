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
    window_seconds: int = 0  # gathers messages for a batch
    senders: tuple[str, ...] = ()  # AWS accounts of others that may send to it


@dataclass(frozen=True, slots=True)
class RuleRow:
    """Domain events of these types go to the queue of `function`; of every type, if none is
    named. `channels` keeps to orders of those channels, `but` leaves out those of others.

    A second rule to the same queue has a `name` of its own. One that is `dormant` is off until a
    function turns it on.
    """

    function: str
    events: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    but: tuple[str, ...] = ()
    name: str = ""
    dormant: bool = False

    def takes(self, event: str, channel: str = "") -> bool:
        if self.events and event not in self.events:
            return False
        return channel not in self.but and (not self.channels or channel in self.channels)


@dataclass(frozen=True, slots=True)
class DropRow:
    """Files that are put under `prefix` of the document bucket go to the queue of `function`."""

    function: str
    prefix: str


@dataclass(frozen=True, slots=True)
class StreamRow:
    """A function that reads a table's stream: only the items whose `sk` is one of `sort_keys`,
    or begins with one of `prefixes`. Of the latter only changes whose attribute `effect` is one of
    `effects`, if any are given. DynamoDB serves two readers of a stream well, and no more."""

    function: str
    table: Table
    sort_keys: tuple[str, ...]
    prefixes: tuple[str, ...] = ()
    effects: tuple[str, ...] = ()
    batch_size: int = 100
    parallel: int = 1  # batches of one shard that are worked on at once; an item stays in order
    retries: int = 10
    max_age_seconds: int = 6 * 3600


@dataclass(frozen=True, slots=True)
class ScheduleRow:
    function: str
    rate: str


EVENT_SOURCE_PREFIX = "oms."

# Orders that nobody outside has to be told of, and those whose channel wants to hear that we
# have them. A test holds both against the package `oms`.
OWN_CHANNELS = ("api", "web", "phone", "b2b", "pos")
ACKNOWLEDGED = ("edi", "walmart")

QUEUES = (
    QueueRow("start_intake", batch_size=10, max_concurrency=20),
    QueueRow("start_shipment", batch_size=10, max_concurrency=20),
    QueueRow("settle_payment", batch_size=1, max_concurrency=5),
    # A wave of sales becomes one call with the newest figures.
    QueueRow("push_stock", batch_size=500, max_concurrency=5, window_seconds=1),
    QueueRow("tell_channel", batch_size=5, max_concurrency=5),
    QueueRow("receive_files", batch_size=1, max_concurrency=5),
    QueueRow(
        "receive_notifications",
        batch_size=10,
        max_concurrency=5,
        senders=("437568002678",),  # Amazon's Selling Partner notifications
    ),
    # An event may wait ten seconds for slow subscribers, and a batch must fit the timeout.
    QueueRow("send_webhooks", batch_size=5, max_concurrency=10),
)

RULES = (
    RuleRow("start_intake", ("OrderCaptured", "IntakeRequested")),
    RuleRow("start_shipment", ("ParcelPacked",)),
    RuleRow("settle_payment", ("SettlementRequested",)),
    RuleRow("push_stock", ("SellableChanged",), but=OWN_CHANNELS),
    RuleRow(
        "tell_channel",
        ("OrderCancelled", "OrderRejected", "ChannelRefundRequested"),
        but=OWN_CHANNELS,
    ),
    RuleRow("tell_channel", ("OrderCaptured",), channels=ACKNOWLEDGED, name="acknowledge"),
    # Which of them anybody wants to hear changes by the minute, and rules by deployment.
    RuleRow("send_webhooks", dormant=True),
)

DROPS = (DropRow("receive_files", "edi/in/"),)

STREAMS = (
    # An order that is told of many times in a second is looked at once.
    StreamRow(
        "follow_channels",
        Table.CHANNELS,
        (),
        prefixes=("NEWS",),
        effects=("MORE",),
        batch_size=50,
    ),
    StreamRow("publish_events", Table.ORDERS, ("ORDER",)),
    StreamRow("index_orders", Table.ORDERS, ("ORDER", "CONTENT")),
    # Levels that grew, who waits for a SKU, and work to carry out. A sale starts nothing here.
    StreamRow(
        "serve_waiting",
        Table.STOCK,
        ("SELLING", "WORK"),
        prefixes=("NODE#", "SHELF#"),
        effects=("MORE",),
    ),
    # What bears on what can be sold; what was published of it, for the bus; refreshes' steps.
    # A batch is large, so that a wave of sales of one SKU is one look at it.
    StreamRow(
        "publish_stock",
        Table.STOCK,
        ("SELLING", "SELLABLE", "REFRESH"),
        prefixes=("NODE#", "SHELF#"),
        effects=("MORE", "LESS"),
        batch_size=500,
        parallel=10,
    ),
)

SCHEDULES = (
    ScheduleRow("sweep_orders", "rate(1 minute)"),
    ScheduleRow("sweep_channels", "rate(1 minute)"),
    ScheduleRow("sweep_stock", "rate(1 minute)"),
    ScheduleRow("sweep_webhooks", "rate(1 minute)"),
    # Once a day goes through everything; the other ticks go on with what was left.
    ScheduleRow("reconcile_stock", "rate(15 minutes)"),
)

DEAD_LETTER_OWNERS = tuple(row.function for row in (*QUEUES, *STREAMS, *SCHEDULES))
