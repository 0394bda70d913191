"""Trailers are held against headers, and a fault stays with the envelope that it is about."""

from __future__ import annotations

import pytest

from oms.channels.edi.envelope import interchanges
from oms.channels.edi.purchase_order_check import purchase_order_faults
from tests.contracts.channels.edi import file_of, purchase_order, sent

GOOD = file_of(purchase_order(), purchase_order(number="PO-2"))


def faults(raw: bytes) -> list[tuple[str, str, str]]:
    """(code, note, place) from the outside in."""
    one = sent(raw)
    groups = one.groups
    found = [
        *one.faults,
        *(fault for group in groups for fault in group.faults),
        *(fault for group in groups for each in group.sets for fault in each.faults),
    ]
    return [(fault.code, fault.note, fault.place) for fault in found]


def test_a_sound_file_has_no_faults_and_says_whose_it_is() -> None:
    one = sent(GOOD)
    assert faults(GOOD) == []
    assert (one.sender, one.receiver) == ("01/925175000", "ZZ/OMSDEMO")
    assert one.key == "01/925175000|ZZ/OMSDEMO|261121|1927|000000007"
    assert one.sent_at is not None and one.sent_at.isoformat() == "2026-11-21T19:27:00+00:00"
    assert [found.control for found in one.groups[0].sets] == ["0001", "0002"]
    assert not one.is_test and not one.wants_answer


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("IEA*1*000000007", "IEA*1*000000008", ("interchange-control-number", "001")),
        ("IEA*1*", "IEA*2*", ("interchange-count", "021")),
        ("GE*2*7", "GE*2*8", ("group-control-number", "4")),
        ("GE*2*7", "GE*3*7", ("group-count", "5")),
        ("SE*11*0001", "SE*11*0009", ("set-control-number", "3")),
        ("SE*11*0002", "SE*12*0002", ("set-count", "4")),
        ("IEA*1*000000007~\n", "", ("no-interchange-trailer", "023")),
        ("GE*2*7~\n", "", ("no-group-trailer", "3")),
        ("SE*11*0001~\n", "", ("no-set-trailer", "2")),
    ],
)
def test_a_wrong_trailer_is_told_with_its_code(
    before: str, after: str, expected: tuple[str, str]
) -> None:
    raw = GOOD.decode().replace(before, after, 1).encode()
    assert raw != GOOD
    assert expected in [(code, note) for code, note, _ in faults(raw)]


def test_a_count_names_the_segment_and_leaves_the_other_set_alone() -> None:
    raw = GOOD.replace(b"SE*11*0002", b"SE*12*0002")
    assert faults(raw) == [("set-count", "4", "set 0002, segment 11, SE")]


def test_zeros_in_front_of_a_control_number_do_not_matter() -> None:
    assert faults(GOOD.replace(b"IEA*1*000000007", b"IEA*1*7")) == []


def test_two_sets_of_one_number_are_told_of_the_second() -> None:
    raw = GOOD.replace(b"*0002~", b"*0001~")
    assert faults(raw) == [("set-control-number-repeated", "23", "set 0001, segment 1, ST")]


def test_a_line_that_stands_outside_of_any_set_is_not_passed_over() -> None:
    raw = GOOD.replace(b"GE*2*7~", b"PO1*9*5*EA*1*PE*VN*CUP-RED~\nGE*2*7~")
    ((code, _, place),) = faults(raw)
    assert code == "stray-segment" and place.endswith("PO1")


def test_a_set_without_an_envelope_is_an_interchange_of_its_own() -> None:
    (one,) = interchanges(b"ST*850*0001~BEG*00*SA*PO-1~SE*3*0001~")
    assert one.header is None and one.key == "" and one.groups[0].header is None
    assert one.groups[0].sets[0].kind == "850"


# --- what a purchase order must have -------------------------------------------------


def spots(segments: list[str]) -> list[tuple[str, str, int, int, str]]:
    """(code, tag, position, element, X12's code of the element) of each fault."""
    found = purchase_order_faults(sent(file_of(segments)).groups[0].sets[0])
    return [
        (f.code, f.spot.tag, f.spot.position, f.spot.element, f.spot.element_note)
        for f in found
        if f.spot
    ]


def test_a_sound_purchase_order_has_no_faults() -> None:
    assert spots(purchase_order()) == []


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("PO1*1*two*EA*5", ("invalid-element", "PO1", 8, 2, "6")),
        ("PO1*1**EA*5", ("missing-element", "PO1", 8, 2, "1")),
        ("PO1*1*1*EA*5,00", ("invalid-element", "PO1", 8, 4, "6")),
        ("PO1*1*1*EA*1E5", ("invalid-element", "PO1", 8, 4, "6")),
    ],
)
def test_an_element_that_cannot_be_read_is_named(
    line: str, expected: tuple[str, str, int, int, str]
) -> None:
    assert spots(purchase_order([line])) == [expected]


def test_all_faults_are_found_in_one_pass() -> None:
    lines = ["PO1*1*two*EA*5", "PO1*2*1*EA*five", "SAC*C*D240***9.95"]
    assert [spot[1:4] for spot in spots(purchase_order(lines))] == [
        ("PO1", 8, 2),
        ("PO1", 9, 4),
        ("SAC", 10, 5),
    ]


def test_an_order_without_a_number_or_lines_is_none() -> None:
    assert spots(["CUR*BY*USD", "CTT*0"]) == [
        ("missing-segment", "BEG", 2, 0, ""),
        ("missing-segment", "PO1", 4, 0, ""),
    ]
    assert spots(purchase_order(number=" "))[0][:4] == ("missing-element", "BEG", 2, 3)


def test_stores_that_do_not_add_up_to_their_line_wait_for_a_person() -> None:
    lines = ["PO1*1*36*EA*5*PE*VN*MUG-BLUE", "SDQ*EA*92*0007*24*0009*11"]
    assert spots(purchase_order(lines)) == [("invalid-element", "SDQ", 9, 4, "6")]


def test_a_total_of_lines_that_is_wrong_is_no_fault() -> None:
    assert spots(purchase_order(summary=["CTT*7*1980"])) == []


def test_two_places_to_ship_to_need_lines_that_name_theirs() -> None:
    header = ["N1*ST*Store 7*92*0007", "N1*ST*Store 9*92*0009"]
    found = purchase_order_faults(sent(file_of(purchase_order(header=header))).groups[0].sets[0])
    assert [fault.code for fault in found] == ["ambiguous-ship-to"]
