"""Validate: can this order be carried out as it stands, or must a person help?

Everything that is wrong is found in one pass, so a person sees all of it at once. What a
person decided to let pass (`Order.waived`) is not asked again.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from oms.kernel.clock import Clock
from oms.kernel.ids import OrderId, Sku
from oms.kernel.unchanged import until_unchanged
from oms.orders.content import ChannelState, Content, PaymentTerms
from oms.orders.model import HoldKind, Order, Stage
from oms.orders.ports import AddressCheck, OrderStore, Stock
from oms.orders.step import Outcome, Run, already
from oms.orders.transitions import moved

_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)+")


@dataclass(frozen=True, slots=True)
class Finding:
    kind: HoldKind
    reason: str
    subject: str = ""


def findings(
    content: Content, known_skus: Collection[Sku], address_problem: str
) -> Iterator[Finding]:
    """What is wrong with an order, each with the kind of hold that lets a person mend it."""
    for line in content.shippable:
        if not line.sku:
            yield Finding(HoldKind.SKU, "the channel named no SKU", line.line_id)
        elif line.sku not in known_skus:
            yield Finding(HoldKind.SKU, f"unknown SKU {line.sku}", line.line_id)
    if content.shippable and address_problem:
        yield Finding(HoldKind.ADDRESS, address_problem)
    if content.customer.email and not _EMAIL.fullmatch(content.customer.email):
        yield Finding(HoldKind.CUSTOMER, "the e-mail address is malformed")
    if abs(content.totals.variance.amount_minor) > tolerance(content):
        yield Finding(HoldKind.TOTALS, "the channel's total differs from its parts")
    if content.terms is PaymentTerms.UNPAID_IN_CHANNEL:
        yield Finding(HoldKind.PAYMENT, "not paid in the channel yet")


def tolerance(content: Content) -> int:
    """Minor units that rounding may cost: channels round each line and the shipping by
    themselves (a published WooCommerce sample is off by one)."""
    return len(content.lines) + 1


@dataclass(frozen=True, slots=True)
class ValidateOrder:
    orders: OrderStore
    stock: Stock
    addresses: AddressCheck
    clock: Clock

    def __call__(self, order_id: OrderId, run: Run) -> Outcome:
        return until_unchanged(lambda: self._validate(order_id, run))

    def _validate(self, order_id: OrderId, run: Run) -> Outcome:
        order, content = self.orders.load_with_content(order_id)
        if answer := already(order, Stage.VALIDATED, Outcome.VALID):
            return answer
        if content.channel_state is not ChannelState.OPEN:
            return self._adopt(order, content, run)
        found = tuple(f for f in self._findings(content) if f.kind not in order.waived)
        if found:
            return self._hold(order, found, run)
        after = moved(
            order, "validate", run.actor, self.clock.now(), run=run.name, outcome=Outcome.VALID
        )
        self.orders.save(order, after)
        return Outcome.VALID

    def _findings(self, content: Content) -> Iterator[Finding]:
        named = {line.sku for line in content.shippable if line.sku}
        known = self.stock.products(named) if named else {}
        problem = self.addresses.problem(content.shipping_address) if content.shippable else ""
        return findings(content, known.keys(), problem)

    def _hold(self, order: Order, found: tuple[Finding, ...], run: Run) -> Outcome:
        now, after = self.clock.now(), order
        for each in found:
            after = after.with_hold(each.kind, each.reason, now, None, each.subject)
        kinds = sorted({each.kind.value for each in found})
        after = moved(
            after, "hold", run.actor, now, run=run.name, outcome=Outcome.ON_HOLD, kinds=kinds
        )
        self.orders.save(order, after)
        return Outcome.ON_HOLD

    def _adopt(self, order: Order, content: Content, run: Run) -> Outcome:
        """The channel ended the order before we began: take no stock, send nothing."""
        fulfilled = content.channel_state is ChannelState.FULFILLED
        after = moved(
            order,
            "adopt_fulfilled" if fulfilled else "cancel",
            run.actor,
            self.clock.now(),
            run=run.name,
            outcome=Outcome.ENDED,
            reason=f"channel-{content.channel_state.value.lower()}",
        )
        self.orders.save(order, after)
        return Outcome.ENDED
