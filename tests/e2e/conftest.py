"""One local stack for all tests that need the real parts together."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from local.stack import Stack


@pytest.fixture(scope="session")
def local_stack() -> Iterator[Stack]:
    """The deployed templates with demo nodes that work by themselves; no demo orders."""
    with Stack(name="tests") as stack:
        yield stack
