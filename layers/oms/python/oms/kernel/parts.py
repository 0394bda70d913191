"""Many things in parts, each for one request or transaction."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")


def in_parts(things: Sequence[T], most: int) -> Iterator[Sequence[T]]:
    """`things` in parts of at most `most`, in their order."""
    for start in range(0, len(things), most):
        yield things[start : start + most]
