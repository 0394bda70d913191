"""How an address is written on a parcel."""

from __future__ import annotations

import pytest

from oms.fulfilment.carriers import postal_lines, printable
from oms.kernel.address import Address

SEATTLE = Address("Ada Lovelace", ("451 Pine Street",), "Seattle", "WA", "98101-1234", "US")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("  Ada \r\n\t Lovelace\x00 ", "Ada Lovelace"),
        ("Zoe\u0308", "Zoë"),
        ("\u202eevil\u200b", "evil"),
        ("Sea\u00adttle", "Seattle"),
        ("broken \ud800", "broken ?"),
        ("", ""),
    ],
)
def test_a_line_is_printable(text: str, line: str) -> None:
    assert printable(text) == line


def test_an_address_is_written_in_its_countrys_order() -> None:
    assert postal_lines(SEATTLE)[-2:] == ("Seattle WA 98101-1234", "US")
    berlin = Address("Max", ("Weg 1",), "Berlin", "", "10115", "DE", company="Becher GmbH")
    assert postal_lines(berlin) == ("Max", "Becher GmbH", "Weg 1", "10115 Berlin", "DE")
