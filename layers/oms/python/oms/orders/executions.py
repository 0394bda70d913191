"""An order's workflow executions, drawn from its own timeline.

Each step leaves its record with the run it worked for, the state's name and its outcome. So
the picture is the same whether the workflow kept its history (STANDARD) or not (EXPRESS).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from oms.kernel.clock import iso
from oms.orders.model import Entry, Order

_PREFIX = "workflow:"
_STOPPED = {"ON_HOLD", "IN_REVIEW", "BACKORDERED", "DECLINED", "ENDED"}
_FAILED = {"UNDONE", "FLAGGED", "REFUSED"}
_FINISHED = {"ConfirmOrder", "NotifyChannel", "RejectOrder"}

ConsoleLink = Callable[[str, str], str | None]


@dataclass(frozen=True, slots=True)
class Execution:
    """One run: `workflow` and `name` as Step Functions knows them, and its steps in order."""

    name: str
    workflow: str
    steps: tuple[Entry, ...]

    @property
    def status(self) -> str:
        outcomes = {step.detail.get("outcome", "") for step in self.steps}
        if outcomes & _FAILED:
            return "FAILED"
        if outcomes & _STOPPED:
            return "STOPPED"
        last = self.steps[-1].actor.removeprefix(_PREFIX)
        return "SUCCEEDED" if last in _FINISHED else "RUNNING"


def executions_of(order: Order) -> tuple[Execution, ...]:
    """The runs that left a record, oldest first."""
    runs: dict[str, list[Entry]] = {}
    for entry in order.timeline:
        if entry.actor.startswith(_PREFIX) and "run" in entry.detail:
            runs.setdefault(entry.detail["run"], []).append(entry)
    return tuple(Execution(name, workflow_of(name), tuple(steps)) for name, steps in runs.items())


def workflow_of(name: str) -> str:
    """`{order}-{n}` is an intake; a shipment's runs carry its number and the parcel's."""
    return "shipment" if name.count("-") > 1 else "order_intake"


def view(order: Order, console_link: ConsoleLink) -> list[dict[str, Any]]:
    return [
        {
            "name": run.name,
            "workflow": run.workflow,
            "status": run.status,
            "started_at": iso(run.steps[0].at),
            "console_url": console_link(run.workflow, run.name),
            "steps": [
                {
                    "state": step.actor.removeprefix(_PREFIX),
                    "event": step.event,
                    "outcome": step.detail.get("outcome", ""),
                    "at": iso(step.at),
                    "milliseconds": milliseconds,
                }
                for step, milliseconds in zip(run.steps, _gaps(run.steps), strict=True)
            ],
        }
        for run in executions_of(order)
    ]


def _gaps(steps: tuple[Entry, ...]) -> list[int | None]:
    """Time since the step before it in the same run; unknown for the first."""
    gaps: list[int | None] = [None]
    for before, step in pairwise(steps):
        gaps.append(round((step.at - before.at).total_seconds() * 1000))
    return gaps
