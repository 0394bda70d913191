"""Low stock is told once when it comes, and once when it goes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from oms.inventory.alerts import Alert, is_low, left_to_sell, view_of
from oms.inventory.model import Level
from oms.inventory.news import news
from oms.inventory.publish import Published, told
from oms.inventory.selling import Component, Position, Selling
from oms.inventory.shelves import hot, lot
from oms.kernel.ids import NodeId, Sku

NOW = datetime(2026, 11, 27, 9, tzinfo=UTC)
TODAY = "2026-11-27"
EAST, WEST = NodeId("WH-EAST"), NodeId("WH-WEST")
TEA = Sku("TEA-GREEN")


def a_position(*units: int, reserved: int = 0, waiting: int = 0, point: int = 10) -> Position:
    """So many units on hand at each node."""
    levels = tuple(
        Level(TEA, node, on_hand=n, reserved=reserved, available=n - reserved)
        for node, n in zip((EAST, WEST), units, strict=False)
    )
    return Position(Selling(TEA, waiting=waiting, reorder_point=point), levels)


@dataclass
class Watch:
    """One SKU as it is looked at again and again."""

    row: Published = field(default_factory=lambda: Published(TEA))
    heard: list[tuple[str, object]] = field(default_factory=list)
    at: datetime = NOW

    def sees(self, position: Position) -> None:
        self.at += timedelta(seconds=1)
        after = told(self.row, {}, position, self.at)
        self.heard += [(event.detail_type, event.detail["id"]) for event in news(self.row, after)]
        self.row = after


def test_many_sales_below_the_point_raise_one_alert() -> None:
    watch = Watch()
    for units in (12, 11, 10, 9, 8, 5, 0):
        watch.sees(a_position(units))
    assert watch.heard == [("StockRanLow", "TEA-GREEN#LOW#1")]
    assert watch.row.low == Alert(TEA, 9, 10, NOW + timedelta(seconds=4))


def test_an_alert_ends_at_the_point_and_is_armed_again() -> None:
    watch = Watch()
    for units in (9, 10, 9, 3, 50):
        watch.sees(a_position(units))
    assert watch.heard == [
        ("StockRanLow", "TEA-GREEN#LOW#1"),
        ("StockRecovered", "TEA-GREEN#LOW#2"),
        ("StockRanLow", "TEA-GREEN#LOW#3"),
        ("StockRecovered", "TEA-GREEN#LOW#4"),
    ]
    assert watch.row.low is None


def test_units_that_are_reserved_do_not_put_an_alert_off() -> None:
    watch = Watch()
    watch.sees(a_position(20, reserved=11))
    assert watch.heard == [("StockRanLow", "TEA-GREEN#LOW#1")]


def test_all_nodes_count_together() -> None:
    assert left_to_sell(a_position(6, 4), TODAY) == 10
    assert not is_low(a_position(6, 4), TODAY)


def test_units_that_others_wait_for_are_spoken_for() -> None:
    assert left_to_sell(a_position(12, waiting=5), TODAY) == 7
    assert left_to_sell(a_position(3, waiting=5), TODAY) == 0


@pytest.mark.parametrize(
    ("shelf", "day", "blocked", "left"),
    [
        (lot("A"), "2026-11-28", False, 5),
        (lot("A"), TODAY, False, 0),
        (lot("A"), "2026-12-24", True, 0),
        (hot(3), "", False, 5),
    ],
)
def test_what_has_expired_or_is_recalled_cannot_be_sold(
    shelf: object, day: str, blocked: bool, left: int
) -> None:
    level = Level(TEA, EAST, 5, available=5, shelf=shelf, expires_on=day, blocked=blocked)  # type: ignore[arg-type]
    assert left_to_sell(Position(Selling(TEA), (level,)), TODAY) == left


def test_a_sku_without_a_reorder_point_and_a_kit_are_never_low() -> None:
    kit = Selling(TEA, components=(Component(Sku("LEAF"), 1),), reorder_point=10)
    assert not is_low(a_position(0, point=0), TODAY)
    assert not is_low(Position(kit), TODAY)


def test_a_higher_point_raises_an_alert_without_a_sale() -> None:
    watch = Watch()
    watch.sees(a_position(12, point=10))
    watch.sees(a_position(12, point=20))
    assert watch.heard == [("StockRanLow", "TEA-GREEN#LOW#1")]


def test_the_alert_is_shown_with_the_figures_it_rose_with() -> None:
    assert view_of(Alert(TEA, 9, 10, NOW)) == {
        "sku": TEA,
        "available": 9,
        "reorder_point": 10,
        "since": "2026-11-27T09:00:00.000Z",
    }
