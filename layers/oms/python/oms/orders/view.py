"""An order as the API shows it. Everything derived here is stored nowhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from oms.fulfilment.model import Parcel, ParcelState, Shipment
from oms.kernel.clock import iso
from oms.kernel.codec import dump
from oms.kernel.ids import shipment_id
from oms.kernel.money import Money
from oms.orders.content import ChannelState, Content, Line, Part, PaymentTerms
from oms.orders.model import Hold, HoldKind, Order, Stage
from oms.orders.transitions import may
from oms.payments.model import PaymentStatus, card_status

# What people may ask for by `POST /orders/{id}/{action}`, and its row in the table.
ACTIONS = {
    "cancel": "cancel",
    "hold": "hold",
    "release-hold": "release_hold",
    "approve": "approve",
    "reject": "reject",
}
_CHANNEL_STATUS = {
    PaymentTerms.PAID_IN_CHANNEL: PaymentStatus.PAID,
    PaymentTerms.AUTHORIZED_IN_CHANNEL: PaymentStatus.AUTHORIZED,
    PaymentTerms.UNPAID_IN_CHANNEL: PaymentStatus.UNPAID,
    PaymentTerms.ON_ACCOUNT: PaymentStatus.NOT_REQUIRED,
}


def money(amount: Money) -> dict[str, Any]:
    return {"amount_minor": amount.amount_minor, "currency": amount.currency}


def payment_status(order: Order, content: Content) -> str:
    if order.charges_card(content):
        return card_status(order.settlement, content.totals.total).value
    if HoldKind.PAYMENT in order.waived:
        return PaymentStatus.PAID.value
    if content.terms is PaymentTerms.CARD:
        return PaymentStatus.NOT_REQUIRED.value  # it costs nothing
    return _CHANNEL_STATUS[content.terms].value


def fulfilment_status(order: Order) -> str:
    """From the shipments alone."""
    states = {each.state.value for each in order.shipments if each.is_live}
    if not states:
        return "UNFULFILLED"
    if len(states) == 1:
        (state,) = states
        return state
    moving = {"SHIPPED", "DELIVERED", "PARTIALLY_SHIPPED"}
    return "PARTIALLY_SHIPPED" if states & moving else "IN_PROGRESS"


def left_the_store(order: Order, content: Content) -> bool:
    """A sale over a counter, booked: the customer has the goods."""
    over = content.channel_state is ChannelState.HANDED_OVER
    return over and order.stage is Stage.CLOSED


def allowed_actions(order: Order) -> list[str]:
    return [action for action, transition in ACTIONS.items() if may(order, transition)]


def card(order: Order, content: Content) -> dict[str, Any]:
    """One row of the order list."""
    return {
        "order_id": order.order_id,
        "number": order.number,
        "channel": order.channel,
        "account": order.account,
        "external_id": order.external_id,
        "status": order.status,
        "stage": order.stage.value,
        "payment_status": payment_status(order, content),
        "fulfilment_status": (
            "DELIVERED" if left_the_store(order, content) else fulfilment_status(order)
        ),
        "total": money(content.totals.total),
        "customer_name": content.customer_name,
        "nodes": sorted({leg.node for leg in order.legs} | {s.node for s in order.shipments}),
        "line_count": len(content.lines),
        "captured_at": iso(order.captured_at),
        "due_at": iso(order.due_at) if order.due_at else None,
        "holds": [{"kind": hold.kind.value, "reason": hold.reason} for hold in order.holds],
    }


def page(order: Order, content: Content, tracking_url: str) -> dict[str, Any]:
    """The whole order."""
    totals = content.totals
    return {
        **card(order, content),
        "currency": order.currency,
        "worklist": order.worklist or None,
        "tracking_url": tracking_url,
        "totals": {
            "items": money(totals.items),
            "discount": money(totals.discount),
            "shipping": money(totals.shipping),
            "tax": money(totals.tax),
            "total": money(totals.total),
            "channel_total": money(totals.channel_total),
        },
        "variance": money(totals.variance),
        "ship_complete": content.ship_complete,
        "priority": content.priority,
        "promised_on": order.promised_on or None,
        "expected_on": order.expected_on or None,
        "payment_terms": content.terms.value,
        "customer": dump(content.customer, full=True) | {"name": content.customer_name},
        "shipping_address": dump(content.shipping_address, full=True),
        "billing_address": dump(content.billing_address, full=True),
        "handed_over_at": content.handed_over_at or None,
        "buyer_id": content.buyer_id or None,
        "po_number": content.po_number or None,
        "invoice_terms": content.invoice_terms or None,
        "requested_ship_date": content.requested_ship_date or None,
        "cost_centre": content.cost_centre or None,
        "note": content.note or None,
        "lines": [_line(order, line, content) for line in content.lines],
        "reservations": [dump(leg, full=True) for leg in order.legs],
        "shipments": [shipment_view(order, each) for each in order.shipments],
        "payments": [dump(record, full=True) for record in order.settlement.records],
        "screening": dump(order.screening, full=True),
        "holds": [hold_view(order, hold) for hold in order.holds],
        "timeline": [
            {
                "seq": entry.seq,
                "at": iso(entry.at),
                "actor": entry.actor,
                "event": entry.event,
                "detail": entry.detail,
            }
            for entry in order.timeline
        ],
        "allowed_actions": [
            {"name": name, "href": f"/orders/{order.order_id}/{name}"}
            for name in allowed_actions(order)
        ],
        "blocked_by": [hold.reason for hold in order.holds],
    }


def hold_view(order: Order, hold: Hold) -> dict[str, Any]:
    return {
        "number": hold.number,
        "task_id": f"{order.order_id}.{hold.number}",
        "kind": hold.kind.value,
        "reason": hold.reason,
        "since": iso(hold.since),
        "until": iso(hold.until) if hold.until else None,
        "owner": hold.owner,
        "subject": hold.subject,
    }


def _line(order: Order, line: Line, content: Content) -> dict[str, Any]:
    states = line_states(order, line, content.parts_of(line))
    if left_the_store(order, content):
        states |= {"open": 0, "delivered": line.quantity}
    return {
        "line_id": line.line_id,
        "external_id": line.external_id,
        "sku": line.sku,
        "title": line.title,
        "quantity": line.quantity,
        "unit_price": money(line.unit_price),
        "discount": money(line.discount),
        "tax": money(line.tax),
        "needs_shipping": line.needs_shipping,
        "reserve_after": line.reserve_after or None,
        "states": states,
    }


# The states of a unit on its way, the farthest first.
_WAY = ("delivered", "shipped", "packed", "picked", "released", "reserved")


def line_states(order: Order, line: Line, parts: Sequence[Part] = ()) -> dict[str, int]:
    """Units of `line` by where they are; each unit counts once, and they add up to `ordered`.

    A kit is as far as the slowest of its `parts`.
    """
    each_part = parts or (Part(line.line_id, 0, line.sku, 1),)
    got = [(_part_units(order, part.name), part.per_kit) for part in each_part]
    units, farther = dict[str, int](), 0
    for at in range(len(_WAY)):
        reached = min(sum(own[name] for name in _WAY[: at + 1]) // per for own, per in got)
        units[_WAY[at]] = reached - farther
        farther = reached
    open_units = line.quantity - farther
    ended = order.stage in (Stage.CANCELLED, Stage.REJECTED)
    waiting = order.stage is Stage.BACKORDERED
    return {
        "ordered": line.quantity,
        "open": 0 if ended or waiting else open_units,
        "backordered": open_units if waiting else 0,
        **{name: units[name] for name in reversed(_WAY)},
        "cancelled": open_units if ended else 0,
    }


def _part_units(order: Order, line_id: str) -> Counter[str]:
    """Units of one line, or of one part of a kit, by where they are."""
    units: Counter[str] = Counter()
    for shipment in order.shipments:
        if shipment.is_live:
            units.update(_units(shipment, line_id))
    held = sum(leg.quantity for leg in order.legs if leg.line_id == line_id)
    units["reserved"] = max(held - units["released"] - units["picked"] - units["packed"], 0)
    return units


def _units(shipment: Shipment, line_id: str) -> Counter[str]:
    units: Counter[str] = Counter()
    for line in shipment.lines:
        if line.line_id == line_id:
            units["released"] += line.quantity - line.picked
            units["picked"] += line.picked - line.packed
    for parcel in shipment.parcels:
        state = _PARCEL_UNITS[parcel.state]
        units[state] += sum(each.quantity for each in parcel.lines if each.line_id == line_id)
    return units


_PARCEL_UNITS = {
    ParcelState.PACKED: "packed",
    ParcelState.LABELLING: "packed",
    ParcelState.LABELLED: "packed",
    ParcelState.SHIPPED: "shipped",
    ParcelState.DELIVERED: "delivered",
}


def shipment_view(order: Order, shipment: Shipment) -> dict[str, Any]:
    name = shipment_id(order.order_id, shipment.number)
    return {
        "shipment_id": name,
        "number": shipment.number,
        "node": shipment.node,
        "state": shipment.state.value,
        "released_at": iso(shipment.released_at),
        "lines": [
            {
                "line_id": line.line_id,
                "sku": line.sku,
                "quantity": line.quantity,
                "picked": line.picked,
                "packed": line.packed,
            }
            for line in shipment.lines
        ],
        "parcels": [_parcel(name, parcel) for parcel in shipment.parcels],
        "allowed_actions": shipment_actions(order, shipment),
    }


def shipment_actions(order: Order, shipment: Shipment) -> list[str]:
    """What the node may do with `shipment` now."""
    at_node = order.stage in (Stage.RELEASED, Stage.PARTIALLY_SHIPPED)
    if not shipment.is_live or order.blocked or not at_node:
        return []
    possible = {
        "pick": any(line.picked < line.quantity for line in shipment.lines),
        "pack": any(line.packed < line.picked for line in shipment.lines),
        "ship": any(
            parcel.state is ParcelState.LABELLED and parcel.paid for parcel in shipment.parcels
        ),
        "reject": order.stage is Stage.RELEASED and not shipment.untouchable,
    }
    return [action for action, can in possible.items() if can]


def _parcel(shipment_name: str, parcel: Parcel) -> dict[str, Any]:
    label = f"/shipments/{shipment_name}/label?parcel={parcel.number}"
    return {
        "number": parcel.number,
        "state": parcel.state.value,
        "carrier": parcel.carrier,
        "service": parcel.service,
        "tracking_number": parcel.tracking_number,
        "weight_g": parcel.weight_g,
        "label_url": label if parcel.label_key else None,
        "shipped_at": iso(parcel.shipped_at) if parcel.shipped_at else None,
        "lines": [
            {"line_id": line.line_id, "sku": line.sku, "quantity": line.quantity}
            for line in parcel.lines
        ],
        "scans": [
            {
                "at": iso(scan.at),
                "status": scan.status.value,
                "place": scan.place,
                "detail": scan.detail,
            }
            for scan in parcel.scans
        ],
    }
