"""Which nodes a merchant's rules prefer, and what they say decided."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms.kernel.errors import Invalid
from oms.kernel.ids import NodeId, Sku
from oms.platform.validation import read
from oms.routing.criteria import (
    DEFAULT_RULES,
    Criterion,
    RoutingRules,
    ShippingCost,
    Site,
    available_units,
    best_set,
    measure,
    sort_key,
    why,
)
from oms.routing.facts import Candidate
from oms.routing.rules_contracts import RulesBody

EAST, WEST, STORE, EU = (NodeId(each) for each in ("WH-EAST", "WH-WEST", "STORE-NYC", "WH-EU"))
MUG, CUP = Sku("MUG-BLUE"), Sku("CUP-RED")


@dataclass(frozen=True, slots=True)
class Spot:
    node_id: NodeId
    distance: int | None = 0
    sends: dict[Sku, int] = field(default_factory=dict)


NEAR, FAR = Spot(EAST, 307_000, {MUG: 1}), Spot(WEST, 4_157_000, {MUG: 1})
STOCK = {EAST: 3, WEST: 40}
COSTS = {EAST: ShippingCost(900, 100), WEST: ShippingCost(600)}


def rules(*criteria: str, **changed: Any) -> RoutingRules:
    return RoutingRules(tuple(map(Criterion, criteria)), **changed)


def chosen(
    able: Sequence[Spot], of: RoutingRules, target: dict[Sku, int], stock: dict[NodeId, int] = STOCK
) -> tuple[NodeId, ...] | None:
    def covers(nodes: Sequence[Spot]) -> bool:
        there = {sku: sum(node.sends.get(sku, 0) for node in nodes) for sku in target}
        return all(there[sku] >= units for sku, units in target.items())

    found = best_set(able, covers, of, stock)
    return None if found is None else tuple(node.node_id for node in found)


# --- the rule file decides ---------------------------------------------------------------

RULE_FILES = {
    '{"criteria": ["fewest_nodes", "distance"]}': EAST,
    '{"criteria": ["distance"]}': EAST,
    '{"criteria": ["stock"]}': WEST,
    '{"criteria": ["priority"], "priorities": ["WH-WEST", "WH-EAST"]}': WEST,
    '{"criteria": ["priority"], "priorities": ["WH-EAST", "WH-WEST"]}': EAST,
    '{"criteria": ["shipping_cost"], "costs": {"WH-EAST": {"base": 900, "per_100_km": 100},'
    ' "WH-WEST": {"base": 600}}}': WEST,
    '{"criteria": ["shipping_cost"], "costs": {"WH-EAST": {"base": 500, "per_100_km": 20},'
    ' "WH-WEST": {"base": 500, "per_100_km": 20}}}': EAST,
}


@pytest.mark.parametrize(("file", "node"), RULE_FILES.items())
def test_the_same_facts_under_another_rule_file_choose_another_node(file: str, node: str) -> None:
    of = read(RulesBody, file.encode()).to_domain()
    assert chosen([NEAR, FAR], of, {MUG: 1}) == (node,)


def test_today_it_is_fewest_nodes_then_distance_then_ids() -> None:
    assert read(RulesBody, b'{"criteria": ["fewest_nodes", "distance"]}').to_domain() == (
        DEFAULT_RULES
    )
    tied = [Spot(NodeId(each), 5, {MUG: 1}) for each in ("WH-B", "WH-A", "WH-C")]
    assert chosen(tied, DEFAULT_RULES, {MUG: 1}) == ("WH-A",)


# --- each criterion ----------------------------------------------------------------------


def measured(criterion: str, *nodes: Spot, **changed: Any) -> tuple[int, ...]:
    return measure(Criterion(criterion), nodes, replace(DEFAULT_RULES, **changed), STOCK)


def test_ways_add_up_and_an_unknown_one_counts_nothing() -> None:
    assert measured("distance", NEAR, FAR) == (4_464_000,)
    assert measured("distance", Spot(EAST, None)) == (0,)


@pytest.mark.parametrize(
    ("metres", "cost"),
    [(0, 500), (1, 520), (100_000, 520), (100_001, 540), (1_000_000, 700)],
)
def test_each_100_km_begun_is_paid(metres: int, cost: int) -> None:
    assert ShippingCost(500, 20).of(metres) == cost
    assert measured("shipping_cost", Spot(EAST, metres), costs={EAST: ShippingCost(500, 20)}) == (
        0,
        cost,
    )


def test_costs_of_a_set_add_up_and_an_unknown_one_is_above_any_known() -> None:
    assert measured("shipping_cost", NEAR, FAR, costs=COSTS) == (0, 900 + 400 + 600)
    known, unknown = (
        measured("shipping_cost", Spot(each), costs={EAST: ShippingCost(10**9)})
        for each in (EAST, EU)
    )
    assert known < unknown


def test_a_set_has_as_much_stock_as_its_scarcest_node() -> None:
    assert measured("stock", NEAR, FAR) == (-3,)
    assert measured("stock", FAR) < measured("stock", NEAR) < measured("stock", Spot(EU))


def test_nodes_that_the_list_leaves_out_come_after_all_it_names() -> None:
    order = {"priorities": (WEST, EAST)}
    assert measured("priority", FAR, **order) < measured("priority", NEAR, **order)
    assert measured("priority", NEAR, **order) < measured("priority", Spot(EU), **order)


@dataclass(frozen=True, slots=True)
class Offered:
    sku: Sku
    node: NodeId
    units: int


def test_available_units_are_those_of_the_wanted_skus_together() -> None:
    offers = [
        Offered(MUG, EAST, 5),
        Offered(CUP, EAST, 4),
        Offered(MUG, WEST, -1),
        Offered(Sku("PEN"), EU, 9),
    ]
    assert available_units(offers, {MUG, CUP}) == {EAST: 9, WEST: 0}


def test_a_candidate_of_routing_is_a_site() -> None:
    def ids(sites: Sequence[Site]) -> list[str]:
        return [site.node_id for site in sites]

    candidate = Candidate(EAST, 1, {MUG: 1})
    assert ids([candidate]) == [EAST]


# --- sets --------------------------------------------------------------------------------

ALONE = Spot(EU, 5_912_000, {MUG: 2, CUP: 2})
HALVES = [Spot(EAST, 307_000, {MUG: 2}), Spot(STORE, 280_000, {CUP: 2})]
BOTH = {MUG: 2, CUP: 2}


def test_when_distance_comes_first_two_near_nodes_beat_a_far_one() -> None:
    able = [*HALVES, ALONE]
    assert chosen(able, DEFAULT_RULES, BOTH) == (EU,)
    assert chosen(able, rules("distance", "fewest_nodes"), BOTH) == (EAST, STORE)


def test_a_node_that_adds_nothing_is_never_sent_along() -> None:
    of = rules("priority", priorities=(STORE, EU))
    assert chosen([*HALVES, ALONE], of, {MUG: 1}) == (EU,)


def test_without_splits_only_one_node_may_send() -> None:
    assert chosen([*HALVES, ALONE], rules("distance", splits=False), BOTH) == (EU,)
    assert chosen(HALVES, rules("distance", splits=False), BOTH) == ()
    assert chosen([], rules("distance", splits=False), BOTH) == ()


def test_too_many_sets_are_told_apart_from_none() -> None:
    stores = [Spot(NodeId(f"STORE-{each:03d}"), each, {MUG: 1}) for each in range(100)]
    assert chosen(stores, DEFAULT_RULES, {MUG: 3}) is None
    assert chosen(stores, DEFAULT_RULES, {MUG: 1}) == ("STORE-000",)
    assert chosen(stores[:2], DEFAULT_RULES, {MUG: 3}) == ()


def test_single_nodes_are_always_compared_and_kept_when_larger_sets_are_too_many() -> None:
    of = rules("distance", most_sets=1)
    assert chosen([*HALVES, ALONE], of, BOTH) == (EU,)


# --- whatever the rules ------------------------------------------------------------------

NODES = [NodeId(each) for each in ("A", "B", "C", "D", "E")]
SPOTS = st.lists(
    st.builds(
        Spot,
        st.sampled_from(NODES),
        st.integers(0, 3).map(lambda each: each * 90_000),
        st.dictionaries(st.sampled_from([MUG, CUP]), st.integers(1, 4), min_size=1),
    ),
    unique_by=lambda spot: spot.node_id,
    max_size=5,
)
AVAILABLE = st.dictionaries(st.sampled_from(NODES), st.integers(0, 3))
TARGETS = st.dictionaries(st.sampled_from([MUG, CUP]), st.integers(1, 6), min_size=1)
RULES = st.builds(
    RoutingRules,
    st.lists(st.sampled_from(Criterion), min_size=1, unique=True).map(tuple),
    st.dictionaries(
        st.sampled_from(NODES),
        st.builds(ShippingCost, st.integers(0, 3), st.integers(0, 3)),
        min_size=1,
    ),
    st.lists(st.sampled_from(NODES), min_size=1, unique=True).map(tuple),
    splits=st.booleans(),
    most_sets=st.sampled_from([1, 2_000]),
)


@given(SPOTS, TARGETS, st.randoms())
def test_the_default_chooses_as_routing_always_did(
    spots: list[Spot], target: dict[Sku, int], chance: Any
) -> None:
    able = sorted(spots, key=lambda spot: (spot.distance or 0, spot.node_id))
    old: tuple[NodeId, ...] = ()
    for size in range(1, len(able) + 1):
        fitting = [
            (sum(spot.distance or 0 for spot in nodes), [spot.node_id for spot in nodes])
            for nodes in combinations(able, size)
            if all(sum(spot.sends.get(sku, 0) for spot in nodes) >= target[sku] for sku in target)
        ]
        if fitting:
            old = tuple(min(fitting)[1])
            break
    assert chosen(able, DEFAULT_RULES, target) == old
    chance.shuffle(able)
    assert set(chosen(able, DEFAULT_RULES, target) or ()) == set(old)


@given(SPOTS, TARGETS, RULES, AVAILABLE)
def test_what_is_chosen_covers_it_with_no_node_to_spare_and_nothing_is_preferred_to_it(
    spots: list[Spot], target: dict[Sku, int], of: RoutingRules, stock: dict[NodeId, int]
) -> None:
    def covers(nodes: Sequence[Spot]) -> bool:
        return all(
            sum(spot.sends.get(sku, 0) for spot in nodes) >= units for sku, units in target.items()
        )

    found = best_set(spots, covers, of, stock)
    if not found:
        assert not any(covers([spot]) for spot in spots)
        assert found is None or not of.splits or not covers(spots)
        return
    assert covers(found) and (of.splits or len(found) == 1)
    assert not any(covers([each for each in found if each is not spot]) for spot in found)
    key = sort_key(of, stock)
    assert all(key(found) <= key([spot]) for spot in spots if covers([spot]))


@given(SPOTS, RULES, AVAILABLE)
def test_the_key_puts_any_sets_in_one_order(
    spots: list[Spot], of: RoutingRules, stock: dict[NodeId, int]
) -> None:
    key = sort_key(of, stock)
    sets = [nodes for size in (1, 2) for nodes in combinations(spots, size)]
    assert len({key(nodes) for nodes in sets}) == len(sets)
    assert all(key(nodes) == key(nodes[::-1]) for nodes in sets)


@given(SPOTS, RULES, AVAILABLE)
def test_the_reason_names_the_winner_first_whichever_way_it_is_asked(
    spots: list[Spot], of: RoutingRules, stock: dict[NodeId, int]
) -> None:
    key = sort_key(of, stock)
    for one, other in combinations(spots, 2):
        better = min([one], [other], key=key)[0]
        told = why([one], [other], of, stock)
        assert told == why([other], [one], of, stock)
        assert told.startswith(f"{better.node_id} rather than ")


# --- in words ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("of", "told"),
    [
        (DEFAULT_RULES, "WH-EAST rather than WH-WEST: distance decides, 307 km against 4,157 km"),
        (rules("stock"), "WH-WEST rather than WH-EAST: stock decides, 40 units against 3"),
        (
            rules("shipping_cost", costs=COSTS),
            "WH-WEST rather than WH-EAST: shipping_cost decides, "
            "600 minor units against 1,300 minor units",
        ),
        (
            rules("shipping_cost", costs={EAST: ShippingCost(900)}),
            "WH-EAST rather than WH-WEST: shipping_cost decides, "
            "900 minor units against a cost that is not known",
        ),
        (
            rules("priority", priorities=(EU, WEST)),
            "WH-WEST rather than WH-EAST: priority decides, place 2 against no place",
        ),
        (
            rules("fewest_nodes"),
            "WH-EAST rather than WH-WEST: equal in fewest_nodes, so node ids decide",
        ),
    ],
)
def test_one_sentence_tells_what_decided(of: RoutingRules, told: str) -> None:
    near = replace(NEAR, distance=0) if of == rules("fewest_nodes") else NEAR
    far = replace(FAR, distance=0) if of == rules("fewest_nodes") else FAR
    assert why([far], [near], of, STOCK) == told


def test_sets_are_named_whole() -> None:
    assert why([ALONE], HALVES, DEFAULT_RULES, {}) == (
        "WH-EU rather than STORE-NYC + WH-EAST: fewest_nodes decides, 1 against 2"
    )
    listed = rules("priority", priorities=(EAST, EU))
    assert why([ALONE], HALVES, listed, {}) == (
        "STORE-NYC + WH-EAST rather than WH-EU: priority decides, "
        "place 1 and no place against place 2"
    )


def test_nodes_less_than_a_kilometre_apart_are_told_in_metres() -> None:
    one, other = Spot(EAST, 280_100), Spot(WEST, 280_200)
    assert why([one], [other], DEFAULT_RULES, {}).endswith("280,100 m against 280,200 m")


def test_the_same_nodes_need_no_reason() -> None:
    assert why(HALVES, HALVES[::-1], DEFAULT_RULES, {}) == "STORE-NYC + WH-EAST: the same nodes"


# --- the rule file -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "pointer"),
    [
        ({"criteria": []}, "/criteria"),
        ({"criteria": ["distance", "distance"]}, "/criteria"),
        ({"criteria": ["speed"]}, "/criteria/0"),
        ({"criteria": ["shipping_cost"]}, "/costs"),
        ({"criteria": ["shipping_cost"], "costs": {}}, "/costs"),
        ({"criteria": ["priority"]}, "/priorities"),
        ({"priorities": ["A", "A"]}, "/priorities"),
        ({"priorities": [""]}, "/priorities/0"),
        ({"costs": {"A": {"base": -1}}}, "/costs/A/base"),
        ({"costs": {"A": {"base": 1.5}}}, "/costs/A/base"),
        ({"costs": {"A": {"base": 1, "per_100_km": "2"}}}, "/costs/A/per_100_km"),
        ({"costs": {"A": {}}}, "/costs/A/base"),
        ({"splits": "yes"}, "/splits"),
        ({"most_sets": 0}, "/most_sets"),
        ({"most_sets": 100_001}, "/most_sets"),
        ({"nearest": True}, "/nearest"),
    ],
)
def test_an_error_names_its_place_in_the_file(changed: dict[str, Any], pointer: str) -> None:
    with pytest.raises(Invalid) as refused:
        read(RulesBody, json.dumps({"criteria": ["distance"], **changed}).encode())
    assert [each.pointer for each in refused.value.errors] == [pointer]


@pytest.mark.parametrize(
    "changed",
    [
        {"criteria": ()},
        {"criteria": (Criterion.STOCK, Criterion.STOCK)},
        {"criteria": (Criterion.SHIPPING_COST,)},
        {"criteria": (Criterion.PRIORITY,)},
        {"priorities": (EAST, EAST)},
        {"most_sets": 0},
    ],
)
def test_rules_with_nothing_to_go_by_are_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        RoutingRules(**changed)


@pytest.mark.parametrize(("base", "per_100_km"), [(-1, 0), (0, -1)])
def test_a_cost_below_nothing_is_refused(base: int, per_100_km: int) -> None:
    with pytest.raises(ValueError):
        ShippingCost(base, per_100_km)


@given(RULES)
def test_a_rule_file_written_back_reads_the_same(of: RoutingRules) -> None:
    assert read(RulesBody, RulesBody.of(of).model_dump_json().encode()).to_domain() == of
