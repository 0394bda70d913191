"""From nodes to shelves: in which order, and on what terms."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from oms.inventory.model import Level, Node, NodeKind
from oms.inventory.selling import (
    NO_LIMIT,
    Buffer,
    ChannelPolicy,
    Mode,
    Pool,
    Position,
    Selling,
    SellingPolicy,
    offers,
)
from oms.inventory.shelves import GENERAL, OVERSOLD, UNTRACKED, Shelf, hot, lot, pool
from oms.kernel.address import Address
from oms.kernel.ids import LineId, NodeId, Sku
from oms.orders.model import Leg
from oms.routing.facts import Buyer, Facts, Wanted, demand_of
from oms.routing.model import decide
from oms.routing.shelve import open_shelves, shelved, terms

TODAY = "2026-11-21"
EAST, WEST, MUG = NodeId("WH-EAST"), NodeId("WH-WEST"), Sku("MUG-BLUE")
BUYER = Buyer(channel="web", on=TODAY, seed="ORDER-1")
OPEN, PLAINLY = SellingPolicy(), Selling(MUG)
DOCK = Address("Dock", ("1 Harbor Avenue",), "Newark", "NJ", "07114", "US")


def level(units: int, shelf: Shelf = GENERAL, node: NodeId = EAST, expires_on: str = "") -> Level:
    return Level(MUG, node, units, available=units, shelf=shelf, expires_on=expires_on)


def facts(
    *levels: Level,
    policy: SellingPolicy = OPEN,
    selling: Selling = PLAINLY,
    wants: int = 0,
    ships: bool = True,
) -> Facts:
    position = Position(selling, levels)
    nodes = [Node(n, NodeKind.WAREHOUSE, n, DOCK, 40.7, -74.2, ships) for n in (EAST, WEST)]
    wanted = (Wanted(LineId("1"), MUG, wants),) if wants else ()
    offered = tuple(offers(position, policy, "web", TODAY))
    return Facts(wanted, None, tuple(nodes), offered, frozenset(), {MUG: position}, policy)


def a_leg(units: int, line: str = "1", node: NodeId = EAST, shelf: Shelf = GENERAL) -> Leg:
    return Leg(LineId(line), MUG, node, units, shelf)


def taken(case: Facts, *legs: Leg, buyer: Buyer = BUYER) -> list[tuple[str, int]]:
    return [(leg.shelf, leg.quantity) for leg in shelved(legs, case, buyer)]


# --- which shelf first -------------------------------------------------------------------------


def test_the_channel_s_own_pool_goes_first_and_the_general_shelf_last() -> None:
    case = facts(
        level(9),
        level(1, hot(0)),
        level(1, lot("2027-A"), expires_on="2027-06-30"),
        level(1, pool("VIP")),
        policy=SellingPolicy(pools=(Pool("VIP", ("web",)),)),
    )
    assert taken(case, a_leg(5)) == [("POOL#VIP", 1), ("LOT#2027-A", 1), ("HOT#0", 1), ("", 2)]


def test_the_lot_that_expires_first_goes_first_and_one_without_a_day_last() -> None:
    case = facts(
        level(1, lot("A")),
        level(1, lot("B"), expires_on="2027-03-01"),
        level(1, lot("C"), expires_on="2026-12-01"),
    )
    assert taken(case, a_leg(3)) == [("LOT#C", 1), ("LOT#B", 1), ("LOT#A", 1)]


def test_a_lot_must_keep_beyond_the_day_the_buyer_asks_for() -> None:
    case = facts(
        level(1, lot("SOON"), expires_on="2026-12-01"),
        level(1, lot("JUST"), expires_on="2026-12-02"),
    )
    fresh = replace(BUYER, fresh_until="2026-12-01")
    assert [each.shelf for each in open_shelves(MUG, EAST, case, fresh)] == ["LOT#JUST"]


def test_buyers_of_a_spread_sku_begin_at_different_parts_and_each_at_its_own() -> None:
    case = facts(*(level(5, hot(number)) for number in range(8)))
    first: Counter[str] = Counter()
    for number in range(400):
        buyer = replace(BUYER, seed=f"ORDER-{number}")
        ((shelf, _),) = taken(case, a_leg(1), buyer=buyer)
        first[shelf] += 1
        assert taken(case, a_leg(1), buyer=buyer) == [(shelf, 1)]
    assert set(first) == {f"HOT#{number}" for number in range(8)}
    assert max(first.values()) < 2 * 400 / 8


def test_a_buyer_of_more_than_one_part_has_goes_on_at_the_next() -> None:
    case = facts(*(level(2, hot(number)) for number in range(4)))
    assert sum(units for _, units in taken(case, a_leg(7))) == 7


def test_two_lines_of_one_sku_do_not_get_the_same_units() -> None:
    case = facts(level(2, lot("A")), level(9))
    assert taken(case, a_leg(2, "1"), a_leg(2, "2")) == [("LOT#A", 2), ("", 2)]


def test_a_pool_of_another_channel_is_not_touched() -> None:
    case = facts(
        level(5, pool("VIP")), level(5), policy=SellingPolicy(pools=(Pool("VIP", ("vip",)),))
    )
    assert taken(case, a_leg(5)) == [("", 5)]


# --- on what terms -----------------------------------------------------------------------------


def test_without_a_buffer_nothing_has_to_stay() -> None:
    case = facts(level(5))
    assert terms([a_leg(5)], case, BUYER).keep == {}


def test_a_buffer_is_asked_of_a_shelf_less_what_others_keep() -> None:
    case = facts(level(4), level(3, lot("A")), policy=SellingPolicy(buffers=(Buffer(3),)))
    legs = [a_leg(3, shelf=lot("A")), a_leg(1)]
    assert terms(legs, case, BUYER).keep == {
        (MUG, EAST, lot("A")): 0,  # the general shelf keeps three
        (MUG, EAST, GENERAL): 3,  # and must, for the lot is empty
    }


SHELVES = st.lists(
    st.builds(
        level,
        st.integers(0, 8),
        st.sampled_from([GENERAL, lot("A"), lot("B"), hot(0), hot(1), pool("VIP"), pool("OTHER")]),
        st.sampled_from([EAST, WEST]),
    ),
    min_size=1,
    unique_by=lambda each: each.place,
)
RULES = st.lists(
    st.builds(Buffer, st.integers(0, 9), node=st.sampled_from(["", EAST, WEST])), max_size=3
)


@given(SHELVES, RULES, st.integers(1, 40), st.integers(0, 9))
def test_what_a_plan_takes_leaves_the_buffer_on_the_open_shelves_and_its_terms_hold(
    levels: list[Level], buffers: list[Buffer], wants: int, seed: int
) -> None:
    policy = SellingPolicy(buffers=tuple(buffers), pools=(Pool("VIP", ("web",)),))
    case, buyer = facts(*levels, policy=policy, wants=wants), replace(BUYER, seed=str(seed))
    plan = decide(case, buyer=buyer)
    away: Counter[tuple[Sku, NodeId, Shelf]] = Counter()
    for leg in plan.legs:
        away[leg.sku, leg.node, leg.shelf] += leg.quantity
    for each in levels:
        # The conditions of the write hold on the very figures that were planned on.
        if away[each.place]:
            assert each.available - away[each.place] >= plan.terms.keep.get(each.place, 0)
    for offer in case.offers:
        open_levels = open_shelves(MUG, offer.node, case, buyer)
        left = sum(each.available - away[each.place] for each in open_levels)
        before = sum(each.available for each in open_levels)
        assert left >= min(offer.kept, before)


@given(SHELVES, st.integers(1, 9), st.integers(1, 40), st.data())
def test_the_buffer_stays_even_when_rivals_took_what_the_terms_allow(
    levels: list[Level], buffer: int, wants: int, data: st.DataObject
) -> None:
    """The level was drained meanwhile: whoever meets its own condition leaves the buffer."""
    general = [replace(each, shelf=GENERAL) for each in levels if each.shelf == GENERAL]
    policy = SellingPolicy(buffers=(Buffer(buffer, node=EAST), Buffer(buffer, node=WEST)))
    case = facts(*general, policy=policy, wants=wants)
    plan = decide(case, buyer=BUYER)
    units = Counter({each.place: each.available for each in general})
    for place in units:
        units[place] -= data.draw(st.integers(0, units[place]))
    for leg in plan.legs:
        place = leg.sku, leg.node, leg.shelf
        if units[place] >= leg.quantity + plan.terms.keep[place]:
            assert units[place] - leg.quantity >= buffer


# --- promises beyond stock ---------------------------------------------------------------------

LIMITED = Selling(MUG, oversell=3)


def promised(case: Facts) -> tuple[list[tuple[str, str, int]], int]:
    plan = decide(case, buyer=BUYER)
    legs = [(leg.node, leg.shelf, leg.quantity) for leg in plan.legs]
    return legs, sum(each.quantity for each in plan.shortages)


def test_what_is_short_is_promised_beyond_stock_up_to_the_limit_and_no_further() -> None:
    case = facts(level(2), selling=LIMITED, wants=9)
    assert promised(case) == ([(EAST, "", 2), (EAST, "OVERSOLD", 3)], 4)
    assert decide(case, buyer=BUYER).terms.oversell == {MUG: 3}


def test_what_stands_promised_already_counts_towards_the_limit() -> None:
    standing = replace(level(0), reserved=2, oversold=2)
    assert promised(facts(standing, selling=LIMITED, wants=9)) == ([(EAST, "OVERSOLD", 1)], 8)


def test_two_lines_share_the_limit() -> None:
    case = facts(level(0), selling=LIMITED)
    lines = (Wanted(LineId("1"), MUG, 2), Wanted(LineId("2"), MUG, 2))
    plan = decide(replace(case, wanted=lines), buyer=BUYER)
    assert [(leg.line_id, leg.quantity) for leg in plan.legs] == [("1", 2), ("2", 1)]
    assert demand_of(Wanted(s.line_id, s.sku, s.quantity) for s in plan.shortages) == {MUG: 1}


def test_a_channel_that_only_tracks_is_never_refused() -> None:
    policy = SellingPolicy((ChannelPolicy("web", Mode.TRACK_ONLY),))
    case = facts(level(2), policy=policy, wants=1_000)
    assert promised(case) == ([(EAST, "", 2), (EAST, "OVERSOLD", 998)], 0)
    assert decide(case, buyer=BUYER).terms.oversell == {MUG: NO_LIMIT}


def test_a_channel_for_which_nobody_counts_takes_nothing_and_lacks_nothing() -> None:
    policy = SellingPolicy((ChannelPolicy("web", Mode.NONE),))
    assert promised(facts(level(2), policy=policy, wants=9)) == ([(EAST, UNTRACKED, 9)], 0)


def test_where_no_node_ships_nothing_is_promised() -> None:
    for mode in (Mode.NONE, Mode.TRACK_ONLY):
        policy = SellingPolicy((ChannelPolicy("web", mode),))
        assert promised(facts(level(2), policy=policy, wants=9, ships=False)) == ([], 9)
    assert promised(facts(level(0), selling=LIMITED, wants=9, ships=False)) == ([], 9)


def test_oversold_legs_say_so() -> None:
    plan = decide(facts(selling=LIMITED, wants=1), buyer=BUYER)
    assert [leg.shelf for leg in plan.legs] == [OVERSOLD]
