"""An order may not grow dearer unnoticed: its counters stay within `benchmarks/budget.json`.

Who makes an order cheaper lowers the budget; who needs more raises it, and says why.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.life import CONFIRMED, LIFE, Run, live
from benchmarks.mix import KINDS, samples
from benchmarks.tally import per_order

BUDGET = json.loads((Path(__file__).parents[3] / "benchmarks/budget.json").read_text())


@pytest.fixture(scope="module")
def run() -> Run:
    """One order of each kind, from capture to close."""
    return live(list(samples(1)), weighed=True)


@pytest.mark.parametrize(("until", "phases"), [("confirmed", CONFIRMED), ("closed", LIFE)])
def test_an_order_stays_within_its_budget(until: str, phases: tuple[str, ...], run: Run) -> None:
    spent = per_order(run.tally(*phases).figures(), run.orders)
    over = {name: spent[name] for name, most in BUDGET[until].items() if spent[name] > most}
    assert not over, f"over budget until {until}: {over}"


def test_the_budget_is_no_more_than_what_is_spent(run: Run) -> None:
    """A budget that nobody reaches guards nothing."""
    spent: dict[str, Any] = per_order(run.tally(*LIFE).figures(), run.orders)
    slack = {name for name, most in BUDGET["closed"].items() if spent[name] < 0.8 * most - 1}
    assert not slack, f"lower the budget of {sorted(slack)}"


def test_every_kind_of_order_is_in_the_mix(run: Run) -> None:
    assert run.orders == len(KINDS)
    assert run.stored_bytes > 0
