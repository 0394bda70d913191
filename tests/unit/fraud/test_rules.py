"""The fraud rules: each fires for its own reason, and the sum decides."""

from __future__ import annotations

from dataclasses import replace

import pytest

from oms.fraud.model import RULES, Facts, Policy, score
from oms.kernel.address import Customer
from oms.orders.content import Verdict
from tests.unit.orders.builders import NEW_YORK, content

CLEAN = Facts(content(), 2598, 0, True)
DEAR = replace(CLEAN, amount=100_000)


@pytest.mark.parametrize(
    ("facts", "reasons", "verdict"),
    [
        (CLEAN, (), Verdict.ACCEPT),
        (replace(DEAR, first_order=False), ("high-value",), Verdict.ACCEPT),
        (DEAR, ("high-value", "first-order-of-high-value"), Verdict.REVIEW),
        (replace(CLEAN, recent_orders=4), ("many-orders-in-a-day",), Verdict.ACCEPT),
        (
            replace(CLEAN, content=content(card_country="NG")),
            ("card-from-another-country",),
            Verdict.ACCEPT,
        ),
        (
            replace(CLEAN, content=content(billing_address=replace(NEW_YORK, country="CA"))),
            ("billing-in-another-country",),
            Verdict.ACCEPT,
        ),
        (
            replace(CLEAN, content=content(customer=Customer("E", "e@MAILINATOR.com"))),
            ("disposable-mail",),
            Verdict.REVIEW,
        ),
        (
            replace(CLEAN, content=content(channel_risk=Verdict.REVIEW)),
            ("channel-says-review",),
            Verdict.REVIEW,
        ),
        (
            replace(CLEAN, content=content(channel_risk=Verdict.REJECT)),
            ("channel-says-reject",),
            Verdict.REJECT,
        ),
    ],
)
def test_a_rule_fires_for_its_reason(
    facts: Facts, reasons: tuple[str, ...], verdict: Verdict
) -> None:
    said = score(facts, Policy())
    assert (said.reasons, said.verdict) == (reasons, verdict)
    assert said.score == sum(rule.points for rule in RULES if rule.name in reasons)


def test_the_thresholds_are_the_merchant_s() -> None:
    assert score(DEAR, Policy(review_at=61)).verdict is Verdict.ACCEPT
    assert score(DEAR, Policy(reject_at=60)).verdict is Verdict.REJECT


def test_no_two_rules_share_a_name() -> None:
    assert len({rule.name for rule in RULES}) == len(RULES)
