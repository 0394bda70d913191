"""The samples under `events/` are what they say: signed with the local secret, or not."""

from __future__ import annotations

import pytest

from oms.channels import registry
from oms.channels.model import Kind, Unmappable
from oms.kernel.errors import Malformed
from oms.kernel.ids import is_ulid
from oms.platform import gate
from tests.contracts.channels.case import NOW
from tests.unit.channels.samples import ACCOUNTS, EVENTS, event

OUTCOMES = {
    "shopify_order": "order",
    "shopify_order_base64": "order",
    "shopify_order_new_header_names": "order",
    "shopify_bad_signature": "not verified",
    "shopify_zero_quantity": "invalid-quantity",
    "shopify_order_deleted": "notice",
    "woocommerce_order": "order",
    "woocommerce_order_deleted": "notice",
    "woocommerce_ping": "ping",
    "not_json": "malformed",
}


def received(name: str) -> str:
    delivery = event(f"receive_webhook/{name}")
    where = delivery["pathParameters"]
    channel, account = registry.channel(where["channel"]), ACCOUNTS[where["channel"]]
    raw, headers = gate.body_bytes(delivery), delivery["headers"]
    if channel.is_ping(raw):
        return "ping"
    if not channel.verify(raw, headers, account, NOW):
        return "not verified"
    try:
        parsed = gate.parse(raw)
        if (kind := channel.identify(raw, headers, parsed, account).kind) is not Kind.ORDER:
            return kind.value.lower()
        channel.map_order(parsed, account)
    except Malformed:
        return "malformed"
    except Unmappable as unfit:
        return unfit.code
    return "order"


@pytest.mark.parametrize("name, outcome", OUTCOMES.items())
def test_a_sample_delivery_ends_as_its_name_says(name: str, outcome: str) -> None:
    assert received(name) == outcome


def test_every_sample_delivery_is_tried() -> None:
    assert {path.stem for path in (EVENTS / "receive_webhook").glob("*.json")} >= set(OUTCOMES)


def test_sample_order_ids_are_well_formed() -> None:
    for path in (EVENTS / "manage_orders").glob("*.json"):
        order_id = event(f"manage_orders/{path.stem}")["pathParameters"].get("order_id")
        assert order_id is None or is_ulid(order_id), path.name


def test_both_forms_of_a_body_are_the_same_bytes() -> None:
    plain, encoded = (
        gate.body_bytes(event(f"receive_webhook/shopify_order{form}")) for form in ("", "_base64")
    )
    assert plain == encoded
