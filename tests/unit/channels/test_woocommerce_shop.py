"""What is WooCommerce's own when it is called: statuses, ways of paying, pages, variations."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from local.standins.platform import Misbehaviour
from local.standins.shop_http import ShopServer
from oms.channels.push import PushOutcome, PushRefused, RateLimited
from oms.kernel.errors import Unavailable
from oms.kernel.money import Money
from tests.contracts.channels.case import NOW
from tests.contracts.channels.place import (
    Place,
    cancellation,
    levels,
    open_place,
    refund,
    serving,
    shipment,
)
from tests.unit.channels.samples import sample

TOLD, ALREADY = PushOutcome.TOLD, PushOutcome.ALREADY


@pytest.fixture(scope="module")
def server() -> Iterator[ShopServer]:
    with serving() as running:
        yield running


@pytest.fixture
def place(server: ShopServer) -> Place:
    return open_place("woocommerce", server)


def took(place: Place, **changes: Any) -> None:
    """The sample order with `changes`, as the only one of its shop."""
    place.front.platform.books.orders.clear()
    place.front.platform.take_order({**sample("woocommerce"), **changes})


def test_what_the_shop_knows_is_written_no_second_time(place: Place) -> None:
    parcel, money = shipment(place.case, is_last=False), refund(place.case)
    assert [place.shop().tell_shipped(parcel) for _ in range(2)] == [TOLD, ALREADY]
    assert [place.shop().tell_refunded(money) for _ in range(2)] == [TOLD, ALREADY]


# --- shipments -----------------------------------------------------------------------


def test_the_last_shipment_completes_the_order(place: Place) -> None:
    place.shop().tell_shipped(shipment(place.case, is_last=False))
    assert place.order.document["status"] == "processing"
    place.shop().tell_shipped(shipment(place.case, key="ORDER-1#ship#2"))
    assert place.order.document["status"] == "completed"
    assert len(place.order.fulfilments) == 2


@pytest.mark.parametrize("status", ["cancelled", "refunded", "trash", "failed"])
def test_an_order_that_is_over_is_not_completed(status: str, place: Place) -> None:
    took(place, status=status)
    with pytest.raises(PushRefused) as refused:
        place.shop().tell_shipped(shipment(place.case))
    assert refused.value.code == "over-in-shop"


# --- money ---------------------------------------------------------------------------


def test_a_paid_order_that_ends_gives_everything_back(place: Place) -> None:
    assert place.shop().tell_cancelled(cancellation(place.case)) is TOLD
    assert [each["amount"] for each in place.order.refunds] == ["30.90"]
    assert place.order.document["status"] == "cancelled"


def test_what_was_given_back_before_is_not_given_again(place: Place) -> None:
    place.shop().tell_refunded(refund(place.case))
    place.shop().tell_cancelled(cancellation(place.case))
    assert [each["amount"] for each in place.order.refunds] == ["5.00", "25.90"]


@pytest.mark.parametrize("change", [{"gives_back": False}, {"date_paid_gmt": None}])
def test_an_order_without_their_money_is_only_cancelled(
    change: dict[str, Any], place: Place
) -> None:
    ended = cancellation(place.case)
    if "gives_back" in change:
        ended = replace(ended, gives_back=False)
    else:
        took(place, **change)
    assert place.shop().tell_cancelled(ended) is TOLD
    assert (place.order.cancellations, place.order.refunds) == (1, [])


@pytest.mark.parametrize("method", ["bacs", "gone-plugin", ""])
def test_a_way_of_paying_that_cannot_give_back_needs_a_person(method: str, place: Place) -> None:
    took(place, payment_method=method)
    for _ in range(2):
        with pytest.raises(PushRefused) as refused:
            place.shop().tell_cancelled(cancellation(place.case))
        assert refused.value.code == "refund-by-hand"
    assert (place.order.cancellations, place.order.refunds) == (1, [])
    with pytest.raises(PushRefused):
        place.shop().tell_refunded(refund(place.case))


def test_a_refund_bears_our_key_in_its_reason(place: Place) -> None:
    place.shop().tell_refunded(refund(place.case))
    assert place.order.document["refunds"][0]["reason"] == "scratched [ORDER-1#refund#1]"


def test_refunds_whose_keys_begin_alike_are_two(place: Place) -> None:
    first, tenth = (refund(place.case, key=f"ORDER-1#refund#1{end}") for end in ("0", ""))
    assert [place.shop().tell_refunded(each) for each in (first, tenth)] == [TOLD, TOLD]


@pytest.mark.parametrize(
    "amount, code",
    [(Money(3091, "USD"), "more-than-paid"), (Money(500, "EUR"), "currency-mismatch")],
)
def test_an_amount_that_cannot_be_given_back(amount: Money, code: str, place: Place) -> None:
    """The shop would answer 500, which looks like a bad day."""
    with pytest.raises(PushRefused) as refused:
        place.shop().tell_refunded(refund(place.case, amount=amount))
    assert refused.value.code == code
    assert place.order.refunds == []


# --- changes -------------------------------------------------------------------------


def test_a_bulk_edit_of_one_second_is_read_whole_though_it_goes_on(place: Place) -> None:
    """260 orders of the same second, of which some change again while their pages are read."""
    platform = place.front.platform
    for number in range(260):
        platform.take_order({**sample("woocommerce"), "id": 9000 + number})
    found, cursor = set[str](), ""
    for _ in range(40):
        page = place.shop().changed(NOW - timedelta(days=1), cursor)
        found |= {each.external_id for each in page.items}
        for each in page.items[:20]:
            platform.cancel(each.external_id)
        if not (cursor := page.next_cursor):
            break
    assert found == set(platform.books.orders)


def test_half_a_page_that_moves_to_the_end_hides_no_other(place: Place) -> None:
    platform = place.front.platform
    for number in range(1, 150):
        at = (NOW - timedelta(seconds=900 - number)).strftime("%Y-%m-%dT%H:%M:%S")
        platform.take_order({**place.case.other(number), "date_modified_gmt": at})
    first = place.shop().changed(NOW - timedelta(days=1), "")
    for each in first.items[:80]:
        platform.cancel(each.external_id)
    rest = place.shop().changed(NOW - timedelta(days=1), first.next_cursor)
    found = {each.external_id for page in (first, rest) for each in page.items}
    assert found == set(platform.books.orders)


def test_a_cart_is_no_order_that_changed(place: Place) -> None:
    took(place, status="checkout-draft")
    assert place.shop().changed(NOW - timedelta(days=1), "").items == ()


def test_the_very_second_counts(place: Place) -> None:
    """`modified_after` leaves out the second that it names."""
    changed_at = place.order.changed_at
    assert place.shop().changed(changed_at + timedelta(milliseconds=900), "").items
    assert not place.shop().changed(changed_at + timedelta(seconds=1), "").items


# --- stock ---------------------------------------------------------------------------


def test_variations_are_set_below_their_parent(place: Place) -> None:
    place.front.platform.books.stock |= {"TEE-RED-M": 1, "TEE-RED-L": 1, "HAT-OLD-S": 1}
    skus = ("MUG-BLUE", "TEE-RED-M", "TEE-RED-L", "HAT-OLD-S")
    assert place.shop().set_stock(levels(*skus)) == dict.fromkeys(skus, TOLD)
    assert {place.front.platform.books.stock[sku] for sku in skus} == {7}


def test_a_sku_with_a_comma_cannot_be_asked_for(place: Place) -> None:
    place.front.platform.books.stock["MUG,BLUE"] = 1
    assert place.shop().set_stock(levels("MUG,BLUE")) == {"MUG,BLUE": PushOutcome.UNSUPPORTED}


def test_a_product_that_is_deleted_meanwhile_is_told_again(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    really = place.front.platform.answer

    def answer(asked: Any) -> Any:
        if asked.writes:
            place.front.platform.books.stock.pop("CUP-RED", None)
        return really(asked)

    monkeypatch.setattr(place.front.platform, "answer", answer)
    assert place.shop().set_stock(levels()) == {"MUG-BLUE": TOLD}
    assert place.shop().set_stock(levels())["CUP-RED"] is PushOutcome.UNSUPPORTED


@pytest.mark.parametrize(
    "product", [{"manage_stock": False}, {"manage_stock": "parent"}, {"stock_quantity": None}]
)
def test_stock_that_is_not_counted_is_not_known(
    product: dict[str, Any], place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    really = place.front.platform.answer

    def answer(asked: Any) -> Any:
        answered = really(asked)
        return replace(answered, body=[{**each, **product} for each in answered.body])

    monkeypatch.setattr(place.front.platform, "answer", answer)
    assert place.shop().stock_of(["MUG-BLUE"]) == {}


def test_a_host_that_is_asked_too_often_says_how_long_to_wait(place: Place) -> None:
    place.front.misbehave(Misbehaviour.RATE_LIMIT)
    with pytest.raises(RateLimited) as slow:
        place.shop().set_stock(levels())
    assert slow.value.wait_seconds == 30
    place.front.is_down = True
    with pytest.raises(Unavailable):
        place.shop().set_stock(levels())
