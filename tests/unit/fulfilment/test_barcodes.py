"""The symbols by themselves, and the words that go into them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import PIL.Image
import pytest
import zxingcpp

from oms.fulfilment.barcodes import Symbol, code128, data_matrix, routing_data, sort_code, spaced
from oms.fulfilment.label_zpl import MATRIX, MATRIX_MODULE
from oms.kernel.address import Address

NUMBER = "OFL4768263146693"
SEATTLE = Address("Ada Lovelace", ("451 Pine Street",), "Seattle", "WA", "98101-1234", "US")


def as_image(symbol: Symbol) -> PIL.Image.Image:
    tall = 40 if symbol.height == 1 else 1
    image = PIL.Image.new("L", (symbol.width + 20, symbol.height * tall + 20), 255)
    for column, row, length in symbol.bars():
        image.paste(0, (column + 10, row * tall + 10, column + length + 10, (row + 1) * tall + 10))
    return image.resize((image.width * 4, image.height * 4), 0)


@pytest.mark.parametrize("draw", [code128, data_matrix])
def test_symbols_scan_on_their_own(draw: Callable[[str], Symbol]) -> None:
    assert [code.text for code in zxingcpp.read_barcodes(as_image(draw(NUMBER)))] == [NUMBER]


def test_the_sort_code_is_plain_whatever_the_address_says() -> None:
    assert sort_code(SEATTLE) == "US 98101-1234"
    hostile = replace(SEATTLE, postal_code=" ec1a^FS|é\n~1bb " + "9" * 50, country="gb^")
    assert sort_code(hostile) == "GB EC1AFS1BB 99"
    assert routing_data(NUMBER, hostile) == f"{NUMBER}|EC1AFS1BB 99|GB"
    assert sort_code(replace(SEATTLE, postal_code="", country="IE")) == "IE"


def test_the_largest_routing_data_stays_in_its_square() -> None:
    longest = replace(SEATTLE, postal_code="W1W-W1W-W1W-", country="GB")
    assert data_matrix(routing_data(NUMBER, longest)).width * MATRIX_MODULE <= MATRIX.width


def test_a_number_is_spaced_for_reading_aloud() -> None:
    assert spaced(NUMBER) == "OFL 4768 2631 4669 3"


def test_dark_runs_cover_exactly_the_dark_modules() -> None:
    symbol = data_matrix(NUMBER)
    dark = {(x, y) for y, row in enumerate(symbol.rows) for x, on in enumerate(row) if on}
    assert [(x + step, y) for x, y, run in symbol.bars() for step in range(run)] == sorted(
        dark, key=lambda module: (module[1], module[0])
    )
