"""Stock is published from the table's own stream, over DynamoDB's semantics in memory."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest

from oms.inventory.publish import Published as Row
from oms.inventory.publish import PublishStock
from oms.inventory.publish_store import (
    DynamoFigures,
    events_of,
    refreshes_in,
    rules_changed,
    touched_by,
)
from oms.inventory.refresh import RefreshStock
from oms.inventory.selling import Buffer, Component, SellingPolicy
from oms.inventory.spread import SpreadStock
from oms.inventory.spread_store import DynamoSpread
from oms.kernel.ids import Sku
from tests.simulation.dynamo.scheduler import Scheduler, VirtualClock
from tests.simulation.dynamo.streams import deliveries
from tests.simulation.shop import EAST, Shop, seeded

MUG, SPOON, SET = Sku("MUG-BLUE"), Sku("SPOON-STEEL"), Sku("BREAKFAST-SET")
CHANNELS = ["amazon", "shopify"]
Event = dict[str, Any]


class Published:
    """A shop whose stream is carried by hand, in whatever batches a test likes."""

    def __init__(self, scheduler: Scheduler | None = None) -> None:
        self.shop = Shop(scheduler=scheduler)
        self.figures = DynamoFigures(self.shop.dynamo, self.shop.names.stock)
        self.publish = PublishStock(
            self.shop.stock, self.figures, lambda: CHANNELS, self.shop.clock
        )
        self.refresh = RefreshStock(
            self.shop.stock, self.figures, self.publish, lambda: CHANNELS, self.shop.clock
        )
        self.bus: list[tuple[str, Event]] = []
        self.seen = 0

    def new_records(self) -> list[Event]:
        records = self.shop.client.stream(self.shop.names.stock).records(self.seen)
        self.seen += len(records)
        return records

    def take(self, batch: list[Event]) -> None:
        """What the function does with a batch."""
        self.bus += [(event.detail_type, event.detail) for event in events_of(batch)]
        self.publish(touched_by(batch))
        if rules_changed(batch):
            self.refresh()
        for cause, after in refreshes_in(batch):
            self.refresh.step(cause, after)

    def carry(self) -> None:
        while batch := self.new_records():
            self.take(batch)

    def told(self, channel: str = "shopify", sku: Sku = MUG) -> list[tuple[int, int]]:
        """Number and figure of each different event, in the order they were heard first."""
        heard = [
            (event["sequence"], event["sellable"])
            for name, event in self.bus
            if name == "SellableChanged" and (event["channel"], event["sku"]) == (channel, sku)
        ]
        return list(dict.fromkeys(heard))

    def alerts(self) -> list[str]:
        return [name for name, _ in self.bus if name != "SellableChanged"]


@pytest.fixture
def world() -> Iterator[Published]:
    with seeded(7):
        yield Published()


def test_a_sale_on_one_channel_lowers_what_every_channel_can_sell(world: Published) -> None:
    world.shop.receive(**{MUG: 10})
    world.carry()
    world.shop.order("AMZ-1", **{MUG: 2})
    world.carry()
    for channel in CHANNELS:
        assert world.told(channel) == [(1, 10), (2, 8)]


def test_a_wave_of_sales_in_one_batch_is_one_event_for_each_channel(world: Published) -> None:
    world.shop.receive(**{MUG: 1_000})
    world.carry()
    for _ in range(200):
        world.shop.hold(**{MUG: 1})
    world.take(world.new_records())
    world.carry()
    assert world.told() == [(1, 1_000), (2, 800)]


def test_units_that_ship_were_not_for_sale_any_more_and_are_no_news(world: Published) -> None:
    world.shop.receive(**{MUG: 10})
    order_id, _ = world.shop.order("PO-1", **{MUG: 4})
    world.carry()
    world.shop.ship(order_id)
    assert touched_by(world.new_records()) == set()


def test_a_crash_between_the_row_and_the_bus_loses_no_event(world: Published) -> None:
    world.shop.receive(**{MUG: 10})
    batch = world.new_records()
    world.publish(touched_by(batch))  # and then the function died
    world.take(batch)
    world.carry()
    assert world.told() == [(1, 10)]


@pytest.mark.parametrize("seed", range(12))
def test_late_repeated_and_interleaved_records_end_in_the_true_figure(seed: int) -> None:
    with seeded(seed):
        world, choice = Published(), random.Random(seed)
        world.shop.receive(**{MUG: 30})
        held: list[str] = []
        for _ in range(40):
            if held and choice.random() < 0.4:
                world.shop.release(held.pop())
            elif world.shop.level(MUG).available:
                held.append(world.shop.hold(**{MUG: 1}))
            if choice.random() < 0.3:
                for batch in deliveries(world.new_records(), seed):
                    world.take(batch)
        for batch in deliveries(world.new_records(), seed):
            world.take(batch)
        world.carry()
        told = world.told()
        assert told[-1][1] == world.shop.level(MUG).available
        assert sorted(number for number, _ in told) == list(range(1, len(told) + 1))
        figures = [units for _, units in sorted(told)]
        assert all(one != other for one, other in pairwise(figures))


@pytest.mark.parametrize("seed", range(30))
def test_shards_that_look_at_one_sku_at_once_end_in_the_true_figure(seed: int) -> None:
    """The parts of a spread SKU come on several shards; here they also meet sales and returns."""
    with seeded(seed):
        scheduler = Scheduler(VirtualClock())
        world = Published(scheduler)
        world.shop.receive(**{MUG: 6})
        world.carry()

        def buyer() -> None:
            held = world.shop.hold(**{MUG: 1})
            world.publish({MUG})  # the shard of this change
            world.shop.release(held)
            world.publish({MUG})

        def keeper() -> None:
            world.shop.hold(**{MUG: 2})
            world.publish({MUG})

        chooser = random.Random(seed)
        run = scheduler.run([buyer, keeper, buyer], chooser.randrange, seed)
        assert [ending.error for ending in run.endings] == [None] * 3
        known = world.figures.known([MUG])[MUG]
        assert {each.units for each in known.channels.values()} == {4}
        world.carry()
        told = world.told()
        assert told[-1][1] == 4
        assert [number for number, _ in told] == list(range(1, len(told) + 1))


def test_a_slow_look_does_not_overwrite_a_later_one_that_found_nothing_new(
    world: Published,
) -> None:
    """It read 9; the unit came back, and another look found the 10 that had been told."""
    world.shop.receive(**{MUG: 10})
    world.carry()
    held = world.shop.hold(**{MUG: 1})

    class Meanwhile(DynamoFigures):
        """What it saves first arrives after the unit came back and was looked at."""

        late = True

        def save(self, before: Row, after: Row) -> None:
            if self.late:
                self.late = False
                world.shop.release(held)
                world.publish({MUG})
            super().save(before, after)

    figures = Meanwhile(world.shop.dynamo, world.shop.names.stock)
    PublishStock(world.shop.stock, figures, lambda: CHANNELS, world.shop.clock)({MUG})
    world.carry()
    assert world.told() == [(1, 10)]


def test_a_kit_is_published_when_its_part_is_sold(world: Published) -> None:
    world.shop.receive(**{MUG: 10, SPOON: 9})
    world.shop.stock.save_selling(SET, components=(Component(MUG, 2), Component(SPOON, 1)))
    world.carry()
    world.shop.order("PO-1", **{MUG: 3})
    world.carry()
    assert world.told(sku=SET) == [(1, 5), (2, 3)]


def test_spreading_a_sku_changes_nothing_that_channels_are_told(world: Published) -> None:
    world.shop.receive(**{MUG: 100})
    world.carry()
    books = DynamoSpread(world.shop.dynamo, world.shop.names.stock)
    SpreadStock(books, world.shop.clock)(MUG, 4, [EAST], "ops")
    world.carry()
    world.shop.hold(**{MUG: 1})
    world.carry()
    assert world.told() == [(1, 100), (2, 99)]


def test_other_selling_rules_are_told_for_every_sku_of_the_catalogue(world: Published) -> None:
    world.shop.receive(**{f"SKU-{n:03}": 10 for n in range(300)})
    world.carry()
    world.shop.stock.save_policy(SellingPolicy(buffers=(Buffer(4, channel="amazon"),)))
    world.carry()
    for name in ("SKU-000", "SKU-299"):
        assert world.told("amazon", Sku(name)) == [(1, 10), (2, 6)]
        assert world.told("shopify", Sku(name)) == [(1, 10)]


def test_a_new_day_is_looked_at_once(world: Published) -> None:
    assert world.refresh() == {"refreshed": 1}
    assert world.refresh() == {"refreshed": 0}
    world.shop.wait(86_400)
    assert world.refresh() == {"refreshed": 1}


def test_low_stock_is_listed_from_the_crossing_until_the_receipt(world: Published) -> None:
    world.shop.stock.save_selling(MUG, reorder_point=5)
    world.shop.receive(**{MUG: 6})
    world.carry()
    first = len(world.alerts())
    for number in range(4):
        world.shop.order(f"PO-{number}", **{MUG: 1})
        world.carry()
    assert world.alerts()[first:] == ["StockRanLow"]
    (alert,) = world.figures.alerts(10).items
    assert (alert.sku, alert.available, alert.reorder_point) == (MUG, 4, 5)
    world.shop.receive(reference="PO-NEXT", **{MUG: 3})
    world.carry()
    assert world.alerts()[first:] == ["StockRanLow", "StockRecovered"]
    assert world.figures.alerts(10).items == ()


def test_alerts_are_listed_page_by_page(world: Published) -> None:
    skus = [Sku(f"SKU-{number}") for number in range(5)]
    for sku in skus:
        world.shop.stock.save_selling(sku, reorder_point=1)
    world.carry()
    first = world.figures.alerts(3)
    second = world.figures.alerts(3, first.after)
    assert [each.sku for each in (*first.items, *second.items)] == skus
    assert second.after == ""
