from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.workflow.world import World, world


@pytest.fixture
def oms() -> Iterator[World]:
    with world() as made:
        made.stock_up("MUG-BLUE", 100)
        made.stock_up("TEE-RED", 50)
        yield made
