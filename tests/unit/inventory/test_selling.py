"""What a channel may buy: buffers and which of them holds, pools, lots, and the one formula."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms.inventory.model import Level
from oms.inventory.selling import (
    Buffer,
    ChannelPolicy,
    Mode,
    Pool,
    Position,
    Selling,
    SellingPolicy,
    kits_sellable,
    offers,
    sellable,
)
from oms.inventory.shelves import GENERAL, Shelf, hot, lot, pool
from oms.kernel.ids import NodeId, Sku

TODAY = "2026-11-21"
EAST, WEST, STORE = NodeId("WH-EAST"), NodeId("WH-WEST"), NodeId("STORE-NYC")
MUG = Sku("MUG-BLUE")


def level(units: int, node: NodeId = EAST, shelf: Shelf = GENERAL, safety: int = 0) -> Level:
    return Level(MUG, node, units, safety=safety, available=units - safety, shelf=shelf)


def at(*levels: Level, waiting: int = 0) -> Position:
    return Position(Selling(MUG, waiting=waiting), levels)


def by_node(position: Position, policy: SellingPolicy, channel: str = "web") -> dict[str, int]:
    return {each.node: each.units for each in offers(position, policy, channel, TODAY)}


def buffered(*buffers: Buffer) -> SellingPolicy:
    return SellingPolicy(buffers=buffers)


# --- which buffer holds --------------------------------------------------------------------

EVERY_RULE = [
    Buffer(8, MUG, "web", EAST),
    Buffer(7, MUG, "web"),
    Buffer(6, MUG, node=EAST),
    Buffer(5, MUG),
    Buffer(4, channel="web", node=EAST),
    Buffer(3, channel="web"),
    Buffer(2, node=EAST),
    Buffer(1),
]


@given(st.permutations(EVERY_RULE), st.integers(0, 7))
def test_sku_beats_channel_beats_node_in_whatever_order_they_are_written(
    written: list[Buffer], best: int
) -> None:
    left = [each for each in written if each in EVERY_RULE[best:]]
    assert buffered(*left).buffer(MUG, "web", EAST) == EVERY_RULE[best]


def test_of_equals_the_one_written_last_holds() -> None:
    policy = buffered(Buffer(9, channel="web"), Buffer(2, channel="web"), Buffer(5))
    assert policy.buffer(MUG, "web", EAST) == Buffer(2, channel="web")


@pytest.mark.parametrize(
    "other", [Buffer(9, "CUP-RED"), Buffer(9, channel="shopify"), Buffer(9, node="WH-WEST")]
)
def test_a_rule_for_something_else_does_not_hold(other: Buffer) -> None:
    assert buffered(other).buffer(MUG, "web", EAST) is None
    assert by_node(at(level(10)), buffered(other)) == {EAST: 10}


def test_an_offer_names_the_rule_that_decided() -> None:
    policy = buffered(Buffer(1), Buffer(3, MUG, "web"))
    (offer,) = offers(at(level(10)), policy, "web", TODAY)
    assert (offer.units, offer.kept) == (7, 3)
    assert offer.rule == "3 kept back for SKU MUG-BLUE and channel web"


# --- how much it keeps back ----------------------------------------------------------------


@pytest.mark.parametrize(("buffer", "left"), [(0, 8), (1, 8), (2, 8), (5, 5), (10, 0), (99, 0)])
def test_safety_stock_counts_towards_a_buffer_and_is_never_sold(buffer: int, left: int) -> None:
    assert by_node(at(level(10, safety=2)), buffered(Buffer(buffer, node=EAST))) == {EAST: left}
    assert by_node(at(level(10, safety=2)), buffered(Buffer(buffer))) == {EAST: left}


def test_a_buffer_of_a_node_is_kept_back_there_only() -> None:
    position = at(level(5), level(5, WEST))
    assert by_node(position, buffered(Buffer(2, node=EAST))) == {EAST: 3, WEST: 5}


def test_a_buffer_of_the_network_is_kept_back_once_and_where_most_is() -> None:
    position = at(level(3), level(10, WEST), level(2, STORE))
    assert by_node(position, buffered(Buffer(4))) == {EAST: 3, STORE: 2, WEST: 6}


def test_a_buffer_of_the_network_goes_on_at_the_next_node_when_the_first_has_too_little() -> None:
    position = at(level(3), level(4, WEST), level(2, STORE))
    assert by_node(position, buffered(Buffer(5))) == {EAST: 2, STORE: 2, WEST: 0}


def test_safety_stock_anywhere_counts_towards_a_buffer_of_the_network() -> None:
    position = at(level(5, safety=2), level(10, WEST, safety=1))
    assert by_node(position, buffered(Buffer(4))) == {EAST: 3, WEST: 8}


def test_a_node_with_a_rule_of_its_own_takes_no_part_in_that_of_the_network() -> None:
    position = at(level(10), level(4, WEST))
    policy = buffered(Buffer(3), Buffer(1, node=EAST))
    assert by_node(position, policy) == {EAST: 9, WEST: 1}


LEVELS = st.lists(
    st.builds(
        lambda units, safety, node, shelf: Level(
            MUG, node, units + safety, safety=safety, available=units, shelf=shelf
        ),
        st.integers(0, 9),
        st.integers(0, 4),
        st.sampled_from([EAST, WEST, STORE]),
        st.sampled_from([GENERAL, pool("VIP"), pool("SHOP"), lot("2027-A"), hot(0)]),
    ),
    max_size=8,
    unique_by=lambda each: each.place,
)
BUFFERS = st.builds(
    Buffer,
    st.integers(0, 12),
    st.sampled_from(["", MUG]),
    st.sampled_from(["", "web"]),
    st.sampled_from(["", EAST, WEST]),
)


@given(LEVELS, st.lists(BUFFERS, max_size=4))
def test_what_is_offered_and_what_is_kept_is_never_more_than_what_is_there(
    levels: list[Level], buffers: list[Buffer]
) -> None:
    policy = SellingPolicy(buffers=tuple(buffers), pools=(Pool("VIP", ("web",)),))
    for offer in offers(at(*levels), policy, "web", TODAY):
        there = sum(
            each.available
            for each in levels
            if each.node == offer.node and policy.may_take(each, "web", TODAY)
        )
        assert offer.units == max(0, there - offer.kept)


@given(LEVELS, st.integers(0, 12))
def test_a_buffer_of_the_network_leaves_that_many_or_everything(
    levels: list[Level], units: int
) -> None:
    open_shelves = [each for each in levels if not each.shelf.startswith("POOL#")]
    there = sum(each.available for each in open_shelves)
    safety = sum(each.safety for each in levels)
    buffer = max(0, units - safety)
    assert sellable(at(*levels), buffered(Buffer(units)), "web", TODAY) == max(0, there - buffer)


# --- pools and lots ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("channel", "release_on", "units"),
    [
        ("vip", "", 8),
        ("web", "", 5),
        ("web", "2026-11-22", 5),
        ("web", "2026-11-21", 8),
        ("web", "2026-11-20", 8),
    ],
)
def test_a_pool_is_for_its_channels_until_its_release_date(
    channel: str, release_on: str, units: int
) -> None:
    position = at(level(5), level(3, shelf=pool("VIP")))
    policy = SellingPolicy(pools=(Pool("VIP", ("vip",), release_on),))
    assert by_node(position, policy, channel) == {EAST: units}


def test_a_pool_that_no_rule_speaks_of_is_for_nobody() -> None:
    assert by_node(at(level(3, shelf=pool("LOST"))), SellingPolicy(), "vip") == {EAST: 0}


def test_a_lot_is_offered_until_the_day_before_it_expires_and_not_when_recalled() -> None:
    lots = {
        "today": replace(level(1, shelf=lot("A")), expires_on=TODAY),
        "tomorrow": replace(level(2, shelf=lot("B")), expires_on="2026-11-22"),
        "never": level(4, shelf=lot("C")),
        "recalled": replace(level(8, shelf=lot("D")), blocked=True),
    }
    assert by_node(at(*lots.values()), SellingPolicy()) == {EAST: 6}


# --- the number that a shop shows ------------------------------------------------------------


def test_units_that_the_line_needs_are_not_sellable_to_anybody_new() -> None:
    position = at(level(5), level(4, WEST), waiting=6)
    assert sellable(position, SellingPolicy(), "web", TODAY) == 3
    assert sellable(position, SellingPolicy(), "web", TODAY, waiting=2) == 7
    assert (
        sellable(replace(position, selling=Selling(MUG, waiting=99)), SellingPolicy(), "web", TODAY)
        == 0
    )


def test_a_kit_can_be_sold_as_often_as_its_scarcest_part_allows() -> None:
    assert kits_sellable([(10, 2), (9, 3), (4, 1)]) == 3
    assert kits_sellable([(1, 2), (99, 1)]) == 0
    assert kits_sellable([]) == 0


# --- channels --------------------------------------------------------------------------------


def test_a_channel_has_its_own_policy_else_that_of_all_else_the_defaults() -> None:
    web, anybody = ChannelPolicy("web", Mode.ON_ORDER), ChannelPolicy("*", Mode.TRACK_ONLY)
    policy = SellingPolicy((web, anybody))
    assert (policy.channel("web"), policy.channel("pos")) == (web, anybody)
    assert SellingPolicy((web,)).channel("pos") == ChannelPolicy()


@pytest.mark.parametrize(("asked", "seconds"), [(None, 900), (60, 60), (99_999, 3_600)])
def test_a_hold_lasts_as_asked_up_to_the_most(asked: int | None, seconds: int) -> None:
    assert ChannelPolicy().life(asked) == timedelta(seconds=seconds)
