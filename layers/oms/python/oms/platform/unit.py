"""What commits together: writes of several stores in one DynamoDB transaction.

A store never commits by itself: it gives `Write`s, and whoever owns the use case hands all of
them to one `commit`. Each write says what its condition stands for by the error it becomes
when the condition fails, so the caller reads causes and never positions in a list.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Protocol

Item = dict[str, Any]


class Action(StrEnum):
    PUT = "Put"
    UPDATE = "Update"
    DELETE = "Delete"
    CHECK = "ConditionCheck"


class Committer(Protocol):
    """Whatever makes writes happen together."""

    def commit(self, writes: Sequence[Write], token: str | None = None) -> None:
        """All of them or none. Raises what the first failed condition stands for."""


@dataclass(frozen=True, slots=True)
class Write:
    """One write of a transaction, in plain values (the client marshals).

    `refused` makes the error for a failed one out of the item
    that was there (None when there was none), or returns None when that item shows that this very
    write had already happened.
    """

    action: Action
    table: str
    key: Mapping[str, str]
    item: Mapping[str, Any] = field(default_factory=dict)
    update: str = ""
    condition: str = ""
    names: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)
    refused: Callable[[Item | None], Exception | None] | None = None


class _NotSo(Exception):
    """A condition that a caller asks about, and does not mind."""


def goes_through(
    database: Committer,
    write: Write,
    also: Sequence[Write] = (),
    mine: Callable[[Item], bool] = lambda old: False,
) -> bool:
    """Commit `write` with `also`; False when the condition of `write` does not hold.

    `mine` knows from the item that is there that this very write has happened already: the
    client sends a write again when its reply is lost.
    """

    def refused(old: Item | None) -> Exception | None:
        return None if old is not None and mine(old) else _NotSo()

    try:
        database.commit([replace(write, refused=refused), *also])
    except _NotSo:
        return False
    return True
