"""The symbols on a label, as squares of dark and light. zint draws them, loaded on first use."""

from __future__ import annotations

import string
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from oms.kernel.address import Address


@dataclass(frozen=True, slots=True)
class Symbol:
    """Rows of modules, top first, without the quiet zone. A linear code has one row."""

    rows: tuple[tuple[bool, ...], ...]

    @property
    def width(self) -> int:
        return len(self.rows[0])

    @property
    def height(self) -> int:
        return len(self.rows)

    def bars(self) -> list[tuple[int, int, int]]:
        """Every unbroken dark run as (column, row, length), all in modules."""
        return [
            (column, row, length)
            for row, modules in enumerate(self.rows)
            for column, length in _dark_runs(modules)
        ]


def _dark_runs(modules: tuple[bool, ...]) -> list[tuple[int, int]]:
    runs, column = [], 0
    for is_dark, group in groupby(modules):
        length = len(list(group))
        runs += [(column, length)] if is_dark else []
        column += length
    return runs


def code128(text: str) -> Symbol:
    """Code 128 (ISO/IEC 15417) of `text`, in as few modules as it takes."""
    import zint  # type: ignore[import-not-found, import-untyped, unused-ignore]

    return _encode(zint.Symbology.CODE128, text)


def data_matrix(text: str) -> Symbol:
    """A square DataMatrix ECC 200 (ISO/IEC 16022) of `text`."""
    import zint  # type: ignore[import-not-found, import-untyped, unused-ignore]

    return _encode(zint.Symbology.DATAMATRIX, text, zint.DataMatrixOptions.SQUARE)


def sort_code(recipient: Address) -> str:
    """Country and postal code, as a sorting line prints and scans them: "US 98101-1234".

    Plain ASCII of at most 15 characters whatever the address says, so that it fits the
    symbol and means nothing to a printer's command language.
    """
    return f"{_plain(recipient.country, 2)} {_plain(recipient.postal_code, 12)}".strip()


def routing_data(tracking_number: str, recipient: Address) -> str:
    """What the 2D symbol holds: tracking number, postal code and country, split by "|"."""
    postal_code, country = _plain(recipient.postal_code, 12), _plain(recipient.country, 2)
    return f"{tracking_number}|{postal_code}|{country}"


def spaced(tracking_number: str) -> str:
    """Three letters, then digits in groups of four, as people read it over the telephone."""
    letters, digits = tracking_number[:3], tracking_number[3:]
    return " ".join([letters, *(digits[x : x + 4] for x in range(0, len(digits), 4))])


_PLAIN = frozenset(string.ascii_uppercase + string.digits + " -")


def _plain(text: str, longest: int) -> str:
    kept = "".join(character for character in text.upper() if character in _PLAIN)
    return " ".join(kept.split())[:longest].strip()


def _encode(symbology: Any, text: str, option: Any = 0) -> Symbol:
    import zint

    symbol = zint.Symbol()
    symbol.symbology = symbology
    symbol.option_3 = option
    symbol.encode(text)
    return Symbol(tuple(_row(symbol, row) for row in range(symbol.rows)))


def _row(symbol: Any, row: int) -> tuple[bool, ...]:
    """zint packs eight modules into a byte, the leftmost in the lowest bit."""
    packed = symbol.encoded_data
    return tuple(bool(packed[row, x // 8] >> x % 8 & 1) for x in range(symbol.width))
