"""The demo: its data, what nodes and carrier do next, and the comparison of journeys."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from local.client import carrier_message, shopify_message, woocommerce_message
from local.demo import journey, people
from local.demo.loader import nodes, receipt_lines
from local.demo.samples import Help, Sample, numbered, renumbered, samples
from local.drivers.moves import NodeMove, node_moves, scans_due
from oms.channels.registry import CHANNELS, channel
from oms.tracking.signature import verify
from tests.contracts.channels.case import case_of

CATALOGUE = json.loads(
    (Path(__file__).parents[3] / "local" / "demo" / "catalogue.json").read_text()
)
NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
COUNTRIES = {"WH-EAST": "US", "WH-WEST": "US", "WH-EU": "NL"}


def _sample(**changes: Any) -> Sample:
    given = {"name": "n", "title": "t", "via": "api", "body": {}, "arrives": "CLOSED"}
    return Sample(**(given | changes))


def _entry(seq: int, event: str, seconds: float, **detail: Any) -> dict[str, Any]:
    at = (NOW + timedelta(seconds=seconds)).isoformat()
    return {"seq": seq, "event": event, "at": at, "actor": "x", "detail": detail}


def _order(*events: str, status: str = "CLOSED", **changes: Any) -> dict[str, Any]:
    timeline = [_entry(seq, event, seq - 1) for seq, event in enumerate(events, 1)]
    return {"status": status, "timeline": timeline, "shipments": []} | changes


# --- journeys


def test_a_journey_is_read_from_the_timeline() -> None:
    order = _order("OrderCaptured", "OrderValidated", "LabelPurchased", "OrderClosed")
    assert journey.stops(order) == [
        journey.Stop("CAPTURED", 0.0),
        journey.Stop("VALIDATED", 1.0),
        journey.Stop("CLOSED", 3.0),
    ]


def test_a_review_shows_and_two_parcels_are_one_stop() -> None:
    order = _order("OrderCaptured", "FraudScreened", "ShipmentShipped", "ShipmentShipped")
    order["timeline"][1]["detail"] = {"outcome": "IN_REVIEW"}
    statuses = [stop.status for stop in journey.stops(order)]
    assert statuses == ["CAPTURED", "IN_REVIEW", "SHIPPED"]


def test_an_order_that_arrived_has_no_complaints() -> None:
    order = _order("OrderCaptured", "OrderClosed")
    assert journey.complaints(_sample(), order, journey.stops(order), COUNTRIES) == []


@pytest.mark.parametrize(
    ("sample", "order", "complaint"),
    [
        (_sample(), _order("OrderCaptured", status="SHIPPED"), "is SHIPPED, should be CLOSED"),
        (_sample(passes=("ON_HOLD",)), _order("OrderCaptured"), "was never ON_HOLD"),
        (
            _sample(shipments=2),
            _order("OrderCaptured", shipments=[{"node": "WH-EAST", "state": "DELIVERED"}]),
            "should be 2 nodes",
        ),
        (
            _sample(from_country=("NL",)),
            _order("OrderCaptured", shipments=[{"node": "WH-WEST", "state": "DELIVERED"}]),
            "should be in NL",
        ),
    ],
)
def test_each_way_of_not_arriving_is_told(sample: Sample, order: Any, complaint: str) -> None:
    problems = journey.complaints(sample, order, journey.stops(order), COUNTRIES)
    assert len(problems) == 1
    assert complaint in problems[0]


def test_a_gap_in_the_timeline_is_told() -> None:
    order = _order("OrderCaptured", "OrderClosed")
    order["timeline"][1]["seq"] = 3
    assert "gaps" in journey.complaints(_sample(), order, journey.stops(order), COUNTRIES)[0]


def test_the_line_of_a_failed_order_says_what_is_wrong() -> None:
    line = journey.line(_sample(), [journey.Stop("CAPTURED", 0)], ["is SHIPPED"])
    assert line.startswith("FAIL")
    assert line.endswith("[is SHIPPED]")


# --- the person


def test_a_person_helps_with_the_task_that_the_sample_foresees() -> None:
    help = Help("SKU", "choose-sku", {"sku": "MUG-WHITE"})
    known = {"O1": _sample(people=(help,))}
    assert people.help_wanted({"order_id": "O1", "kind": "SKU"}, known) == help
    assert people.help_wanted({"order_id": "O1", "kind": "ADDRESS"}, known) is None
    assert people.help_wanted({"order_id": None, "kind": "QUARANTINE"}, known) is None


# --- nodes and carrier


def _shipment(*actions: Any, **parcel: Any) -> dict[str, Any]:
    return {
        "shipment_id": "S-1",
        "state": "RELEASED",
        "parcels": [parcel] if parcel else [],
        "allowed_actions": list(actions),
    }


def test_a_node_does_the_furthest_thing_it_may() -> None:
    order = {"shipments": [_shipment({"name": "pick"}, {"name": "reject"})]}
    assert node_moves(order) == [NodeMove("S-1", "pick")]
    assert node_moves({"shipments": [_shipment("reject", "pack")]}) == [NodeMove("S-1", "pack")]
    assert node_moves({"shipments": [_shipment("reject")]}) == []


def _shipped(seconds_ago: float, *seen: str, carrier: str = "offline") -> dict[str, Any]:
    parcel = {
        "carrier": carrier,
        "tracking_number": "OFL1",
        "shipped_at": (NOW - timedelta(seconds=seconds_ago)).isoformat(),
        "scans": [{"status": status} for status in seen],
    }
    return {"shipments": [_shipment(**parcel)], "shipping_address": {"city": "Oslo"}}


def _statuses(order: dict[str, Any]) -> list[str]:
    return [event["status"] for event in scans_due(order, NOW)]


def test_scans_come_one_after_the_other() -> None:
    assert _statuses(_shipped(0.5)) == []
    assert _statuses(_shipped(1.5)) == ["PICKED_UP"]
    assert _statuses(_shipped(4, "PICKED_UP")) == ["IN_TRANSIT"]
    assert _statuses(_shipped(60, "PICKED_UP", "IN_TRANSIT")) == ["OUT_FOR_DELIVERY", "DELIVERED"]


def test_a_delivered_parcel_and_another_carriers_are_left_alone() -> None:
    done = ("PICKED_UP", "IN_TRANSIT", "OUT_FOR_DELIVERY", "DELIVERED")
    assert _statuses(_shipped(60, *done)) == []
    assert _statuses(_shipped(60, carrier="ups")) == []
    assert scans_due({"shipments": [_shipment(carrier="offline", shipped_at=None)]}, NOW) == []


def test_a_scan_that_is_sent_again_keeps_its_id() -> None:
    first, again = (scans_due(_shipped(ago), NOW)[0] for ago in (1.5, 2.5))
    assert first["id"] == again["id"]


# --- signatures


def test_the_carrier_signs_as_the_carrier_package_checks() -> None:
    body = b'{"events":[]}'
    _, headers = carrier_message(body, NOW.timestamp())
    assert verify(headers["X-Carrier-Signature"], body, ["local-carrier-secret"], NOW)


def test_channels_sign_the_raw_bytes() -> None:
    """Values from `openssl dgst -sha256 -hmac local-secret -binary | base64`."""
    expected = "ME2vL8xoivhEvWd4ETVQ9PAciioFuVg9KPJ94fqr2as="
    assert shopify_message(b"{}")[1]["X-Shopify-Hmac-Sha256"] == expected
    assert woocommerce_message(b"{}")[1]["X-WC-Webhook-Signature"] == expected


# --- data


def test_the_demo_has_its_nodes() -> None:
    kinds = sorted(node.kind.value for node in nodes())
    assert kinds == ["STORE", "STORE", "THIRD_PARTY", "WAREHOUSE", "WAREHOUSE", "WAREHOUSE"]
    assert {node.address.country for node in nodes()} == {"US", "NL", "DE"}


def test_no_sku_is_in_the_catalogue_twice() -> None:
    skus = [row["sku"] for row in (*CATALOGUE["own"], *CATALOGUE["recorded"])]
    assert len(skus) == len(set(skus))


def test_recorded_skus_lie_at_every_warehouse() -> None:
    recorded = {row["sku"] for row in CATALOGUE["recorded"]}
    for node in nodes():
        kept = {line["sku"] for line in receipt_lines(node, CATALOGUE)}
        assert (recorded <= kept) == (node.kind.value == "WAREHOUSE")


def named_skus(sample: Sample) -> list[str]:
    """The SKUs that a sample orders, in whatever words its channel has."""
    if sample.via not in CHANNELS or sample.via == "edi":
        return [line["sku"] for line in sample.body["lines"]]
    account = case_of(sample.via).account
    return [line.sku for line in channel(sample.via).map_order(sample.body, account).content.lines]


def test_samples_order_what_the_catalogue_has() -> None:
    skus = {row["sku"] for row in CATALOGUE["own"]}
    for sample in samples():
        assert set(named_skus(sample)) <= skus | {""}, sample.name
        chosen = {help.fields["sku"] for help in sample.people if "sku" in help.fields}
        assert chosen <= skus


def test_the_two_node_sample_needs_two_nodes() -> None:
    rows = {row["sku"]: row for row in CATALOGUE["own"]}
    sample = next(each for each in samples() if each.shipments == 2)
    places = [set(rows[line["sku"]]["only"]) for line in sample.body["lines"]]
    assert not set.intersection(*places)


def test_samples_use_addresses_that_reach_nobody() -> None:
    for sample in samples():
        mails = re.findall(r"[\w.]+@([\w.]+)", json.dumps(sample.body))
        assert mails or sample.via in ("walmart", "ebay", "edi", "bigcommerce", "square")
        assert all(mail.endswith(("example.com", ".example")) for mail in mails), sample.name


@pytest.mark.parametrize("via", ["shopify", "woocommerce", "api"])
def test_another_run_sends_other_orders(via: str) -> None:
    sample = next(each for each in samples() if each.via == via)
    assert renumbered(sample.body, via, 0) == sample.body
    key = "external_id" if via == "api" else "id"
    ids = {renumbered(sample.body, via, run)[key] for run in (0, 1, 2)}
    assert len(ids) == 3


def test_every_channel_is_in_the_samples() -> None:
    assert {sample.via for sample in samples()} == {*CHANNELS, "api"}


@pytest.mark.parametrize(
    "sample", [each for each in samples() if each.numbered], ids=lambda each: each.name
)
def test_another_run_of_what_a_stand_in_sells_is_another_order(sample: Sample) -> None:
    runs = (0, 1_700_000_001, 1_700_000_002)
    bodies = [numbered(sample.body, sample.numbered, run) for run in runs]
    assert bodies[0] == sample.body
    assert len({json.dumps(body, sort_keys=True) for body in bodies}) == 3
