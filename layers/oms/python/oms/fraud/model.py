"""The built-in fraud screen: a few rules anybody can read, as data.

Each rule that fires adds its points and its name; the sum decides. Thresholds and rules are a
policy of the merchant, and the reasons are shown to whoever reviews the order.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from oms.orders.content import Content, Verdict
from oms.orders.model import Screening


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of an order when it is screened. Amounts in minor units of its currency;
    `recent_orders` counts the customer's other orders of the last day."""

    content: Content
    amount: int
    recent_orders: int
    first_order: bool


@dataclass(frozen=True, slots=True)
class Policy:
    """Points from which an order is reviewed and rejected, and the figures rules use."""

    review_at: int = 50
    reject_at: int = 100
    high_value: int = 100_000
    velocity: int = 4
    disposable_domains: frozenset[str] = frozenset(
        {
            "mailinator.com",
            "guerrillamail.com",
            "10minutemail.com",
            "yopmail.com",
            "tempmail.dev",
            "trashmail.com",
            "sharklasers.com",
        }
    )


@dataclass(frozen=True, slots=True)
class Rule:
    """`fires` tells whether the rule speaks against an order; `points` how loudly."""

    name: str
    points: int
    fires: Callable[[Facts, Policy], bool]


def _high_value(facts: Facts, policy: Policy) -> bool:
    return facts.amount >= policy.high_value


def _first_of_high_value(facts: Facts, policy: Policy) -> bool:
    return facts.first_order and _high_value(facts, policy)


def _velocity(facts: Facts, policy: Policy) -> bool:
    return facts.recent_orders >= policy.velocity


def _card_country(facts: Facts, policy: Policy) -> bool:
    card, address = facts.content.card_country, facts.content.shipping_address
    return bool(card and address and card != address.country)


def _countries_differ(facts: Facts, policy: Policy) -> bool:
    billing, shipping = facts.content.billing_address, facts.content.shipping_address
    return bool(billing and shipping and billing.country != shipping.country)


def _disposable_mail(facts: Facts, policy: Policy) -> bool:
    domain = facts.content.customer.email.rpartition("@")[2].lower()
    return domain in policy.disposable_domains


def _channel_review(facts: Facts, policy: Policy) -> bool:
    return facts.content.channel_risk is Verdict.REVIEW


def _channel_reject(facts: Facts, policy: Policy) -> bool:
    return facts.content.channel_risk is Verdict.REJECT


RULES: tuple[Rule, ...] = (
    Rule("high-value", 30, _high_value),
    Rule("first-order-of-high-value", 30, _first_of_high_value),
    Rule("many-orders-in-a-day", 40, _velocity),
    Rule("card-from-another-country", 40, _card_country),
    Rule("billing-in-another-country", 20, _countries_differ),
    Rule("disposable-mail", 50, _disposable_mail),
    Rule("channel-says-review", 50, _channel_review),
    Rule("channel-says-reject", 100, _channel_reject),
)


def score(facts: Facts, policy: Policy, rules: tuple[Rule, ...] = RULES) -> Screening:
    """The sum of the rules that fire, the verdict it means, and their names."""
    fired = [rule for rule in rules if rule.fires(facts, policy)]
    points = sum(rule.points for rule in fired)
    verdict = Verdict.ACCEPT
    if points >= policy.review_at:
        verdict = Verdict.REVIEW
    if points >= policy.reject_at:
        verdict = Verdict.REJECT
    return Screening(points, verdict, tuple(rule.name for rule in fired))
