"""The label as a printer takes it: the right fields, and no text that becomes a command."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oms.fulfilment.barcodes import code128, spaced
from oms.fulfilment.carriers import LabelRequest, Parcel
from oms.fulfilment.label_zpl import HEIGHT, WIDTH, zpl_label
from oms.fulfilment.offline_carrier import tracking_number
from oms.kernel.address import Address

NUMBER = tracking_number("order-1#label#1")
NEWARK = Address("Dock 4", ("1200 Harbor Avenue",), "Newark", "NJ", "07114", "US")
SEATTLE = Address(
    "Ada Lovelace", ("451 Pine Street", "Apartment 12B"), "Seattle", "WA", "98101-1234", "US"
)


def a_request(recipient: Address = SEATTLE, order_number: str = "#10023") -> LabelRequest:
    parcel = Parcel(weight_g=1_250, length_mm=300, width_mm=200, height_mm=105)
    return LabelRequest("order-1#label#1", "EXPRESS", NEWARK, recipient, parcel, order_number)


def names_with(text: st.SearchStrategy[str]) -> st.SearchStrategy[Address]:
    return st.builds(
        Address, text, st.lists(text, max_size=8).map(tuple), text, text, text, text, text, text
    )


HOSTILE = st.one_of(
    st.text(max_size=40),
    st.text(st.characters(codec="utf-8", categories=["Lu", "Mn", "Zs"]), max_size=40),
    st.text("^~_\\>|W iş", max_size=300),
    st.sampled_from(
        ["W" * 400, "e" + "\u0301" * 50, "\ud800", "\u202egnol", "^XZ^XA~JR", "中" * 90]
    ),
)


FIELD = re.compile(r"\^FO(\d+),(\d+)(\^.*?)\^FS")


def zpl_of(request: LabelRequest) -> str:
    return zpl_label(request, NUMBER).decode()


def fields_of(zpl: str) -> list[tuple[int, int, str]]:
    return [(int(x), int(y), rest) for x, y, rest in FIELD.findall(zpl)]


def data_of(zpl: str, command: str) -> str:
    """What the printer takes as the data of the only field with `command`, hex undone."""
    (field,) = (rest for _, _, rest in fields_of(zpl) if command in rest)
    assert "^FH_" in field
    return unescaped(field.partition("^FD")[2])


def unescaped(data: str) -> str:
    return re.sub(r"_([0-9A-F]{2})", lambda match: chr(int(match[1], 16)), data)


def texts_of(zpl: str) -> list[str]:
    return [unescaped(r.partition("^FD")[2]) for _, _, r in fields_of(zpl) if "^A0N" in r]


def test_zpl_is_one_utf8_label_of_812_by_1218_dots() -> None:
    zpl = zpl_of(a_request())
    assert zpl.startswith("^XA^CI28^PW812^LL1218") and zpl.endswith("^XZ")
    assert zpl.count("^XA") == zpl.count("^XZ") == 1
    assert all(x < WIDTH and y < HEIGHT for x, y, _ in fields_of(zpl))


def test_zpl_code128_spells_its_subsets_and_fits_between_quiet_zones() -> None:
    zpl = zpl_of(a_request())
    assert data_of(zpl, "^BC") == f">:{NUMBER[:4]}>5{NUMBER[4:]}"
    assert "^BY4^BCN,184,N,N,N" in zpl
    ((left, _, _),) = (field for field in fields_of(zpl) if "^BC" in field[2])
    width = code128(NUMBER).width * 4
    assert left == (WIDTH - width) // 2
    assert left >= 10 * 4


@pytest.mark.parametrize(
    ("number", "data"), [("OFL123", ">:OFL1>523"), ("AB12", ">:AB>512"), ("77", ">:>577")]
)
def test_zpl_code128_pairs_the_digits_from_the_right(number: str, data: str) -> None:
    assert data_of(zpl_label(a_request(), number).decode(), "^BC") == data


def test_zpl_data_matrix_carries_number_postal_code_and_country() -> None:
    zpl = zpl_of(a_request())
    assert data_of(zpl, "^BX") == f"{NUMBER}|98101-1234|US"
    assert "^BXN,8,200" in zpl


def test_zpl_says_all_that_people_need() -> None:
    texts = texts_of(zpl_of(a_request()))
    wanted = {"EXPRESS", "1.250 kg", "Dock 4", "Ada Lovelace", "451 Pine Street", "#10023"}
    assert wanted | {"Seattle WA 98101-1234", spaced(NUMBER), "order-1#label#1"} <= set(texts)


def test_zpl_keeps_unicode_names() -> None:
    assert "Łukasz 李" in texts_of(zpl_of(a_request(replace(SEATTLE, name="Łukasz 李"))))


def test_zpl_commands_in_a_name_are_only_text() -> None:
    name = "^XZ~JR_5E \\& ^FS"
    zpl = zpl_of(a_request(replace(SEATTLE, name=name)))
    assert "^FD_5EXZ_7EJR_5F5E _5C& _5EFS^FS" in zpl
    assert name in texts_of(zpl)


COMMANDS = re.compile(r"[\^~](XA|CI|PW|LL|LH|FO|GB|FS|A0|FB|FR|FH|FD|BY|BC|BX|XZ)")


@settings(max_examples=60, deadline=None)
@given(names_with(HOSTILE), HOSTILE)
def test_no_text_becomes_a_command_or_a_broken_byte(recipient: Address, order: str) -> None:
    zpl = zpl_of(replace(a_request(recipient, order), sender=recipient, reference=order))
    assert "~" not in zpl
    assert len(COMMANDS.findall(zpl)) == zpl.count("^")
    assert zpl.count("^XA") == zpl.count("^XZ") == 1
    assert zpl.count("^FD") == zpl.count("^FH_")
    assert all(len(line) < 400 for line in zpl.splitlines())
