"""Orders by phone: a draft that may lack anything, a price with a reason, and one order of it."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from oms import wiring
from tests.workflow.invariants import check
from tests.workflow.plays import events
from tests.workflow.stock_plays import line_of
from tests.workflow.world import OPS, World, api_order, world

KIM = {"name": "kim", "scopes": "ops"}
LEE = {"name": "lee", "scopes": "ops"}


@pytest.fixture(scope="module")
def oms() -> Iterator[World]:
    with world() as made:
        made.stock_up("MUG-BLUE", 1_000)
        yield made


def whole(**changes: Any) -> dict[str, Any]:
    """Everything that an order needs, as an agent has taken it down."""
    body = api_order(payment={"method": "card", "payment_method": "pm_card_visa"}, **changes)
    del body["external_id"]
    return body


def begun(oms: World, body: Any, caller: dict[str, str] = KIM) -> Any:
    status, draft = oms.call("POST /drafts", body=body, caller=caller)
    assert status == 201, draft
    return draft


def changed(oms: World, draft: Any, caller: dict[str, str] = KIM, **changes: Any) -> Any:
    body = {"version": draft["version"], **changes}
    status, after = oms.call("PATCH /drafts/{draft_id}", path(draft), body, caller=caller)
    assert status == 200, after
    return after


def confirm(oms: World, draft: Any, body: Any = None) -> tuple[int, Any]:
    return oms.call("POST /drafts/{draft_id}/confirm", path(draft), body or {}, caller=KIM)


def path(draft: Any) -> dict[str, str]:
    return {"draft_id": draft["draft_id"]}


def causes(draft: Any) -> set[tuple[str, str]]:
    return {(each["pointer"], each["code"]) for each in draft["missing"]}


def priced(minor: int, reason: str = "loyal customer") -> dict[str, Any]:
    override = {"amount_minor": minor, "currency": "USD", "reason": reason}
    return {**line_of("MUG-BLUE", 2, 1299), "price_override": override}


# --- from the first word to the order ---------------------------------------------------


def test_a_draft_grows_tells_what_it_lacks_and_becomes_an_order_like_any_other(
    oms: World,
) -> None:
    draft = begun(oms, {"customer": {"name": "Ada Park"}, "lines": [{"sku": "MUG-BLUE"}]})
    assert causes(draft) == {
        ("/currency", "missing-field"),
        ("/lines/0/quantity", "missing-field"),
    }
    draft = changed(oms, draft, currency="USD", lines=[line_of("MUG-BLUE", 2, 1299)])
    assert causes(draft) == {("/customer/email", "missing-field")}
    rest = whole()
    draft = changed(
        oms,
        draft,
        customer=rest["customer"],
        shipping_address=rest["shipping_address"],
        payment=rest["payment"],
    )
    assert (draft["missing"], draft["version"]) == ([], 3)
    status, order = confirm(oms, draft)
    assert (status, order["channel"], order["status"]) == (201, "phone", "CAPTURED")
    oms.run()
    _, web = oms.call("POST /orders", body=api_order(channel="web", payment=rest["payment"]))
    oms.run()
    phone, like = oms.order(order["order_id"]), oms.order(web["order_id"])
    assert events(phone) == events(like)
    assert (phone["status"], phone["payment_status"]) == ("CONFIRMED", "AUTHORIZED")
    oms.deliver_all(order["order_id"])
    oms.pass_time(timedelta(seconds=40))
    assert oms.order(order["order_id"])["status"] == "CLOSED"
    check(oms)


def test_a_price_set_by_hand_is_the_orders_price_and_its_timeline_says_who_why_and_when(
    oms: World,
) -> None:
    draft = begun(oms, whole(lines=[priced(999)]))
    oms.clock.advance(timedelta(minutes=2))
    _, order = confirm(oms, draft)
    assert order["lines"][0]["unit_price"] == {"amount_minor": 999, "currency": "USD"}
    assert order["totals"]["total"]["amount_minor"] == 2 * 999
    (told,) = [each for each in order["timeline"] if each["event"] == "PriceOverridden"]
    assert told["actor"] == "kim"
    assert told["detail"] == {
        "line_id": "L1",
        "sku": "MUG-BLUE",
        "listed_minor": 1299,
        "price_minor": 999,
        "currency": "USD",
        "reason": "loyal customer",
        "set_at": draft["created_at"],
    }
    oms.run()
    check(oms)


def test_who_set_a_price_stays_when_somebody_else_changes_the_rest(oms: World) -> None:
    draft = begun(oms, whole(lines=[priced(999)]))
    oms.clock.advance(timedelta(minutes=1))
    more = [priced(999), {**line_of("MUG-BLUE", 1, 1299)}]
    after = changed(oms, draft, LEE, lines=more, note="ring before noon")
    first = after["order"]["lines"][0]["price_override"]
    assert (first["by"], first["at"]) == ("kim", draft["created_at"])
    again = changed(oms, after, LEE, lines=[priced(950)])
    assert again["order"]["lines"][0]["price_override"]["by"] == "lee"
    assert (again["changed_by"], again["created_by"]) == ("lee", "kim")


@pytest.mark.parametrize("reason", [None, "", "   "])
def test_a_price_without_a_reason_is_refused(oms: World, reason: Any) -> None:
    line = priced(999)
    line["price_override"]["reason"] = reason
    status, reply = oms.call("POST /drafts", body=whole(lines=[line]))
    assert status == 422
    assert reply["errors"][0]["pointer"] == "/lines/0/price_override/reason"


def test_nobody_signs_a_price_in_somebody_elses_name(oms: World) -> None:
    line = priced(999)
    line["price_override"] |= {"by": "the boss", "at": "2026-01-01T00:00:00.000Z"}
    status, reply = oms.call("POST /drafts", body=whole(lines=[line]))
    assert (status, {each["code"] for each in reply["errors"]}) == (422, {"unknown-field"})


# --- changing ---------------------------------------------------------------------------


def test_a_change_of_a_draft_that_moved_on_is_refused_and_changes_nothing(oms: World) -> None:
    draft = begun(oms, whole())
    moved = changed(oms, draft, LEE, note="leave it at the desk")
    stale = {"version": draft["version"], "note": "no, ring twice"}
    status, reply = oms.call("PATCH /drafts/{draft_id}", path(draft), stale)
    assert (status, reply["type"]) == (409, "/problems/version-conflict")
    _, shown = oms.call("GET /drafts/{draft_id}", path(draft))
    assert (shown["order"]["note"], shown["version"]) == ("leave it at the desk", moved["version"])


def test_null_takes_a_field_away(oms: World) -> None:
    draft = begun(oms, whole(note="wrong number"))
    after = changed(oms, draft, note=None, currency=None)
    assert not {"note", "currency"} & after["order"].keys()
    assert causes(after) == {("/currency", "missing-field")}


def test_a_draft_that_lacks_something_or_names_no_product_makes_no_order(oms: World) -> None:
    before = oms.row_counts()
    for body in ({"currency": "USD"}, whole(lines=[line_of("NO-SUCH", 1)])):
        draft = begun(oms, body)
        status, reply = confirm(oms, draft)
        assert status == 422
        told = {(each["pointer"], each["code"]) for each in reply["errors"]}
        assert told == causes(draft) and told
    assert oms.row_counts() == before


# --- once ----------------------------------------------------------------------------


def test_two_who_confirm_at_once_get_one_order(oms: World) -> None:
    draft = begun(oms, whole())
    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda n: confirm(oms, draft), range(8)))
    assert sorted({status for status, _ in replies}) == [200, 201]
    assert [status for status, _ in replies].count(201) == 1
    (order_id,) = {order["order_id"] for _, order in replies}
    assert orders_of(oms, draft) == [order_id]
    _, shown = oms.call("GET /drafts/{draft_id}", path(draft))
    assert (shown["state"], shown["order_id"]) == ("CONFIRMED", order_id)


def orders_of(oms: World, draft: Any) -> list[str]:
    rows = oms.rows(oms.tables.inbound)
    return [r["order_id"] for r in rows if r["pk"] == f"phone#default#{draft['draft_id']}"]


def test_without_the_one_transaction_two_confirmations_would_be_two_orders(oms: World) -> None:
    """The negative control: the same draft, captured twice under names of its own."""
    from oms.orders.capture import NewOrder
    from oms.orders.ports import RawDelivery

    draft = wiring.draft_store().load(begun(oms, whole())["draft_id"])
    currency, content = wiring.confirm_draft()._read(draft)
    made = {
        wiring.capture_order()(
            NewOrder("phone", "default", "", "", currency, content), RawDelivery(b"", str(n))
        ).order_id
        for n in range(2)
    }
    assert len(made) == 2
    oms.run()


def test_a_draft_whose_id_looks_like_a_cards_number_is_confirmed_too(oms: World) -> None:
    """Ids are ours: the check for card numbers is for what people type."""
    number = "4242424242424242"
    drafts = wiring.draft_store()
    found = drafts.load(begun(oms, whole())["draft_id"])
    drafts.commit(drafts.saved(None, replace(found, draft_id=number)))
    status, order = confirm(oms, {"draft_id": number})
    assert (status, order["external_id"]) == (201, number)
    oms.run()


@pytest.mark.parametrize("fate", ["lost", "resent", "down"])
def test_a_confirmation_whose_reply_is_lost_is_one_order_after_the_retry(
    oms: World, fate: str
) -> None:
    draft = begun(oms, whole())
    first = oms.network.writes
    oms.network.cut = lambda op, request: fate if oms.network.writes == first + 1 else ""
    status, _ = confirm(oms, draft)
    assert status == (201 if fate == "resent" else 503)
    oms.network.cut = lambda op, request: ""
    status, order = confirm(oms, draft)
    assert status == (201 if fate == "down" else 200)
    assert orders_of(oms, draft) == [order["order_id"]]
    oms.run()
    check(oms)


def test_a_draft_that_is_changed_meanwhile_is_not_confirmed_as_it_was_seen(oms: World) -> None:
    draft = begun(oms, whole())
    changed(oms, draft, LEE, lines=[line_of("MUG-BLUE", 9, 1299)])
    status, reply = confirm(oms, draft, {"version": draft["version"]})
    assert (status, reply["type"]) == (409, "/problems/version-conflict")
    assert orders_of(oms, draft) == []
    _, order = confirm(oms, draft, {"version": draft["version"] + 1})
    assert order["lines"][0]["quantity"] == 9
    oms.run()


def test_what_has_ended_is_neither_changed_nor_ended_otherwise(oms: World) -> None:
    dropped, done = begun(oms, whole()), begun(oms, whole())
    for _ in range(2):
        status, gone = oms.call("POST /drafts/{draft_id}/discard", path(dropped))
        assert (status, gone["state"]) == (200, "DISCARDED")
    assert confirm(oms, dropped)[0] == 409
    assert confirm(oms, done)[0] == 201
    assert oms.call("POST /drafts/{draft_id}/discard", path(done))[0] == 409
    stale = {"version": 2, "note": "x"}
    status, reply = oms.call("PATCH /drafts/{draft_id}", path(done), stale)
    assert (status, reply["type"]) == (409, "/problems/draft-ended")
    oms.run()
    check(oms)


def test_an_idempotency_key_begins_one_draft(oms: World) -> None:
    key = {"idempotency-key": "call-17"}
    replies = [oms.call("POST /drafts", body=whole(), headers=key) for _ in range(2)]
    assert [status for status, _ in replies] == [201, 200]
    assert len({draft["draft_id"] for _, draft in replies}) == 1
    status, reply = oms.call("POST /drafts", body={"currency": "EUR"}, headers=key)
    assert (status, reply["type"]) == (422, "/problems/idempotency-key-reused")


# --- lists and callers ------------------------------------------------------------------


def test_the_list_shows_what_is_open_page_by_page_newest_first(oms: World) -> None:
    made = []
    for name in ("Ann", "Bea", "Cy"):
        oms.clock.advance(timedelta(seconds=1))
        made.append(begun(oms, {"customer": {"name": name}})["draft_id"])
    oms.call("POST /drafts/{draft_id}/discard", {"draft_id": made[1]})
    seen, cursor = [], ""
    while cursor is not None:
        query = {"limit": "1", **({"cursor": cursor} if cursor else {})}
        _, page = oms.call("GET /drafts", query=query)
        seen += [each["draft_id"] for each in page["items"]]
        cursor = page["next_cursor"]
    assert seen[:2] == [made[2], made[0]]
    assert made[1] not in seen
    assert len(set(seen)) == len(seen)
    assert oms.call("GET /drafts", query={"cursor": "x"})[0] == 422


@pytest.mark.parametrize("scopes", ["", "orders:write", "node"])
def test_drafts_are_for_operators(oms: World, scopes: str) -> None:
    caller = {"name": "shop", "scopes": scopes}
    assert oms.call("GET /drafts", caller=caller)[0] == 403
    assert oms.call("POST /drafts", body={}, caller=caller)[0] == 403
    assert oms.call("GET /drafts/{draft_id}", {"draft_id": "NO-SUCH"}, caller=OPS)[0] == 404
