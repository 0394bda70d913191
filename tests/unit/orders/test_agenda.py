"""The agenda: every order that is not final has a next step and a time for it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from oms.orders.agenda import Timers, Worklist, planned, worklist_of
from oms.orders.model import FINAL, HoldKind, Stage
from oms.payments.model import PaymentRecord, RecordKind, Settlement
from tests.unit.orders.builders import NOW, order, usd

TIMERS = Timers()
OWED = Settlement((PaymentRecord(RecordKind.VOID, "v", usd(1), NOW),))


@pytest.mark.parametrize("stage", Stage)
def test_a_stage_has_a_worklist_exactly_when_it_is_not_final(stage: Stage) -> None:
    assert (worklist_of(order(stage=stage)) is None) is (stage in FINAL)


def test_a_hold_that_blocks_decides_and_one_that_tells_does_not() -> None:
    for kind, worklist in (
        (HoldKind.ADDRESS, Worklist.HOLD),
        (HoldKind.REVIEW, Worklist.REVIEW),
        (HoldKind.ATTENTION, Worklist.ATTENTION),
        (HoldKind.LATE, Worklist.INTAKE),
    ):
        assert worklist_of(order().with_hold(kind, "x", NOW, None)) is worklist


def test_an_ended_order_that_owes_money_waits_for_it_and_then_for_a_person() -> None:
    ended = order(stage=Stage.CANCELLED, settlement=OWED)
    assert worklist_of(ended) is Worklist.SETTLEMENT
    assert worklist_of(ended.with_hold(HoldKind.ATTENTION, "x", NOW, None)) is Worklist.ATTENTION


def test_the_due_time_stays_while_an_order_stays_on_its_list() -> None:
    first = planned(None, order(), TIMERS, NOW)
    later = NOW + timedelta(seconds=30)
    assert planned(first, first.noted("X", "a", later), TIMERS, later).due_at == first.due_at
    overdue = NOW + timedelta(hours=1)
    assert planned(first, first, TIMERS, overdue).due_at == overdue + TIMERS.stuck


def test_a_review_is_due_when_it_lapses_and_a_confirmed_order_when_its_grace_is_over() -> None:
    lapses = NOW + timedelta(hours=3)
    held = order(stage=Stage.ALLOCATED).with_hold(HoldKind.REVIEW, "x", NOW, lapses)
    assert planned(None, held, TIMERS, NOW).due_at == lapses
    soon = NOW + timedelta(minutes=1)
    confirmed = order(stage=Stage.CONFIRMED, release_at=soon)
    assert planned(None, confirmed, TIMERS, NOW).due_at == soon
