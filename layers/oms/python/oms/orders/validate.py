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
from oms.orders.content import ChannelState, Content, Line, PaymentTerms
from oms.orders.credit import ClaimCredit, Claimed
from oms.orders.hand_over import HandOver, TooManyAtOnce
from oms.orders.model import HoldKind, Order, Stage
from oms.orders.ports import AddressCheck, OrderStore, Stock
from oms.orders.step import Outcome, Run, already
from oms.orders.transitions import moved

# What becomes of an order that the channel ended before we began; any other is cancelled.
_ADOPTED = {
    ChannelState.FULFILLED: "adopt_fulfilled",
    ChannelState.ELSEWHERE: "adopt_elsewhere",
}
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
    yield from sku_findings(content, known_skus)
    if content.shippable and address_problem:
        yield Finding(HoldKind.ADDRESS, address_problem)
    if content.customer.email and not _EMAIL.fullmatch(content.customer.email):
        yield Finding(HoldKind.CUSTOMER, "the e-mail address is malformed")
    if abs(content.totals.variance.amount_minor) > tolerance(content):
        yield Finding(HoldKind.TOTALS, "the channel's total differs from its parts")
    if content.terms is PaymentTerms.UNPAID_IN_CHANNEL:
        yield Finding(HoldKind.PAYMENT, "not paid in the channel yet")


def _of_credit(credit: Claimed) -> Iterator[Finding]:
    if credit.problem:
        yield Finding(HoldKind.CREDIT, credit.problem)


def sku_findings(content: Content, known_skus: Collection[Sku]) -> Iterator[Finding]:
    """The lines that name no product we know."""
    for line in content.shippable:
        if not line.sku:
            reason = f"the channel named no SKU{_there(line)}"
            yield Finding(HoldKind.SKU, reason, line.line_id)
        elif line.sku not in known_skus:
            reason = f"unknown SKU {line.sku}{_there(line)}"
            yield Finding(HoldKind.SKU, reason, line.line_id)


def _there(line: Line) -> str:
    """Which line it is in the channel: of an EDI order, the segment and its place."""
    return f" in its line {line.external_id}" if line.external_id else ""


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
    hand_over: HandOver
    credit: ClaimCredit

    def __call__(self, order_id: OrderId, run: Run) -> Outcome:
        return until_unchanged(lambda: self._validate(order_id, run))

    def _validate(self, order_id: OrderId, run: Run) -> Outcome:
        order, content = self.orders.load_with_content(order_id)
        if answer := already(order, Stage.VALIDATED, Outcome.VALID):
            return answer
        if content.channel_state is ChannelState.HANDED_OVER:
            return self._hand_over(order, content, run)
        if content.channel_state is not ChannelState.OPEN:
            return self._adopt(order, content, run)
        credit = self.credit(order)
        every = [*self._findings(content), *_of_credit(credit)]
        if found := tuple(each for each in every if each.kind not in order.waived):
            return self._hold(order, found, run)
        after = moved(
            order, "validate", run.actor, self.clock.now(), run=run.name, outcome=Outcome.VALID
        )
        self.orders.save(order, after, also=credit.writes)
        return Outcome.VALID

    def _findings(self, content: Content) -> Iterator[Finding]:
        problem = self.addresses.problem(content.shipping_address) if content.shippable else ""
        return findings(content, self._known(content), problem)

    def _known(self, content: Content) -> Collection[Sku]:
        named = {line.sku for line in content.shippable if line.sku}
        return self.stock.products(named).keys() if named else ()

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

    def _hand_over(self, order: Order, content: Content, run: Run) -> Outcome:
        """The goods have left: only what keeps us from booking that waits for a person."""
        found = tuple(sku_findings(content, self._known(content)))
        if not found and (problem := self.hand_over.problem(order, content)):
            found = (Finding(HoldKind.ATTENTION, problem),)
        if found:
            return self._hold(order, found, run)
        try:
            return self.hand_over(order, content, run)
        except TooManyAtOnce:
            why = "too many lose units to this sale: give their promises up by hand, then retry"
            return self._hold(order, (Finding(HoldKind.ATTENTION, why),), run)

    def _adopt(self, order: Order, content: Content, run: Run) -> Outcome:
        """The channel ended the order before we began: take no stock, send nothing."""
        after = moved(
            order,
            _ADOPTED.get(content.channel_state, "cancel"),
            run.actor,
            self.clock.now(),
            run=run.name,
            outcome=Outcome.ENDED,
            reason=f"channel-{content.channel_state.value.lower()}",
        )
        self.orders.save(order, after)
        return Outcome.ENDED
