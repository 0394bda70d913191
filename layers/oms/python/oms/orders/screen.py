"""Screen: is this order what it says it is? Before any money moves, with the stock held."""

from __future__ import annotations

from dataclasses import dataclass, replace

from oms.kernel.clock import Clock
from oms.kernel.ids import OrderId
from oms.kernel.unchanged import until_unchanged
from oms.orders.agenda import Timers
from oms.orders.content import Verdict
from oms.orders.model import HoldKind, Order, Screening, Stage
from oms.orders.ports import FraudScreen, OrderStore
from oms.orders.step import Outcome, Run, already
from oms.orders.transitions import moved, screened

_OUTCOMES = {
    Verdict.ACCEPT: Outcome.ACCEPTED,
    Verdict.REVIEW: Outcome.IN_REVIEW,
    Verdict.REJECT: Outcome.REJECTED,
}


@dataclass(frozen=True, slots=True)
class ScreenFraud:
    orders: OrderStore
    scorer: FraudScreen
    clock: Clock
    timers: Timers

    def __call__(self, order_id: OrderId, run: Run) -> Outcome:
        return until_unchanged(lambda: self._screen(order_id, run))

    def _screen(self, order_id: OrderId, run: Run) -> Outcome:
        order, content = self.orders.load_with_content(order_id)
        if order.hold(HoldKind.REVIEW):
            return Outcome.IN_REVIEW
        if answer := already(order, Stage.AUTHORIZED, Outcome.ACCEPTED):
            return answer
        if order.screening:
            return Outcome.ACCEPTED if screened(order) else _OUTCOMES[order.screening.verdict]
        screening = self.scorer.screen(order, content)
        self.orders.save(order, self._recorded(order, screening, run))
        return _OUTCOMES[screening.verdict]

    def _recorded(self, order: Order, screening: Screening, run: Run) -> Order:
        now, outcome = self.clock.now(), _OUTCOMES[screening.verdict]
        after = moved(
            replace(order, screening=screening),
            "screen",
            run.actor,
            now,
            run=run.name,
            outcome=outcome,
            score=screening.score,
            reasons=list(screening.reasons),
        )
        if screening.verdict is Verdict.REVIEW:
            reason = ", ".join(screening.reasons)
            return after.with_hold(HoldKind.REVIEW, reason, now, now + self.timers.review)
        return after
