"""Faults at the client's boundary: what goes wrong, at which operation, and what was visited."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

Request = Mapping[str, Any]

READS = frozenset({"get_item", "batch_get_item", "query", "scan"})
WRITES = frozenset(
    {"put_item", "update_item", "delete_item", "transact_write_items", "batch_write_item"}
)


class Crash(BaseException):
    """The process died. Not an Exception, so that no code under test can swallow it."""


class FaultKind(StrEnum):
    CRASH_BEFORE = "crash before the effect"
    CRASH_AFTER = "crash after the effect"
    REPLY_LOST = "the reply is lost"
    RESENT = "the reply is lost and botocore sends the same request again"
    DUPLICATE = "the request arrives once more later"
    THROTTLED = "throttled"
    CONFLICT = "conflict with a transaction"

    def fits(self, operation: str) -> bool:
        """Reads meet no conflicts, and one that arrives late means nothing."""
        only_writes = self in (FaultKind.CONFLICT, FaultKind.DUPLICATE)
        return operation in WRITES or (operation in READS and not only_writes)


@dataclass(frozen=True, slots=True)
class Fault:
    """`position`: which action of a transaction is hit; in a batch, the first one that is left
    unprocessed (0: the whole batch is refused). `after`: seconds until a duplicate arrives."""

    kind: FaultKind
    position: int = 0
    after: float = 660.0


Rule = Callable[[int, str, Request], Fault | None]


class FaultPlan:
    """Which operation meets which fault. The first rule that gives one wins.

    `asked` lists the operations that came by, so a run without rules tells what can be
    addressed; `visits` counts what happened by (operation, kind).
    """

    def __init__(self) -> None:
        self._rules: list[Rule] = []
        self.asked: list[str] = []
        self.visits: Counter[tuple[str, FaultKind]] = Counter()

    def at(self, number: int, fault: Fault | FaultKind) -> FaultPlan:
        """At the operation of this number, counted from 0."""
        made = _fault(fault)
        self._rules.append(lambda now, operation, request: made if now == number else None)
        return self

    def when(
        self,
        holds: Callable[[str, Request], bool],
        fault: Fault | FaultKind,
        *,
        times: int = 1,
    ) -> FaultPlan:
        """At the first `times` operations of which `holds(operation, request)` is true."""
        made, left = _fault(fault), [times]

        def rule(now: int, operation: str, request: Request) -> Fault | None:
            if not left[0] or not made.kind.fits(operation) or not holds(operation, request):
                return None
            left[0] -= 1
            return made

        self._rules.append(rule)
        return self

    def at_rate(self, seed: int, rates: Mapping[FaultKind, float]) -> FaultPlan:
        """Each kind with its chance at every operation that it fits."""
        chosen = random.Random(seed)

        def rule(now: int, operation: str, request: Request) -> Fault | None:
            # One draw for each kind whatever fits, so that a seed keeps its meaning.
            hits = [kind for kind, rate in rates.items() if chosen.random() < rate]
            position = chosen.randrange(_actions(request))
            return next((Fault(kind, position) for kind in hits if kind.fits(operation)), None)

        self._rules.append(rule)
        return self

    def fault_for(self, operation: str, request: Request) -> Fault | None:
        number = len(self.asked)
        self.asked.append(operation)
        found = None
        for rule in self._rules:
            fault = rule(number, operation, request)
            found = found or fault
        if found is None or not found.kind.fits(operation):
            return None
        self.visits[operation, found.kind] += 1
        return found


def _fault(given: Fault | FaultKind) -> Fault:
    return Fault(given) if isinstance(given, FaultKind) else given


def _actions(request: Request) -> int:
    return max(1, len(request.get("TransactItems", ())))
