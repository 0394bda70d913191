"""Ids that sort by time, and documents that read back as they were written."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms.kernel.clock import from_iso, iso
from oms.kernel.codec import dump, load
from oms.kernel.ids import digest, is_ulid, new_ulid, order_of, shipment_id, ulid_floor, ulid_time
from oms.orders.content import Content
from oms.orders.model import HoldKind, Order, Stage
from tests.unit.orders.builders import NOW, ORDER_ID, content, order

TIMES = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)).map(
    lambda t: t.replace(tzinfo=UTC)
)


@given(TIMES)
def test_an_id_tells_its_millisecond_and_sorts_by_it(at: datetime) -> None:
    made = new_ulid(at)
    assert is_ulid(made)
    assert abs(ulid_time(made) - at) < timedelta(milliseconds=1)
    assert ulid_floor(at) <= made < new_ulid(at + timedelta(milliseconds=2))


@pytest.mark.parametrize("text", ["", "x" * 26, "8" + "0" * 25, "0" * 25, "é" * 26])
def test_what_is_no_ulid_is_told(text: str) -> None:
    assert not is_ulid(text)


@pytest.mark.parametrize("text", ["", "x-1", f"{ORDER_ID}", f"{ORDER_ID}-", f"{ORDER_ID}-12345"])
def test_what_is_no_shipment_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError):
        order_of(text)


def test_a_shipment_finds_its_order() -> None:
    assert order_of(shipment_id(ORDER_ID, 12)) == (ORDER_ID, 12)


def test_no_two_lists_of_parts_share_a_digest() -> None:
    assert digest("ab", "c") != digest("a", "bc") != digest("abc")


@given(TIMES)
def test_a_time_is_written_to_the_millisecond_and_sorts_as_text(at: datetime) -> None:
    later = at + timedelta(milliseconds=1)
    assert iso(at) < iso(later)
    assert abs(from_iso(iso(at)) - at) < timedelta(milliseconds=1)


def test_a_time_without_an_offset_is_refused() -> None:
    with pytest.raises(ValueError):
        from_iso("2026-11-21T09:00:00")


def test_an_order_and_its_content_read_back_as_they_were_written() -> None:
    made = order(stage=Stage.ALLOCATED).with_hold(HoldKind.REVIEW, "x", NOW, NOW, "L1")
    assert load(Order, dump(made)) == made
    assert load(Order, dump(made, full=True)) == made
    assert load(Content, dump(content())) == content()


def test_a_document_of_another_version_still_reads() -> None:
    data = dump(order())
    assert load(Order, {**data, "a_field_of_tomorrow": 1}) == order()
    assert "holds" not in data, "what equals its default is not stored"


def test_what_cannot_be_stored_is_refused() -> None:
    with pytest.raises(TypeError):
        dump(1.5)
