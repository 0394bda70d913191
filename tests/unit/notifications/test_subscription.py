"""Subscriptions: what they want, which secrets sign, when their server has failed for too long."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest

from oms.notifications.subscription import (
    Health,
    SigningSecret,
    Subscription,
    SubscriptionId,
    TooManySecrets,
    new_secret,
)

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def made(*events: str) -> Subscription:
    return Subscription(
        SubscriptionId("hook-1"),
        "https://hooks.example.com/",
        events or ("*",),
        (SigningSecret("whsec_b2xk"),),
        NOW,
        "ops",
    )


def test_it_hears_what_it_asked_for() -> None:
    assert made("OrderConfirmed").wants("OrderConfirmed")
    assert not made("OrderConfirmed").wants("OrderCancelled")
    assert made("*").wants("AnEventOfTomorrow")


def test_a_secret_is_what_the_scheme_asks_for() -> None:
    secret = new_secret()
    assert secret.startswith("whsec_") and secret != new_secret()
    assert 24 <= len(base64.b64decode(secret.removeprefix("whsec_"), validate=True)) <= 64


def test_the_old_secret_signs_along_for_a_day() -> None:
    after = made().rotated("whsec_bmV3", NOW)
    assert after.signing(NOW) == ("whsec_bmV3", "whsec_b2xk")
    assert after.signing(NOW + DAY - timedelta(seconds=1)) == ("whsec_bmV3", "whsec_b2xk")
    assert after.signing(NOW + DAY) == ("whsec_bmV3",)


def test_a_second_rotation_breaks_no_promise() -> None:
    once = made().rotated("whsec_bmV3", NOW)
    twice = once.rotated("whsec_bmV3ZXI=", NOW + timedelta(hours=1))
    assert twice.signing(NOW + timedelta(hours=23)) == (
        "whsec_bmV3ZXI=",
        "whsec_bmV3",
        "whsec_b2xk",
    )
    assert len(twice.signing(NOW + timedelta(hours=24.5))) == 2
    assert len(twice.signing(NOW + 2 * DAY)) == 1


def test_who_rotates_all_the_time_is_asked_to_wait() -> None:
    after = made()
    for _ in range(3):
        after = after.rotated(new_secret(), NOW)
    with pytest.raises(TooManySecrets):
        after.rotated(new_secret(), NOW)
    assert len(after.rotated(new_secret(), NOW + DAY).secrets) == 2


def test_no_secret_is_shown_by_accident() -> None:
    assert "b2xk" not in repr(made())


def test_a_server_that_fails_five_times_or_dawdles_makes_nobody_wait() -> None:
    assert not Health(failures=4).must_wait
    assert Health(failures=5).must_wait
    assert Health(is_slow=True).must_wait


def test_three_days_of_failure_are_too_long() -> None:
    failing = Health(failing_since=NOW, failures=9)
    assert not failing.has_failed_for_long(NOW + 3 * DAY - timedelta(seconds=1))
    assert failing.has_failed_for_long(NOW + 3 * DAY)
    assert not Health(last_success_at=NOW).has_failed_for_long(NOW + 9 * DAY)
