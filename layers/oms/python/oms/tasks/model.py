"""Tasks: what waits for a person, why, and what the person may do about it.

A task is not a thing of its own: a hold of an order is one, and so is a delivery in quarantine.
So a task can neither be lost nor outlive its cause. What hangs on no order is a notice
(`oms.tasks.notices`). The id is `{order_id}.{hold number}`, `quarantine.{digest}` or
`notice.{digest}`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from oms.kernel.clock import iso
from oms.kernel.codec import dump
from oms.kernel.errors import NotFound
from oms.kernel.ids import OrderId, is_ulid
from oms.orders.content import Content
from oms.orders.model import Hold, HoldKind, Order
from oms.tasks.notices import Notice

QUARANTINE, NOTICE = "quarantine", "notice"


@dataclass(frozen=True, slots=True)
class Field:
    """One input of an action, for the console to make a form of."""

    name: str
    type: str = "text"  # text, sku, address, customer
    required: bool = False


@dataclass(frozen=True, slots=True)
class Action:
    name: str
    fields: tuple[Field, ...] = ()


_CANCEL = Action("cancel", (Field("reason"),))
_OWN = Action("take-owner", (Field("owner"),))

# What a person may do about each kind of hold.
ACTIONS: Mapping[HoldKind, tuple[Action, ...]] = {
    HoldKind.SKU: (Action("choose-sku", (Field("sku", "sku", required=True),)), _CANCEL, _OWN),
    HoldKind.ADDRESS: (
        Action("fix-address", (Field("shipping_address", "address", required=True),)),
        _CANCEL,
        _OWN,
    ),
    HoldKind.CUSTOMER: (
        Action("fix-contact", (Field("customer", "customer", required=True),)),
        _CANCEL,
        _OWN,
    ),
    HoldKind.TOTALS: (Action("accept"), _CANCEL, _OWN),
    HoldKind.PAYMENT: (Action("retry"), Action("mark-paid"), _CANCEL, _OWN),
    HoldKind.REVIEW: (Action("approve"), Action("reject", (Field("reason"),)), _OWN),
    HoldKind.MANUAL: (Action("release-hold"), _CANCEL, _OWN),
    HoldKind.LATE: (Action("acknowledge"), _OWN),
    HoldKind.CREDIT: (Action("accept"), _CANCEL, _OWN),
    HoldKind.SHORTAGE: (Action("release-hold"), _CANCEL, _OWN),
    HoldKind.CHANGED: (Action("acknowledge"), _CANCEL, _OWN),
    HoldKind.ATTENTION: (Action("retry"), _CANCEL, _OWN),
}
QUARANTINE_ACTIONS = (Action("replay"), Action("discard", (Field("reason"),)))
NOTICE_ACTIONS = (Action("acknowledge"),)


@dataclass(frozen=True, slots=True)
class TaskName:
    """Where a task id leads: to a hold of an order, a delivery in quarantine, or a notice."""

    order_id: OrderId | None
    hold: int
    digest: str
    notice: str = ""


def parse_task_id(text: str) -> TaskName:
    """Raises NotFound for what is no task id."""
    head, _, tail = text.partition(".")
    if head == QUARANTINE and tail.isalnum():
        return TaskName(None, 0, tail)
    if head == NOTICE and tail.isalnum():
        return TaskName(None, 0, "", tail)
    if is_ulid(head) and tail.isascii() and tail.isdigit() and len(tail) < 6:
        return TaskName(OrderId(head), int(tail), "")
    raise NotFound(f"no task {text[:60]}")


def of_hold(order: Order, content: Content, hold: Hold, now: datetime) -> dict[str, Any]:
    """The task that `hold` is, as the API shows it."""
    return {
        "task_id": f"{order.order_id}.{hold.number}",
        "kind": hold.kind.value,
        "reason": hold.reason,
        "order_id": order.order_id,
        "number": order.number,
        "channel": order.channel,
        "status": order.status,
        "since": iso(hold.since),
        "age_seconds": max(0, round((now - hold.since).total_seconds())),
        "owner": hold.owner,
        "subject": _subject(content, hold),
        "detail": _detail(order, content, hold),
        "allowed_actions": [_action(each) for each in ACTIONS[hold.kind]],
    }


def of_quarantined(item: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """The task that a delivery which could not be mapped is."""
    since = datetime.fromisoformat(item["received_at"])
    return {
        "task_id": f"{QUARANTINE}.{item['sk']}",
        "kind": "QUARANTINE",
        "reason": item["reason"],
        "order_id": None,
        "number": "",
        "channel": item["channel"],
        "status": "QUARANTINED",
        "since": item["received_at"],
        "age_seconds": max(0, round((now - since).total_seconds())),
        "owner": "",
        "subject": {"account": item["account"], "code": item["code"]},
        "detail": {},
        "allowed_actions": [_action(each) for each in QUARANTINE_ACTIONS],
    }


def of_notice(notice: Notice, now: datetime) -> dict[str, Any]:
    """The task that a notice is."""
    return {
        "task_id": f"{NOTICE}.{notice.notice_id}",
        "kind": notice.kind,
        "reason": notice.reason,
        "order_id": notice.subject.get("order_id"),
        "number": "",
        "channel": notice.subject.get("channel", ""),
        "status": "NOTICE",
        "since": iso(notice.since),
        "age_seconds": max(0, round((now - notice.since).total_seconds())),
        "owner": "",
        "subject": dict(notice.subject),
        "detail": {},
        "allowed_actions": [_action(each) for each in NOTICE_ACTIONS],
    }


def _action(action: Action) -> dict[str, Any]:
    fields = [
        {"name": each.name, "type": each.type, "required": each.required} for each in action.fields
    ]
    return {"name": action.name, "fields": fields}


def _subject(content: Content, hold: Hold) -> dict[str, Any]:
    if line := content.line(hold.subject):
        return {
            "line_id": line.line_id,
            "title": line.title,
            "sku": line.sku,
            "quantity": line.quantity,
        }
    return {"name": hold.subject} if hold.subject else {}


def _detail(order: Order, content: Content, hold: Hold) -> dict[str, Any]:
    """What the person needs to see to decide."""
    if hold.kind is HoldKind.REVIEW and order.screening:
        return {"score": order.screening.score, "reasons": list(order.screening.reasons)}
    if hold.kind is HoldKind.ADDRESS:
        return {"shipping_address": dump(content.shipping_address, full=True)}
    if hold.kind is HoldKind.CUSTOMER:
        return {"customer": dump(content.customer, full=True)}
    if hold.kind is HoldKind.TOTALS:
        return {"variance_minor": content.totals.variance.amount_minor}
    return {}
