"""The fixed, short part of what `make prove` does at length (tests/simulation/prove.py)."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from tests.simulation import day, faults_at, flash, mutants, races
from tests.simulation.dynamo.capacity import ItemLimits

SMALL = flash.Sale(buyers=400, units=40, workers=20)


@pytest.mark.parametrize("seed", range(12))
def test_the_laws_hold_after_a_random_day_with_faults(seed: int) -> None:
    played, plan = day.play(seed)
    assert sum(plan.visits.values()) > 0
    assert played.heard["hold: held"] and played.heard["order: ALLOCATED"]


@pytest.mark.parametrize(
    "sale",
    [
        SMALL,
        flash.Sale(400, 40, parts=8, workers=20),
        flash.Sale(400, 40, parts=8, workers=20, turnover=0.3),
        flash.Sale(40, 40, parts=4, workers=30),
    ],
    ids=["on one row", "spread", "a third give back", "as many units as buyers"],
)
def test_a_flash_sale_tells_yes_exactly_as_often_as_there_are_units(sale: flash.Sale) -> None:
    heard = flash.play(1, sale)
    assert heard.yes == sale.units
    assert heard.yes + heard.given_back + heard.sold_out == sale.buyers


def test_code_that_looks_first_and_writes_afterwards_oversells_in_the_same_harness() -> None:
    assert flash.naive(1, SMALL) > SMALL.units


def test_a_spread_sku_goes_faster_through_dynamodbs_limit_of_one_item() -> None:
    """A thousand write units a second for an item and for a partition: 500 reservations."""
    limits = ItemLimits(write_units_per_second=40)
    one, spread = (
        flash.play(2, flash.Sale(120, 120, parts, workers=30, limits=limits)) for parts in (1, 8)
    )
    assert one.yes == spread.yes == 120
    assert spread.seconds < one.seconds / 2


@pytest.mark.parametrize("race", races.RACES, ids=lambda race: race.name)
def test_a_race_has_one_outcome_whoever_goes_first(race: races.Race) -> None:
    assert races.explore(race, most=150).schedules >= 50


@pytest.mark.parametrize("scenario", faults_at.SCENARIOS, ids=lambda scenario: scenario.name)
def test_a_fault_at_any_call_changes_nothing_in_the_end(scenario: faults_at.Scenario) -> None:
    visits: Counter[Any] = Counter()
    alone = list(faults_at.singles(scenario))
    every = 9 if scenario is faults_at.LARGE else 4
    found = [faults_at.differs(scenario, each, visits) for each in alone[::every]]
    assert not any(found), next(filter(None, found))
    kinds = {kind for _, kind in visits}
    assert len(kinds) == len(faults_at.FaultKind)


def test_pairs_of_faults_change_nothing_either() -> None:
    scenario, visits = faults_at.SCENARIOS[0], Counter[Any]()
    some = list(faults_at.pairs(scenario))[::977]
    found = [faults_at.differs(scenario, each, visits) for each in some]
    assert len(some) > 30 and not any(found), next(filter(None, found))


@pytest.mark.parametrize("mutant", mutants.MUTANTS, ids=lambda mutant: mutant.name)
def test_a_planted_bug_is_caught(mutant: mutants.Mutant) -> None:
    assert mutants.hunt(mutant, most=25).seeds


def test_there_are_as_many_planted_bugs_as_were_asked_for() -> None:
    assert len({mutant.name for mutant in mutants.MUTANTS}) >= 15
