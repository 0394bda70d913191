"""A shop ends with the newest figure, whatever the interleaving, over DynamoDB's semantics."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from unittest.mock import patch

import pytest

from oms.channels.backlog_store import DynamoBacklog
from oms.channels.model import ChannelAccount
from oms.channels.push import PushOutcome, PushRefused, RateLimited, SilentShop, StockLevel
from oms.channels.push_stock import Drain, Figure, PushStock
from oms.kernel.errors import Unavailable
from oms.platform.dynamo import Dynamo
from tests.component.moto_tables import Tables, definitions
from tests.simulation.dynamo.client import DynamoDouble
from tests.simulation.dynamo.scheduler import Scheduler, VirtualClock
from tests.simulation.shop import WallClock, seeded

ACCOUNT = ChannelAccount("shopify", "demo", ("s",), "demo", skus={"THEIR-CUP": "CUP-RED"})
START = datetime.fromtimestamp(VirtualClock().now, UTC)
SKUS = ("MUG-BLUE", "CUP-RED", "TEE-GREEN")


class FakeShop(SilentShop):
    """Notes what it is told, in the order in which it takes effect."""

    stock_batch = 2

    def __init__(self, pause: Callable[[str], None] = lambda point: None) -> None:
        self.pause = pause
        self.told: list[StockLevel] = []
        self.troubles: list[Exception] = []
        self.replies_lost = 0
        self.unlisted: set[str] = set()

    def set_stock(self, levels: Sequence[StockLevel]) -> dict[str, PushOutcome]:
        self.pause("request under way")
        if self.troubles:
            raise self.troubles.pop()
        self.told += [level for level in levels if level.sku not in self.unlisted]
        self.pause("reply under way")
        if self.replies_lost:
            self.replies_lost -= 1
            raise Unavailable("the reply was lost")
        known = PushOutcome.TOLD, PushOutcome.UNSUPPORTED
        return {level.sku: known[level.sku in self.unlisted] for level in levels}

    def stands(self) -> dict[str, int]:
        return {level.sku: level.units for level in self.told}


class Notices:
    def __init__(self) -> None:
        self.raised: set[str] = set()

    def raise_notice(self, key: str, kind: str, reason: str, subject: dict[str, str]) -> bool:
        self.raised.add(key)
        return True


class Pushing:
    def __init__(self, scheduler: Scheduler | None = None) -> None:
        self.seconds = scheduler.clock if scheduler else VirtualClock()
        self.clock = WallClock(self.seconds)
        client = DynamoDouble(self.seconds, scheduler.switch if scheduler else None)
        dynamo = Dynamo(client, scheduler.sleep if scheduler else self.seconds.advance)
        names = Tables(client, dynamo)
        for definition in definitions(names):
            client.create_table(**definition)
        self.backlog = DynamoBacklog(dynamo, names.channels, self.clock)
        self.shop, self.notices = FakeShop(scheduler.switch if scheduler else _no), Notices()
        self.push = PushStock(
            lambda: [ACCOUNT], lambda account: self.shop, self.backlog, self.notices, self.clock
        )

    def tell(self, *figures: Figure) -> None:
        self.push(figures, self.clock.now() + timedelta(seconds=30))

    def sweep(self) -> None:
        """The minutes go by until nothing is left to try."""
        for _ in range(60):
            self.seconds.advance(61)
            for _ in self.backlog.due(self.clock.now(), 10):
                self.push.drain(ACCOUNT, self.clock.now() + timedelta(seconds=30))
            if not self.backlog.state("shopify", "demo").waiting:
                return
        raise AssertionError("the backlog never ended")


def _no(point: str) -> None:
    """Nobody else is there."""


def figure(sku: str, version: int, units: int | None = None) -> Figure:
    return Figure("shopify", sku, version * 10 if units is None else units, version, START)


def test_the_shop_is_told_in_the_batches_it_takes_and_in_its_own_words() -> None:
    pushing = Pushing()
    pushing.tell(*(figure(sku, 1) for sku in SKUS))
    assert pushing.shop.stands() == {"MUG-BLUE": 10, "THEIR-CUP": 10, "TEE-GREEN": 10}
    assert pushing.backlog.state("shopify", "demo").waiting == 0


def test_of_many_changes_only_the_newest_is_told() -> None:
    pushing = Pushing()
    pushing.tell(*(figure("MUG-BLUE", version) for version in (3, 7, 5, 7)))
    assert [level.units for level in pushing.shop.told] == [70]


def test_what_was_told_is_not_told_again_and_older_news_is_no_news() -> None:
    pushing = Pushing()
    for version in (5, 5, 4):
        pushing.tell(figure("MUG-BLUE", version))
    assert [level.version for level in pushing.shop.told] == [5]


def test_after_an_outage_the_newest_value_goes_out_and_not_the_history() -> None:
    pushing = Pushing()
    pushing.shop.troubles = [Unavailable("down")]
    pushing.tell(figure("MUG-BLUE", 1))
    for version in range(2, 50):
        pushing.tell(figure("MUG-BLUE", version))
    assert not pushing.shop.told
    state = pushing.backlog.state("shopify", "demo")
    assert (state.waiting, state.oldest, state.problem) == (1, START, "down")
    pushing.sweep()
    assert [level.version for level in pushing.shop.told] == [49]


def test_a_shop_that_wants_a_pause_gets_it() -> None:
    pushing = Pushing()
    pushing.shop.troubles = [RateLimited("slow down", 120)]
    pushing.tell(figure("MUG-BLUE", 1))
    due = pushing.backlog.state("shopify", "demo").due_at
    assert due == pushing.clock.now() + timedelta(seconds=120)
    pushing.seconds.advance(60)
    pushing.tell(figure("CUP-RED", 1))
    assert not pushing.shop.told, "the pause is for every figure"
    pushing.sweep()
    assert pushing.shop.stands() == {"MUG-BLUE": 10, "THEIR-CUP": 10}


def test_a_lost_reply_is_told_again() -> None:
    pushing = Pushing()
    pushing.shop.replies_lost = 1
    pushing.tell(figure("MUG-BLUE", 1))
    pushing.sweep()
    assert [level.version for level in pushing.shop.told] == [1, 1]


def test_what_the_shop_does_not_list_is_settled() -> None:
    pushing = Pushing()
    pushing.shop.unlisted = {"MUG-BLUE"}
    pushing.tell(figure("MUG-BLUE", 1))
    assert pushing.backlog.state("shopify", "demo").waiting == 0


def test_a_shop_that_refuses_is_a_notice_a_day_and_nothing_is_lost() -> None:
    pushing = Pushing()
    pushing.shop.troubles = [PushRefused("no", "shop-credentials") for _ in range(2)]
    pushing.tell(figure("MUG-BLUE", 1))
    pushing.sweep()
    assert len(pushing.notices.raised) == 1
    assert pushing.shop.stands() == {"MUG-BLUE": 10}


def race(seed: int) -> FakeShop:
    """Three who push at once, over any interleaving; gives the shop as it stands at last."""
    dice = random.Random(seed)
    with seeded(seed):
        scheduler = Scheduler(VirtualClock())
        pushing = Pushing(scheduler)
        pushing.shop.replies_lost = dice.randrange(2)
        news = [figure(dice.choice(SKUS), version) for version in range(1, 7)]
        dice.shuffle(news)
        batches = [news[0:2], news[2:4], news[4:6]]
        run = scheduler.run(
            [lambda batch=batch: pushing.tell(*batch) for batch in batches],  # type: ignore[misc]
            dice.randrange,
            seed,
        )
        assert run.values == [None] * 3
        pushing.sweep()
        newest: dict[str, int] = {}
        for each in news:
            name = ACCOUNT.their_sku(each.sku)
            newest[name] = max(newest.get(name, 0), each.units)
        assert pushing.shop.stands() == newest, f"seed {seed}"
    return pushing.shop


@pytest.mark.parametrize("first", range(0, 120, 30))
def test_whoever_pushes_at_once_the_shop_ends_with_the_newest(first: int) -> None:
    for seed in range(first, first + 30):
        race(seed)


def test_without_the_lease_a_shop_would_end_with_an_old_figure() -> None:
    """The negative control: two at once, and the old figure comes last."""

    def everybody(self: DynamoBacklog, channel: str, account: str, until: datetime) -> Drain:
        return Drain(channel, account, "", until)

    with (
        patch.object(DynamoBacklog, "lease", everybody),
        patch.object(DynamoBacklog, "renew", lambda self, drain, until: True),
        patch.object(DynamoBacklog, "release", lambda self, drain: True),
        pytest.raises(AssertionError, match="seed"),
    ):
        for seed in range(200):
            race(seed)
