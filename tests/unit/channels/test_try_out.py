"""Whoever sets up a channel sees what a document would become, before anything is sent."""

from __future__ import annotations

import json

import pytest

from oms.channels.generic import inbound
from oms.channels.try_out import TryOut
from oms.kernel.errors import Malformed
from tests.contracts.channels.generic import CASE, document, message

TRY = TryOut(lambda name: inbound)  # type: ignore[arg-type, return-value]


def test_a_document_that_fits_is_shown_as_the_order_it_becomes() -> None:
    found = TRY(CASE.account, message())
    assert (found["fits"], found["problem"]) == (True, None)
    order = found["order"]
    assert (order["external_id"], order["channel_state"]) == ("SOC-81723-A", "OPEN")
    assert [line["sku"] for line in order["lines"]] == ["MUG-BLUE", "CUP-RED", ""]
    assert order["totals"]["channel_total"] == {"amount_minor": 6010, "currency": "EUR"}
    assert order["totals"]["agree"] is True
    assert json.dumps(found)


def test_totals_that_would_hold_the_order_are_shown() -> None:
    given = document()
    given["order"]["to_pay"] = 9000
    totals = TRY(CASE.account, json.dumps(given).encode())["order"]["totals"]
    assert (totals["agree"], totals["variance"]["amount_minor"]) == (False, 2990)


def test_a_document_that_does_not_fit_says_why_and_where() -> None:
    given = document()
    given["order"]["items"][0]["count"] = 0
    found = TRY(CASE.account, json.dumps(given).encode())
    assert (found["fits"], found["order"]) == (False, None)
    assert found["problem"]["code"] == "invalid-quantity"
    assert found["problem"]["pointer"] == "/order/items/0/count"


def test_what_is_no_json_is_malformed() -> None:
    with pytest.raises(Malformed):
        TRY(CASE.account, b"ISA*00*")
