"""`make demo`: the sample orders go through to the end without a person."""

from __future__ import annotations

import pytest

from local.demo.run import Demo
from local.stack import Stack

pytestmark = pytest.mark.stack


def test_every_sample_order_arrives_where_it_should(
    local_stack: Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    arrived = Demo(local_stack.url, run=7)()
    assert arrived, capsys.readouterr().out
