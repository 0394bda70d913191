"""A line of ours adds up to the channel's amount to the last cent."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from oms.channels.drafts import Draft, charge, numbered, with_spread_tax
from oms.kernel.ids import LineId
from oms.kernel.money import Money

amounts = st.integers(0, 10**9)
units = st.integers(1, 10_000)


def euros(minor: int) -> Money:
    return Money(minor, "EUR")


def draft(quantity: int, price: int, discount: int = 0, tax: int = 0) -> Draft:
    return Draft("MUG-BLUE", "Mug", quantity, euros(price), euros(discount), euros(tax), "14", True)


@given(units, amounts, amounts)
def test_price_less_discount_is_kept_exactly(quantity: int, price: int, discount: int) -> None:
    line = draft(quantity, price, discount).to_line(LineId("L1"))
    assert line.unit_price * quantity - line.discount == euros(price - discount)
    assert 0 <= line.discount.amount_minor - discount < quantity


def test_what_divides_has_no_discount() -> None:
    line = draft(3, 3870).to_line(LineId("L1"))
    assert (line.unit_price, line.discount) == (euros(1290), euros(0))


def test_a_cent_that_does_not_divide_stands_in_the_discount() -> None:
    line = draft(3, 2500).to_line(LineId("L1"))
    assert (line.unit_price, line.discount) == (euros(834), euros(2))


@given(st.integers(2, 100), amounts, amounts, amounts, st.data())
def test_a_split_loses_nothing(
    quantity: int, price: int, discount: int, tax: int, data: st.DataObject
) -> None:
    whole = draft(quantity, price, discount, tax)
    first, rest = whole.split(data.draw(st.integers(1, quantity - 1)))
    assert first.quantity + rest.quantity == quantity
    assert first.price + rest.price == whole.price
    assert first.discount + rest.discount == whole.discount
    assert first.tax + rest.tax == whole.tax


def test_a_negative_fee_is_a_discount() -> None:
    line = charge("Loyalty", euros(-500), euros(-95)).to_line(LineId("L1"))
    assert (line.unit_price, line.discount, line.tax) == (euros(0), euros(500), euros(-95))
    assert not line.needs_shipping


def test_tax_of_the_whole_order_is_shared_by_price() -> None:
    shared = with_spread_tax([draft(1, 100), draft(1, 200), draft(1, 0)], euros(10))
    assert [each.tax for each in shared] == [euros(3), euros(7), euros(0)]


def test_lines_are_numbered_from_one() -> None:
    assert [line.line_id for line in numbered([draft(1, 1), draft(1, 1)])] == ["L1", "L2"]
