"""The transition table: sound, shown to people as it is, and obeyed whatever is asked."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oms.kernel.errors import Refused
from oms.kernel.money import Money
from oms.orders.agenda import Timers, planned
from oms.orders.content import Verdict
from oms.orders.model import (
    FINAL,
    HoldKind,
    Order,
    Screening,
    Stage,
)
from oms.orders.transitions import (
    BY_NAME,
    GUARDS,
    TABLE,
    Transition,
    markdown_table,
    may,
    moved,
    refusal,
    validate,
)
from oms.orders.view import ACTIONS, allowed_actions
from oms.payments.model import PaymentRecord, RecordKind, Settlement
from tests.unit.orders.builders import NOW, order

ROOT = Path(__file__).parents[3]
CONFIRM = BY_NAME["confirm"]


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        ((*TABLE, CONFIRM), "named twice"),
        ((*TABLE, replace(CONFIRM, name="x", guards=("no_such",))), "no guard named"),
        ((*TABLE, replace(CONFIRM, name="x", sources=())), "leads from nowhere"),
        ((*TABLE, replace(CONFIRM, name="x", sources=(Stage.CLOSED,))), "leaves a final stage"),
        (tuple(row for row in TABLE if row.target is not Stage.DELIVERED), "no way to"),
    ],
)
def test_a_table_that_contradicts_itself_is_refused(
    broken: tuple[Transition, ...], why: str
) -> None:
    with pytest.raises(ValueError, match=why):
        validate(broken)


def test_people_read_the_same_table() -> None:
    assert markdown_table() in (ROOT / "docs" / "order-life.md").read_text()


def test_every_hold_is_explained_to_people() -> None:
    page = (ROOT / "docs" / "order-life.md").read_text()
    assert [kind for kind in HoldKind if f"| `{kind}` |" not in page] == []


def test_every_action_of_the_api_is_a_row() -> None:
    assert set(ACTIONS.values()) <= BY_NAME.keys()


@pytest.mark.parametrize("name", BY_NAME)
def test_a_row_is_refused_in_every_stage_that_it_does_not_name(name: str) -> None:
    for stage in set(Stage) - set(BY_NAME[name].sources):
        asked = order(stage=stage)
        refused = refusal(asked, name)
        assert refused is not None
        assert refused.code == "wrong-stage"
        with pytest.raises(Refused):
            moved(asked, name, "ops", NOW)


def test_each_guard_can_hold_and_can_fail() -> None:
    held = order().with_hold(HoldKind.REVIEW, "odd", NOW, None)
    cleared = order(screening=Screening(60, Verdict.REVIEW, (), "kim"))
    charge = PaymentRecord(RecordKind.AUTHORIZATION, "O-1#authorize#1", Money(100, "USD"), NOW)
    charged = order(settlement=Settlement((charge,)))
    seen = {
        name: {claim(each) for each in (order(), held, cleared, charged)}
        for name, (claim, _) in GUARDS.items()
        if name not in ("nothing_with_carrier", "all_delivered")
    }
    assert all(answers == {True, False} for answers in seen.values()), seen


STEPS = st.one_of(
    st.sampled_from(sorted(BY_NAME)),
    st.sampled_from([f"+{kind}" for kind in HoldKind]),
    st.just("accept"),
)


@given(st.lists(STEPS, max_size=40))
@settings(max_examples=150, deadline=None)
def test_no_sequence_of_commands_leaves_a_final_stage_or_the_agenda(steps: list[str]) -> None:
    now = planned(None, order().noted("OrderCaptured", "api", NOW), Timers(), NOW)
    for step in steps:
        before, now = now, _after(now, step)
        if before.stage in FINAL:
            assert now.stage is before.stage
        assert now.timeline[: len(before.timeline)] == before.timeline
        assert [entry.seq for entry in now.timeline] == list(range(1, len(now.timeline) + 1))
        stored = planned(before, now, Timers(), NOW)
        assert bool(stored.worklist) is bool(stored.due_at) is (not stored.is_final)
        now = stored
        for action in ACTIONS:
            assert (action in allowed_actions(now)) is may(now, ACTIONS[action])


def _after(now: Order, step: str) -> Order:
    if step.startswith("+"):
        return now if now.is_final else now.with_hold(HoldKind(step[1:]), "x", NOW, None)
    if step == "accept":
        return replace(now, screening=Screening(0, Verdict.ACCEPT))
    try:
        return moved(now, step, "ops", NOW)
    except Refused:
        assert not may(now, step)
        return now
