"""Notices: raised once for a key, and done when acknowledged or when their cause is gone."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from oms.kernel.clock import SettableClock
from oms.kernel.errors import NotFound
from oms.tasks.model import of_notice, parse_task_id
from oms.tasks.notices import NoticeKind
from oms.tasks.notices_store import DynamoNotices
from tests.component.moto_tables import tables

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
SOURCE = Path(__file__).parents[3] / "layers/oms/python/oms"
GAP = ("gap#shopify#demo", "CHANNEL_GAP", "an order was missing", {"channel": "shopify"})


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock(NOW)


@pytest.fixture
def notices(clock: SettableClock) -> Iterator[DynamoNotices]:
    with tables() as made:
        yield DynamoNotices(made.dynamo, made.channels, clock)


def test_raised_twice_it_is_the_one_that_it_was(
    notices: DynamoNotices, clock: SettableClock
) -> None:
    assert notices.raise_notice(*GAP)
    clock.advance(timedelta(hours=1))
    assert not notices.raise_notice(*GAP)
    (notice,) = notices.listed(10)
    assert (notice.since, notice.reason) == (NOW, "an order was missing")


def test_acknowledged_it_is_off_the_list_and_may_be_raised_anew(notices: DynamoNotices) -> None:
    notices.raise_notice(*GAP)
    (notice,) = notices.listed(10)
    assert notices.acknowledge(notice.notice_id, "ops") == notice
    assert notices.listed(10) == []
    with pytest.raises(NotFound):
        notices.acknowledge(notice.notice_id, "ops")
    assert notices.raise_notice(*GAP)


def test_when_its_cause_is_gone_it_is_settled(notices: DynamoNotices) -> None:
    notices.raise_notice(*GAP)
    assert notices.settle(GAP[0], "ops")
    assert not notices.settle(GAP[0], "ops")


def test_it_is_a_task_with_one_action(notices: DynamoNotices) -> None:
    notices.raise_notice(*GAP)
    (notice,) = notices.listed(10)
    task = of_notice(notice, NOW + timedelta(minutes=5))
    assert parse_task_id(task["task_id"]).notice == notice.notice_id
    assert (task["kind"], task["channel"], task["age_seconds"]) == ("CHANNEL_GAP", "shopify", 300)
    assert [each["name"] for each in task["allowed_actions"]] == ["acknowledge"]


def test_every_kind_that_is_raised_is_known() -> None:
    calls = (
        node
        for path in SOURCE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(".raise_notice")
    )
    kinds = {call.args[1].value for call in calls if isinstance(call.args[1], ast.Constant)}
    assert kinds <= set(NoticeKind)
