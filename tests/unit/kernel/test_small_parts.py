"""Things in parts, and work that is run again when somebody else writes first."""

from __future__ import annotations

import pytest

from oms.kernel.errors import VersionConflict
from oms.kernel.parts import in_parts
from oms.kernel.unchanged import until_unchanged


def test_parts_hold_every_line_once() -> None:
    assert list(in_parts((0, 1, 2, 3, 4), 2)) == [(0, 1), (2, 3), (4,)]


def test_a_lost_race_is_run_again_and_given_up_after_a_while() -> None:
    tries = list[int]()

    def loses() -> None:
        tries.append(1)
        raise VersionConflict("somebody was faster")

    with pytest.raises(VersionConflict):
        until_unchanged(loses, tries=3)
    assert len(tries) == 3
