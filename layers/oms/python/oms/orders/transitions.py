"""The transition table: the only way an order moves.

Each row names who may ask, from which stages, which claims must hold, where it leads and
what the timeline says. Whatever is not in the table is refused. `docs/order-life.md` shows
the same table to people; a test keeps the two alike.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from oms.kernel.errors import Refused
from oms.orders.content import Verdict
from oms.orders.model import (
    FINAL,
    INTAKE,
    HoldKind,
    Order,
    Stage,
)

_BEFORE_SHIPPING = (*INTAKE, Stage.CONFIRMED, Stage.RELEASED)
_OPEN = tuple(stage for stage in Stage if stage not in FINAL)
_ON_THE_WAY = (Stage.RELEASED, Stage.PARTIALLY_SHIPPED)


# --- guards: claims about an order, each true or refused under its own code -----------


def not_blocked(order: Order) -> bool:
    """No hold stands in the way."""
    return not order.blocked


def screened(order: Order) -> bool:
    """The fraud screen accepted it, or a person cleared its review."""
    screening = order.screening
    return screening is not None and (
        screening.verdict is Verdict.ACCEPT or bool(screening.cleared_by)
    )


def nothing_with_carrier(order: Order) -> bool:
    """No label is being bought or was: the cancellation has not lost the race."""
    return not any(each.untouchable for each in order.shipments if each.is_live)


def in_review(order: Order) -> bool:
    return order.hold(HoldKind.REVIEW) is not None


def not_in_review(order: Order) -> bool:
    """A review keeps its stock, and is decided instead of lifted."""
    return not in_review(order)


def has_hold(order: Order) -> bool:
    return bool(order.holds)


def all_delivered(order: Order) -> bool:
    live = [each for each in order.shipments if each.is_live]
    return bool(live) and all(each.state == "DELIVERED" for each in live)


def no_money_of_ours(order: Order) -> bool:
    """The channel collects the money: there is nothing here that a new total makes wrong."""
    return not order.settlement.records


Guard = Callable[[Order], bool]

# The code of the refusal when the guard does not hold.
GUARDS: Mapping[str, tuple[Guard, str]] = {
    "not_blocked": (not_blocked, "order-on-hold"),
    "screened": (screened, "not-screened"),
    "nothing_with_carrier": (nothing_with_carrier, "already-with-carrier"),
    "in_review": (in_review, "not-in-review"),
    "not_in_review": (not_in_review, "in-review"),
    "has_hold": (has_hold, "no-hold"),
    "no_money_of_ours": (no_money_of_ours, "has-own-payment"),
    "all_delivered": (all_delivered, "not-delivered"),
}


@dataclass(frozen=True, slots=True)
class Transition:
    """One row. `target` None keeps the stage (the row is about holds or parts)."""

    name: str
    sources: tuple[Stage, ...]
    target: Stage | None
    event: str
    actors: str
    guards: tuple[str, ...] = ()


_T = Transition
TABLE: tuple[Transition, ...] = (
    # the intake workflow
    _T(
        "validate", (Stage.CAPTURED,), Stage.VALIDATED, "OrderValidated", "intake", ("not_blocked",)
    ),
    _T(
        "backorder",
        (Stage.VALIDATED,),
        Stage.BACKORDERED,
        "OrderBackordered",
        "intake",
        ("not_blocked",),
    ),
    _T(
        "allocate",
        (Stage.VALIDATED, Stage.BACKORDERED),
        Stage.ALLOCATED,
        "StockReserved",
        "intake",
        ("not_blocked",),
    ),
    _T(
        "deallocate",
        (Stage.ALLOCATED, Stage.AUTHORIZED),
        Stage.VALIDATED,
        "StockReleased",
        "intake",
        ("not_in_review",),
    ),
    _T("screen", (Stage.ALLOCATED,), None, "FraudScreened", "intake"),
    _T(
        "authorize",
        (Stage.ALLOCATED,),
        Stage.AUTHORIZED,
        "PaymentAuthorized",
        "intake",
        ("not_blocked", "screened"),
    ),
    _T(
        "confirm",
        (Stage.AUTHORIZED,),
        Stage.CONFIRMED,
        "OrderConfirmed",
        "intake",
        ("not_blocked", "screened"),
    ),
    _T(
        "revise",
        (*INTAKE, Stage.CONFIRMED),
        Stage.CAPTURED,
        "OrderEdited",
        "channel",
        ("no_money_of_ours",),
    ),
    _T("resume", INTAKE, None, "IntakeRequested", "ops, sweeper, stock, channel"),
    # fulfilment
    _T("release", (Stage.CONFIRMED,), Stage.RELEASED, "OrderReleased", "sweeper", ("not_blocked",)),
    _T(
        "reroute",
        (Stage.RELEASED,),
        Stage.VALIDATED,
        "OrderRerouted",
        "node",
        ("nothing_with_carrier",),
    ),
    _T("ship_part", _ON_THE_WAY, Stage.PARTIALLY_SHIPPED, "ShipmentShipped", "node"),
    _T("ship", _ON_THE_WAY, Stage.SHIPPED, "ShipmentShipped", "node"),
    _T(
        "deliver",
        (Stage.SHIPPED,),
        Stage.DELIVERED,
        "OrderDelivered",
        "carrier",
        ("all_delivered",),
    ),
    _T("close", (Stage.DELIVERED,), Stage.CLOSED, "OrderClosed", "sweeper"),
    _T("complete", (Stage.CONFIRMED,), Stage.CLOSED, "OrderCompleted", "sweeper", ("not_blocked",)),
    # what the channel already did
    _T("adopt_fulfilled", (Stage.CAPTURED,), Stage.CLOSED, "OrderFulfilledInChannel", "intake"),
    _T("hand_over", (Stage.CAPTURED,), Stage.CLOSED, "OrderHandedOver", "intake", ("not_blocked",)),
    _T("adopt_elsewhere", (Stage.CAPTURED,), Stage.CLOSED, "OrderFulfilledElsewhere", "intake"),
    # people
    _T(
        "cancel",
        _BEFORE_SHIPPING,
        Stage.CANCELLED,
        "OrderCancelled",
        "ops, channel",
        ("nothing_with_carrier",),
    ),
    _T("reject", INTAKE, Stage.REJECTED, "OrderRejected", "ops, intake", ()),
    _T("approve", (Stage.ALLOCATED,), None, "ReviewApproved", "ops", ("in_review",)),
    _T("hold", _BEFORE_SHIPPING, None, "OrderHeld", "ops, intake"),
    _T("release_hold", _OPEN, None, "HoldReleased", "ops", ("has_hold", "not_in_review")),
    _T("lift", tuple(Stage), None, "HoldReleased", "ops", ("has_hold",)),  # one, with its cause
)
BY_NAME: Mapping[str, Transition] = {row.name: row for row in TABLE}


def validate(table: tuple[Transition, ...]) -> None:
    """Refuse to start on a table that contradicts itself."""
    names = [row.name for row in table]
    if len(set(names)) != len(names):
        raise ValueError("a transition is named twice")
    for row in table:
        if unknown := [name for name in row.guards if name not in GUARDS]:
            raise ValueError(f"{row.name}: no guard named {unknown}")
        if not row.sources:
            raise ValueError(f"{row.name}: leads from nowhere")
        if row.target and FINAL & set(row.sources):
            raise ValueError(f"{row.name}: leaves a final stage")
    reached = {row.target for row in table} | {Stage.CAPTURED}
    if missing := set(Stage) - reached:
        raise ValueError(f"no way to {sorted(missing)}")


validate(TABLE)


def refusal(order: Order, name: str) -> Refused | None:
    """Why `name` may not happen to `order` now, or None when it may."""
    row = BY_NAME[name]
    if order.stage not in row.sources:
        return Refused(f"{name} is not possible: the order is {order.stage}", "wrong-stage")
    for guard in row.guards:
        claim, code = GUARDS[guard]
        if not claim(order):
            return Refused(f"{name} is not possible: {code.replace('-', ' ')}", code)
    return None


def may(order: Order, name: str) -> bool:
    return refusal(order, name) is None


def moved(order: Order, name: str, actor: str, at: datetime, **detail: Any) -> Order:
    """`order` after the transition `name`, with its line in the timeline. Raises Refused."""
    if refused := refusal(order, name):
        raise refused
    row = BY_NAME[name]
    if row.target not in (None, order.stage):
        order = replace(order, stage=row.target, stuck=0)
    return order.noted(row.event, actor, at, **detail)


# --- for people -----------------------------------------------------------------------


def markdown_table() -> str:
    """The table as `docs/order-life.md` shows it."""
    head = "| transition | from | to | only if | who | timeline |\n|---|---|---|---|---|---|"
    return "\n".join([head, *map(_markdown_row, TABLE)])


def _markdown_row(row: Transition) -> str:
    target = row.target.value if row.target else "stays"
    guards = ", ".join(name.replace("_", " ") for name in row.guards)
    cells = (f"`{row.name}`", _stages(row.sources), target, guards, row.actors, f"`{row.event}`")
    return "| " + " | ".join(cells) + " |"


def _stages(stages: tuple[Stage, ...]) -> str:
    if len(stages) == len(Stage):
        return "any"
    return "any not final" if stages == _OPEN else ", ".join(stages)
