"""What every step of a workflow has in common: look first, act once, answer an outcome."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from oms.orders.model import INTAKE, Order, Stage


class Outcome(StrEnum):
    """What a step answers; the Choice after it in the workflow reads it."""

    VALID = "VALID"
    ALLOCATED = "ALLOCATED"
    BACKORDERED = "BACKORDERED"
    ACCEPTED = "ACCEPTED"
    IN_REVIEW = "IN_REVIEW"
    REJECTED = "REJECTED"
    AUTHORIZED = "AUTHORIZED"
    DECLINED = "DECLINED"
    CONFIRMED = "CONFIRMED"
    LABELLED = "LABELLED"
    CAPTURED = "CAPTURED"
    REFUSED = "REFUSED"
    TOLD = "TOLD"
    SKIPPED = "SKIPPED"
    UNDONE = "UNDONE"
    FLAGGED = "FLAGGED"
    ON_HOLD = "ON_HOLD"  # a person has to act; the execution ends, a later one goes on
    ENDED = "ENDED"  # cancelled, rejected or closed meanwhile: nothing left to do


@dataclass(frozen=True, slots=True)
class Run:
    """Which workflow execution a step works for; goes into its timeline record.

    `step` is the name of the state in the workflow, so the two pictures read alike.
    """

    name: str
    step: str

    @property
    def actor(self) -> str:
        return f"workflow:{self.step}"


_PROGRESS = {
    stage: rank
    for rank, stages in enumerate(
        (
            (Stage.CAPTURED,),
            (Stage.VALIDATED, Stage.BACKORDERED),
            (Stage.ALLOCATED,),
            (Stage.AUTHORIZED,),
            (Stage.CONFIRMED, Stage.RELEASED, Stage.PARTIALLY_SHIPPED, Stage.SHIPPED),
            (Stage.DELIVERED, Stage.CLOSED),
        )
    )
    for stage in stages
}


def already(order: Order, reached: Stage, outcome: Outcome) -> Outcome | None:
    """The answer of a step that need not act: it was done, or the order is not its to move.

    None means: do it. A run of a phase that comes late or twice finds every step `already`
    done and changes nothing.
    """
    if order.stage in (Stage.CANCELLED, Stage.REJECTED, Stage.CLOSED):
        return Outcome.ENDED
    if _PROGRESS[order.stage] < _PROGRESS[reached] - 1:
        return Outcome.ON_HOLD  # sent back meanwhile: a later execution begins where it stands
    if _PROGRESS[order.stage] >= _PROGRESS[reached]:
        # Past intake a hold is the business of whoever ships, not of this workflow.
        return Outcome.ON_HOLD if order.blocked and order.stage in INTAKE else outcome
    return Outcome.ON_HOLD if order.blocked else None
