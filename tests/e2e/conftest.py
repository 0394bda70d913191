"""One local stack for all tests that need the real parts together."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from local.client import ApiClient
from local.demo.samples import samples, send
from local.stack import Stack

PATIENCE = 120


@pytest.fixture(scope="session")
def local_stack() -> Iterator[Stack]:
    """The deployed templates with demo nodes that work by themselves; no demo orders."""
    with Stack(name="tests") as stack:
        yield stack


@pytest.fixture(scope="session")
def stack_with_orders(local_stack: Stack) -> Stack:
    """The same with the demo orders: each has arrived, or waits for a person. Nothing moves."""
    for sample in samples():
        send(sample, local_stack.url)
    api, deadline = ApiClient(local_stack.url), time.monotonic() + PATIENCE
    while api.get("/orders/counts")["counts"].keys() != {"CLOSED", "ON_HOLD", "IN_REVIEW"}:
        assert time.monotonic() < deadline, api.get("/orders/counts")
        time.sleep(0.5)
    return local_stack
