"""Which nodes send an order, and whether the reasons given are the true ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import combinations
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oms.inventory.model import Level, Node, NodeKind
from oms.inventory.selling import Offer, Position, Selling, SellingPolicy
from oms.kernel.address import Address
from oms.kernel.ids import LineId, NodeId, Sku
from oms.routing.criteria import DEFAULT_RULES, RoutingRules
from oms.routing.facts import Buyer, Facts, Wanted
from oms.routing.model import decide
from oms.routing.route import route

MUG, CUP = Sku("MUG-BLUE"), Sku("CUP-RED")
PLACES = {
    "WH-EAST": (40.7, -74.2),
    "WH-WEST": (34.0, -118.2),
    "WH-EU": (50.1, 8.7),
    "STORE-NYC": (40.8, -73.9),
    "3PL-DALLAS": (32.8, -96.8),
}


def to(country: str, postal_code: str, region: str = "") -> Address:
    return Address("Ada", ("1 Main Street",), "Town", region, postal_code, country)


SEATTLE, BOSTON, BERLIN = to("US", "98101"), to("US", "02108"), to("DE", "10115")


def a_node(node_id: str, *, ships: bool = True) -> Node:
    latitude, longitude = PLACES.get(node_id, (40.7, -74.2))
    kind, address = NodeKind.WAREHOUSE, to("US", "07114")
    return Node(NodeId(node_id), kind, node_id, address, latitude, longitude, ships)


def facts(
    stock: Mapping[Any, Mapping[Any, int]],
    wants: Mapping[Any, int],
    destination: Address | None = BOSTON,
    avoid: tuple[str, ...] = (),
) -> Facts:
    lines = enumerate(wants.items(), 1)
    return Facts(
        tuple(Wanted(LineId(str(number)), Sku(sku), n) for number, (sku, n) in lines),
        destination,
        tuple(a_node(node) for node in stock),
        tuple(
            Offer(Sku(sku), NodeId(node), n)
            for node, units in stock.items()
            for sku, n in units.items()
        ),
        frozenset(map(NodeId, avoid)),
        {Sku(sku): position(sku, stock) for sku in {*wants, *_named(stock)}},
    )


def _named(stock: Mapping[Any, Mapping[Any, int]]) -> list[Any]:
    return [sku for units in stock.values() for sku in units]


def position(sku: Any, stock: Mapping[Any, Mapping[Any, int]]) -> Position:
    """All of it on the general shelves."""
    levels = (
        Level(Sku(sku), NodeId(node), units[sku], available=units[sku])
        for node, units in stock.items()
        if sku in units
    )
    return Position(Selling(Sku(sku)), tuple(levels))


def sent(case: Facts, policy: RoutingRules = DEFAULT_RULES) -> list[tuple[str, str, int]]:
    return [(leg.node, leg.sku, leg.quantity) for leg in decide(case, policy).legs]


EVERYWHERE = {node: {MUG: 10, CUP: 10} for node in PLACES}


@pytest.mark.parametrize(
    ("destination", "nearest"),
    [
        (SEATTLE, "WH-WEST"),
        (BOSTON, "STORE-NYC"),
        (BERLIN, "WH-EU"),
        (to("US", "73301"), "3PL-DALLAS"),
        (to("FR", "75001"), "WH-EU"),
        (to("MX", "06000"), "3PL-DALLAS"),
    ],
)
def test_with_equal_stock_the_nearest_node_sends(destination: Address, nearest: str) -> None:
    assert sent(facts(EVERYWHERE, {MUG: 2}, destination)) == [(nearest, MUG, 2)]


def test_a_node_that_can_send_everything_beats_nearer_ones_that_cannot() -> None:
    stock = {"STORE-NYC": {MUG: 1}, "WH-EAST": {CUP: 1}, "WH-WEST": {MUG: 1, CUP: 1}}
    assert sent(facts(stock, {MUG: 1, CUP: 1})) == [("WH-WEST", MUG, 1), ("WH-WEST", CUP, 1)]


def test_ten_units_from_five_and_five() -> None:
    stock = {"WH-EAST": {MUG: 5}, "WH-WEST": {MUG: 5}}
    plan = decide(facts(stock, {MUG: 10}))
    assert [(leg.node, leg.quantity) for leg in plan.legs] == [("WH-EAST", 5), ("WH-WEST", 5)]
    assert plan.is_complete and plan.nodes == ("WH-EAST", "WH-WEST")


def test_a_split_uses_as_few_nodes_as_possible_though_farther_ones() -> None:
    stock = {"STORE-NYC": {MUG: 2}, "WH-EAST": {MUG: 3}, "WH-WEST": {MUG: 4}, "WH-EU": {MUG: 2}}
    assert {node for node, _, _ in sent(facts(stock, {MUG: 7}))} == {"WH-EAST", "WH-WEST"}


def test_of_two_equal_splits_the_shorter_way_wins_though_it_leaves_out_the_nearest() -> None:
    halves = {"WH-EAST": {MUG: 1, CUP: 1}, "3PL-DALLAS": {MUG: 1, CUP: 1}}
    stock = {"STORE-NYC": {MUG: 2}, "WH-EU": {CUP: 2}, **halves}
    assert decide(facts(stock, {MUG: 2, CUP: 2})).nodes == ("3PL-DALLAS", "WH-EAST")


def test_an_order_that_may_not_be_split_waits_for_one_node() -> None:
    stock = {"WH-EAST": {MUG: 5}, "WH-WEST": {MUG: 5}}
    whole = RoutingRules(splits=False)
    assert sent(facts(stock, {MUG: 5}), whole) == [("WH-EAST", MUG, 5)]
    plan = decide(facts(stock, {MUG: 10}), whole)
    assert plan.legs == () and plan.shortages[0].quantity == 10


def test_what_no_node_has_is_part_of_the_result() -> None:
    plan = decide(facts({"WH-EAST": {MUG: 2}}, {MUG: 5, CUP: 1}))
    assert [(leg.sku, leg.quantity) for leg in plan.legs] == [(MUG, 2)]
    assert [(each.line_id, each.sku, each.quantity) for each in plan.shortages] == [
        ("1", MUG, 3),
        ("2", CUP, 1),
    ]
    assert "short of 3 of 5 MUG-BLUE" in plan.reasons


def test_nodes_that_turned_it_down_or_send_no_parcels_are_left_out() -> None:
    case = facts(EVERYWHERE, {MUG: 1}, avoid=("STORE-NYC",))
    silent = tuple(replace(node, ships=node.node_id != "WH-EAST") for node in case.nodes)
    plan = decide(replace(case, nodes=silent))
    assert plan.nodes == ("3PL-DALLAS",)
    assert "not STORE-NYC (280 km): it turned this order down" in plan.reasons
    assert any("WH-EAST" in reason and "sends no parcels" in reason for reason in plan.reasons)


def test_equally_near_nodes_are_told_apart_by_their_ids() -> None:
    stock = {node: {MUG: 5} for node in ("WH-B", "WH-A", "WH-C")}
    assert sent(facts(stock, {MUG: 1})) == [("WH-A", MUG, 1)]


@pytest.mark.parametrize("destination", [None, to("XX", "1")])
def test_an_unknown_destination_still_gets_a_plan(destination: Address | None) -> None:
    plan = decide(facts(EVERYWHERE, {MUG: 1}, destination))
    assert plan.nodes == ("3PL-DALLAS",)
    assert "where it goes is unknown: node ids decide instead of distances" in plan.reasons


def test_the_reasons_name_the_choice_and_what_spoke_against_the_others() -> None:
    stock = {"WH-EAST": {MUG: 2, CUP: 1}, "STORE-NYC": {MUG: 1}, "WH-EU": {}, "WH-WEST": {MUG: 9}}
    stock["WH-WEST"][CUP] = 9
    assert decide(facts(stock, {MUG: 2, CUP: 1})).reasons == (
        "WH-EAST (307 km) is the nearest that can send everything",
        "not STORE-NYC (280 km): it can send only 1 of 2 MUG-BLUE",
        "not WH-WEST (4,157 km): it could, and is not nearer",
        "not WH-EU (5,912 km): it has none of it",
    )


def test_a_long_list_of_nodes_does_not_make_a_long_explanation() -> None:
    stock = {f"STORE-{number:03d}": {MUG: 1} for number in range(60)}
    assert len(decide(facts(stock, {MUG: 3})).reasons) <= 15


def test_many_stores_with_one_unit_each_are_planned_in_good_time() -> None:
    stock = {f"STORE-{number:03d}": {MUG: 1} for number in range(300)}
    plan = decide(facts(stock, {MUG: 40}))
    assert plan.is_complete and len(plan.nodes) == 40


def test_the_nearest_whole_node_is_found_among_thousands() -> None:
    stock = {f"STORE-{number:04d}": {MUG: 1} for number in range(2_500)}
    stock["WH-WEST"] = {MUG: 5}
    assert decide(facts(stock, {MUG: 5})).nodes == ("WH-WEST",)


# --- whatever the stock ------------------------------------------------------------------

NODE_IDS, SKUS = list(PLACES), ["A", "B", "C"]
STOCK = st.dictionaries(
    st.sampled_from(NODE_IDS), st.dictionaries(st.sampled_from(SKUS), st.integers(-2, 6))
)
LINES = st.lists(st.tuples(st.sampled_from(SKUS), st.integers(1, 6)), max_size=4)
CASES = st.builds(
    lambda stock, lines, destination, avoid: replace(
        facts(stock, {}, destination, avoid),
        wanted=tuple(Wanted(LineId(str(i)), Sku(sku), n) for i, (sku, n) in enumerate(lines)),
        positions={Sku(sku): position(sku, stock) for sku in SKUS},
    ),
    STOCK,
    LINES,
    st.sampled_from([SEATTLE, BOSTON, BERLIN, None]),
    st.lists(st.sampled_from(NODE_IDS), max_size=2).map(tuple),
)
POLICIES = st.sampled_from([RoutingRules(), RoutingRules(splits=False), RoutingRules(most_sets=1)])


@given(CASES, POLICIES)
def test_a_plan_never_takes_more_than_is_there_and_accounts_for_every_unit(
    case: Facts, policy: RoutingRules
) -> None:
    plan = decide(case, policy)
    available = {(offer.sku, offer.node): offer.units for offer in case.offers}
    for (sku, node), units in _sums([((x.sku, x.node), x.quantity) for x in plan.legs]).items():
        assert 0 < units <= available[sku, node] and node not in case.avoid
    parts = [(leg.line_id, leg.quantity) for leg in plan.legs]
    parts += [(short.line_id, short.quantity) for short in plan.shortages]
    assert all(quantity > 0 for _, quantity in parts)
    assert _sums(parts) == {line.line_id: line.quantity for line in case.wanted}


@given(CASES, POLICIES, st.integers())
def test_the_order_in_which_facts_are_listed_does_not_matter(
    case: Facts, policy: RoutingRules, seed: int
) -> None:
    shuffled = replace(
        case,
        wanted=_shuffled(case.wanted, seed),
        nodes=_shuffled(case.nodes, seed),
        offers=_shuffled(case.offers, seed),
        positions=dict(_shuffled(tuple(case.positions.items()), seed)),
    )
    assert decide(shuffled, policy) == decide(case, policy)


@settings(max_examples=200)
@given(CASES)
def test_no_smaller_set_of_nodes_could_have_sent_as_much(case: Facts) -> None:
    plan = decide(case)
    usable = [n.node_id for n in case.nodes if n.node_id not in case.avoid]

    def sendable(nodes: tuple[NodeId, ...]) -> int:
        total = 0
        for sku in SKUS:
            want = sum(line.quantity for line in case.wanted if line.sku == sku)
            here = [x for x in case.offers if x.sku == sku and x.node in nodes]
            total += min(want, sum(max(offer.units, 0) for offer in here))
        return total

    planned = sum(leg.quantity for leg in plan.legs)
    assert planned == sendable(tuple(usable))
    for size in range(len(plan.nodes)):
        assert all(sendable(nodes) < planned for nodes in combinations(usable, size))


@given(CASES)
def test_nothing_is_short_while_a_node_still_has_it(case: Facts) -> None:
    plan = decide(case, RoutingRules(most_sets=1))
    taken = _sums([((leg.sku, leg.node), leg.quantity) for leg in plan.legs])
    for offer in case.offers:
        left = offer.units - taken.get((offer.sku, offer.node), 0)
        if left > 0 and offer.node not in case.avoid:
            assert offer.sku not in {each.sku for each in plan.shortages}


def _sums(parts: Iterable[tuple[Any, int]]) -> dict[Any, int]:
    sums: dict[Any, int] = {}
    for name, units in parts:
        sums[name] = sums.get(name, 0) + units
    return sums


def _shuffled(values: tuple[Any, ...], seed: int) -> tuple[Any, ...]:
    return tuple(Random(seed).sample(values, len(values)))


# --- with stock to look at ---------------------------------------------------------------


class Shelves:
    """The part of the books that routing reads: nine of everything at two nodes."""

    def nodes(self) -> list[Node]:
        return [a_node("WH-EAST"), a_node("WH-WEST")]

    def policy(self) -> SellingPolicy:
        return SellingPolicy()

    def positions(self, skus: set[Sku], nodes: list[NodeId]) -> dict[Sku, Position]:
        return {sku: position(sku, {node: {sku: 9} for node in nodes}) for sku in skus}


def test_a_plan_is_made_of_what_the_books_say() -> None:
    books: Any = Shelves()
    lines = [Wanted(LineId("1"), MUG, 2)]
    plan = route(lines, Buyer(destination=SEATTLE), stock=books)
    assert [(leg.line_id, leg.node) for leg in plan.legs] == [("1", "WH-WEST")]
    elsewhere = Buyer(destination=SEATTLE, avoid=frozenset({NodeId("WH-WEST")}))
    assert route(lines, elsewhere, stock=books).nodes == ("WH-EAST",)
