"""Only Stripe's own bytes, signed lately, are believed; nothing a stranger sends raises."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import stripe
from hypothesis import given
from hypothesis import strategies as st

from local.standins.stripe_webhooks import signature
from oms.payments.stripe_signature import is_signed
from tests.recorded import PAYLOADS

BODY = b'{"id": "evt_1"}'
AT = datetime(2026, 11, 21, 19, 28, tzinfo=UTC)
STAMP = int(AT.timestamp())


@pytest.fixture
def published() -> dict[str, Any]:
    """The known-answer vector that Stripe's own SDK tests publish."""
    file = PAYLOADS / "signatures" / "vectors.json"
    vector: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))["stripe"][0]
    return vector


def test_the_published_vector_verifies_at_its_time(published: dict[str, Any]) -> None:
    header = f"t={published['timestamp']},v1={published['expected_v1']}"
    at = datetime.fromtimestamp(published["timestamp"], UTC)
    body = published["body"].encode()
    assert is_signed(body, header, [published["secret"]], at)
    assert not is_signed(body + b" ", header, [published["secret"]], at)
    assert not is_signed(body, header, [published["secret"]], at + timedelta(seconds=301))


def test_what_the_official_sdk_signs_verifies() -> None:
    header = stripe.WebhookSignature.generate_signature_header(BODY.decode(), "whsec_a", STAMP)
    assert is_signed(BODY, header, ["whsec_a"], AT)


def test_what_the_stand_in_signs_passes_the_official_verifier() -> None:
    now = int(datetime.now(UTC).timestamp())
    header = signature(BODY, "whsec_a", now)
    assert stripe.WebhookSignature.verify_header(BODY, header, "whsec_a", 300)


def test_either_secret_and_either_signature_will_do_while_a_secret_is_rolled() -> None:
    old, new = signature(BODY, "whsec_old", STAMP), signature(BODY, "whsec_new", STAMP)
    both = f"{old},{new.split(',')[1]}"
    assert is_signed(BODY, both, ["whsec_new"], AT)
    assert is_signed(BODY, both, ["whsec_old"], AT)
    assert is_signed(BODY, old, ["whsec_new", "whsec_old"], AT)
    assert not is_signed(BODY, both, ["whsec_other"], AT)


@pytest.mark.parametrize("seconds", [-300, 0, 300])
def test_five_minutes_either_way_are_tolerated(seconds: int) -> None:
    assert is_signed(BODY, signature(BODY, "s", STAMP + seconds), ["s"], AT)


@pytest.mark.parametrize("seconds", [-301, 301, 86_400])
def test_an_old_or_future_timestamp_is_refused(seconds: int) -> None:
    assert not is_signed(BODY, signature(BODY, "s", STAMP + seconds), ["s"], AT)


def test_no_secret_or_an_empty_one_verifies_nothing() -> None:
    assert not is_signed(BODY, signature(BODY, "", STAMP), ["", "  "], AT)
    assert not is_signed(BODY, signature(BODY, "s", STAMP), [], AT)


def test_the_scheme_matters() -> None:
    assert not is_signed(BODY, signature(BODY, "s", STAMP).replace("v1=", "v0="), ["s"], AT)


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        ",",
        "t=",
        "t=1,",
        "v1=aa",
        f"t={STAMP}",
        f"t={STAMP},v1=ключ",
        f"t={STAMP},v1=\udcff",
        f"t=-{STAMP},v1=aa",
        f"t={STAMP},t={STAMP},v1=aa",
        f"t={'9' * 4000},v1=aa",
        f"t={'9' * 400},v1=aa",
        "t=١٢٣,v1=aa",
        "t=nan,v1=aa",
        f"t={STAMP}," + "v1=aa," * 10_000,
    ],
)
def test_malformed_headers_are_just_not_signed(header: str | None) -> None:
    assert is_signed(BODY, header, ["s"], AT) is False


def test_two_timestamps_are_refused_even_when_one_was_signed() -> None:
    assert not is_signed(BODY, f"t=1,{signature(BODY, 's', STAMP)}", ["s"], AT)


def test_a_body_that_is_not_utf8_is_judged_by_its_bytes() -> None:
    body = b"\xff\xfe\x00"
    assert is_signed(body, signature(body, "s", STAMP), ["s"], AT)
    assert not is_signed(body, "t=1,v1=aa", ["s"], AT)


@given(st.binary(max_size=50), st.text(max_size=80), st.lists(st.text("ab ", max_size=3)))
def test_nothing_raises_and_nothing_passes(body: bytes, header: str, secrets: list[str]) -> None:
    assert is_signed(body, header, secrets, AT) is False
    assert is_signed(body, f"t={STAMP},v1={header}", secrets, AT) is False
