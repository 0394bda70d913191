"""A reservation as the API shows it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from oms.inventory.model import Units
from oms.inventory.reservation import HoldState, Reservation
from oms.inventory.selling import Component
from oms.kernel.clock import iso
from oms.kernel.ids import NodeId, Sku

Kits = Mapping[Sku, tuple[Component, ...]]


def of_reservation(hold: Reservation, kits: Kits, now: datetime) -> dict[str, Any]:
    """`kits` are the components of what was asked for, empty for what is no kit."""
    left = list(hold.claims)
    # What is named itself goes first: the parts of kits are what is left then.
    plain = {a.sku: _taken(left, a.sku, a.quantity) for a in hold.asked if not kits.get(a.sku)}
    return {
        "reservation_id": hold.reservation_id,
        "state": _state(hold, now),
        "channel": hold.channel,
        "expires_at": iso(hold.expires_at),
        "order_id": hold.order_id,
        "lines": [
            {
                "sku": asked.sku,
                "quantity": asked.quantity,
                "nodes": plain.get(asked.sku, []),
                "parts": [
                    _part(left, part.sku, part.quantity * asked.quantity)
                    for part in kits.get(asked.sku, ())
                ],
            }
            for asked in hold.asked
        ],
    }


def _state(hold: Reservation, now: datetime) -> str:
    """A hold whose time is over has expired, whether the sweep came by or not."""
    over = hold.state is HoldState.HELD and not hold.holds(now)
    return (HoldState.EXPIRED if over else hold.state).value


def _part(left: list[Units], sku: Sku, quantity: int) -> dict[str, Any]:
    return {"sku": sku, "quantity": quantity, "nodes": _taken(left, sku, quantity)}


def _taken(left: list[Units], sku: Sku, quantity: int) -> list[dict[str, Any]]:
    """Take up to `quantity` units of `sku` off `left`; at which nodes they are."""
    nodes: dict[NodeId, int] = {}
    for at, claim in enumerate(left):
        units = min(quantity, claim.quantity) if claim.sku == sku else 0
        if units:
            nodes[claim.node] = nodes.get(claim.node, 0) + units
            left[at] = Units(claim.sku, claim.node, claim.quantity - units, claim.shelf)
            quantity -= units
    return [{"node": node, "quantity": units} for node, units in sorted(nodes.items())]
