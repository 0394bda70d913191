"""Load, decide, write: again, while somebody else writes first."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from oms.kernel.errors import VersionConflict

T = TypeVar("T")


def until_unchanged(work: Callable[[], T], tries: int = 6) -> T:
    """Run `work` (load, decide, save) again while somebody else writes first.

    Raises the last VersionConflict when it keeps losing.
    """
    for _ in range(tries - 1):
        try:
            return work()
        except VersionConflict:
            continue
    return work()
