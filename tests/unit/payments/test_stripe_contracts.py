"""A Stripe event is read for whom to look up, and for nothing else."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import ValidationError

from oms.payments.contracts import StripeEvent
from tests.recorded import PAYLOADS

INTENT_EVENT = b"""{"id": "evt_1", "object": "event", "created": 1648320022,
  "type": "payment_intent.succeeded", "data": {"object": {"id": "pi_1",
  "object": "payment_intent", "amount": 2000,
  "metadata": {"oms_intent": "A#pay#1", "oms_order": "A"}}}}"""


@pytest.fixture
def recorded() -> list[Path]:
    """Events as the Stripe CLI recorded them."""
    return sorted(file for file in (PAYLOADS / "stripe").iterdir() if file.name[0] in "cp")


def test_an_event_about_our_payment_names_payment_order_and_intent() -> None:
    hint = StripeEvent.model_validate_json(INTENT_EVENT).to_domain()
    assert (hint.event_id, hint.kind) == ("evt_1", "payment_intent.succeeded")
    assert (hint.provider_id, hint.order_id, hint.intent) == ("pi_1", "A", "A#pay#1")
    assert hint.at == datetime(2022, 3, 26, 18, 40, 22, tzinfo=UTC)


def test_a_charge_leads_to_its_payment_intent() -> None:
    body = INTENT_EVENT.replace(b'"pi_1"', b'"ch_1", "payment_intent": "pi_9"').replace(
        b'"payment_intent",', b'"charge",'
    )
    assert StripeEvent.model_validate_json(body).to_domain().provider_id == "pi_9"


def test_every_recorded_event_is_read(recorded: list[Path]) -> None:
    for file in recorded:
        hint = StripeEvent.model_validate_json(file.read_bytes()).to_domain()
        assert hint.kind and hint.event_id.startswith("evt_")
        assert hint.order_id == hint.intent == ""


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"\xff",
        b'{"id": "evt_1"}',
        INTENT_EVENT.replace(b"1648320022", b"-1"),
        INTENT_EVENT.replace(b"1648320022", b"99999999999999999999"),
        INTENT_EVENT.replace(b'"evt_1"', b'""'),
        INTENT_EVENT.replace(b'"pi_1"', b"7"),
        INTENT_EVENT.replace(b'"A#pay#1"', b'{"a": 1}'),
    ],
)
def test_what_is_no_event_is_refused(body: bytes) -> None:
    with pytest.raises(ValidationError):
        StripeEvent.model_validate_json(body)
