"""No forged webhook is let in, and no nonsense is answered with a fault: the short part of what
`make prove` does 200,000 times."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.simulation import forgeries
from tests.workflow.world import World

every = pytest.mark.parametrize("name", forgeries.SIGNED)


@pytest.fixture(scope="module")
def oms() -> Iterator[World]:
    with forgeries.door() as made:
        yield made


@every
def test_no_forged_webhook_is_let_in(oms: World, name: str) -> None:
    heard = forgeries.forge(oms, name, seed=1, times=400)
    assert heard.total() == 400


@every
def test_nonsense_under_a_good_signature_is_no_fault_of_ours(oms: World, name: str) -> None:
    heard = forgeries.babble(oms, name, seed=1, times=40)
    assert heard.total() == 40
