"""Money: integers, the currency's own exponent, and splits that add up."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms.kernel.money import CURRENCIES, CurrencyMismatch, Money, allocate, exponent


@given(st.integers(-(10**12), 10**12), st.lists(st.integers(0, 1000), min_size=1, max_size=20))
def test_a_split_adds_up_and_no_part_is_off_by_a_unit(minor: int, weights: list[int]) -> None:
    parts = allocate(Money(minor, "USD"), weights)
    assert sum(part.amount_minor for part in parts) == minor
    whole = sum(weights)
    if whole:
        for part, weight in zip(parts, weights, strict=True):
            assert abs(part.amount_minor * whole - minor * weight) < whole
            assert weight or not part


def test_the_earlier_part_gets_the_odd_cent() -> None:
    assert [m.amount_minor for m in allocate(Money(100, "USD"), [1, 1, 1])] == [34, 33, 33]


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("19.90", "USD", 1990),
        ("19.9", "USD", 1990),
        ("1000", "JPY", 1000),
        ("1.234", "KWD", 1234),
        ("0.125", "USD", 12),
        ("0.135", "USD", 14),
        ("-5", "USD", -500),
        ("1e2", "USD", 10000),
    ],
)
def test_a_decimal_is_read_in_its_currency(text: str, currency: str, minor: int) -> None:
    assert Money.parse(text, currency) == Money(minor, currency)


@pytest.mark.parametrize("text", ["", "x", "NaN", "Infinity", "1e99", "1,5", "٣x"])
def test_what_is_no_amount_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError):
        Money.parse(text, "USD")


@given(st.integers(-(10**12), 10**12), st.sampled_from(sorted(CURRENCIES)))
def test_written_and_read_again_it_is_the_same(minor: int, currency: str) -> None:
    amount = Money(minor, currency)
    assert Money.parse(amount.decimal(), currency) == amount
    assert exponent(currency) in (0, 2, 3)


def test_two_currencies_do_not_meet_in_a_sum() -> None:
    with pytest.raises(CurrencyMismatch):
        Money(1, "USD") + Money(1, "EUR")
