"""The engine does what its rules say, command by command, mishaps included."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import pytest

from oms.inventory import items, writes
from oms.inventory.selling import SellingPolicy
from oms.inventory.shelves import GENERAL, hot
from oms.kernel.ids import NodeId, Sku
from oms.platform.unit import Write
from oms.routing import route
from tests.simulation.dynamo.faults import FaultKind
from tests.simulation.machine import StockMachine, prove
from tests.simulation.machine_commands import SKUS
from tests.simulation.reference_stock import BY_NAME, EAST, WEST

marked = writes.of_posting


def test_engine_and_reference_agree_on_every_command() -> None:
    examples, steps = prove(40, 25)
    assert examples >= 40 and steps > 500


def _no_guard(*about: Any) -> writes._Guard:
    return writes._Guard("(attribute_exists(pk) OR attribute_not_exists(pk))", {})


def _no_mark(*about: Any) -> Write:
    return replace(marked(*about), condition="")


@pytest.mark.parametrize(
    ("where", "name", "planted"),
    [
        (writes, "_enough", _no_guard),
        (route, "ahead_of", lambda line, order_id, there, priority=5: 0),
        (writes, "of_posting", _no_mark),
        (SellingPolicy, "buffer", lambda self, sku, channel, node: None),
    ],
    ids=[
        "more is taken than there is",
        "newcomers jump the queue",
        "what is posted twice counts twice",
        "no buffer is kept",
    ],
)
def test_a_planted_bug_is_found(where: object, name: str, planted: Callable[..., Any]) -> None:
    with patch.object(where, name, planted), pytest.raises(AssertionError, match="should be"):
        prove(150, 30, shrinks=False)


def test_units_counted_across_a_gathering_stay_on_the_books() -> None:
    """The movements of parts that are no more were not read: a count took them for missing."""
    machine = StockMachine()
    machine.opens(buffers=(), mugs=2, cups=2, lps=1)
    machine.spread(sku="MUG", back=False)
    machine.open_count(sku="MUG", node=WEST)
    machine.spread(sku="MUG", back=True)
    machine.submit_count(off=0)
    machine.agrees()
    machine.teardown()


def test_each_place_of_the_machine_has_a_list_of_its_own() -> None:
    """Else by chance who lacks one SKU would also end holds on another."""
    places = [(Sku(sku), NodeId(node)) for sku in SKUS for node in (EAST, WEST)]
    lists = {items.list_of_place((*place, GENERAL)) for place in places}
    parts = {items.list_of_place((*place, hot(0))) for place in places}
    assert (len(lists), len(parts)) == (len(SKUS) * len(BY_NAME),) * 2


def test_opening_a_count_is_no_conflict_with_its_own_resending() -> None:
    machine = StockMachine()
    machine.opens(buffers=(), mugs=2, cups=2, lps=1)
    machine.mishap(kind=FaultKind.RESENT, writing=True, at=0)
    machine.open_count(sku="MUG", node=EAST)
    machine.teardown()
    assert len(machine.counts) == 1
