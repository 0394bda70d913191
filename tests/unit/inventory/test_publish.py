"""What channels are told of stock: the right figure, once, in order, and soon."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from infra.catalogue.messaging import STREAMS
from infra.settings import settings_of
from oms.inventory.model import Level, Node, NodeKind, Product
from oms.inventory.news import news
from oms.inventory.ports import Page
from oms.inventory.publish import (
    POLL_MS,
    PUT_MS,
    Published,
    PublishStock,
    channels_of,
    worst_delay,
)
from oms.inventory.selling import (
    Buffer,
    ChannelPolicy,
    Component,
    Mode,
    Pool,
    Position,
    Selling,
    SellingPolicy,
)
from oms.inventory.shelves import hot, pool
from oms.kernel.address import Address
from oms.kernel.clock import SettableClock
from oms.kernel.errors import Unavailable, VersionConflict
from oms.kernel.ids import NodeId, Sku
from oms.orders.events import BusEvent

NOW = datetime(2026, 11, 27, 9, tzinfo=UTC)
EAST, WEST = NodeId("WH-EAST"), NodeId("WH-WEST")
MUG, SPOON, SET = Sku("MUG-BLUE"), Sku("SPOON-STEEL"), Sku("BREAKFAST-SET")


@dataclass
class Shelves:
    """`Stock` in memory."""

    levels: dict[Sku, list[Level]] = field(default_factory=dict)
    terms: dict[Sku, Selling] = field(default_factory=dict)
    rules: SellingPolicy = SellingPolicy()
    reads: int = 0

    def lay(self, sku: Sku, units: int, node: NodeId = EAST, reserved: int = 0) -> None:
        others = [each for each in self.levels.get(sku, []) if each.node != node]
        level = Level(sku, node, on_hand=units, reserved=reserved, available=units - reserved)
        self.levels[sku] = [*others, level]

    def positions(self, skus: Collection[Sku]) -> dict[Sku, Position]:
        self.reads += len(skus)
        return {
            sku: Position(self.terms.get(sku, Selling(sku)), tuple(self.levels.get(sku, ())))
            for sku in skus
        }

    def nodes(self) -> list[Node]:
        here = Address("Dock", ("1 Dock Road",), "Newark", "NJ", "07102", "US")
        return [Node(node, NodeKind.WAREHOUSE, node, here, 40.7, -74.2) for node in (EAST, WEST)]

    def policy(self) -> SellingPolicy:
        return self.rules

    def kits_of(self, sku: Sku) -> list[Sku]:
        return [kit for kit, each in self.terms.items() if sku in {c.sku for c in each.components}]

    def catalogue(self, limit: int, after: str = "") -> Page[Product]:
        return Page(())


@dataclass
class Rows:
    """`Figures` in memory. What each change means for the bus is in `told`."""

    rows: dict[Sku, Published] = field(default_factory=dict)
    told: list[BusEvent] = field(default_factory=list)
    rivals: int = 0  # so many looks of others come in between

    def known(self, skus: Collection[Sku]) -> dict[Sku, Published]:
        return {sku: self.rows.get(sku, Published(sku)) for sku in skus}

    def save(self, before: Published, after: Published) -> None:
        if self.rivals:
            self.rivals -= 1
            seen = self.rows.get(before.sku, before)
            self.rows[before.sku] = replace(seen, turn=seen.turn + 1)
        standing = self.rows.get(after.sku)
        if (standing.turn if standing else 0) != before.turn:
            raise VersionConflict("another turn")
        self.told += news(standing, after)
        self.rows[after.sku] = after


@dataclass
class Shop:
    stock: Shelves = field(default_factory=Shelves)
    rows: Rows = field(default_factory=Rows)
    clock: SettableClock = field(default_factory=lambda: SettableClock(NOW))
    channels: tuple[str, ...] = ("amazon", "shopify")

    def touch(self, *skus: Sku) -> int:
        look = PublishStock(self.stock, self.rows, lambda: self.channels, self.clock)
        return look(set(skus))

    def heard(self, name: str = "SellableChanged") -> list[dict[str, object]]:
        return [each.detail for each in self.rows.told if each.detail_type == name]

    def figures(self, channel: str, sku: Sku = MUG) -> list[object]:
        told = [each for each in self.heard() if (each["channel"], each["sku"]) == (channel, sku)]
        return [each["sellable"] for each in told]


@pytest.fixture
def shop() -> Shop:
    made = Shop()
    made.stock.lay(MUG, 100)
    return made


def test_every_channel_hears_what_it_can_sell_and_not_what_lies_there(shop: Shop) -> None:
    shop.stock.lay(MUG, 100, reserved=3)
    shop.touch(MUG)
    assert shop.heard() == [
        {
            "id": f"MUG-BLUE#{channel}#1",
            "version": 1,
            "occurred_at": "2026-11-27T09:00:00.000Z",
            "sequence": 1,
            "sku": MUG,
            "channel": channel,
            "sellable": 97,
        }
        for channel in ("amazon", "shopify")
    ]


def test_a_look_that_finds_nothing_new_tells_nothing(shop: Shop) -> None:
    assert [shop.touch(MUG), shop.touch(MUG), shop.touch(MUG)] == [1, 0, 0]
    assert shop.figures("shopify") == [100]


def test_the_number_of_a_figure_grows_by_one_each_time_it_changes(shop: Shop) -> None:
    for left in (100, 99, 99, 97, 98):
        shop.stock.lay(MUG, left)
        shop.touch(MUG)
    told = [each for each in shop.heard() if each["channel"] == "amazon"]
    assert [(each["sequence"], each["sellable"]) for each in told] == [
        (1, 100),
        (2, 99),
        (3, 97),
        (4, 98),
    ]


def test_buffers_pools_and_the_waiting_line_are_kept_back_from_whom_they_are_kept(
    shop: Shop,
) -> None:
    shop.stock.rules = SellingPolicy(
        buffers=(Buffer(10, channel="amazon"),), pools=(Pool("gold", ("shopify",)),)
    )
    gold = Level(MUG, EAST, on_hand=5, available=5, shelf=pool("gold"))
    shop.stock.levels[MUG].append(gold)
    shop.stock.terms[MUG] = Selling(MUG, has_shelves=True, waiting=20)
    shop.touch(MUG)
    assert (shop.figures("amazon"), shop.figures("shopify")) == ([70], [85])


def test_units_on_the_parts_of_a_hot_sku_count(shop: Shop) -> None:
    parts = [Level(MUG, EAST, on_hand=7, available=7, shelf=hot(n)) for n in range(3)]
    shop.stock.levels[MUG] += parts
    shop.touch(MUG)
    assert shop.figures("shopify") == [121]


def test_what_is_not_sold_before_a_later_day_cannot_be_sold_today(shop: Shop) -> None:
    shop.stock.terms[MUG] = Selling(MUG, available_from="2026-12-01")
    shop.touch(MUG)
    shop.clock.advance(timedelta(days=4))
    shop.touch(MUG)
    assert shop.figures("shopify") == [0, 100]


def test_a_kit_is_told_anew_when_one_of_its_parts_is_sold(shop: Shop) -> None:
    shop.stock.terms[SET] = Selling(SET, components=(Component(MUG, 2), Component(SPOON, 1)))
    shop.stock.lay(SPOON, 80)
    shop.touch(SET)
    shop.stock.lay(MUG, 9)
    shop.touch(MUG)
    assert shop.figures("shopify", SET) == [50, 4]


def test_a_channel_for_which_nobody_counts_hears_nothing(shop: Shop) -> None:
    shop.stock.rules = SellingPolicy(channels=(ChannelPolicy("amazon", Mode.NONE),))
    shop.touch(MUG)
    assert {each["channel"] for each in shop.heard()} == {"shopify"}


def test_channels_are_those_with_an_account_and_those_that_the_rules_name(shop: Shop) -> None:
    rules = SellingPolicy(
        channels=(ChannelPolicy("*"), ChannelPolicy("pos")),
        buffers=(Buffer(1), Buffer(2, channel="ebay")),
        pools=(Pool("gold", ("b2b",)),),
    )
    assert channels_of(rules) == {"pos", "ebay", "b2b"}
    shop.stock.rules = rules
    shop.touch(MUG)
    heard = {each["channel"] for each in shop.heard()}
    assert heard == {"amazon", "shopify", "pos", "ebay", "b2b"}


def test_who_loses_the_turn_reads_again_before_telling(shop: Shop) -> None:
    shop.rows.rivals = 2
    shop.touch(MUG)
    assert shop.figures("shopify") == [100]
    assert shop.stock.reads == 3


def test_an_old_reading_is_never_told_after_a_newer_look_that_found_nothing_new(
    shop: Shop,
) -> None:
    """A slow look read 99; one unit came back, and a later look found the 100 that was told."""
    shop.touch(MUG)
    standing = shop.rows.rows[MUG]
    slow = replace(standing, turn=standing.turn + 1)
    shop.touch(MUG)
    with pytest.raises(VersionConflict):
        shop.rows.save(standing, slow)
    assert shop.figures("shopify") == [100]


def test_a_look_gives_up_when_rivals_take_every_turn_and_the_batch_comes_again(
    shop: Shop,
) -> None:
    shop.rows.rivals = 1_000
    with pytest.raises(Unavailable):
        shop.touch(MUG)
    assert shop.heard() == []


# --- how soon, and how often ---------------------------------------------------------------

(ROW,) = (row for row in STREAMS if row.function == "publish_stock")
WINDOW = settings_of("prod").stream_window_seconds


def test_the_channel_hears_within_five_seconds_at_the_most_that_one_shard_can_change() -> None:
    levels_a_second = 1_000 // 2  # write units of a partition, two for a transactional write
    skus = levels_a_second // ROW.parallel  # of a second's window, in one of the batches at once
    assert WINDOW == 1 and skus == 50
    assert worst_delay(WINDOW, skus) == 4_250
    assert worst_delay(WINDOW, 75) == 5_000


@dataclass(frozen=True)
class Wave:
    """What became of a wave of sales: when each was made, heard of, and how often."""

    delays: list[float]
    events: int


def carried(shop: Shop, sales: Iterable[float]) -> Wave:
    """One unit of a SKU is sold at each of `sales` (seconds); Lambda carries it as it does.

    A poll finds what came in, gathers for the window or until the batch is full, and looks.
    """
    waiting, left, now, made = sorted(sales), 100_000, 0.0, list[float]()
    looks = list[tuple[float, list[float]]]()
    while waiting:
        now = max(now, waiting[0]) + POLL_MS / 1000
        filled = [at for at in waiting if at <= now + WINDOW][: ROW.batch_size]
        now = now + WINDOW if len(filled) < ROW.batch_size else max(now, filled[-1])
        waiting = waiting[len(filled) :]
        looks.append((now, filled))
    for at, seen in looks:
        left -= len(seen)
        shop.stock.lay(MUG, left)
        shop.clock = SettableClock(NOW + timedelta(seconds=at))
        shop.touch(MUG)
        to_the_bus = POLL_MS / 1000 + WINDOW + PUT_MS / 1000
        made += [at + to_the_bus - sold for sold in seen]
    return Wave(sorted(made), len(shop.figures("shopify")))


def test_a_thousand_sales_in_a_moment_are_a_handful_of_events() -> None:
    wave = carried(Shop(), [number / 1_000 for number in range(1_000)])
    assert len(wave.delays) == 1_000
    assert wave.events <= 3
    assert wave.delays[989] <= 5


def test_sales_over_a_minute_are_told_about_once_a_second() -> None:
    wave = carried(Shop(), [number / 20 for number in range(1_200)])
    assert 40 <= wave.events <= 61
    assert wave.delays[-1] <= 5
