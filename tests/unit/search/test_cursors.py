"""Cursors: opaque, and good only for the question they came from."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms.kernel.errors import Invalid
from oms.search.cursor import Cursors

CURSORS = Cursors(b"key")
ASKED = {"status": "CONFIRMED"}


@given(st.text())
def test_a_cursor_gives_its_position_back(position: str) -> None:
    try:
        position.encode()
    except UnicodeEncodeError:
        return
    assert CURSORS.open(CURSORS.seal(position, ASKED), ASKED) == position


@given(st.text(max_size=80))
def test_nobody_makes_one_up(text: str) -> None:
    with pytest.raises(Invalid):
        CURSORS.open(text, ASKED)


def test_it_answers_no_other_question_and_no_other_deployment() -> None:
    cursor = CURSORS.seal("X", ASKED)
    for cursors, question in ((CURSORS, {}), (Cursors(b"other"), ASKED)):
        with pytest.raises(Invalid):
            cursors.open(cursor, question)
