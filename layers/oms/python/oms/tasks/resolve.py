"""Resolve a task: one named action of a person, carried out by the use case it stands for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from oms.fulfilment.at_node import restarted
from oms.inventory.ports import StockReader
from oms.kernel.clock import Clock
from oms.kernel.errors import FieldError, Invalid, Refused
from oms.kernel.ids import OrderId, Sku
from oms.kernel.unchanged import until_unchanged
from oms.orders.cancel import CancelOrder, RejectOrder
from oms.orders.content import Content
from oms.orders.contracts import parse_address_fix, parse_contact_fix
from oms.orders.hold import ApproveReview, Correct, resumed, without_hold
from oms.orders.model import Hold, HoldKind, Order
from oms.orders.ports import OrderStore
from oms.tasks.model import ACTIONS, TaskName

Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ResolveTask:
    """Raises NotFound for no such order, Refused `no-hold` when somebody was faster or
    `not-allowed` when the action does not go with the task, Invalid for a bad body."""

    orders: OrderStore
    stock: StockReader
    cancel: CancelOrder
    reject: RejectOrder
    approve: ApproveReview
    correct: Correct
    clock: Clock

    def __call__(
        self, order_id: OrderId, task: TaskName, action: str, body: Body, actor: str
    ) -> Order:
        order = self.orders.load(order_id)
        hold = order.hold_numbered(task.hold)
        if hold is None:
            raise Refused("this task was resolved already", "no-hold")
        if action not in {each.name for each in ACTIONS[hold.kind]}:
            raise Refused(f"{action} does not go with a {hold.kind} task", "not-allowed")
        return _ACTS[action](self, order, hold, body, actor)

    def _cancel(self, order: Order, hold: Hold, body: Body, actor: str) -> Order:
        return self.cancel(order.order_id, actor, _text(body, "reason") or hold.reason)

    def _reject(self, order: Order, hold: Hold, body: Body, actor: str) -> Order:
        return self.reject(order.order_id, actor, _text(body, "reason") or hold.reason)

    def _approve(self, order: Order, hold: Hold, body: Body, actor: str) -> Order:
        return self.approve(order.order_id, actor, _text(body, "reason"))

    def _choose_sku(self, order: Order, hold: Hold, body: Body, actor: str) -> Order:
        sku = Sku(_text(body, "sku"))
        if not sku or sku not in self.stock.products([sku]):
            raise Invalid(
                "choose a SKU of the catalogue",
                [FieldError("/sku", "unknown-sku", f"there is no SKU {sku[:60]!r}")],
            )
        how = f"SKU {sku} chosen"
        return self.correct(
            order.order_id, hold.number, actor, how, lambda it: with_sku(it, hold.subject, sku)
        )

    def _fix_address(self, order: Order, hold: Hold, body: Body, actor: str) -> Order:
        address = parse_address_fix(_known(body, "shipping_address"))
        return self.correct(
            order.order_id,
            hold.number,
            actor,
            "address fixed",
            lambda content: replace(content, shipping_address=address),
        )

    def _fix_contact(self, order: Order, hold: Hold, body: Body, actor: str) -> Order:
        customer = parse_contact_fix(_known(body, "customer"))
        return self.correct(
            order.order_id,
            hold.number,
            actor,
            "contact fixed",
            lambda content: replace(content, customer=customer),
        )

    def _waive(self, order: Order, hold: Hold, body: Body, actor: str) -> Order:
        return self.correct(
            order.order_id, hold.number, actor, "accepted", lambda content: content, waive=True
        )

    def _lift(self, order: Order, hold: Hold, body: Body, actor: str) -> Order:
        return until_unchanged(lambda: self._lifted(order.order_id, hold, actor))

    def _lifted(self, order_id: OrderId, hold: Hold, actor: str) -> Order:
        """Lift the hold and go on: with intake, or with the parcels that wait."""
        order, now = self.orders.load(order_id), self.clock.now()
        after = without_hold(order, hold.number, actor, now, "lifted")
        after = replace(after, stuck=0)
        if not after.blocked and hold.kind is HoldKind.ATTENTION:
            after = restarted(after, actor, now)
        if after.is_final and after.settlement.pending:
            after = after.noted("SettlementRequested", actor, now)
        return self.orders.save(order, resumed(after, actor, now))

    def _own(self, order: Order, hold: Hold, body: Body, actor: str) -> Order:
        owner = _text(body, "owner") or actor
        return until_unchanged(lambda: self._owned(order.order_id, hold, owner, actor))

    def _owned(self, order_id: OrderId, hold: Hold, owner: str, actor: str) -> Order:
        order = self.orders.load(order_id)
        holds = tuple(
            replace(each, owner=owner) if each.number == hold.number else each
            for each in order.holds
        )
        if holds == order.holds:
            return order
        after = replace(order, holds=holds).noted(
            "TaskTaken", actor, self.clock.now(), kind=hold.kind.value, owner=owner
        )
        return self.orders.save(order, after)


_Act = Callable[[ResolveTask, Order, Hold, Body, str], Order]
_ACTS: Mapping[str, _Act] = {
    "cancel": ResolveTask._cancel,
    "reject": ResolveTask._reject,
    "approve": ResolveTask._approve,
    "choose-sku": ResolveTask._choose_sku,
    "fix-address": ResolveTask._fix_address,
    "fix-contact": ResolveTask._fix_contact,
    "accept": ResolveTask._waive,
    "mark-paid": ResolveTask._waive,
    "retry": ResolveTask._lift,
    "release-hold": ResolveTask._lift,
    "acknowledge": ResolveTask._lift,
    "take-owner": ResolveTask._own,
}


def with_sku(content: Content, line_id: str, sku: Sku) -> Content:
    lines = tuple(
        replace(line, sku=sku) if line.line_id == line_id else line for line in content.lines
    )
    return replace(content, lines=lines)


def _text(body: Body, name: str) -> str:
    value = body.get(name, "")
    if not isinstance(value, str) or len(value) > 500:
        raise Invalid(
            f"{name} must be text",
            [FieldError(f"/{name}", "not-text", "must be text of at most 500 characters")],
        )
    return value.strip()


def _known(body: Body, name: str) -> dict[str, Any]:
    """Only the field that the action is about: a form may send more."""
    return {name: body[name]} if name in body else {}
