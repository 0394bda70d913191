"""Every channel's shop keeps the same promises when it is called. One suite, once per channel.

Each runs over HTTP against the platform's stand-in, which keeps books of every effect.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from local.standins.platform import Answered, Misbehaviour, State
from local.standins.shop_http import ShopServer
from local.standins.shop_street import ShopStreet
from oms.channels import registry
from oms.channels.model import Kind, MappedOrder
from oms.channels.ports import Shop
from oms.channels.push import ChangedOrder, ChangedPage, PushOutcome, PushRefused, RateLimited
from oms.kernel.errors import Unavailable
from oms.platform import gate
from tests.contracts.channels.case import NOW, ChannelCase, case_of
from tests.contracts.channels.place import (
    TELLS,
    Place,
    levels,
    open_place,
    refund,
    serving,
    shipment,
)

YESTERDAY = NOW - timedelta(days=1)
OUTCOME = PushOutcome
KNOWN = {OUTCOME.TOLD, OUTCOME.ALREADY}  # where a key makes repeats harmless, nobody looks first

Calls = Mapping[str, Callable[[Place], Any]]
READS: Calls = {
    "fetch": lambda place: place.shop().fetch(place.case.external_id),
    "changed": lambda place: place.shop().changed(YESTERDAY, ""),
    "stock_of": lambda place: place.shop().stock_of(["MUG-BLUE"]),
}
SETS: Calls = {"set_stock": lambda place: place.shop().set_stock(levels())}
CALLS: Calls = {**READS, **SETS, **TELLS}


# What is told by files has no API to be called: tests/unit/channels/test_edi_shop.py proves it.
CALLED = [name for name, row in registry.CHANNELS.items() if row.arrives != "file"]


def able(calls: Calls) -> list[tuple[str, str]]:
    """Every channel with every call of it that is proven here."""
    cases = {name: case_of(name) for name in CALLED}
    return [
        (name, call) for name, case in cases.items() for call in calls if call not in case.cannot
    ]


channels = pytest.mark.parametrize("name", CALLED)
telling = pytest.mark.parametrize("name, call", able(TELLS))
setting = pytest.mark.parametrize("name, call", able(SETS))
fetching = pytest.mark.parametrize("name", [name for name, _ in able({"fetch": READS["fetch"]})])
polling = pytest.mark.parametrize("name", [name for name, _ in able({"changed": READS["changed"]})])
calling = pytest.mark.parametrize("name, call", able(CALLS))


@pytest.fixture(scope="module")
def server() -> Iterator[ShopServer]:
    with serving() as running:
        yield running


@pytest.fixture
def place(name: str, server: ShopServer) -> Place:
    return open_place(name, server)


@channels
def test_a_case_excuses_only_calls_that_there_are(name: str) -> None:
    case = case_of(name)
    assert case.cannot | case.apart | case.one_at_a_time | case.unchecked <= set(CALLS)


# --- what it cannot do ---------------------------------------------------------------


@channels
def test_what_the_platform_has_nothing_for_is_unsupported(name: str, place: Place) -> None:
    for call in place.case.cannot & {*TELLS}:
        try:
            assert TELLS[call](place) is OUTCOME.UNSUPPORTED, call
        except PushRefused as refused:  # what nobody can tell may be for a person to do
            assert refused.code == "refund-by-hand", call
    if "set_stock" in place.case.cannot:
        assert set(SETS["set_stock"](place).values()) == {OUTCOME.UNSUPPORTED}
    if "stock_of" in place.case.cannot:
        assert not READS["stock_of"](place)
    if "changed" in place.case.cannot:
        assert READS["changed"](place) == ChangedPage(())
    if "fetch" in place.case.cannot:
        with pytest.raises(PushRefused):
            READS["fetch"](place)


@channels
def test_without_credentials_nobody_can_be_told(name: str) -> None:
    case = case_of(name)
    silent = registry.shop(case.account)
    assert silent.tell_shipped(shipment(case)) is OUTCOME.UNSUPPORTED
    assert silent.tell_refunded(refund(case)) is OUTCOME.UNSUPPORTED
    assert set(silent.set_stock(levels()).values()) == {OUTCOME.UNSUPPORTED}
    assert silent.changed(YESTERDAY, "") == ChangedPage(())
    with pytest.raises(PushRefused):
        silent.fetch(case.external_id)


@channels
def test_an_order_is_acknowledged_once_where_the_channel_wants_it(name: str, place: Place) -> None:
    said = [place.shop().acknowledge(place.case.external_id) for _ in range(2)]
    if not registry.CHANNELS[name].acknowledges:
        assert said == [OUTCOME.UNSUPPORTED] * 2
        return
    assert said[0] is OUTCOME.TOLD
    assert said[1] in (OUTCOME.TOLD, OUTCOME.ALREADY)
    assert place.order.acknowledged == 1


# --- orders --------------------------------------------------------------------------


def mapped(place: Place, order: Any) -> MappedOrder:
    return registry.channel(place.name).map_order(order, place.case.account)


@fetching
def test_what_is_fetched_maps_as_the_order_does(name: str, place: Place) -> None:
    fetched = place.shop().fetch(place.case.external_id)
    assert fetched == place.shop().fetch(place.case.external_id)
    assert mapped(place, gate.parse(fetched)) == mapped(place, place.case.document())


@channels
def test_the_platforms_message_names_the_order_and_is_believed(name: str, place: Place) -> None:
    message = place.front.platform.message(place.case.external_id)
    if message is None:
        assert place.case.sign is None
        return
    inbound, parsed = registry.channel(name), gate.parse(message.body)
    if place.case.sign:
        assert inbound.verify(message.body, message.headers, place.case.account, NOW)
    delivery = inbound.identify(message.body, message.headers, parsed, place.case.account)
    assert delivery.external_id == place.case.external_id
    if delivery.kind is Kind.ORDER:
        assert mapped(place, parsed) == mapped(place, place.case.document())


@fetching
def test_an_order_that_the_shop_does_not_know_is_refused(name: str, place: Place) -> None:
    stranger = place.case.other(900)
    external_id = mapped(place, stranger).external_id
    for unknown in (external_id, "../../x", ""):
        with pytest.raises(PushRefused) as refused:
            place.shop().fetch(unknown)
        assert refused.value.code == "not-in-shop"


def polled(shop: Shop, cursor: str = "") -> list[ChangedOrder]:
    """What all pages hold, from the one that `cursor` names."""
    found: list[ChangedOrder] = []
    for _ in range(40):
        page = shop.changed(YESTERDAY, cursor)
        found += page.items
        if not (cursor := page.next_cursor):
            return found
    raise AssertionError("pages without end")


def ids(orders: list[ChangedOrder]) -> set[str]:
    return {order.external_id for order in orders}


@polling
def test_a_poll_finds_an_order_as_it_is(name: str, place: Place) -> None:
    (found,) = polled(place.shop())
    assert found.external_id == place.case.external_id
    assert found.version_at == mapped(place, place.case.document()).version_at
    document = found.document or place.shop().fetch(found.external_id)
    assert mapped(place, gate.parse(document)) == mapped(place, place.case.document())


@polling
def test_a_poll_finds_what_changed_since(name: str, place: Place) -> None:
    place.front.platform.take_order(place.case.other(1))
    since = place.front.now() + timedelta(seconds=5)
    assert place.shop().changed(since, "").items == ()
    for _ in range(10):
        place.front.now()
    place.front.platform.cancel(place.case.external_id)
    page = place.shop().changed(since, "")
    assert [each.external_id for each in page.items] == [place.case.external_id]


@polling
def test_a_poll_of_several_pages_loses_none(name: str, place: Place) -> None:
    for number in range(1, place.case.page + 30):
        place.front.platform.take_order(place.case.other(number))
    assert place.shop().changed(YESTERDAY, "").next_cursor
    assert ids(polled(place.shop())) == set(place.front.platform.books.orders)


@polling
def test_an_order_that_changes_between_two_pages_hides_no_other(name: str, place: Place) -> None:
    for number in range(1, place.case.page + 30):
        place.front.platform.take_order(place.case.other(number))
    first = place.shop().changed(YESTERDAY, "")
    for seen in first.items[:3]:
        place.front.platform.cancel(seen.external_id)
    rest = polled(place.shop(), first.next_cursor)
    assert ids(list(first.items)) | ids(rest) == set(place.front.platform.books.orders)


# --- stock ---------------------------------------------------------------------------


@setting
def test_stock_is_set_and_read(name: str, call: str, place: Place) -> None:
    assert place.shop().set_stock(levels()) == dict.fromkeys(("MUG-BLUE", "CUP-RED"), OUTCOME.TOLD)
    assert {sku: place.front.platform.books.stock[sku] for sku in ("MUG-BLUE", "CUP-RED")} == {
        "MUG-BLUE": 7,
        "CUP-RED": 7,
    }
    if "stock_of" not in place.case.cannot:
        assert place.shop().stock_of(["MUG-BLUE", "GONE-GREY"]) == {"MUG-BLUE": 7}


@setting
def test_nothing_left_is_told_as_well(name: str, call: str, place: Place) -> None:
    place.shop().set_stock(levels("MUG-BLUE", units=0))
    assert place.front.platform.books.stock["MUG-BLUE"] == 0


@setting
def test_a_sku_that_the_shop_does_not_list_is_unsupported(
    name: str, call: str, place: Place
) -> None:
    told = place.shop().set_stock(levels("GONE-GREY", "MUG-BLUE", "MUG"))
    assert told == {
        "GONE-GREY": OUTCOME.UNSUPPORTED,
        "MUG-BLUE": OUTCOME.TOLD,
        "MUG": OUTCOME.UNSUPPORTED,
    }
    assert "GONE-GREY" not in place.front.platform.books.stock


@setting
def test_a_whole_batch_of_stock_is_set(name: str, call: str, place: Place) -> None:
    skus = [f"CUP-{number:03}" for number in range(place.shop().stock_batch)]
    place.front.platform.books.stock |= dict.fromkeys(skus, 0)
    assert set(place.shop().set_stock(levels(*skus)).values()) == {OUTCOME.TOLD}
    assert {place.front.platform.books.stock[sku] for sku in skus} == {7}


@setting
@pytest.mark.parametrize("misdeed", Misbehaviour)
def test_stock_that_was_perhaps_told_is_told_again(
    name: str, call: str, misdeed: Misbehaviour, place: Place
) -> None:
    place.front.misbehave(misdeed)
    with pytest.raises(RateLimited if misdeed is Misbehaviour.RATE_LIMIT else Unavailable):
        place.shop().set_stock(levels())
    assert place.shop().set_stock(levels())["MUG-BLUE"] is OUTCOME.TOLD
    assert place.front.platform.books.stock["MUG-BLUE"] == 7


@setting
def test_a_figure_that_drifted_is_set_to_the_same_again(name: str, call: str, place: Place) -> None:
    place.shop().set_stock(levels("MUG-BLUE"))
    place.front.platform.books.stock["MUG-BLUE"] = 90
    again = [replace(level, at=NOW + timedelta(hours=1)) for level in levels("MUG-BLUE")]
    assert place.shop().set_stock(again) == {"MUG-BLUE": OUTCOME.TOLD}
    assert place.front.platform.books.stock["MUG-BLUE"] == 7


# --- telling once --------------------------------------------------------------------


def effects(place: Place, call: str) -> int:
    """How often it stands in the shop's books."""
    order = place.order
    match call:
        case "tell_shipped":
            return sum(each["tracking"] == "TRACK1" for each in order.fulfilments)
        case "tell_refunded":
            return len(order.refunds)
    return max(order.cancellations, len(order.refunds), int(order.state is State.CANCELLED))


@telling
def test_what_is_told_stands_in_the_books(name: str, call: str, place: Place) -> None:
    assert effects(place, call) == 0
    assert TELLS[call](place) is OUTCOME.TOLD
    assert effects(place, call) == 1
    if call == "tell_cancelled":
        assert place.order.state is State.CANCELLED


@telling
def test_what_is_told_again_is_told_once_in_effect(name: str, call: str, place: Place) -> None:
    first, *rest = (TELLS[call](place) for _ in range(3))
    assert first is OUTCOME.TOLD
    assert set(rest) <= KNOWN
    assert effects(place, call) == 1


@telling
def test_a_lost_reply_is_found_on_the_next_try(name: str, call: str, place: Place) -> None:
    place.front.misbehave(Misbehaviour.LOSE_REPLY)
    with pytest.raises(Unavailable):
        TELLS[call](place)
    assert {TELLS[call](place) for _ in range(2)} <= KNOWN
    assert effects(place, call) == 1


@telling
@pytest.mark.parametrize("misdeed", [Misbehaviour.FAIL, Misbehaviour.RATE_LIMIT])
def test_a_shop_that_fails_is_told_on_the_next_try(
    name: str, call: str, misdeed: Misbehaviour, place: Place
) -> None:
    place.front.misbehave(misdeed)
    with pytest.raises(RateLimited if misdeed is Misbehaviour.RATE_LIMIT else Unavailable) as slow:
        TELLS[call](place)
    if isinstance(slow.value, RateLimited):
        assert 0 <= slow.value.wait_seconds <= 900
    assert effects(place, call) == 0
    assert TELLS[call](place) is OUTCOME.TOLD


@telling
def test_many_at_once_are_told_once(name: str, call: str, place: Place) -> None:
    if call in place.case.one_at_a_time:
        return
    start, said = threading.Barrier(4), list[Any]()

    def tell() -> None:
        start.wait()
        try:
            said.append(TELLS[call](place))
        except Unavailable as busy:  # a shop may be at the first of them still
            said.append(busy)

    threads = [threading.Thread(target=tell) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(said) == 4, "one was refused"
    assert TELLS[call](place) in KNOWN
    assert effects(place, call) == 1


@telling
def test_an_unknown_order_cannot_be_told(name: str, call: str, place: Place) -> None:
    del place.front.platform.books.orders[place.case.external_id]
    with pytest.raises(PushRefused) as refused:
        TELLS[call](place)
    assert refused.value.code == "not-in-shop"


# --- a shop that cannot answer -------------------------------------------------------


@calling
def test_a_shop_that_is_down_is_unavailable(name: str, call: str, place: Place) -> None:
    place.front.is_down = True
    with pytest.raises(Unavailable):
        CALLS[call](place)


@calling
@pytest.mark.parametrize("body", [{}, [], 7, "x", [7], {"data": []}, {"orders": 7}, b"<html>"])
def test_an_answer_of_another_shape_is_unavailable(
    name: str, call: str, body: Any, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a list is asked for, an empty one is an answer: nothing is there."""
    monkeypatch.setattr(place.front.platform, "answer", lambda asked: Answered(200, body))
    if call in place.case.unchecked:
        return
    try:
        said = CALLS[call](place)
    except Unavailable:
        return
    assert call in {*READS, *SETS} - {"fetch"}
    empties = place.case.empties
    assert body in empties or ({} in empties and isinstance(body, dict))
    found = {"items": said.items} if isinstance(said, ChangedPage) else said
    assert set(found.values()) <= {OUTCOME.UNSUPPORTED, ()}


@calling
def test_wrong_credentials_are_a_task_for_a_person(name: str, call: str, place: Place) -> None:
    wrong = {key: "wrong" for key, value in place.case.settings.items() if isinstance(value, str)}
    stranger = Place(place.name, _with_settings(place, wrong), place.front, place.base_url)
    with pytest.raises(PushRefused) as refused:
        CALLS[call](stranger)
    assert refused.value.code == "shop-credentials"


def _with_settings(place: Place, wrong: Mapping[str, Any]) -> ChannelCase:
    """The account of another name: tokens are kept by it."""
    account = replace(place.case.account, account="stranger")
    return replace(place.case, account=account, settings={**place.case.settings, **wrong})


@channels
def test_a_shop_that_is_not_there_is_unavailable(name: str, server: ShopServer) -> None:
    closed = ShopServer(ShopStreet())
    closed.server_close()
    place = open_place(name, closed)
    for call in CALLS:
        if call not in place.case.cannot | place.case.apart:
            with pytest.raises(Unavailable):
                CALLS[call](place)
