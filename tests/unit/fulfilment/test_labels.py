"""The labels, read back the way a warehouse reads them: with a printer's eyes and a scanner."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pypdfium2  # type: ignore[import-untyped]
import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL.Image import Image

from oms.fulfilment.barcodes import routing_data, spaced
from oms.fulfilment.carriers import LabelRequest, Parcel
from oms.fulfilment.label_pdf import pdf_label, text_rows, text_width
from oms.fulfilment.label_zpl import (
    Area,
    TextBlock,
    fit,
    leading,
    printed_width,
    text_blocks,
)
from oms.fulfilment.offline_carrier import tracking_number
from oms.kernel.address import Address

NUMBER = tracking_number("order-1#label#1")
NEWARK = Address("Dock 4", ("1200 Harbor Avenue",), "Newark", "NJ", "07114", "US")
SEATTLE = Address(
    "Ada Lovelace", ("451 Pine Street", "Apartment 12B"), "Seattle", "WA", "98101-1234", "US"
)
POINTS_PER_DOT = 72 / 203


def a_request(recipient: Address = SEATTLE, order_number: str = "#10023") -> LabelRequest:
    parcel = Parcel(weight_g=1_250, length_mm=300, width_mm=200, height_mm=105)
    return LabelRequest("order-1#label#1", "EXPRESS", NEWARK, recipient, parcel, order_number)


def page_of(pdf: bytes) -> pypdfium2.PdfPage:
    document = pypdfium2.PdfDocument(pdf)
    assert len(document) == 1
    return document[0]


def printed(pdf: bytes) -> Image:
    image: Image = page_of(pdf).render(scale=203 / 72, grayscale=True).to_pil()
    return image


def text_of(pdf: bytes) -> str:
    return str(page_of(pdf).get_textpage().get_text_bounded())


def scanned(image: Image) -> dict[str, str]:
    """Format -> text. Without zxing's extra look at a third of the size: there a module is
    1.3 pixels, and one label in some hundreds is read a second time as something else."""
    codes = zxingcpp.read_barcodes(image, try_downscale=False)
    return {str(code.format).replace(" ", ""): code.text for code in codes}


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


# ------------------------------------------------------------------------------ the PDF, scanned


def test_the_page_is_four_by_six_inches() -> None:
    width, height = page_of(pdf_label(a_request(), NUMBER)).get_size()
    assert (round(width, 3), round(height, 3)) == (288, 432)
    assert printed(pdf_label(a_request(), NUMBER)).size == (812, 1218)


def test_a_scanner_reads_both_symbols_at_203_dpi() -> None:
    codes = scanned(printed(pdf_label(a_request(), NUMBER)))
    assert codes == {"Code128": NUMBER, "DataMatrix": f"{NUMBER}|98101-1234|US"}


def test_a_scanner_reads_them_upside_down_and_from_a_poor_print() -> None:
    image = printed(pdf_label(a_request(), NUMBER)).rotate(180)
    poor = image.resize((609, 914))
    assert set(scanned(poor).values()) == {NUMBER, f"{NUMBER}|98101-1234|US"}


def test_every_number_fits_and_scans() -> None:
    for count in range(12):
        number = tracking_number(f"order-{count}")
        assert scanned(printed(pdf_label(a_request(), number)))["Code128"] == number


def test_bars_fall_on_whole_dots() -> None:
    image = printed(pdf_label(a_request(), NUMBER))
    row = [image.getpixel((x, 900)) for x in range(36, 776)]
    assert set(row) == {0, 255}


def test_the_label_says_all_that_people_need() -> None:
    text = text_of(pdf_label(a_request(), NUMBER))
    for words in (
        "EXPRESS",
        "1.250 kg",
        "30.0 x 20.0 x 10.5 cm",
        "Dock 4",
        "Newark NJ 07114",
        "Ada Lovelace",
        "451 Pine Street",
        "Apartment 12B",
        "Seattle WA 98101-1234",
        "#10023",
        spaced(NUMBER),
    ):
        assert words in text


def test_the_same_request_gives_the_same_bytes() -> None:
    assert pdf_label(a_request(), NUMBER) == pdf_label(a_request(), NUMBER)


# ---------------------------------------------------------------------------- names of all places


@pytest.mark.parametrize("name", ["Zoë Müller-Núñez", "Łukasz Żółć", "Çağrı Şimşek", "Œuvre ŠŽ €"])
def test_letters_of_the_font_are_drawn_as_they_are(name: str) -> None:
    assert "?" not in text_of(pdf_label(a_request(replace(SEATTLE, name=name)), NUMBER))


def ink(pdf: bytes, area: Area) -> bytes:
    box = (area.left, area.top, area.left + area.width, area.top + area.height)
    return printed(pdf).crop(box).tobytes()


@pytest.mark.parametrize(("accented", "plain"), [("ő", "o"), ("Ě", "E"), ("ę", "e"), ("ț", "t")])
def test_letters_that_the_font_lacks_get_their_accent_laid_over(accented: str, plain: str) -> None:
    name_area = Area(36, 466, 740, 64)
    pages = [
        pdf_label(a_request(replace(SEATTLE, name=f"K{letter}szeg")), NUMBER)
        for letter in (accented, plain)
    ]
    assert "?" not in text_of(pages[0])
    assert ink(pages[0], name_area) != ink(pages[1], name_area)
    assert text_width(f"K{accented}szeg", 40, True) == text_width(f"K{plain}szeg", 40, True)


@pytest.mark.parametrize(("name", "shown"), [("李小龙", "???"), ("Ελένη", "?????"), ("A☃B", "A?B")])
def test_what_cannot_be_drawn_shows_as_question_marks(name: str, shown: str) -> None:
    assert shown in text_of(pdf_label(a_request(replace(SEATTLE, name=name)), NUMBER))


# ----------------------------------------------------------------------- nothing runs off the label


def is_inside(block: TextBlock, measure: Callable[[str, int], int]) -> bool:
    fitted = fit(block, measure)
    widest = max((measure(line, fitted.size) for line in fitted.lines), default=0)
    height = len(fitted.lines) * leading(fitted.size)
    return widest <= block.area.width and height <= block.area.height


@settings(max_examples=60, deadline=None)
@given(names_with(HOSTILE), HOSTILE)
def test_hostile_text_stays_in_its_area_on_both_labels(recipient: Address, order: str) -> None:
    request = replace(a_request(recipient, order), sender=recipient, reference=order)
    for block in text_blocks(request, NUMBER):
        assert is_inside(block, partial(text_width, bold=block.bold))
        assert is_inside(block, printed_width)


def character_boxes(pdf: bytes) -> list[tuple[float, float, float, float]]:
    """(left, bottom, right, top) in points, without the line ends that pdfium makes up."""
    page = page_of(pdf).get_textpage()
    boxes = [page.get_charbox(index) for index in range(page.count_chars())]
    return [box for box in boxes if box[0] != box[2]]


@settings(max_examples=25, deadline=None)
@given(names_with(HOSTILE), HOSTILE)
def test_a_hostile_label_is_drawn_within_the_page_and_still_scans(
    recipient: Address, order: str
) -> None:
    pdf = pdf_label(a_request(recipient, order), NUMBER)
    boxes = character_boxes(pdf)
    frame = 16 * POINTS_PER_DOT
    assert min(left for left, _, _, _ in boxes) >= frame
    assert max(right for _, _, right, _ in boxes) <= 288 - frame
    assert min(bottom for _, bottom, _, _ in boxes) >= frame
    assert max(top for _, _, _, top in boxes) <= 432 - frame
    assert scanned(printed(pdf)) == {
        "Code128": NUMBER,
        "DataMatrix": routing_data(NUMBER, recipient),
    }


def test_the_width_we_reckon_with_is_the_width_that_is_drawn() -> None:
    page = page_of(pdf_label(a_request(), NUMBER)).get_textpage()
    (row,) = (row for row in text_rows(a_request(), NUMBER) if row.text == "451 Pine Street")
    start = page.get_text_range().index(row.text)
    left = page.get_charbox(start, loose=True)[0]
    right = page.get_charbox(start + len(row.text) - 1, loose=True)[2]
    width = (right - left) / POINTS_PER_DOT
    assert abs(width - text_width(row.text, row.size, row.bold)) < 2
    assert abs(left / POINTS_PER_DOT - row.left) < 2


def test_type_shrinks_before_it_wraps_and_wraps_before_it_is_cut() -> None:
    def width(text: str, size: int) -> int:
        return len(text) * size

    def fitted(text: str) -> tuple[int, tuple[str, ...]]:
        found = fit(TextBlock(Area(0, 0, 100, 24), (text,), (20, 15, 10, 5)), width)
        return found.size, found.lines

    assert fitted("blue") == (20, ("blue",))
    assert fitted("blue m") == (15, ("blue m",))
    assert fitted("blue mug large") == (10, ("blue mug", "large"))
    assert fitted("bluemuglarge") == (10, ("bluemuglar", "ge"))
    assert fitted("blue " * 40) == (5, ("blue blue blue bl...",))


def test_when_an_address_is_too_long_its_name_and_its_city_stay() -> None:
    endless = replace(SEATTLE, lines=tuple(f"Line {number}" for number in range(60)))
    text = text_of(pdf_label(a_request(endless), NUMBER))
    assert "Ada Lovelace" in text and "Seattle WA 98101-1234" in text
    assert "Line 59" not in text


def test_lines_that_cross_stay_black() -> None:
    image = printed(pdf_label(a_request(), NUMBER))
    crossings = [(18, 18), (794, 178), (562, 422), (438, 1078), (18, 100)]
    assert {image.getpixel(crossing) for crossing in crossings} == {0}


def test_the_badge_shows_the_service_white_on_black() -> None:
    badge = printed(pdf_label(a_request(), NUMBER)).crop((16, 16, 176, 176))
    assert badge.histogram()[0] > badge.histogram()[255] > 1_000
