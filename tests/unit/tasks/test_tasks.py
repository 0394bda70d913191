"""Tasks: every hold is one, with its own actions; a name leads to it or to nothing."""

from __future__ import annotations

import pytest

from oms.kernel.errors import NotFound
from oms.orders.model import HoldKind
from oms.tasks.model import ACTIONS, of_hold, parse_task_id
from oms.tasks.resolve import _ACTS
from tests.unit.orders.builders import NOW, ORDER_ID, content, order


@pytest.mark.parametrize("kind", HoldKind)
def test_every_hold_is_a_task_with_actions_that_exist(kind: HoldKind) -> None:
    held = order().with_hold(kind, "why", NOW, None, "L1")
    task = of_hold(held, content(), held.holds[0], NOW)
    names = [each["name"] for each in task["allowed_actions"]]
    assert names
    assert set(names) <= _ACTS.keys()
    assert parse_task_id(task["task_id"]).hold == held.holds[0].number


def test_no_way_to_resolve_stands_without_a_kind_that_offers_it() -> None:
    offered = {action.name for actions in ACTIONS.values() for action in actions}
    assert offered == _ACTS.keys()


@pytest.mark.parametrize(
    "text",
    ["", ".", "x", "1.1", f"{ORDER_ID}", f"{ORDER_ID}.", f"{ORDER_ID}.-1", f"{ORDER_ID}.999999",
     f"{ORDER_ID}.١", "quarantine.", "quarantine.../x", f"{ORDER_ID.lower()}.1"],
)  # fmt: skip
def test_what_is_no_task_is_not_found(text: str) -> None:
    with pytest.raises(NotFound):
        parse_task_id(text)
