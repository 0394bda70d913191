"""Tokens: what an order is found by, and that what is found answers the question."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from oms.kernel.address import Customer
from oms.search.model import Filters, exact_tokens, fold, matches, rows_of
from tests.unit.orders.builders import content, order

NAMES = st.text(st.characters(categories=("L", "Nd", "Zs", "Mn")), max_size=40)


def test_folding_leaves_case_accents_and_spacing_aside() -> None:
    assert fold("  Müller-LÜDENSCHEIDT  ") == "muller-ludenscheidt"
    assert fold("#1001") == "1001"
    assert fold("STRASSE") == fold("straße")
    assert len(fold("x" * 500)) == 120


@given(NAMES)
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(NAMES)
def test_an_order_is_found_by_any_word_of_its_customer_s_name(name: str) -> None:
    made = content(customer=Customer(name, "a@example.com"))
    for word in [w for w in name.split()[:4] if fold(w)]:
        assert matches(Filters(q=word[:3]), order(), made) or not fold(word[:3])


def test_the_rows_of_an_order_are_a_function_of_it_alone() -> None:
    assert rows_of(order(), content()) == rows_of(order(), content())


def test_a_short_number_is_not_taken_for_a_phone() -> None:
    assert not any(token.startswith("phone#") for token in exact_tokens("1001"))
    assert "phone#025550100" in exact_tokens("+1 (202) 555-0100")


def test_every_filter_that_is_given_must_hold() -> None:
    held = Filters(channel="api", sku="mug-blue", q="ada", day="2026-11-21")
    assert matches(held, order(), content())
    for name, other in (("channel", "x"), ("sku", "x"), ("q", "zoe"), ("day", "2026-11-20")):
        assert not matches(Filters(**{**held.given(), name: other}), order(), content())
