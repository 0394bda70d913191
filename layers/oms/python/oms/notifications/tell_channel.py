"""Tell the channel how an order went on: taken, ended, money to give back. Each once in effect.

The channel can be looked up, so its adapter looks first, and the mark is set afterwards. Some
platforms know no key, and two who look at once would both tell: so each thing is told by one at
a time. What came from the channel itself is not told to it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from oms.channels.gaps import Notices
from oms.channels.ports import Shop
from oms.channels.push import CancelFacts, PushOutcome, PushRefused, RefundFacts, ToldLine
from oms.kernel.clock import Clock
from oms.kernel.errors import Unavailable
from oms.kernel.ids import OrderId
from oms.kernel.money import Money
from oms.kernel.unchanged import until_unchanged
from oms.orders.content import ChannelState, Content, Line, PaymentTerms
from oms.orders.model import Entry, Order, Stage
from oms.orders.ports import OrderStore

ACTOR = "channels"
_HAS_THE_MONEY = (PaymentTerms.PAID_IN_CHANNEL, PaymentTerms.AUTHORIZED_IN_CHANNEL)
_ENDS = ("OrderCancelled", "OrderRejected")


TURN = timedelta(seconds=60)  # longer than one call to a shop may last


class Turns(Protocol):
    def take(self, name: str, life: timedelta) -> bool:
        """Whether it is the caller's turn at `name`; it ends by itself."""


@dataclass(frozen=True, slots=True)
class TellChannel:
    orders: OrderStore
    shop: Callable[[str, str], Shop]
    turns: Turns
    notices: Notices
    clock: Clock

    def ended(self, order_id: OrderId) -> bool:
        """Tell that the order was cancelled or rejected here. False: there was nothing to tell."""
        order, content = self.orders.load_with_content(order_id)
        end = _newest(order.timeline, _ENDS)
        if order.stage not in (Stage.CANCELLED, Stage.REJECTED) or end is None:
            return False
        by_channel = end.actor.startswith("channel:")
        if by_channel or content.channel_state is not ChannelState.OPEN or _told(order, "end"):
            return False
        facts = CancelFacts(
            external_id=order.external_id,
            lines=_lines(content.lines),
            reason=str(end.detail.get("reason", "")),
            key=f"{order_id}#cancel",
            gives_back=content.terms in _HAS_THE_MONEY,
        )
        return self._tell(
            order, "end", lambda shop: shop.tell_cancelled(facts), owes=facts.gives_back
        )

    def refunded(self, order_id: OrderId, number: int) -> bool:
        """Have the channel give back what refund `number` of the order asks for."""
        order = self.orders.load(order_id)
        asked = next((e for e in refunds_asked(order) if e.detail["number"] == number), None)
        if asked is None or _told(order, f"refund-{number}"):
            return False
        facts = RefundFacts(
            external_id=order.external_id,
            amount=Money(asked.detail["amount_minor"], order.currency),
            before=_asked_before(order, number),
            lines=(),
            reason=str(asked.detail.get("reason", "")),
            key=f"{order_id}#refund#{number}",
        )
        what = f"refund-{number}"
        return self._tell(order, what, lambda shop: shop.tell_refunded(facts), owes=True)

    def acknowledged(self, order_id: OrderId) -> bool:
        """Tell that we have the order."""
        order = self.orders.load(order_id)
        if _told(order, "taken"):
            return False
        return self._tell(order, "taken", lambda shop: shop.acknowledge(order.external_id))

    def _tell(
        self, order: Order, what: str, tell: Callable[[Shop], PushOutcome], owes: bool = False
    ) -> bool:
        """`owes`: the customer waits for money that only the channel can give back."""
        if not self.turns.take(f"{order.order_id}#{what}", TURN):
            raise Unavailable("somebody tells the channel of it at this moment")
        try:
            outcome = tell(self.shop(order.channel, order.account))
        except PushRefused as refusal:
            self._complain(order, what, str(refusal))
            self._note(order.order_id, what, "ChannelNotTold", refusal.code)
            return False
        if outcome is PushOutcome.UNSUPPORTED:
            if owes:  # somebody has to do by hand what nobody can be told
                self._complain(order, what, "it has no way to be told")
            self._note(order.order_id, what, "ChannelNotTold", outcome.value)
            return False
        self._note(order.order_id, what, "ChannelTold", outcome.value)
        return True

    def _note(self, order_id: OrderId, what: str, event: str, outcome: str) -> None:
        until_unchanged(lambda: self._mark(order_id, what, event, outcome))

    def _mark(self, order_id: OrderId, what: str, event: str, outcome: str) -> None:
        order = self.orders.load(order_id)
        if not _told(order, what):
            note = order.noted(event, ACTOR, self.clock.now(), what=what, outcome=outcome)
            self.orders.save(order, note)

    def _complain(self, order: Order, what: str, why: str) -> None:
        self.notices.raise_notice(
            f"told#{order.order_id}#{what}",
            "CHANNEL",
            f"{order.channel}/{order.account} does not know of {what}: {why}",
            {"order_id": order.order_id, "channel": order.channel, "account": order.account},
        )


def refunds_asked(order: Order) -> list[Entry]:
    """The refunds that were asked of the channel, by their entries in the timeline."""
    return [entry for entry in order.timeline if entry.event == "ChannelRefundRequested"]


def _asked_before(order: Order, number: int) -> Money:
    earlier = (e for e in refunds_asked(order) if e.detail["number"] < number)
    return Money(sum(int(e.detail["amount_minor"]) for e in earlier), order.currency)


def _newest(timeline: Iterable[Entry], events: tuple[str, ...]) -> Entry | None:
    return next((e for e in reversed(tuple(timeline)) if e.event in events), None)


def _told(order: Order, what: str) -> bool:
    return any(
        entry.event in ("ChannelTold", "ChannelNotTold") and entry.detail.get("what") == what
        for entry in order.timeline
    )


def _lines(lines: Iterable[Line]) -> tuple[ToldLine, ...]:
    """The channel's lines, each once: one of theirs can be two of ours."""
    units: dict[str, int] = {}
    for line in lines:
        if line.external_id:
            units[line.external_id] = units.get(line.external_id, 0) + line.quantity
    return tuple(ToldLine(name, quantity) for name, quantity in units.items())


def refundable(order: Order, content: Content) -> int:
    """Minor units that the channel may still be asked to give back."""
    if content.terms not in _HAS_THE_MONEY:
        return 0
    asked = sum(int(entry.detail["amount_minor"]) for entry in refunds_asked(order))
    return content.totals.channel_total.amount_minor - max(asked, order.channel_refunded_minor)
