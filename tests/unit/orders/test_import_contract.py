"""One order of the past, in our own shape or a channel's: what is taken, and what is refused."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from oms.channels.shopify import inbound as shopify
from oms.kernel.ids import ulid_time
from oms.orders.content import ChannelState, PaymentTerms
from oms.orders.import_contracts import channel_reader, own_reader
from oms.orders.import_orders import PastOrder, Unfit, past_order
from oms.orders.model import Stage
from oms.platform.gate import parse
from tests.unit.channels.samples import ACCOUNTS, encode, sample

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
Json = dict[str, Any]


def usd(minor: int) -> Json:
    return {"amount_minor": minor, "currency": "USD"}


ORDER: Json = {
    "external_id": "LEGACY-1",
    "status": "closed",
    "placed_at": "2023-02-03T05:05:06+01:00",
    "currency": "USD",
    "customer": {"name": "Ada Park"},
    "lines": [{"sku": "MUG-BLUE", "quantity": 3, "unit_price": usd(1299), "discount": usd(97)}],
    "shipping": usd(500),
    "shipping_tax": usd(40),
    "shipments": [
        {"shipped_at": "2023-02-04T00:00:00Z", "lines": [{"line": 1, "quantity": 3}]},
    ],
}


def read(order: Json) -> PastOrder:
    return own_reader("api", "default")(parse(json.dumps(order).encode()))


def refusal(order: Json) -> tuple[str, str]:
    with pytest.raises(Unfit) as unfit:
        read(order)
    return unfit.value.code, unfit.value.pointer


def with_changes(**changes: Any) -> Json:
    return {**copy.deepcopy(ORDER), **changes}


def test_the_smallest_order_of_our_own_shape() -> None:
    new = read({k: v for k, v in ORDER.items() if k not in ("shipping", "shipping_tax")}).new
    totals = new.content.totals
    assert (new.channel, new.account, new.external_id) == ("api", "default", "LEGACY-1")
    assert totals.channel_total == totals.total
    assert totals.total.amount_minor == 3 * 1299 - 97
    assert new.content.terms is PaymentTerms.PAID_IN_CHANNEL
    assert new.content.placed_at == datetime(2023, 2, 3, 4, 5, 6, tzinfo=UTC)


def test_a_total_that_differs_is_kept_as_it_was_told() -> None:
    totals = read(with_changes(total=usd(1))).new.content.totals
    assert totals.total.amount_minor == 3 * 1299 - 97 + 500 + 40
    assert totals.channel_total.amount_minor == 1


@pytest.mark.parametrize(
    "path, value, expected",
    [
        (("external_id",), None, ("string-type", "/external_id")),
        (("status",), "shipped", ("literal-error", "/status")),
        (("placed_at",), "2023-02-03", ("datetime-parsing", "/placed_at")),
        (("currency",), "XXX", ("unknown-currency", "/currency")),
        (("lines",), [], ("too-short", "/lines")),
        (("lines", 0, "quantity"), 0, ("greater-than-equal", "/lines/0/quantity")),
        (("lines", 0, "unit_price"), usd(-1),
         ("greater-than-equal", "/lines/0/unit_price/amount_minor")),
        (("lines", 0, "unit_price"), {"amount_minor": 1, "currency": "EUR"},
         ("currency-mismatch", "/lines/0/unit_price/currency")),
        (("shipments", 0, "lines", 0, "quantity"), 4,
         ("too-many-units", "/shipments/0/lines/0/quantity")),
        (("shipments", 0, "lines", 0, "line"), 2,
         ("too-many-units", "/shipments/0/lines/0/quantity")),
        (("notes",), "x", ("extra-forbidden", "/notes")),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_told_with_its_place(
    path: tuple[Any, ...], value: Any, expected: tuple[str, str]
) -> None:
    order = with_changes()
    holder: Any = order
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = value
    assert refusal(order) == expected


def test_an_order_stands_on_the_day_on_which_it_was_placed() -> None:
    order = past_order(read(ORDER), "ops", NOW)
    assert order.captured_at == datetime(2023, 2, 3, 4, 5, 6, tzinfo=UTC)
    assert ulid_time(order.order_id) == order.captured_at
    assert [(each.event, each.at, each.actor) for each in order.timeline] == [
        ("OrderImported", NOW, "ops")
    ]


@pytest.mark.parametrize("placed_at", ["2099-01-01T00:00:00Z", "0001-01-01T00:00:00Z"])
def test_a_day_that_cannot_be_is_today(placed_at: str) -> None:
    assert past_order(read(with_changes(placed_at=placed_at)), "ops", NOW).captured_at == NOW


@pytest.mark.parametrize(
    "state, stage",
    [
        (ChannelState.FULFILLED, Stage.CLOSED),
        (ChannelState.HANDED_OVER, Stage.CLOSED),
        (ChannelState.ELSEWHERE, Stage.CLOSED),
        (ChannelState.CANCELLED, Stage.CANCELLED),
        (ChannelState.OPEN, None),
        (ChannelState.TEST, None),
    ],
)
def test_only_what_is_over_is_history(state: ChannelState, stage: Stage | None) -> None:
    past = read(ORDER)
    past = replace(
        past, new=replace(past.new, content=replace(past.new.content, channel_state=state))
    )
    if stage:
        assert past_order(past, "ops", NOW).stage is stage
        return
    with pytest.raises(Unfit) as unfit:
        past_order(past, "ops", NOW)
    assert unfit.value.external_id == "LEGACY-1"


def test_everybody_was_told_and_paid_of_an_old_parcel() -> None:
    (shipment,) = past_order(read(ORDER), "ops", NOW).shipments
    assert shipment.state.value == "DELIVERED"
    assert all(parcel.finished for parcel in shipment.parcels)
    assert [(line.quantity, line.packed) for line in shipment.lines] == [(3, 3)]


# --- a channel's own document --------------------------------------------------------


def test_a_channels_document_is_kept_exactly_as_it_was_sent() -> None:
    document = parse(encode(sample("shopify")).replace(b'"0.00"', b"0.10", 1))
    past = channel_reader(ACCOUNTS["shopify"], shopify.map_order)(document)
    assert parse(past.document) == document
    assert Decimal("0.10") in _numbers(document)
    assert past.new.external_id == str(document["id"])


def test_a_document_that_does_not_fit_says_where() -> None:
    document = parse(encode(sample("shopify")))
    document["line_items"][0]["quantity"] = 0
    with pytest.raises(Unfit) as unfit:
        channel_reader(ACCOUNTS["shopify"], shopify.map_order)(document)
    assert (unfit.value.code, unfit.value.pointer) == (
        "invalid-quantity",
        "/line_items/0/quantity",
    )


def _numbers(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [each for item in value.values() for each in _numbers(item)]
    if isinstance(value, list):
        return [each for item in value for each in _numbers(item)]
    return [value] if isinstance(value, Decimal) else []
