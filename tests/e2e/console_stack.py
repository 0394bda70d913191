"""Where the console runs that the tests look at: the double, or a stack that is running."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.e2e.console_double import TOKEN, Shop, serve


@dataclass(frozen=True)
class Stack:
    """Where the console runs. `shop` is the double's state, None on a real stack."""

    base_url: str
    token: str
    shop: Shop | None = None


def _double(cognito: bool = False) -> Iterator[Stack]:
    server = serve(cognito=cognito)
    yield Stack(server.base_url, TOKEN, server.shop)
    server.shutdown()
    server.server_close()


@pytest.fixture(params=["double", pytest.param("local stack", marks=pytest.mark.stack)])
def stack(request: pytest.FixtureRequest) -> Iterator[Stack]:
    """A double of this test's own, then the real parts: a stack that is named, or the tests'."""
    if request.param == "double":
        yield from _double()
    elif base_url := os.environ.get("OMS_BASE_URL"):
        yield Stack(base_url.rstrip("/"), os.environ.get("OMS_OPS_TOKEN", TOKEN))
    else:
        real = request.getfixturevalue("stack_with_orders")
        yield Stack(real.url, real.ops_token)


@pytest.fixture
def double() -> Iterator[Stack]:
    """For tests that provoke what a healthy stack does not do."""
    yield from _double()


@pytest.fixture
def with_cognito() -> Iterator[Stack]:
    yield from _double(cognito=True)
