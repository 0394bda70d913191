"""Tests of recorded payloads are skipped, and say so, where nobody has the payloads."""

from __future__ import annotations

from collections.abc import Generator

import pytest

from tests import recorded


def pytest_report_header() -> str:
    return recorded.MISSING if recorded.are_missing() else ""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, None, None]:
    return (yield from _skipping())


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    return (yield from _skipping())


def _skipping() -> Generator[None, None, None]:
    try:
        return (yield)
    except FileNotFoundError as error:
        if recorded.are_missing() and "payloads" in str(error.filename):
            pytest.skip(recorded.MISSING)
        raise
